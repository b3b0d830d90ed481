//! The run directory: where everything about one run lies, its manifest (`run.toml`) and its name.
//!
//! ```text
//! <runs root>/<name>/
//!   run.toml        the manifest
//!   events.jsonl    append-only; see recorder.rs and tail.rs
//!   labels/         rows.csv, and corrected labels at each refresh
//!   embeddings/     h_m and z_m before, during and after stage 1; see embedding.rs
//!   predictions/    of every row, after stages 1 and 3; see predictions.rs
//!   checkpoints/    written by training
//!   marks.jsonl     what people marked and noted; see marks.rs
//!   annotations/    clips drawn for people, and what they said of them; see survey/
//!   tags.toml       tags and a note; see tags.rs
//!   calibration.json  which labels a calibration chose; see calibration.rs
//!   host.lock       held by the run's process; see lock.rs
//!   host.log        what the detached process printed
//! ```

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempDir;

pub use super::manifest::{CellRecord, DataRecord, Manifest, ProcessRecord};
use super::rows::{LabelRows, RowsError};
use super::{FileError, clock, write_atomically};
use crate::files;

/// What is wrong with a run directory or its name.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("\"{name}\" cannot name a run: {reason}; use 1 to 64 letters, digits, '.', '_' or '-', for example sims-a")]
    Name { name: String, reason: &'static str },
    #[error("{path} exists already; choose another name, or go on with it: mug train --resume {name}")]
    Exists { name: String, path: PathBuf },
    #[error("{path} exists already and is no run: it has no run.toml; choose another name, or remove it")]
    Occupied { path: PathBuf },
    #[error("no run \"{wanted}\" in {root}, and no run directory of that path; `mug runs` lists what there is")]
    NotFound { wanted: String, root: PathBuf },
    #[error("{path} is no run directory: it has no run.toml")]
    NotARun { path: PathBuf },
    #[error("{path}: {message}; it was written by another version of mug or changed by hand")]
    Manifest { path: PathBuf, message: String },
    #[error(transparent)]
    File(#[from] FileError),
}

/// The folder of the runs folder in which studies lie; see [`study`](super::study).
pub const STUDIES: &str = "studies";
/// The file that makes a folder a study.
pub const STUDY: &str = "study.toml";
/// The folder of a study in which its runs lie.
pub const STUDY_RUNS: &str = "runs";

/// Before the checksum of what stands above it, at the end of `run.toml`.
const SEAL: &str = "# crc32c ";

/// A run directory that exists and has a manifest.
#[derive(Clone, Debug)]
pub struct RunDir {
    path: PathBuf,
    name: String,
    manifest: Manifest,
}

/// Where runs lie: `MUG_RUNS_DIR`, else `mug/runs` in the platform's data folder (`~/.local/share` on Linux).
pub fn runs_root() -> PathBuf {
    if let Some(root) = std::env::var_os("MUG_RUNS_DIR").filter(|v| !v.is_empty()) {
        return PathBuf::from(root);
    }
    match directories::BaseDirs::new() {
        Some(base) => base.data_dir().join("mug").join("runs"),
        // No home folder (some batch systems): below the working directory, where the user will find it.
        None => PathBuf::from("mug-runs"),
    }
}

/// Checks a run's name: it becomes a folder's name and stands in commands, so nothing that a shell, a path or an option
/// parser would read otherwise.
///
/// # Errors
/// [`RunError::Name`] with the rule that is broken.
pub fn check_name(name: &str) -> Result<(), RunError> {
    let refuse = |reason| Err(RunError::Name { name: name.chars().take(80).collect(), reason });
    if name.is_empty() {
        return refuse("it is empty");
    }
    if name.len() > 64 {
        return refuse("it is longer than 64 characters");
    }
    if name == STUDIES {
        return refuse("studies lie in the folder of this name");
    }
    if name.starts_with(['.', '-']) {
        return refuse("it begins with '.' or '-'");
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
        return refuse("it holds other characters");
    }
    Ok(())
}

/// `a`, `b`, ... `z`, `aa`, `ab`, ...
fn suffix(mut n: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'a' + (n % 26) as u8);
        n /= 26;
        if n == 0 {
            break;
        }
        n -= 1;
    }
    letters.iter().rev().map(|&b| char::from(b)).collect()
}

/// What [`RunDir::find`] finds a run by.
fn name_of(path: &Path) -> String {
    let last = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name = last(path);
    match path.parent().filter(|runs| runs.ends_with(STUDY_RUNS)).and_then(Path::parent) {
        Some(study) if study.join(STUDY).is_file() => format!("{}/{name}", last(study)),
        _ => name,
    }
}

pub(super) fn is_taken(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotADirectory};
    matches!(error.kind(), AlreadyExists | DirectoryNotEmpty | NotADirectory)
}

impl RunDir {
    /// Makes a new run directory below `root`. Without a name it is called by the date: `2026-11-23-a`, then `-b`, ...
    ///
    /// # Errors
    /// A name that is taken or not allowed, or a file system that refuses.
    pub fn create(root: &Path, name: Option<&str>, manifest: &Manifest) -> Result<RunDir, RunError> {
        Self::create_filled(root, name, manifest, |_| Ok(()))
    }

    /// As [`create`](Self::create); `fill` writes into the directory before anybody can see it.
    ///
    /// # Errors
    /// As [`create`](Self::create), and those of `fill`.
    pub fn create_filled<E: From<RunError>>(
        root: &Path,
        name: Option<&str>,
        manifest: &Manifest,
        fill: impl FnOnce(&RunDir) -> Result<(), E>,
    ) -> Result<RunDir, E> {
        let (aside, made) = Self::make_aside(root, name, manifest)?;
        fill(&made)?;
        Ok(Self::put_in_place(aside, root, name)?)
    }

    fn make_aside(root: &Path, name: Option<&str>, manifest: &Manifest) -> Result<(TempDir, RunDir), RunError> {
        name.map_or(Ok(()), check_name)?;
        std::fs::create_dir_all(root).map_err(FileError::new("make the folder", root))?;
        // Made aside and renamed: a process that is killed in between leaves no half a run, whose name would be taken.
        let aside = tempfile::Builder::new()
            .prefix(".run.")
            .suffix(super::PART)
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777))
            .tempdir_in(root)
            .map_err(FileError::new("make a folder in", root))?;
        for part in ["labels", "checkpoints"] {
            let folder = aside.path().join(part);
            std::fs::create_dir(&folder).map_err(FileError::new("make the folder", &folder))?;
        }
        let made = RunDir { path: aside.path().to_owned(), name: String::new(), manifest: manifest.clone() };
        made.write_manifest()?;
        Ok((aside, made))
    }

    fn put_in_place(aside: TempDir, root: &Path, name: Option<&str>) -> Result<RunDir, RunError> {
        let (date, by_date) = (clock::date(SystemTime::now()), name.is_none());
        let mut n = 0;
        loop {
            let name = name.map_or_else(|| format!("{date}-{}", suffix(n)), str::to_owned);
            let path = root.join(&name);
            // Renaming a folder replaces an empty folder, and nothing else.
            match std::fs::rename(aside.path(), &path) {
                Ok(()) => {
                    // The folder has moved: nothing is left to remove.
                    let _ = aside.keep();
                    super::sync_folder_of(&path).map_err(FileError::new("sync", root))?;
                    return Self::open(&path);
                }
                // Taken, perhaps this very moment by another process: the next one.
                Err(e) if is_taken(&e) && by_date => n += 1,
                Err(e) if is_taken(&e) && path.join("run.toml").exists() => {
                    return Err(RunError::Exists { name, path });
                }
                Err(e) if is_taken(&e) => return Err(RunError::Occupied { path }),
                Err(e) => return Err(FileError::new("make the folder", &path)(e).into()),
            }
        }
    }

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
                Err(RunError::NotFound { wanted: name_or_path.to_owned(), root: root.to_owned() })
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

    fn write_manifest(&self) -> Result<(), RunError> {
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
            if super::is_aside(&entry.file_name()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::dataset::digest::Stamp;
    use crate::device::DeviceRequest;
    use crate::training::events::Stage;

    fn manifest() -> Manifest {
        Manifest::new("demo", None, DeviceRequest::Auto, Stage::ALL.to_vec(), Settings::built_in("demo").unwrap())
    }

    #[test]
    fn names_count_up_and_the_manifest_comes_back() {
        let root = tempfile::tempdir().unwrap();
        let mut wanted = manifest();
        wanted.source = Some(PathBuf::from("/data/a b.pkl"));
        wanted.settings_from = Some("configs/sims.toml".into());
        wanted.data = Some(DataRecord { stamp: Stamp { bytes: 3, modified: -1 }, sha256: "ba78".into() });
        let a = RunDir::create(root.path(), None, &wanted).unwrap();
        let b = RunDir::create(root.path(), None, &wanted).unwrap();
        assert!(a.name().ends_with("-a") && b.name().ends_with("-b"), "{} {}", a.name(), b.name());
        let again = RunDir::find(root.path(), a.name()).unwrap();
        assert_eq!(again.manifest(), &wanted);
        assert_eq!(again.path(), a.path());
        assert_eq!(RunDir::find(root.path(), b.path().to_str().unwrap()).unwrap().name(), b.name());
        assert_eq!((suffix(0), suffix(25), suffix(26), suffix(27)), ("a".into(), "z".into(), "aa".into(), "ab".into()));
    }

    #[test]
    fn set_manifest_is_read_back() {
        let root = tempfile::tempdir().unwrap();
        let mut dir = RunDir::create(root.path(), Some("x"), &manifest()).unwrap();
        let mut changed = manifest();
        changed.fingerprint = Some("abc".into());
        dir.set_manifest(changed.clone()).unwrap();
        assert_eq!(RunDir::open(dir.path()).unwrap().manifest(), &changed);
    }

    #[test]
    fn bad_names_and_taken_names_are_refused() {
        let root = tempfile::tempdir().unwrap();
        for bad in ["", ".", "..", "../x", "a/b", "-x", ".hidden", "a b", "naïve", "a\n", &"x".repeat(65)] {
            assert!(matches!(RunDir::create(root.path(), Some(bad), &manifest()), Err(RunError::Name { .. })), "{bad}");
        }
        RunDir::create(root.path(), Some("x"), &manifest()).unwrap();
        assert!(matches!(RunDir::create(root.path(), Some("x"), &manifest()), Err(RunError::Exists { .. })));
        assert!(matches!(RunDir::find(root.path(), "nope"), Err(RunError::NotFound { .. })));
        assert!(matches!(RunDir::find(root.path(), "/"), Err(RunError::NotARun { .. })));
    }

    #[test]
    fn a_folder_that_is_no_run_keeps_its_name_and_nothing_is_left_aside() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("x/labels")).unwrap();
        let text = RunDir::create(root.path(), Some("x"), &manifest()).unwrap_err().to_string();
        assert!(text.contains("is no run: it has no run.toml") && !text.contains("--resume"), "{text}");
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);
        // One that holds nothing is as good as none.
        std::fs::create_dir(root.path().join("y")).unwrap();
        assert_eq!(RunDir::create(root.path(), Some("y"), &manifest()).unwrap().name(), "y");
    }

    #[test]
    fn a_changed_manifest_is_noticed_and_one_without_checksum_is_not() {
        let root = tempfile::tempdir().unwrap();
        let dir = RunDir::create(root.path(), Some("x"), &manifest()).unwrap();
        assert_eq!(dir.verify_manifest().unwrap(), None);
        let path = dir.path().join("run.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("batch_size = 32", "batch_size = 33")).unwrap();
        assert!(RunDir::open(dir.path()).unwrap().verify_manifest().unwrap().unwrap().contains("changed"));
        std::fs::write(&path, &text[..text.find(SEAL).unwrap()]).unwrap();
        assert_eq!(dir.verify_manifest().unwrap(), None);
    }

    #[test]
    fn a_broken_manifest_is_named() {
        let root = tempfile::tempdir().unwrap();
        let dir = RunDir::create(root.path(), Some("x"), &manifest()).unwrap();
        std::fs::write(dir.path().join("run.toml"), "version = 3\n").unwrap();
        let text = RunDir::open(dir.path()).unwrap_err().to_string();
        assert!(text.contains("run.toml") && text.contains("version"), "{text}");
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let dir = RunDir::create(root.path(), Some("x"), &manifest()).unwrap();
        let left = [dir.path().join(".run.toml.aB3.part"), dir.labels_dir().join(".rows.csv.part")];
        let stays = [dir.path().join("run.toml"), dir.labels_dir().join("x.part"), dir.labels_dir().join(".x")];
        left.iter().chain(&stays[1..]).for_each(|p| std::fs::write(p, "").unwrap());
        dir.remove_parts();
        assert!(left.iter().all(|p| !p.exists()) && stays.iter().all(|p| p.exists()));
    }
}
