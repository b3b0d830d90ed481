//! What a form of the table is made of.

use crate::report::study::table::Table;

/// A way of writing a study's table.
#[derive(Debug)]
pub struct Form {
    /// As the option of `mug study show` is called.
    pub name: &'static str,
    /// For its help.
    pub about: &'static str,
    /// The table in writing, a line's end at its end.
    pub render: fn(&Table) -> String,
}
