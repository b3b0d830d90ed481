//! Why a pickle cannot be read.

use crate::dataset::file::error::FileError;

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
        "byte {offset}: the pickle asks for {what}, which is refused: only dicts, lists, numbers, strings, numpy \
         arrays and PyTorch tensors are read, and nothing is ever run; save the data as plain numpy arrays"
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
    Read(#[from] FileError),
}
