//! The datasets that can be chosen: the built-in demo, the field's four by name, and whatever else the data folder
//! holds.

use std::path::{Path, PathBuf};

use super::source::{DEMO, DEMO_SEED, Source};
use crate::dataset::csd;
use crate::dataset::demo::DISAGREEMENT;
use crate::dataset::file::bytes::DataFile;
use crate::dataset::file::magic;
use crate::dataset::known::{KNOWN, Known, name_of, stem};

/// Folders below the data folder that are looked into (`MOSI/Processed/...`).
const DEPTH: usize = 3;
/// Most folder entries looked at, so that a wrong data folder cannot keep the console waiting.
const ENTRIES: usize = 4096;

/// All datasets that can be chosen, the demo first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    pub entries: Vec<Entry>,
    /// False where the data folder holds so much that not all of it was looked at.
    pub complete: bool,
}

/// One dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What [`Source::resolve`] takes; unique in the catalogue.
    pub name: String,
    /// One line about it.
    pub about: String,
    pub state: State,
}

/// Whether a dataset can be used, as far as its first bytes tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    BuiltIn,
    /// The file is there.
    Ready {
        path: PathBuf,
        bytes: u64,
    },
    /// No file of it is in the data folder; any of these names would do.
    Missing {
        expected: Vec<String>,
    },
    /// The file is there and cannot be used.
    Bad {
        path: PathBuf,
        reason: String,
    },
}

impl Entry {
    /// What to open; `None` where it is missing or bad.
    pub fn source(&self) -> Option<Source> {
        match &self.state {
            State::BuiltIn => Some(Source::Demo { seed: DEMO_SEED, disagreement: DISAGREEMENT }),
            State::Ready { path, .. } => Some(Source::File(path.clone())),
            State::Missing { .. } | State::Bad { .. } => None,
        }
    }
}

impl Entry {
    /// The file, usable or not.
    pub fn path(&self) -> Option<&Path> {
        match &self.state {
            State::Ready { path, .. } | State::Bad { path, .. } => Some(path),
            State::BuiltIn | State::Missing { .. } => None,
        }
    }
}

/// True where two paths name the same place, however they are written. Two links to one file count as two places, because
/// settings are found by a file's name.
pub fn is_same(a: &Path, b: &Path) -> bool {
    let place = |path: &Path| Some((path.parent()?.canonicalize().ok()?, path.file_name()?.to_owned()));
    a == b
        || place(&std::path::absolute(a).unwrap_or_default())
            .is_some_and(|p| Some(p) == place(&std::path::absolute(b).unwrap_or_default()))
}

impl Catalogue {
    /// Looks at the data folder and at files given by path. Nothing is an error: a folder that is not there holds
    /// nothing.
    pub fn scan(folder: &Path, extra: &[PathBuf]) -> Catalogue {
        let mut files = Vec::new();
        let mut left = ENTRIES;
        find(folder, DEPTH, &mut left, &mut files);
        files.sort();
        let mut entries = vec![Entry {
            name: DEMO.to_owned(),
            about: "made by the program: clips whose modalities disagree in a known way".to_owned(),
            state: State::BuiltIn,
        }];
        for Known { name, about, files: expected, .. } in KNOWN {
            let mut own: Vec<&PathBuf> = files.iter().filter(|p| name_of(relative(p, folder)) == Some(name)).collect();
            // MMSA's own places first, in their order; any other file of that name after, the least deep first.
            own.sort_by_key(|p| {
                (expected.iter().position(|e| p.ends_with(e)).unwrap_or(expected.len()), p.components().count())
            });
            let state = match own.first() {
                Some(&path) => {
                    let path = path.clone();
                    files.retain(|p| *p != path);
                    state_of(path)
                }
                None => {
                    let plain = std::iter::once(format!("{name}.pkl"));
                    State::Missing { expected: plain.chain(expected.map(str::to_owned)).collect() }
                }
            };
            entries.push(Entry { name: name.to_owned(), about: about.to_owned(), state });
        }
        for path in files.into_iter().chain(extra.iter().cloned()) {
            // A file given by its path may also lie in the folder.
            let given = extra.contains(&path);
            if given && entries.iter().filter_map(Entry::path).any(|known| is_same(known, &path)) {
                continue;
            }
            let stem = stem(&path);
            let taken = |name: &str, entries: &[Entry]| entries.iter().any(|e| e.name == name);
            let name = if taken(&stem, &entries) { relative(&path, folder).display().to_string() } else { stem };
            if !taken(&name, &entries) {
                let kind = if path.is_dir() { "folder" } else { "file" };
                let about = format!("the {kind} {}", path.display());
                entries.push(Entry { name, about, state: state_of(path) });
            }
        }
        Catalogue { entries, complete: left > 0 }
    }
}

fn relative<'p>(path: &'p Path, folder: &Path) -> &'p Path {
    path.strip_prefix(folder).unwrap_or(path)
}

fn state_of(path: PathBuf) -> State {
    if csd::is_folder(&path) {
        return State::Ready { bytes: csd::bytes(&path), path };
    }
    let head = DataFile::open(&path).and_then(|file| Ok((file.head(512)?, file.len())));
    match head {
        Ok((head, bytes)) => match magic::other_format(&head, bytes) {
            Some((reason, _)) => State::Bad { path, reason },
            None => State::Ready { path, bytes },
        },
        Err(error) => State::Bad { path, reason: error.to_string() },
    }
}

/// Collects pickles and folders of `.csd` files. Links to folders are not followed, as they could lead round in circles.
fn find(folder: &Path, depth: usize, left: &mut usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
        if kind.is_dir() && csd::is_folder(&path) {
            files.push(path);
        } else if kind.is_dir() && depth > 0 {
            find(&path, depth - 1, left, files);
        } else if is_pickle(&path) && (kind.is_file() || path.is_file()) {
            files.push(path);
        }
    }
}

/// True for the endings of files that hold datasets, also those of compressed ones.
fn is_pickle(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    let name = [".gz", ".xz", ".zst"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    [".pkl", ".pickle", ".npz", ".pt", ".pth", ".joblib"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_shows_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
            path
        };
        put("MOSI/Processed/aligned_50.pkl", &[0x80, 4]);
        let preferred = put("MOSI/Processed/unaligned_50.pkl", &[0x80, 4, b'.']);
        put("sims.pkl", b"version https://git-lfs.github.com/spec/v1\nsize 12\n");
        put("own.pkl", &[0x80, 4]);
        put("notes.txt", b"x");
        // A folder of the SDK is one dataset.
        put("sdk/A_Labels.csd", b"\x89HDF");
        put("sdk/within/other.pkl", &[0x80, 4]);
        let elsewhere = tempfile::tempdir().unwrap();
        let extra = elsewhere.path().join("own.pkl");
        std::fs::write(&extra, [0x80, 4]).unwrap();
        let catalogue = Catalogue::scan(folder.path(), std::slice::from_ref(&extra));
        let names: Vec<&str> = catalogue.entries.iter().map(|e| e.name.as_str()).collect();
        assert_eq!(names[..5], ["demo", "mosi", "mosei", "sims", "simsv2"]);
        assert_eq!(names[5..7], ["aligned_50", "own"]);
        assert_eq!(names[7..], ["sdk", &extra.display().to_string()]);
        assert_eq!(catalogue.entries[7].about, format!("the folder {}", folder.path().join("sdk").display()));
        assert_eq!(catalogue.entries[1].state, State::Ready { path: preferred, bytes: 3 });
        assert!(matches!(&catalogue.entries[2].state, State::Missing { expected } if expected[0] == "mosei.pkl"));
        assert!(matches!(&catalogue.entries[3].state, State::Bad { reason, .. } if reason.contains("Git LFS")));
        assert!(catalogue.complete);
        // A file of the folder, given by its path, is the one that is there, usable or not.
        let again = [folder.path().join("./own.pkl"), folder.path().join("MOSI/../sims.pkl"), extra];
        assert_eq!(Catalogue::scan(folder.path(), &again), catalogue);
        assert!(is_same(&again[0], &folder.path().join("own.pkl")) && !is_same(&again[0], &again[2]));
    }

    #[test]
    fn a_folder_that_is_not_there_holds_nothing() {
        let catalogue = Catalogue::scan(Path::new("/no/such/folder"), &[]);
        assert_eq!(catalogue.entries.len(), 5);
        assert!(catalogue.entries[0].source().is_some() && catalogue.entries[1].source().is_none());
    }
}
