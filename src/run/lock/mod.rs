//! One process per run directory: a lock that the kernel takes back when its holder dies, and who holds it.
//!
//! While a process trains a run it holds the kernel's lock on `host.lock` and, so that deleting that file lets nobody in,
//! on `events.jsonl`. The text of `host.lock` says who holds it, for messages and so that clients find the socket.
//!
//! | what is found | a process trains the run |
//! |---|---|
//! | the lock is held | yes |
//! | it is free, and its holder ran on this machine or on a file system that passes locks on | no |
//! | it is free, its holder ran on another machine, and locks may not come through | while `host.lock` changes its time |
//! | the file system has no locks: `host.owner`, of this machine | while that process is there |
//! | the same, of another machine (or a container that cannot be looked into) | while `host.lock` changes its time |
//!
//! The machine is known by the kernel's start and not by its name: a container, or a job that is requeued, has another
//! name on the same kernel. Where only the time of `host.lock` tells, nobody takes the run before it was watched for
//! [`QUIET`] without a change.
//!
//! Where there are no locks, `host.owner` is made by whoever trains the run, which succeeds for one process only, and
//! taken away at the end.

mod holder;
mod kernel;
mod owner;
mod reach;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::FileError;
use super::directory::RunDir;
use crate::files;
use holder::in_bytes;
pub use holder::{Holder, holder};
use kernel::{Seen, Taken};
pub use reach::Reach;

/// Why the lock could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("run {run} is being trained already{by}; {advice}")]
    Held { run: String, by: String, advice: String },
    #[error(transparent)]
    File(#[from] FileError),
}

/// Without a sign of life for this long, a holder that nothing else is known of counts as dead; it gives one every five
/// seconds.
pub const QUIET: Duration = Duration::from_secs(30);
/// A sign of life as old as this was not given by a process that lives, however far apart two clocks are.
const STALE: Duration = Duration::from_secs(3600);
/// How old a sign of life may be for a list of runs, which cannot wait for the next one.
const RECENT: Duration = Duration::from_secs(120);

/// Whether a process trains a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Alive,
    Dead,
    /// Only its signs of life can tell.
    Unsure(Holder),
}

/// What a look at one's own lock found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    Whole,
    /// Somebody had deleted or changed what the lock consists of; it was put right.
    Restored(&'static str),
    /// Another process has it now, which is named.
    Lost(String),
}

/// The ways of the system; tests have others.
struct Ways {
    take: fn(&File) -> io::Result<Taken>,
    quiet: Duration,
}

const WAYS: Ways = Ways { take: kernel::take, quiet: QUIET };

/// The lock of a run directory, held until dropped or until the process ends in whatever way.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    path: PathBuf,
    /// Of `host.lock`.
    identity: (u64, u64),
    /// `events.jsonl`, locked too.
    _record: Option<File>,
    /// `host.owner`, and why there is no kernel's lock.
    owner: Option<(PathBuf, String)>,
    /// As the file says once it was described.
    words: Holder,
    described: bool,
}

impl RunLock {
    /// Takes the lock. Where only signs of life can tell whether its last holder lives, they are waited for; `tell` gets a
    /// message that says so.
    ///
    /// # Errors
    /// Another process holds it, or the file cannot be made.
    pub fn acquire(dir: &RunDir, tell: &mut dyn FnMut(&str)) -> Result<RunLock, LockError> {
        Self::acquire_by(&WAYS, dir, tell)
    }

    fn acquire_by(ways: &Ways, dir: &RunDir, tell: &mut dyn FnMut(&str)) -> Result<RunLock, LockError> {
        let path = dir.lock_path();
        let (file, identity, taken) = take_file(ways, dir, &path)?;
        let (seen, record) = match taken {
            Taken::Ours => (Seen::Free, take_record(ways, dir)?),
            _ => (Seen::Unknown, None),
        };
        let owner_path = owner::path(dir);
        let (last, owner) = (holder(dir), holder::read(&owner_path));
        for words in [&last, &owner].into_iter().flatten() {
            match by_word(dir, words, seen) {
                Verdict::Alive => return Err(held(dir, Some(words))),
                Verdict::Dead => {}
                Verdict::Unsure(_) => wait_for_silence(ways, dir, words, tell)?,
            }
        }
        let locks = if seen == Seen::Free { reach::of(dir.path()) } else { Reach::Nobody };
        let words = Holder::this_process(locks);
        let owner = match taken {
            Taken::Unavailable(why) => {
                owner::take(&owner_path, &words, owner.as_ref()).map_err(|e| match e {
                    owner::Refused::Held(by) => held(dir, Some(&by)),
                    owner::Refused::Failed(e) => FileError::new("make", &owner_path)(e).into(),
                })?;
                Some((owner_path, why))
            }
            _ => {
                // What a process left that had no locks here, or none at that time.
                owner::remove(&owner_path, owner.as_ref());
                None
            }
        };
        let mut lock = RunLock { file, path, identity, _record: record, owner, words, described: false };
        // Nobody is to look for a dead process's socket.
        lock.replace(b"").map_err(FileError::new("write", &lock.path))?;
        Ok(lock)
    }

    /// Says in the file who holds the lock, and where its socket listens.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn describe(&mut self, socket: Option<PathBuf>) -> Result<(), FileError> {
        self.words.socket = socket;
        self.described = true;
        self.write_words()
    }

    fn write_words(&mut self) -> Result<(), FileError> {
        let text = in_bytes(&self.words).map_err(FileError::new("write", &self.path))?;
        self.replace(&text).map_err(FileError::new("write", &self.path))
    }

    /// What is out of the ordinary about this lock, for the run's record.
    pub fn remark(&self) -> Option<String> {
        let (path, why) = self.owner.as_ref()?;
        Some(format!(
            "{} cannot be locked here ({why}): the run is kept by host.owner and signs of life instead; where its process \
             is killed, another machine waits {} s before it goes on with the run",
            path.with_file_name("host.lock").display(),
            QUIET.as_secs()
        ))
    }

    /// Gives a sign of life to machines that cannot see the lock; do it every few seconds.
    pub fn touch(&self) {
        // A file system that refuses has said so elsewhere by now.
        let _ = self.file.set_modified(SystemTime::now());
    }

    /// Makes sure that the lock still keeps others out: it goes with a deleted file, and a network file system can take it
    /// back. What is missing is put right where nobody else has taken the run.
    pub fn check(&mut self, dir: &RunDir) -> Kept {
        if !self.described || !dir.path().is_dir() {
            return Kept::Whole;
        }
        let mut kept = Kept::Whole;
        match std::fs::metadata(&self.path) {
            Ok(m) if (m.dev(), m.ino()) == self.identity => {}
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Kept::Whole,
            _ => match self.take_again(dir) {
                Ok(()) => kept = Kept::Restored("host.lock was deleted or replaced"),
                Err(LockError::Held { by, .. }) => return Kept::Lost(by),
                // A disk that refuses: the next look tries again.
                Err(LockError::File(_)) => return Kept::Whole,
            },
        }
        let seen = kernel::look_beside(&self.file);
        let other = holder(dir).filter(|h| h.token != self.words.token);
        if seen == Seen::Held || other.as_ref().is_some_and(|h| by_word(dir, h, seen) != Verdict::Dead) {
            return Kept::Lost(other.map(|h| by(&h)).unwrap_or_default());
        }
        if holder(dir).as_ref() != Some(&self.words) {
            if kept == Kept::Whole {
                kept = Kept::Restored("host.lock was changed");
            }
            // As above.
            let _ = self.write_words();
        }
        if let Some((path, _)) = &self.owner {
            let found = holder::read(path);
            if found.as_ref().is_none_or(|h| h.token != self.words.token) {
                match found.filter(|h| by_word(dir, h, seen) != Verdict::Dead) {
                    Some(other) => return Kept::Lost(by(&other)),
                    None => match owner::take(path, &self.words, holder::read(path).as_ref()) {
                        Err(owner::Refused::Held(other)) => return Kept::Lost(by(&other)),
                        _ => kept = Kept::Restored("host.owner was deleted or changed"),
                    },
                }
            }
        }
        kept
    }

    /// The lock of the file that now has the path.
    fn take_again(&mut self, dir: &RunDir) -> Result<(), LockError> {
        let (file, identity, _) = take_file(&Ways { quiet: Duration::ZERO, ..WAYS }, dir, &self.path)?;
        if let Some(other) = holder(dir).filter(|h| h.token != self.words.token)
            && by_word(dir, &other, kernel::look_beside(&file)) != Verdict::Dead
        {
            return Err(held(dir, Some(&other)));
        }
        (self.file, self.identity) = (file, identity);
        Ok(())
    }

    fn replace(&mut self, text: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(text)?;
        self.file.set_len(text.len() as u64)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Only a courtesy to readers; the lock itself goes with the descriptor. Another holder's words stay.
        if holder::read(&self.path).is_none_or(|h| h.token == self.words.token) {
            let _ = self.replace(b"");
        }
        if let Some((path, _)) = &self.owner {
            owner::remove(path, Some(&self.words));
        }
    }
}

type Opened = (File, (u64, u64), Taken);

/// Opens `host.lock` and asks for its lock, as long as it takes to tell a process that is trying to from one that holds it.
fn take_file(ways: &Ways, dir: &RunDir, path: &Path) -> Result<Opened, LockError> {
    for _ in 0..20 {
        let mut options = OpenOptions::new();
        let file = files::open_with(path, options.read(true).write(true).create(true).truncate(false))
            .map_err(FileError::new("open", path))?;
        let taken = (ways.take)(&file).map_err(FileError::new("lock", path))?;
        let metadata = file.metadata().map_err(FileError::new("read", path))?;
        let identity = (metadata.dev(), metadata.ino());
        // A file that was deleted in between keeps nobody out.
        let stands = std::fs::metadata(path).is_ok_and(|m| (m.dev(), m.ino()) == identity);
        if stands && !matches!(taken, Taken::Theirs) {
            return Ok((file, identity, taken));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(held(dir, holder(dir).as_ref()))
}

/// Locks the record, which a host of this run holds open whatever became of its `host.lock`.
fn take_record(ways: &Ways, dir: &RunDir) -> Result<Option<File>, LockError> {
    let path = dir.events_path();
    let file = files::open_to_append(&path).map_err(FileError::new("open", &path))?;
    for _ in 0..20 {
        match (ways.take)(&file).map_err(FileError::new("lock", &path))? {
            Taken::Ours => return Ok(Some(file)),
            Taken::Unavailable(_) => return Ok(None),
            Taken::Theirs => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    Err(held(dir, None))
}

fn by(holder: &Holder) -> String {
    format!(" by {}", holder.in_words())
}

fn held(dir: &RunDir, holder: Option<&Holder>) -> LockError {
    let run = dir.name().to_owned();
    let advice = match holder.filter(|h| h.is_elsewhere()) {
        Some(there) => format!(
            "watch it from here with mug attach --follow {}, or end it on {}",
            dir.path().display(),
            there.machine
        ),
        None => format!("attach to it with mug attach {run}, or end it with mug stop {run}"),
    };
    LockError::Held { run, by: holder.map(by).unwrap_or_default(), advice }
}

/// What a holder's words say of whether it lives, given what the lock looks like from here.
fn by_word(dir: &RunDir, words: &Holder, seen: Seen) -> Verdict {
    match (words.is_there(), words.locks, seen) {
        (_, _, Seen::Held) => Verdict::Alive,
        (Some(false), ..) => Verdict::Dead,
        // It has lost its lock, or never had one that we could see.
        (Some(true), Reach::Nobody, _) | (Some(true), _, Seen::Unknown) => Verdict::Alive,
        (_, Reach::Everyone | Reach::Machine, Seen::Free) if !words.is_elsewhere() => Verdict::Dead,
        (_, Reach::Everyone, Seen::Free) if reach::of(dir.path()) == Reach::Everyone => Verdict::Dead,
        _ => Verdict::Unsure(words.clone()),
    }
}

/// What can be said at once of whether a process trains this run. Nothing is locked for it.
pub fn judge(dir: &RunDir) -> Verdict {
    let look = |path: &Path| files::open(path).map_or(Seen::Free, |file| kernel::look(&file));
    let seen = look(&dir.lock_path());
    if seen == Seen::Held || look(&dir.events_path()) == Seen::Held {
        return Verdict::Alive;
    }
    match holder(dir).or_else(|| holder::read(&owner::path(dir))) {
        Some(words) => by_word(dir, &words, seen),
        None => Verdict::Dead,
    }
}

/// Whether a process trains this run now. Where only its signs of life could tell, one of the last two minutes by the
/// clocks counts: good enough to show a run, never to take it.
pub fn is_alive(dir: &RunDir) -> bool {
    match judge(dir) {
        Verdict::Alive => true,
        Verdict::Dead => false,
        Verdict::Unsure(_) => age(dir).is_some_and(|age| age < RECENT),
    }
}

/// The time of `host.lock`, asked for in the way that makes a network file system look.
pub(super) fn last_sign(dir: &RunDir) -> Option<SystemTime> {
    files::open(&dir.lock_path()).and_then(|f| f.metadata()).and_then(|m| m.modified()).ok()
}

/// How old the last sign of life is by this machine's clock; one from the future is new.
fn age(dir: &RunDir) -> Option<Duration> {
    Some(last_sign(dir)?.elapsed().unwrap_or_default())
}

/// Watches a holder of whom only signs of life can tell. Changes count, and not what the clocks of two machines say.
fn wait_for_silence(ways: &Ways, dir: &RunDir, words: &Holder, tell: &mut dyn FnMut(&str)) -> Result<(), LockError> {
    if age(dir).is_none_or(|age| age > STALE) {
        return Ok(());
    }
    tell(&format!(
        "run {} was last trained by {}, and its lock cannot be seen from here: waiting {} s for a sign of life, and going \
         on with the run if there is none",
        dir.name(),
        words.in_words(),
        ways.quiet.as_secs()
    ));
    let (first, begun) = (last_sign(dir), Instant::now());
    while begun.elapsed() < ways.quiet {
        std::thread::sleep((ways.quiet / 10).min(Duration::from_secs(1)));
        match holder(dir).or_else(|| holder::read(&owner::path(dir))) {
            // It has ended in an orderly way.
            None => return Ok(()),
            Some(now) if now.token != words.token || last_sign(dir) != first => return Err(held(dir, Some(&now))),
            Some(_) => {}
        }
    }
    Ok(())
}
