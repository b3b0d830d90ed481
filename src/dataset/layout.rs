//! A dataset before anything is normalised: what a pickle of the MMSA layout holds, checked.

use std::collections::HashSet;
use std::sync::Arc;

use super::bytes::DataFile;
use super::convert::{Key, is_dict};
use super::error::DatasetError;
use super::flaw::{Flaw, FlawKind};
use super::hints;
use super::labels;
use super::magic;
use super::memory::MemorySplit;
use super::mmsa;
use super::padding::{self, Padding};
use super::parts::Parts;
use super::pickle;
use crate::config::{DataSettings, MetricSet};
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

/// A dataset as it lies in a file or in memory.
pub struct Layout {
    pub splits: PerSplit<Parts>,
    /// At which end of a row the padding stands.
    pub padding: PerModality<Padding>,
    pub label_range: f32,
    pub metrics: MetricSet,
    pub fingerprint: String,
    pub flaws: Vec<Flaw>,
    /// Length of the file; 0 for what was made in memory.
    pub bytes: u64,
}

impl Layout {
    /// Reads the layout of a file. `catalogue` is the dataset's name in the catalogue, if it has one there.
    ///
    /// # Errors
    /// The file is no pickle, is damaged, or does not hold what the MMSA layout asks for.
    pub fn read(
        file: &Arc<DataFile>,
        catalogue: Option<&str>,
        settings: &DataSettings,
    ) -> Result<Layout, DatasetError> {
        magic::check(file)?;
        let pickle = pickle::parse(file).map_err(|error| magic::explain(file, error))?;
        let root = pickle.root();
        let at = |name: &str| Key { pickle: &pickle, name: name.to_owned() };
        if !is_dict(&pickle, root) {
            let expected = "a dict with the keys train, valid, test";
            return Err(at("the whole pickle").error(expected, pickle.describe(root), hints::LAYOUT));
        }
        let mut flaws = Vec::new();
        let mut splits = PerSplit::try_from_fn(|split| {
            let key = at(split.name());
            let Some(value) = pickle.get(root, split.name())? else {
                let found = format!("only the keys {}", pickle.keys(root)?.unwrap_or_default());
                return Err(key.error("a dict of this name", found, hints::missing_split(&pickle, split)?));
            };
            if !is_dict(&pickle, value) {
                return Err(key.error("a dict", pickle.describe(value), hints::LAYOUT));
            }
            mmsa::read_split(&pickle, split, value, &mut flaws)
        })?;
        check_dims(&splits, |m, expected, found, split| {
            let hint = "all splits must hold the same columns";
            at(&format!("{split}.{m}")).error(expected, found, hint)
        })?;
        let (label_range, metrics) =
            bound_labels(&mut splits, catalogue, settings, &mut flaws, |split, expected, found, hint| {
                at(&format!("{split}.regression_labels")).error(expected, found, hint)
            })?;
        check_ids(&splits, &mut flaws);
        let padding = padding::settle(&mut splits, &mut flaws)?;
        Ok(Layout { splits, padding, label_range, metrics, fingerprint: file.fingerprint()?, flaws, bytes: file.len() })
    }

    /// The layout of splits made in memory; the rows move, they are not copied.
    ///
    /// # Errors
    /// The parts of a split do not agree with each other.
    pub fn from_memory(
        name: &str,
        splits: PerSplit<MemorySplit>,
        label_range: Option<f32>,
        settings: &DataSettings,
    ) -> Result<Layout, DatasetError> {
        let fail = |key: String, expected: String, found: String, hint: &str| DatasetError::Layout {
            path: name.into(),
            key,
            expected,
            found,
            hint: hint.to_owned(),
        };
        let fingerprint = super::memory::fingerprint(&splits);
        let PerSplit { train, valid, test } = splits;
        let take = |split: Split, part: MemorySplit| {
            part.into_parts().map_err(|e| fail(format!("{split}.{}", e.key), e.expected, e.found, ""))
        };
        let mut splits = PerSplit {
            train: take(Split::Train, train)?,
            valid: take(Split::Valid, valid)?,
            test: take(Split::Test, test)?,
        };
        check_dims(&splits, |m, expected, found, split| fail(format!("{split}.{m}"), expected, found, ""))?;
        let settings = DataSettings { label_range: label_range.or(settings.label_range), ..settings.clone() };
        let mut flaws = Vec::new();
        let (label_range, metrics) =
            bound_labels(&mut splits, None, &settings, &mut flaws, |split, expected, found, hint| {
                fail(format!("{split}.labels"), expected, found, &hint)
            })?;
        check_ids(&splits, &mut flaws);
        // Padded at the end, as `MemorySequences` has it.
        let padding = PerModality::default();
        Ok(Layout { splits, padding, label_range, metrics, fingerprint, flaws, bytes: 0 })
    }
}

fn check_dims(
    splits: &PerSplit<Parts>,
    error: impl Fn(Modality, String, String, Split) -> DatasetError,
) -> Result<(), DatasetError> {
    for m in Modality::ALL {
        let expected = splits.train.features[m].rows.dim();
        for (split, parts) in splits.iter() {
            let found = parts.features[m].rows.dim();
            if found != expected {
                let expected = format!("{expected} columns, as in train.{m}");
                return Err(error(m, expected, format!("{found} columns"), split));
            }
        }
    }
    Ok(())
}

/// Settles H and the metric set, and holds all labels to H.
fn bound_labels(
    splits: &mut PerSplit<Parts>,
    catalogue: Option<&str>,
    settings: &DataSettings,
    flaws: &mut Vec<Flaw>,
    error: impl Fn(Split, String, String, String) -> DatasetError,
) -> Result<(f32, MetricSet), DatasetError> {
    let largest = splits.train.labels.iter().fold(0f32, |m, y| m.max(y.abs()));
    let range = labels::range(settings, catalogue, &splits.train.labels).ok_or_else(|| {
        let hint = format!("set data.label_range, for example --set data.label_range={}", largest.ceil());
        error(Split::Train, "labels within [-3, 3]".to_owned(), format!("labels up to {largest}"), hint)
    })?;
    for split in Split::ALL {
        let Parts { ids, labels, unimodal, .. } = &mut splits[split];
        if let Some((row, y)) = labels::bound(labels, range) {
            let id = ids.get(row).cloned().unwrap_or_default();
            return Err(error(
                split,
                format!("labels within [-{range}, {range}]"),
                format!("{y} in row {row} (id {id:?})"),
                format!("set data.label_range to at least {}, or drop the clip", y.abs()),
            ));
        }
        for (m, values) in unimodal.iter().flat_map(PerModality::iter) {
            // NaN, a label that nobody gave, lies nowhere.
            let count = values.iter().filter(|y| y.abs() > range).count();
            if count > 0 {
                let kind = FlawKind::UnimodalOutside { labels: count, range };
                flaws.push(Flaw::new(Some(split), format!("regression_labels_{}", m.letter()), kind));
            }
        }
    }
    for (split, parts) in splits.iter() {
        flaws.extend(labels::findings(split, &parts.labels));
    }
    let judged = PerSplit::from_fn(|split| splits[split].unimodal.is_some());
    labels::note_unjudged(&judged, flaws);
    Ok((range, labels::metrics(settings, range)))
}

/// Notes ids that occur twice, in a split or in training and another split.
fn check_ids(splits: &PerSplit<Parts>, flaws: &mut Vec<Flaw>) {
    let train: HashSet<&str> = splits.train.ids.iter().map(String::as_str).collect();
    for (split, parts) in splits.iter() {
        let own: HashSet<&str> = parts.ids.iter().map(String::as_str).collect();
        let clips = parts.ids.len() - own.len();
        if clips > 0 {
            flaws.push(Flaw::new(Some(split), "id", FlawKind::RepeatedIds { clips }));
        }
        let clips = own.intersection(&train).count();
        if split != Split::Train && clips > 0 {
            flaws.push(Flaw::new(Some(split), "id", FlawKind::SharedWithTrain { clips }));
        }
    }
}
