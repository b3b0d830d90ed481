//! What the console remembers from one time to the next.

use serde::{Deserialize, Serialize};

use super::column_set::Remembered;

/// The content of the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Label tables written as CSV keep spreadsheets from running texts as formulas.
    pub escape_formulas: bool,
    pub labels: Remembered,
}
