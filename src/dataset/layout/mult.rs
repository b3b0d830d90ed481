//! MulT's layout (github.com/yaohungt/Multimodal-Transformer, `mosi_data.pkl` and its kin): as MMSA's, with `labels` of
//! shape (N, 1, 1) and `id` of shape (N, 3), which are the video and the clip's first and last second. Padding stands at
//! the start.

use super::kind::Layout;
use super::splits;
use crate::dataset::prepare::keys::{Keys, MMSA};

const KEYS: Keys = Keys { labels: "labels", ..MMSA };

/// MulT's layout.
pub const LAYOUT: Layout = Layout {
    name: "MulT",
    about: "the same with labels of shape (N, 1, 1)",
    likeness: |pickle| splits::likeness(pickle, &KEYS),
    read: |pickle, settings, flaws| splits::read(pickle, &KEYS, settings, flaws),
};
