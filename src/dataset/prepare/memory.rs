//! Splits held in memory: what the built-in demo generates, and what tests and benchmarks make by hand.

use super::keys;
use super::parts::{Feature, Lengths, Parts};
use super::rows::Rows;
use crate::dataset::file::hash::Hash;
use crate::modality::{Modality, PerModality};
use crate::split::PerSplit;

/// One split of a dataset that was made in memory rather than read from a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemorySplit {
    /// One name for each clip, `video$_$clip` as in MMSA files; N of them.
    pub ids: Vec<String>,
    /// One transcript for each clip.
    pub transcripts: Vec<String>,
    /// y, the multimodal label of each clip, in [-H, H].
    pub labels: Vec<f32>,
    /// The true label of each modality, NaN where it is not known: used to judge, never to train.
    pub unimodal: Option<PerModality<Vec<f32>>>,
    /// U_m, the input sequences.
    pub sequences: PerModality<MemorySequences>,
}

/// The input sequences of one modality, right-padded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemorySequences {
    /// (N, T, D) row-major; what lies beyond a clip's length is ignored.
    pub data: Vec<f32>,
    /// T, the steps that each clip has room for.
    pub steps: usize,
    /// D, the columns of one step.
    pub dim: usize,
    /// The valid steps of each clip, from 0 to T.
    pub lengths: Vec<usize>,
}

/// A part of a split that does not agree with the others.
pub struct Mismatch {
    pub key: String,
    pub expected: String,
    pub found: String,
}

impl MemorySplit {
    /// Checks the parts against each other and hands them on without copying.
    pub(in crate::dataset) fn into_parts(self) -> Result<Parts, Mismatch> {
        let n = self.labels.len();
        let need = |ok: bool, key: String, expected: String, found: String| {
            if ok { Ok(()) } else { Err(Mismatch { key, expected, found }) }
        };
        need(n > 0, "labels".into(), "at least one clip".into(), "none".into())?;
        for (key, found) in [("ids", self.ids.len()), ("transcripts", self.transcripts.len())] {
            need(found == n, key.into(), format!("{n}, as many as labels"), found.to_string())?;
        }
        for (m, values) in self.unimodal.iter().flat_map(PerModality::iter) {
            let usable = values.len() == n && values.iter().all(|y| !y.is_infinite());
            let expected = format!("{n} finite numbers, or NaN where nobody gave a label");
            need(usable, format!("unimodal.{m}"), expected, format!("{} numbers", values.len()))?;
        }
        for (row, y) in self.labels.iter().enumerate() {
            need(y.is_finite(), "labels".into(), "finite numbers".into(), format!("{y} in row {row}"))?;
        }
        let PerModality { text, audio, vision } = self.sequences;
        let feature = |m: Modality, s: MemorySequences| {
            let size = n.checked_mul(s.steps).and_then(|k| k.checked_mul(s.dim));
            let fits = s.dim > 0 && size == Some(s.data.len());
            let expected = format!("{n} x {} x {} values", s.steps, s.dim);
            need(fits, m.to_string(), expected, s.data.len().to_string())?;
            let longest = s.lengths.iter().max().copied().unwrap_or(0);
            need(
                s.lengths.len() == n && longest <= s.steps,
                format!("{m}.lengths"),
                format!("{n} lengths from 0 to {}", s.steps),
                format!("{} lengths up to {longest}", s.lengths.len()),
            )?;
            let starts = (0..=n).map(|row| row * s.steps).collect();
            let rows = Rows::Memory { data: s.data, starts, dim: s.dim };
            Ok(Feature::new(rows, Lengths::Given { key: "lengths", lengths: s.lengths }, "f4"))
        };
        let features = PerModality {
            text: feature(Modality::Text, text)?,
            audio: feature(Modality::Audio, audio)?,
            vision: feature(Modality::Vision, vision)?,
        };
        Ok(Parts {
            clean: None,
            ids: self.ids,
            transcripts: self.transcripts,
            labels: self.labels,
            unimodal: self.unimodal,
            features,
            tokens: None,
            only_tokens: false,
            keys: keys::MEMORY,
            found: String::new(),
        })
    }
}

/// A short text that differs between splits of different content.
pub fn fingerprint(splits: &PerSplit<MemorySplit>) -> String {
    let mut hash = Hash::default();
    for (_, split) in splits.iter() {
        for text in split.ids.iter().chain(&split.transcripts) {
            hash.update(text.as_bytes());
        }
        let unimodal = split.unimodal.iter().flat_map(PerModality::iter).map(|(_, values)| values);
        for values in std::iter::once(&split.labels).chain(unimodal) {
            values.iter().for_each(|y| hash.update(&y.to_bits().to_le_bytes()));
        }
        for (_, s) in split.sequences.iter() {
            s.lengths.iter().for_each(|&n| hash.update(&(n as u64).to_le_bytes()));
            s.data.iter().for_each(|v| hash.update(&v.to_bits().to_le_bytes()));
        }
    }
    format!("memory-{:016x}", hash.0)
}
