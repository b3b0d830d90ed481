//! Figures and tables from what a run left behind.
//!
//! Below `host` and `console`, above `run`: whatever is here can be had without a process and without a screen, and both
//! the console and the command line show it.

pub mod export;
pub mod neighbours;
pub mod table;
