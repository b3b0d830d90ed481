//! numpy's own files: an npz, an archive of arrays that makes one dict, and an npy, a single array. Arrays of objects lie in
//! them as pickles.

use std::sync::Arc;

use npyz::{DType as Descr, NpyHeader, Order};

use super::error::PickleError;
use super::machine::Machine;
use super::objects::Pickle;
use super::values::{Array, ArrayData, Member, Node, Payload, Span, Value, shape_text};
use crate::dataset::file::bytes::DataFile;
use crate::dataset::file::dtype::{DType, Kind};

/// Longest header that is looked at; that of a plain array has about 100 bytes.
const HEADER: u64 = 4096;
/// Most brackets in a header: its parser goes one call deeper for each.
const BRACKETS: usize = 32;

/// Reads the arrays of an npz, whose files are `members`, as a dict of them by their names. `place` may say that a name
/// stands for an entry of a dict within: for its name and the key there.
///
/// # Errors
/// A member is damaged, or a pickle in it asks for something that is refused.
pub fn parse_npz(
    file: &Arc<DataFile>,
    members: &[Member],
    place: impl Fn(&str) -> Option<(String, String)>,
) -> Result<Pickle, PickleError> {
    let mut machine = Machine::new(file);
    let mut pairs = Vec::new();
    let mut within: Vec<(String, Vec<(Value, Value)>)> = Vec::new();
    for member in members {
        let Some(name) = member.name.strip_suffix(".npy") else { continue };
        let value = npy(&mut machine, member.span)?;
        match place(name) {
            None => pairs.push((text(&mut machine, name)?, value)),
            Some((dict, key)) => {
                let key = text(&mut machine, &key)?;
                match within.iter_mut().find(|(name, _)| *name == dict) {
                    Some((_, entries)) => entries.push((key, value)),
                    None => within.push((dict, vec![(key, value)])),
                }
            }
        }
    }
    for (name, entries) in within {
        let dict = machine.state().add(Node::Dict(entries))?;
        pairs.push((text(&mut machine, &name)?, dict));
    }
    let root = machine.state().add(Node::Dict(pairs))?;
    machine.finish(root)
}

/// Reads a file that holds a single array.
///
/// # Errors
/// As [`parse_npz`].
pub fn parse_npy(file: &Arc<DataFile>) -> Result<Pickle, PickleError> {
    let mut machine = Machine::new(file);
    let root = npy(&mut machine, Span { offset: 0, len: file.len() })?;
    machine.finish(root)
}

fn text(machine: &mut Machine<'_>, name: &str) -> Result<Value, PickleError> {
    machine.state().add(Node::Owned { bytes: name.as_bytes().into(), text: true })
}

/// An array; where it is a single object, that object.
fn npy(machine: &mut Machine<'_>, span: Span) -> Result<Value, PickleError> {
    let mut head = vec![0; span.len.min(HEADER) as usize];
    machine.file().read_at(span.offset, &mut head)?;
    machine.state().offset = span.offset;
    machine.state().opcode = "an npy file";
    let mut rest = head.as_slice();
    let simple = header_text(&head).is_some_and(|text| text.iter().filter(|b| b"[({".contains(b)).count() <= BRACKETS);
    let header = if simple { NpyHeader::from_reader(&mut rest).ok() } else { None };
    let Some(header) = header else {
        return Err(machine.state().malformed("the header of a numpy array", "something else"));
    };
    let used = (head.len() - rest.len()) as u64;
    let data = Span { offset: span.offset + used, len: span.len - used };
    let dtype = match header.dtype() {
        Descr::Plain(name) => DType::parse(&name.to_string()),
        _ => DType { kind: Kind::Other, size: 0, big_endian: false },
    };
    if dtype.kind == Kind::Object {
        let value = machine.part(data)?;
        return Ok(match machine.state().single_object(value) {
            Some(object) => object,
            None => value,
        });
    }
    let shape: Option<Vec<usize>> = header.shape().iter().map(|&axis| usize::try_from(axis).ok()).collect();
    let shape = shape.unwrap_or_default();
    let bytes = shape.iter().try_fold(dtype.size as u64, |n, &axis| n.checked_mul(axis as u64));
    if bytes != Some(data.len) && dtype.kind != Kind::Other {
        let expected = format!("shape {} and type {dtype}", shape_text(&shape));
        return Err(machine.state().bad_array(expected, format!("{} bytes", data.len)));
    }
    machine.state().charge(shape.len() as u64 * 8 + size_of::<Array>() as u64)?;
    let fortran = header.order() == Order::Fortran;
    let elements = ArrayData::Elements(Payload::File(data));
    machine.state().add(Node::Array(Box::new(Array { shape, dtype, fortran, data: elements })))
}

/// The text of a header, where it lies within the bytes that were read.
fn header_text(head: &[u8]) -> Option<&[u8]> {
    let (start, len): (usize, usize) = match *head {
        [_, _, _, _, _, _, 1, _, a, b, ..] => (10, usize::from(u16::from_le_bytes([a, b]))),
        [_, _, _, _, _, _, _, _, a, b, c, d, ..] => (12, usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?),
        _ => return None,
    };
    head.get(start..start.checked_add(len)?)
}
