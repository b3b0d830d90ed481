//! `tags.toml`: how people call and group a run. It lies in the run directory and travels with it.
//!
//! ```toml
//! tags = ["baseline", "paper"]
//! note = "with the old text features"
//! ```
//!
//! Several consoles and commands may change it at once: each reads and replaces it under a lock on the run directory, and
//! says what it adds and takes away rather than what is to stand there, so nobody's tags are lost.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::patience::lock;
use super::{FileError, write_atomically};
use crate::files;

/// The file's name in the run directory.
pub const FILE: &str = "tags.toml";
/// The longest file that is read, in bytes.
const LONGEST: u64 = 64 << 10;
/// The most tags of one run.
pub const MOST: usize = 32;
/// The longest tag, in characters.
const LONGEST_TAG: usize = 32;
/// The longest note, in bytes.
pub const LONGEST_NOTE: usize = 4096;

/// What is wrong with tags or their file.
#[derive(Debug, thiserror::Error)]
pub enum TagsError {
    #[error("\"{tag}\" cannot be a tag: {reason}; use 1 to 32 letters, digits, '.', '_' or '-', for example baseline")]
    Tag { tag: String, reason: &'static str },
    #[error("expected at most {MOST} tags of a run, found {found}")]
    Many { found: usize },
    #[error("expected a note of at most {LONGEST_NOTE} bytes, found {found}")]
    Note { found: usize },
    #[error("{path}: {message}; mend it or remove it")]
    Format { path: PathBuf, message: String },
    #[error(transparent)]
    File(#[from] FileError),
}

/// Tags and note of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tags {
    pub tags: BTreeSet<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Checks a word that is to be a tag: it stands in commands and in searches.
///
/// # Errors
/// [`TagsError::Tag`] with the rule that is broken.
pub fn check(tag: &str) -> Result<(), TagsError> {
    let refuse = |reason| Err(TagsError::Tag { tag: tag.chars().take(80).collect(), reason });
    if tag.is_empty() {
        return refuse("it is empty");
    }
    if tag.chars().count() > LONGEST_TAG {
        return refuse("it is longer than 32 characters");
    }
    if tag.starts_with(['.', '-']) {
        return refuse("it begins with '.' or '-'");
    }
    if !tag.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-')) {
        return refuse("it holds other characters");
    }
    Ok(())
}

/// Reads the tags of a run directory; none where there is no file.
///
/// # Errors
/// A file that cannot be read, or that is none of tags.
pub fn read(run: &Path) -> Result<Tags, TagsError> {
    let path = run.join(FILE);
    let text = match files::read_text(&path, LONGEST) {
        Ok(text) => text,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Tags::default());
        }
        Err(e) => return Err(FileError::new("read", &path)(e).into()),
    };
    toml::from_str(&text).map_err(|e: toml::de::Error| TagsError::Format { path, message: e.message().to_owned() })
}

/// Changes the tags of a run directory under its lock, and returns what stands there now.
///
/// # Errors
/// `change` makes tags that are not allowed, the file is damaged, or the folder cannot be written to.
pub fn change(run: &Path, change: impl FnOnce(&mut Tags)) -> Result<Tags, TagsError> {
    // The file itself is replaced, so the lock lies on the folder; it goes with the descriptor.
    let folder = File::open(run).map_err(FileError::new("open", run))?;
    lock(&folder).map_err(FileError::new("lock", run))?;
    let mut tags = read(run)?;
    change(&mut tags);
    tags.tags.iter().try_for_each(|tag| check(tag))?;
    if tags.tags.len() > MOST {
        return Err(TagsError::Many { found: tags.tags.len() });
    }
    // A note is one line.
    tags.note = tags.note.split_whitespace().collect::<Vec<_>>().join(" ");
    if tags.note.len() > LONGEST_NOTE {
        return Err(TagsError::Note { found: tags.note.len() });
    }
    let path = run.join(FILE);
    let text = toml::to_string(&tags).map_err(|e| TagsError::Format { path: path.clone(), message: e.to_string() })?;
    write_atomically(&path, |w| w.write_all(text.as_bytes()))?;
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_note_come_back_and_many_writers_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), Tags::default());
        std::thread::scope(|scope| {
            for n in 0..8 {
                let run = dir.path();
                scope.spawn(move || {
                    for k in 0..4 {
                        change(run, |t| _ = t.tags.insert(format!("t{n}-{k}"))).unwrap();
                    }
                });
            }
        });
        change(dir.path(), |t| t.note = " two\nlines ".into()).unwrap();
        let tags = read(dir.path()).unwrap();
        assert_eq!((tags.tags.len(), tags.note.as_str()), (32, "two lines"));
    }

    #[test]
    fn what_is_no_tag_and_too_much_is_refused_and_nothing_changes() {
        let dir = tempfile::tempdir().unwrap();
        change(dir.path(), |t| _ = t.tags.insert("基线".into())).unwrap();
        for bad in ["", "a b", "-a", ".a", "a\u{1b}", "a,b", &"x".repeat(33)] {
            let error = change(dir.path(), |t| _ = t.tags.insert(bad.into())).unwrap_err();
            assert!(matches!(error, TagsError::Tag { .. }), "{bad}: {error}");
        }
        let many = change(dir.path(), |t| t.tags.extend((0..40).map(|i| i.to_string())));
        assert!(matches!(many, Err(TagsError::Many { found: 41 })), "{many:?}");
        let long = change(dir.path(), |t| t.note = "x".repeat(5000));
        assert!(matches!(long, Err(TagsError::Note { found: 5000 })));
        assert_eq!(read(dir.path()).unwrap().tags.len(), 1);
    }

    #[test]
    fn a_damaged_file_is_named_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), "tags = 3").unwrap();
        let text = change(dir.path(), |t| t.note = "x".into()).unwrap_err().to_string();
        assert!(text.contains("tags.toml") && text.contains("mend it"), "{text}");
        assert_eq!(std::fs::read_to_string(dir.path().join(FILE)).unwrap(), "tags = 3");
    }
}
