//! Files that are a dict with a dict for each split, as most are: how they are told apart, and read.

use super::hints;
use super::key::{Key, is_dict};
use super::kind::{Likeness, Splits};
use super::names;
use super::split;
use crate::config::DataSettings;
use crate::dataset::error::DatasetError;
use crate::dataset::file::error::FileError;
use crate::dataset::flaw::Flaw;
use crate::dataset::pickle::Pickle;
use crate::dataset::prepare::keys::Keys;
use crate::modality::Modality;
use crate::split::Split;

/// Whether the splits are there (valid and test may be missing), and each has labels, which test may hide, and features under
/// these keys.
///
/// # Errors
/// The file cannot be read.
pub fn likeness(pickle: &Pickle, keys: &Keys) -> Result<Likeness, FileError> {
    for split in Split::ALL {
        let Some(dict) = pickle.get(pickle.root(), split.name())? else {
            if split != Split::Train && !has(pickle, split)? {
                continue;
            }
            return Ok(Likeness::None);
        };
        let labels = Some(keys.labels).filter(|_| split != Split::Test);
        let features = Modality::ALL.map(|m| keys.features[m]);
        for name in features.into_iter().chain(labels) {
            // A text encoder's input stands in for vectors of the text.
            let encoded = name == keys.features.text && pickle.get(dict, keys.encoder_input)?.is_some();
            if !encoded && pickle.get(dict, name)?.is_none() {
                return Ok(Likeness::None);
            }
        }
    }
    Ok(Likeness::Full)
}

/// Reads the splits.
///
/// # Errors
/// Train is missing, or a split lacks something.
pub fn read(
    pickle: &Pickle,
    keys: &Keys,
    settings: &DataSettings,
    flaws: &mut Vec<Flaw>,
) -> Result<Splits, DatasetError> {
    let root = pickle.root();
    let at = |split: Split| Key { pickle, name: split.name().to_owned() };
    let missing = |split: Split| {
        let found = format!("only the keys {}", pickle.keys(root)?.unwrap_or_default());
        let hint = match split {
            Split::Train => hints::missing_train(pickle)?,
            _ => hints::renamed_split(pickle, split)?.unwrap_or_else(|| hints::LAYOUT.to_owned()),
        };
        Ok::<_, FileError>(at(split).error("a dict of this name", found, hint))
    };
    let read = |split: Split| {
        let Some(value) = pickle.get(root, split.name())? else {
            return if split != Split::Train && has(pickle, split)? { Err(missing(split)?) } else { Ok(None) };
        };
        if !is_dict(pickle, value) {
            return Err(at(split).error("a dict", pickle.describe(value), hints::LAYOUT));
        }
        split::read(pickle, split, value, *keys, settings, flaws).map(Some)
    };
    Splits::read(read, || missing(Split::Train))
}

/// True where the file has the split under any name.
fn has(pickle: &Pickle, split: Split) -> Result<bool, FileError> {
    Ok(names::first(pickle, pickle.root(), split.names())?.is_some())
}
