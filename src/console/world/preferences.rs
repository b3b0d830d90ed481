//! What the console remembers from one time to the next: `console.toml` in the platform's folder for state.
//!
//! Not in the run directory: how one likes the table arranged belongs to the person and not to the run, holds for the next
//! run too, and has to work where the run directory belongs to somebody else (`--follow`, `--read-only`).

use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::console::state::preferences::Preferences;
use crate::files;
use crate::run::{FileError, write_atomically};

/// The longest file that is read.
const LONGEST: u64 = 64 << 10;

/// Why what was remembered cannot be used; what the program would do by itself then holds.
#[derive(Debug, thiserror::Error)]
pub enum PreferencesError {
    #[error("{path}: {message}; the console's own arrangement is used, and the next change replaces the file")]
    Format { path: PathBuf, message: String },
    #[error(transparent)]
    File(#[from] FileError),
}

/// Where they lie: `MUG_STATE_DIR`, else `mug` in the platform's folder for state (`~/.local/state` on Linux).
pub fn path() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("MUG_STATE_DIR").filter(|v| !v.is_empty()) {
        return Some(PathBuf::from(folder).join("console.toml"));
    }
    let base = directories::BaseDirs::new()?;
    Some(base.state_dir().unwrap_or_else(|| base.data_local_dir()).join("mug").join("console.toml"))
}

/// Reads what was remembered; `None` where nothing was.
///
/// # Errors
/// A file that cannot be read or that is no such file.
pub fn read(path: &Path) -> Result<Option<Preferences>, PreferencesError> {
    let bad = |message: String| PreferencesError::Format { path: path.to_owned(), message };
    let text = match files::read_text(path, LONGEST) {
        Ok(text) => text,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(None),
        Err(e) => return Err(FileError::new("read", path)(e).into()),
    };
    toml::from_str(&text).map(Some).map_err(|e| bad(e.message().to_owned()))
}

/// Remembers them, whole or not at all. Of two consoles the one that changes something last wins.
///
/// # Errors
/// The folder cannot be made or the file not be written.
pub fn write(path: &Path, preferences: &Preferences) -> Result<(), PreferencesError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(FileError::new("make the folder", folder))?;
    }
    let text = toml::to_string(preferences)
        .map_err(|e| PreferencesError::Format { path: path.to_owned(), message: e.to_string() })?;
    Ok(write_atomically(path, |w| w.write_all(text.as_bytes()))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::state::column_set::Remembered;

    #[test]
    fn they_come_back_and_damage_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mug/console.toml");
        assert_eq!(read(&path).unwrap(), None);
        let mut preferences = Preferences::default();
        preferences.labels.hidden = vec!["note".into()];
        preferences.escape_formulas = true;
        write(&path, &preferences).unwrap();
        assert_eq!(read(&path).unwrap(), Some(preferences));
        std::fs::write(&path, "[labels]\nbars = false\nlater = 1\n[other]\n").unwrap();
        let partly = read(&path).unwrap().unwrap();
        assert_eq!(partly.labels, Remembered { bars: false, ..Remembered::default() });
        for bad in ["labels = 3", "\u{0}", "[labels]\nhidden = \"x\"", &"#".repeat(70_000)] {
            std::fs::write(&path, bad).unwrap();
            assert!(read(&path).unwrap_err().to_string().contains("console.toml"), "{bad:.20}");
        }
        assert!(write(Path::new("/proc/x/console.toml"), &Preferences::default()).is_err());
    }
}
