//! The stack machine: one opcode after the other, every length and every reference checked.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::cursor::Cursor;
use super::error::PickleError;
use super::globals::Global;
use super::joblib;
use super::numpy;
use super::objects::Pickle;
use super::opcodes::{self as op, name};
use super::state::{Scratch, State};
use super::text;
use super::torch;
use super::values::{Node, Span, Storage, Value};
use crate::dataset::file::bytes::DataFile;
use crate::dataset::file::dtype::DType;

/// Most bytes before the elements of a PyTorch storage.
const STORAGE_HEAD: u64 = 64 << 10;

/// The reading of one pickle.
pub struct Machine<'a> {
    file: &'a Arc<DataFile>,
    cursor: Cursor<'a>,
    state: State,
    persistent: Persistent<'a>,
    /// True within a pickle that another one holds. It may hold none itself, so that nothing nests deeply.
    within: bool,
}

/// What persistent ids stand for.
#[derive(Clone, Copy)]
pub enum Persistent<'a> {
    /// They are refused.
    None,
    /// Nothing yet: the id itself tells what there is.
    Ids,
    /// PyTorch storages by their keys.
    Storages(&'a HashMap<String, Span>),
    /// PyTorch storages whose place is not known yet: their element types are noted by their keys.
    Announced(&'a RefCell<HashMap<String, DType>>),
}

impl<'a> Machine<'a> {
    pub fn new(file: &'a Arc<DataFile>) -> Self {
        Self::over(file, Cursor::new(file), Persistent::None)
    }

    /// A machine that reads what lies in a part of the file.
    pub fn over(file: &'a Arc<DataFile>, cursor: Cursor<'a>, persistent: Persistent<'a>) -> Self {
        Machine { file, cursor, state: State::new(file), persistent, within: false }
    }

    /// Runs the pickle to its end.
    pub fn run(mut self) -> Result<Pickle, PickleError> {
        self.until_stop()?;
        self.state.finish()
    }

    /// As [`run`](Self::run), and gives what lies behind the pickle.
    pub fn run_on(mut self) -> Result<(Pickle, Cursor<'a>), PickleError> {
        self.until_stop()?;
        Ok((self.state.finish()?, self.cursor))
    }

    /// The file that is read.
    pub fn file(&self) -> &'a DataFile {
        self.file
    }

    /// The objects that there are, for those who add some of their own.
    pub fn state(&mut self) -> &mut State {
        &mut self.state
    }

    /// Ends with the given object.
    pub fn finish(mut self, root: Value) -> Result<Pickle, PickleError> {
        self.state.push(root)?;
        self.state.finish()
    }

    /// Reads a part of the file as a pickle whose objects join those that there are.
    pub fn part(&mut self, part: Span) -> Result<Value, PickleError> {
        let cursor = self.cursor.within(part);
        let outer = std::mem::replace(&mut self.cursor, cursor);
        let value = self.embedded();
        self.cursor = outer;
        value
    }

    /// Reads the pickle that lies here. Its objects join those that there are; it has a stack and a memo of its own.
    fn embedded(&mut self) -> Result<Value, PickleError> {
        if self.within {
            return Err(self.state.refused("a pickle within a pickle within another"));
        }
        self.within = true;
        let outer = self.state.exchange(Scratch::default());
        let value = self.until_stop().and_then(|()| self.state.pop());
        self.state.exchange(outer);
        self.within = false;
        value
    }

    fn until_stop(&mut self) -> Result<(), PickleError> {
        loop {
            self.state.offset = self.cursor.position();
            let code = self.cursor.byte()?;
            self.state.opcode = name(code).ok_or(PickleError::Opcode { offset: self.state.offset, code })?;
            if code == op::STOP {
                return Ok(());
            }
            self.step(code)?;
        }
    }

    fn step(&mut self, code: u8) -> Result<(), PickleError> {
        match code {
            op::PROTO => {
                let found = self.cursor.byte()?;
                if found > 5 {
                    return Err(PickleError::Protocol { offset: self.state.offset, found });
                }
                Ok(())
            }
            op::FRAME => {
                let len = u64::from_le_bytes(self.cursor.bytes()?);
                self.cursor.need(len)
            }
            op::NONE => self.state.push(Value::None),
            op::NEWTRUE => self.state.push(Value::Bool(true)),
            op::NEWFALSE => self.state.push(Value::Bool(false)),
            op::BININT => {
                let v = i32::from_le_bytes(self.cursor.bytes()?);
                self.state.push(Value::Int(v.into()))
            }
            op::BININT1 => {
                let v = self.cursor.byte()?;
                self.state.push(Value::Int(v.into()))
            }
            op::BININT2 => {
                let v = u16::from_le_bytes(self.cursor.bytes()?);
                self.state.push(Value::Int(v.into()))
            }
            op::LONG1 => {
                let len = self.cursor.byte()?;
                self.long(len.into())
            }
            op::LONG4 => {
                let len = self.length4()?;
                self.long(len)
            }
            op::BINFLOAT => {
                let v = f64::from_be_bytes(self.cursor.bytes()?);
                self.state.push(Value::Float(v))
            }
            op::INT | op::LONG | op::FLOAT => self.text_number(code),
            op::STRING => {
                let line = self.cursor.line()?;
                let bytes = text::unescape_string(&line)
                    .ok_or_else(|| self.state.malformed("a quoted string", &format!("{} other bytes", line.len())))?;
                self.state.push_node(Node::Owned { bytes: bytes.into(), text: false })
            }
            op::UNICODE => {
                let line = self.cursor.line()?;
                let text = text::unescape_unicode(&line)
                    .ok_or_else(|| self.state.malformed("escaped text", &format!("{} other bytes", line.len())))?;
                self.state.push_node(Node::Owned { bytes: text.into_bytes().into(), text: true })
            }
            op::SHORT_BINUNICODE | op::SHORT_BINSTRING | op::SHORT_BINBYTES => {
                let len = self.cursor.byte()?;
                self.string(len.into(), code == op::SHORT_BINUNICODE)
            }
            op::BINUNICODE | op::BINBYTES => {
                let len = u32::from_le_bytes(self.cursor.bytes()?);
                self.string(len.into(), code == op::BINUNICODE)
            }
            op::BINSTRING => {
                let len = self.length4()?;
                self.string(len, false)
            }
            op::BINUNICODE8 | op::BINBYTES8 | op::BYTEARRAY8 => {
                let len = u64::from_le_bytes(self.cursor.bytes()?);
                self.string(len, code == op::BINUNICODE8)
            }
            op::EMPTY_LIST => self.state.push_node(Node::List(Vec::new())),
            op::EMPTY_DICT => self.state.push_node(Node::Dict(Vec::new())),
            op::EMPTY_TUPLE => self.state.push_node(Node::Tuple(Vec::new())),
            op::MARK => self.state.mark(),
            op::POP => {
                if self.state.pop_bare_mark() {
                    return Ok(());
                }
                self.state.pop().map(drop)
            }
            op::POP_MARK => self.state.pop_mark().map(drop),
            op::DUP => {
                let top = self.state.top()?;
                self.state.push(top)
            }
            op::LIST => {
                let items = self.state.pop_mark()?;
                self.state.push_node(Node::List(items))
            }
            op::TUPLE => {
                let items = self.state.pop_mark()?;
                self.state.push_node(Node::Tuple(items))
            }
            op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => {
                let mut items = Vec::new();
                for _ in 0..=(code - op::TUPLE1) {
                    items.push(self.state.pop()?);
                }
                items.reverse();
                self.state.push_node(Node::Tuple(items))
            }
            op::DICT => {
                let items = self.state.pop_mark()?;
                let pairs = self.state.pairs(items)?;
                self.state.push_node(Node::Dict(pairs))
            }
            op::APPEND => {
                let item = self.state.pop()?;
                self.state.append(vec![item])
            }
            op::APPENDS => {
                let items = self.state.pop_mark()?;
                self.state.append(items)
            }
            op::SETITEM => {
                let value = self.state.pop()?;
                let key = self.state.pop()?;
                self.state.set_items(vec![(key, value)])
            }
            op::SETITEMS => {
                let items = self.state.pop_mark()?;
                let pairs = self.state.pairs(items)?;
                self.state.set_items(pairs)
            }
            op::PUT | op::GET => {
                let line = self.cursor.line()?;
                let index = std::str::from_utf8(&line).ok().and_then(|t| t.trim().parse().ok());
                let index = index.ok_or_else(|| self.state.malformed("a memo index", "other text"))?;
                if code == op::PUT { self.state.put(index) } else { self.state.get(index) }
            }
            op::BINPUT | op::BINGET => {
                let index = self.cursor.byte()?.into();
                if code == op::BINPUT { self.state.put(index) } else { self.state.get(index) }
            }
            op::LONG_BINPUT | op::LONG_BINGET => {
                let index = u32::from_le_bytes(self.cursor.bytes()?).into();
                if code == op::LONG_BINPUT { self.state.put(index) } else { self.state.get(index) }
            }
            op::MEMOIZE => self.state.memoize(),
            op::GLOBAL => {
                let module = self.cursor.line()?;
                let attribute = self.cursor.line()?;
                self.global(&String::from_utf8_lossy(&module), &String::from_utf8_lossy(&attribute))
            }
            op::STACK_GLOBAL => {
                let attribute = self.state.pop()?;
                let module = self.state.pop()?;
                let (module, attribute) = (self.state.short_text(module)?, self.state.short_text(attribute)?);
                self.global(&module, &attribute)
            }
            op::REDUCE => {
                let arguments = self.state.pop()?;
                let callable = self.state.pop()?;
                let value = match torch::stored(&self.state, callable, arguments)? {
                    Some(string) => self.storage(string)?,
                    None => numpy::reduce(&mut self.state, callable, arguments)?,
                };
                self.state.push(value)
            }
            op::BUILD => {
                let state = self.state.pop()?;
                let target = self.state.top()?;
                if joblib::is_wrapper(&self.state, target) {
                    return self.joblib(state);
                }
                numpy::build(&mut self.state, target, state)
            }
            op::NEWOBJ => {
                let arguments = self.state.pop()?;
                let class = self.state.pop()?;
                let new = joblib::new(&mut self.state, class, arguments)?;
                self.state.push(new.ok_or_else(|| self.state.refused(op::refusal(code)))?)
            }
            op::BINPERSID => match self.persistent {
                Persistent::None => Err(self.state.refused(op::refusal(code))),
                Persistent::Ids => Ok(()),
                Persistent::Storages(storages) => {
                    let id = self.state.pop()?;
                    let storage = torch::storage(&self.state, id, storages)?;
                    self.state.push_node(Node::Storage(storage))
                }
                Persistent::Announced(types) => {
                    let id = self.state.pop()?;
                    let storage = torch::announced(&mut self.state, id, &mut types.borrow_mut())?;
                    self.state.push_node(Node::Storage(storage))
                }
            },
            _ => Err(self.state.refused(op::refusal(code))),
        }
    }

    /// Reads a PyTorch storage: five pickles (a magic number, the format's version, sizes of types, the storage's id, a list
    /// of keys), the number of elements, and the elements.
    fn storage(&mut self, string: Span) -> Result<Value, PickleError> {
        if matches!(self.persistent, Persistent::Ids) {
            return Err(self.state.refused("a PyTorch storage within another"));
        }
        let head = Span { len: string.len.min(STORAGE_HEAD), ..string };
        let mut cursor = self.cursor.within(head);
        let mut found = None;
        for part in 0..5 {
            let mut inner = Machine::over(self.file, cursor, Persistent::Ids);
            inner.within = true;
            inner.until_stop()?;
            if part == 3 {
                let id = inner.state.pop()?;
                found = Some(torch::element_type(&inner.state, id)?);
            }
            cursor = inner.cursor;
        }
        let count = u64::from_le_bytes(cursor.bytes()?);
        let start = cursor.position();
        // What was read here is read again wherever the string is referred to.
        self.state.charge(start - string.offset)?;
        let left = string.len - (start - string.offset);
        match found {
            Some((dtype, announced)) if announced == count && count.checked_mul(dtype.size as u64) == Some(left) => {
                self.state.add(Node::Storage(Storage { dtype, data: Span { offset: start, len: left } }))
            }
            _ => Err(self.state.malformed("a PyTorch storage", &format!("{count} elements in {left} bytes"))),
        }
    }

    /// Puts the array in place of what joblib wrote for it, and steps over its elements, which follow here.
    fn joblib(&mut self, given: Value) -> Result<(), PickleError> {
        let wrapper = self.state.pop()?;
        let described = joblib::described(&self.state, given)?;
        let value = match described.bytes {
            None => self.embedded()?,
            Some(len) => {
                if described.aligned {
                    let padding = self.cursor.byte()?;
                    self.cursor.span(padding.into())?;
                }
                let data = self.cursor.span(len)?;
                joblib::fill(&mut self.state, wrapper, described, data)?;
                wrapper
            }
        };
        self.state.push(value)
    }

    fn length4(&mut self) -> Result<u64, PickleError> {
        let len = i32::from_le_bytes(self.cursor.bytes()?);
        u64::try_from(len).map_err(|_| self.state.malformed("a length", &len.to_string()))
    }

    fn string(&mut self, len: u64, text: bool) -> Result<(), PickleError> {
        let span = self.cursor.span(len)?;
        self.state.push_node(if text { Node::Text(span) } else { Node::Bytes(span) })
    }

    fn long(&mut self, len: u64) -> Result<(), PickleError> {
        if len > 8 {
            self.cursor.span(len)?;
            return self.state.push(Value::BigInt);
        }
        self.cursor.need(len)?;
        let mut word = [0; 8];
        for byte in word.iter_mut().take(len as usize) {
            *byte = self.cursor.byte()?;
        }
        let shift = 64 - 8 * len as u32;
        // Shifting up and back extends the sign.
        let value = if len == 0 { 0 } else { (i64::from_le_bytes(word) << shift) >> shift };
        self.state.push(Value::Int(value))
    }

    fn text_number(&mut self, code: u8) -> Result<(), PickleError> {
        let line = self.cursor.line()?;
        match text::number(code, String::from_utf8_lossy(&line).trim()) {
            Some(value) => self.state.push(value),
            None => Err(self.state.malformed("a number", "other text")),
        }
    }

    fn global(&mut self, module: &str, attribute: &str) -> Result<(), PickleError> {
        match Global::allowed(module, attribute) {
            Some(global) => self.state.push_node(Node::Global(global)),
            None => Err(self.state.refused(format!("{}.{}", text::shown(module), text::shown(attribute)))),
        }
    }
}
