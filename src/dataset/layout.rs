//! The parts of a dataset before anything is normalised: what a pickle of the MMSA layout holds, checked.

use std::collections::HashSet;
use std::sync::Arc;

use super::bytes::DataFile;
use super::convert::{Key, is_dict};
use super::error::DatasetError;
use super::flaw::{Flaw, FlawKind};
use super::labels;
use super::magic;
use super::memory::MemorySplit;
use super::pickle::{self, Pickle, Value};
use super::rows::{Rows, Scratch};
use crate::config::{DataSettings, MetricSet};
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

const LAYOUT_HINT: &str = "MMSA files are a dict train/valid/test of dicts with text, audio, vision and \
                           regression_labels; see the README's page on one's own files";

/// A dataset as it lies in a file or in memory.
pub struct Layout {
    pub splits: PerSplit<Parts>,
    pub label_range: f32,
    pub metrics: MetricSet,
    pub fingerprint: String,
    pub flaws: Vec<Flaw>,
    /// Length of the file; 0 for what was made in memory.
    pub bytes: u64,
}

/// One split.
pub struct Parts {
    pub ids: Vec<String>,
    pub transcripts: Vec<String>,
    /// In [-H, H].
    pub labels: Vec<f32>,
    pub unimodal: Option<PerModality<Vec<f32>>>,
    pub features: PerModality<Feature>,
    /// The keys of the split as found, for messages.
    pub keys: String,
}

/// One modality of one split.
pub struct Feature {
    pub rows: Rows,
    pub lengths: Lengths,
    /// Element type as stored.
    pub dtype: String,
}

/// Where the number of valid steps comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lengths {
    /// A key of the file.
    Given { key: &'static str, lengths: Vec<usize> },
    /// The attention mask of `text_bert`.
    Mask(Vec<usize>),
    /// All steps of each row count.
    Whole,
    /// Steps of zeros at the padded end do not count.
    Inferred,
}

impl Lengths {
    /// The number of valid steps of each row, where it is known without looking at the values.
    pub fn known(&self) -> Option<&[usize]> {
        match self {
            Lengths::Given { lengths, .. } | Lengths::Mask(lengths) => Some(lengths),
            Lengths::Whole | Lengths::Inferred => None,
        }
    }

    /// In words, for reports.
    pub fn origin(&self) -> String {
        match self {
            Lengths::Given { key, .. } => format!("from {key}"),
            Lengths::Mask(_) => "from the mask of text_bert".to_owned(),
            Lengths::Whole => "all steps".to_owned(),
            Lengths::Inferred => "found by stripping zeros".to_owned(),
        }
    }
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
            return Err(at("the whole pickle").error(expected, pickle.describe(root), LAYOUT_HINT));
        }
        let mut flaws = Vec::new();
        let mut splits = PerSplit::try_from_fn(|split| {
            let key = at(split.name());
            let Some(value) = pickle.get(root, split.name())? else {
                let found = format!("only the keys {}", pickle.keys(root)?.unwrap_or_default());
                return Err(key.error("a dict of this name", found, missing_split_hint(&pickle, split)?));
            };
            if !is_dict(&pickle, value) {
                return Err(key.error("a dict", pickle.describe(value), LAYOUT_HINT));
            }
            read_split(&pickle, split, value, &mut flaws)
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
        Ok(Layout { splits, label_range, metrics, fingerprint: file.fingerprint()?, flaws, bytes: file.len() })
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
        Ok(Layout { splits, label_range, metrics, fingerprint, flaws, bytes: 0 })
    }
}

fn missing_split_hint(pickle: &Pickle, split: Split) -> Result<String, DatasetError> {
    let others: &[&str] = match split {
        Split::Train => &["Train", "TRAIN", "training"],
        Split::Valid => &["dev", "val", "validation", "Valid", "VALID"],
        Split::Test => &["Test", "TEST", "testing"],
    };
    for other in others {
        if pickle.get(pickle.root(), other)?.is_some() {
            return Ok(format!("rename {other:?} to {:?}", split.name()));
        }
    }
    Ok(LAYOUT_HINT.to_owned())
}

fn read_split(pickle: &Pickle, split: Split, dict: Value, flaws: &mut Vec<Flaw>) -> Result<Parts, DatasetError> {
    let at = |name: &str| Key { pickle, name: format!("{split}.{name}") };
    let keys = pickle.keys(dict)?.unwrap_or_default();
    let need = |name: &str, what: &str| -> Result<Value, DatasetError> {
        pickle.get(dict, name)?.ok_or_else(|| {
            at(name).error(
                what,
                format!("only the keys {keys}"),
                "rename or add the key; see the README's page on one's own files",
            )
        })
    };
    let value = need("regression_labels", "one label for each clip")?;
    let numbers = at("regression_labels").numbers(value, None)?;
    let count = numbers.len();
    if count == 0 {
        return Err(at("regression_labels").error("at least one clip", "none", "every split needs clips"));
    }
    let ids = match pickle.get(dict, "id")? {
        Some(value) => at("id").texts(value, count)?,
        None => {
            let instead = "clips are numbered".to_owned();
            flaws.push(Flaw::new(Some(split), "id", FlawKind::Absent { instead }));
            (0..count).map(|row| format!("{split}_{row:05}")).collect()
        }
    };
    let transcripts = match pickle.get(dict, "raw_text")? {
        Some(value) => at("raw_text").texts(value, count)?,
        None => {
            let instead = "transcripts are empty".to_owned();
            flaws.push(Flaw::new(Some(split), "raw_text", FlawKind::Absent { instead }));
            vec![String::new(); count]
        }
    };
    let row_name = |row: usize, y: f64| format!("{y} in row {row} (id {:?})", ids[row]);
    let labels = labels::finite(&numbers, |row, y| {
        let hint = "drop the clip or give it a label";
        at("regression_labels").error("finite numbers", row_name(row, y), hint)
    })?;
    let unimodal = read_unimodal(pickle, split, dict, &labels, &ids, flaws)?;
    let features = PerModality::try_from_fn(|m| {
        let value = need(m.name(), "features, shape (N, steps, columns)")?;
        let (rows, dtype, held) = at(m.name()).rows(value, count)?;
        if let Some(kind) = held {
            flaws.push(Flaw::new(Some(split), m.name(), kind));
        }
        let lengths = read_lengths(pickle, split, dict, m, &rows)?;
        Ok::<_, DatasetError>(Feature { rows, lengths, dtype })
    })?;
    Ok(Parts { ids, transcripts, labels, unimodal, features, keys })
}

/// Human unimodal labels, where all three are there and say something of their own.
fn read_unimodal(
    pickle: &Pickle,
    split: Split,
    dict: Value,
    labels: &[f32],
    ids: &[String],
    flaws: &mut Vec<Flaw>,
) -> Result<Option<PerModality<Vec<f32>>>, DatasetError> {
    let name = |m: Modality| format!("regression_labels_{}", m.letter());
    let found = PerModality::try_from_fn(|m| pickle.get(dict, &name(m)))?;
    if found.iter().all(|(_, v)| v.is_none()) {
        return Ok(None);
    }
    let mut ignore = |why: &str| {
        let kind = FlawKind::UnimodalIgnored { why: why.to_owned() };
        flaws.push(Flaw::new(Some(split), "regression_labels_T/_A/_V", kind));
        Ok(None)
    };
    if found.iter().any(|(_, v)| v.is_none()) {
        return ignore("only some of the three keys are there");
    }
    let unimodal = PerModality::try_from_fn(|m| {
        let key = Key { pickle, name: format!("{split}.{}", name(m)) };
        let numbers = key.numbers(found[m].unwrap_or(Value::None), Some(labels.len()))?;
        labels::finite(&numbers, |row, y| {
            key.error("finite numbers", format!("{y} in row {row} (id {:?})", ids[row]), "")
        })
    })?;
    if unimodal.iter().all(|(_, values)| values == labels) {
        return ignore("all three are copies of regression_labels");
    }
    Ok(Some(unimodal))
}

/// The number of valid steps: the length key, else text's mask, else to be found in the values.
fn read_lengths(pickle: &Pickle, split: Split, dict: Value, m: Modality, rows: &Rows) -> Result<Lengths, DatasetError> {
    let name = ["text_lengths", "audio_lengths", "vision_lengths"][m as usize];
    let key = Key { pickle, name: format!("{split}.{name}") };
    if let Some(value) = pickle.get(dict, name)? {
        let numbers = key.numbers(value, Some(rows.len()))?;
        let length = |(row, &n): (usize, &f64)| {
            let steps = rows.steps(row);
            // A NaN is neither whole nor in the range.
            if n.fract() == 0.0 && (0.0..=steps as f64).contains(&n) {
                return Ok(n as usize);
            }
            let expected = format!("whole numbers from 0 to the {steps} steps of {split}.{m}");
            Err(key.error(expected, format!("{n} in row {row}"), format!("{name} and {m} do not belong together")))
        };
        let lengths = numbers.iter().enumerate().map(length).collect::<Result<_, _>>()?;
        return Ok(Lengths::Given { key: name, lengths });
    }
    if m == Modality::Text
        && let Some(lengths) = mask_lengths(pickle, split, dict, rows)?
    {
        return Ok(Lengths::Mask(lengths));
    }
    // Rows of different length have no padding, and a single step is no padding either.
    let ragged = matches!(rows, Rows::Memory { .. }) && (1..rows.len()).any(|r| rows.steps(r) != rows.steps(0));
    Ok(if ragged || rows.max_steps() <= 1 { Lengths::Whole } else { Lengths::Inferred })
}

/// The token count of each clip by `text_bert`'s mask, where that array has as many steps as `text`. The token ids are
/// used nowhere else, so that an odd `text_bert` is no error.
fn mask_lengths(pickle: &Pickle, split: Split, dict: Value, text: &Rows) -> Result<Option<Vec<usize>>, DatasetError> {
    let Some(value) = pickle.get(dict, "text_bert")? else { return Ok(None) };
    let key = Key { pickle, name: format!("{split}.text_bert") };
    let same = |rows: &Rows| match *rows {
        Rows::Disk { steps, dim, .. } => steps == 3 && text.max_steps() == dim,
        Rows::Memory { dim, .. } => text.max_steps() == dim && (0..rows.len()).all(|r| rows.steps(r) == 3),
    };
    let mask = match key.rows(value, text.len()) {
        Ok((rows, _, _)) if same(&rows) => rows,
        _ => return Ok(None),
    };
    let mut scratch = Scratch::default();
    let mut lengths = Vec::with_capacity(mask.len());
    for row in 0..mask.len() {
        let ones = mask.read(row, 1..2, &mut scratch)?.iter().filter(|&&v| v > 0.0).count();
        lengths.push(ones.min(text.steps(row)));
    }
    // A mask of nothing says that the key is a placeholder.
    Ok(lengths.iter().any(|&n| n > 0).then_some(lengths))
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
            let count = values.iter().filter(|y| y.abs() > range).count();
            if count > 0 {
                let kind = FlawKind::UnimodalOutside { labels: count, range };
                flaws.push(Flaw::new(Some(split), format!("regression_labels_{}", m.letter()), kind));
            }
        }
    }
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
