//! A new run directory.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use tempfile::TempDir;

use super::error::RunError;
use super::name::check_name;
use super::run_dir::RunDir;
use crate::run::manifest::Manifest;
use crate::run::{FileError, PART, clock, sync_folder_of};

/// `a`, `b`, ... `z`, `aa`, `ab`, ...
pub(super) fn suffix(mut n: usize) -> String {
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

pub(in crate::run) fn is_taken(error: &io::Error) -> bool {
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
            .suffix(PART)
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
                    sync_folder_of(&path).map_err(FileError::new("sync", root))?;
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
}
