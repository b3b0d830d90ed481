//! Arrays as joblib writes them: an object that describes the array, and behind it in the file, not in the pickle, the
//! elements; or, where these are objects, a pickle of the array.

use super::error::PickleError;
use super::globals::Global;
use super::state::State;
use super::values::{Array, ArrayData, Node, Payload, Span, Value, shape_text};
use crate::dataset::file::dtype::{DType, Kind};

/// What is known of an array before its elements come.
pub struct Described {
    shape: Vec<usize>,
    dtype: DType,
    fortran: bool,
    /// Bytes of the elements; `None` where a pickle of the array follows.
    pub bytes: Option<u64>,
    /// A byte that says how many more there are, and these, come before the elements.
    pub aligned: bool,
}

/// True where an object stands for an array that joblib wrote.
pub fn is_wrapper(state: &State, value: Value) -> bool {
    matches!(state.node(value), Some(Node::Global(Global::JoblibArray)))
}

/// A new object of joblib's class; `None` for any other class.
pub fn new(state: &mut State, class: Value, arguments: Value) -> Result<Option<Value>, PickleError> {
    match state.node(arguments) {
        Some(Node::Tuple(items)) if items.is_empty() && is_wrapper(state, class) => {
            state.add(Node::Global(Global::JoblibArray)).map(Some)
        }
        _ => Ok(None),
    }
}

/// The description that joblib gives, a dict.
pub fn described(state: &State, given: Value) -> Result<Described, PickleError> {
    let need = |key: &str| {
        let missing = || state.malformed("the description of a joblib array", &state.describe(given));
        state.entry(given, key).ok_or_else(missing)
    };
    let shape = state.axes(need("shape")?)?;
    let Some(&Node::DType(dtype)) = state.node(need("dtype")?) else {
        return Err(state.malformed("a dtype", &state.describe(given)));
    };
    let class = need("subclass")?;
    if !matches!(state.node(class), Some(Node::Global(Global::NdArray))) {
        return Err(state.refused("an array of another class than numpy.ndarray"));
    }
    let fortran = state.short_text(need("order")?)? == "F";
    let bytes = shape.iter().try_fold(dtype.size as u64, |n, &axis| n.checked_mul(axis as u64));
    let bytes = match (dtype.kind, bytes) {
        (Kind::Object, _) => None,
        (Kind::Other, _) | (_, None) => {
            let expected = format!("shape {} and a known type", shape_text(&shape));
            return Err(state.bad_array(expected, dtype.to_string()));
        }
        (_, bytes) => bytes,
    };
    let aligned = matches!(state.entry(given, "numpy_array_alignment_bytes"), Some(Value::Int(_)));
    Ok(Described { shape, dtype, fortran, bytes, aligned })
}

/// Puts the array with the elements at `data` in place of the object that stands for it.
pub fn fill(state: &mut State, wrapper: Value, described: Described, data: Span) -> Result<(), PickleError> {
    let Described { shape, dtype, fortran, .. } = described;
    state.charge(shape.len() as u64 * 8 + size_of::<Array>() as u64)?;
    let array = Array { shape, dtype, fortran, data: ArrayData::Elements(Payload::File(data)) };
    if let Some(node) = state.node_mut(wrapper) {
        *node = Node::Array(Box::new(array));
    }
    Ok(())
}
