//! What a run directory says, for people and other programs: figures, label tables, tables of scalars, event files,
//! comparisons.
//!
//! Everything here reads a run directory (also one that is being written) and changes nothing in it. It imports from `run`
//! and the floors below it, knows no screen and no command line, and says what it shows as plain data first.
//!
//! | to add | write | and enter it in |
//! |---|---|---|
//! | a figure of `mug plot` | a file in [`figure`] with a [`FigureKind`](figure::FigureKind) | [`figure::FIGURES`] |
//! | a form of studies' tables | a file in [`study::forms`] with a [`Form`](study::forms::Form) | [`study::forms::FORMS`] |
//! | a format of tables | a file in [`export`] with a [`Format`](export::Format) | [`export::FORMATS`] |
//! | a column of the label table | an [`About`](table::columns::About) in a file of [`table::columns`] | the list in its `mod.rs` |

pub mod card;
pub mod compare;
pub mod export;
pub mod figure;
pub mod filter;
#[cfg(test)]
pub mod fixture;
pub mod listing;
pub mod neighbours;
pub mod numbers;
pub mod preparing;
pub mod projection;
pub mod runs;
pub mod scalars;
pub mod scale;
pub mod smoothing;
pub mod statistics;
pub mod study;
pub mod survey;
pub mod system;
pub mod table;
pub mod tensorboard;
