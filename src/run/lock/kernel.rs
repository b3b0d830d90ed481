//! The kernel's lock on an open file: it goes with the process that holds it, in whatever way that ends.
//!
//! On Linux it is a byte-range lock of the open file (`F_OFD_SETLK`): unlike `flock` it can be asked for without being
//! taken, and programs that `flock` the file to read it in peace are not in its way. The one byte that is locked lies far
//! behind the file's end, since some network file systems keep others from reading what is locked.

use std::fs::File;
use std::io;

/// What became of asking for the lock.
#[derive(Debug)]
pub(super) enum Taken {
    Ours,
    /// Another process holds it.
    Theirs,
    /// This file system has no such locks, or a reader's lock stands in the way; why.
    Unavailable(String),
}

/// Whether a process holds the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Held,
    Free,
    /// The file system does not tell.
    Unknown,
}

/// Asks for the lock of a file that is open for writing.
///
/// # Errors
/// The file system fails, which is another thing than having no locks.
pub(super) fn take(file: &File) -> io::Result<Taken> {
    system::take(file)
}

/// Looks whether the lock is held, without taking it.
pub(super) fn look(file: &File) -> Seen {
    system::look(file)
}

/// The same for a file on which this process may hold the lock itself, which then does not count.
pub(super) fn look_beside(file: &File) -> Seen {
    // Elsewhere looking means asking for the lock, which would give it up.
    if cfg!(target_os = "linux") { look(file) } else { Seen::Unknown }
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;
    use std::io;

    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;

    use crate::run::lock::kernel::{Seen, Taken};

    /// The byte that is locked.
    const PLACE: libc::off_t = 1 << 30;

    fn whole(kind: libc::c_int) -> libc::flock {
        libc::flock {
            // Small constants of the system's.
            l_type: kind as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: PLACE,
            l_len: 1,
            l_pid: 0,
        }
    }

    pub fn take(file: &File) -> io::Result<Taken> {
        match fcntl(file, FcntlArg::F_OFD_SETLK(&whole(libc::F_WRLCK))) {
            Ok(_) => Ok(Taken::Ours),
            Err(Errno::EAGAIN | Errno::EACCES) => match look(file) {
                Seen::Free => Ok(Taken::Unavailable("another program holds a reader's lock on it".into())),
                _ => Ok(Taken::Theirs),
            },
            // The last one: a kernel that does not know this kind of lock.
            Err(e @ (Errno::ENOLCK | Errno::ENOSYS | Errno::EOPNOTSUPP | Errno::EINVAL)) => {
                Ok(Taken::Unavailable(io::Error::from(e).to_string()))
            }
            Err(e) => Err(e.into()),
        }
    }

    pub fn look(file: &File) -> Seen {
        let mut found = whole(libc::F_WRLCK);
        match fcntl(file, FcntlArg::F_OFD_GETLK(&mut found)) {
            // A reader's lock is no host's.
            Ok(_) if i32::from(found.l_type) == libc::F_WRLCK => Seen::Held,
            Ok(_) => Seen::Free,
            Err(_) => Seen::Unknown,
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::fs::{File, TryLockError};
    use std::io;

    use crate::run::lock::kernel::{Seen, Taken};

    pub fn take(file: &File) -> io::Result<Taken> {
        match file.try_lock() {
            Ok(()) => Ok(Taken::Ours),
            Err(TryLockError::WouldBlock) => match look(file) {
                Seen::Free => Ok(Taken::Unavailable("another program holds a reader's lock on it".into())),
                _ => Ok(Taken::Theirs),
            },
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {
                Ok(Taken::Unavailable(e.to_string()))
            }
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    pub fn look(file: &File) -> Seen {
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Seen::Held,
            Err(TryLockError::Error(_)) => Seen::Unknown,
            Ok(()) => {
                // Goes with the descriptor in any case.
                let _ = file.unlock();
                Seen::Free
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_looking_takes_nothing() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let open = || File::options().read(true).write(true).open(path.path()).unwrap();
        let (one, other) = (open(), open());
        assert_eq!(look(&other), Seen::Free);
        assert!(matches!(take(&one).unwrap(), Taken::Ours));
        assert!(matches!(take(&other).unwrap(), Taken::Theirs));
        assert_eq!(look(&File::open(path.path()).unwrap()), Seen::Held);
        drop(one);
        assert_eq!(look(&other), Seen::Free);
        assert!(matches!(take(&other).unwrap(), Taken::Ours));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn other_programs_locks_are_not_in_its_way() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let reader = File::open(path.path()).unwrap();
        reader.lock_shared().unwrap();
        let file = File::options().read(true).write(true).open(path.path()).unwrap();
        assert_eq!(look(&file), Seen::Free);
        assert!(matches!(take(&file).unwrap(), Taken::Ours));
    }
}
