//! The console without a terminal: what keys and news change, what the screen then shows. A file a subject; screens as
//! snapshots in [`screens`].

mod annotate;
mod looks;
mod losses;
mod many_runs;
mod rows;
mod runs;
mod screens;
mod start;
mod studies;
mod table;
