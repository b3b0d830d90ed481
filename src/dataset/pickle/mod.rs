//! A reader of Python pickles that builds numbers, strings, lists, dicts and numpy arrays and runs nothing.
//!
//! A pickle is a program for a small stack machine, and Python's own reader does whatever that program asks for. This
//! one has an allow-list of callables, those that numpy and PyTorch need to put an array together (`globals`); anything
//! else is refused by name with its offset. Large strings, which hold the elements of arrays, stay in the file: the machine
//! notes where they lie.
//!
//! Bounds, so that no file can do harm:
//! - a length is compared with the bytes that are left before anything is allocated or skipped;
//! - memory for Python objects is charged against a budget that grows with the file's length and ends at 1 GiB;
//! - objects live in one flat list and refer to each other by index, so that neither deep nesting nor cycles can
//!   overflow the stack, in reading or in dropping;
//! - the machine has no jumps: every opcode takes at least one byte of the file, so reading ends;
//! - code that converts objects has a budget of its own, because a small pickle can refer to one object a million times.
//!
//! Every file here knows the ones below it only: `npz` and `legacy` put several pickles and arrays together; `machine` runs the opcodes
//! and calls `numpy`, `torch` and `joblib`; all work on a `state`; what comes out is a [`Pickle`]. From the rest of `dataset` only `file` is imported. A further callable is
//! one entry of the allow-list in `globals` and one arm of `numpy::reduce`.

mod cursor;
pub mod error;
mod globals;
mod joblib;
mod legacy;
mod machine;
mod npz;
mod numpy;
mod objects;
mod opcodes;
mod state;
mod text;
mod torch;
mod values;

use std::collections::HashMap;
use std::sync::Arc;

use super::file::bytes::DataFile;
use cursor::Cursor;
use machine::{Machine, Persistent};

pub use error::PickleError;
pub use legacy::{is_legacy_torch, parse_legacy_torch};
pub use npz::{parse_npy, parse_npz};
pub use objects::Pickle;
pub use values::{Array, ArrayData, Member, Node, Payload, Span, Value};

/// Reads the pickle at the start of a file.
///
/// ```
/// use std::sync::Arc;
///
/// use mug::dataset::bytes::DataFile;
/// use mug::dataset::pickle;
///
/// let file = Arc::new(DataFile::open("tests/fixtures/numpy2_p4.pkl".as_ref())?);
/// let pickle = pickle::parse(&file)?;
/// let train = pickle.get(pickle.root(), "train")?.expect("the file has a training split");
/// let audio = pickle.get(train, "audio")?.expect("the split has audio");
/// assert_eq!(pickle.array_shape(audio), Some(&[6, 5, 2][..]));
/// # Ok::<(), pickle::PickleError>(())
/// ```
///
/// # Errors
/// The file is cut short, damaged, asks for something outside the allow-list, or cannot be read.
pub fn parse(file: &Arc<DataFile>) -> Result<Pickle, PickleError> {
    Machine::new(file).run()
}

/// Reads the pickle that lies in a part of a file.
///
/// # Errors
/// As [`parse`].
pub fn parse_part(file: &Arc<DataFile>, part: Span) -> Result<Pickle, PickleError> {
    Machine::over(file, Cursor::new(file).within(part), Persistent::None).run()
}

/// Reads a file of `torch.save`, an archive: its pickle, and a file for each storage. `members` are the files of the archive,
/// which lie in `file` as they are, `main` is the pickle among them.
///
/// # Errors
/// As [`parse`].
pub fn parse_torch(file: &Arc<DataFile>, members: &[Member], main: &Member) -> Result<Pickle, PickleError> {
    let folder = main.name.strip_suffix("data.pkl").unwrap_or_default();
    let key = |member: &Member| member.name.strip_prefix(folder)?.strip_prefix("data/").map(str::to_owned);
    let storages: HashMap<String, Span> = members.iter().filter_map(|m| Some((key(m)?, m.span))).collect();
    Machine::over(file, Cursor::new(file).within(main.span), Persistent::Storages(&storages)).run()
}

#[cfg(test)]
mod tests;
