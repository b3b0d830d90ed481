//! Appends events to `events.jsonl`; corrected labels, representations and predictions go to files of their own.
//!
//! Everything queued is written at each [`flush`](Recorder::flush), and what could not be written stays in memory, in
//! order, until a later flush: a full disk loses nothing. The file is synced after events that a resumed run builds on.
//! A file cut off in the middle of a line by a dead process gets its newline with the next line: readers skip that one.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::directory::RunDir;
use super::witness::{Found, Witness};
use super::{FileError, aside, sealed};
use crate::files;
use crate::training::events::{Body, Event, Level, Stage};

/// Why events could not be recorded now; they are kept and a later flush tries again.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("{path} was deleted, moved or replaced while the run was writing it")]
    Gone { path: PathBuf },
    #[error(
        "{path} was cut short while the run was writing it: {written} bytes were written, {found} are there; put it back \
         (cp into the same file), or the run ends"
    )]
    Short { path: PathBuf, written: u64, found: u64 },
    #[error(
        "{path} was overwritten while the run was writing it; put it back (cp into the same file), or the run ends"
    )]
    Overwritten { path: PathBuf },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Aside(#[from] aside::AsideError),
}

/// How many events wait at most while the disk refuses; after that optimiser steps are dropped (and counted), nothing
/// else. Training is paused long before.
const MOST_WAITING: usize = 200_000;
/// Bytes written at a time.
const CHUNK: usize = 256 * 1024;
/// How often the file is looked at for having been deleted or replaced.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The longest that written events stay unsynced.
const SYNC_EVERY: Duration = Duration::from_secs(2);

/// The writing end of a run's events. Hold the run's lock while one exists.
#[derive(Debug)]
pub struct Recorder {
    root: PathBuf,
    path: PathBuf,
    file: File,
    witness: Witness,
    looked: Instant,
    /// The last look did not find the file.
    gone: bool,
    /// Not yet turned into bytes.
    waiting: VecDeque<Event>,
    /// Turned into bytes and not yet written; it may begin in the middle of a line.
    bytes: Vec<u8>,
    /// The file ends in the middle of a line.
    torn: bool,
    /// The number of the next line; see sealed.rs.
    number: u64,
    synced: Instant,
    must_sync: bool,
    unsynced: bool,
    dropped_steps: u64,
    last: Moment,
}

/// Where a run was at its last event.
#[derive(Clone, Copy, Debug, Default)]
struct Moment {
    time: f64,
    stage: Option<Stage>,
    epoch: u32,
    step: u64,
}

impl Recorder {
    /// Opens the run's events for appending, or begins them.
    ///
    /// # Errors
    /// The file cannot be opened, read or written.
    pub fn open(dir: &RunDir) -> Result<Recorder, FileError> {
        let path = dir.events_path();
        let mut file = files::open_to_append(&path).map_err(FileError::new("open", &path))?;
        let mut finish = || -> io::Result<(Witness, u64, bool)> {
            let number = sealed::next_number(&mut file)?;
            // A torn line gets its end together with the next one: until then everybody sees that it is torn.
            let torn = !ends_with_a_line(&file)?;
            // The file's name has to outlive a power loss as its content does.
            File::open(dir.path())?.sync_all()?;
            Ok((Witness::of(&file)?, number, torn))
        };
        let (witness, number, torn) = finish().map_err(FileError::new("write", &path))?;
        Ok(Recorder {
            root: dir.path().to_owned(),
            path,
            file,
            witness,
            looked: Instant::now(),
            gone: false,
            waiting: VecDeque::new(),
            bytes: Vec::new(),
            torn,
            number,
            synced: Instant::now(),
            must_sync: false,
            unsynced: false,
            dropped_steps: 0,
            last: Moment::default(),
        })
    }

    /// Takes an event into memory.
    pub fn push(&mut self, event: Event) {
        if self.waiting.len() >= MOST_WAITING && matches!(event.body, Body::Step { .. }) {
            self.dropped_steps += 1;
            return;
        }
        self.last = Moment { time: event.time, stage: event.stage, epoch: event.epoch, step: event.step };
        self.waiting.push_back(event);
    }

    /// Takes in an event of the host's own, placed at the moment of the last event of training.
    pub fn push_here(&mut self, body: Body) {
        let Moment { time, stage, epoch, step } = self.last;
        self.push(Event { time, stage, epoch, step, body });
    }

    /// Writes everything that waits.
    ///
    /// # Errors
    /// The file system refuses; what was not written stays in memory.
    pub fn flush(&mut self) -> Result<(), RecordError> {
        if self.gone || self.looked.elapsed() >= LOOK_EVERY {
            self.gone = true;
            self.look()?;
            self.gone = false;
        }
        loop {
            self.fill()?;
            if self.bytes.is_empty() {
                break;
            }
            // What another program did since is found before our bytes stand behind it.
            if self.file.metadata().is_ok_and(|m| m.is_file() && m.len() != self.witness.written()) {
                self.look()?;
            }
            self.write_bytes()?;
        }
        if self.must_sync || (self.unsynced && self.synced.elapsed() >= SYNC_EVERY) {
            self.file.sync_data().map_err(FileError::new("sync", &self.path))?;
            self.synced = Instant::now();
            self.must_sync = false;
            self.unsynced = false;
        }
        if self.dropped_steps > 0 {
            let message = format!("{} optimiser steps were not recorded: no room in memory", self.dropped_steps);
            self.dropped_steps = 0;
            self.push_here(Body::Log { level: Level::Warning, message });
        }
        Ok(())
    }

    /// Writes everything that waits and syncs it, and makes sure that it can be found under its path.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub fn settle(&mut self) -> Result<(), RecordError> {
        self.look()?;
        self.must_sync = true;
        self.flush()
    }

    /// Turns waiting events into bytes, up to a chunk; arrays go to their own files first, so that a recorded event
    /// never names a file that is not there.
    fn fill(&mut self) -> Result<(), RecordError> {
        while self.bytes.len() < CHUNK {
            let Some(event) = self.waiting.front_mut() else { break };
            aside::write(&self.root, event)?;
            // Steps and log lines are many, and none is needed to go on from a checkpoint.
            self.must_sync |= !matches!(event.body, Body::Step { .. } | Body::Log { .. });
            let mut line =
                serde_json::to_vec(event).map_err(|e| FileError::new("write", &self.path)(io::Error::other(e)))?;
            sealed::seal(&mut line, self.number);
            self.number += 1;
            if std::mem::take(&mut self.torn) {
                self.bytes.push(b'\n');
            }
            self.bytes.append(&mut line);
            self.bytes.push(b'\n');
            self.waiting.pop_front();
        }
        Ok(())
    }

    fn write_bytes(&mut self) -> Result<(), RecordError> {
        let mut done = 0;
        let result = loop {
            if done == self.bytes.len() {
                break Ok(());
            }
            match self.file.write(&self.bytes[done..]) {
                Ok(0) => break Err(io::Error::from(io::ErrorKind::WriteZero)),
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => break Err(e),
            }
        };
        self.witness.wrote(&self.bytes[..done]);
        self.bytes.drain(..done);
        self.unsynced |= done > 0;
        result.map_err(|e| FileError::new("write", &self.path)(e).into())
    }

    /// Makes sure that what is written can still be found under its path: writing to a deleted file succeeds.
    fn look(&mut self) -> Result<(), RecordError> {
        self.looked = Instant::now();
        let path = self.path.clone();
        match self.witness.look(&self.file, &path).map_err(FileError::new("find", &path))? {
            Found::Whole => Ok(()),
            Found::Gone => Err(RecordError::Gone { path }),
            Found::Short(found) => Err(RecordError::Short { path, written: self.witness.written(), found }),
            Found::Other => Err(RecordError::Overwritten { path }),
            Found::Longer(found) => {
                let more = found - self.witness.written();
                let message =
                    format!("another program appended {more} bytes to events.jsonl; they are left as they are");
                let mut take_over = || {
                    end_line(&mut self.file)?;
                    Witness::of(&self.file)
                };
                self.witness = take_over().map_err(FileError::new("write", &path))?;
                self.push_here(Body::Log { level: Level::Warning, message });
                Ok(())
            }
        }
    }

    /// Goes on in whatever file has the path now, or in a new one: what another program did to the record cannot be undone,
    /// and how the run ends has to be said somewhere.
    ///
    /// # Errors
    /// The file cannot be opened or written: the directory is gone, too.
    pub fn accept_damage(&mut self) -> Result<(), RecordError> {
        let file = || -> io::Result<(File, Witness)> {
            let mut file = files::open_to_append(&self.path)?;
            end_line(&mut file)?;
            let witness = Witness::of(&file)?;
            Ok((file, witness))
        };
        let (file, witness) = file().map_err(FileError::new("open", &self.path))?;
        if self.witness.ends_within_a_line() {
            // The rest of a line whose beginning is lost.
            let rest = self.bytes.iter().position(|&b| b == b'\n').map_or(0, |at| at + 1);
            self.bytes.drain(..rest);
        }
        (self.file, self.witness, self.gone) = (file, witness, false);
        Ok(())
    }

    /// The file's length: everything below it is recorded.
    pub fn written(&self) -> u64 {
        self.witness.written()
    }

    /// True while some of what was pushed is not in the file.
    pub fn is_behind(&self) -> bool {
        !self.waiting.is_empty() || !self.bytes.is_empty()
    }

    /// An error in words, with paths as they are below the run directory: long ones would hide the reason on a screen.
    pub fn in_words(&self, error: &RecordError) -> String {
        error.to_string().replace(&format!("{}/", self.root.display()), "")
    }

    /// `events.jsonl`
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// True for a file that is empty or ends with a newline.
fn ends_with_a_line(file: &File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let mut end = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut end, length - 1)?;
    }
    Ok(end == *b"\n")
}

/// Ends the line at the end of a file that is open for appending, where it has none.
fn end_line(file: &mut File) -> io::Result<()> {
    if ends_with_a_line(file)? { Ok(()) } else { file.write_all(b"\n") }
}

#[cfg(test)]
pub(crate) mod tests;
