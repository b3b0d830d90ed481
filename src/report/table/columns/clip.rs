//! Columns of the clip as the data has it.

use super::about::{About, Content, PLAIN, Reads};
use crate::split::Split;

pub const ORDER: About = About {
    name: "row",
    // `labels/rows.csv` has a column "row" that begins anew in every split.
    file: "index",
    heading: "row",
    short: "file order",
    meaning: "place in the data: train, valid, test",
    content: Content::Whole(|row| row.row as i64),
    ..PLAIN
};

pub const ID: About = About {
    name: "id",
    file: "id",
    file_place: Some(1),
    heading: "id",
    short: "id",
    meaning: "the clip's name",
    content: Content::Text { own: |row| row.id(), lower: Some(|row| row.lower_id()) },
    ..PLAIN
};

pub const SPLIT: About = About {
    name: "split",
    file: "split",
    file_place: Some(0),
    heading: "split",
    short: "split",
    meaning: "train, valid or test",
    content: Content::OneOf {
        words: &[Split::ALL[0].name(), Split::ALL[1].name(), Split::ALL[2].name()],
        which: |row| row.split() as usize,
    },
    ..PLAIN
};

pub const TRANSCRIPT: About = About {
    name: "text",
    file: "text",
    file_place: Some(2),
    heading: "text",
    short: "text",
    meaning: "what is said",
    content: Content::Text { own: |row| row.transcript(), lower: Some(|row| row.lower_transcript()) },
    ..PLAIN
};

pub const CLEAN: About = About {
    name: "clean",
    file: "clean",
    file_place: Some(4),
    heading: "clean",
    short: "clean y",
    meaning: "the label of the whole clip before noise (data.label_noise)",
    content: Content::Number(|row| row.clean()),
    reads: Reads::Clean,
    ..PLAIN
};

pub const LABEL: About = About {
    name: "y",
    file: "y",
    file_place: Some(3),
    heading: "y",
    short: "y",
    meaning: "the label of the whole clip",
    content: Content::Number(|row| row.label()),
    ..PLAIN
};
