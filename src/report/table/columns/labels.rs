//! Columns of what became of the label, and of what people say of each modality.

use super::about::{About, Content, PLAIN, Reads};

pub const CORRECTED: About = About {
    name: "",
    file: "y",
    file_place: Some(5),
    heading: "",
    short: "corrected {m}",
    meaning: "corrected label of {m}",
    content: Content::NumberOf(|row, m| row.corrected(m)),
    reads: Reads::Corrected,
    ..PLAIN
};

pub const SPREAD: About = About {
    name: "s",
    file: "spread",
    file_place: Some(6),
    heading: "±",
    short: "spread {m}",
    meaning: "standard deviation of the corrected label of {m} between the members",
    content: Content::NumberOf(|row, m| row.spread(m)),
    reads: Reads::Spread,
    greatest_first: true,
    ..PLAIN
};

pub const WEIGHT: About = About {
    name: "w",
    file: "weight",
    file_place: Some(13),
    heading: "w",
    short: "weight {m}",
    meaning: "what the clip counts in the task of {m}, from 0 to 1 (denoising.learner = meta-weight)",
    content: Content::NumberOf(|row, m| row.weight(m)),
    reads: Reads::Weights,
    greatest_first: true,
    ..PLAIN
};

pub const CHANGE: About = About {
    name: "d",
    file: "change",
    heading: "Δ",
    short: "|Δ {m}|",
    meaning: "corrected label of {m} less y; sorted by size",
    content: Content::NumberOf(|row, m| row.change(m)),
    reads: Reads::Corrected,
    greatest_first: true,
    by_size: true,
    ..PLAIN
};

pub const LARGEST: About = About {
    name: "d",
    file: "largest_change",
    heading: "|Δ|",
    short: "largest |Δ|",
    meaning: "the greatest of the three changes",
    content: Content::Number(|row| row.largest_change()),
    reads: Reads::Corrected,
    greatest_first: true,
    ..PLAIN
};

pub const FLIPS: About = About {
    name: "flips",
    file: "flips",
    heading: "flip",
    short: "sign flips",
    meaning: "labels whose sign is another than y's",
    content: Content::Modalities(|row, m| row.flips(m)),
    reads: Reads::Corrected,
    word: Some("flip"),
    greatest_first: true,
    ..PLAIN
};

pub const HISTORY: About = About {
    name: "history",
    file: "history",
    heading: "history",
    short: "history",
    meaning: "one modality's label over the refreshes",
    content: Content::Picture,
    ..PLAIN
};

pub const HUMAN: About = About {
    name: "h",
    file: "human",
    file_place: Some(7),
    heading: "h",
    short: "human {m}",
    meaning: "people's (or the demo's true) label of {m}",
    content: Content::NumberOf(|row, m| row.human(m)),
    reads: Reads::Human,
    ..PLAIN
};
