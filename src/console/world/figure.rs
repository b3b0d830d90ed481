//! Drawing figures.

use std::path::{Path, PathBuf};

use crate::report::figure;
use crate::report::figure::Request;
use crate::run::FileError;
use crate::run::directory::RunDir;

/// Pixels to the px of a PNG.
const SCALE: f64 = 3.0;

/// Draws the figure to a file; on a thread of its own. Returns what to say.
///
/// # Errors
/// As [`figure::write`], in words.
pub fn draw(run: &Path, request: &Request, path: PathBuf) -> Result<String, String> {
    let dir = RunDir::open(run).map_err(|e| e.to_string())?;
    let own = dir.path().join("figures");
    // The run's own folder is made when it is first needed; others have to be there.
    if path.parent() == Some(&own) && !own.is_dir() {
        std::fs::create_dir(&own).map_err(|e| FileError::new("make the folder", &own)(e).to_string())?;
    }
    let notes = figure::figure(&dir, request)
        .and_then(|figure| figure::write(figure, &path, SCALE))
        .map_err(|e| e.to_string())?;
    let mut words = format!("drawn: {}", path.display());
    for note in notes {
        words += &format!("; {note}");
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure;

    #[test]
    fn the_runs_own_folder_is_made_and_others_are_not() {
        let (root, dir) = crate::report::fixture::finished("a", &[]);
        let path = dir.path().join("figures/x.svg");
        assert!(draw(dir.path(), &Request::new(&figure::LOSSES), path.clone()).unwrap().starts_with("drawn: "));
        assert!(path.is_file());
        let error = draw(dir.path(), &Request::new(&figure::LOSSES), root.path().join("none/x.svg")).unwrap_err();
        assert!(error.contains("cannot write"), "{error}");
    }
}
