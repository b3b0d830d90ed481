//! What a dataset holds before anything is normalised, checked: splits that belong together, labels within [-H, H].

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::error::DatasetError;
use super::file::bytes::DataFile;
use super::flaw::{Flaw, FlawKind};
use super::layout::key::Key;
use super::layout::{clips, list, parse};
use super::prepare::labels;
use super::prepare::memory::{self, MemorySplit};
use super::prepare::noise;
use super::prepare::padding;
use super::prepare::parts::Parts;
use crate::config::{DataSettings, MetricSet};
use crate::files;
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

/// A dataset as it lies in a file or in memory.
pub struct Contents {
    pub splits: PerSplit<Parts>,
    pub label_range: f32,
    pub metrics: MetricSet,
    pub fingerprint: String,
    pub flaws: Vec<Flaw>,
    /// Length of the file; 0 for what was made in memory.
    pub bytes: u64,
}

impl Contents {
    /// Reads a file in whichever layout it has. `catalogue` is the dataset's name in the catalogue, if it has one there.
    ///
    /// # Errors
    /// The file is no pickle, is damaged, or does not hold what its layout asks for.
    pub fn read(
        file: &Arc<DataFile>,
        catalogue: Option<&str>,
        settings: &DataSettings,
    ) -> Result<Contents, DatasetError> {
        let mut flaws = Vec::new();
        let own = settings.keys.iter().map(|(usual, name)| (usual, name.to_owned())).collect();
        let pickle = parse::parse(file, &mut flaws)?.with_names(own);
        let at = |name: String| Key { pickle: &pickle, name };
        let mut splits = list::read(&pickle, settings, &mut flaws)?;
        check_dims(&splits, |m, expected, found, split| {
            let name = format!("{split}.{}", splits[split].keys.features[m]);
            at(name).error(expected, found, "all splits must hold the same columns")
        })?;
        let (label_range, metrics) =
            bound_labels(&mut splits, catalogue, settings, &mut flaws, |key, expected, found, hint| {
                at(key).error(expected, found, hint)
            })?;
        check_ids(&splits, &mut flaws);
        padding::settle(&mut splits, &mut flaws)?;
        repeat(&mut splits.train, settings.repeat);
        let noise = noise::apply(&mut splits, label_range, settings, &mut flaws);
        let fingerprint = with_settings(file.fingerprint()?, settings, noise);
        Ok(Contents { splits, label_range, metrics, fingerprint, flaws, bytes: file.len() })
    }

    /// The contents of splits made in memory; the rows move, they are not copied.
    ///
    /// # Errors
    /// The parts of a split do not agree with each other.
    pub fn from_memory(
        name: &str,
        splits: PerSplit<MemorySplit>,
        label_range: Option<f32>,
        settings: &DataSettings,
    ) -> Result<Contents, DatasetError> {
        let fail = |key: String, expected: String, found: String, hint: &str| {
            DatasetError::of_part(name.as_ref(), key, expected, found, hint)
        };
        let fingerprint = memory::fingerprint(&splits);
        let PerSplit { train, valid, test } = splits;
        let take = |split: Split, part: MemorySplit| {
            part.into_parts().map_err(|e| fail(format!("{split}.{}", e.key), e.expected, e.found, ""))
        };
        let splits = PerSplit {
            train: take(Split::Train, train)?,
            valid: take(Split::Valid, valid)?,
            test: take(Split::Test, test)?,
        };
        let settings = DataSettings { label_range: label_range.or(settings.label_range), ..settings.clone() };
        Self::of_parts(name, None, splits, fingerprint, &settings, Vec::new())
    }

    /// The contents of splits whose features are in memory, padded at the end if at all. `catalogue` as in
    /// [`read`](Self::read).
    ///
    /// # Errors
    /// The splits do not agree with each other, or a label lies outside [-H, H].
    pub fn of_parts(
        name: &str,
        catalogue: Option<&str>,
        mut splits: PerSplit<Parts>,
        fingerprint: String,
        settings: &DataSettings,
        mut flaws: Vec<Flaw>,
    ) -> Result<Contents, DatasetError> {
        let fail = |key: String, expected: String, found: String, hint: &str| {
            DatasetError::of_part(name.as_ref(), key, expected, found, hint)
        };
        check_dims(&splits, |m, expected, found, split| fail(format!("{split}.{m}"), expected, found, ""))?;
        let (label_range, metrics) =
            bound_labels(&mut splits, catalogue, settings, &mut flaws, |key, expected, found, hint| {
                fail(key, expected, found, &hint)
            })?;
        check_ids(&splits, &mut flaws);
        repeat(&mut splits.train, settings.repeat);
        let noise = noise::apply(&mut splits, label_range, settings, &mut flaws);
        let fingerprint = with_settings(fingerprint, settings, noise);
        Ok(Contents { splits, label_range, metrics, fingerprint, flaws, bytes: 0 })
    }
}

impl Contents {
    /// Refuses data without vectors of the text, for a model that has no encoder of token ids. `path` is for the message.
    ///
    /// # Errors
    /// A split has token ids only.
    pub fn need_vectors(&self, path: &Path) -> Result<(), DatasetError> {
        let Some((split, parts)) = self.splits.iter().find(|(_, parts)| parts.only_tokens) else { return Ok(()) };
        let expected = "vectors of the words (GloVe's, or BERT's last_hidden_state), which the LSTM encoder reads";
        let found = "a text encoder's input: token ids, mask and segments";
        let hint = "train a BERT on them: --set model.text.encoder=bert --set model.text.weights=FOLDER";
        let key = format!("{split}.{}", parts.keys.features.text);
        Err(DatasetError::of_part(path, key, expected.to_owned(), found.to_owned(), hint))
    }

    /// Puts other clips in place of the test split: those of the wanted split of a file (its test split, or the only one it
    /// has, where none is named), with labels or without.
    ///
    /// # Errors
    /// The file has no such clips, or they do not look like those of this data.
    pub fn set_clips(
        &mut self,
        file: &Arc<DataFile>,
        wanted: Option<&str>,
        settings: &DataSettings,
    ) -> Result<(), DatasetError> {
        let own = settings.keys.iter().map(|(usual, name)| (usual, name.to_owned())).collect();
        let mut flaws = Vec::new();
        let pickle = parse::parse(file, &mut flaws)?.with_names(own);
        let at = |name: String| Key { pickle: &pickle, name };
        let mut clips = clips::read(&pickle, wanted, settings, &mut flaws)?;
        // Padding is settled by these clips, which may come from elsewhere; what so few do not tell is as in the run's data.
        for m in Modality::ALL {
            clips.features[m].padding = self.splits.train.features[m].padding;
        }
        let (train, valid) = (clips.pick(&[]), clips.pick(&[]));
        let mut alone = PerSplit { train: clips, valid, test: train };
        padding::settle(&mut alone, &mut flaws)?;
        self.put_clips(alone.train, flaws, |key, expected, found, hint| at(key).error(expected, found, hint))
    }

    /// As [`set_clips`](Self::set_clips), with clips that are read already, `flaws` being what was found about them. `error` has a
    /// part's key, what was expected, what was found, and what to try.
    ///
    /// # Errors
    /// They do not look like those of this data.
    pub fn put_clips(
        &mut self,
        clips: Parts,
        mut flaws: Vec<Flaw>,
        error: impl Fn(String, String, String, &str) -> DatasetError,
    ) -> Result<(), DatasetError> {
        let keys = clips.keys;
        // Token ids are compared with an encoder's vocabulary, not with vectors.
        let encoded = |m: Modality| m == Modality::Text && (clips.only_tokens || self.splits.train.only_tokens);
        for m in Modality::ALL.into_iter().filter(|&m| !encoded(m)) {
            let (expected, found) = (self.splits.train.features[m].rows.dim(), clips.features[m].rows.dim());
            if expected != found {
                let expected = format!("{expected} columns, as the run was trained on");
                let hint = "make the features as those of the run's data";
                return Err(error(keys.features[m].to_owned(), expected, format!("{found} columns"), hint));
            }
        }
        self.splits.test = clips;
        flaws.retain(|flaw| !self.flaws.contains(flaw));
        let Parts { ids, labels, .. } = &mut self.splits.test;
        if let Some((row, y)) = labels::bound(labels, self.label_range, true) {
            let range = self.label_range;
            let found = format!("{y} in row {row} (id {:?})", ids.get(row).map_or("", String::as_str));
            let expected = format!("labels within [-{range}, {range}], as in the run's data");
            return Err(error(
                keys.labels.to_owned(),
                expected,
                found,
                "leave the label out, or bring it to that scale",
            ));
        }
        self.flaws = flaws;
        check_ids(&self.splits, &mut self.flaws);
        Ok(())
    }
}

/// What stands between the fingerprint of the data as it is and each thing that the settings made of it.
const MADE: char = '+';

/// The fingerprint of data whose training split is taken several times, or whose labels have noise of this checksum.
fn with_settings(mut fingerprint: String, settings: &DataSettings, noise: Option<String>) -> String {
    if settings.repeat > 1 {
        fingerprint = with(fingerprint, "times", Some(settings.repeat.to_string()));
    }
    let read = (&settings.keys, settings.label_column, settings.valid_share, settings.valid_seed);
    let plain = DataSettings::default();
    if read != (&plain.keys, plain.label_column, plain.valid_share, plain.valid_seed) {
        let text = format!("{read:?}");
        fingerprint = with(fingerprint, "read", Some(files::checksum(text.as_bytes())));
    }
    with(fingerprint, "noise", noise)
}

/// The fingerprint of data of which the settings made something; `sum` tells it from others.
pub(super) fn with(fingerprint: String, what: &str, sum: Option<String>) -> String {
    match sum {
        Some(sum) => format!("{fingerprint}{MADE}{what}-{sum}"),
        None => fingerprint,
    }
}

/// A [`Dataset`](super::Dataset)'s fingerprint without what the settings made of its clips: that of the file alone.
pub fn fingerprint_of_file(fingerprint: &str) -> &str {
    fingerprint.split_once(MADE).map_or(fingerprint, |(file, _)| file)
}

/// Takes a split so many times, copy behind copy; the clips of a copy are named `id#2`, `id#3`, ...
fn repeat(split: &mut Parts, times: u32) {
    if times <= 1 {
        return;
    }
    let n = split.labels.len();
    let rows: Vec<usize> = (0..times).flat_map(|_| 0..n).collect();
    let mut all = split.pick(&rows);
    for (row, id) in all.ids.iter_mut().enumerate().skip(n) {
        id.push_str(&format!("#{}", row / n + 1));
    }
    *split = all;
}

fn check_dims(
    splits: &PerSplit<Parts>,
    error: impl Fn(Modality, String, String, Split) -> DatasetError,
) -> Result<(), DatasetError> {
    for m in Modality::ALL {
        let expected = splits.train.features[m].rows.dim();
        for (split, parts) in splits.iter() {
            let found = parts.features[m].rows.dim();
            // Where some split has token ids only, vectors are not read.
            let encoded = m == Modality::Text && parts.only_tokens != splits.train.only_tokens;
            if found != expected && !encoded {
                let expected = format!("{expected} columns, as in train.{m}");
                return Err(error(m, expected, format!("{found} columns"), split));
            }
        }
    }
    Ok(())
}

/// Settles H and the metric set, and checks all labels against H.
fn bound_labels(
    splits: &mut PerSplit<Parts>,
    catalogue: Option<&str>,
    settings: &DataSettings,
    flaws: &mut Vec<Flaw>,
    error: impl Fn(String, String, String, String) -> DatasetError,
) -> Result<(f32, MetricSet), DatasetError> {
    let largest = splits.train.labels.iter().fold(0f32, |m, y| m.max(y.abs()));
    let range = labels::range(settings, catalogue, &splits.train.labels).ok_or_else(|| {
        let hint = format!("set data.label_range, for example --set data.label_range={}", largest.ceil());
        error(
            format!("{}.{}", Split::Train, splits.train.keys.labels),
            "labels within [-3, 3]".to_owned(),
            format!("labels up to {largest}"),
            hint,
        )
    })?;
    for split in Split::ALL {
        let Parts { ids, labels, unimodal, keys, .. } = &mut splits[split];
        // Labels of the test split may be hidden.
        if let Some((row, y)) = labels::bound(labels, range, split == Split::Test) {
            let id = ids.get(row).cloned().unwrap_or_default();
            return Err(error(
                format!("{split}.{}", keys.labels),
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
                flaws.push(Flaw::new(Some(split), keys.unimodal[m], kind));
            }
        }
    }
    for (split, parts) in splits.iter() {
        flaws.extend(labels::findings(split, parts.keys.labels, &parts.labels));
        if split != Split::Train {
            flaws.extend(labels::elsewhere(split, parts.keys.labels, &parts.labels, &splits.train.labels));
        }
    }
    let judged = PerSplit::from_fn(|split| splits[split].unimodal.is_some());
    labels::note_unjudged(&judged, splits.train.keys.all_unimodal, flaws);
    Ok((range, labels::metrics(settings, range)))
}

/// Notes ids that occur twice, in a split or in training and another split.
fn check_ids(splits: &PerSplit<Parts>, flaws: &mut Vec<Flaw>) {
    let train: HashSet<&str> = splits.train.ids.iter().map(String::as_str).collect();
    for (split, parts) in splits.iter() {
        let own: HashSet<&str> = parts.ids.iter().map(String::as_str).collect();
        let clips = parts.ids.len() - own.len();
        if clips > 0 {
            flaws.push(Flaw::new(Some(split), parts.keys.ids, FlawKind::RepeatedIds { clips }));
        }
        let clips = own.intersection(&train).count();
        if split != Split::Train && clips > 0 {
            flaws.push(Flaw::new(Some(split), parts.keys.ids, FlawKind::SharedWithTrain { clips }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Dataset, demo};

    #[test]
    fn a_repeated_split_is_the_same_clips_by_other_names() {
        let open = |repeat| {
            let settings = DataSettings { repeat, ..DataSettings::default() };
            Dataset::from_memory("demo", demo::generate(1), demo::LABEL_RANGE, &settings).unwrap()
        };
        let (once, thrice) = (open(1), open(3));
        let n = once.len(Split::Train);
        assert_eq!((thrice.len(Split::Train), thrice.len(Split::Test)), (3 * n, once.len(Split::Test)));
        assert_eq!(thrice.labels(Split::Train)[2 * n..], *once.labels(Split::Train));
        assert_eq!(thrice.ids(Split::Train)[n + 4], format!("{}#2", once.ids(Split::Train)[4]));
        assert!(thrice.flaws.iter().all(|flaw| once.flaws.contains(flaw)), "copies are no fault of the data");
        assert_ne!(once.fingerprint, thrice.fingerprint);
        assert_eq!(fingerprint_of_file(&thrice.fingerprint), once.fingerprint);
    }
}
