//! Compressed files: gzip, xz, zstd, and zlib, which joblib writes.

use std::io::{self, BufRead, BufReader, Read};

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use super::spool::{Spool, room};
use crate::dataset::error::DatasetError;
use crate::dataset::file::bytes::DataFile;
use crate::dataset::file::reader::Reader;

/// KiB that xz may look back over; its strongest preset asks for 64 MiB.
const XZ_MEMORY: u32 = 256 << 10;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    Xz,
    Zstd,
    Zlib,
}

impl Compression {
    /// What a file that begins in this way is compressed with; `None` where it is not.
    pub fn of(head: &[u8]) -> Option<Compression> {
        Some(match head {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Compression::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            // The four levels that zlib names. A pickle begins with 0x80, or with a letter that is no `x`.
            [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Compression::Zlib,
            _ => return None,
        })
    }

    /// What such a file is called, with its article.
    pub fn what(self) -> &'static str {
        match self {
            Compression::Gzip => "a gzip file",
            Compression::Xz => "an xz file",
            Compression::Zstd => "a zstd file",
            Compression::Zlib => "a zlib file",
        }
    }

    /// The file as it was before it was compressed.
    ///
    /// # Errors
    /// It is damaged, unpacks to far more than such files do, or there is no room for it.
    pub fn unpack(self, file: &DataFile) -> Result<DataFile, DatasetError> {
        self.unpack_into(file, room(file.len()))
    }

    fn unpack_into(self, file: &DataFile, room: u64) -> Result<DataFile, DatasetError> {
        let mut spool = Spool::new(file.path(), self.what(), room);
        let packed = BufReader::with_capacity(256 << 10, Reader::new(file));
        match self {
            Compression::Gzip => spool.take(MultiGzDecoder::new(packed))?,
            Compression::Xz => spool.take(XzReader::new_mem_limit(packed, true, XZ_MEMORY))?,
            Compression::Zstd => frames(&mut spool, packed)?,
            Compression::Zlib => spool.take(ZlibDecoder::new(packed))?,
        }
        Ok(spool.finish())
    }
}

/// Takes in all frames of a zstd file, those that hold no data left out.
fn frames(spool: &mut Spool<'_>, mut packed: impl BufRead) -> Result<(), DatasetError> {
    while !packed.fill_buf().map_err(|error| spool.damaged(&error))?.is_empty() {
        match StreamingDecoder::new(&mut packed) {
            Ok(decoder) => spool.take(decoder)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                io::copy(&mut packed.by_ref().take(length.into()), &mut io::sink())
                    .map_err(|error| spool.damaged(&error))?;
            }
            Err(error) => return Err(spool.damaged(&error)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    const FILES: [(&str, Compression); 4] = [
        ("gzip.pkl.gz", Compression::Gzip),
        ("xz.pkl.xz", Compression::Xz),
        ("zstd.pkl.zst", Compression::Zstd),
        ("zlib.pkl.z", Compression::Zlib),
    ];

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
    }

    proptest! {
        /// Whatever a file unpacks to, it is taken as a whole where there is room for it, and refused where there is not.
        #[test]
        fn nothing_unpacks_to_more_than_there_is_room_for(which in 0usize..4, room in 0u64..6000) {
            let (name, compression) = FILES[which];
            let plain = fixture("numpy2_p4.pkl");
            let file = DataFile::from_bytes(name, fixture(name));
            match compression.unpack_into(&file, room) {
                Ok(unpacked) => {
                    prop_assert!(plain.len() as u64 <= room);
                    let mut bytes = vec![0; plain.len()];
                    unpacked.read_at(0, &mut bytes).unwrap();
                    prop_assert!(unpacked.len() == plain.len() as u64 && bytes == plain);
                }
                Err(error) => {
                    prop_assert!((plain.len() as u64) > room);
                    let text = error.to_string();
                    prop_assert!(text.contains(name) && text.contains(&format!("more than {room} bytes")), "{}", text);
                }
            }
        }

        /// Any bytes behind a compression's first ones are data or an error.
        #[test]
        fn arbitrary_bytes_never_panic(which in 0usize..4, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let (name, compression) = FILES[which];
            let mut all = fixture(name)[..16].to_vec();
            all.extend(bytes);
            let _ = compression.unpack_into(&DataFile::from_bytes(name, all), 1 << 20);
        }
    }
}
