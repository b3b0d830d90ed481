//! The clips of one split of a file, with labels or without: what is predicted, not trained on.

use super::key::{Key, is_dict};
use super::names;
use super::split;
use super::tuples;
use crate::config::DataSettings;
use crate::dataset::error::DatasetError;
use crate::dataset::flaw::Flaw;
use crate::dataset::pickle::{Pickle, Value};
use crate::dataset::prepare::keys::MMSA;
use crate::dataset::prepare::parts::Parts;
use crate::split::Split;

/// Reads the clips of the split that is wanted: of the test split where none is, else of the only one there is, else of the
/// file as a whole, where that has features at its top.
///
/// # Errors
/// The file has no such split, or it lacks features.
pub fn read(
    pickle: &Pickle,
    wanted: Option<&str>,
    settings: &DataSettings,
    flaws: &mut Vec<Flaw>,
) -> Result<Parts, DatasetError> {
    let value = find(pickle, wanted)?;
    if !is_dict(pickle, value) {
        return tuples::read_clips(pickle, value, settings, flaws);
    }
    // A part that is missing is told by MMSA's names.
    let keys = names::keys(pickle, value, Some(MMSA.labels))?.unwrap_or(MMSA);
    split::read(pickle, Split::Test, value, keys, settings, flaws)
}

fn find(pickle: &Pickle, wanted: Option<&str>) -> Result<Value, DatasetError> {
    let root = pickle.root();
    if let Some(name) = wanted {
        let found = pickle.get(root, name)?;
        return found.map_or_else(|| Err(missing(pickle, name)), Ok);
    }
    if names::keys(pickle, root, Some(MMSA.labels))?.is_some() || !is_dict(pickle, root) {
        return Ok(root);
    }
    let others = Split::ALL.into_iter().rev().flat_map(Split::names).chain([&names::UNLABELLED]);
    for name in others {
        if let Some(value) = pickle.get(root, name)? {
            return Ok(value);
        }
    }
    Err(missing(pickle, Split::Test.name()))
}

fn missing(pickle: &Pickle, name: &str) -> DatasetError {
    let found = match pickle.keys(pickle.root()) {
        Ok(Some(keys)) => format!("only the keys {keys}"),
        Ok(None) => pickle.describe(pickle.root()),
        Err(error) => return error.into(),
    };
    let key = Key { pickle, name: name.to_owned() };
    key.error("a dict of clips of this name", found, "name one with --split")
}
