//! A run directory that is there.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::RunError;
use super::name::{STUDIES, STUDY_RUNS, check_name, name_of};
use crate::files;
use crate::nearest::meant;
use crate::run::manifest::Manifest;
use crate::run::rows::{LabelRows, RowsError};
use crate::run::{FileError, is_aside, write_atomically};

/// Before the checksum of what stands above it, at the end of `run.toml`.
pub(super) const SEAL: &str = "# crc32c ";

/// A run directory that exists and has a manifest.
#[derive(Clone, Debug)]
pub struct RunDir {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) manifest: Manifest,
}

impl RunDir {
    /// Opens an existing run directory.
    ///
    /// # Errors
    /// No run.toml there, or one that does not parse.
    pub fn open(path: &Path) -> Result<RunDir, RunError> {
        let file = path.join("run.toml");
        let text = match files::read_text(&file, files::LONGEST_TEXT) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound || e.kind() == io::ErrorKind::NotADirectory => {
                return Err(RunError::NotARun { path: path.to_owned() });
            }
            Err(e) => return Err(FileError::new("read", &file)(e).into()),
        };
        let bad = |e: toml::de::Error| RunError::Manifest {
            path: file.clone(),
            message: e.to_string().trim_end().to_owned(),
        };
        let mut manifest: Manifest = toml::from_str(&text).map_err(bad)?;
        let record: toml::Table = toml::from_str(&text).map_err(bad)?;
        let recorded = record.get("settings").and_then(toml::Value::as_table);
        manifest.settings = manifest.settings.as_recorded(recorded.unwrap_or(&toml::Table::new()));
        let path = path.canonicalize().map_err(FileError::new("find", path))?;
        let name = name_of(&path);
        Ok(RunDir { path, name, manifest })
    }

    /// Opens a run by its name below `root` (`STUDY/RUN`: a study's), or by its path.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`RunError::NotFound`].
    pub fn find(root: &Path, name_or_path: &str) -> Result<RunDir, RunError> {
        let named = root.join(name_or_path);
        if check_name(name_or_path).is_ok() && named.is_dir() {
            return Self::open(&named);
        }
        if let Some((study, run)) = name_or_path.split_once('/')
            && check_name(study).is_ok()
            && check_name(run).is_ok()
        {
            let of_study = root.join(STUDIES).join(study).join(STUDY_RUNS).join(run);
            if of_study.is_dir() {
                return Self::open(&of_study);
            }
        }
        match Self::open(Path::new(name_or_path)) {
            Err(RunError::NotARun { path }) if !path.is_dir() => {
                let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
                let names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
                let meant = meant(name_or_path, names.iter().map(String::as_str));
                Err(RunError::NotFound { wanted: name_or_path.to_owned(), meant, root: root.to_owned() })
            }
            other => other,
        }
    }

    /// Replaces the manifest, on the disk too.
    ///
    /// # Errors
    /// The file could not be written.
    pub fn set_manifest(&mut self, manifest: Manifest) -> Result<(), RunError> {
        self.manifest = manifest;
        self.write_manifest()
    }

    pub(super) fn write_manifest(&self) -> Result<(), RunError> {
        let path = self.path.join("run.toml");
        let text = toml::to_string_pretty(&self.manifest)
            .map_err(|e| RunError::Manifest { path: path.clone(), message: e.to_string() })?;
        let sum = files::checksum(text.as_bytes());
        Ok(write_atomically(&path, |w| writeln!(w, "{text}{SEAL}{sum}"))?)
    }

    /// Whether somebody changed `run.toml` since it was written: what is wrong with it, in words. Older versions wrote no
    /// checksum.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn verify_manifest(&self) -> Result<Option<String>, FileError> {
        let path = self.path.join("run.toml");
        let text = files::read_text(&path, files::LONGEST_TEXT).map_err(FileError::new("read", &path))?;
        if !text.contains(SEAL) && self.manifest.rows_crc32c.is_some() {
            return Ok(Some("its checksum is missing: it was changed since mug wrote it".to_owned()));
        }
        Ok(text.rsplit_once(SEAL).and_then(|(before, sum)| {
            let found = files::checksum(before.as_bytes());
            let expected = sum.trim_end();
            (found != expected)
                .then(|| format!("expected the checksum {expected}, found {found}: it was changed since mug wrote it"))
        }))
    }

    /// The dataset's rows.
    ///
    /// # Errors
    /// A table that is missing, damaged or not of ours.
    pub fn rows(&self) -> Result<LabelRows, RowsError> {
        LabelRows::read_checked(&self.rows_path(), self.manifest.rows_crc32c.as_deref())
    }

    /// Removes what killed processes left half written; for the holder of the run's lock. What cannot be removed is in
    /// nobody's way.
    pub fn remove_parts(&self) {
        let folders = ["", "labels", "embeddings", "predictions"].map(|f| self.path.join(f));
        for entry in folders.iter().flat_map(std::fs::read_dir).flatten().flatten() {
            if is_aside(&entry.file_name()) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// Absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's name; of a study's run with the study's before it, `STUDY/RUN`.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub fn events_path(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    pub fn labels_dir(&self) -> PathBuf {
        self.path.join("labels")
    }

    /// The table of the dataset's rows that the label values belong to; see rows.rs.
    pub fn rows_path(&self) -> PathBuf {
        self.labels_dir().join("rows.csv")
    }

    /// What people marked and noted about rows; see marks.rs.
    pub fn marks_path(&self) -> PathBuf {
        self.path.join("marks.jsonl")
    }

    /// What people said of clips that were drawn for them; see survey.
    pub fn annotations_dir(&self) -> PathBuf {
        self.path.join("annotations")
    }

    pub fn checkpoints_dir(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    pub fn lock_path(&self) -> PathBuf {
        self.path.join("host.lock")
    }

    pub fn log_path(&self) -> PathBuf {
        self.path.join("host.log")
    }
}
