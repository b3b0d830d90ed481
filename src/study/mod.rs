//! Carrying studies out: from what a person asks for to a study's folder, and from there to trained cells.
//!
//! | what | file |
//! |---|---|
//! | a study as it is asked for, resolved and written | [`request`] |
//! | cells that have the same first stages | [`share`] |
//! | one cell: its run is made or found | [`cells`] |
//! | people told how it ended | [`telling`] |
//! | workers on this machine: how many, kept going, ended | [`jobs`], [`engine`], [`stop`] |
//! | a study as an array job of a Slurm cluster | [`slurm`] |
//!
//! The study's files and where its cells stand are [`run::study`](crate::run::study)'s; the process of a cell is an ordinary
//! [`host`](crate::host). Imports from `host` and the floors below it, shows nothing.

pub mod cells;
pub mod engine;
pub mod jobs;
pub mod request;
pub mod share;
pub mod slurm;
pub mod stop;
pub mod telling;
