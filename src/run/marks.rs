//! `marks.jsonl`: what people marked and noted about rows while they reviewed them, one line a mark, appended only, each
//! with its number and checksum (see sealed.rs). The last line about a row holds; a torn or damaged line is skipped.
//!
//! Several consoles may write at once: each line is appended whole under the file's lock, and every reader follows the
//! file, so nobody's marks are lost and everybody sees them.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::FileError;
use super::patience::lock;
use super::sealed::{self, Damage, Sequence};
use crate::files;

/// The longest note that is taken, in bytes.
pub const LONGEST_NOTE: usize = 4096;
/// The longest line that is read; a longer one is damage.
const LONGEST_LINE: usize = 64 << 10;
/// Bytes read at a time.
const CHUNK: u64 = 1 << 20;

/// What somebody marked and noted about one row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Position in the label table, from 0: train, valid, test.
    pub row: u32,
    /// The clip's id, for people who read the file.
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub reviewed: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// RFC 3339, UTC.
    #[serde(default)]
    pub time: String,
}

/// The marks of a run, by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    by_row: HashMap<u32, Mark>,
    reviewed: usize,
    noted: usize,
    damage: Damage,
}

impl Marks {
    pub fn get(&self, row: u32) -> Option<&Mark> {
        self.by_row.get(&row)
    }

    /// Number of rows that are marked or noted.
    pub fn len(&self) -> usize {
        self.by_row.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_row.is_empty()
    }

    /// Rows that are reviewed.
    pub fn reviewed(&self) -> usize {
        self.reviewed
    }

    /// Rows with a note.
    pub fn noted(&self) -> usize {
        self.noted
    }

    /// What is wrong with the lines that were read.
    pub fn damage(&self) -> Damage {
        self.damage
    }

    fn insert(&mut self, mark: Mark) {
        let counts = |m: &Mark| (usize::from(m.reviewed), usize::from(!m.note.is_empty()));
        if let Some(before) = self.by_row.remove(&mark.row) {
            let (reviewed, noted) = counts(&before);
            (self.reviewed, self.noted) = (self.reviewed - reviewed, self.noted - noted);
        }
        let (reviewed, noted) = counts(&mark);
        (self.reviewed, self.noted) = (self.reviewed + reviewed, self.noted + noted);
        if reviewed + noted > 0 {
            self.by_row.insert(mark.row, mark);
        }
    }

    /// Reads all marks of a run directory; none where there is no file yet.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn read(path: &Path) -> Result<Marks, FileError> {
        let mut reader = MarksReader::open(path);
        while reader.poll()? {}
        let unended = u64::from(!reader.partial.is_empty());
        reader.marks.damage = Damage { unended, ..reader.sequence.damage() };
        Ok(reader.marks)
    }
}

impl FromIterator<Mark> for Marks {
    fn from_iter<T: IntoIterator<Item = Mark>>(all: T) -> Self {
        let mut marks = Marks::default();
        all.into_iter().for_each(|m| marks.insert(m));
        marks
    }
}

/// Appends a mark. A line that a crash left torn is ended first, so that it spoils nothing but itself.
///
/// # Errors
/// The file cannot be opened or written: a read-only directory, a full disk.
pub fn append(path: &Path, mark: &Mark) -> Result<(), FileError> {
    let result = (|| {
        let mut file = files::open_to_append(path)?;
        lock(&file)?;
        let mut line = serde_json::to_vec(mark).map_err(io::Error::other)?;
        sealed::seal(&mut line, sealed::next_number(&mut file)?);
        line.push(b'\n');
        let length = file.seek(SeekFrom::End(0))?;
        if length > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != [b'\n'] {
                line.insert(0, b'\n');
            }
        }
        file.write_all(&line)?;
        file.sync_data()
    })();
    result.map_err(FileError::new("write", path))
}

/// Follows the file as this and other processes append to it.
#[derive(Debug)]
pub struct MarksReader {
    path: PathBuf,
    offset: u64,
    partial: Vec<u8>,
    skipping: bool,
    sequence: Sequence,
    marks: Marks,
}

impl MarksReader {
    /// Begins at the start of the file, which need not exist yet.
    pub fn open(path: impl Into<PathBuf>) -> MarksReader {
        MarksReader {
            path: path.into(),
            offset: 0,
            partial: Vec::new(),
            skipping: false,
            sequence: Sequence::default(),
            marks: Marks::default(),
        }
    }

    /// What the lines read so far say.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Reads what was appended, at most a megabyte at a time; true where there was something.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn poll(&mut self) -> Result<bool, FileError> {
        let failed = |e| FileError::new("read", &self.path)(e);
        // Opened anew each time: that makes a network file system look for news.
        let mut file = match files::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(self.forget()),
            Err(e) => return Err(failed(e)),
        };
        let length = file.metadata().map_err(failed)?.len();
        if length < self.offset {
            // Cut short or replaced by hand: from the beginning.
            self.forget();
            return Ok(true);
        }
        if length == self.offset {
            return Ok(false);
        }
        file.seek(SeekFrom::Start(self.offset)).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(CHUNK).read_to_end(&mut bytes).map_err(failed)?;
        self.offset += bytes.len() as u64;
        self.take(&bytes);
        Ok(!bytes.is_empty())
    }

    /// True where there was something to forget.
    fn forget(&mut self) -> bool {
        let had = self.offset > 0;
        *self = MarksReader::open(std::mem::take(&mut self.path));
        had
    }

    fn take(&mut self, bytes: &[u8]) {
        let mut pieces = bytes.split(|b| *b == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            if !self.skipping {
                self.partial.extend_from_slice(piece);
                self.skipping = self.partial.len() > LONGEST_LINE;
            }
            if pieces.peek().is_some() {
                if self.skipping {
                    self.sequence.skip();
                } else if !self.partial.is_empty()
                    && self.sequence.take(&self.partial)
                    && let Ok(mut mark) = serde_json::from_slice::<Mark>(&self.partial)
                {
                    let mut end = mark.note.len().min(LONGEST_NOTE);
                    while !mark.note.is_char_boundary(end) {
                        end -= 1;
                    }
                    mark.note.truncate(end);
                    self.marks.insert(mark);
                }
                self.partial.clear();
                self.skipping = false;
                self.marks.damage = self.sequence.damage();
            } else if self.skipping {
                self.partial.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::run::patience::PATIENCE;

    fn mark(row: u32, reviewed: bool, note: &str) -> Mark {
        Mark { row, id: format!("c{row}"), reviewed, note: note.into(), time: "2026-01-01T00:00:00Z".into() }
    }

    #[test]
    fn the_last_line_about_a_row_holds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("marks.jsonl");
        assert_eq!(Marks::read(&path).unwrap(), Marks::default());
        for m in [mark(3, true, ""), mark(5, false, "电影\n\"quoted\""), mark(3, false, "why?"), mark(7, true, "x")] {
            append(&path, &m).unwrap();
        }
        append(&path, &mark(7, false, "")).unwrap();
        let marks = Marks::read(&path).unwrap();
        assert_eq!(marks, [mark(3, false, "why?"), mark(5, false, "电影\n\"quoted\"")].into_iter().collect());
        assert_eq!((marks.reviewed(), marks.get(7)), (0, None));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 5, "nothing is ever taken back");
    }

    #[test]
    fn a_torn_line_spoils_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("marks.jsonl");
        append(&path, &mark(1, true, "a")).unwrap();
        append(&path, &mark(2, true, "b")).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let before = Marks::read(&path).unwrap().len();
            append(&path, &mark(9, true, "")).unwrap();
            let after = Marks::read(&path).unwrap();
            assert!(after.get(9).is_some() && after.len() > before, "cut at {cut}");
        }
        std::fs::write(
            &path,
            [&[0xff, 0, b'\n'][..], b"[]\n{\"row\":-1}\n{}\n", &vec![b'x'; 200_000], b"\n", &whole].concat(),
        )
        .unwrap();
        // Lines that are none have no number, and so what follows is not where it should be: told, and read all the same.
        let read = Marks::read(&path).unwrap();
        assert!(read.damage().damaged + read.damage().torn > 0, "{:?}", read.damage());
    }

    #[test]
    fn two_writers_at_once_lose_nothing_and_a_reader_follows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("marks.jsonl");
        let mut reader = MarksReader::open(&path);
        assert!(!reader.poll().unwrap());
        std::thread::scope(|s| {
            for half in 0..2 {
                let path = &path;
                s.spawn(move || (0..50).for_each(|i| append(path, &mark(2 * i + half, true, "note")).unwrap()));
            }
        });
        while reader.poll().unwrap() {}
        assert_eq!(reader.marks().reviewed(), 100);
        std::fs::write(&path, "").unwrap();
        assert!(reader.poll().unwrap() && reader.marks() == &Marks::default());
        std::fs::remove_file(&path).unwrap();
        assert!(!reader.poll().unwrap());
    }

    #[test]
    fn a_lock_that_is_not_let_go_is_given_up_on_and_one_that_is_was_worth_waiting_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("marks.jsonl");
        let holder = File::create(&path).unwrap();
        holder.lock().unwrap();
        let error = append(&path, &mark(1, true, "")).unwrap_err().to_string();
        assert!(error.contains("another program has held its lock"), "{error}");
        assert!(Marks::read(&path).unwrap().is_empty());
        let late = std::thread::spawn(move || {
            std::thread::sleep(PATIENCE / 20);
            drop(holder);
        });
        append(&path, &mark(1, true, "")).unwrap();
        late.join().unwrap();
        assert_eq!(Marks::read(&path).unwrap().reviewed(), 1);
    }

    #[test]
    fn a_folder_that_refuses_is_named() {
        let error = append(Path::new("/proc/marks.jsonl"), &mark(1, true, "")).unwrap_err();
        assert!(error.to_string().contains("cannot write /proc/marks.jsonl"), "{error}");
    }
}
