//! Files that are something else: recognised by their first bytes, so that the message can say what to do.

use std::sync::Arc;

use super::bytes::DataFile;
use super::error::DatasetError;

const PICKLE: u8 = 0x80;

/// Refuses what is plainly no pickle.
///
/// # Errors
/// The file is empty, a Git LFS pointer, or of another format.
pub fn check(file: &Arc<DataFile>) -> Result<(), DatasetError> {
    match other_format(&file.head(512)?, file.len()) {
        Some((found, hint)) => Err(DatasetError::NotData { path: file.path().to_owned(), found, hint }),
        None => Ok(()),
    }
}

/// What a file is, by its first bytes, where it is known and no pickle; and what to do about it.
pub fn other_format(head: &[u8], len: u64) -> Option<(String, String)> {
    const SAVE: &str = "save its content as a pickle of the MMSA layout";
    let (found, hint) = match head {
        [] => ("an empty file".to_owned(), "the download probably failed, fetch it again"),
        _ if head.starts_with(b"version https://git-lfs.github.com/spec/") => {
            let text = String::from_utf8_lossy(head);
            let size = text.lines().find_map(|l| l.strip_prefix("size ")?.trim().parse::<u64>().ok());
            let of = size.map(|s| format!(" to a file of {s} bytes")).unwrap_or_default();
            (
                format!("a Git LFS pointer{of}, not the data itself ({len} bytes)"),
                "run `git lfs pull` where it came from",
            )
        }
        _ if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") => {
            ("a zip archive (numpy's npz and PyTorch's files are such)".to_owned(), SAVE)
        }
        _ if head.starts_with(b"\x93NUMPY") => ("a numpy npy file".to_owned(), SAVE),
        _ if head.starts_with(b"\x89HDF\r\n\x1a\n") => ("an HDF5 file".to_owned(), SAVE),
        _ if head.starts_with(&[0x1f, 0x8b]) => ("a gzip file".to_owned(), "unpack it with gunzip first"),
        _ if head.starts_with(b"\xfd7zXZ\0") => ("an xz file".to_owned(), "unpack it with unxz first"),
        _ if head.starts_with(b"Rar!") || head.starts_with(b"7z\xbc\xaf") => {
            ("a packed archive".to_owned(), "unpack it first")
        }
        _ if starts_with_tag(head) => {
            ("a web page".to_owned(), "the download needs a login or a confirmation; fetch it in a browser")
        }
        _ => return None,
    };
    Some((found, hint.to_owned()))
}

fn starts_with_tag(head: &[u8]) -> bool {
    let start: Vec<u8> = head.trim_ascii_start().iter().take(9).map(u8::to_ascii_lowercase).collect();
    start.starts_with(b"<!doctype") || start.starts_with(b"<html") || start.starts_with(b"<?xml")
}

/// Turns a pickle error about a file that is plain text into one that says so: pickles of protocol 0 are text as well,
/// so that it shows only when reading fails.
pub fn explain(file: &Arc<DataFile>, error: DatasetError) -> DatasetError {
    let head = file.head(512).unwrap_or_default();
    let text = head.first().is_some_and(|&b| b != PICKLE)
        && std::str::from_utf8(&head).map_or_else(|e| e.valid_up_to() + 4 > head.len(), |_| true)
        && !head.iter().any(|&b| b < b' ' && !matches!(b, b'\n' | b'\r' | b'\t'));
    // A refusal is about a real pickle, whatever it looks like.
    let refused = matches!(&error, DatasetError::Pickle { source: super::pickle::PickleError::Refused { .. }, .. });
    if !text || refused {
        return error;
    }
    DatasetError::NotData {
        path: file.path().to_owned(),
        found: "plain text (a CSV or label file?)".to_owned(),
        hint: "give the pickle that holds the features".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_git_lfs_pointer_says_what_to_run() {
        let text = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1263486152\n";
        let file = Arc::new(DataFile::from_bytes("unaligned_39.pkl", text.into()));
        let message = check(&file).unwrap_err().to_string();
        for part in ["unaligned_39.pkl", "Git LFS pointer", "1263486152", "git lfs pull"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn other_formats_are_named() {
        for (head, word) in [
            (&b""[..], "empty"),
            (b"PK\x03\x04rest", "npz"),
            (b"\x93NUMPY\x01", "npy"),
            (b"\x89HDF\r\n\x1a\n", "HDF5"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"\n <!DOCTYPE html>", "web page"),
        ] {
            let (found, _) = other_format(head, head.len() as u64).unwrap();
            assert!(found.contains(word), "{found}");
        }
        assert_eq!(other_format(b"\x80\x04\x95", 3), None);
    }

    #[test]
    fn text_that_fails_as_a_pickle_is_called_text() {
        let file = Arc::new(DataFile::from_bytes("label.csv", "video_id,clip_id,text\n1,2,你好\n".into()));
        let error = super::super::pickle::parse(&file).unwrap_err();
        let message = explain(&file, error).to_string();
        assert!(message.contains("plain text") && message.contains("label.csv"), "{message}");
    }
}
