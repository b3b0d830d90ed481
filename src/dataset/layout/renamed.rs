//! Files like MMSA's whose splits or keys have other names that the field knows, in any mixture: `dev`, `visual`, ...

use super::kind::{Layout, Likeness};
use super::names;
use super::split;
use crate::dataset::error::DatasetError;
use crate::dataset::file::error::FileError;
use crate::dataset::flaw::Flaw;
use crate::dataset::pickle::{Pickle, Value};
use crate::dataset::prepare::keys::{Keys, MMSA};
use crate::dataset::prepare::parts::Parts;
use crate::modality::Modality;
use crate::split::{PerSplit, Split};

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

/// All splits with the names of their keys; `None` where anything is missing.
fn find(pickle: &Pickle) -> Result<Option<PerSplit<Found>>, FileError> {
    let split = |split: Split| {
        let Some((name, dict)) = names::first(pickle, pickle.root(), names::of_split(split))? else { return Ok(None) };
        Ok(names::keys(pickle, dict)?.map(|keys| Found { name, dict, keys }))
    };
    let found = PerSplit::try_from_fn(split)?;
    Ok(match (found.train, found.valid, found.test) {
        (Some(train), Some(valid), Some(test)) => Some(PerSplit { train, valid, test }),
        _ => None,
    })
}

fn read(pickle: &Pickle, flaws: &mut Vec<Flaw>) -> Result<PerSplit<Parts>, DatasetError> {
    let Some(splits) = find(pickle)? else {
        // Nobody asks for a file to be read that was not recognised; if somebody did, MMSA's words are the clearest.
        return super::splits::read(pickle, &MMSA, flaws);
    };
    PerSplit::try_from_fn(|split| {
        let Found { name, dict, keys } = splits[split];
        names::note(flaws, name, split.name());
        names::note(flaws, keys.labels, MMSA.labels);
        for m in Modality::ALL {
            names::note(flaws, keys.features[m], MMSA.features[m]);
        }
        split::read(pickle, split, dict, keys, flaws)
    })
}
