//! One key of a file: messages about it, and the numbers it holds. Every conversion is bounded by the file's length,
//! because a small pickle can refer to one object a million times.

use crate::dataset::error::DatasetError;
use crate::dataset::pickle::{Array, Node, Payload, Pickle, Value};

/// Most columns of labels.
const COLUMNS: usize = 4096;
/// Most clips of a split.
const CLIPS: usize = 1 << 24;

/// One key of the file, for messages about it.
pub struct Key<'a> {
    pub pickle: &'a Pickle,
    /// For example `train.audio`.
    pub name: String,
}

impl Key<'_> {
    /// An error about this key.
    pub fn error(
        &self,
        expected: impl Into<String>,
        found: impl Into<String>,
        hint: impl Into<String>,
    ) -> DatasetError {
        DatasetError::Layout {
            path: self.pickle.file().path().to_owned(),
            key: self.name.clone(),
            expected: expected.into(),
            found: found.into(),
            hint: hint.into(),
        }
    }

    /// An array whose bytes do not fit its shape.
    pub fn damaged(&self) -> DatasetError {
        self.error("the elements of an array", "bytes that do not fit its shape", "the file is damaged")
    }

    /// One number for each clip: an array of shape (N,) or (N, 1), or a list. `count` is N where it is known.
    ///
    /// # Errors
    /// Another shape, another count, or elements that are no numbers.
    pub fn numbers(&self, value: Value, count: Option<usize>) -> Result<Vec<f64>, DatasetError> {
        let expected = || match count {
            Some(n) => format!("{n} numbers, shape ({n},) or ({n}, 1)"),
            None => "numbers, shape (N,) or (N, 1)".to_owned(),
        };
        let wrong = |found: String| self.error(expected(), found, "each clip needs exactly one");
        if let Some((array, payload)) = self.pickle.array(value) {
            let n = array.shape.first().copied().unwrap_or(0);
            if !array.dtype.is_number() || array.shape.is_empty() || array.shape[1..].iter().any(|&axis| axis != 1) {
                return Err(wrong(self.pickle.describe(value)));
            }
            if count.is_some_and(|c| c != n) || n > CLIPS {
                return Err(wrong(self.pickle.describe(value)));
            }
            return self.elements(array, payload);
        }
        let Some(items) = self.pickle.items(value) else { return Err(wrong(self.pickle.describe(value))) };
        if count.is_some_and(|c| c != items.len()) {
            return Err(wrong(self.pickle.describe(value)));
        }
        let number = |(row, &item): (usize, &Value)| {
            let single = match self.pickle.items(item) {
                Some(&[one]) => one,
                _ => item,
            };
            // Python programs write None where there is no number.
            let number = if single == Value::None { Some(f64::NAN) } else { self.pickle.number(single) };
            number.ok_or_else(|| wrong(format!("{} at position {row}", self.pickle.describe(item))))
        };
        items.iter().enumerate().map(number).collect()
    }

    /// Labels of one column or several, of which the one asked for counts: an array of shape (N,), (N, columns) or the same with
    /// axes of length 1 between, or a list. Also says how many columns there are.
    ///
    /// # Errors
    /// Another shape, elements that are no numbers, or fewer columns.
    pub fn labels(&self, value: Value, column: usize) -> Result<(Vec<f64>, usize), DatasetError> {
        let wrong = |found: String| {
            let expected = format!("labels of shape (N,), or (N, columns) with a column {column}");
            self.error(expected, found, "data.label_column says which column holds y, from 0")
        };
        let Some((array, payload)) = self.pickle.array(value) else {
            let Some(items) = self.pickle.items(value) else { return Err(wrong(self.pickle.describe(value))) };
            let found = items.iter().map(|&item| self.nth_number(item, column)).collect::<Result<Vec<_>, _>>()?;
            let columns = found.iter().map(|(_, of)| *of).max().unwrap_or(1);
            return Ok((found.into_iter().map(|(y, _)| y).collect(), columns));
        };
        let (Some(&n), true) = (array.shape.first(), array.dtype.is_number()) else {
            return Err(wrong(self.pickle.describe(value)));
        };
        let mut wide = array.shape[1..].iter().copied().filter(|&axis| axis != 1);
        let (columns, more) = (wide.next().unwrap_or(1), wide.next());
        if n > CLIPS || more.is_some() || column >= columns || columns > COLUMNS {
            return Err(wrong(self.pickle.describe(value)));
        }
        let all = self.elements(array, payload)?;
        // Axes of length 1 make no difference to where an element lies.
        let at = |row: usize| if array.fortran { column * n + row } else { row * columns + column };
        Ok(((0..n).map(|row| all[at(row)]).collect(), columns))
    }

    /// One number of an object: a number itself, or an array or a list of up to 64, also within another. Also says how many
    /// there are.
    ///
    /// # Errors
    /// It holds no such number, or too many.
    pub fn nth_number(&self, value: Value, column: usize) -> Result<(f64, usize), DatasetError> {
        const MOST: usize = 64;
        let wrong = || {
            let expected = if column == 0 { "a number".to_owned() } else { format!("numbers with a column {column}") };
            self.error(expected, self.pickle.describe(value), "each clip needs exactly one label")
        };
        if value == Value::None {
            return Ok((f64::NAN, 1));
        }
        if let Some((array, payload)) = self.pickle.array(value) {
            let count = array.shape.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis)).unwrap_or(0);
            if !array.dtype.is_number() || !(1..=MOST).contains(&count) {
                return Err(wrong());
            }
            return self.elements(array, payload)?.get(column).map(|&y| (y, count)).ok_or_else(wrong);
        }
        // A list, or a list within a list.
        let inner = match self.pickle.items(value) {
            Some(&[one]) if self.pickle.items(one).is_some() => one,
            _ => value,
        };
        let (first, count) = match self.pickle.items(inner) {
            Some(items) if items.len() <= MOST => (items.get(column).copied(), items.len()),
            Some(_) => (None, 0),
            None => (Some(inner).filter(|_| column == 0), 1),
        };
        // Python programs write None where there is no number.
        let number = |v: Value| if v == Value::None { Some(f64::NAN) } else { self.pickle.number(v) };
        first.and_then(number).map(|y| (y, count)).ok_or_else(wrong)
    }

    /// All elements of an array of numbers, in the order in which they are stored.
    ///
    /// # Errors
    /// The array is damaged.
    pub fn elements(&self, array: &Array, payload: Payload) -> Result<Vec<f64>, DatasetError> {
        let (dtype, count) = (array.dtype, array.shape.iter().product::<usize>());
        let mut out = Vec::new();
        let whole = self.pickle.stream(payload, dtype.size, count * dtype.size, |bytes| {
            let from = out.len();
            out.resize(from + bytes.len() / dtype.size, 0.0);
            dtype.decode(bytes, &mut out[from..]);
        })?;
        if whole { Ok(out) } else { Err(self.damaged()) }
    }
}

/// True where the value is a dict.
pub fn is_dict(pickle: &Pickle, value: Value) -> bool {
    matches!(pickle.node(value), Some(Node::Dict(_)))
}
