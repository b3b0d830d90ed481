//! Runs as rows of a table: what is known of each as columns, filters, orders, and the table of what they differ in.
//!
//! | what | file |
//! |---|---|
//! | the facts of a run: name, state, tags, ... | `facts.rs` |
//! | what filters, orders and tables name: a fact, a setting, a metric | `column.rs` |
//! | its value in a run | `value.rs` |
//! | filters, and what is doubtful in one | `filter.rs` |
//! | orders | `order.rs` |
//! | the columns of a table: settings that differ, metrics there are | `differing.rs` |
//!
//! The language of filters is that of [`filter`](super::filter). To add a fact: an entry of [`FACTS`].

mod column;
mod differing;
mod facts;
mod filter;
mod order;
#[cfg(test)]
mod tests;
mod value;

pub use column::Column;
pub use differing::columns;
pub use facts::{FACTS, Fact};
pub use filter::{Filter, doubt};
pub use order::{SortError, SortKey, arrange};
pub use value::{number, words};
