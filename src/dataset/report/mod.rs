//! What is in a dataset, for people and programs: `mug data check` and the console's dataset pane.
//!
//! [`content`] looks through the data, [`labels`] counts labels, [`text`] prints both. A further figure is a field of a
//! report in `content` (or `labels`) and its words in `text`. Imported from `dataset`: everything but `open`.

pub mod content;
pub mod labels;
mod text;
