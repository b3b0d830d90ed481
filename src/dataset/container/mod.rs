//! Files around files: what compression and archives hold, found without a program of one's own.
//!
//! [`compressed`] takes gzip, xz, zstd and zlib off, [`archive`] lists what a zip holds. Both give a
//! [`DataFile`](super::bytes::DataFile) that is read by position like any other: what does not fit into a little memory
//! lies in a temporary file without a name, and how much that may be is bounded by the packed length. A further compression
//! is one entry of [`compressed::Compression`].
//!
//! Imported from `dataset`: `file`, `pickle` (where a part lies), errors.

pub mod archive;
pub mod compressed;
mod spool;
