//! Opening files that somebody else put where they lie: a run directory, a settings file, a data file can be a pipe that
//! nobody writes to, a device without an end, or far larger than anything of its kind. Every reader opens through here.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// Why something was not opened or not read to its end; inside an [`io::Error`], so that whoever names the path and what
/// was tried treats it like any other.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("expected a regular file, found {found}")]
    Kind { found: &'static str },
    #[error("expected at most {most} bytes, found {found}")]
    Long { found: String, most: u64 },
    #[error("expected text in UTF-8, found other bytes from byte {at} on")]
    Bytes { at: usize },
}

impl From<Unfit> for io::Error {
    fn from(unfit: Unfit) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidInput, unfit)
    }
}

/// The longest settings, manifest or preferences that are read, in bytes.
pub const LONGEST_TEXT: u64 = 1 << 20;

/// Opens a regular file for reading. Links are followed; nothing else is opened, and nothing is waited for.
///
/// # Errors
/// Whatever the file system says, or [`Unfit::Kind`].
pub fn open(path: &Path) -> io::Result<File> {
    open_with(path, OpenOptions::new().read(true))
}

/// Opens a regular file for reading and appending; makes it where there is none.
///
/// # Errors
/// As [`open`].
pub fn open_to_append(path: &Path) -> io::Result<File> {
    open_with(path, OpenOptions::new().read(true).append(true).create(true))
}

/// Opens a regular file as `options` say.
///
/// # Errors
/// As [`open`].
pub fn open_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Before it is opened, since opening a device can do something; and after, since another may have taken its place.
    if let Ok(metadata) = std::fs::metadata(path) {
        check(&metadata)?;
    }
    // A pipe without a writer is then opened at once, and refused below. Regular files know no difference.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let file = options.custom_flags(flags.bits().cast_signed()).open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// A whole file of at most `most` bytes.
///
/// # Errors
/// As [`open`], and [`Unfit::Long`]; no more than `most` bytes are ever held.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    if length > most {
        return Err(Unfit::Long { found: length.to_string(), most }.into());
    }
    let mut bytes = Vec::new();
    // Files of `/proc` say that they are empty; others grow.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(Unfit::Long { found: "more".into(), most }.into()) } else { Ok(bytes) }
}

/// A whole text of at most `most` bytes.
///
/// # Errors
/// As [`read`], and [`Unfit::Bytes`].
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|e| Unfit::Bytes { at: e.utf8_error().valid_up_to() }.into())
}

/// How long a file is, and the CRC-32C of its content as [`checksum`] writes it; the content is never held as a whole.
///
/// # Errors
/// As [`open`].
pub fn length_and_checksum(path: &Path) -> io::Result<(u64, String)> {
    let mut file = open(path)?;
    let (mut buffer, mut length, mut sum) = (vec![0; 1 << 16], 0, 0);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((length, hexadecimal(sum))),
            n => {
                sum = crc32c::crc32c_append(sum, &buffer[..n]);
                length += n as u64;
            }
        }
    }
}

/// The CRC-32C of some bytes, eight hexadecimal digits.
pub fn checksum(bytes: &[u8]) -> String {
    hexadecimal(crc32c::crc32c(bytes))
}

fn hexadecimal(sum: u32) -> String {
    format!("{sum:08x}")
}

/// A size of files and memory: 512 B, 45 KB, 1.2 GB.
pub fn bytes_in_words(value: u64) -> String {
    let v = value as f64;
    match v {
        v if v < 1e3 => format!("{v:.0} B"),
        v if v < 1e6 => format!("{:.0} KB", v / 1e3),
        v if v < 1e9 => format!("{:.0} MB", v / 1e6),
        v => format!("{:.1} GB", v / 1e9),
    }
}

fn check(metadata: &Metadata) -> Result<(), Unfit> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(());
    }
    Err(Unfit::Kind {
        found: if kind.is_dir() {
            "a folder"
        } else if kind.is_fifo() {
            "a pipe"
        } else if kind.is_char_device() || kind.is_block_device() {
            "a device"
        } else if kind.is_socket() {
            "a socket"
        } else {
            "something else"
        },
    })
}

/// Writes a program for a test to run. Another process writes it: while a file is open for writing in this one, so it is for a
/// moment in whatever another thread starts, and what is open for writing cannot be run.
#[cfg(test)]
pub(crate) fn write_program(path: &Path, script: &str) {
    use std::process::{Command, Stdio};
    let mut shell = Command::new("sh");
    shell.args(["-c", "cat > \"$0\" && chmod 755 \"$0\""]).arg(path).stdin(Stdio::piped());
    let mut shell = shell.spawn().expect("a shell");
    std::io::Write::write_all(&mut shell.stdin.take().expect("its input"), script.as_bytes()).expect("a pipe");
    assert!(shell.wait().expect("its end").success());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_is_no_regular_file_is_named_and_nothing_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let device = dir.path().join("device");
        std::os::unix::fs::symlink("/dev/zero", &device).unwrap();
        let socket = dir.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, found) in
            [(&*pipe, "a pipe"), (&device, "a device"), (&socket, "a socket"), (dir.path(), "a folder")]
        {
            let wanted = format!("expected a regular file, found {found}");
            assert_eq!(open(path).unwrap_err().to_string(), wanted);
            assert_eq!(open_to_append(path).unwrap_err().to_string(), wanted);
            assert_eq!(read(path, 10).unwrap_err().to_string(), wanted);
        }
        assert_eq!(open(&dir.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn files_and_links_to_files_are_read_up_to_a_bound() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("file"), dir.path().join("link"));
        open_to_append(&path).unwrap().write_all("é!".as_bytes()).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(read_text(&link, 3).unwrap(), "é!");
        assert_eq!(read(&link, 2).unwrap_err().to_string(), "expected at most 2 bytes, found 3");
        std::fs::write(&path, b"ab\xff").unwrap();
        let text = read_text(&path, 3).unwrap_err().to_string();
        assert_eq!(text, "expected text in UTF-8, found other bytes from byte 2 on");
    }

    #[test]
    fn a_checksum_is_that_of_the_whole_content() {
        // The check value of CRC-32C in catalogues of such sums.
        assert_eq!(checksum(b"123456789"), "e3069283");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let content: Vec<u8> = (0..200_000u32).map(|i| i as u8).collect();
        std::fs::write(&path, &content).unwrap();
        assert_eq!(length_and_checksum(&path).unwrap(), (200_000, checksum(&content)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_says_it_is_empty_is_bounded_all_the_same() {
        let text = read(Path::new("/proc/self/maps"), 100).unwrap_err().to_string();
        assert_eq!(text, "expected at most 100 bytes, found more");
    }
}
