//! Recognises files of other formats by their first bytes, so that the message can say what to do.

const PICKLE: u8 = 0x80;

/// The format of a file that is no pickle, by its first bytes, and what to do about it; `None` where it may be a pickle.
pub fn other_format(head: &[u8], len: u64) -> Option<(String, String)> {
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
        _ if head.starts_with(b"\x89HDF\r\n\x1a\n") => (
            "an HDF5 file".to_owned(),
            "the CMU Multimodal SDK's .csd files are read by their folder, which has labels and each modality: name that",
        ),
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

/// True for the beginning of a plain text file. Pickles of protocol 0 are text as well, so this tells only why reading
/// one failed.
pub fn is_text(head: &[u8]) -> bool {
    head.first().is_some_and(|&b| b != PICKLE)
        && std::str::from_utf8(head).map_or_else(|e| e.valid_up_to() + 4 > head.len(), |_| true)
        && !head.iter().any(|&b| b < b' ' && !matches!(b, b'\n' | b'\r' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_named() {
        for (head, word) in [
            (&b""[..], "empty"),
            (b"\x89HDF\r\n\x1a\n", "HDF5"),
            (b"Rar!\x1a", "archive"),
            (b"\n <!DOCTYPE html>", "web page"),
        ] {
            let (found, _) = other_format(head, head.len() as u64).unwrap();
            assert!(found.contains(word), "{found}");
        }
        assert_eq!(other_format(b"\x80\x04\x95", 3), None);
    }
}
