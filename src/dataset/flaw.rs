//! What is odd about a dataset that can still be used, and what was assumed about it. `mug data check`, the console and
//! every run show the same list.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::split::{PerSplit, Split};

/// One finding and where it is. `Display` writes it as a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flaw {
    /// `None` where it concerns all splits.
    pub split: Option<Split>,
    /// The key of the file, for example `audio`.
    pub key: String,
    pub kind: FlawKind,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// What was assumed, or what the reader took care of.
    Note,
    /// Something that the file probably should not have, or that spoils figures.
    Warning,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "flaw")]
pub enum FlawKind {
    /// NaN, infinite or beyond f32: replaced by the column's training mean.
    NotFinite { values: u64, clips: u64 },
    /// Columns with one value throughout the training split: 0 after normalisation.
    ConstantColumns { columns: usize, of: usize },
    /// Clips without a single valid step.
    ZeroLength { clips: usize },
    /// Clips with other values than 0 outside their valid steps; these are ignored.
    BeyondLength { clips: usize },
    /// Valid steps stand at the end of each row.
    LeftPadded,
    /// The file is packed: what it is, with its article, and its length packed and unpacked.
    Packed { what: String, packed: u64, unpacked: u64 },
    /// The file has another layout than MMSA's.
    Layout { name: String },
    /// A key that goes by another name.
    TakenFor { part: String },
    /// The file gives words and no vectors of them.
    WordsOnly { columns: usize },
    /// The file has no vectors of the words, but what a text encoder takes in, under this key.
    OnlyTokens { key: String },
    /// Labels of several columns.
    LabelColumns { of: usize, taken: usize },
    /// The files do not say which videos belong to which split: so many were drawn for each.
    Divided { videos: PerSplit<usize> },
    /// A part of the file that nothing is taken from.
    NotUsed { why: String },
    /// The split has no clips, or none with a label.
    NotScored { clips: usize },
    /// Clips without a label, which are left out, and how many there were.
    Unlabelled { clips: usize, of: usize },
    /// The file has no validation split: clips of train, of so many videos, stand in. The keys that it has.
    ValidSetAside { clips: usize, videos: usize, keys: String },
    /// No key gives the lengths: steps of zeros at one end are taken for padding.
    LengthsFound { at_start: bool },
    /// Clips that have zeros at that end of the row where no padding is; these zeros are taken for values.
    ZerosKept { clips: usize },
    /// No key gives the lengths; the steps are aligned to words, so each clip is as long as its text.
    LengthsOfText,
    /// How many clips have a length greater than their row has steps; the greatest such length, and that row's steps.
    LengthsCut { clips: usize, longest: u64, steps: usize },
    /// The array cannot be read row by row from the file, so it is held in memory.
    HeldInMemory { why: String },
    /// The file has no such key; a default is used.
    Absent { instead: String },
    /// An optional key holds something else than it should.
    Ignored { why: String, instead: String },
    /// Ids of several parts.
    JoinedIds { parts: usize },
    /// Clips whose id another clip of the split has, too.
    RepeatedIds { clips: usize },
    /// Clips whose id occurs in the training split: figures on this split would be too good.
    SharedWithTrain { clips: usize },
    /// Clips with the features of a clip of the training split: figures on this split would be too good.
    FeaturesOfTrain { clips: usize },
    /// Unimodal labels that cannot be used.
    UnimodalIgnored { why: String },
    /// Unimodal labels outside [-H, H]; kept as they are, since they only judge.
    UnimodalOutside { labels: usize, range: f32 },
    /// How many clips have no unimodal label; such clips are not judged.
    UnimodalMissing { clips: usize, of: usize },
    /// Only other splits have unimodal labels.
    UnimodalElsewhere,
    /// The settings corrupted labels of the split, so many of so many.
    LabelNoise { noise: String, seed: u64, changed: usize, of: usize },
    /// The settings took the modality away from so many clips.
    TakenAway { clips: usize, of: usize, seed: u64 },
    /// Token ids were made of the transcripts; so many clips were cut to the longest length.
    TokensMade { cut: usize, longest: usize },
    /// All labels of a split are the same.
    ConstantLabels { value: f32 },
    /// Labels of the training split have these values only.
    FewLevels { levels: Vec<f32> },
    /// Labels of a split whose mean and standard deviation lie far from those of train.
    LabelsElsewhere { mean: f32, deviation: f32, train_mean: f32, train_deviation: f32 },
    /// Labels of the training split are whole numbers from 0 on, as classes are.
    ClassLabels { largest: u32 },
}

impl Flaw {
    pub(super) fn new(split: Option<Split>, key: impl Into<String>, kind: FlawKind) -> Self {
        Flaw { split, key: key.into(), kind }
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        match self.kind {
            FlawKind::ConstantColumns { .. }
            | FlawKind::ZeroLength { .. }
            | FlawKind::LeftPadded
            | FlawKind::Packed { .. }
            | FlawKind::Layout { .. }
            | FlawKind::TakenFor { .. }
            | FlawKind::OnlyTokens { .. }
            | FlawKind::LabelColumns { .. }
            | FlawKind::NotUsed { .. }
            | FlawKind::LengthsFound { .. }
            | FlawKind::ZerosKept { .. }
            | FlawKind::LengthsOfText
            | FlawKind::HeldInMemory { .. }
            | FlawKind::Absent { .. }
            | FlawKind::JoinedIds { .. }
            | FlawKind::LabelNoise { .. }
            | FlawKind::TakenAway { .. }
            | FlawKind::TokensMade { .. }
            | FlawKind::UnimodalMissing { .. }
            | FlawKind::UnimodalElsewhere => Severity::Note,
            FlawKind::NotFinite { .. }
            | FlawKind::BeyondLength { .. }
            | FlawKind::WordsOnly { .. }
            | FlawKind::Unlabelled { .. }
            | FlawKind::NotScored { .. }
            | FlawKind::FewLevels { .. }
            | FlawKind::LabelsElsewhere { .. }
            | FlawKind::ValidSetAside { .. }
            | FlawKind::Divided { .. }
            | FlawKind::LengthsCut { .. }
            | FlawKind::Ignored { .. }
            | FlawKind::RepeatedIds { .. }
            | FlawKind::SharedWithTrain { .. }
            | FlawKind::FeaturesOfTrain { .. }
            | FlawKind::UnimodalIgnored { .. }
            | FlawKind::UnimodalOutside { .. }
            | FlawKind::ConstantLabels { .. }
            | FlawKind::ClassLabels { .. } => Severity::Warning,
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(split) = self.split {
            write!(f, "{split}.")?;
        }
        write!(f, "{}: {}", self.key, self.kind)
    }
}

impl fmt::Display for FlawKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clips = |n: u64| if n == 1 { "1 clip".to_owned() } else { format!("{n} clips") };
        match self {
            FlawKind::NotFinite { values, clips: n } => {
                let of = if *values == 1 { "1 value is" } else { &format!("{values} values are") };
                write!(f, "{of} NaN or infinite, in {}; the column's mean stands in", clips(*n))
            }
            FlawKind::ConstantColumns { columns, of } => {
                write!(f, "{columns} of {of} columns never change in the training split; they are 0 once normalised")
            }
            FlawKind::ZeroLength { clips: n } => write!(f, "{} without any step: missing there", clips(*n as u64)),
            FlawKind::BeyondLength { clips: n } => {
                write!(f, "{} with values outside the valid steps; these are ignored", clips(*n as u64))
            }
            FlawKind::Packed { what, packed, unpacked } if packed == unpacked => f.write_str(what),
            FlawKind::Packed { what, unpacked, .. } => {
                write!(f, "{what}, unpacked to {unpacked} bytes each time it is opened")
            }
            FlawKind::Layout { name } => write!(f, "{name}"),
            FlawKind::TakenFor { part } => write!(f, "taken for {part}"),
            FlawKind::WordsOnly { columns } => write!(
                f,
                "words without vectors: each word has a fixed random vector of {columns} columns; for figures that can be \
                 compared, save vectors of the words (GloVe's or BERT's) in MMSA's layout"
            ),
            FlawKind::OnlyTokens { key } => write!(
                f,
                "no vectors of the words; {key} holds token ids, mask and segments, which model.text.encoder = \"bert\" reads"
            ),
            FlawKind::Unlabelled { clips: n, of } => {
                write!(f, "{n} of {} without a label are left out", clips(*of as u64))
            }
            FlawKind::ValidSetAside { clips: n, videos, keys } => {
                let videos = if *videos == 1 { "one video".to_owned() } else { format!("{videos} videos") };
                let n = clips(*n as u64);
                write!(
                    f,
                    "no such split (the file has {keys}); {n} of {videos} of train stand in, always the same ones"
                )
            }
            FlawKind::LabelColumns { of, taken: 0 } => write!(f, "{of} columns; the first is taken for the sentiment"),
            FlawKind::LabelColumns { of, taken } => {
                write!(f, "{of} columns; data.label_column takes the one at {taken}")
            }
            FlawKind::Divided { videos: PerSplit { train, valid, test } } => write!(
                f,
                "{train} / {valid} / {test} videos drawn for train, valid and test by data.valid_seed; train.txt, valid.txt and \
                 test.txt in the folder, a video in each line, would say which"
            ),
            FlawKind::NotUsed { why } => write!(f, "not used: {why}"),
            FlawKind::NotScored { clips: 0 } => f.write_str("no such split in the file; nothing is tested"),
            FlawKind::NotScored { .. } => {
                f.write_str("no clip has a label: they are predicted, and the metrics of the split are undefined")
            }
            FlawKind::LeftPadded => f.write_str("padded at the start, not at the end"),
            FlawKind::LengthsFound { at_start } => {
                let end = if *at_start { "start" } else { "end" };
                write!(f, "no lengths in the file; steps of zeros at the {end} are taken for padding")
            }
            FlawKind::ZerosKept { clips: n } => {
                write!(f, "{} with steps of zeros at the other end, which are taken for values", clips(*n as u64))
            }
            FlawKind::LengthsOfText => {
                f.write_str("no lengths in the file; aligned to words, so that each clip is as long as its text")
            }
            FlawKind::LengthsCut { clips: n, longest, steps } => {
                write!(
                    f,
                    "{} longer than the steps there are (up to {longest} of {steps}); all of their steps are taken",
                    clips(*n as u64)
                )
            }
            FlawKind::HeldInMemory { why } => write!(f, "held in memory as a whole: {why}"),
            FlawKind::Absent { instead } => write!(f, "not in the file; {instead}"),
            FlawKind::Ignored { why, instead } => write!(f, "ignored: {why}; {instead}"),
            FlawKind::JoinedIds { parts } => write!(f, "ids of {parts} parts each, joined by $_$"),
            FlawKind::RepeatedIds { clips: n } => write!(f, "{} with the id of another one", clips(*n as u64)),
            FlawKind::FeaturesOfTrain { clips: n } => write!(
                f,
                "{} with the same features as a clip of the training split; figures on this split may be too good",
                clips(*n as u64)
            ),
            FlawKind::SharedWithTrain { clips: n } => {
                write!(
                    f,
                    "{} with an id of the training split; figures on this split may be too good",
                    clips(*n as u64)
                )
            }
            FlawKind::UnimodalIgnored { why } => write!(f, "ignored: {why}"),
            FlawKind::UnimodalOutside { labels, range } => {
                write!(f, "{labels} labels lie outside [-{range}, {range}]; kept, since they only judge")
            }
            FlawKind::UnimodalMissing { clips: n, of } => {
                write!(f, "{n} of {} without a human label; they are not judged", clips(*of as u64))
            }
            FlawKind::UnimodalElsewhere => {
                f.write_str("human labels in other splits only; nothing is judged in this one")
            }
            FlawKind::LabelNoise { noise, seed, changed, of } => {
                write!(f, "data.label_noise ({noise}, seed {seed}) changed {changed} of {of} labels")
            }
            FlawKind::TakenAway { clips, of, seed } => {
                write!(f, "data.missing (seed {seed}) took it away from {clips} of {of} clips")
            }
            FlawKind::TokensMade { cut, longest } => {
                write!(
                    f,
                    "token ids are made of it by the weights' tokenizer; {cut} clips were cut to {longest} tokens"
                )
            }
            FlawKind::ConstantLabels { value } => {
                write!(f, "every label is {value}; nothing can be told apart, and r is not defined")
            }
            FlawKind::FewLevels { levels } => {
                let levels: Vec<String> = levels.iter().map(f32::to_string).collect();
                write!(
                    f,
                    "only the values {}: classes? Labels say how negative or positive a clip is",
                    levels.join(", ")
                )
            }
            FlawKind::LabelsElsewhere { mean, deviation, train_mean, train_deviation } => write!(
                f,
                "labels lie elsewhere than those of train: mean {mean:.2}, standard deviation {deviation:.2}, there \
                 {train_mean:.2} and {train_deviation:.2}; is the scale the same?"
            ),
            FlawKind::ClassLabels { largest } => write!(
                f,
                "whole numbers from 0 to {largest} only: classes? Labels say how negative (below 0) or positive (above 0) \
                 a clip is"
            ),
        }
    }
}
