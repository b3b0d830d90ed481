//! A pickle that was read: its objects, and the file that holds the large ones.

use std::sync::Arc;

use super::text::Latin1;
use super::values::{Array, ArrayData, Node, Payload, Span, Value, describe};
use crate::dataset::file::bytes::DataFile;
use crate::dataset::file::dtype::text_of;
use crate::dataset::file::error::FileError;

/// Bytes read at once when elements pass by.
const PIECE: usize = 256 << 10;
/// Most entries of a dict that are looked at for a key: far more than any data file has.
const KEYS: usize = 1 << 16;

/// A pickle that was read, with the file that holds its large parts.
#[derive(Debug)]
pub struct Pickle {
    file: Arc<DataFile>,
    nodes: Vec<Node>,
    root: Value,
    /// Keys as they are asked for, each with the name that the file has for it.
    names: Vec<(&'static str, String)>,
}

impl Pickle {
    pub(super) fn new(file: Arc<DataFile>, nodes: Vec<Node>, root: Value) -> Self {
        Pickle { file, nodes, root, names: Vec::new() }
    }

    /// The same pickle, in which keys may have other names, too: each name is looked for where the key before it is asked for.
    pub fn with_names(self, names: Vec<(&'static str, String)>) -> Self {
        Pickle { names, ..self }
    }

    /// The object that the pickle stands for.
    pub fn root(&self) -> Value {
        self.root
    }

    /// The file that was read.
    pub fn file(&self) -> &Arc<DataFile> {
        &self.file
    }

    /// The object behind a reference.
    pub fn node(&self, value: Value) -> Option<&Node> {
        match value {
            Value::Node(index) => self.nodes.get(index as usize),
            _ => None,
        }
    }

    /// The items of a list, a tuple or an object array of one axis.
    pub fn items(&self, value: Value) -> Option<&[Value]> {
        match self.node(value)? {
            Node::List(items) | Node::Tuple(items) => Some(items),
            Node::Array(array) if array.shape.len() == 1 => self.objects(value),
            _ => None,
        }
    }

    /// The shape of an array, whatever it holds.
    pub fn array_shape(&self, value: Value) -> Option<&[usize]> {
        match self.node(value)? {
            Node::Array(array) => Some(&array.shape),
            _ => None,
        }
    }

    /// The elements of an object array of any number of axes, in C order, which numpy writes them in.
    pub fn objects(&self, value: Value) -> Option<&[Value]> {
        match self.node(value)? {
            Node::Array(array) => match array.data {
                ArrayData::Objects(list) => match self.node(list)? {
                    Node::List(items) => Some(items),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// The array behind a reference, where its elements are no objects.
    pub fn array(&self, value: Value) -> Option<(&Array, Payload)> {
        match self.node(value)? {
            Node::Array(array) => match array.data {
                ArrayData::Elements(payload) => Some((array, payload)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The entry of a dict, among the last 65536 of it, under the key or under the name that stands for it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn get(&self, dict: Value, key: &str) -> Result<Option<Value>, FileError> {
        if let Some((_, name)) = self.names.iter().find(|(usual, _)| *usual == key)
            && let Some(value) = self.entry(dict, name)?
        {
            return Ok(Some(value));
        }
        self.entry(dict, key)
    }

    /// The entry of a dict under exactly this key, as [`get`](Self::get).
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn entry(&self, dict: Value, key: &str) -> Result<Option<Value>, FileError> {
        let Some(Node::Dict(pairs)) = self.node(dict) else { return Ok(None) };
        for &(k, v) in pairs.iter().rev().take(KEYS) {
            let same = match self.node(k) {
                Some(Node::Text(span) | Node::Bytes(span) | Node::Latin1(span)) if span.len == key.len() as u64 => {
                    self.read(*span)? == key.as_bytes()
                }
                Some(Node::Owned { bytes, .. }) => **bytes == *key.as_bytes(),
                _ => false,
            };
            if same {
                return Ok(Some(v));
            }
        }
        Ok(None)
    }

    /// The first keys of a dict, as they may stand in a message; `None` where it is no dict.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn keys(&self, dict: Value) -> Result<Option<String>, FileError> {
        const SHOWN: usize = 24;
        let Some(Node::Dict(pairs)) = self.node(dict) else { return Ok(None) };
        let mut names = Vec::new();
        for &(key, _) in pairs.iter().take(SHOWN) {
            let name = match key {
                Value::Int(i) => Some(i.to_string()),
                _ => self.text(key, 200)?,
            };
            let name = name.unwrap_or_else(|| self.describe(key));
            names.push(name.chars().take(40).map(|c| if c.is_control() { '?' } else { c }).collect::<String>());
        }
        if pairs.len() > SHOWN {
            names.push(format!("and {} more", pairs.len() - SHOWN));
        }
        Ok(Some(if names.is_empty() { "none".to_owned() } else { names.join(", ") }))
    }

    /// A string object of at most `limit` bytes as text; `None` for other objects and for longer strings.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn text(&self, value: Value, limit: u64) -> Result<Option<String>, FileError> {
        Ok(match self.node(value) {
            Some(&Node::Text(span)) if span.len <= limit => {
                Some(String::from_utf8_lossy(&self.read(span)?).into_owned())
            }
            Some(&Node::Bytes(span)) if span.len <= limit => Some(text_of(&self.read(span)?)),
            Some(&Node::Latin1(span)) if span.len <= limit => {
                let mut bytes = Vec::new();
                Latin1::default().push(&self.read(span)?, &mut bytes).then(|| text_of(&bytes))
            }
            Some(Node::Owned { bytes, .. }) if bytes.len() as u64 <= limit => Some(text_of(bytes)),
            _ => None,
        })
    }

    /// The number that an object is, truth values included.
    pub fn number(&self, value: Value) -> Option<f64> {
        match value {
            Value::Bool(b) => Some(f64::from(u8::from(b))),
            Value::Int(i) => Some(i as f64),
            Value::Float(f) => Some(f),
            Value::Node(_) => match self.array(value)? {
                // numpy's arrays of one element are numbers, too.
                (array, Payload::File(span)) if array.shape.iter().all(|&axis| axis == 1) && span.len <= 8 => {
                    let mut out = [0.0];
                    array.dtype.decode(&self.read(span).ok()?, &mut out).then_some(out[0])
                }
                _ => None,
            },
            Value::None | Value::BigInt => None,
        }
    }

    /// Passes the bytes of an array's elements to `take` in the order in which they are stored, in pieces that hold
    /// whole elements of `size` bytes. False where the payload is damaged: it is no Latin-1 text, or `total` bytes do
    /// not come.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn stream(
        &self,
        payload: Payload,
        size: usize,
        total: usize,
        mut take: impl FnMut(&[u8]),
    ) -> Result<bool, FileError> {
        let size = size.max(1);
        let piece = (PIECE / size).max(1).saturating_mul(size);
        match payload {
            Payload::Owned(value) => match self.node(value) {
                Some(Node::Owned { bytes, .. }) if bytes.len() == total => {
                    bytes.chunks(piece).for_each(take);
                    Ok(true)
                }
                _ => Ok(false),
            },
            Payload::File(span) if span.len != total as u64 => Ok(false),
            Payload::File(span) => {
                let mut buffer = vec![0; piece.min(total)];
                let mut done = 0;
                while done < total {
                    let part = &mut buffer[..piece.min(total - done)];
                    self.file.read_at(span.offset + done as u64, part)?;
                    take(part);
                    done += part.len();
                }
                Ok(true)
            }
            Payload::Latin1(span) => {
                let (mut decoder, mut ready) = (Latin1::default(), Vec::new());
                let mut buffer = vec![0; PIECE.min(span.len as usize)];
                let (mut at, mut done) = (0, 0);
                while at < span.len {
                    let part = &mut buffer[..(PIECE as u64).min(span.len - at) as usize];
                    self.file.read_at(span.offset + at, part)?;
                    at += part.len() as u64;
                    if !decoder.push(part, &mut ready) || done + ready.len() > total {
                        return Ok(false);
                    }
                    let whole = ready.len() / size * size;
                    take(&ready[..whole]);
                    ready.drain(..whole);
                    done += whole;
                }
                Ok(decoder.is_complete() && done == total)
            }
        }
    }

    /// A value in a few words.
    pub fn describe(&self, value: Value) -> String {
        describe(value, &self.nodes)
    }

    fn read(&self, span: Span) -> Result<Vec<u8>, FileError> {
        let mut bytes = vec![0; span.len as usize];
        self.file.read_at(span.offset, &mut bytes)?;
        Ok(bytes)
    }
}
