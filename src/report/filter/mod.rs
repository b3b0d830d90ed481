//! The language of filters, whatever the rows are: clips of the label table, runs of the folder.
//!
//! ```text
//! |da| > 0.3 and split = train
//! sarcasm not y < 0          (words are looked for in some columns; terms side by side must all hold)
//! id ~ "video_12" or |d| >= 0.5
//! |da| > 2 * sa              (a comparison with another column, or with a number times one)
//! flip_a not marked          (words that say something of a row by themselves)
//! ```
//!
//! What can be asked about is a [`Field`]: the [columns of the label table](super::table::columns), the
//! [facts of a run](super::runs). A comparison with a value that does not exist is false. In quotation marks every word is
//! looked for as text. What is used like a name and is none (`split = trian`, `flip_b`) is an error.
//!
//! | what | file |
//! |---|---|
//! | what can be asked about, and of what | `field.rs` |
//! | a filter, and whether a row passes | `pass.rs` |
//! | words and signs; the grammar | `tokens.rs`, `parser.rs` |
//! | what was most likely meant by a name that is none | `nearest.rs` |
//!
//! Imports nothing of what it is used for. To ask about rows of another kind: implement [`Field`] and [`Row`].

mod error;
mod field;
mod parser;
mod pass;
mod tokens;

pub use error::FilterError;
pub use field::{Field, Kind, Row};
pub use pass::{Comparison, Filter};
