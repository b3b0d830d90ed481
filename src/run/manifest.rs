//! `run.toml`, the manifest of a run directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::clock;
use crate::config::Settings;
use crate::dataset::fingerprint_of_file;
use crate::device::{DeviceRequest, machine};
use crate::digest::Stamp;
use crate::training::events::Stage;
use crate::version;

/// `run.toml`: everything needed to train this run, or to go on with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the program that began the run.
    pub version: String,
    /// RFC 3339, UTC.
    pub created: String,
    /// The dataset as the user named it: a catalogue name or a path.
    pub dataset: String,
    /// The data file, absolute; `None` where there is none (the demo).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<PathBuf>,
    /// Identifies the data's content, and the noise in its labels; known once the data was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Checksum of `labels/rows.csv`, once that is written; see rows.rs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_crc32c: Option<String>,
    /// The data file in full; known once it was read to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<DataRecord>,
    /// The text encoder's weights; known once they were found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<WeightsRecord>,
    /// Which settings were taken, and why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_from: Option<String>,
    /// The process that trained it last; known once one has begun to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessRecord>,
    /// Whose cell it is, in a study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<CellRecord>,
    pub device: DeviceRequest,
    pub seed: u64,
    /// Stages to train, in order.
    pub stages: Vec<Stage>,
    pub settings: Settings,
}

/// What the data file was when its content was last compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRecord {
    #[serde(flatten)]
    pub stamp: Stamp,
    /// Of the content, in hexadecimal digits.
    pub sha256: String,
}

/// The pre-trained weights that a run began with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightsRecord {
    pub file: PathBuf,
    /// Of the file, in hexadecimal digits.
    pub sha256: String,
}

/// A process that trains a run: the program, and what it runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProcessRecord {
    /// The machine's name.
    pub host: String,
    /// Version of the program, which need not be the one that began the run.
    pub version: String,
    /// The commit that it was built from; empty where that is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub commit: String,
    /// Its features, separated by spaces.
    pub features: String,
    /// The device in words, as the run's events have it.
    pub device: String,
    /// The processor's name; empty where it is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub processor: String,
    /// Cores that the process may use.
    pub cores: usize,
    /// Threads that compute on the CPU.
    pub threads: usize,
}

impl ProcessRecord {
    /// This process, which computes on a device.
    pub fn this(device: &str) -> ProcessRecord {
        ProcessRecord {
            host: machine::name(),
            version: version::VERSION.to_owned(),
            commit: version::COMMIT.unwrap_or_default().to_owned(),
            features: version::FEATURES.to_owned(),
            device: device.to_owned(),
            processor: machine::processor(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            threads: rayon::current_num_threads(),
        }
    }
}

/// What a run is in its study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRecord {
    /// The study's name.
    pub study: String,
    pub variant: String,
    /// The cell whose first stages this run begins from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins_from: Option<String>,
    /// Of everything that these stages depend on, in both runs; see [`fingerprint`](super::study::fingerprint).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<String>,
    /// Place on the study's axes: key of the setting and value as written.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub axes: BTreeMap<String, String>,
}

impl Manifest {
    /// A manifest of now and of this version; the seed is the settings'.
    pub fn new(
        dataset: impl Into<String>,
        source: Option<PathBuf>,
        device: DeviceRequest,
        stages: Vec<Stage>,
        settings: Settings,
    ) -> Manifest {
        Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created: clock::timestamp(SystemTime::now()),
            dataset: dataset.into(),
            source,
            fingerprint: None,
            rows_crc32c: None,
            data: None,
            weights: None,
            settings_from: None,
            process: None,
            cell: None,
            device,
            seed: settings.training.seed,
            stages,
            settings,
        }
    }

    /// The dataset's name without folders and endings, for headings.
    pub fn dataset_name(&self) -> String {
        Path::new(&self.dataset).file_stem().map_or_else(|| self.dataset.clone(), |s| s.to_string_lossy().into_owned())
    }

    /// True where both runs have the same data: by the content's digest where both know it, else by its fingerprint, else
    /// by its name; and the same noise in its labels.
    pub fn has_data_of(&self, other: &Manifest) -> bool {
        if !self.settings.data.has_noise_of(&other.settings.data) {
            return false;
        }
        if let (Some(a), Some(b)) = (&self.data, &other.data) {
            return a.sha256 == b.sha256;
        }
        match (&self.fingerprint, &other.fingerprint) {
            // Noise was looked at; clips that lack a modality are the same clips.
            (Some(a), Some(b)) => fingerprint_of_file(a) == fingerprint_of_file(b),
            _ => self.dataset_name() == other.dataset_name(),
        }
    }
}
