//! The machine's stack, memo and objects, and the budget that they are paid from.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::PickleError;
use super::objects::Pickle;
use super::text;
use super::values::{ArrayData, Node, Span, Value, describe};
use crate::dataset::file::bytes::DataFile;

/// Bytes charged for a value on the stack or in a container, for a node, and for an entry of the memo.
const VALUE: u64 = size_of::<Value>() as u64;
const NODE: u64 = size_of::<Node>() as u64;
const MEMO: u64 = 48;
/// Most axes that numpy gives an array.
const AXES: usize = 64;
/// Longest name of a module or callable that is looked at.
const NAME: u64 = 256;

/// What belongs to one pickle of several that share their objects.
#[derive(Default)]
pub struct Scratch {
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<u64, Value>,
}

/// What the machine has built so far.
pub struct State {
    file: Arc<DataFile>,
    scratch: Scratch,
    nodes: Vec<Node>,
    spent: u64,
    budget: u64,
    /// Where the opcode at hand lies, and its name; for messages.
    pub offset: u64,
    pub opcode: &'static str,
}

impl State {
    /// Nothing yet; the budget follows from the file's length.
    pub fn new(file: &Arc<DataFile>) -> Self {
        State {
            file: file.clone(),
            scratch: Scratch::default(),
            nodes: Vec::new(),
            spent: 0,
            budget: file.len().saturating_mul(32).saturating_add(1 << 20).min(1 << 30),
            offset: 0,
            opcode: "the start",
        }
    }

    /// The pickle, whose object is what stands on top of the stack.
    pub fn finish(mut self) -> Result<Pickle, PickleError> {
        let root = self.pop()?;
        Ok(Pickle::new(self.file, self.nodes, root))
    }

    /// Puts another stack and memo in place of those at hand, which it gives back.
    pub fn exchange(&mut self, scratch: Scratch) -> Scratch {
        std::mem::replace(&mut self.scratch, scratch)
    }

    /// Takes `bytes` from the budget.
    pub fn charge(&mut self, bytes: u64) -> Result<(), PickleError> {
        self.spent = self.spent.saturating_add(bytes);
        if self.spent > self.budget {
            return Err(PickleError::TooLarge { offset: self.offset, budget: self.budget });
        }
        Ok(())
    }

    pub fn push(&mut self, value: Value) -> Result<(), PickleError> {
        self.charge(VALUE)?;
        self.scratch.stack.push(value);
        Ok(())
    }

    pub fn push_node(&mut self, node: Node) -> Result<(), PickleError> {
        let value = self.add(node)?;
        self.push(value)
    }

    /// Keeps a node and gives the value that refers to it.
    pub fn add(&mut self, node: Node) -> Result<Value, PickleError> {
        let held = match &node {
            Node::List(items) | Node::Tuple(items) => items.len() as u64 * VALUE,
            Node::Dict(pairs) => pairs.len() as u64 * 2 * VALUE,
            Node::Owned { bytes, .. } => bytes.len() as u64,
            _ => 0,
        };
        self.charge(NODE + held)?;
        // The budget ends long before 32 bits of nodes do.
        let index = u32::try_from(self.nodes.len()).map_err(|_| self.malformed("fewer objects", "too many"))?;
        self.nodes.push(node);
        Ok(Value::Node(index))
    }

    /// The node that a value refers to.
    pub fn node(&self, value: Value) -> Option<&Node> {
        match value {
            Value::Node(index) => self.nodes.get(index as usize),
            _ => None,
        }
    }

    pub fn node_mut(&mut self, value: Value) -> Option<&mut Node> {
        match value {
            Value::Node(index) => self.nodes.get_mut(index as usize),
            _ => None,
        }
    }

    pub fn mark(&mut self) -> Result<(), PickleError> {
        self.charge(VALUE)?;
        self.scratch.marks.push(self.scratch.stack.len());
        Ok(())
    }

    fn floor(&self) -> usize {
        self.scratch.marks.last().copied().unwrap_or(0)
    }

    pub fn top(&self) -> Result<Value, PickleError> {
        match self.scratch.stack.last() {
            Some(&value) if self.scratch.stack.len() > self.floor() => Ok(value),
            _ => Err(self.malformed("a value on the stack", "none")),
        }
    }

    pub fn pop(&mut self) -> Result<Value, PickleError> {
        let value = self.top()?;
        self.scratch.stack.pop();
        Ok(value)
    }

    /// Takes away the topmost mark where nothing lies on it: Python pops such a mark in place of a value.
    pub fn pop_bare_mark(&mut self) -> bool {
        let bare = self.scratch.marks.last() == Some(&self.scratch.stack.len());
        if bare {
            self.scratch.marks.pop();
        }
        bare
    }

    pub fn pop_mark(&mut self) -> Result<Vec<Value>, PickleError> {
        let mark = self.scratch.marks.pop().ok_or_else(|| self.malformed("a mark on the stack", "none"))?;
        // A mark never lies above the stack's end: values below it cannot be taken away while it stands.
        Ok(self.scratch.stack.split_off(mark.min(self.scratch.stack.len())))
    }

    pub fn pairs(&self, items: Vec<Value>) -> Result<Vec<(Value, Value)>, PickleError> {
        if !items.len().is_multiple_of(2) {
            return Err(self.malformed("keys with values", &format!("{} objects", items.len())));
        }
        Ok(items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
    }

    pub fn append(&mut self, items: Vec<Value>) -> Result<(), PickleError> {
        self.charge(items.len() as u64 * VALUE)?;
        let target = self.top()?;
        match self.node_mut(target) {
            Some(Node::List(list)) => {
                list.extend(items);
                Ok(())
            }
            _ => Err(self.malformed("a list to append to", &self.describe(target))),
        }
    }

    pub fn set_items(&mut self, pairs: Vec<(Value, Value)>) -> Result<(), PickleError> {
        self.charge(pairs.len() as u64 * 2 * VALUE)?;
        let target = self.top()?;
        match self.node_mut(target) {
            Some(Node::Dict(dict)) => {
                dict.extend(pairs);
                Ok(())
            }
            _ => Err(self.malformed("a dict to fill", &self.describe(target))),
        }
    }

    pub fn put(&mut self, index: u64) -> Result<(), PickleError> {
        self.charge(MEMO)?;
        let top = self.top()?;
        self.scratch.memo.insert(index, top);
        Ok(())
    }

    pub fn get(&mut self, index: u64) -> Result<(), PickleError> {
        match self.scratch.memo.get(&index) {
            Some(&value) => self.push(value),
            None => Err(self.malformed("an object noted before", &format!("index {index}, which was not"))),
        }
    }

    /// Notes the topmost value under the next free number.
    pub fn memoize(&mut self) -> Result<(), PickleError> {
        self.put(self.scratch.memo.len() as u64)
    }

    /// The bytes of a string object of at most `limit` bytes.
    pub fn short_bytes(&self, value: Value, limit: u64) -> Result<Vec<u8>, PickleError> {
        match self.node(value) {
            Some(&(Node::Text(span) | Node::Bytes(span))) if span.len <= limit => self.read(span),
            Some(&Node::Latin1(span)) if span.len <= 2 * limit => {
                let (mut decoder, mut out) = (text::Latin1::default(), Vec::new());
                if decoder.push(&self.read(span)?, &mut out) && decoder.is_complete() && out.len() as u64 <= limit {
                    return Ok(out);
                }
                Err(self.malformed("Latin-1 text", "other text"))
            }
            Some(Node::Owned { bytes, .. }) if bytes.len() as u64 <= limit => Ok(bytes.to_vec()),
            _ => Err(self.malformed("a short string", &self.describe(value))),
        }
    }

    /// The entry of a small dict.
    pub fn entry(&self, dict: Value, key: &str) -> Option<Value> {
        const MOST: usize = 64;
        let Some(Node::Dict(pairs)) = self.node(dict) else { return None };
        let same = |k: Value| self.short_text(k).is_ok_and(|text| text == key);
        pairs.iter().rev().take(MOST).find(|(k, _)| same(*k)).map(|&(_, v)| v)
    }

    /// The object of an array of no axes that holds one.
    pub fn single_object(&self, value: Value) -> Option<Value> {
        let Some(Node::Array(array)) = self.node(value) else { return None };
        let (ArrayData::Objects(list), true) = (array.data, array.shape.is_empty()) else { return None };
        match self.node(list) {
            Some(Node::List(items)) => items.first().copied(),
            _ => None,
        }
    }

    /// The lengths of an array's axes, from a tuple.
    pub fn axes(&self, shape: Value) -> Result<Vec<usize>, PickleError> {
        let axis = |v: &Value| match *v {
            Value::Int(n) => usize::try_from(n).ok(),
            _ => None,
        };
        match self.node(shape) {
            Some(Node::Tuple(items)) if items.len() <= AXES => items.iter().map(axis).collect::<Option<Vec<_>>>(),
            _ => None,
        }
        .ok_or_else(|| self.malformed("a shape", &self.describe(shape)))
    }

    /// A short name.
    pub fn short_text(&self, value: Value) -> Result<String, PickleError> {
        Ok(String::from_utf8_lossy(&self.short_bytes(value, NAME)?).into_owned())
    }

    fn read(&self, span: Span) -> Result<Vec<u8>, PickleError> {
        let mut bytes = vec![0; span.len as usize];
        self.file.read_at(span.offset, &mut bytes)?;
        Ok(bytes)
    }

    /// An error about the opcode at hand.
    pub fn malformed(&self, expected: &'static str, found: &str) -> PickleError {
        PickleError::Malformed { offset: self.offset, opcode: self.opcode, expected, found: found.to_owned() }
    }

    /// A refusal of what the opcode at hand asks for.
    pub fn refused(&self, what: impl Into<String>) -> PickleError {
        PickleError::Refused { offset: self.offset, what: what.into() }
    }

    /// An array that does not fit its own description.
    pub fn bad_array(&self, expected: String, found: String) -> PickleError {
        PickleError::Array { offset: self.offset, expected, found }
    }

    /// A value in a few words.
    pub fn describe(&self, value: Value) -> String {
        describe(value, &self.nodes)
    }
}
