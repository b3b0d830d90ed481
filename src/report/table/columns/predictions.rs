//! Columns of what the network predicts.

use super::about::{About, Content, PLAIN, Reads};

pub const PREDICTED: About = About {
    name: "p",
    file: "predicted",
    file_place: Some(8),
    heading: "ŷ",
    short: "predicted ŷ",
    meaning: "prediction from everything",
    content: Content::Number(|row| row.predicted()),
    reads: Reads::Predictions,
    ..PLAIN
};

pub const PREDICTED_BY: About = About {
    name: "p",
    file: "predicted",
    file_place: Some(9),
    heading: "ŷ",
    short: "predicted from {m}",
    meaning: "prediction from {m} alone",
    content: Content::NumberOf(|row, m| row.predicted_by(m)),
    reads: Reads::Predictions,
    ..PLAIN
};

pub const ERROR: About = About {
    name: "e",
    file: "error",
    file_place: Some(10),
    heading: "err",
    short: "|ŷ - y| as in the MAE",
    meaning: "|ŷ - y| as the MAE counts it: CH-SIMS's clips ŷ to ±1",
    content: Content::Number(|row| row.error()),
    reads: Reads::Predictions,
    greatest_first: true,
    ..PLAIN
};
