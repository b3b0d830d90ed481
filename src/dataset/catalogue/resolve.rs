//! Which dataset a name stands for: one of the catalogue, a file of the data folder, or a path.

use std::path::{Path, PathBuf};

use super::entries::{Catalogue, State};
use super::source::{DEMO, DEMO_SEED, Source};
use crate::dataset::csd;
use crate::dataset::demo::DISAGREEMENT;
use crate::dataset::error::DatasetError;
use crate::nearest;

/// The folder where datasets are looked for: `MUG_DATA_DIR`, else `mug/data` in the user's data folder.
pub fn data_folder() -> PathBuf {
    match std::env::var_os("MUG_DATA_DIR") {
        Some(folder) if !folder.is_empty() => folder.into(),
        _ => match directories::BaseDirs::new() {
            Some(dirs) => dirs.data_dir().join("mug").join("data"),
            // Without a home folder only the current one is left.
            None => PathBuf::from("data"),
        },
    }
}

/// The demo that a name stands for: `demo`, `demo:SEED` or `demo:SEED:PERCENT`.
fn demo_of(name: &str) -> Option<Source> {
    if name == DEMO {
        return Some(Source::Demo { seed: DEMO_SEED, disagreement: DISAGREEMENT });
    }
    let rest = name.strip_prefix(DEMO)?.strip_prefix(':')?;
    let (seed, disagreement) = match rest.split_once(':') {
        Some((seed, percent)) => (seed, percent.parse().ok().filter(|p| *p <= 100)?),
        None => (rest, DISAGREEMENT),
    };
    Some(Source::Demo { seed: seed.parse().ok()?, disagreement })
}

impl Source {
    /// Finds what a name stands for: `demo`, `demo:SEED`, `demo:SEED:PERCENT` (of clips whose modalities disagree), a name that
    /// the catalogue shows (`mosi`, a file of the data
    /// folder by its stem), else a path, also relative to the data folder.
    ///
    /// # Errors
    /// Nothing of this name is there; the message says what was looked for.
    pub fn resolve(name_or_path: &str, folder: &Path) -> Result<Source, DatasetError> {
        if let Some(demo) = demo_of(name_or_path) {
            return Ok(demo);
        }
        let path = Path::new(name_or_path);
        let looks_like_path = path.components().count() > 1 || path.extension().is_some();
        if looks_like_path && path.exists() {
            return Ok(Source::File(path.to_owned()));
        }
        let catalogue = Catalogue::scan(folder, &[]);
        if let Some(entry) = catalogue.entries.iter().find(|e| e.name == name_or_path) {
            return match (&entry.state, entry.source()) {
                (_, Some(source)) => Ok(source),
                (State::Missing { expected }, None) => Err(DatasetError::Missing {
                    name: name_or_path.to_owned(),
                    folder: folder.to_owned(),
                    expected: expected.join(" or "),
                }),
                (State::Bad { path, reason }, None) => Err(DatasetError::NotData {
                    path: path.clone(),
                    found: reason.clone(),
                    hint: "replace the file".to_owned(),
                }),
                (State::Ready { .. } | State::BuiltIn, None) => Err(unknown(name_or_path, folder, &catalogue)),
            };
        }
        let candidates = [path.to_owned(), folder.join(path), folder.join(format!("{name_or_path}.pkl"))];
        match candidates.into_iter().find(|p| p.is_file() || csd::is_folder(p)) {
            Some(path) => Ok(Source::File(path)),
            None => Err(unknown(name_or_path, folder, &catalogue)),
        }
    }
}

fn unknown(name: &str, folder: &Path, catalogue: &Catalogue) -> DatasetError {
    let known: Vec<&str> = catalogue.entries.iter().take(20).map(|e| e.name.as_str()).collect();
    let meant = nearest::meant(name, known.iter().copied());
    DatasetError::Unknown { name: name.to_owned(), meant, known: known.join(", "), folder: folder.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_resolve() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mosi_small.pkl");
        std::fs::write(&file, [0x80, 4]).unwrap();
        std::fs::write(folder.path().join("other.pkl"), [0x80, 4]).unwrap();
        let of = |name: &str| Source::resolve(name, folder.path());
        assert_eq!(of("demo").unwrap(), Source::Demo { seed: DEMO_SEED, disagreement: DISAGREEMENT });
        assert_eq!(of("demo:7:15").unwrap(), Source::Demo { seed: 7, disagreement: 15 });
        for name in ["demo:7", "demo:7:0", "demo:1:15", "demo"] {
            assert_eq!(of(name).unwrap().display_name(), name);
        }
        assert!(of("demo:7:101").is_err() && of("demo:x").is_err() && of("demo:1:").is_err());
        assert_eq!(of("demo:9").unwrap().display_name(), "demo:9");
        assert_eq!(of("mosi").unwrap(), Source::File(file.clone()));
        assert_eq!(of(file.to_str().unwrap()).unwrap(), Source::File(file.clone()));
        for name in ["other", "other.pkl"] {
            assert_eq!(of(name).unwrap(), Source::File(folder.path().join("other.pkl")));
        }
        assert_eq!(of("mosi").unwrap().catalogue_name(), Some("mosi"));
        assert_eq!(of("other").unwrap().catalogue_name(), None);
    }

    #[test]
    fn what_is_not_there_is_explained() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Source::resolve("sims", folder.path()).unwrap_err().to_string();
        assert!(missing.contains("unaligned_39.pkl") && missing.contains("MUG_DATA_DIR"), "{missing}");
        let unknown = Source::resolve("simz", folder.path()).unwrap_err().to_string();
        assert!(unknown.contains("simz") && unknown.contains("demo, mosi"), "{unknown}");
        assert!(unknown.ends_with("; did you mean sims?"), "{unknown}");
    }
}
