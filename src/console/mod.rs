//! The terminal console: watches and controls a run. The run is another process; leaving the console leaves it going.

pub mod actions;
mod backend;
mod chart;
mod clipboard;
mod columns;
mod decode;
mod draw;
mod filter;
mod keys;
mod layout;
mod list;
mod overlays;
mod panes;
mod pyramid;
mod raster;
mod sanitise;
mod scale;
mod series;
mod smoothing;
mod state;
mod table;
mod text;
mod theme;
mod update;
// Until the console lands.
use std::path::PathBuf;

use crate::run::directory::RunDir;

/// How the console is opened.
#[derive(Debug)]
pub struct OpenOptions {
    /// Where runs lie.
    pub runs_root: PathBuf,
    /// The run to attach to; `None`: the console offers what there is.
    pub run: Option<RunDir>,
    /// Only read the run directory, never the socket.
    pub follow: bool,
    pub read_only: bool,
    /// Frames a second, at most.
    pub fps: u8,
    pub ascii: bool,
    /// The dataset to select.
    pub dataset: Option<String>,
    /// The settings file for runs that are started.
    pub config: Option<PathBuf>,
    /// `key=value` for runs that are started.
    pub overrides: Vec<String>,
}

pub fn open(options: OpenOptions) -> color_eyre::Result<()> {
    println!("console stub: {options:?}");
    Ok(())
}
