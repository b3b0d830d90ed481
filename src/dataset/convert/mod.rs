//! Datasets written as plain files: whatever layout and packing a dataset has, as one pickle of MMSA's layout that numpy reads.
//!
//! [`pickler`] writes Python objects, this file says which. Imported from `dataset`: what comes before `catalogue`.

mod pickler;

use std::io::{self, Write};

use super::contents::Contents;
use super::error::DatasetError;
use super::prepare::keys::MMSA;
use super::prepare::look;
use super::prepare::parts::{Feature, Parts};
use super::prepare::rows::{Rows, Scratch};
use super::prepare::scan::Scanned;
use crate::modality::{Modality, PerModality};
use crate::split::Split;
use pickler::{Number, Pickler};

/// Why a dataset cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    #[error(transparent)]
    Data(#[from] DatasetError),
    #[error("cannot write the file: {0}")]
    Write(#[from] io::Error),
}

/// Writes a dataset as a pickle of MMSA's layout, protocol 4: features as they are, neither normalised nor clipped, padded
/// at the end, with the lengths of all modalities; labels and ids; transcripts; token ids with mask and segments and human unimodal labels where there are some.
/// A split without clips is left out. Nothing of the features is held in memory as a whole.
///
/// # Errors
/// The data cannot be read, or `out` refuses.
pub(super) fn write(contents: &mut Contents, out: &mut dyn Write) -> Result<(), ConvertError> {
    let Contents { splits, flaws, .. } = contents;
    let scanned = look::look(splits, flaws)?;
    let steps =
        PerModality::from_fn(|m| splits.iter().map(|(_, s)| s.features[m].rows.max_steps()).max().unwrap_or(1).max(1));
    let there: Vec<Split> = Split::ALL.into_iter().filter(|&split| !splits[split].labels.is_empty()).collect();
    let mut pickler = Pickler::new(out)?;
    pickler.dict(there.len(), |pickler, i| {
        pickler.text(there[i].name())?;
        write_split(pickler, &splits[there[i]], &scanned[there[i]], &steps)
    })?;
    Ok(pickler.finish()?)
}

/// One entry of a split's dict.
type Entry<'a> = (&'static str, Box<dyn Fn(&mut Pickler<'_>) -> Result<(), ConvertError> + 'a>);

fn write_split(
    pickler: &mut Pickler<'_>,
    parts: &Parts,
    scanned: &PerModality<Scanned>,
    steps: &PerModality<usize>,
) -> Result<(), ConvertError> {
    let n = parts.labels.len();
    let floats = |values: &'_ [f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let column = |values: Vec<f64>, number: Number| move |p: &mut Pickler<'_>| Ok(p.array(&[n], number, &values)?);
    let texts = |texts: &'_ [String]| {
        let texts = texts.to_vec();
        move |p: &mut Pickler<'_>| Ok(p.texts(&texts)?)
    };
    let mut entries: Vec<Entry<'_>> = vec![
        (MMSA.transcripts, Box::new(texts(&parts.transcripts))),
        (MMSA.ids, Box::new(texts(&parts.ids))),
        (MMSA.labels, Box::new(column(floats(&parts.labels), Number::F32))),
    ];
    if let Some(Ok(tokens)) = &parts.tokens {
        entries.push((MMSA.encoder_input, Box::new(move |p| encoder_input(p, tokens))));
    }
    for m in Modality::ALL.into_iter().filter(|&m| m != Modality::Text || !parts.only_tokens) {
        let lengths: Vec<f64> = scanned[m].lengths.iter().map(|&n| n as f64).collect();
        let (feature, steps) = (&parts.features[m], steps[m]);
        let lengths_of = &scanned[m].lengths;
        entries.push((MMSA.features[m], Box::new(move |p| features(p, feature, lengths_of, steps))));
        entries.push((MMSA.lengths[m], Box::new(column(lengths, Number::I64))));
    }
    for (m, values) in parts.unimodal.iter().flat_map(PerModality::iter) {
        entries.push((MMSA.unimodal[m], Box::new(column(floats(values), Number::F32))));
    }
    pickler.dict(entries.len(), |pickler, i| {
        pickler.text(entries[i].0)?;
        (entries[i].1)(pickler)
    })
}

/// Token ids, mask and segments of a split, (N, 3, L). Ids are exact as f32, which MMSA has them as.
fn encoder_input(pickler: &mut Pickler<'_>, rows: &Rows) -> Result<(), ConvertError> {
    pickler.begin_array(&[rows.len(), 3, rows.dim()], Number::F32)?;
    let mut scratch = Scratch::default();
    for row in 0..rows.len() {
        pickler.elements(Number::F32, rows.read(row, 0..3, &mut scratch)?)?;
    }
    Ok(pickler.end_array()?)
}

/// Features of a split, (N, steps, D).
fn features(pickler: &mut Pickler<'_>, feature: &Feature, lengths: &[usize], steps: usize) -> Result<(), ConvertError> {
    let Feature { rows, dtype, padding, .. } = feature;
    // What 24 bits of f32 cannot hold stays as wide as it was.
    let wide = matches!(rows, Rows::Disk { .. }) && ["f8", "i8", "i4", "u8", "u4"].iter().any(|w| dtype.ends_with(w));
    let number = if wide { Number::F64 } else { Number::F32 };
    let dim = rows.dim();
    pickler.begin_array(&[rows.len(), steps, dim], number)?;
    let (mut scratch, mut padded) = (Scratch::default(), vec![0.0; steps * dim]);
    for (row, &length) in lengths.iter().enumerate() {
        let window = padding.window(length, rows.steps(row));
        let valid = rows.read(row, window, &mut scratch)?;
        padded.fill(0.0);
        padded[..valid.len()].copy_from_slice(valid);
        pickler.elements(number, &padded)?;
    }
    Ok(pickler.end_array()?)
}
