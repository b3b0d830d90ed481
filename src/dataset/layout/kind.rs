//! What a file layout is.

use crate::dataset::error::DatasetError;
use crate::dataset::file::error::FileError;
use crate::dataset::flaw::Flaw;
use crate::dataset::pickle::Pickle;
use crate::dataset::prepare::parts::Parts;
use crate::split::PerSplit;

/// How one project of the field arranges its datasets.
pub struct Layout {
    /// The project's name.
    pub name: &'static str,
    /// What such a file holds, for messages about a file of no known layout.
    pub about: &'static str,
    /// How much a file looks like this layout, by its top level.
    ///
    /// # Errors
    /// The file cannot be read.
    pub likeness: fn(&Pickle) -> Result<Likeness, FileError>,
    /// Reads the splits and notes what was assumed.
    ///
    /// # Errors
    /// The file does not hold what the layout asks for.
    pub read: fn(&Pickle, &mut Vec<Flaw>) -> Result<PerSplit<Parts>, DatasetError>,
}

/// How much a file looks like a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// It is something else.
    None,
    /// It is something similar: reading it tells best what is wrong.
    Some,
    /// It is of this layout.
    Full,
}
