//! Zip archives: PyTorch's files and numpy's npz, and any pickle that somebody zipped.

use std::io::BufReader;
use std::sync::Arc;

use zip::{CompressionMethod, ZipArchive};

use super::spool::{Spool, room};
use crate::dataset::error::DatasetError;
use crate::dataset::file::bytes::DataFile;
use crate::dataset::file::reader::Reader;
use crate::dataset::pickle::{Member, Span};

const WHAT: &str = "a zip archive";
/// Most files of an archive: PyTorch has one for each tensor.
const MEMBERS: usize = 1 << 20;

/// True where a file begins as a zip archive does.
pub fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// The files of an archive, and the file in which they lie as they are: the archive itself where nothing in it is
/// compressed, as in all that PyTorch writes.
///
/// # Errors
/// The archive is damaged, encrypted, or unpacks to far more than such files do.
pub fn open(file: &Arc<DataFile>) -> Result<(Arc<DataFile>, Vec<Member>), DatasetError> {
    open_into(file, room(file.len()))
}

fn open_into(file: &Arc<DataFile>, room: u64) -> Result<(Arc<DataFile>, Vec<Member>), DatasetError> {
    let mut spool = Spool::new(file.path(), WHAT, room);
    let reader = BufReader::new(Reader::new(file));
    let mut archive = ZipArchive::new(reader).map_err(|error| spool.damaged(&error))?;
    if archive.len() > MEMBERS {
        return Err(spool.damaged(&format!("{} files in it", archive.len())));
    }
    let (mut members, mut packed) = (Vec::new(), false);
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(|error| spool.damaged(&error))?;
        let name = String::from_utf8_lossy(member.name_raw()).into_owned();
        packed |= member.compression() != CompressionMethod::Stored;
        let span = Span { offset: member.data_start().unwrap_or(u64::MAX), len: member.size() };
        if !packed && span.offset.checked_add(span.len).is_none_or(|end| end > file.len()) {
            return Err(spool.damaged(&format!("{name} lies outside it")));
        }
        members.push(Member { name, span });
    }
    if !packed {
        return Ok((file.clone(), members));
    }
    for (index, member) in members.iter_mut().enumerate() {
        let offset = spool.len();
        let content = archive.by_index(index).map_err(|error| spool.damaged(&error))?;
        spool.take(content)?;
        member.span = Span { offset, len: spool.len() - offset };
    }
    Ok((Arc::new(spool.finish()), members))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fixture(name: &str) -> Arc<DataFile> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        Arc::new(DataFile::from_bytes(name, std::fs::read(path).unwrap()))
    }

    proptest! {
        /// All files of an archive together have the room that there is.
        #[test]
        fn nothing_unpacks_to_more_than_there_is_room_for(name in proptest::sample::select(vec!["zip.zip", "flat_compressed.npz"]), room in 0u64..30_000) {
            let file = fixture(name);
            let (_, members) = open(&file).unwrap();
            let whole: u64 = members.iter().map(|member| member.span.len).sum();
            match open_into(&file, room) {
                Ok((content, found)) => prop_assert!(whole <= room && content.len() == whole && found.len() == members.len()),
                Err(error) => {
                    prop_assert!(whole > room);
                    prop_assert!(error.to_string().contains(&format!("more than {room} bytes")), "{}", error);
                }
            }
        }
    }
}
