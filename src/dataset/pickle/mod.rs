//! A reader of Python pickles that builds numbers, strings, lists, dicts and numpy arrays and runs nothing.
//!
//! A pickle is a program for a small stack machine, and Python's own reader does whatever that program asks for. This
//! one knows an allow-list of callables, those that numpy needs to put an array together ([`numpy`]); anything else is
//! refused by name with its offset. Large strings, which is where arrays keep their elements, stay in the file: the
//! machine notes where they lie.
//!
//! Bounds, so that no file can do harm:
//! - a length is compared with the bytes that are left before anything is allocated or skipped;
//! - memory for Python objects is charged against a budget that grows with the file's length and ends at 1 GiB;
//! - objects live in one flat list and refer to each other by index, so that neither deep nesting nor cycles can
//!   overflow the stack, in reading or in dropping;
//! - the machine has no jumps: every opcode costs at least one byte of the file;
//! - whoever converts objects does so with a budget of its own, since a small pickle can refer to one object a million
//!   times.

mod cursor;
mod machine;
pub mod numpy;
mod opcodes;
mod text;
mod values;

use std::sync::Arc;

use super::bytes::DataFile;
use super::error::DatasetError;

pub use values::{Array, ArrayData, Node, Payload, Pickle, Span, Value};

/// Why a pickle cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PickleError {
    #[error(
        "the pickle ends too early: at byte {offset} it announces {needed} more bytes and the file has {available}; the copy is \
         probably incomplete, fetch it again"
    )]
    Truncated { offset: u64, needed: u64, available: u64 },
    #[error("byte {offset}: expected a pickle opcode, found 0x{code:02x}; the file is damaged or no pickle")]
    Opcode { offset: u64, code: u8 },
    #[error("byte {offset}: expected pickle protocol 0 to 5, found {found}; write the file anew with protocol 4")]
    Protocol { offset: u64, found: u8 },
    #[error(
        "byte {offset}: the pickle asks for {what}, which is refused: only dicts, lists, numbers, strings and numpy arrays are \
         read, and nothing is ever run; save the data as plain numpy arrays"
    )]
    Refused { offset: u64, what: String },
    #[error("byte {offset}: {opcode} expected {expected}, found {found}; the file is damaged")]
    Malformed { offset: u64, opcode: &'static str, expected: &'static str, found: String },
    #[error("byte {offset}: expected a numpy array of {expected}, found {found}; the file is damaged")]
    Array { offset: u64, expected: String, found: String },
    #[error(
        "byte {offset}: the pickle builds more Python objects than fit into {budget} bytes of memory; save features as numpy \
         arrays, not as lists"
    )]
    TooLarge { offset: u64, budget: u64 },
    #[error(transparent)]
    Read(#[from] Box<DatasetError>),
}

/// Reads the pickle at the start of a file.
///
/// # Errors
/// The file is cut short, damaged, asks for something outside the allow-list, or cannot be read.
pub fn parse(file: &Arc<DataFile>) -> Result<Pickle, DatasetError> {
    machine::Machine::new(file).run().map_err(|error| match error {
        PickleError::Read(error) => *error,
        source => DatasetError::Pickle { path: file.path().to_owned(), source },
    })
}

#[cfg(test)]
mod tests;
