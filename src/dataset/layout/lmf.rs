//! LMF's and TFN's layout (github.com/Justin1904/Low-rank-Multimodal-Fusion): as MMSA's, with features named by the
//! programs that made them. Audio and vision are often one step a clip. There are no ids.

use super::kind::Layout;
use super::splits;
use crate::dataset::prepare::keys::{Keys, MMSA};
use crate::modality::PerModality;

const KEYS: Keys =
    Keys { labels: "label", features: PerModality { text: "glove", audio: "covarep", vision: "facet" }, ..MMSA };

/// LMF's layout.
pub const LAYOUT: Layout = Layout {
    name: "LMF",
    about: "the same with glove, covarep, facet and label",
    likeness: |pickle| splits::likeness(pickle, &KEYS),
    read: |pickle, settings, flaws| splits::read(pickle, &KEYS, settings, flaws),
};
