//! Widgets: what panes are drawn with. They know no state: they are given what they show.
//!
//! May import: [`terminal`](super::terminal) and the crate below the console. A new widget is a file here.

pub mod chart;
pub mod frame;
pub mod list;
pub mod pyramid;
pub mod raster;
pub mod text;
