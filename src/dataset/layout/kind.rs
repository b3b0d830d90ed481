//! What a file layout is.

use crate::config::DataSettings;
use crate::dataset::error::DatasetError;
use crate::dataset::file::error::FileError;
use crate::dataset::flaw::Flaw;
use crate::dataset::pickle::Pickle;
use crate::dataset::prepare::parts::Parts;
use crate::split::Split;

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
    pub read: fn(&Pickle, &DataSettings, &mut Vec<Flaw>) -> Result<Splits, DatasetError>,
}

/// The splits of a file. Labels may be NaN where a clip has none.
pub struct Splits {
    pub train: Parts,
    /// `None` where the file has no such split.
    pub valid: Option<Parts>,
    /// `None` where the file has no such split. All labels are NaN where they are hidden.
    pub test: Option<Parts>,
}

impl Splits {
    /// Calls `read` for each split, in the order train, valid, test; it gives `None` for a split that is not there.
    /// `missing` makes the error for the training split, which has to be.
    ///
    /// # Errors
    /// The first error of either.
    pub fn read(
        mut read: impl FnMut(Split) -> Result<Option<Parts>, DatasetError>,
        missing: impl Fn() -> Result<DatasetError, FileError>,
    ) -> Result<Splits, DatasetError> {
        let Some(train) = read(Split::Train)? else { return Err(missing()?) };
        let valid = read(Split::Valid)?;
        let test = read(Split::Test)?;
        Ok(Splits { train, valid, test })
    }
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
