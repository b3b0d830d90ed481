//! Reads the pickle of a data file, whatever is packed around it, and says what a file is that holds none.

use std::sync::Arc;

use super::names;
use crate::dataset::container::archive;
use crate::dataset::container::compressed::Compression;
use crate::dataset::error::DatasetError;
use crate::dataset::file::bytes::DataFile;
use crate::dataset::file::magic;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::dataset::pickle::{self, Pickle, PickleError};

/// Bytes that tell what a file is.
const HEAD: usize = 512;
/// Most compressions around each other that are taken off.
const LAYERS: usize = 3;

/// Reads a file as a pickle, also out of a compressed file, an archive of PyTorch or numpy, or another one with a pickle in
/// it; notes what was unpacked.
///
/// # Errors
/// The file holds no pickle, is damaged, asks for something that is refused, or cannot be read.
pub fn parse(file: &Arc<DataFile>, flaws: &mut Vec<Flaw>) -> Result<Pickle, DatasetError> {
    let mut file = file.clone();
    let mut head = file.head(HEAD)?;
    for _ in 0..LAYERS {
        let Some(compression) = Compression::of(&head) else { break };
        let packed = file.len();
        file = Arc::new(compression.unpack(&file)?);
        note(flaws, compression.what(), packed, file.len());
        head = file.head(HEAD)?;
    }
    if archive::is_zip(&head) {
        return archived(&file, flaws);
    }
    if head.starts_with(NPY) {
        note(flaws, "a numpy npy file", file.len(), file.len());
        return pickle::parse_npy(&file).map_err(|error| DatasetError::of_pickle(file.path(), error));
    }
    if pickle::is_legacy_torch(&head) {
        note(flaws, "a file of torch.save, as PyTorch wrote it before 1.6", file.len(), file.len());
        return pickle::parse_legacy_torch(&file).map_err(|error| DatasetError::of_pickle(file.path(), error));
    }
    let other = |(found, hint)| DatasetError::NotData { path: file.path().to_owned(), found, hint };
    if let Some(format) = magic::other_format(&head, file.len()) {
        return Err(other(format));
    }
    pickle::parse(&file).map_err(|error| {
        // A refusal is about a real pickle, whatever it looks like.
        if magic::is_text(&head) && !matches!(error, PickleError::Refused { .. }) {
            let found = "plain text (a CSV or label file?)".to_owned();
            return other((found, "give the pickle that holds the features".to_owned()));
        }
        DatasetError::of_pickle(file.path(), error)
    })
}

/// How a numpy npy file begins.
const NPY: &[u8] = b"\x93NUMPY";

fn note(flaws: &mut Vec<Flaw>, what: &str, packed: u64, unpacked: u64) {
    flaws.push(Flaw::new(None, "file", FlawKind::Packed { what: what.to_owned(), packed, unpacked }));
}

/// Reads what a zip archive holds.
fn archived(file: &Arc<DataFile>, flaws: &mut Vec<Flaw>) -> Result<Pickle, DatasetError> {
    let (content, members) = archive::open(file)?;
    let named = |end: &str| members.iter().find(|member| member.name.ends_with(end));
    let pickled = || {
        let mut found = members.iter().filter(|m| [".pkl", ".pickle"].iter().any(|end| m.name.ends_with(end)));
        found.next().filter(|_| found.next().is_none())
    };
    let (what, read) = if let Some(main) = named("/data.pkl").or_else(|| members.iter().find(|m| m.name == "data.pkl"))
    {
        ("a file of torch.save", pickle::parse_torch(&content, &members, main))
    } else if named(".npy").is_some() {
        ("a numpy npz file", pickle::parse_npz(&content, &members, names::place))
    } else if let Some(only) = pickled() {
        ("a zip archive", pickle::parse_part(&content, only.span))
    } else {
        let names: Vec<&str> = members.iter().take(8).map(|m| m.name.as_str()).collect();
        let found = format!("a zip archive of {} files ({})", members.len(), crate::sanitise::clean(&names.join(", ")));
        let hint =
            "it should hold one pickle, or be a file of torch.save or numpy.savez; unpack it otherwise".to_owned();
        return Err(DatasetError::NotData { path: file.path().to_owned(), found, hint });
    };
    let pickle = read.map_err(|error| DatasetError::of_pickle(file.path(), error))?;
    note(flaws, what, file.len(), content.len());
    Ok(pickle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_git_lfs_pointer_says_what_to_run() {
        let text = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1263486152\n";
        let file = Arc::new(DataFile::from_bytes("unaligned_39.pkl", text.into()));
        let message = parse(&file, &mut Vec::new()).unwrap_err().to_string();
        for part in ["unaligned_39.pkl", "Git LFS pointer", "1263486152", "git lfs pull"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn text_that_fails_as_a_pickle_is_called_text() {
        let file = Arc::new(DataFile::from_bytes("label.csv", "video_id,clip_id,text\n1,2,你好\n".into()));
        let message = parse(&file, &mut Vec::new()).unwrap_err().to_string();
        assert!(message.contains("plain text") && message.contains("label.csv"), "{message}");
    }
}
