//! Feature rows out of the objects of a pickle: arrays, or nested lists in their place.

use super::key::Key;
use crate::dataset::error::DatasetError;
use crate::dataset::flaw::FlawKind;
use crate::dataset::pickle::{Array, Payload, Value};
use crate::dataset::prepare::rows::Rows;

/// Most columns of a feature array, and most values of one clip: what statistics and one clip in memory take is so
/// bounded, whatever a file announces.
const COLUMNS: usize = 1 << 20;
const CLIP: usize = 1 << 26;

impl Key<'_> {
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
            let rows = self.nested(items)?;
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
            let rows = Rows::Disk { file, offset: span.offset, dtype, rows: count, steps, dim, picked: None };
            return Ok((rows, dtype.to_string(), None));
        }
        let why = if array.fortran { "it is stored in Fortran order" } else { "its bytes are stored as text" };
        let data = self.in_c_order(array, payload, [count, steps, dim])?;
        let starts = (0..=count).map(|row| row * steps).collect();
        let flaw = FlawKind::HeldInMemory { why: why.to_owned() };
        Ok((Rows::Memory { data, starts, dim }, dtype.to_string(), Some(flaw)))
    }

    /// Feature rows of one object for each clip: an array (T, D), or lists in its place.
    ///
    /// # Errors
    /// Steps of different numbers of columns, elements that are no numbers, or more of them than the file could hold.
    pub fn nested(&self, clips: &[Value]) -> Result<Rows, DatasetError> {
        Nested { key: self, left: self.pickle.file().len(), data: Vec::new(), dim: None }.read(clips)
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
