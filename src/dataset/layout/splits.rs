//! Files that are a dict with a dict for each split, as most are: how they are told apart, and read.

use super::hints;
use super::key::{Key, is_dict};
use super::kind::{Likeness, Splits};
use super::names;
use super::split;
use crate::dataset::error::DatasetError;
use crate::dataset::file::error::FileError;
use crate::dataset::flaw::Flaw;
use crate::dataset::pickle::Pickle;
use crate::dataset::prepare::keys::Keys;
use crate::split::Split;

/// Whether the splits are there (valid may be missing), and each has labels and features under these keys.
///
/// # Errors
/// The file cannot be read.
pub fn likeness(pickle: &Pickle, keys: &Keys) -> Result<Likeness, FileError> {
    for split in Split::ALL {
        let Some(dict) = pickle.get(pickle.root(), split.name())? else {
            if split == Split::Valid && !has_valid(pickle)? {
                continue;
            }
            return Ok(Likeness::None);
        };
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
/// Train or test is missing, or a split lacks something.
pub fn read(pickle: &Pickle, keys: &Keys, flaws: &mut Vec<Flaw>) -> Result<Splits, DatasetError> {
    let root = pickle.root();
    let at = |split: Split| Key { pickle, name: split.name().to_owned() };
    let missing = |split: Split| {
        let found = format!("only the keys {}", pickle.keys(root)?.unwrap_or_default());
        Ok::<_, FileError>(at(split).error("a dict of this name", found, hints::missing_split(pickle, split)?))
    };
    let read = |split: Split| {
        let Some(value) = pickle.get(root, split.name())? else {
            return if split == Split::Valid && has_valid(pickle)? { Err(missing(split)?) } else { Ok(None) };
        };
        if !is_dict(pickle, value) {
            return Err(at(split).error("a dict", pickle.describe(value), hints::LAYOUT));
        }
        split::read(pickle, split, value, *keys, flaws).map(Some)
    };
    Splits::read(read, missing)
}

/// True where the file has a validation split under any name.
fn has_valid(pickle: &Pickle) -> Result<bool, FileError> {
    Ok(names::first(pickle, pickle.root(), names::of_split(Split::Valid))?.is_some())
}
