//! One process per run directory: a lock that the kernel takes back when its holder dies, and who holds it.
//!
//! `host.lock` is locked with `flock` while a process trains the run. Its text says who that is (for messages, and so
//! that clients find the socket); it is never the evidence that someone is alive, the lock is.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::FileError;
use super::directory::RunDir;

/// Why the lock could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error(
        "run {run} is being trained already{by}; attach to it with `mug attach {run}`, or end it with `mug stop {run}`"
    )]
    Held { run: String, by: String },
    #[error(transparent)]
    File(#[from] FileError),
}

/// Who trains a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub pid: u32,
    /// The machine's name.
    pub machine: String,
    /// RFC 3339, UTC.
    pub since: String,
    /// Where its socket listens.
    pub socket: Option<PathBuf>,
}

impl Holder {
    /// This process, now.
    pub fn this_process(socket: Option<PathBuf>) -> Holder {
        Holder {
            pid: std::process::id(),
            machine: machine_name(),
            since: super::clock::timestamp(SystemTime::now()),
            socket,
        }
    }

    /// True where it runs on another machine of a shared file system.
    pub fn is_elsewhere(&self) -> bool {
        self.machine != machine_name()
    }
}

/// The machine's name; empty where the system does not tell.
fn machine_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map(|s| s.trim().to_owned()).unwrap_or_default()
}

/// The lock of a run directory, held until dropped or until the process ends in whatever way.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    path: PathBuf,
}

impl RunLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// Another process holds it, or the file cannot be made.
    pub fn acquire(dir: &RunDir) -> Result<RunLock, LockError> {
        let path = dir.lock_path();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(FileError::new("open", &path))?;
        // `is_alive` takes a shared lock for an instant: a few tries tell such a look from a real holder.
        for attempt in 0..20 {
            match file.try_lock() {
                Ok(()) => return Ok(RunLock { file, path }),
                Err(TryLockError::WouldBlock) if attempt < 19 => std::thread::sleep(Duration::from_millis(10)),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(e)) => return Err(FileError::new("lock", &path)(e).into()),
            }
        }
        let by = holder(dir).map(|h| format!(" by process {} on {}", h.pid, h.machine)).unwrap_or_default();
        Err(LockError::Held { run: dir.name().to_owned(), by })
    }

    /// Says in the file who holds the lock.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn describe(&mut self, holder: &Holder) -> Result<(), FileError> {
        let mut text = serde_json::to_vec(holder).map_err(|e| FileError::new("write", &self.path)(e.into()))?;
        text.push(b'\n');
        self.replace(&text).map_err(FileError::new("write", &self.path))
    }

    /// Gives a sign of life to machines that cannot see the lock; do it every few seconds.
    pub fn touch(&self) {
        // A file system that refuses has said so elsewhere by now.
        let _ = self.file.set_modified(SystemTime::now());
    }

    fn replace(&mut self, text: &[u8]) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(text)?;
        self.file.set_len(text.len() as u64)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Only a courtesy to readers; the lock itself goes with the descriptor.
        let _ = self.replace(b"");
    }
}

/// Who holds the lock by the file's text: `None` if nobody said so. Ask [`is_alive`] whether it is still true.
pub fn holder(dir: &RunDir) -> Option<Holder> {
    let mut text = String::new();
    File::open(dir.lock_path()).ok()?.take(4096).read_to_string(&mut text).ok()?;
    // While it is being replaced by a shorter one, the rest of the old text can follow the new line.
    serde_json::from_str(text.lines().next()?).ok()
}

/// Whether a process trains this run now.
///
/// From another machine, over a file system that does not pass locks on, the lock looks free: then a run whose holder
/// says that it lives elsewhere counts as alive while it has given a sign of life in the last two minutes.
pub fn is_alive(dir: &RunDir) -> bool {
    let Ok(file) = File::open(dir.lock_path()) else { return false };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => true,
        Ok(()) | Err(TryLockError::Error(_)) => {
            holder(dir).is_some_and(|h| h.is_elsewhere())
                && file
                    .metadata()
                    .and_then(|m| m.modified())
                    // A clock ahead of ours makes it younger than now.
                    .is_ok_and(|t| t.elapsed().map_or(true, |age| age < Duration::from_secs(120)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::recorder::tests::run_dir;

    #[test]
    fn one_holder_at_a_time() {
        let (_root, dir) = run_dir();
        assert!(!is_alive(&dir));
        let mut lock = RunLock::acquire(&dir).unwrap();
        lock.describe(&Holder::this_process(Some("/tmp/x.sock".into()))).unwrap();
        assert!(is_alive(&dir));
        let held = holder(&dir).unwrap();
        assert_eq!((held.pid, held.socket), (std::process::id(), Some("/tmp/x.sock".into())));
        let text = RunLock::acquire(&dir).unwrap_err().to_string();
        assert!(text.contains(&std::process::id().to_string()) && text.contains("mug attach"), "{text}");
        lock.describe(&Holder { machine: "m".into(), since: String::new(), pid: 1, socket: None }).unwrap();
        assert_eq!(holder(&dir).unwrap().pid, 1);
        drop(lock);
        assert!(!is_alive(&dir) && holder(&dir).is_none());
        RunLock::acquire(&dir).unwrap();
    }

    #[test]
    fn looking_does_not_stop_a_host_from_starting() {
        let (_root, dir) = run_dir();
        RunLock::acquire(&dir).unwrap();
        let look = File::open(dir.lock_path()).unwrap();
        look.try_lock_shared().unwrap();
        let waiting = {
            let dir = dir.clone();
            std::thread::spawn(move || RunLock::acquire(&dir).map(|_| ()))
        };
        std::thread::sleep(Duration::from_millis(30));
        drop(look);
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn what_a_dead_host_left_is_not_alive_whatever_its_text_says() {
        let (_root, dir) = run_dir();
        let dead = Holder { pid: 1, machine: machine_name(), since: String::new(), socket: None };
        std::fs::write(dir.lock_path(), serde_json::to_vec(&dead).unwrap()).unwrap();
        assert!(!is_alive(&dir));
        let elsewhere = Holder { machine: "another".into(), ..dead };
        std::fs::write(dir.lock_path(), serde_json::to_vec(&elsewhere).unwrap()).unwrap();
        assert!(is_alive(&dir), "a sign of life of this moment, holder on another machine");
        let long_ago = SystemTime::now() - Duration::from_secs(600);
        File::options().write(true).open(dir.lock_path()).unwrap().set_modified(long_ago).unwrap();
        assert!(!is_alive(&dir), "no sign of life");
        std::fs::write(dir.lock_path(), b"\xff garbage").unwrap();
        assert!(!is_alive(&dir));
    }
}
