//! Files like MMSA's whose splits or keys have other names that the field knows, in any mixture: `dev`, `visual`, ...

use super::hints;
use super::key::Key;
use super::kind::{Layout, Likeness, Splits};
use super::names;
use super::split;
use crate::config::DataSettings;
use crate::dataset::error::DatasetError;
use crate::dataset::file::error::FileError;
use crate::dataset::flaw::Flaw;
use crate::dataset::pickle::{Pickle, Value};
use crate::dataset::prepare::keys::{Keys, MMSA};
use crate::modality::Modality;
use crate::split::{MIXED, PerSplit, Split};

/// MMSA's layout with other names.
pub const LAYOUT: Layout = Layout {
    name: "MMSA with other names",
    about: "the same under other names that the field uses (dev, language, acoustic, visual, label, ...)",
    likeness: |pickle| Ok(if find(pickle)?.is_some() { Likeness::Full } else { Likeness::None }),
    read,
};

/// A split as it was found.
struct Found {
    name: &'static str,
    dict: Value,
    keys: Keys,
}

/// The splits with the names of their keys, valid and test only where they are there; `None` where train is missing, or a
/// part of a split.
fn find(pickle: &Pickle) -> Result<Option<PerSplit<Option<Found>>>, FileError> {
    let mut found = PerSplit::from_fn(|_| None);
    for split in Split::ALL {
        let Some((name, dict)) = names::first(pickle, pickle.root(), split.names())? else {
            if split == Split::Train {
                return Ok(None);
            }
            continue;
        };
        // Labels of the test split may be hidden.
        let hidden = found.train.as_ref().filter(|_| split == Split::Test).map(|train: &Found| train.keys.labels);
        let Some(mut keys) = names::keys(pickle, dict, hidden)? else { return Ok(None) };
        keys.mask = (name == MIXED).then_some("mask");
        found[split] = Some(Found { name, dict, keys });
    }
    Ok(Some(found))
}

fn read(pickle: &Pickle, settings: &DataSettings, flaws: &mut Vec<Flaw>) -> Result<Splits, DatasetError> {
    let Some(splits) = find(pickle)? else {
        // Only files that were recognised are read; of others, MMSA's names say best what is missing.
        return super::splits::read(pickle, &MMSA, settings, flaws);
    };
    let read = |split: Split| {
        let Some(Found { name, dict, keys }) = splits[split] else { return Ok(None) };
        names::note(flaws, name, split.name());
        names::note(flaws, keys.labels, MMSA.labels);
        for m in Modality::ALL {
            names::note(flaws, keys.features[m], MMSA.features[m]);
        }
        split::read(pickle, split, dict, keys, settings, flaws).map(Some)
    };
    Splits::read(read, || {
        let key = Key { pickle, name: Split::Train.name().to_owned() };
        Ok(key.error("a dict of this name", pickle.describe(pickle.root()), hints::missing_train(pickle)?))
    })
}
