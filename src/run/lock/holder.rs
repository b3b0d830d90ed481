//! Who holds a run: the words in `host.lock`, and what they allow to conclude where the kernel's lock says nothing.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::reach::Reach;
use crate::device::machine;
use crate::files;
use crate::run::clock;
use crate::run::directory::RunDir;

/// The longest description that is read, in bytes.
const LONGEST: u64 = 4096;

/// Who trains a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub pid: u32,
    /// The machine's name. Containers on one machine have names of their own: see `boot`.
    pub machine: String,
    /// RFC 3339, UTC.
    pub since: String,
    /// Where its socket listens.
    pub socket: Option<PathBuf>,
    /// The kernel it runs under, named anew at each start of a machine; empty where the system does not tell.
    #[serde(default)]
    pub boot: String,
    /// Tells this process from any other of the same number on the same kernel; empty where the system does not tell.
    #[serde(default)]
    pub process: String,
    /// Drawn at random when the lock was taken: tells two holders apart.
    #[serde(default)]
    pub token: String,
    /// Who can see its lock.
    #[serde(default)]
    pub locks: Reach,
}

impl Holder {
    /// This process, now.
    pub fn this_process(locks: Reach) -> Holder {
        let pid = std::process::id();
        Holder {
            pid,
            machine: machine::name(),
            since: clock::timestamp(SystemTime::now()),
            socket: None,
            boot: boot_id(),
            process: process_identity(pid).unwrap_or_default(),
            token: format!("{:016x}", RandomState::new().build_hasher().finish()),
            locks,
        }
    }

    /// True where it runs on another machine of a shared file system, or ran before this one was started anew.
    pub fn is_elsewhere(&self) -> bool {
        let boot = boot_id();
        if boot.is_empty() || self.boot.is_empty() { self.machine != machine::name() } else { self.boot != boot }
    }

    /// True where it runs on this machine under another name, as in a container.
    pub fn is_contained(&self) -> bool {
        !self.is_elsewhere() && self.machine != machine::name()
    }

    /// Whether its process is there, where this process could see it.
    pub(super) fn is_there(&self) -> Option<bool> {
        let space = process_space()?;
        let known = !self.process.is_empty() && !self.is_elsewhere() && self.process.starts_with(&format!("{space}/"));
        known.then(|| process_identity(self.pid).as_ref() == Some(&self.process))
    }

    /// "process 7 on node3"
    pub(super) fn in_words(&self) -> String {
        format!("process {} on {}", self.pid, self.machine)
    }
}

/// Who holds the lock by the file's text: `None` if nobody said so. Ask [`super::is_alive`] whether it is still true.
pub fn holder(dir: &RunDir) -> Option<Holder> {
    read(&dir.lock_path())
}

/// The holder that a file names.
pub(super) fn read(path: &Path) -> Option<Holder> {
    let mut bytes = Vec::new();
    files::open(path).ok()?.take(LONGEST).read_to_end(&mut bytes).ok()?;
    // While it is being replaced by a shorter one, the rest of the old text can follow the new line.
    serde_json::from_slice(bytes.split(|&b| b == b'\n').next()?).ok()
}

/// What names this start of this kernel, in all its containers.
fn boot_id() -> String {
    line_of("/proc/sys/kernel/random/boot_id")
}

fn line_of(path: &str) -> String {
    std::fs::read_to_string(path).map(|s| s.trim().to_owned()).unwrap_or_default()
}

/// The space in which a process number names one process at a time.
fn process_space() -> Option<String> {
    Some(std::fs::read_link("/proc/self/ns/pid").ok()?.to_string_lossy().into_owned())
}

/// The space that the number belongs to, and when the process began, in the kernel's ticks.
fn process_identity(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name, in parentheses, can hold anything; behind it come the third field and so on.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    Some(format!("{}/{}", process_space()?, fields.nth(18)?))
}

/// A holder as a line of JSON.
pub(super) fn in_bytes(words: &Holder) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(words)?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_told_from_a_later_one_of_the_same_number() {
        let us = Holder::this_process(Reach::Nobody);
        assert_eq!((us.is_elsewhere(), us.is_there()), (false, Some(true)));
        let renamed = Holder { machine: "a-container".into(), ..us.clone() };
        assert_eq!((renamed.is_elsewhere(), renamed.is_there()), (false, Some(true)));
        let earlier = Holder { process: format!("{}/1", process_space().unwrap()), ..us.clone() };
        assert_eq!(earlier.is_there(), Some(false));
        let contained = Holder { process: "pid:[1]/1".into(), ..us.clone() };
        assert_eq!(contained.is_there(), None, "its number means nothing here");
        let elsewhere = Holder { boot: "another".into(), ..us.clone() };
        assert_eq!((elsewhere.is_elsewhere(), elsewhere.is_there()), (true, None));
        let old = Holder { boot: String::new(), machine: "n7".into(), ..us };
        assert!(old.is_elsewhere());
    }
}
