//! MMSA's layout (github.com/thuiar/MMSA): a dict with train, valid and test, each a dict with one array for each part.

use super::hints;
use super::key::{Key, is_dict};
use super::kind::{Layout, Likeness};
use super::split;
use crate::dataset::error::DatasetError;
use crate::dataset::file::error::FileError;
use crate::dataset::flaw::Flaw;
use crate::dataset::pickle::Pickle;
use crate::dataset::prepare::keys::MMSA;
use crate::dataset::prepare::parts::Parts;
use crate::split::{PerSplit, Split};

/// MMSA's layout.
pub const LAYOUT: Layout = Layout {
    name: "MMSA",
    about: "a dict with train, valid and test, each a dict with text, audio and vision of shape (N, steps, columns) and \
            regression_labels of shape (N,)",
    likeness,
    read,
};

fn likeness(pickle: &Pickle) -> Result<Likeness, FileError> {
    let root = pickle.root();
    if !is_dict(pickle, root) {
        return Ok(Likeness::None);
    }
    let train = pickle.get(root, Split::Train.name())?;
    let labels = train.map(|train| pickle.get(train, MMSA.labels)).transpose()?.flatten();
    Ok(if labels.is_some() { Likeness::Full } else { Likeness::Some })
}

fn read(pickle: &Pickle, flaws: &mut Vec<Flaw>) -> Result<PerSplit<Parts>, DatasetError> {
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
        split::read(pickle, split, value, &MMSA, flaws)
    })
}
