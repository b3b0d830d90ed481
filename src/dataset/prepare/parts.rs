//! The parts of one split before anything is normalised.

use super::keys::Keys;
use super::rows::Rows;
use crate::modality::PerModality;

/// One split.
pub struct Parts {
    pub ids: Vec<String>,
    pub transcripts: Vec<String>,
    /// In [-H, H].
    pub labels: Vec<f32>,
    /// The labels before noise, where the settings put some into them.
    pub clean: Option<Vec<f32>>,
    /// NaN where nobody gave one.
    pub unimodal: Option<PerModality<Vec<f32>>>,
    pub features: PerModality<Feature>,
    /// What a text encoder takes in, (N, 3, L): token ids, mask and segments; why it cannot be read where it cannot, `None`
    /// where there is none. Read only where text is encoded from tokens.
    pub tokens: Option<Result<Rows, String>>,
    /// True where the file has no vectors of the text: its feature is a column of token ids, which only an encoder of those
    /// can make something of.
    pub only_tokens: bool,
    /// The names under which the file keeps the above, for messages.
    pub keys: Keys,
    /// All keys of the split as found; empty for what was made in memory.
    pub found: String,
}

impl Parts {
    /// Some of the clips, in the given order.
    pub fn pick(&self, rows: &[usize]) -> Parts {
        Parts {
            ids: picked(&self.ids, rows),
            transcripts: picked(&self.transcripts, rows),
            labels: picked(&self.labels, rows),
            clean: self.clean.as_ref().map(|clean| picked(clean, rows)),
            unimodal: self.unimodal.as_ref().map(|u| u.map(|_, values| picked(values, rows))),
            features: self.features.map(|_, feature| feature.pick(rows)),
            tokens: self.tokens.as_ref().map(|tokens| tokens.as_ref().map(|t| t.pick(rows)).map_err(Clone::clone)),
            only_tokens: self.only_tokens,
            keys: self.keys,
            found: self.found.clone(),
        }
    }
}

fn picked<T: Clone>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| values[row].clone()).collect()
}

/// One modality of one split.
pub struct Feature {
    pub rows: Rows,
    pub lengths: Lengths,
    /// As [`settle`](super::padding::settle) found it, or as it was before.
    pub padding: Padding,
    /// Element type as stored.
    pub dtype: String,
}

impl Feature {
    /// Padded at the end, if at all.
    pub fn new(rows: Rows, lengths: Lengths, dtype: impl Into<String>) -> Feature {
        Feature { rows, lengths, padding: Padding::default(), dtype: dtype.into() }
    }

    fn pick(&self, rows: &[usize]) -> Feature {
        let lengths = match &self.lengths {
            Lengths::Given { key, lengths } => Lengths::Given { key, lengths: picked(lengths, rows) },
            Lengths::Mask(lengths) => Lengths::Mask(picked(lengths, rows)),
            Lengths::OfText(lengths) => Lengths::OfText(picked(lengths, rows)),
            Lengths::Whole => Lengths::Whole,
            Lengths::Inferred => Lengths::Inferred,
        };
        Feature { rows: self.rows.pick(rows), lengths, padding: self.padding, dtype: self.dtype.clone() }
    }
}

/// At which end of a row the padding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Padding {
    #[default]
    Right,
    Left,
}

impl Padding {
    /// The valid steps of a row of `steps` steps.
    pub fn window(self, length: usize, steps: usize) -> std::ops::Range<usize> {
        match self {
            Padding::Right => 0..length.min(steps),
            Padding::Left => steps.saturating_sub(length)..steps,
        }
    }
}

/// Where the number of valid steps comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lengths {
    /// A key of the file.
    Given { key: &'static str, lengths: Vec<usize> },
    /// The attention mask of `text_bert`.
    Mask(Vec<usize>),
    /// Text's lengths, where what is heard and seen is aligned to words.
    OfText(Vec<usize>),
    /// All steps of each row count.
    Whole,
    /// Steps of zeros at the padded end do not count.
    Inferred,
}

impl Lengths {
    /// The number of valid steps of each row, where it is known without looking at the values.
    pub fn known(&self) -> Option<&[usize]> {
        match self {
            Lengths::Given { lengths, .. } | Lengths::Mask(lengths) | Lengths::OfText(lengths) => Some(lengths),
            Lengths::Whole | Lengths::Inferred => None,
        }
    }

    /// In words, for reports.
    pub fn origin(&self) -> String {
        match self {
            Lengths::Given { key, .. } => format!("from {key}"),
            Lengths::Mask(_) => "from the mask of text_bert".to_owned(),
            Lengths::OfText(_) => "as text's, which it is aligned to".to_owned(),
            Lengths::Whole => "all steps".to_owned(),
            Lengths::Inferred => "found by stripping zeros".to_owned(),
        }
    }
}
