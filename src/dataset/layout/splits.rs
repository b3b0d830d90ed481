//! Files that are a dict with a dict for each split, as most are: how they are told apart, and read.

use super::hints;
use super::key::{Key, is_dict};
use super::kind::Likeness;
use super::split;
use crate::dataset::error::DatasetError;
use crate::dataset::file::error::FileError;
use crate::dataset::flaw::Flaw;
use crate::dataset::pickle::Pickle;
use crate::dataset::prepare::keys::Keys;
use crate::dataset::prepare::parts::Parts;
use crate::split::{PerSplit, Split};

/// Whether all splits are there and each has labels and features under these keys.
///
/// # Errors
/// The file cannot be read.
pub fn likeness(pickle: &Pickle, keys: &Keys) -> Result<Likeness, FileError> {
    for split in Split::ALL {
        let Some(dict) = pickle.get(pickle.root(), split.name())? else { return Ok(Likeness::None) };
        for name in [keys.labels, keys.features.text, keys.features.audio, keys.features.vision] {
            if pickle.get(dict, name)?.is_none() {
                return Ok(Likeness::None);
            }
        }
    }
    Ok(Likeness::Full)
}

/// Reads the splits.
///
/// # Errors
/// A split is missing or lacks something.
pub fn read(pickle: &Pickle, keys: &Keys, flaws: &mut Vec<Flaw>) -> Result<PerSplit<Parts>, DatasetError> {
    let root = pickle.root();
    PerSplit::try_from_fn(|split| {
        let key = Key { pickle, name: split.name().to_owned() };
        let Some(value) = pickle.get(root, split.name())? else {
            let found = format!("only the keys {}", pickle.keys(root)?.unwrap_or_default());
            return Err(key.error("a dict of this name", found, hints::missing_split(pickle, split)?));
        };
        if !is_dict(pickle, value) {
            return Err(key.error("a dict", pickle.describe(value), hints::LAYOUT));
        }
        split::read(pickle, split, value, *keys, flaws)
    })
}
