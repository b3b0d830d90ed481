//! The allow-list: what numpy's pickles call, done by hand.

use super::machine::Machine;
use super::values::{Array, ArrayData, Node, Payload, Value};
use super::{PickleError, text};
use crate::dataset::dtype::{DType, Kind};

/// Longest text in a numpy scalar.
const SCALAR: u64 = 64 << 10;
/// Most axes that numpy gives an array.
const AXES: usize = 64;

/// The callables that a pickle may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Global {
    /// `numpy.core.multiarray._reconstruct`: an array that BUILD will fill.
    Reconstruct,
    /// `numpy.core.multiarray.scalar`: one number.
    Scalar,
    /// `numpy.core.numeric._frombuffer`: an array at once (protocol 5).
    FromBuffer,
    /// `numpy.ndarray`, as an argument of `_reconstruct`.
    NdArray,
    /// `numpy.dtype`: an element type.
    DType,
    /// `_codecs.encode`: bytes, as Python 3 writes them in protocol 2.
    Encode,
    /// `collections.OrderedDict`.
    OrderedDict,
    /// `collections.defaultdict`: a dict once it is written.
    DefaultDict,
    /// What a `defaultdict` makes for keys that are missing; never called.
    Factory,
    /// `bytes` or `bytearray`.
    Bytes,
}

impl Global {
    /// The callable of that name, if it is on the list.
    pub fn allowed(module: &str, attribute: &str) -> Option<Global> {
        Some(match (module, attribute) {
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Global::Reconstruct,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Global::Scalar,
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Global::FromBuffer,
            ("numpy", "ndarray") => Global::NdArray,
            ("numpy", "dtype") => Global::DType,
            ("_codecs", "encode") => Global::Encode,
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("collections", "defaultdict") => Global::DefaultDict,
            ("builtins" | "__builtin__", "dict" | "list" | "tuple" | "set" | "int" | "float" | "str") => {
                Global::Factory
            }
            ("builtins" | "__builtin__", "bytes" | "bytearray") => Global::Bytes,
            _ => return None,
        })
    }
}

/// Carries out REDUCE: calls an allowed callable.
pub fn reduce(machine: &mut Machine<'_>, callable: Value, arguments: Value) -> Result<Value, PickleError> {
    let Some(&Node::Global(global)) = machine.node(callable) else {
        return Err(machine.malformed("a callable", &machine.describe(callable)));
    };
    // Every allowed callable takes few arguments, so that copying them is cheap however often it is done.
    let arguments = match machine.node(arguments) {
        Some(Node::Tuple(items)) if items.len() <= 8 => items.clone(),
        _ => return Err(machine.malformed("a short tuple of arguments", &machine.describe(arguments))),
    };
    match (global, arguments.as_slice()) {
        (Global::Reconstruct, &[class, _, _]) => match machine.node(class) {
            Some(Node::Global(Global::NdArray)) => machine.add(Node::Array(Box::new(Array {
                shape: vec![0],
                dtype: DType::parse("u1"),
                fortran: false,
                data: ArrayData::Unfilled,
            }))),
            _ => Err(machine.refused("an array of another class than numpy.ndarray")),
        },
        (Global::DType, &[code, ..]) => {
            // `numpy.dtype(numpy.float32)` and the like do not occur in pickles; names do.
            let code = machine.short_text(code)?;
            machine.add(Node::DType(DType::parse(&code)))
        }
        (Global::Scalar, &[dtype, bytes]) => scalar(machine, dtype, bytes),
        (Global::FromBuffer, &[buffer, dtype, shape, order]) => {
            let fortran = machine.short_text(order)? == "F";
            let array = array(machine, shape, dtype, fortran, buffer)?;
            machine.add(Node::Array(Box::new(array)))
        }
        (Global::Encode, &[source, encoding]) => {
            let encoding = machine.short_text(encoding)?.to_ascii_lowercase();
            if !matches!(encoding.as_str(), "latin1" | "latin-1" | "iso-8859-1") {
                return Err(machine.refused("_codecs.encode with another encoding than latin1"));
            }
            match machine.node(source) {
                Some(&Node::Text(span)) => machine.add(Node::Latin1(span)),
                Some(Node::Owned { bytes, .. }) => {
                    let mut out = Vec::new();
                    if !text::Latin1::default().push(bytes, &mut out) {
                        return Err(machine.malformed("Latin-1 text", "other text"));
                    }
                    machine.add(Node::Owned { bytes: out.into(), text: false })
                }
                _ => Err(machine.malformed("text to encode", &machine.describe(source))),
            }
        }
        (Global::OrderedDict, &[]) => machine.add(Node::Dict(Vec::new())),
        (Global::OrderedDict, &[items]) => {
            let Some(Node::List(list)) = machine.node(items) else {
                return Err(machine.malformed("a list of pairs", &machine.describe(items)));
            };
            // Paid for before anything is copied.
            let size = list.len() as u64 * size_of::<(Value, Value)>() as u64;
            machine.charge(size)?;
            let Some(Node::List(list)) = machine.node(items) else { return machine.add(Node::Dict(Vec::new())) };
            let pair = |v: &Value| match machine.node(*v) {
                Some(Node::List(kv) | Node::Tuple(kv)) if kv.len() == 2 => Ok((kv[0], kv[1])),
                _ => Err(machine.malformed("a pair", &machine.describe(*v))),
            };
            let pairs = list.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
            machine.add(Node::Dict(pairs))
        }
        (Global::DefaultDict, &[] | &[_]) => machine.add(Node::Dict(Vec::new())),
        (Global::Bytes, &[]) => machine.add(Node::Owned { bytes: Box::default(), text: false }),
        (Global::Bytes, &[source]) | (Global::Bytes, &[source, _]) => match machine.node(source) {
            Some(&Node::Text(span)) => machine.add(Node::Latin1(span)),
            Some(Node::Bytes(_) | Node::Latin1(_)) => Ok(source),
            _ => Err(machine.malformed("a byte string", &machine.describe(source))),
        },
        (global, arguments) => {
            Err(machine.malformed("the arguments that numpy writes", &format!("{} for {global:?}", arguments.len())))
        }
    }
}

/// Carries out BUILD: gives a dtype or an array its state.
pub fn build(machine: &mut Machine<'_>, target: Value, state: Value) -> Result<(), PickleError> {
    let state = match machine.node(state) {
        Some(Node::Tuple(items)) if items.len() <= 16 => items.clone(),
        _ => return Err(machine.malformed("a short tuple as state", &machine.describe(state))),
    };
    match machine.node(target) {
        Some(&Node::DType(mut dtype)) => {
            let &[_version, order, _, names, _, size, ..] = state.as_slice() else {
                return Err(machine.malformed("the state of a dtype", &format!("{} values", state.len())));
            };
            dtype.big_endian = match machine.short_text(order)?.as_str() {
                ">" => true,
                "<" | "|" | "=" => false,
                other => return Err(machine.malformed("a byte order", &other.chars().take(8).collect::<String>())),
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
                return Err(machine.malformed("text of 4 bytes a character", &dtype.size.to_string()));
            }
            if let Some(Node::DType(to)) = machine.node_mut(target) {
                *to = dtype;
            }
            Ok(())
        }
        Some(Node::Array(existing)) => {
            if !matches!(existing.data, ArrayData::Unfilled) {
                return Err(machine.malformed("an array that is still empty", "one that was filled before"));
            }
            // Very old numpy leaves out the version.
            let (shape, dtype, fortran, data) = match *state.as_slice() {
                [_, shape, dtype, fortran, data] | [shape, dtype, fortran, data] => (shape, dtype, fortran, data),
                _ => return Err(machine.malformed("the state of an array", &format!("{} values", state.len()))),
            };
            let fortran = match fortran {
                Value::Bool(b) => b,
                Value::Int(i) => i != 0,
                _ => return Err(machine.malformed("a truth value for the order", &machine.describe(fortran))),
            };
            let array = array(machine, shape, dtype, fortran, data)?;
            if let Some(Node::Array(to)) = machine.node_mut(target) {
                **to = array;
            }
            Ok(())
        }
        _ => Err(machine.refused("a state for something that is no numpy array")),
    }
}

/// An array from its parts; the elements must be as many as the shape says.
fn array(
    machine: &mut Machine<'_>,
    shape: Value,
    dtype: Value,
    fortran: bool,
    data: Value,
) -> Result<Array, PickleError> {
    let shape = axes(machine, shape)?;
    machine.charge(shape.len() as u64 * 8 + size_of::<Array>() as u64)?;
    let Some(&Node::DType(dtype)) = machine.node(dtype) else {
        return Err(machine.malformed("a dtype", &machine.describe(dtype)));
    };
    let count = shape.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis));
    let expected = || format!("shape {} and type {dtype}", super::values::shape_text(&shape));
    let overflow = || machine.bad_array(expected(), "more elements than a file can hold".to_owned());
    let count = count.ok_or_else(overflow)?;
    if dtype.kind == Kind::Object {
        let found = match machine.node(data) {
            Some(Node::List(items)) => items.len(),
            _ => return Err(machine.malformed("a list of objects", &machine.describe(data))),
        };
        if found != count {
            return Err(machine.bad_array(expected(), format!("{found} objects")));
        }
        return Ok(Array { shape, dtype, fortran, data: ArrayData::Objects(data) });
    }
    let bytes = count.checked_mul(dtype.size).ok_or_else(overflow)? as u64;
    let (payload, fits, found) = match machine.node(data) {
        Some(&Node::Bytes(span)) => (Payload::File(span), span.len == bytes, span.len),
        // Each character takes one or two bytes; the exact number shows when the elements are read.
        Some(&Node::Latin1(span)) => {
            (Payload::Latin1(span), bytes <= span.len && span.len <= bytes.saturating_mul(2), span.len)
        }
        Some(Node::Owned { bytes: owned, .. }) => {
            (Payload::Owned(data), owned.len() as u64 == bytes, owned.len() as u64)
        }
        _ => return Err(machine.malformed("the bytes of an array", &machine.describe(data))),
    };
    // A type that this reader does not know has no size it could check; such an array cannot be used anyway.
    if !fits && dtype.kind != Kind::Other {
        return Err(machine.bad_array(format!("{}, {bytes} bytes", expected()), format!("{found} bytes")));
    }
    Ok(Array { shape, dtype, fortran, data: ArrayData::Elements(payload) })
}

fn axes(machine: &Machine<'_>, shape: Value) -> Result<Vec<usize>, PickleError> {
    let axis = |v: &Value| match *v {
        Value::Int(n) => usize::try_from(n).ok(),
        _ => None,
    };
    match machine.node(shape) {
        Some(Node::Tuple(items)) if items.len() <= AXES => items.iter().map(axis).collect::<Option<Vec<_>>>(),
        _ => None,
    }
    .ok_or_else(|| machine.malformed("a shape", &machine.describe(shape)))
}

fn scalar(machine: &mut Machine<'_>, dtype: Value, bytes: Value) -> Result<Value, PickleError> {
    let Some(&Node::DType(dtype)) = machine.node(dtype) else {
        return Err(machine.malformed("a dtype", &machine.describe(dtype)));
    };
    if dtype.kind == Kind::Object {
        return Ok(bytes);
    }
    let bytes = machine.short_bytes(bytes, SCALAR)?;
    machine.charge(bytes.len() as u64)?;
    let wrong = || machine.bad_array(format!("one {dtype}"), format!("{} bytes", bytes.len()));
    if let Kind::Text | Kind::Bytes = dtype.kind {
        let text = dtype.decode_text(&bytes).ok_or_else(wrong)?;
        return machine.add(Node::Owned { bytes: text.into_bytes().into(), text: true });
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
