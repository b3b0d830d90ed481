//! Numbers, texts and feature rows out of the objects of a pickle. Every conversion is bounded by the file's length,
//! because a small pickle can refer to one object a million times.

use super::dtype::Kind;
use super::error::DatasetError;
use super::flaw::FlawKind;
use super::pickle::{Array, Node, Payload, Pickle, Value};
use super::rows::Rows;

/// Longest id or transcript.
const TEXT: u64 = 1 << 20;
/// Most clips of a split.
const CLIPS: usize = 1 << 24;

/// Most columns of a feature array, and most values of one clip: what statistics and one clip in memory take is so
/// bounded, whatever a file announces.
const COLUMNS: usize = 1 << 20;
const CLIP: usize = 1 << 26;
/// Most parts of an id, and what joins them, as in MMSA's own.
const PARTS: usize = 4;
const JOINT: &str = "$_$";

/// One text for each clip.
pub struct Texts {
    pub texts: Vec<String>,
    /// Parts that each was joined from; 1 for plain ones.
    pub parts: usize,
}

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

    fn damaged(&self) -> DatasetError {
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
            // What Python has where there is no number.
            let number = if single == Value::None { Some(f64::NAN) } else { self.pickle.number(single) };
            number.ok_or_else(|| wrong(format!("{} at position {row}", self.pickle.describe(item))))
        };
        items.iter().enumerate().map(number).collect()
    }

    /// All elements of an array of numbers, in the order in which they are stored.
    fn elements(&self, array: &Array, payload: Payload) -> Result<Vec<f64>, DatasetError> {
        let (dtype, count) = (array.dtype, array.shape.iter().product::<usize>());
        let mut out = Vec::new();
        let whole = self.pickle.stream(payload, dtype.size, count * dtype.size, |bytes| {
            let from = out.len();
            out.resize(from + bytes.len() / dtype.size, 0.0);
            dtype.decode(bytes, &mut out[from..]);
        })?;
        if whole { Ok(out) } else { Err(self.damaged()) }
    }

    /// One text for each clip: a numpy array of strings, numbers or objects, or a list. Numbers become digits; the parts
    /// of an id that is a tuple, or a row of an array, are joined by `$_$`.
    ///
    /// # Errors
    /// Another count, elements that are no text, or more text than the file could hold.
    pub fn texts(&self, value: Value, count: usize) -> Result<Texts, DatasetError> {
        let wrong = |found: String| self.error(format!("{count} strings"), found, "each clip needs exactly one");
        if let Some((shape, items)) = self.pickle.array_shape(value).map(|shape| (shape, self.pickle.objects(value))) {
            let parts = match *shape {
                [n] if n == count => 1,
                [n, parts] if n == count && (1..=PARTS).contains(&parts) => parts,
                _ => return Err(wrong(self.pickle.describe(value))),
            };
            if parts > 1 || items.is_none() {
                let texts = match items {
                    Some(items) => self.object_texts(items, count * parts)?,
                    None => self.element_texts(value, count * parts)?,
                };
                let texts = texts.chunks(parts).map(|row| row.join(JOINT)).collect();
                return Ok(Texts { texts, parts });
            }
        }
        let Some(items) = self.pickle.objects(value).or_else(|| self.pickle.items(value)) else {
            return Err(wrong(self.pickle.describe(value)));
        };
        let parts = |&item: &Value| self.pickle.items(item).map_or(1, <[Value]>::len);
        let texts = self.object_texts(items, count)?;
        Ok(Texts { texts, parts: items.iter().map(parts).max().unwrap_or(1) })
    }

    /// One text for each element of an array that holds no objects.
    fn element_texts(&self, value: Value, count: usize) -> Result<Vec<String>, DatasetError> {
        let wrong = || self.error("strings or numbers", self.pickle.describe(value), "each clip needs exactly one");
        let Some((array, payload)) = self.pickle.array(value) else { return Err(wrong()) };
        let dtype = array.dtype;
        if !dtype.is_number() && !matches!(dtype.kind, Kind::Text | Kind::Bytes) {
            return Err(wrong());
        }
        if dtype.size == 0 {
            return Ok(vec![String::new(); count]);
        }
        let mut out = Vec::new();
        let whole = self.pickle.stream(payload, dtype.size, count * dtype.size, |bytes| {
            let text = |b: &[u8]| dtype.decode_text(b).or_else(|| dtype.digits(b)).unwrap_or_default();
            out.extend(bytes.chunks_exact(dtype.size).map(text));
        })?;
        if !whole || out.len() != count {
            return Err(self.damaged());
        }
        // Elements in Fortran order run down the columns.
        if array.fortran
            && let [n, parts] = *array.shape.as_slice()
        {
            out = (0..count).map(|i| std::mem::take(&mut out[i % parts * n + i / parts])).collect();
        }
        Ok(out)
    }

    /// One text for each object.
    fn object_texts(&self, items: &[Value], count: usize) -> Result<Vec<String>, DatasetError> {
        let wrong = |found: String| self.error(format!("{count} strings"), found, "each clip needs exactly one");
        if items.len() != count {
            return Err(wrong(format!("{} objects", items.len())));
        }
        // Equal strings are often one object that is referred to many times; that is fine within reason.
        let mut left = self.pickle.file().len().saturating_mul(8).saturating_add(TEXT);
        let mut out = Vec::new();
        for (row, &item) in items.iter().enumerate() {
            let text = self.text(item)?;
            let text = text.ok_or_else(|| wrong(format!("{} at position {row}", self.pickle.describe(item))))?;
            left = left.checked_sub(text.len() as u64).ok_or_else(|| wrong("far too much text".to_owned()))?;
            out.push(text);
        }
        Ok(out)
    }

    fn text(&self, item: Value) -> Result<Option<String>, DatasetError> {
        let plain = |item: Value| -> Result<Option<String>, DatasetError> {
            Ok(match item {
                Value::Int(i) => Some(i.to_string()),
                Value::Float(f) => Some(f.to_string()),
                // What pandas puts in place of an empty cell.
                Value::None => Some(String::new()),
                _ => self.pickle.text(item, TEXT)?,
            })
        };
        if let Some(text) = plain(item)? {
            return Ok(Some(text));
        }
        match self.pickle.items(item) {
            Some(parts) if (1..=PARTS).contains(&parts.len()) => {
                let parts = parts.iter().map(|&p| plain(p)).collect::<Result<Option<Vec<_>>, _>>()?;
                Ok(parts.map(|p| p.join(JOINT)))
            }
            _ => Ok(None),
        }
    }

    /// Feature rows: an array (N, T, D) or (N, D), or lists in its place, whose rows may differ in length. Also says
    /// how the elements are stored and, where they had to be brought into memory, why.
    ///
    /// # Errors
    /// Another number of axes or of clips, no columns, or elements that are no numbers.
    pub fn rows(&self, value: Value, count: usize) -> Result<(Rows, String, Option<FlawKind>), DatasetError> {
        let wrong = |found: String| {
            self.error(
                format!("features of {count} clips, shape ({count}, steps, columns)"),
                found,
                "all keys of a split must hold the same clips",
            )
        };
        let Some((array, payload)) = self.pickle.array(value) else {
            let Some(items) = self.pickle.items(value) else { return Err(wrong(self.pickle.describe(value))) };
            if items.len() != count {
                return Err(wrong(self.pickle.describe(value)));
            }
            let rows = Nested { key: self, left: self.pickle.file().len(), data: Vec::new(), dim: None }.read(items)?;
            let why = "its features are Python lists; numpy arrays are read faster".to_owned();
            return Ok((rows, "list".to_owned(), Some(FlawKind::HeldInMemory { why })));
        };
        let (steps, dim) = match *array.shape.as_slice() {
            [n, t, d] if n == count => (t, d),
            [n, d] if n == count => (1, d),
            _ => return Err(wrong(self.pickle.describe(value))),
        };
        if !array.dtype.is_number() || steps == 0 || dim == 0 {
            return Err(wrong(self.pickle.describe(value)));
        }
        if dim > COLUMNS || steps.checked_mul(dim).is_none_or(|values| values > CLIP) {
            let expected = format!("at most {COLUMNS} columns and {CLIP} values in a clip");
            return Err(self.error(expected, self.pickle.describe(value), "is the last axis the features?"));
        }
        let dtype = array.dtype;
        if let (Payload::File(span), false) = (payload, array.fortran) {
            let file = self.pickle.file().clone();
            let rows = Rows::Disk { file, offset: span.offset, dtype, rows: count, steps, dim };
            return Ok((rows, dtype.to_string(), None));
        }
        let why = if array.fortran { "it is stored in Fortran order" } else { "its bytes are stored as text" };
        let data = self.in_c_order(array, payload, [count, steps, dim])?;
        let starts = (0..=count).map(|row| row * steps).collect();
        let flaw = FlawKind::HeldInMemory { why: why.to_owned() };
        Ok((Rows::Memory { data, starts, dim }, dtype.to_string(), Some(flaw)))
    }

    /// The elements of an array as f32 in C order.
    fn in_c_order(&self, array: &Array, payload: Payload, [n, t, d]: [usize; 3]) -> Result<Vec<f32>, DatasetError> {
        let (dtype, count) = (array.dtype, n * t * d);
        let mut out: Vec<f32> = Vec::new();
        if out.try_reserve_exact(count).is_err() {
            return Err(self.error(
                "an array that fits into memory",
                format!("{count} elements"),
                "store it in C order",
            ));
        }
        out.resize(count, 0.0);
        let mut values = Vec::new();
        // Position of the next element along each axis, for Fortran order.
        let (mut row, mut step, mut column, mut next) = (0, 0, 0, 0);
        let whole = self.pickle.stream(payload, dtype.size, count * dtype.size, |bytes| {
            values.resize(bytes.len() / dtype.size, 0.0);
            dtype.decode(bytes, &mut values);
            for &value in &values {
                let at = if array.fortran { (row * t + step) * d + column } else { next };
                out[at] = value as f32;
                next += 1;
                row += 1;
                if row == n {
                    (row, step) = (0, step + 1);
                    if step == t {
                        (step, column) = (0, column + 1);
                    }
                }
            }
        })?;
        if whole { Ok(out) } else { Err(self.damaged()) }
    }
}

/// Features as nested lists.
struct Nested<'k, 'p> {
    key: &'k Key<'p>,
    /// Values that may still come: every one takes at least a byte of an honest file.
    left: u64,
    data: Vec<f32>,
    dim: Option<usize>,
}

impl Nested<'_, '_> {
    fn read(mut self, items: &[Value]) -> Result<Rows, DatasetError> {
        let mut starts = vec![0];
        for (row, &item) in items.iter().enumerate() {
            let steps = self.row(row, item)?;
            starts.push(starts[row] + steps);
        }
        match self.dim {
            Some(dim) => Ok(Rows::Memory { data: self.data, starts, dim }),
            None => Err(self.key.error("features", "rows without a single step", "")),
        }
    }

    /// Takes one clip's steps and says how many there were.
    fn row(&mut self, row: usize, item: Value) -> Result<usize, DatasetError> {
        let pickle = self.key.pickle;
        if let Some((array, payload)) = pickle.array(item) {
            let (steps, dim) = match *array.shape.as_slice() {
                [t, d] => (t, d),
                [d] => (1, d),
                _ => return Err(self.wrong(row, item)),
            };
            if !array.dtype.is_number() {
                return Err(self.wrong(row, item));
            }
            if steps == 0 {
                return Ok(0);
            }
            self.step(row, item, dim)?;
            self.take(row, item, steps * dim)?;
            self.data.extend(self.key.in_c_order(array, payload, [1, steps, dim])?);
            return Ok(steps);
        }
        let Some(steps) = pickle.items(item) else { return Err(self.wrong(row, item)) };
        // A row of plain numbers is one step.
        if steps.first().is_some_and(|&v| pickle.items(v).is_none() && pickle.number(v).is_some()) {
            self.numbers(row, item, steps)?;
            return Ok(1);
        }
        for &step in steps {
            match (pickle.items(step), pickle.array(step)) {
                (Some(values), _) => self.numbers(row, step, values)?,
                (None, Some((array, payload))) if array.shape.len() == 1 && array.dtype.is_number() => {
                    let dim = array.shape[0];
                    self.step(row, step, dim)?;
                    self.take(row, step, dim)?;
                    self.data.extend(self.key.elements(array, payload)?.into_iter().map(|v| v as f32));
                }
                _ => return Err(self.wrong(row, step)),
            }
        }
        Ok(steps.len())
    }

    fn numbers(&mut self, row: usize, step: Value, values: &[Value]) -> Result<(), DatasetError> {
        self.step(row, step, values.len())?;
        self.take(row, step, values.len())?;
        for &value in values {
            let number = self.key.pickle.number(value).ok_or_else(|| self.wrong(row, value))?;
            self.data.push(number as f32);
        }
        Ok(())
    }

    /// Every step must have the same number of columns, at least one and not too many.
    fn step(&mut self, row: usize, item: Value, dim: usize) -> Result<(), DatasetError> {
        if dim == 0 || dim > COLUMNS || *self.dim.get_or_insert(dim) != dim {
            return Err(self.wrong(row, item));
        }
        Ok(())
    }

    fn take(&mut self, row: usize, item: Value, count: usize) -> Result<(), DatasetError> {
        match self.left.checked_sub(count as u64) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(self.wrong(row, item)),
        }
    }

    fn wrong(&self, row: usize, item: Value) -> DatasetError {
        let columns = self.dim.map_or("the same number of".to_owned(), |d| d.to_string());
        self.key.error(
            format!("steps of {columns} numbers, no more in all than the file has bytes"),
            format!("{} in the clip at position {row}", self.key.pickle.describe(item)),
            "save the features as one numpy array (N, steps, columns)",
        )
    }
}

/// True where the value is a dict.
pub fn is_dict(pickle: &Pickle, value: Value) -> bool {
    matches!(pickle.node(value), Some(Node::Dict(_)))
}
