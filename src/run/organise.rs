//! What people do to a run besides training it: rename, tag, note, remove. One table of [`KINDS`] stands behind the keys of
//! the console and the commands `mug runs rename|tag|note|rm`.
//!
//! Removing is final, so it is narrow: only a run directory that lies below the folder of the runs and is no link, never
//! one that a process trains, and no link inside is followed.

use std::path::{Path, PathBuf};

use super::directory::{RunDir, RunError, check_name};
use super::lock::{LockError, RunLock};
use super::tags::{self, TagsError};
use super::{FileError, PART};

/// What can be done, as keys and commands name it.
#[derive(Debug)]
pub struct Kind {
    /// The command's name.
    pub name: &'static str,
    /// For the table of keys.
    pub help: &'static str,
}

pub const RENAME: Kind = Kind { name: "rename", help: "give the run another name" };
pub const TAG: Kind = Kind { name: "tag", help: "tag the run, or take tags away" };
pub const NOTE: Kind = Kind { name: "note", help: "write a note on the run; an empty one takes it away" };
pub const REMOVE: Kind = Kind { name: "rm", help: "delete the run directory for good (asks first; never a live run)" };

/// All of them.
pub const KINDS: [&Kind; 4] = [&RENAME, &TAG, &NOTE, &REMOVE];

/// Something to be done to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Rename { to: String },
    Tag { add: Vec<String>, remove: Vec<String> },
    Note { text: String },
    Remove,
}

/// Why it was not done; the run is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OrganiseError {
    #[error("{path} does not lie below the folder of the runs, {root}; name a run of it, or set --runs-dir")]
    Outside { path: PathBuf, root: PathBuf },
    #[error("{path} is a link: expected the run directory itself")]
    Link { path: PathBuf },
    #[error("run {run} is a cell of study {study}, which finds it by its name")]
    Cell { run: String, study: String },
    #[error("run {run} is live: {why}; stop it first, with S or mug stop {run}")]
    Live { run: String, why: LockError },
    #[error(transparent)]
    Lock(LockError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Tags(#[from] TagsError),
    #[error(transparent)]
    File(#[from] FileError),
}

impl Change {
    /// What it is, in the table.
    pub fn kind(&self) -> &'static Kind {
        match self {
            Change::Rename { .. } => &RENAME,
            Change::Tag { .. } => &TAG,
            Change::Note { .. } => &NOTE,
            Change::Remove => &REMOVE,
        }
    }

    /// The change of tags from those that were shown to those that were typed: what somebody else adds meanwhile stays.
    pub fn of_tags(shown: &[String], typed: &str) -> Change {
        let typed: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
        let without = |a: &[String], b: &[String]| a.iter().filter(|t| !b.contains(t)).cloned().collect();
        Change::Tag { add: without(&typed, shown), remove: without(shown, &typed) }
    }

    /// Does it to the run directory at `path`, a folder below `root`. Returns where the run lies now; `None`: nowhere.
    ///
    /// # Errors
    /// The run is live, `path` is no run directory of `root`, a name or a tag is not allowed or taken, or the file system
    /// refuses.
    pub fn apply(&self, root: &Path, path: &Path) -> Result<Option<PathBuf>, OrganiseError> {
        let dir = RunDir::open(path)?;
        match self {
            Change::Rename { to } => rename(root, path, &dir, to).map(Some),
            Change::Tag { add, remove } => {
                tags::change(dir.path(), |tags| {
                    remove.iter().for_each(|tag| _ = tags.tags.remove(tag));
                    tags.tags.extend(add.iter().cloned());
                })?;
                Ok(Some(dir.path().to_owned()))
            }
            Change::Note { text } => {
                tags::change(dir.path(), |tags| tags.note.clone_from(text))?;
                Ok(Some(dir.path().to_owned()))
            }
            Change::Remove => remove(root, path, &dir).map(|()| None),
        }
    }
}

/// Makes sure that a folder may be moved or removed: of these runs, itself and no link to it.
fn check_place(root: &Path, path: &Path, dir: &RunDir) -> Result<(), OrganiseError> {
    if std::fs::symlink_metadata(path).map_err(FileError::new("look at", path))?.is_symlink() {
        return Err(OrganiseError::Link { path: path.to_owned() });
    }
    let inside = root.canonicalize().map_err(FileError::new("find", root))?;
    if dir.path() == inside || !dir.path().starts_with(&inside) {
        return Err(OrganiseError::Outside { path: dir.path().to_owned(), root: root.to_owned() });
    }
    Ok(())
}

/// Keeps every process off the run until dropped.
fn keep_off(dir: &RunDir) -> Result<RunLock, OrganiseError> {
    RunLock::acquire(dir, &mut |_| {}).map_err(|why| match why {
        LockError::Held { .. } => OrganiseError::Live { run: dir.name().to_owned(), why },
        other => OrganiseError::Lock(other),
    })
}

fn folder_of(dir: &RunDir) -> &Path {
    super::folder_of(dir.path())
}

/// The study that a run is a cell of: it lies in the study's folder.
fn study_of(run: &Path) -> Option<String> {
    let study = run.parent()?.parent()?;
    study.join("study.toml").is_file().then(|| study.file_name().map(|n| n.to_string_lossy().into_owned()))?
}

fn rename(root: &Path, path: &Path, dir: &RunDir, to: &str) -> Result<PathBuf, OrganiseError> {
    check_place(root, path, dir)?;
    if let Some(study) = study_of(dir.path()) {
        return Err(OrganiseError::Cell { run: dir.name().to_owned(), study });
    }
    check_name(to)?;
    let target = folder_of(dir).join(to);
    if target == dir.path() {
        return Ok(target);
    }
    let _lock = keep_off(dir)?;
    // Renaming a folder replaces an empty folder, and nothing else; this names what is there.
    if target.join("run.toml").exists() {
        return Err(RunError::Exists { name: to.to_owned(), path: target }.into());
    }
    match std::fs::rename(dir.path(), &target) {
        Ok(()) => {
            super::sync_folder_of(&target).map_err(FileError::new("sync", &target))?;
            Ok(target)
        }
        Err(e) if super::directory::is_taken(&e) => Err(RunError::Occupied { path: target }.into()),
        Err(e) => Err(FileError::new("rename", dir.path())(e).into()),
    }
}

/// Before the names of run directories that are being removed; the folder of a run that is being made begins otherwise.
const GONE: &str = ".gone.";

fn remove(root: &Path, path: &Path, dir: &RunDir) -> Result<(), OrganiseError> {
    check_place(root, path, dir)?;
    let _lock = keep_off(dir)?;
    // Out of the way in one step, so that nobody sees, lists or takes up half a run.
    let folder_name = dir.path().file_name().unwrap_or_default().display();
    let aside = folder_of(dir).join(format!("{GONE}{folder_name}.{}{PART}", std::process::id()));
    std::fs::rename(dir.path(), &aside).map_err(FileError::new("remove", dir.path()))?;
    sweep(folder_of(dir), &aside)
}

/// Removes what [`remove`] put out of the way, now and where it was killed before.
fn sweep(folder: &Path, own: &Path) -> Result<(), OrganiseError> {
    let entries = std::fs::read_dir(folder).map_err(FileError::new("read", folder))?;
    for entry in entries.flatten() {
        let ours =
            super::is_aside(&entry.file_name()) && entry.file_name().as_encoded_bytes().starts_with(GONE.as_bytes());
        // Not through a link: whoever planted one does not choose what goes. Links inside go themselves, not their ends.
        if ours && entry.file_type().is_ok_and(|t| t.is_dir()) {
            match std::fs::remove_dir_all(entry.path()) {
                // Somebody else may be removing it, too.
                Err(e) if entry.path() == own && e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(FileError::new("remove", own)(e).into());
                }
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::list::list_runs;
    use crate::run::recorder::tests::run_dir;

    fn names(root: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(root).unwrap().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_is_renamed_with_all_it_holds_and_names_are_kept_apart() {
        let (root, dir) = run_dir();
        let to = |name: &str| Change::Rename { to: name.into() };
        let now = to("better").apply(root.path(), dir.path()).unwrap().unwrap();
        assert_eq!(
            (names(root.path()), list_runs(root.path())[0].path.clone()),
            (vec!["better".to_owned()], now.clone())
        );
        assert_eq!(to("better").apply(root.path(), &now).unwrap(), Some(now.clone()));
        RunDir::create(root.path(), Some("taken"), dir.manifest()).unwrap();
        std::fs::create_dir_all(root.path().join("full/x")).unwrap();
        for (name, why) in
            [("taken", "exists already"), ("full", "is no run"), ("../x", "cannot name a run"), ("", "empty")]
        {
            let text = to(name).apply(root.path(), &now).unwrap_err().to_string();
            assert!(text.contains(why), "{name}: {text}");
        }
        assert!(now.join("run.toml").exists());
    }

    #[test]
    fn a_cell_keeps_its_name_and_can_go() {
        let (root, dir) = run_dir();
        let study = root.path().join("studies/noise");
        let cell = RunDir::create(&study.join("runs"), Some("mucn-s1"), dir.manifest()).unwrap();
        std::fs::write(study.join("study.toml"), "").unwrap();
        let text = Change::Rename { to: "x".into() }.apply(root.path(), cell.path()).unwrap_err().to_string();
        assert!(text.contains("a cell of study noise"), "{text}");
        assert_eq!(Change::Remove.apply(root.path(), cell.path()).unwrap(), None);
        assert!(!cell.path().exists() && study.join("study.toml").exists());
    }

    #[test]
    fn a_removed_run_is_gone_and_links_lead_nowhere() {
        let (root, dir) = run_dir();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("kept"), "").unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("labels/link")).unwrap();
        // What a killed command left.
        std::fs::create_dir_all(root.path().join(".gone.old.7.part/labels")).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.path().join(".gone.link.7.part")).unwrap();
        assert_eq!(Change::Remove.apply(root.path(), dir.path()).unwrap(), None);
        assert_eq!(names(root.path()), [".gone.link.7.part"]);
        assert!(outside.path().join("kept").exists());
    }

    #[test]
    fn what_is_live_no_run_elsewhere_or_a_link_stays() {
        let (root, dir) = run_dir();
        let lock = RunLock::acquire(&dir, &mut |_| {}).unwrap();
        for change in [Change::Remove, Change::Rename { to: "y".into() }] {
            let text = change.apply(root.path(), dir.path()).unwrap_err().to_string();
            assert!(text.contains("is live"), "{text}");
        }
        // Tagging a live run is fine.
        Change::of_tags(&[], "a b").apply(root.path(), dir.path()).unwrap();
        drop(lock);
        let other = tempfile::tempdir().unwrap();
        let link = other.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        let refused = |root: &Path, path: &Path| Change::Remove.apply(root, path).unwrap_err();
        assert!(matches!(refused(other.path(), &link), OrganiseError::Link { .. }));
        assert!(matches!(refused(other.path(), dir.path()), OrganiseError::Outside { .. }));
        assert!(matches!(refused(dir.path(), dir.path()), OrganiseError::Outside { .. }));
        std::fs::create_dir(root.path().join("folder")).unwrap();
        let folder = refused(root.path(), &root.path().join("folder"));
        assert!(matches!(folder, OrganiseError::Run(RunError::NotARun { .. })), "{folder}");
        assert_eq!(list_runs(root.path())[0].tags, ["a", "b"]);
    }

    #[test]
    fn tags_are_changed_by_what_differs_from_what_was_shown() {
        let (root, dir) = run_dir();
        Change::of_tags(&[], "a b").apply(root.path(), dir.path()).unwrap();
        // Shown a and b; meanwhile somebody adds c.
        let shown = ["a", "b"].map(str::to_owned);
        Change::of_tags(&[], "c").apply(root.path(), dir.path()).unwrap();
        Change::of_tags(&shown, "b d").apply(root.path(), dir.path()).unwrap();
        Change::Note { text: "said".into() }.apply(root.path(), dir.path()).unwrap();
        let run = &list_runs(root.path())[0];
        assert_eq!((run.tags.join(" "), run.note.as_str()), ("b c d".to_owned(), "said"));
        assert!(Change::of_tags(&[], "no/tag").apply(root.path(), dir.path()).is_err());
    }
}
