//! What runs that are started in the console are given.

use std::path::PathBuf;

use crate::device::DeviceRequest;

/// What runs that are started in the console are given.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The dataset to select: a catalogue name, the demo with a seed, or one of `files`.
    pub dataset: Option<String>,
    /// Data files besides those of the data folder, absolute.
    pub files: Vec<PathBuf>,
    /// The settings file.
    pub config: Option<PathBuf>,
    /// `key=value`
    pub overrides: Vec<String>,
    /// Where they compute.
    pub device: DeviceRequest,
    /// Somebody asked for any of this: then a run is to be started, not one to be attached to.
    pub given: bool,
}
