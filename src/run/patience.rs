//! Waiting for a file's lock that another program holds for a moment.

use std::fs::{File, TryLockError};
use std::io;
use std::time::{Duration, Instant};

/// How long another program's lock is waited for; a line is appended, or a small file replaced, in a moment.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Locks a file or folder until its descriptor is closed.
///
/// # Errors
/// Another program does not let the lock go, or the file system refuses.
pub fn lock(file: &File) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            // Some network file systems have no locks, or none on folders; writing in one piece is the best that can be
            // done there.
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported || is_no_folder_lock(&e) => {
                return Ok(());
            }
            Err(TryLockError::Error(e)) => return Err(e),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => std::thread::sleep(PATIENCE / 200),
            Err(TryLockError::WouldBlock) => {
                let seconds = PATIENCE.as_secs();
                let message = format!("another program has held its lock for {seconds} s; try again when it has ended");
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
        }
    }
}

/// NFS makes of such a lock one of bytes, which wants a file that is open for writing; a folder never is.
fn is_no_folder_lock(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::BADF.raw_os_error())
}
