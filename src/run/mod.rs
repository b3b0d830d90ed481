//! The run directory: settings, events, labels, checkpoints' places, locks. What is written there is written here, with the
//! one exception of the checkpoints' content, which is [`training`](crate::training)'s.
//!
//! It imports from `training` (what happens in a run, as events) and the floors below it; it computes nothing and shows
//! nothing.
//!
//! | what | files |
//! |---|---|
//! | the directory and its manifest | [`directory`], [`manifest`], [`list`], [`verify`] |
//! | events: written, sealed, read as they come, reduced | [`recorder`], [`sealed`], [`tail`], [`view`] |
//! | arrays and tables beside them | [`npy`], [`rows`], [`labels`], [`embedding`], [`predictions`], [`aside`] |
//! | what people say of rows | [`marks`], [`annotations`], [`survey`], [`calibration`] |
//! | many runs: found, called, grouped, removed | [`list`], [`tags`], [`organise`], [`stamped`] |
//! | who trains the run, and whether it lives | [`lock`], [`pulse`] |
//! | many runs that answer one question | [`study`] |
//!
//! Reading what a run recorded, live or over:
//!
//! ```
//! # use mug::config::Settings;
//! # use mug::device::DeviceRequest;
//! # use mug::modality::PerModality;
//! # use mug::run::directory::Manifest;
//! # use mug::run::recorder::Recorder;
//! # use mug::training::events::{Body, Event, LabelSummaries, LabelValues, Stage};
//! use mug::run::directory::RunDir;
//! use mug::run::labels;
//! use mug::run::tail::EventTail;
//! use mug::run::view::RunView;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let root = tempfile::tempdir()?;
//! # let manifest = Manifest::new("demo", None, DeviceRequest::Auto, Stage::ALL.to_vec(), Settings::built_in("demo")?);
//! # let dir = RunDir::create(root.path(), Some("demo-a"), &manifest)?;
//! # let values = LabelValues { corrected: PerModality::from_fn(|_| vec![0.5, -0.25]), ..LabelValues::default() };
//! # let body = Body::Labels {
//! #     refresh: 0, file: String::new(), summaries: LabelSummaries::default(), values: Some(values.into()),
//! # };
//! # let mut recorder = Recorder::open(&dir)?;
//! # recorder.push(Event { time: 1.5, stage: Some(Stage::Denoising), epoch: 1, step: 40, body });
//! # recorder.settle()?;
//! # let runs = root.path();
//! let dir = RunDir::find(runs, "demo-a")?;
//! let mut tail = EventTail::open(dir.events_path());
//! let mut view = RunView::default();
//! // Once for a run that is over; again and again for one that goes on.
//! for event in tail.poll()? {
//!     println!("{:?} epoch {}: {:?}", event.stage, event.epoch, event.body);
//!     view.apply(&event);
//! }
//! let refresh = view.labels.last().ok_or("no corrected labels yet")?;
//! let corrected = labels::read(&dir.path().join(&refresh.file))?.corrected;
//! assert_eq!((refresh.epoch, &corrected.audio[..]), (1, &[0.5, -0.25][..]));
//! # Ok(())
//! # }
//! ```
//!
//! To add a file to the run directory: a file here that knows its form and version, written through
//! [`write_atomically`] or appended to with seals; its line in the list of [`directory`], and its check in [`verify`]. To
//! add an event: its [`Body`](crate::training::events::Body), and what it changes in `view/apply.rs`.

pub mod annotations;
pub mod aside;
pub mod calibration;
pub mod clock;
pub mod csv_line;
pub mod directory;
pub mod embedding;
pub mod labels;
pub mod list;
pub mod lock;
pub mod manifest;
pub mod marks;
pub mod npy;
pub mod organise;
mod patience;
pub mod predictions;
pub mod pulse;
pub mod recorder;
pub mod rows;
pub mod sealed;
pub mod stamped;
pub mod study;
pub mod survey;
pub mod tags;
pub mod tail;
pub mod verify;
pub mod view;
mod witness;

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file operation below a run directory that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {source}")]
pub struct FileError {
    /// What was tried, as a verb: `write`, `read`, `open`.
    pub action: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

impl FileError {
    /// Names the operation and the path of an I/O error; for `map_err`.
    pub fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
        let path = path.to_owned();
        move |source| FileError { action, path, source }
    }
}

/// Writes a file so that readers see the old content or the new, never a part: written aside, synced, renamed.
///
/// The file aside is `.NAME.RANDOM.part`, made for this write alone: nothing that lies in the folder, a link least of all,
/// is written to, and any number of writers of one path do not meet. One that a killed process left in a run directory
/// goes with [`RunDir::remove_parts`](directory::RunDir::remove_parts). A file that is replaced keeps its mode; a new one gets what the umask leaves.
///
/// What stands at the path and is no file (`/dev/null`, a pipe) is written to as it is: a rename would take its place.
///
/// # Errors
/// Whatever `write` or the file system reports; the old content then still stands.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), FileError> {
    if std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        let direct = || {
            let mut writer = BufWriter::new(File::options().write(true).open(path)?);
            write(&mut writer)?;
            writer.flush()
        };
        return direct().map_err(|source| FileError { action: "write", path: path.to_owned(), source });
    }
    // Where an error ends it, what is left aside goes with the value that names it.
    let result = (|| {
        let (file, aside) = file_aside(path)?.into_parts();
        let mut writer = BufWriter::new(file);
        write(&mut writer)?;
        writer.flush()?;
        // Not through a link: whoever planted one does not choose the mode.
        if let Some(old) = std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file) {
            writer.get_ref().set_permissions(Permissions::from_mode(old.mode() & 0o777))?;
        }
        writer.get_ref().sync_all()?;
        aside.persist(path).map_err(|e| e.error)?;
        sync_folder_of(path)
    })();
    result.map_err(|source| FileError { action: "write", path: path.to_owned(), source })
}

/// A new file beside a path, that nobody else has open or may read before it has its place and mode.
fn file_aside(path: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    // The longest name that a file may have leaves no room for more.
    let prefix: String = std::iter::once('.').chain(name.chars().take(SHOWN)).chain(std::iter::once('.')).collect();
    // A file that is there may be private: until the mode is its own, so is what replaces it.
    let mode = if path.is_file() { 0o600 } else { 0o666 };
    tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(PART)
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder_of(path))
}

/// How the names of files end that are not yet in their place.
const PART: &str = ".part";
/// Characters of a file's name that the name aside holds.
const SHOWN: usize = 40;

/// True for the name of a file that is not yet in its place, or never will be: its process was killed.
fn is_aside(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".") && name.ends_with(PART.as_bytes())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a rename in a path's folder last through a power loss.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    match File::open(folder_of(path))?.sync_all() {
        // Some network file systems cannot sync a folder; the file's own content is synced all the same.
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_content_and_nothing_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        write_atomically(&path, |w| w.write_all(b"old")).unwrap();
        let error = write_atomically(&path, |w| {
            w.write_all(b"new")?;
            Err(io::Error::other("no space"))
        })
        .unwrap_err();
        assert!(error.to_string().contains("a.txt") && error.to_string().contains("no space"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("nothing");
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        write_atomically(&path, |w| w.write_all(b"gone")).unwrap();
        assert!(std::fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_private_file_stays_private_and_a_new_one_is_as_the_umask_says() {
        let dir = tempfile::tempdir().unwrap();
        let (path, usual) = (dir.path().join("a.csv"), dir.path().join("usual"));
        std::fs::write(&usual, "").unwrap();
        write_atomically(&path, |w| w.write_all(b"1")).unwrap();
        assert_eq!(mode(&path), mode(&usual));
        for kept in [0o600, 0o640, 0o444] {
            std::fs::set_permissions(&path, Permissions::from_mode(kept)).unwrap();
            write_atomically(&path, |w| {
                let aside = std::fs::read_dir(dir.path())
                    .unwrap()
                    .flatten()
                    .find(|e| e.path().extension().is_some_and(|x| x == "part"));
                assert_eq!(mode(&aside.unwrap().path()) & !kept & 0o077, 0, "open to others while it is written");
                w.write_all(b"2")
            })
            .unwrap();
            assert_eq!(mode(&path), kept);
        }
    }

    #[test]
    fn nothing_planted_beside_a_file_is_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let (path, victim, linked) = (dir.path().join("a.csv"), dir.path().join("victim"), dir.path().join("linked"));
        std::fs::write(&victim, "mine").unwrap();
        std::os::unix::fs::symlink(&victim, dir.path().join(".a.csv.part")).unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        write_atomically(&path, |w| w.write_all(b"new")).unwrap();
        assert!(std::fs::symlink_metadata(&path).unwrap().is_file());
        std::fs::remove_file(&path).unwrap();
        std::fs::hard_link(&victim, &path).unwrap();
        std::fs::hard_link(&victim, &linked).unwrap();
        write_atomically(&path, |w| w.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(
            (std::fs::read(&victim).unwrap(), std::fs::read(&linked).unwrap()),
            (b"mine".to_vec(), b"mine".to_vec())
        );
    }

    #[test]
    fn many_writers_of_one_path_do_not_meet() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::thread::scope(|scope| {
            for n in 0..8u8 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..20 {
                        write_atomically(path, |w| (0..100).try_for_each(|_| w.write_all(&[b'a' + n; 1000]))).unwrap();
                    }
                });
            }
        });
        let found = std::fs::read(&path).unwrap();
        assert!(found.len() == 100_000 && found.iter().all(|b| *b == found[0]));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_longest_name_and_a_name_alone_are_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("é".repeat(127));
        write_atomically(&path, |w| w.write_all(b"x")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"x");
        assert_eq!(folder_of(Path::new("a.csv")), Path::new("."));
    }
}
