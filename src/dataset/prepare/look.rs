//! Looks through the features of all splits once, and says what is odd about them.

use std::collections::HashSet;

use super::parts::{Feature, Parts};
use super::scan::{self, Scanned};
use crate::dataset::error::DatasetError;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

/// Looks through all features and adds what is odd to `flaws`.
///
/// # Errors
/// The file cannot be read.
pub fn look(splits: &PerSplit<Parts>, flaws: &mut Vec<Flaw>) -> Result<PerSplit<PerModality<Scanned>>, DatasetError> {
    let of = |split: Split| Modality::ALL.map(|m| &splits[split].features[m]);
    let features: Vec<&Feature> = Split::ALL.into_iter().flat_map(of).collect();
    let mut results = scan::scan(&features)?.into_iter();
    let mut next = || results.next().expect("a scan gives one result for each feature");
    let scanned = PerSplit::from_fn(|_| PerModality::from_fn(|_| next()));
    for (split, found) in scanned.iter() {
        found.iter().for_each(|(m, found)| flaws.extend(findings(found, split, m)));
    }
    for (split, found) in scanned.iter() {
        flaws.extend(zero_lengths(split, found));
    }
    flaws.extend(shared_features(&scanned));
    Ok(scanned)
}

/// What is odd about one modality of a split. Constant columns matter in the training split alone, whose statistics normalise all splits.
fn findings(scanned: &Scanned, split: Split, m: Modality) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let (values, clips) = scanned.not_finite;
    if values > 0 {
        flaws.push(Flaw::new(Some(split), m.name(), FlawKind::NotFinite { values, clips }));
    }
    if scanned.beyond > 0 {
        flaws.push(Flaw::new(Some(split), m.name(), FlawKind::BeyondLength { clips: scanned.beyond }));
    }
    let (columns, of) = scanned.moments.constant_columns();
    if split == Split::Train && columns > 0 {
        flaws.push(Flaw::new(Some(split), m.name(), FlawKind::ConstantColumns { columns, of }));
    }
    if scanned.zeros_kept > 0 {
        flaws.push(Flaw::new(Some(split), m.name(), FlawKind::ZerosKept { clips: scanned.zeros_kept }));
    }
    flaws
}

/// Clips of a split that have no step at all in some modality.
fn zero_lengths(split: Split, scanned: &PerModality<Scanned>) -> Vec<Flaw> {
    let count = |(m, found): (Modality, &Scanned)| (m, found.lengths.iter().filter(|&&n| n == 0).count());
    let flaw = |(m, clips): (Modality, usize)| Flaw::new(Some(split), m.name(), FlawKind::ZeroLength { clips });
    scanned.iter().map(count).filter(|&(_, clips)| clips > 0).map(flaw).collect()
}

/// Clips outside of train that have the features of a clip of train: the same clip under another name, as a rule.
fn shared_features(scanned: &PerSplit<PerModality<Scanned>>) -> Vec<Flaw> {
    let clips = |split: Split| {
        let PerModality { text, audio, vision } = &scanned[split];
        let hashes = text.hashes.iter().zip(&audio.hashes).zip(&vision.hashes);
        // A clip of nothing but zeros is like any other such clip.
        hashes.filter(|&((t, a), v)| (*t, *a, *v) != (0, 0, 0))
    };
    let train: HashSet<_> = clips(Split::Train).collect();
    let count = |split: Split| (split, clips(split).filter(|clip| train.contains(clip)).count());
    let flaw = |(split, clips): (Split, usize)| Flaw::new(Some(split), "features", FlawKind::FeaturesOfTrain { clips });
    [Split::Valid, Split::Test].map(count).into_iter().filter(|&(_, clips)| clips > 0).map(flaw).collect()
}
