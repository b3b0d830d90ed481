//! What is made from a run directory: figures and tables for papers, and the computing behind them.

pub mod projection;
