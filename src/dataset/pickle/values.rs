//! The objects of a pickle: a flat list of nodes that refer to each other by index.

use super::globals::Global;
use crate::dataset::file::dtype::DType;

/// A Python object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// A whole number beyond 64 bits, or a numpy scalar that is no number: kept as "something".
    BigInt,
    Float(f64),
    /// Index of a [`Node`].
    Node(u32),
}

/// Bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub offset: u64,
    pub len: u64,
}

/// A file within an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    /// Where its bytes lie.
    pub span: Span,
}

/// An object that other objects can refer to.
#[derive(Debug)]
pub enum Node {
    /// Text, in the file as UTF-8.
    Text(Span),
    /// Bytes, or a string of Python 2.
    Bytes(Span),
    /// Bytes, in the file as UTF-8 text of the characters with these numbers.
    Latin1(Span),
    /// A string that does not lie in the file as it is.
    Owned {
        bytes: Box<[u8]>,
        text: bool,
    },
    List(Vec<Value>),
    Tuple(Vec<Value>),
    /// Pairs in the order in which they were set; of equal keys the last one counts.
    Dict(Vec<(Value, Value)>),
    Global(Global),
    DType(DType),
    Array(Box<Array>),
    Storage(Storage),
}

/// The elements of PyTorch tensors.
#[derive(Clone, Copy, Debug)]
pub struct Storage {
    pub dtype: DType,
    /// Where they lie in the file.
    pub data: Span,
}

/// A numpy array.
#[derive(Clone, Debug)]
pub struct Array {
    pub shape: Vec<usize>,
    pub dtype: DType,
    /// Elements lie in Fortran order: the first axis runs fastest.
    pub fortran: bool,
    pub data: ArrayData,
}

/// Where an array's elements are.
#[derive(Clone, Copy, Debug)]
pub enum ArrayData {
    /// Not given yet.
    Unfilled,
    Elements(Payload),
    /// A list of Python objects.
    Objects(Value),
}

/// The bytes of an array's elements.
#[derive(Clone, Copy, Debug)]
pub enum Payload {
    /// In the file as they are: any part can be read by position.
    File(Span),
    /// In the file as Latin-1 text: can be read from the start only.
    Latin1(Span),
    /// An [`Owned`](Node::Owned) node.
    Owned(Value),
}

/// A shape as Python writes it.
pub fn shape_text(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        _ => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

pub(super) fn describe(value: Value, nodes: &[Node]) -> String {
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(b) => if b { "True" } else { "False" }.to_owned(),
        Value::Int(i) => format!("the number {i}"),
        Value::Float(f) => format!("the number {f}"),
        Value::BigInt => "a value that is no 64-bit number".to_owned(),
        Value::Node(index) => match nodes.get(index as usize) {
            None => "nothing".to_owned(),
            Some(Node::Text(span)) => format!("text of {} bytes", span.len),
            Some(Node::Bytes(span) | Node::Latin1(span)) => format!("a string of {} bytes", span.len),
            Some(Node::Owned { bytes, .. }) => format!("a string of {} bytes", bytes.len()),
            Some(Node::List(items)) => format!("a list of {}", items.len()),
            Some(Node::Tuple(items)) => format!("a tuple of {}", items.len()),
            Some(Node::Dict(pairs)) => format!("a dict of {} keys", pairs.len()),
            Some(Node::Global(global)) => format!("the callable {global:?}"),
            Some(Node::DType(dtype)) => format!("the dtype {dtype}"),
            Some(Node::Storage(storage)) => format!("a PyTorch storage of type {}", storage.dtype),
            Some(Node::Array(array)) => {
                format!("an array of shape {} and type {}", shape_text(&array.shape), array.dtype)
            }
        },
    }
}
