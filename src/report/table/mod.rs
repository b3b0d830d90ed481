//! The label table: every row of the dataset with its labels as given, as corrected and as people gave them, what the
//! network predicts, and what somebody noted. The console shows it, `mug labels` writes it; filter and order are the same.
//!
//! ```text
//! rows (what there is) ─▶ columns (the list of columns), cells ─▶ filter, likely (which rows) ─▶ order (arranged)
//! ```
//!
//! To add a column see [`columns`]: its name in filters, `--sort` and `--columns`, its heading, its place in files and its
//! line in the console's list of columns follow.

mod cells;
pub mod columns;
pub mod filter;
mod likely;
pub mod order;
mod rows;

pub use rows::{RowRef, Rows, Table, Values};

#[cfg(test)]
mod tests;
