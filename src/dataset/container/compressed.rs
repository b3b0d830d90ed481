//! Compressed files: gzip, xz, zstd, and zlib, which joblib writes.

use std::io::{self, BufRead, BufReader, Read};

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use super::spool::Spool;
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
        let mut spool = Spool::new(file.path(), self.what(), file.len());
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
