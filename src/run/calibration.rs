//! `calibration.json`: which labels a calibration chose for each modality, by which clips, and how they do on the others.
//! One line of JSON with the seal of the record's lines; a later calibration replaces it.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::directory::RunDir;
use super::{FileError, sealed, write_atomically};
use crate::files;
use crate::modality::PerModality;
use crate::training::calibration::Choice;
use crate::training::events::LabelSummaries;

/// What is wrong with the file.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    #[error("{path} is not as mug wrote it: {what}; calibrate the run again: mug calibrate --help")]
    Damaged { path: PathBuf, what: String },
    #[error(transparent)]
    File(#[from] FileError),
}

/// The file's name in the run directory.
pub const FILE: &str = "calibration.json";

/// The last calibration of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// RFC 3339, UTC.
    pub created: String,
    /// The refresh that holds the chosen labels.
    pub refresh: u32,
    /// Whose labels made the choice: `data`, or the path of a file.
    pub judged_by: String,
    /// By which clips of the data were drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// CRC-32C of the weights of stage 1 that labels were corrected with: the choice holds for these.
    pub network: String,
    pub choices: PerModality<Choice>,
    /// The chosen labels judged by the data's human labels, without the clips below.
    pub judgement: LabelSummaries,
    /// Ids of the clips that made the choice; no judgement by the data's human labels counts them.
    pub left_out: Vec<String>,
}

impl Calibration {
    /// Writes the file; it appears whole or not at all.
    ///
    /// # Errors
    /// A file system that refuses.
    pub fn write(&self, dir: &RunDir) -> Result<(), FileError> {
        let path = dir.path().join(FILE);
        let mut line = serde_json::to_vec(self).map_err(|e| FileError::new("write", &path)(io::Error::other(e)))?;
        sealed::seal(&mut line, 0);
        write_atomically(&path, |w| {
            w.write_all(&line)?;
            w.write_all(b"\n")
        })
    }

    /// Reads the file; `None` for a run that was never calibrated.
    ///
    /// # Errors
    /// A file that cannot be read, or is not as it was written.
    pub fn read(dir: &RunDir) -> Result<Option<Calibration>, CalibrationError> {
        let path = dir.path().join(FILE);
        let text = match files::read_text(&path, files::LONGEST_TEXT) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(FileError::new("read", &path)(e).into()),
        };
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let damaged = |what: String| CalibrationError::Damaged { path: path.clone(), what };
        if !sealed::is_sound(line.as_bytes(), 0) {
            return Err(damaged("its checksum does not fit".to_owned()));
        }
        serde_json::from_str(line).map(Some).map_err(|e| damaged(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::device::DeviceRequest;
    use crate::run::directory::Manifest;
    use crate::training::events::Stage;

    #[test]
    fn it_comes_back_and_a_change_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        let settings = Settings::built_in("demo").unwrap();
        let manifest = Manifest::new("demo", None, DeviceRequest::Auto, Stage::ALL.to_vec(), settings);
        let dir = RunDir::create(root.path(), Some("x"), &manifest).unwrap();
        assert_eq!(Calibration::read(&dir).unwrap(), None);
        let written = Calibration {
            created: "2026-11-28T09:00:00Z".into(),
            refresh: 4,
            judged_by: "data".into(),
            seed: Some(3),
            network: "0a1b2c3d".into(),
            choices: PerModality::from_fn(|m| Choice { labelled: m as usize, ..Choice::default() }),
            judgement: LabelSummaries::default(),
            left_out: vec!["a$_$1".into(), "电影 \"x\"".into()],
        };
        written.write(&dir).unwrap();
        assert_eq!(Calibration::read(&dir).unwrap(), Some(written));
        let path = dir.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        for changed in [text.replace("\"refresh\":4", "\"refresh\":5"), text[..40].to_owned(), String::new()] {
            std::fs::write(&path, changed).unwrap();
            let error = Calibration::read(&dir).unwrap_err().to_string();
            assert!(error.contains("not as mug wrote it"), "{error}");
        }
    }
}
