//! PyTorch's tensors, as `torch.Tensor` writes them into a plain pickle: a storage, which is a file of `torch.save` within a
//! string, and the tensor's shape over it. The elements stay in the file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::error::PickleError;
use super::globals::Global;
use super::state::State;
use super::values::{Array, ArrayData, Node, Payload, Span, Storage, Value, shape_text};
use crate::dataset::file::dtype::DType;

/// The string that holds a storage, where the callable is the one that reads storages.
pub fn stored(state: &State, callable: Value, arguments: Value) -> Result<Option<Span>, PickleError> {
    let Some(Node::Global(Global::LoadStorage)) = state.node(callable) else { return Ok(None) };
    let argument = match state.node(arguments) {
        Some(Node::Tuple(items)) => items.first().copied(),
        _ => None,
    };
    match argument.and_then(|argument| state.node(argument)) {
        Some(&Node::Bytes(span)) => Ok(Some(span)),
        // Written as text, elements do not lie in the file as they are.
        Some(Node::Latin1(_)) => {
            Err(state.refused("a PyTorch storage in a pickle of protocol 2 (write it with protocol 4)"))
        }
        _ => Err(state.malformed("the bytes of a PyTorch storage", &state.describe(arguments))),
    }
}

/// Element type and number of elements of a storage, from the persistent id that stands for it.
pub fn element_type(state: &State, id: Value) -> Result<(DType, u64), PickleError> {
    identified(state, id).map(|(dtype, count, _)| (dtype, count))
}

/// The storage that a persistent id stands for, in a file of `torch.save`: an archive with a file for each storage, named by
/// its key.
pub fn storage(state: &State, id: Value, storages: &HashMap<String, Span>) -> Result<Storage, PickleError> {
    let (dtype, count, key) = identified(state, id)?;
    let key = state.short_text(key)?;
    let data = storages.get(key.as_str()).copied();
    let data = data.ok_or_else(|| state.malformed("a PyTorch storage of the archive", "one that is not there"))?;
    if count.checked_mul(dtype.size as u64) != Some(data.len) {
        return Err(state.malformed("a PyTorch storage", &format!("{count} elements in {} bytes", data.len)));
    }
    Ok(Storage { dtype, data })
}

/// A storage whose place is not known yet, with as many bytes as its id says; its element type is noted by its key.
pub fn announced(state: &mut State, id: Value, types: &mut HashMap<String, DType>) -> Result<Storage, PickleError> {
    let (dtype, count, key) = identified(state, id)?;
    let key = state.short_text(key)?;
    let room = (key.len() + size_of::<(String, DType)>()) as u64;
    if let Entry::Vacant(place) = types.entry(key) {
        state.charge(room)?;
        place.insert(dtype);
    }
    Ok(Storage { dtype, data: Span { offset: 0, len: count.saturating_mul(dtype.size as u64) } })
}

/// Element type, number of elements and key of a storage.
fn identified(state: &State, id: Value) -> Result<(DType, u64, Value), PickleError> {
    let wrong = || state.malformed("the id of a PyTorch storage", &state.describe(id));
    let Some(Node::Tuple(items)) = state.node(id) else { return Err(wrong()) };
    let &[kind, class, key, _, Value::Int(count), ref view @ ..] = items.as_slice() else { return Err(wrong()) };
    if !matches!(view, [] | [Value::None]) {
        return Err(state.refused("a part of a PyTorch storage (save it anew with PyTorch 1.6 or later)"));
    }
    let (Some(Node::Global(Global::Storage(name))), Ok(count)) = (state.node(class), u64::try_from(count)) else {
        return Err(wrong());
    };
    match state.short_text(kind)?.as_str() {
        "storage" => Ok((DType::parse(name), count, key)),
        _ => Err(wrong()),
    }
}

/// A tensor over a storage, as an array.
pub fn tensor(state: &mut State, arguments: &[Value]) -> Result<Value, PickleError> {
    let &[storage, Value::Int(first), size, stride, ..] = arguments else {
        return Err(state.malformed("the arguments of a PyTorch tensor", &format!("{} values", arguments.len())));
    };
    let Some(&Node::Storage(Storage { dtype, data })) = state.node(storage) else {
        return Err(state.malformed("a PyTorch storage", &state.describe(storage)));
    };
    let (shape, strides) = (state.axes(size)?, state.axes(stride)?);
    let expected = || format!("shape {} and type {dtype}", shape_text(&shape));
    let outside = || state.bad_array(expected(), format!("a storage of {} bytes", data.len));
    let bytes = shape.iter().try_fold(dtype.size as u64, |n, &axis| n.checked_mul(axis as u64)).ok_or_else(outside)?;
    let start = u64::try_from(first).ok().and_then(|first| first.checked_mul(dtype.size as u64)).ok_or_else(outside)?;
    if start.checked_add(bytes).is_none_or(|end| end > data.len) {
        return Err(outside());
    }
    let c_order = is_contiguous(shape.iter().zip(&strides).rev());
    let fortran = !c_order && is_contiguous(shape.iter().zip(&strides));
    if strides.len() != shape.len() || !(c_order || fortran || bytes == 0) {
        let what = format!("a PyTorch tensor with gaps (strides {}; call contiguous() first)", shape_text(&strides));
        return Err(state.refused(what));
    }
    let elements = Payload::File(Span { offset: data.offset + start, len: bytes });
    state.charge(shape.len() as u64 * 8 + size_of::<Array>() as u64)?;
    state.add(Node::Array(Box::new(Array { shape, dtype, fortran, data: ArrayData::Elements(elements) })))
}

/// True where elements lie one after the other, the given axes from the fastest to the slowest.
fn is_contiguous<'s>(axes: impl Iterator<Item = (&'s usize, &'s usize)>) -> bool {
    let mut expected = 1usize;
    for (&len, &stride) in axes {
        if len != 1 && stride != expected {
            return false;
        }
        expected = expected.saturating_mul(len);
    }
    true
}
