//! The run directory: settings, events, labels, checkpoints' places, locks (DESIGN.md, the run directory).

pub mod view;
