//! Products of packed rows with a layer's matrices. Each is cut into pieces of [`ROWS`] rows for threads to take, whatever
//! their number: results are the same bits.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::model::memory::{Buffer, Memory};
use crate::model::product::{BLOCK, Base, Block, Columns, Part, Rows, multiply_block, panel};
use crate::model::simd::dispatch;

/// Rows of a result that a thread computes at a time: few enough to balance threads and to stay in the second-level
/// cache until what follows has them, many enough to read the matrix rarely.
pub const ROWS: usize = 48;

/// Bytes.
const CACHE_LINE: usize = 64;

/// The right matrix of products, (inner, width), laid out in panels as [`crate::model::product::Panels`]'s, by all threads.
pub struct Right {
    data: Buffer,
    /// Where a line of the cache begins.
    start: usize,
    inner: usize,
    width: usize,
}

/// Numbers in a row of a panel.
struct Line;

impl WithSimd for Line {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        panel::<S>() * S::F32_LANES
    }
}

impl Right {
    /// The matrices (inner, width of each) side by side.
    pub fn side_by_side(parts: &[&[f32]], inner: usize, memory: &Memory) -> Self {
        let widths: Vec<usize> = parts.iter().map(|part| part.len() / inner).collect();
        Self::fill(inner, widths.iter().sum(), memory, |rows, columns, line, to| {
            let mut start = 0;
            for (part, &width) in parts.iter().zip(&widths) {
                let own = columns.start.max(start)..columns.end.min(start + width);
                if own.start < own.end {
                    for (row, to) in rows.clone().zip(to.chunks_exact_mut(line)) {
                        let from = row * width;
                        to[own.start - columns.start..own.end - columns.start]
                            .copy_from_slice(&part[from + own.start - start..from + own.end - start]);
                    }
                }
                start += width;
            }
        })
    }

    /// The matrix (inner, width).
    pub fn new(w: &[f32], inner: usize, memory: &Memory) -> Self {
        Self::side_by_side(&[w], inner, memory)
    }

    /// What is below each other of the transposes of the matrices (width, inner of each).
    pub fn transposed(parts: &[&[f32]], width: usize, memory: &Memory) -> Self {
        let inners: Vec<usize> = parts.iter().map(|part| part.len() / width).collect();
        Self::fill(inners.iter().sum(), width, memory, |rows, columns, line, to| {
            let mut start = 0;
            for (part, &inner) in parts.iter().zip(&inners) {
                let own = rows.start.max(start)..rows.end.min(start + inner);
                if own.start < own.end {
                    for (at, column) in columns.clone().enumerate() {
                        let from = &part[column * inner + own.start - start..column * inner + own.end - start];
                        let to = to[(own.start - rows.start) * line + at..].iter_mut().step_by(line);
                        to.zip(from).for_each(|(to, from)| *to = *from);
                    }
                }
                start += inner;
            }
        })
    }

    /// `copy` puts some rows and columns of the matrix into their panel, rows of this length.
    fn fill(
        inner: usize,
        width: usize,
        memory: &Memory,
        copy: impl Fn(Range<usize>, Range<usize>, usize, &mut [f32]) + Sync,
    ) -> Self {
        let line = dispatch(Line);
        let panels = width.div_ceil(line);
        let spare = CACHE_LINE / size_of::<f32>();
        let mut data = memory.take(panels * line * inner + spare);
        let start = data.as_ptr().align_offset(CACHE_LINE).min(spare);
        let blocks = data[start..start + panels * line * inner].par_chunks_mut(BLOCK * panels * line);
        blocks.enumerate().for_each(|(block, data)| {
            let rows = block * BLOCK..inner.min((block + 1) * BLOCK);
            data.par_chunks_mut(rows.len() * line).enumerate().for_each(|(panel, to)| {
                let columns = panel * line..width.min((panel + 1) * line);
                if columns.len() < line {
                    to.fill(0.0);
                }
                copy(rows.clone(), columns, line, to);
            });
        });
        Self { data, start, inner, width }
    }

    /// The rows of the matrix.
    pub fn inner(&self) -> usize {
        self.inner
    }

    /// The columns of the matrix.
    pub fn width(&self) -> usize {
        self.width
    }

    /// out (rows, width) += x (rows, inner) · this, on the thread that asks.
    pub fn multiply_add(&self, x: &[f32], out: &mut [f32]) {
        let x = Rows { data: x, width: self.inner, order: None };
        dispatch(Multiply { x, columns: None, right: self, out });
    }

    /// out (columns, width) += xᵀ · this, for some columns of x, (inner, its width).
    fn multiply_add_columns(&self, x: &[f32], columns: Range<usize>, out: &mut [f32]) {
        let x = Rows { data: x, width: x.len() / self.inner.max(1), order: None };
        dispatch(Multiply { x, columns: Some(columns), right: self, out });
    }
}

struct Multiply<'a> {
    x: Rows<'a>,
    columns: Option<Range<usize>>,
    right: &'a Right,
    out: &'a mut [f32],
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Right { data, start, inner, width } = self.right;
        let line = panel::<S>() * S::F32_LANES;
        let panels = width.div_ceil(line);
        let mut left = Columns::new();
        for from in (0..*inner).step_by(BLOCK) {
            let rows = from..(*inner).min(from + BLOCK);
            let (data, _) = S::as_simd_f32s(&data[start + from * panels * line..start + rows.end * panels * line]);
            let block = Block { data, start: from, inner: rows.len(), width: *width, panels };
            match &self.columns {
                None => multiply_block(simd, &Part { rows: self.x, inner: rows }, block, Base::Out, self.out),
                Some(columns) => {
                    left.fill(self.x, columns.clone(), rows);
                    multiply_block(simd, &left, block, Base::Out, self.out);
                }
            }
        }
    }
}

/// xᵀ · y, the gradient of a matrix (x's width, y's width): x are the rows that it was given, y the gradients of what it
/// made of them.
pub fn weight_gradient(x: &[f32], y: &Right) -> Vec<f32> {
    let from = x.len() / y.inner.max(1);
    let mut gradient = vec![0.0; from * y.width];
    let pieces = gradient.par_chunks_mut(ROWS * y.width.max(1)).with_max_len(1).enumerate();
    pieces.for_each(|(piece, out)| y.multiply_add_columns(x, piece * ROWS..from.min((piece + 1) * ROWS), out));
    gradient
}

/// out = x · right + bias, all threads together; `then` is given each piece: its first row and its rows of the result.
pub fn affine(x: &[f32], right: &Right, bias: &[f32], out: &mut [f32]) {
    let (inner, width) = (right.inner, right.width);
    let pieces = out.par_chunks_mut(ROWS * width).zip(x.par_chunks(ROWS * inner)).with_max_len(1);
    pieces.for_each(|(out, x)| {
        fill_rows(out, bias);
        right.multiply_add(x, out);
    });
}

/// Writes the same numbers into every row.
pub fn fill_rows(rows: &mut [f32], row: &[f32]) {
    rows.chunks_exact_mut(row.len()).for_each(|to| to.copy_from_slice(row));
}
