//! Feature arrays as rows of steps, wherever the elements are: in the file or in memory.

use std::ops::Range;
use std::sync::Arc;

use crate::dataset::error::DatasetError;
use crate::dataset::file::bytes::DataFile;
use crate::dataset::file::dtype::DType;

/// Rows up to this size are read many at once.
const SMALL_ROW: usize = 64 << 10;
/// Bytes of small rows read at once.
const BLOCK: usize = 1 << 20;

/// One modality of one split: N rows of up to T steps of D columns, not normalised.
#[derive(Debug)]
pub enum Rows {
    /// (N, T, D) in C order in a file.
    Disk {
        file: Arc<DataFile>,
        offset: u64,
        dtype: DType,
        rows: usize,
        steps: usize,
        dim: usize,
        /// The rows of the file that are used, N of them; all where `None`.
        picked: Option<Vec<usize>>,
    },
    /// Rows one after the other, row i from step `starts[i]` to step `starts[i + 1]`.
    Memory { data: Vec<f32>, starts: Vec<usize>, dim: usize },
}

/// Memory used again and again while rows are read.
#[derive(Default)]
pub struct Scratch {
    bytes: Vec<u8>,
    values: Vec<f64>,
}

impl Rows {
    /// N.
    pub fn len(&self) -> usize {
        match self {
            Rows::Disk { rows, .. } => *rows,
            Rows::Memory { starts, .. } => starts.len().saturating_sub(1),
        }
    }

    /// D.
    pub fn dim(&self) -> usize {
        match self {
            Rows::Disk { dim, .. } | Rows::Memory { dim, .. } => *dim,
        }
    }

    /// The steps that row `row` has room for.
    pub fn steps(&self, row: usize) -> usize {
        match self {
            Rows::Disk { steps, .. } => *steps,
            Rows::Memory { starts, .. } => starts[row + 1] - starts[row],
        }
    }

    /// T, the largest number of steps of any row.
    pub fn max_steps(&self) -> usize {
        match self {
            Rows::Disk { steps, .. } => *steps,
            Rows::Memory { .. } => (0..self.len()).map(|r| self.steps(r)).max().unwrap_or(0),
        }
    }

    /// Some of the rows, in the given order.
    pub fn pick(&self, chosen: &[usize]) -> Rows {
        match self {
            Rows::Disk { file, offset, dtype, steps, dim, picked, .. } => {
                let of = |&row: &usize| picked.as_ref().map_or(row, |picked| picked[row]);
                let picked = Some(chosen.iter().map(of).collect());
                let (file, rows) = (file.clone(), chosen.len());
                Rows::Disk { file, offset: *offset, dtype: *dtype, rows, steps: *steps, dim: *dim, picked }
            }
            Rows::Memory { data, starts, dim } => {
                let mut picked = (Vec::new(), vec![0]);
                for &row in chosen {
                    picked.0.extend_from_slice(&data[starts[row] * dim..starts[row + 1] * dim]);
                    picked.1.push(picked.0.len() / dim);
                }
                Rows::Memory { data: picked.0, starts: picked.1, dim: *dim }
            }
        }
    }

    /// The values of some steps of one row; the slice lives in `scratch`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read<'s>(
        &self,
        row: usize,
        steps: Range<usize>,
        scratch: &'s mut Scratch,
    ) -> Result<&'s [f64], DatasetError> {
        let Scratch { bytes, values } = scratch;
        values.resize(steps.len() * self.dim(), 0.0);
        match self {
            Rows::Disk { file, offset, dtype, steps: all, dim, picked, .. } => {
                let row = picked.as_ref().map_or(row, |picked| picked[row]);
                let first = (row * all + steps.start) * dim * dtype.size;
                bytes.resize(values.len() * dtype.size, 0);
                file.read_at(offset + first as u64, bytes)?;
                dtype.decode(bytes, values);
            }
            Rows::Memory { data, starts, dim } => {
                let first = (starts[row] + steps.start) * dim;
                for (to, &from) in values.iter_mut().zip(&data[first..]) {
                    *to = f64::from(from);
                }
            }
        }
        Ok(values)
    }

    /// Calls `take` for each row of a range with the values of the steps that `wanted` names, in order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn each(
        &self,
        rows: Range<usize>,
        wanted: impl Fn(usize) -> Range<usize>,
        mut take: impl FnMut(usize, &[f64]),
    ) -> Result<(), DatasetError> {
        let mut scratch = Scratch::default();
        if let Rows::Disk { file, offset, dtype, steps, dim, picked: None, .. } = self {
            let row_bytes = steps * dim * dtype.size;
            if (1..=SMALL_ROW).contains(&row_bytes) {
                let Scratch { bytes, values } = &mut scratch;
                let mut first = rows.start;
                while first < rows.end {
                    let count = (BLOCK / row_bytes).clamp(1, rows.end - first);
                    bytes.resize(count * row_bytes, 0);
                    file.read_at(offset + (first * row_bytes) as u64, bytes)?;
                    values.resize(count * steps * dim, 0.0);
                    dtype.decode(bytes, values);
                    for (row, all) in (first..).zip(values.chunks_exact(steps * dim)) {
                        let wanted = wanted(row);
                        take(row, &all[wanted.start * dim..wanted.end * dim]);
                    }
                    first += count;
                }
                return Ok(());
            }
        }
        for row in rows {
            let values = self.read(row, wanted(row), &mut scratch)?;
            take(row, values);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(rows: usize, steps: usize, dim: usize) -> [Rows; 2] {
        let data: Vec<f32> = (0..rows * steps * dim).map(|i| i as f32).collect();
        let mut bytes = vec![0xee; 3];
        bytes.extend(data.iter().flat_map(|v| v.to_le_bytes()));
        let file = Arc::new(DataFile::from_bytes("x", bytes));
        let starts = (0..=rows).map(|r| r * steps).collect();
        [
            Rows::Disk { file, offset: 3, dtype: DType::parse("f4"), rows, steps, dim, picked: None },
            Rows::Memory { data, starts, dim },
        ]
    }

    #[test]
    fn file_and_memory_give_the_same_rows() {
        // The second shape has rows above the block limit.
        for (n, t, d) in [(7, 4, 3), (3, 20_000, 2)] {
            for rows in both(n, t, d) {
                assert_eq!((rows.len(), rows.dim(), rows.max_steps()), (n, d, t));
                let mut scratch = Scratch::default();
                let expected: Vec<f64> = (0..2 * d).map(|i| ((2 * t + 1) * d + i) as f64).collect();
                assert_eq!(rows.read(2, 1..3, &mut scratch).unwrap(), expected);
                let mut seen = Vec::new();
                rows.each(1..3, |_| 1..3, |row, values| seen.push((row, values.to_vec()))).unwrap();
                assert_eq!(seen.len(), 2);
                assert_eq!(seen[1], (2, expected));
            }
        }
    }
}
