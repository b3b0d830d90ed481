//! Where a dataset comes from.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{DataSettings, Settings};
use crate::dataset::contents::Contents;
use crate::dataset::convert::{self, ConvertError};
use crate::dataset::csd;
use crate::dataset::demo;
use crate::dataset::error::DatasetError;
use crate::dataset::file::bytes::DataFile;
use crate::dataset::known::{name_of, stem};
use crate::split::PerSplit;

/// The demo's name in the catalogue.
pub const DEMO: &str = "demo";
/// The seed of `demo` where none is given; `demo:7` has seed 7, and `demo:7:15` disagreeing modalities in 15 % of its clips.
pub const DEMO_SEED: u64 = 1;

/// Where a dataset comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The built-in generator. `disagreement`: percent of clips in which one modality says something else than the others.
    Demo { seed: u64, disagreement: u8 },
    /// A pickle in one of the known layouts, or a folder of `.csd` files.
    File(PathBuf),
}

/// The fingerprint of what lies at a path, a file or a folder: that of a [`Dataset`](crate::dataset::Dataset) opened there,
/// without what the settings made of it.
///
/// # Errors
/// It cannot be read.
pub fn fingerprint_at(path: &Path) -> Result<String, DatasetError> {
    if csd::is_folder(path) { csd::fingerprint(path) } else { Ok(DataFile::open(path)?.fingerprint()?) }
}

impl Source {
    /// The name to show: the catalogue's for the demo, else the file's stem.
    pub fn display_name(&self) -> String {
        match self {
            Source::Demo { seed: DEMO_SEED, disagreement: demo::DISAGREEMENT } => DEMO.to_owned(),
            Source::Demo { seed, disagreement: demo::DISAGREEMENT } => format!("{DEMO}:{seed}"),
            Source::Demo { seed, disagreement } => format!("{DEMO}:{seed}:{disagreement}"),
            Source::File(path) => stem(path),
        }
    }

    /// The catalogue's name for this data, by which settings are found: `demo`, or what the file's name and folders
    /// say (`mosi` for `mosi_ctx8_mmsa.pkl` and for `MOSI/Processed/aligned_50.pkl`).
    pub fn catalogue_name(&self) -> Option<&'static str> {
        match self {
            Source::Demo { .. } => Some(DEMO),
            Source::File(path) => name_of(path),
        }
    }

    /// Checks whether a run with these settings can use the data, without reading its features: fast even for a large file.
    /// True where clips of the training split have human labels of each modality.
    ///
    /// # Errors
    /// The data cannot be used; the error says why.
    pub fn check(&self, settings: &Settings) -> Result<bool, DatasetError> {
        match self {
            Source::Demo { .. } => Ok(true),
            Source::File(path) => {
                let contents = self.contents(&settings.data)?;
                if !settings.model.text.is_bert() {
                    contents.need_vectors(path)?;
                }
                let human = contents.splits.train.unimodal.as_ref();
                let some = |(_, labels): (_, &Vec<f32>)| labels.iter().any(|y| y.is_finite());
                Ok(human.is_some_and(|human| human.iter().all(some)))
            }
        }
    }

    /// As [`contents`](Self::contents), with clips of `other` in place of the test split.
    pub(in crate::dataset) fn contents_with_clips(
        &self,
        other: &Source,
        wanted: Option<&str>,
        settings: &DataSettings,
    ) -> Result<Contents, DatasetError> {
        let mut contents = self.contents(settings)?;
        match other {
            Source::Demo { .. } => contents.splits.test = other.contents(settings)?.splits.test,
            Source::File(path) if csd::is_folder(path) => {
                let (clips, flaws) = csd::clips(path, wanted, settings)?;
                contents.put_clips(clips, flaws, |key, expected, found, hint| {
                    DatasetError::of_part(path, key, expected, found, hint)
                })?;
            }
            Source::File(path) => contents.set_clips(&Arc::new(DataFile::open(path)?), wanted, settings)?,
        }
        Ok(contents)
    }

    /// Writes the data as one pickle of MMSA's layout (see `convert`), and gives its numbers of clips.
    ///
    /// # Errors
    /// The data cannot be used, or `out` refuses.
    pub fn convert(&self, settings: &DataSettings, out: &mut dyn Write) -> Result<PerSplit<usize>, ConvertError> {
        let mut contents = self.contents(settings)?;
        convert::write(&mut contents, out)?;
        Ok(PerSplit::from_fn(|split| contents.splits[split].labels.len()))
    }

    /// Reads everything but the features.
    pub(in crate::dataset) fn contents(&self, settings: &DataSettings) -> Result<Contents, DatasetError> {
        match self {
            Source::Demo { seed, disagreement } => {
                let range = settings.label_range.unwrap_or(demo::LABEL_RANGE);
                Contents::from_memory(
                    &self.display_name(),
                    demo::generate_with(*seed, *disagreement),
                    Some(range),
                    settings,
                )
            }
            Source::File(path) if csd::is_folder(path) => {
                let mut flaws = Vec::new();
                let splits = csd::read(path, settings, &mut flaws)?;
                let name = path.display().to_string();
                let contents =
                    Contents::of_parts(&name, self.catalogue_name(), splits, csd::fingerprint(path)?, settings, flaws)?;
                Ok(Contents { bytes: csd::bytes(path), ..contents })
            }
            Source::File(path) => Contents::read(&Arc::new(DataFile::open(path)?), self.catalogue_name(), settings),
        }
    }
}
