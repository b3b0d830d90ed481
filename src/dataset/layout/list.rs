//! All layouts, and which of them a file has.

use super::complete;
use super::hints;
use super::key::Key;
use super::kind::{Layout, Likeness};
use super::names;
use super::{lmf, mmsa, mult, renamed, tuples};
use crate::config::DataSettings;
use crate::dataset::error::DatasetError;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::dataset::pickle::Pickle;
use crate::dataset::prepare::parts::Parts;
use crate::split::PerSplit;

/// Every layout that can be read. A file is of the first that it fully looks like.
pub const LAYOUTS: [Layout; 5] = [mmsa::LAYOUT, mult::LAYOUT, lmf::LAYOUT, renamed::LAYOUT, tuples::LAYOUT];

/// Reads the splits of a file in whichever layout it has, and notes the layout where it is not the first.
///
/// # Errors
/// The file has none of the layouts, or lacks something that its layout asks for.
pub fn read(pickle: &Pickle, settings: &DataSettings, flaws: &mut Vec<Flaw>) -> Result<PerSplit<Parts>, DatasetError> {
    names::note_own(pickle, &settings.keys, flaws)?;
    let layout = find(pickle)?;
    if layout.name != mmsa::LAYOUT.name {
        flaws.push(Flaw::new(None, "layout", FlawKind::Layout { name: layout.name.to_owned() }));
    }
    let splits = (layout.read)(pickle, settings, flaws)?;
    names::note_unused(pickle, flaws)?;
    complete::complete(pickle, splits, settings, flaws)
}

/// The layout that a file looks like most.
///
/// # Errors
/// It looks like none; the message lists them and says what was found.
fn find(pickle: &Pickle) -> Result<&'static Layout, DatasetError> {
    const ALL: &[Layout] = &LAYOUTS;
    let mut similar = None;
    for layout in ALL {
        match (layout.likeness)(pickle)? {
            Likeness::Full => return Ok(layout),
            Likeness::Some => similar = similar.or(Some(layout)),
            Likeness::None => {}
        }
    }
    similar.ok_or_else(|| unknown(pickle))
}

fn unknown(pickle: &Pickle) -> DatasetError {
    let known: Vec<String> = LAYOUTS.iter().map(|layout| format!("{}: {}", layout.name, layout.about)).collect();
    let root = Key { pickle, name: "the whole pickle".to_owned() };
    let expected = format!("a dataset in one of the known layouts ({})", known.join("; "));
    root.error(expected, pickle.describe(pickle.root()), hints::OWN_DATA)
}
