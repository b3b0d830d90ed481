//! What a file layout is.

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
    pub read: fn(&Pickle, &mut Vec<Flaw>) -> Result<Splits, DatasetError>,
}

/// The splits of a file. Labels may be NaN where a clip has none.
pub struct Splits {
    pub train: Parts,
    /// `None` where the file has no such split.
    pub valid: Option<Parts>,
    pub test: Parts,
}

impl Splits {
    /// Calls `read` for each split, in the order train, valid, test; it gives `None` for a split that is not there.
    /// `missing` makes the error for a split that has to be.
    ///
    /// # Errors
    /// The first error of either.
    pub fn read(
        mut read: impl FnMut(Split) -> Result<Option<Parts>, DatasetError>,
        missing: impl Fn(Split) -> Result<DatasetError, FileError>,
    ) -> Result<Splits, DatasetError> {
        let need = |split: Split, found: Option<Parts>| match found {
            Some(parts) => Ok::<_, DatasetError>(parts),
            None => Err(missing(split)?),
        };
        let train = need(Split::Train, read(Split::Train)?)?;
        let valid = read(Split::Valid)?;
        let test = need(Split::Test, read(Split::Test)?)?;
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
