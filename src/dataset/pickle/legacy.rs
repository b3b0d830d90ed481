//! Files of `torch.save` as PyTorch wrote them before version 1.6, and writes them still where it is asked to: five pickles one
//! after the other (a magic number, the format's version, sizes of types, the object, the keys of its storages), then the
//! number of elements and the elements of each storage, in the order of the keys.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::cursor::Cursor;
use super::error::PickleError;
use super::machine::{Machine, Persistent};
use super::objects::Pickle;
use super::values::{Span, Value};
use crate::dataset::file::bytes::DataFile;
use crate::dataset::file::dtype::DType;

/// The pickle of the magic number, by which such files begin.
const MAGIC: &[u8] = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.";

/// Longest key of a storage.
const KEY: u64 = 256;

/// True where a file begins as `torch.save` began before PyTorch 1.6.
pub fn is_legacy_torch(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// Reads such a file.
///
/// # Errors
/// As [`parse`](super::parse); also where a storage is not there as a whole.
pub fn parse_legacy_torch(file: &Arc<DataFile>) -> Result<Pickle, PickleError> {
    let (_, cursor) = next(file, Cursor::new(file), Persistent::None)?;
    let (_, cursor) = next(file, cursor, Persistent::None)?;
    let (system, cursor) = next(file, cursor, Persistent::None)?;
    if system.get(system.root(), "little_endian")? == Some(Value::Bool(false)) {
        return Err(PickleError::Refused {
            offset: cursor.position(),
            what: "PyTorch storages with the most significant byte first".to_owned(),
        });
    }
    // Where the elements lie is known only behind the object, which is therefore read twice.
    let object = cursor.position();
    let types = RefCell::new(HashMap::new());
    let (_, cursor) = next(file, cursor, Persistent::Announced(&types))?;
    let length = cursor.position() - object;
    let (keys, cursor) = next(file, cursor, Persistent::None)?;
    let storages = places(&keys, cursor, &types.borrow())?;
    let part = Span { offset: object, len: length };
    Machine::over(file, Cursor::new(file).within(part), Persistent::Storages(&storages)).run()
}

/// The next pickle, and what lies behind it.
fn next<'a>(
    file: &'a Arc<DataFile>,
    cursor: Cursor<'a>,
    persistent: Persistent<'a>,
) -> Result<(Pickle, Cursor<'a>), PickleError> {
    Machine::over(file, cursor, persistent).run_on()
}

/// Where the elements of each storage lie.
fn places(
    keys: &Pickle,
    mut cursor: Cursor<'_>,
    types: &HashMap<String, DType>,
) -> Result<HashMap<String, Span>, PickleError> {
    let wrong = |offset: u64, found: String| PickleError::Malformed {
        offset,
        opcode: "a file of torch.save",
        expected: "the storages of its tensors",
        found,
    };
    let offset = cursor.position();
    let items = keys.items(keys.root()).ok_or_else(|| wrong(offset, keys.describe(keys.root())))?;
    let mut storages = HashMap::new();
    for &item in items {
        let offset = cursor.position();
        let key = keys.text(item, KEY)?.ok_or_else(|| wrong(offset, keys.describe(item)))?;
        let Some(dtype) = types.get(&key) else { return Err(wrong(offset, "one that no tensor has".to_owned())) };
        let count = u64::from_le_bytes(cursor.bytes()?);
        let bytes = count.checked_mul(dtype.size as u64);
        let bytes = bytes.ok_or_else(|| wrong(offset, format!("{count} elements of type {dtype}")))?;
        storages.insert(key, cursor.span(bytes)?);
    }
    Ok(storages)
}
