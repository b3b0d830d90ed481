//! Follows `events.jsonl` while another process, perhaps on another machine, appends to it.
//!
//! By polling: file notifications do not cross NFS. The file is opened anew at each poll, which is what makes a network
//! file system look for news. Lines that are torn or damaged, and events that only a later version of the program knows,
//! are skipped and counted.

use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::FileError;
use super::sealed::{Damage, Sequence};
use super::view::RunView;
use crate::files;
use crate::training::events::Event;

/// Why a poll brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// The next poll reads from the beginning: empty your view first.
    #[error("{path} was cut short or replaced; reading it from the beginning")]
    Restarted { path: PathBuf },
    /// It was there at an earlier poll.
    #[error("{path} is gone: the run directory was deleted or moved")]
    Gone { path: PathBuf },
    /// Worth another try at the next poll.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Bytes read at a poll, at most.
const CHUNK: u64 = 1 << 20;
/// The longest line that is taken; one that is longer is damage.
const LONGEST_LINE: usize = 1 << 20;
/// How many polls a zero byte is waited for to become text. NFS clients can see a file's new length before its content.
const PATIENCE: u32 = 25;

/// The reading end of a run's events.
#[derive(Debug)]
pub struct EventTail {
    path: PathBuf,
    /// Bytes taken from the file.
    offset: u64,
    /// The beginning of a line whose end is not yet written.
    partial: Vec<u8>,
    /// Inside a line that is too long.
    skipping: bool,
    identity: Option<(u64, u64)>,
    caught_up: bool,
    sequence: Sequence,
    unreadable: u64,
    unknown: u64,
    zeros_seen: u32,
}

impl EventTail {
    /// Begins at the start of the file, which need not exist yet.
    pub fn open(path: impl Into<PathBuf>) -> EventTail {
        EventTail {
            path: path.into(),
            offset: 0,
            partial: Vec::new(),
            skipping: false,
            identity: None,
            caught_up: false,
            sequence: Sequence::default(),
            unreadable: 0,
            unknown: 0,
            zeros_seen: 0,
        }
    }

    /// The events that were appended since the last poll, at most about a mebibyte of them: poll again at once until
    /// [`caught_up`](Self::caught_up). A file that does not exist yet has no events.
    ///
    /// # Errors
    /// See [`TailError`]; polling may go on after each of them.
    pub fn poll(&mut self) -> Result<Vec<Event>, TailError> {
        let mut chunk = match self.read_chunk() {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Ok(Vec::new()),
            Err(e) => {
                self.caught_up = true;
                return Err(e);
            }
        };
        if let Some(at) = chunk.iter().position(|&b| b == 0)
            && self.zeros_seen < PATIENCE
        {
            self.zeros_seen += 1;
            chunk.truncate(at);
            self.caught_up = true;
        } else {
            self.zeros_seen = 0;
        }
        self.offset += chunk.len() as u64;
        Ok(self.take(&chunk))
    }

    /// The next bytes; `None` where there is no file yet.
    fn read_chunk(&mut self) -> Result<Option<Vec<u8>>, TailError> {
        let fault = |e: io::Error| TailError::File(FileError::new("read", &self.path)(e));
        let mut file = match files::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                self.caught_up = true;
                return match self.identity {
                    None => Ok(None),
                    Some(_) => Err(TailError::Gone { path: self.path.clone() }),
                };
            }
            Err(e) => return Err(fault(e)),
        };
        let metadata = file.metadata().map_err(fault)?;
        let identity = (metadata.dev(), metadata.ino());
        if self.identity.is_some_and(|known| known != identity) || metadata.len() < self.offset {
            let fresh = EventTail::open(&self.path);
            *self = EventTail { unreadable: self.unreadable, unknown: self.unknown, ..fresh };
            return Err(TailError::Restarted { path: self.path.clone() });
        }
        self.identity = Some(identity);
        let mut chunk = Vec::new();
        file.seek(SeekFrom::Start(self.offset))
            .and_then(|_| file.take(CHUNK).read_to_end(&mut chunk))
            .map_err(fault)?;
        self.caught_up = (chunk.len() as u64) < CHUNK;
        Ok(Some(chunk))
    }

    fn take(&mut self, chunk: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|&b| b == b'\n') {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            if std::mem::take(&mut self.skipping) {
                self.sequence.skip();
                self.unreadable += 1;
            } else if self.partial.is_empty() {
                self.parse(line, &mut events);
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                self.parse(&whole, &mut events);
            }
        }
        if !self.skipping {
            self.partial.extend_from_slice(rest);
            if self.partial.len() > LONGEST_LINE {
                self.partial = Vec::new();
                self.skipping = true;
            }
        }
        events
    }

    fn parse(&mut self, line: &[u8], events: &mut Vec<Event>) {
        if line.trim_ascii().is_empty() {
            return;
        }
        if !self.sequence.take(line) {
            self.unreadable += 1;
            return;
        }
        match serde_json::from_slice::<Event>(line) {
            Ok(event) => events.push(event),
            Err(_) if names_an_event(line) => self.unknown += 1,
            Err(_) => self.unreadable += 1,
        }
    }

    /// True when the last poll reached the end of what is written (or failed).
    pub fn caught_up(&self) -> bool {
        self.caught_up
    }

    /// What is wrong with the lines read so far.
    pub fn damage(&self) -> Damage {
        Damage { unended: u64::from(!self.partial.is_empty()), ..self.sequence.damage() }
    }

    /// Lines skipped because they were torn, damaged or there before.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Lines skipped because this version of the program does not know what they say.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// Bytes of the file taken so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Everything that a file of events says now.
///
/// # Errors
/// As [`EventTail::poll`]; a file that does not exist says nothing, which is no error.
pub fn read_view(path: &Path) -> Result<RunView, TailError> {
    let (mut view, mut tail) = (RunView::default(), EventTail::open(path));
    loop {
        tail.poll()?.iter().for_each(|e| view.apply(e));
        if tail.caught_up() {
            view.damage = tail.damage();
            return Ok(view);
        }
    }
}

/// A whole JSON object that says which event it is.
fn names_an_event(line: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Named {
        #[serde(rename = "event")]
        _event: String,
    }
    serde_json::from_slice::<Named>(line).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    use proptest::prelude::*;

    use crate::run::recorder::tests::step;

    fn line(n: u64) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(&step(n)).unwrap();
        bytes.push(b'\n');
        bytes
    }

    fn append(path: &Path, bytes: &[u8]) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(bytes).unwrap();
    }

    #[test]
    fn a_file_that_comes_grows_byte_by_byte_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let mut tail = EventTail::open(&path);
        assert!(tail.poll().unwrap().is_empty() && tail.caught_up());
        let mut seen = Vec::new();
        for byte in [line(1), line(2)].concat() {
            append(&path, &[byte]);
            seen.extend(tail.poll().unwrap());
        }
        assert_eq!(seen, [step(1), step(2)]);
        assert!(tail.poll().unwrap().is_empty());
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(tail.poll(), Err(TailError::Gone { .. })));
    }

    #[test]
    fn damage_and_the_future_are_skipped_and_counted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        append(&path, &line(1));
        append(&path, b"{\"time\":1,\"stage\":null,\"epoch\":0,\"step\":0,\"event\":\"teleported\",\"to\":3}\n");
        append(&path, b"{\"time\":1,\"sta\n\xff\xfe\n\n[[[[\n");
        append(&path, &line(2));
        let mut tail = EventTail::open(&path);
        assert_eq!(tail.poll().unwrap(), [step(1), step(2)]);
        assert_eq!((tail.unknown(), tail.unreadable()), (1, 3));
    }

    #[test]
    fn a_file_cut_short_or_replaced_starts_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        append(&path, &[line(1), line(2)].concat());
        let mut tail = EventTail::open(&path);
        tail.poll().unwrap();
        std::fs::write(&path, line(3)).unwrap();
        assert!(matches!(tail.poll(), Err(TailError::Restarted { .. })));
        assert_eq!(tail.poll().unwrap(), [step(3)]);
        let other = dir.path().join("other");
        append(&other, &[line(4), line(5), line(6)].concat());
        std::fs::rename(&other, &path).unwrap();
        assert!(matches!(tail.poll(), Err(TailError::Restarted { .. })));
        assert_eq!(tail.poll().unwrap().len(), 3);
    }

    #[test]
    fn memory_is_bounded_for_any_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let long = vec![b'x'; 3 << 20];
        append(&path, &long);
        append(&path, b"\n");
        append(&path, &line(1));
        let mut tail = EventTail::open(&path);
        let mut seen = Vec::new();
        while !tail.caught_up() {
            seen.extend(tail.poll().unwrap());
            assert!(tail.partial.len() <= LONGEST_LINE);
        }
        assert_eq!(seen, [step(1)]);
        assert_eq!(tail.unreadable(), 1);
    }

    #[test]
    fn zeros_are_waited_for_and_then_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let (one, two) = (line(1), line(2));
        append(&path, &[&one[..], &vec![0; two.len()]].concat());
        let mut tail = EventTail::open(&path);
        assert_eq!(tail.poll().unwrap(), [step(1)]);
        assert!(tail.poll().unwrap().is_empty());
        // The content arrives late, at the same place.
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, &two, one.len() as u64).unwrap();
        assert_eq!(tail.poll().unwrap(), [step(2)]);
        append(&path, &[&[0; 40][..], b"\n", &line(3)].concat());
        let mut seen = Vec::new();
        for _ in 0..=PATIENCE {
            seen.extend(tail.poll().unwrap());
        }
        assert_eq!((seen, tail.unreadable()), (vec![step(3)], 1));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..2000), cut in 0usize..2000) {
            let mut tail = EventTail::open("unused");
            let cut = cut.min(bytes.len());
            tail.take(&bytes[..cut]);
            tail.take(&bytes[cut..]);
            tail.take(b"\n");
            prop_assert_eq!(tail.take(&line(1)), vec![step(1)]);
        }
    }
}
