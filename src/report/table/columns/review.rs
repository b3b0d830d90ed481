//! Columns of what people say of the rows in the console.

use super::about::{About, Content, PLAIN, Reads};

pub const MARK: About = About {
    name: "marked",
    file: "reviewed",
    file_place: Some(11),
    heading: "✔",
    short: "reviewed",
    meaning: "reviewed (a word of its own in filters)",
    content: Content::Flag(|row| row.reviewed()),
    reads: Reads::Marks,
    word: Some("marked"),
    greatest_first: true,
    ..PLAIN
};

pub const NOTE: About = About {
    name: "note",
    file: "note",
    file_place: Some(12),
    heading: "note",
    short: "note",
    meaning: "what somebody noted",
    content: Content::Text { own: |row| row.note(), lower: None },
    reads: Reads::Notes,
    greatest_first: true,
    ..PLAIN
};
