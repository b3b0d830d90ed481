//! Folders of the CMU Multimodal SDK (github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK): one `.csd` file, which is HDF5, for
//! each kind of feature and one for the labels.
//!
//! [`sequence`] reads one file: features with the seconds from and to which each row holds, video by video. This file makes
//! clips of them: each label's interval is a clip, whose steps are the rows whose middle lies in it. `folds` says which videos
//! are trained on.
//!
//! Imported from `dataset`: `file`, `prepare`, errors and flaws.

mod folds;
mod sequence;

use std::io;
use std::path::{Path, PathBuf};

use super::error::DatasetError;
use super::file::bytes::DataFile;
use super::file::error::FileError;
use super::file::hash::Hash;
use super::flaw::{Flaw, FlawKind};
use super::prepare::keys::{Keys, MMSA};
use super::prepare::parts::{Feature, Lengths, Parts};
use super::prepare::rows::Rows;
use crate::config::DataSettings;
use crate::folder;
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};
use sequence::{Sequence, Timed};

/// What messages call the parts.
const KEYS: Keys = Keys { labels: "labels", ids: "data", transcripts: "words", ..MMSA };
/// Values that the clips of a folder may have: beyond this they are to be averaged by the SDK first.
const MOST: usize = 1 << 30;

/// True for a folder that holds a `.csd` file.
pub fn is_folder(path: &Path) -> bool {
    folder::features(path).is_ok_and(|files| !files.is_empty())
}

/// Bytes of the `.csd` files of a folder.
pub fn bytes(folder: &Path) -> u64 {
    folder::features(folder)
        .unwrap_or_default()
        .iter()
        .filter_map(|path| path.metadata().ok())
        .map(|file| file.len())
        .sum()
}

/// For an error of the file system about a folder.
fn unread(folder: &Path) -> impl Fn(io::Error) -> FileError + '_ {
    |source| FileError::Open { path: folder.to_owned(), source }
}

/// Tells folders of different content apart, as [`DataFile::fingerprint`] does with files.
///
/// # Errors
/// A file cannot be read.
pub fn fingerprint(folder: &Path) -> Result<String, DatasetError> {
    let mut hash = Hash::default();
    for path in folder::files(folder).map_err(unread(folder))? {
        hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update(DataFile::open(&path)?.fingerprint()?.as_bytes());
    }
    Ok(format!("{}-{:016x}", bytes(folder), hash.0))
}

/// The parts of a dataset that a file's name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Labels,
    Words,
    Of(Modality),
}

/// What a file holds, by words of its name. The first that fits counts.
fn part_of(path: &Path) -> Option<Part> {
    const NAMES: [(&str, Part); 15] = [
        ("label", Part::Labels),
        ("sentiment", Part::Labels),
        ("wordvector", Part::Of(Modality::Text)),
        ("glove", Part::Of(Modality::Text)),
        ("bert", Part::Of(Modality::Text)),
        ("words", Part::Words),
        ("text", Part::Of(Modality::Text)),
        ("language", Part::Of(Modality::Text)),
        ("covarep", Part::Of(Modality::Audio)),
        ("opensmile", Part::Of(Modality::Audio)),
        ("acoustic", Part::Of(Modality::Audio)),
        ("audio", Part::Of(Modality::Audio)),
        ("facet", Part::Of(Modality::Vision)),
        ("openface", Part::Of(Modality::Vision)),
        ("vis", Part::Of(Modality::Vision)),
    ];
    let name = path.file_stem()?.to_string_lossy().to_lowercase().replace(['_', '-'], "");
    NAMES.iter().find(|(word, _)| name.contains(word)).map(|&(_, part)| part)
}

/// The clips of one split of a folder, and what was found about them; of the test split where none is named.
///
/// # Errors
/// As [`read`], and where there is no split of this name.
pub fn clips(folder: &Path, wanted: Option<&str>, settings: &DataSettings) -> Result<(Parts, Vec<Flaw>), DatasetError> {
    let wanted = wanted.unwrap_or(Split::Test.name());
    let known = Split::ALL.into_iter().find(|split| split.names().contains(&wanted));
    let split = known.ok_or_else(|| {
        let expected = "train, valid or test".to_owned();
        DatasetError::of_part(
            folder,
            "splits".to_owned(),
            expected,
            wanted.to_owned(),
            "name one of these with --split",
        )
    })?;
    let mut flaws = Vec::new();
    let PerSplit { train, valid, test } = read(folder, settings, &mut flaws)?;
    let clips = match split {
        Split::Train => train,
        Split::Valid => valid,
        Split::Test => test,
    };
    Ok((clips, flaws))
}

/// Reads a folder.
///
/// # Errors
/// Labels or a modality are missing or twice there, a file is damaged, or the clips are too much for memory.
pub fn read(folder: &Path, settings: &DataSettings, flaws: &mut Vec<Flaw>) -> Result<PerSplit<Parts>, DatasetError> {
    let error = |key: &str, expected: String, found: String, hint: &str| {
        DatasetError::of_part(folder, key.to_owned(), expected, found, hint)
    };
    let all = folder::features(folder).map_err(unread(folder))?;
    let shown = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let open = |wanted: Part, what: &str| {
        let own: Vec<&PathBuf> = all.iter().filter(|path| part_of(path) == Some(wanted)).collect();
        match own.as_slice() {
            [] if wanted == Part::Words => Ok(None),
            [one] => Sequence::open(one).map(Some),
            _ => {
                let names: Vec<String> = all.iter().map(|path| shown(path)).collect();
                let hint = "files are told apart by their names: labels, glove or wordvectors, words, covarep or \
                            opensmile, facet or openface";
                Err(error(what, format!("one .csd file of {what}"), names.join(", "), hint))
            }
        }
    };
    let need = |wanted: Part, what: &str| {
        let found: Option<Sequence> = open(wanted, what)?;
        found.ok_or_else(|| error(what, format!("a .csd file of {what}"), "none".to_owned(), ""))
    };
    let labels = need(Part::Labels, "labels")?;
    let features = PerModality::try_from_fn(|m| need(Part::Of(m), m.name()))?;
    let words = open(Part::Words, "words")?;
    flaws.push(Flaw::new(
        None,
        "layout",
        FlawKind::Layout { name: "CMU Multimodal SDK, cut by the labels".to_owned() },
    ));
    let videos = labels.videos().to_vec();
    let splits = folds::divide(folder, &videos, settings, flaws)?;
    let mut clips = PerSplit::from_fn(|_| Clips::default());
    let (mut missing, mut columns) = (0, 1);
    for (video, split) in videos.iter().zip(splits) {
        let Some(split) = split else { continue };
        let given = labels.numbers(video)?;
        columns = columns.max(given.dim);
        if settings.label_column >= given.dim {
            let hint = "data.label_column says which column holds y, from 0";
            return Err(error("labels", format!("a column {}", settings.label_column), given.dim.to_string(), hint));
        }
        let timed = PerModality::try_from_fn(|m| features[m].numbers_if_there(video))?;
        let (PerModality { text: Some(text), audio: Some(audio), vision: Some(vision) }, said) =
            (timed, words.as_ref().map(|w| w.texts_if_there(video)).transpose()?.flatten())
        else {
            missing += given.rows();
            continue;
        };
        let timed = PerModality { text, audio, vision };
        for row in 0..given.rows() {
            let (from, to) = given.intervals[row];
            let own = &mut clips[split];
            own.ids.push(format!("{video}$_${row}"));
            own.labels.push(given.values[row * given.dim + settings.label_column]);
            own.transcripts.push(said.as_ref().map_or_else(String::new, |words| words.between(from, to)));
            for (m, timed) in timed.iter() {
                own.rows[m].push(timed, from, to);
            }
        }
        let values: usize = clips.iter().flat_map(|(_, c)| c.rows.iter().map(|(_, rows)| rows.data.len())).sum();
        if values > MOST {
            let hint =
                "align the features to the words with the SDK first, which averages them, and deploy these files";
            return Err(error("features", format!("at most {MOST} values"), "more".to_owned(), hint));
        }
    }
    if missing > 0 {
        let why = format!("{missing} clips of videos that lack a modality");
        flaws.push(Flaw::new(None, "data", FlawKind::NotUsed { why }));
    }
    if columns > 1 {
        flaws.push(Flaw::new(None, KEYS.labels, FlawKind::LabelColumns { of: columns, taken: settings.label_column }));
    }
    if let Some((split, _)) = clips.iter().find(|(_, clips)| clips.labels.is_empty()) {
        return Err(error(
            split.name(),
            "at least one clip".to_owned(),
            "none".to_owned(),
            "are the lists of videos right?",
        ));
    }
    let parts = |clips: Clips| Parts {
        ids: clips.ids,
        transcripts: clips.transcripts,
        labels: clips.labels,
        clean: None,
        unimodal: None,
        tokens: None,
        only_tokens: false,
        features: {
            let PerModality { text, audio, vision } = clips.rows;
            PerModality { text: text.feature(), audio: audio.feature(), vision: vision.feature() }
        },
        keys: KEYS,
        found: all.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", "),
    };
    let PerSplit { train, valid, test } = clips;
    Ok(PerSplit { train: parts(train), valid: parts(valid), test: parts(test) })
}

/// Clips of a split as they come together.
#[derive(Default)]
struct Clips {
    ids: Vec<String>,
    labels: Vec<f32>,
    transcripts: Vec<String>,
    rows: PerModality<Cut>,
}

/// Feature rows of clips, one clip after the other.
struct Cut {
    data: Vec<f32>,
    starts: Vec<usize>,
    dim: usize,
}

impl Default for Cut {
    fn default() -> Self {
        Cut { data: Vec::new(), starts: vec![0], dim: 0 }
    }
}

impl Cut {
    /// Adds the rows whose middle lies within the seconds from and to.
    fn push(&mut self, timed: &Timed, from: f32, to: f32) {
        self.dim = timed.dim;
        let mut steps = 0;
        for (row, &(start, end)) in timed.intervals.iter().enumerate() {
            let middle = (start + end) / 2.0;
            if (from..to).contains(&middle) {
                self.data.extend_from_slice(&timed.values[row * timed.dim..(row + 1) * timed.dim]);
                steps += 1;
            }
        }
        let last = self.starts.last().copied().unwrap_or(0);
        self.starts.push(last + steps);
    }

    fn feature(self) -> Feature {
        let rows = Rows::Memory { data: self.data, starts: self.starts, dim: self.dim.max(1) };
        Feature::new(rows, Lengths::Whole, "f4")
    }
}

#[cfg(test)]
mod tests;
