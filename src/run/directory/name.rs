//! What a run may be called, and where runs lie.

use std::path::{Path, PathBuf};

use super::error::RunError;

/// The folder of the runs folder in which studies lie; see [`study`](crate::run::study).
pub const STUDIES: &str = "studies";
/// The file that makes a folder a study.
pub const STUDY: &str = "study.toml";
/// The folder of a study in which its runs lie.
pub const STUDY_RUNS: &str = "runs";

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

/// What [`RunDir::find`](super::RunDir::find) finds a run by.
pub(super) fn name_of(path: &Path) -> String {
    let last = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name = last(path);
    match path.parent().filter(|runs| runs.ends_with(STUDY_RUNS)).and_then(Path::parent) {
        Some(study) if study.join(STUDY).is_file() => format!("{}/{name}", last(study)),
        _ => name,
    }
}
