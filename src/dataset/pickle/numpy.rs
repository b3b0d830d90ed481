//! What the callables of the allow-list do, done by hand: arrays, element types and scalars of numpy, and a few of
//! Python's own.

use super::error::PickleError;
use super::globals::Global;
use super::state::State;
use super::text;
use super::torch;
use super::values::{Array, ArrayData, Node, Payload, Value, shape_text};
use crate::dataset::file::dtype::{DType, Kind};

/// Longest text in a numpy scalar.
const SCALAR: u64 = 64 << 10;

/// Carries out REDUCE: calls an allowed callable.
pub fn reduce(state: &mut State, callable: Value, arguments: Value) -> Result<Value, PickleError> {
    let Some(&Node::Global(global)) = state.node(callable) else {
        return Err(state.malformed("a callable", &state.describe(callable)));
    };
    // Every allowed callable takes few arguments, so that copying them is cheap however often it is done.
    let arguments = match state.node(arguments) {
        Some(Node::Tuple(items)) if items.len() <= 8 => items.clone(),
        _ => return Err(state.malformed("a short tuple of arguments", &state.describe(arguments))),
    };
    match (global, arguments.as_slice()) {
        (Global::Reconstruct, &[class, _, _]) => match state.node(class) {
            Some(Node::Global(Global::NdArray)) => state.add(Node::Array(Box::new(Array {
                shape: vec![0],
                dtype: DType::parse("u1"),
                fortran: false,
                data: ArrayData::Unfilled,
            }))),
            _ => Err(state.refused("an array of another class than numpy.ndarray")),
        },
        (Global::DType, &[code, ..]) => {
            // `numpy.dtype(numpy.float32)` and the like do not occur in pickles; names do.
            let code = state.short_text(code)?;
            state.add(Node::DType(DType::parse(&code)))
        }
        (Global::Scalar, &[dtype, bytes]) => scalar(state, dtype, bytes),
        (Global::FromBuffer, &[buffer, dtype, shape, order]) => {
            let fortran = state.short_text(order)? == "F";
            let array = array(state, shape, dtype, fortran, buffer)?;
            state.add(Node::Array(Box::new(array)))
        }
        (Global::Encode, &[source, encoding]) => {
            let encoding = state.short_text(encoding)?.to_ascii_lowercase();
            if !matches!(encoding.as_str(), "latin1" | "latin-1" | "iso-8859-1") {
                return Err(state.refused("_codecs.encode with another encoding than latin1"));
            }
            match state.node(source) {
                Some(&Node::Text(span)) => state.add(Node::Latin1(span)),
                Some(Node::Owned { bytes, .. }) => {
                    let mut out = Vec::new();
                    if !text::Latin1::default().push(bytes, &mut out) {
                        return Err(state.malformed("Latin-1 text", "other text"));
                    }
                    state.add(Node::Owned { bytes: out.into(), text: false })
                }
                _ => Err(state.malformed("text to encode", &state.describe(source))),
            }
        }
        (Global::RebuildTensor, arguments) => torch::tensor(state, arguments),
        (Global::OrderedDict, &[]) => state.add(Node::Dict(Vec::new())),
        (Global::OrderedDict, &[items]) => {
            let Some(Node::List(list)) = state.node(items) else {
                return Err(state.malformed("a list of pairs", &state.describe(items)));
            };
            // Paid for before anything is copied.
            let size = list.len() as u64 * size_of::<(Value, Value)>() as u64;
            state.charge(size)?;
            let Some(Node::List(list)) = state.node(items) else { return state.add(Node::Dict(Vec::new())) };
            let pair = |v: &Value| match state.node(*v) {
                Some(Node::List(kv) | Node::Tuple(kv)) if kv.len() == 2 => Ok((kv[0], kv[1])),
                _ => Err(state.malformed("a pair", &state.describe(*v))),
            };
            let pairs = list.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
            state.add(Node::Dict(pairs))
        }
        (Global::DefaultDict, &[] | &[_]) => state.add(Node::Dict(Vec::new())),
        (Global::Bytes, &[]) => state.add(Node::Owned { bytes: Box::default(), text: false }),
        (Global::Bytes, &[source]) | (Global::Bytes, &[source, _]) => match state.node(source) {
            Some(&Node::Text(span)) => state.add(Node::Latin1(span)),
            Some(Node::Bytes(_) | Node::Latin1(_)) => Ok(source),
            _ => Err(state.malformed("a byte string", &state.describe(source))),
        },
        (global, arguments) => {
            Err(state.malformed("the arguments that numpy writes", &format!("{} for {global:?}", arguments.len())))
        }
    }
}

/// Carries out BUILD: gives a dtype or an array its state.
pub fn build(state: &mut State, target: Value, given: Value) -> Result<(), PickleError> {
    let given = match state.node(given) {
        Some(Node::Tuple(items)) if items.len() <= 16 => items.clone(),
        _ => return Err(state.malformed("a short tuple as state", &state.describe(given))),
    };
    match state.node(target) {
        Some(&Node::DType(mut dtype)) => {
            let &[_version, order, _, names, _, size, ..] = given.as_slice() else {
                return Err(state.malformed("the state of a dtype", &format!("{} values", given.len())));
            };
            dtype.big_endian = match state.short_text(order)?.as_str() {
                ">" => true,
                "<" | "|" | "=" => false,
                other => return Err(state.malformed("a byte order", &other.chars().take(8).collect::<String>())),
            };
            if names != Value::None {
                dtype = DType { kind: Kind::Other, ..dtype };
            }
            if let (Kind::Text | Kind::Bytes | Kind::Other, Value::Int(size)) = (dtype.kind, size) {
                // -1 says that the type's name is enough.
                if let Ok(size) = usize::try_from(size) {
                    dtype.size = size;
                }
            }
            if dtype.kind == Kind::Text && dtype.size % 4 != 0 {
                return Err(state.malformed("text of 4 bytes a character", &dtype.size.to_string()));
            }
            if let Some(Node::DType(to)) = state.node_mut(target) {
                *to = dtype;
            }
            Ok(())
        }
        Some(Node::Array(existing)) => {
            if !matches!(existing.data, ArrayData::Unfilled) {
                return Err(state.malformed("an array that is still empty", "one that was filled before"));
            }
            // Very old numpy leaves out the version.
            let (shape, dtype, fortran, data) = match *given.as_slice() {
                [_, shape, dtype, fortran, data] | [shape, dtype, fortran, data] => (shape, dtype, fortran, data),
                _ => return Err(state.malformed("the state of an array", &format!("{} values", given.len()))),
            };
            let fortran = match fortran {
                Value::Bool(b) => b,
                Value::Int(i) => i != 0,
                _ => return Err(state.malformed("a truth value for the order", &state.describe(fortran))),
            };
            let array = array(state, shape, dtype, fortran, data)?;
            if let Some(Node::Array(to)) = state.node_mut(target) {
                **to = array;
            }
            Ok(())
        }
        _ => Err(state.refused("a state for something that is no numpy array")),
    }
}

/// An array from its parts; the elements must be as many as the shape says.
fn array(state: &mut State, shape: Value, dtype: Value, fortran: bool, data: Value) -> Result<Array, PickleError> {
    let shape = state.axes(shape)?;
    state.charge(shape.len() as u64 * 8 + size_of::<Array>() as u64)?;
    let Some(&Node::DType(dtype)) = state.node(dtype) else {
        return Err(state.malformed("a dtype", &state.describe(dtype)));
    };
    let count = shape.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis));
    let expected = || format!("shape {} and type {dtype}", shape_text(&shape));
    let overflow = || state.bad_array(expected(), "more elements than a file can hold".to_owned());
    let count = count.ok_or_else(overflow)?;
    if dtype.kind == Kind::Object {
        let found = match state.node(data) {
            Some(Node::List(items)) => items.len(),
            _ => return Err(state.malformed("a list of objects", &state.describe(data))),
        };
        if found != count {
            return Err(state.bad_array(expected(), format!("{found} objects")));
        }
        return Ok(Array { shape, dtype, fortran, data: ArrayData::Objects(data) });
    }
    let bytes = count.checked_mul(dtype.size).ok_or_else(overflow)? as u64;
    let (payload, fits, found) = match state.node(data) {
        Some(&Node::Bytes(span)) => (Payload::File(span), span.len == bytes, span.len),
        // Each character takes one or two bytes; the exact number shows when the elements are read.
        Some(&Node::Latin1(span)) => {
            (Payload::Latin1(span), bytes <= span.len && span.len <= bytes.saturating_mul(2), span.len)
        }
        Some(Node::Owned { bytes: owned, .. }) => {
            (Payload::Owned(data), owned.len() as u64 == bytes, owned.len() as u64)
        }
        _ => return Err(state.malformed("the bytes of an array", &state.describe(data))),
    };
    // A type that this reader does not know has no size it could check; such an array cannot be used anyway.
    if !fits && dtype.kind != Kind::Other {
        return Err(state.bad_array(format!("{}, {bytes} bytes", expected()), format!("{found} bytes")));
    }
    Ok(Array { shape, dtype, fortran, data: ArrayData::Elements(payload) })
}

fn scalar(state: &mut State, dtype: Value, bytes: Value) -> Result<Value, PickleError> {
    let Some(&Node::DType(dtype)) = state.node(dtype) else {
        return Err(state.malformed("a dtype", &state.describe(dtype)));
    };
    if dtype.kind == Kind::Object {
        return Ok(bytes);
    }
    let bytes = state.short_bytes(bytes, SCALAR)?;
    state.charge(bytes.len() as u64)?;
    let wrong = || state.bad_array(format!("one {dtype}"), format!("{} bytes", bytes.len()));
    if let Kind::Text | Kind::Bytes = dtype.kind {
        let text = dtype.decode_text(&bytes).ok_or_else(wrong)?;
        return state.add(Node::Owned { bytes: text.into_bytes().into(), text: true });
    }
    if dtype.kind == Kind::Other {
        return Ok(Value::BigInt);
    }
    let mut out = [0.0];
    if !dtype.decode(&bytes, &mut out) {
        return Err(wrong());
    }
    Ok(match dtype.kind {
        Kind::Bool => Value::Bool(out[0] != 0.0),
        Kind::Float => Value::Float(out[0]),
        // As f64, ids beyond 2^53 would run together.
        _ => dtype.digits(&bytes).and_then(|digits| digits.parse().ok()).map_or(Value::BigInt, Value::Int),
    })
}
