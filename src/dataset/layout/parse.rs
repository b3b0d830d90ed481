//! Reads the pickle of a data file, and says what a file is that holds none.

use std::sync::Arc;

use crate::dataset::error::DatasetError;
use crate::dataset::file::bytes::DataFile;
use crate::dataset::file::magic;
use crate::dataset::pickle::{self, Pickle, PickleError};

/// Bytes that tell what a file is.
const HEAD: usize = 512;

/// Reads a file as a pickle.
///
/// # Errors
/// The file is no pickle, is damaged, asks for something that is refused, or cannot be read.
pub fn parse(file: &Arc<DataFile>) -> Result<Pickle, DatasetError> {
    let head = file.head(HEAD)?;
    let other = |(found, hint)| DatasetError::NotData { path: file.path().to_owned(), found, hint };
    if let Some(format) = magic::other_format(&head, file.len()) {
        return Err(other(format));
    }
    pickle::parse(file).map_err(|error| {
        // A refusal is about a real pickle, whatever it looks like.
        if magic::is_text(&head) && !matches!(error, PickleError::Refused { .. }) {
            let found = "plain text (a CSV or label file?)".to_owned();
            return other((found, "give the pickle that holds the features".to_owned()));
        }
        DatasetError::of_pickle(file.path(), error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_git_lfs_pointer_says_what_to_run() {
        let text = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1263486152\n";
        let file = Arc::new(DataFile::from_bytes("unaligned_39.pkl", text.into()));
        let message = parse(&file).unwrap_err().to_string();
        for part in ["unaligned_39.pkl", "Git LFS pointer", "1263486152", "git lfs pull"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn text_that_fails_as_a_pickle_is_called_text() {
        let file = Arc::new(DataFile::from_bytes("label.csv", "video_id,clip_id,text\n1,2,你好\n".into()));
        let message = parse(&file).unwrap_err().to_string();
        assert!(message.contains("plain text") && message.contains("label.csv"), "{message}");
    }
}
