//! What was read of files, kept for as long as the files stay as they were: a list of thousands of runs then costs a look
//! at each file's length and time, and reads only what changed.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{FileError, write_atomically};
use crate::digest::{Sign, Stamp};
use crate::files;

/// The longest index that is read, in bytes: some hundred thousand entries.
const LONGEST: u64 = 256 << 20;

/// Length and time of some files; `None` for one that is not there. Taken before the files are read, so that what changes
/// meanwhile is read again the next time.
pub fn stamps<const N: usize>(folder: &Path, files: [&str; N]) -> Vec<Option<Stamp>> {
    files.iter().map(|file| Sign::of(&folder.join(file)).ok().map(|sign| sign.stamp)).collect()
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry<T> {
    stamps: Vec<Option<Stamp>>,
    value: T,
    /// Asked for since [`Stamped::forget_others`].
    #[serde(skip)]
    asked: bool,
}

/// Values by key, each with the stamps of the files that it was read from.
#[derive(Debug)]
pub struct Stamped<T> {
    entries: HashMap<String, Entry<T>>,
    read: usize,
}

/// The form of the index file; another one is as good as none.
#[derive(Serialize, Deserialize)]
struct Index<E> {
    version: String,
    entries: E,
}

impl<T> Default for Stamped<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), read: 0 }
    }
}

impl<T> Stamped<T> {
    /// True where a key's value is known, the stamps are the same and `holds` says so.
    pub fn knows(&self, key: &str, stamps: &[Option<Stamp>], holds: impl FnOnce(&T) -> bool) -> bool {
        self.entries.get(key).is_some_and(|e| e.stamps == stamps && holds(&e.value))
    }

    /// The value of a key: the one that is known where the stamps are the same and `holds` says so, else what `read` finds.
    /// What cannot be read is not remembered.
    pub fn get(
        &mut self,
        key: &str,
        stamps: Vec<Option<Stamp>>,
        holds: impl FnOnce(&T) -> bool,
        read: impl FnOnce() -> Option<T>,
    ) -> Option<&T> {
        if !self.knows(key, &stamps, holds) {
            self.read += 1;
            match read() {
                Some(value) => self.entries.insert(key.to_owned(), Entry { stamps, value, asked: true }),
                None => self.entries.remove(key),
            };
        }
        let entry = self.entries.get_mut(key)?;
        entry.asked = true;
        Some(&entry.value)
    }

    /// Forgets what was not asked for since the last time: its files are gone. Returns how many values were read meanwhile.
    pub fn forget_others(&mut self) -> usize {
        self.entries.retain(|_, e| std::mem::take(&mut e.asked));
        std::mem::take(&mut self.read)
    }
}

impl<T: Serialize + DeserializeOwned> Stamped<T> {
    /// What an index file holds; nothing where it is not there, damaged, or of another version of the program.
    pub fn read_index(path: &Path) -> Self {
        let bytes = files::read(path, LONGEST).unwrap_or_default();
        match serde_json::from_slice::<Index<HashMap<String, Entry<T>>>>(&bytes) {
            Ok(index) if index.version == version() => Self { entries: index.entries, read: 0 },
            _ => Self::default(),
        }
    }

    /// Writes the index file.
    ///
    /// # Errors
    /// The folder cannot be written to: then files are read again the next time.
    pub fn write_index(&self, path: &Path) -> Result<(), FileError> {
        let index = Index { version: version(), entries: &self.entries };
        write_atomically(path, |w| serde_json::to_writer(w, &index).map_err(io::Error::other))
    }
}

/// Of the index file: grows with the values' form.
fn version() -> String {
    format!("{}-3", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_again_only_when_it_changed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        std::fs::write(&file, "one").unwrap();
        let mut known = Stamped::<String>::default();
        let get = |known: &mut Stamped<String>| {
            let stamps = stamps(dir.path(), ["a", "b"]);
            known.get("a", stamps, |_| true, || std::fs::read_to_string(&file).ok()).cloned()
        };
        assert_eq!(get(&mut known).as_deref(), Some("one"));
        assert_eq!(get(&mut known).as_deref(), Some("one"));
        assert_eq!(known.forget_others(), 1);
        std::fs::write(&file, "three").unwrap();
        assert_eq!(get(&mut known).as_deref(), Some("three"));
        std::fs::write(dir.path().join("b"), "").unwrap();
        get(&mut known);
        assert_eq!(known.forget_others(), 2, "another file came");
        assert_eq!(known.get("a", vec![], |_| true, || None), None);
        known.get("c", vec![], |_| true, || Some("c".into()));
        assert_eq!(known.get("c", vec![], |_| false, || Some("d".into())).map(String::as_str), Some("d"));
    }

    #[test]
    fn an_index_comes_back_and_a_damaged_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".index.json");
        let mut known = Stamped::<u32>::default();
        known.get("a", stamps(dir.path(), ["x"]), |_| true, || Some(7));
        known.write_index(&path).unwrap();
        let mut again = Stamped::<u32>::read_index(&path);
        assert_eq!(again.get("a", stamps(dir.path(), ["x"]), |_| true, || None), Some(&7));
        for bad in ["", "{", "{\"version\":\"0\",\"entries\":{}}", "[1]"] {
            std::fs::write(&path, bad).unwrap();
            let mut none = Stamped::<u32>::read_index(&path);
            assert_eq!(none.get("a", vec![None], |_| true, || None), None, "{bad}");
        }
    }

    #[test]
    fn what_is_asked_for_no_more_is_forgotten() {
        let mut known = Stamped::<u32>::default();
        known.get("a", vec![], |_| true, || Some(1));
        known.get("b", vec![], |_| true, || Some(2));
        known.forget_others();
        known.get("b", vec![], |_| true, || None);
        known.forget_others();
        assert_eq!(known.get("a", vec![], |_| true, || None), None);
        assert_eq!(known.get("b", vec![], |_| true, || None), Some(&2));
    }
}
