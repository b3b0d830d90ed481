//! MMSA's layout (github.com/thuiar/MMSA): a dict with train, valid and test, each a dict with one array for each part.

use super::key::is_dict;
use super::kind::{Layout, Likeness};
use super::splits;
use crate::dataset::prepare::keys::MMSA;

/// MMSA's layout.
pub const LAYOUT: Layout = Layout {
    name: "MMSA",
    about: "a dict with train, valid and test, each a dict with text, audio and vision of shape (N, steps, columns) and \
            regression_labels of shape (N,)",
    likeness: |pickle| match splits::likeness(pickle, &MMSA)? {
        // A dict of another kind is told best what it lacks by MMSA's names, which the README explains.
        Likeness::None if is_dict(pickle, pickle.root()) => Ok(Likeness::Some),
        likeness => Ok(likeness),
    },
    read: |pickle, settings, flaws| splits::read(pickle, &MMSA, settings, flaws),
};
