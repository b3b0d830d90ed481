//! Matrix products for small networks (the recurrence and the corrector): a few rows at a time, rows that lie scattered in a
//! batch, and no copy between a product and what is done with its result.

use std::marker::PhantomData;
use std::ops::Range;

use pulp::Simd;

/// The inner extent of one block of panels: so many rows of a panel stay in the first-level cache.
pub const BLOCK: usize = 128;
/// Bytes.
const CACHE_LINE: usize = 64;
/// Rows of a full band.
const BAND: usize = 6;

/// Vectors in a row of a panel. Times [`BAND`] that is 24 sums of AVX-512's 32 registers, or 12 of the 16 that others
/// have, where two weights and a broadcast value then fit beside them: enough sums to hide the latency of a multiply-add,
/// and fewer loads than multiply-adds.
#[inline(always)]
pub fn panel<S: Simd>() -> usize {
    if is_wide::<S>() { 4 } else { 2 }
}

#[inline(always)]
fn is_wide<S: Simd>() -> bool {
    S::F32_LANES >= 16
}

/// Rows of equal width, anywhere in a slice.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub data: &'a [f32],
    pub width: usize,
    /// For each row, its place in `data` in units of `width`; `None` where they lie one after the other.
    pub order: Option<&'a [usize]>,
}

impl<'a> Rows<'a> {
    #[inline(always)]
    fn get(&self, row: usize) -> &'a [f32] {
        let at = self.order.map_or(row, |order| order[row]);
        &self.data[at * self.width..(at + 1) * self.width]
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.order.map_or_else(|| self.data.len() / self.width.max(1), <[usize]>::len)
    }
}

/// A matrix (inner, width) laid out for [`multiply_add`]: blocks of [`BLOCK`] rows, in each of them panels of [`panel`]
/// vectors' columns, each contiguous, the last one filled up with zeros. As rows of a power of two the matrix would fall
/// into a few sets of the cache.
pub struct Panels<S: Simd> {
    data: Vec<f32>,
    /// Where in `data` a line of the cache begins: a vector that lies across two of them takes twice as long to load.
    start: usize,
    inner: usize,
    width: usize,
    simd: PhantomData<S>,
}

impl<S: Simd> Panels<S> {
    /// Lays out w, (inner, width) row-major.
    #[inline(always)]
    pub fn new(w: &[f32], width: usize) -> Self {
        let mut panels = Self { data: Vec::new(), start: 0, inner: 0, width, simd: PhantomData };
        panels.fill(w);
        panels
    }

    /// Lays out another matrix of the same width, in the same memory.
    #[inline(always)]
    pub fn fill(&mut self, w: &[f32]) {
        let (width, line) = (self.width, panel::<S>() * S::F32_LANES);
        self.inner = w.len() / width.max(1);
        let needed = self.panels() * self.inner * line + CACHE_LINE / size_of::<f32>();
        if self.data.len() < needed {
            self.data = vec![0.0; needed];
            // Wherever that is, results are the same; only the speed differs.
            self.start = self.data.as_ptr().align_offset(CACHE_LINE).min(CACHE_LINE / size_of::<f32>());
        }
        let mut lines = self.data[self.start..].chunks_exact_mut(line);
        for block in w.chunks(BLOCK * width.max(1)) {
            for column in (0..width).step_by(line) {
                for (row, to) in block.chunks_exact(width).zip(lines.by_ref()) {
                    let from = &row[column..width.min(column + line)];
                    if from.len() == line {
                        to.copy_from_slice(from);
                    } else {
                        to[..from.len()].copy_from_slice(from);
                        to[from.len()..].fill(0.0);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn panels(&self) -> usize {
        self.width.div_ceil(panel::<S>() * S::F32_LANES)
    }

    /// The blocks: the rows of the matrix that each holds, and its panels.
    #[inline(always)]
    fn blocks(&self) -> impl Iterator<Item = Block<'_, S>> {
        let panels = self.panels();
        (0..self.inner).step_by(BLOCK).map(move |from| {
            let rows = from..self.inner.min(from + BLOCK);
            let (data, _) = S::as_simd_f32s(&self.data[self.start..]);
            let line = panels * panel::<S>();
            let data = &data[from * line..rows.end * line];
            Block { data, rows, width: self.width, panels }
        })
    }
}

/// A block of panels.
pub struct Block<'a, S: Simd> {
    pub data: &'a [S::f32s],
    /// Of the matrix.
    pub rows: Range<usize>,
    /// Of the matrix.
    pub width: usize,
    pub panels: usize,
}

/// out (R rows from `row`, the columns of panel `panel`, of P vectors) += a · w; `a` holds the R rows' values of each inner
/// index.
#[inline(always)]
fn tile<S: Simd, const R: usize, const P: usize>(
    simd: S,
    a: &[[f32; R]],
    w: &Block<'_, S>,
    out: &mut [f32],
    row: usize,
    panel: usize,
) {
    let (inner, width) = (w.rows.len(), w.width);
    let mut acc = [[simd.splat_f32s(0.0); P]; R];
    for (a, w) in a.iter().zip(w.data[panel * inner * P..(panel + 1) * inner * P].as_chunks::<P>().0) {
        for r in 0..R {
            let s = simd.splat_f32s(a[r]);
            for v in 0..P {
                acc[r][v] = simd.mul_add_e_f32s(s, w[v], acc[r][v]);
            }
        }
    }
    // What follows finds its sums by an index that is not constant. In an array of their own they are written once, at the
    // end; else the compiler may keep all sums in memory throughout.
    let mut sums = [[simd.splat_f32s(0.0); P]; R];
    for r in 0..R {
        for v in 0..P {
            sums[r][v] = acc[r][v];
        }
    }
    let column = panel * P * S::F32_LANES;
    let end = width.min(column + P * S::F32_LANES);
    for (r, sums) in sums.iter().enumerate() {
        let (whole, rest) = S::as_mut_simd_f32s(&mut out[(row + r) * width + column..(row + r) * width + end]);
        if let Some(last) = sums.get(whole.len())
            && !rest.is_empty()
        {
            simd.partial_store_f32s(rest, simd.add_f32s(simd.partial_load_f32s(rest), *last));
        }
        for (out, sum) in whole.iter_mut().zip(sums) {
            *out = simd.add_f32s(*out, *sum);
        }
    }
}

/// The left matrix of a product over some inner indices, copied so that the inner loop walks along one slice: bands of
/// [`BAND`] rows one after the other, the last one perhaps narrower; in each, one inner index after the other.
pub struct Left {
    data: Vec<f32>,
    /// Its number of rows.
    count: usize,
    /// Its number of inner indices.
    inner: usize,
}

impl Left {
    #[inline(always)]
    pub fn new() -> Self {
        Self { data: Vec::new(), count: 0, inner: 0 }
    }

    #[inline(always)]
    fn resize(&mut self, count: usize, inner: usize) {
        (self.count, self.inner) = (count, inner);
        self.data.resize(count * inner, 0.0);
    }

    /// The left matrix whose rows these are.
    #[inline(always)]
    pub fn rows(&mut self, rows: Rows<'_>, inner: Range<usize>) {
        self.resize(rows.len(), inner.len());
        let mut at = 0;
        while at < self.count {
            at += match BAND.min(self.count - at) {
                1 => self.turn::<1>(rows, at, &inner),
                2 => self.turn::<2>(rows, at, &inner),
                3 => self.turn::<3>(rows, at, &inner),
                4 => self.turn::<4>(rows, at, &inner),
                5 => self.turn::<5>(rows, at, &inner),
                _ => self.turn::<BAND>(rows, at, &inner),
            };
        }
    }

    #[inline(always)]
    fn turn<const R: usize>(&mut self, rows: Rows<'_>, at: usize, inner: &Range<usize>) -> usize {
        let from: [&[f32]; R] = std::array::from_fn(|r| &rows.get(at + r)[inner.clone()]);
        let to = self.data[at * self.inner..(at + R) * self.inner].as_chunks_mut::<R>().0;
        for (k, to) in to.iter_mut().enumerate() {
            for r in 0..R {
                to[r] = from[r][k];
            }
        }
        R
    }

    /// The left matrix whose columns are these columns of these rows.
    #[inline(always)]
    pub fn columns(&mut self, rows: Rows<'_>, columns: Range<usize>, inner: Range<usize>) {
        self.resize(columns.len(), inner.len());
        let full = self.count / BAND * BAND;
        let (bands, last) = self.data.split_at_mut(full * self.inner);
        for (k, from) in inner.enumerate() {
            let (from, rest) = rows.get(from)[columns.clone()].split_at(full);
            for (to, from) in bands.chunks_exact_mut(BAND * self.inner).zip(from.chunks_exact(BAND)) {
                to[k * BAND..(k + 1) * BAND].copy_from_slice(from);
            }
            last[k * rest.len()..(k + 1) * rest.len()].copy_from_slice(rest);
        }
    }

    /// The R rows from `row`, which begin a band.
    #[inline(always)]
    fn band<const R: usize>(&self, row: usize) -> &[[f32; R]] {
        self.data[row * self.inner..(row + R) * self.inner].as_chunks().0
    }
}

/// Bands of R of a's rows. A panel stays in the first-level cache until all of them had it.
#[inline(always)]
fn bands<S: Simd, const R: usize, const P: usize>(
    simd: S,
    a: &Left,
    rows: Range<usize>,
    w: &Block<'_, S>,
    out: &mut [f32],
) {
    for panel in 0..w.panels {
        for row in rows.clone().step_by(R) {
            tile::<S, R, P>(simd, a.band(row), w, out, row, panel);
        }
    }
}

/// out += a · w over one block's inner indices, in panels of P vectors.
#[inline(always)]
fn multiply_add_block<S: Simd, const P: usize>(simd: S, a: &Left, w: &Block<'_, S>, out: &mut [f32]) {
    let full = a.count / BAND * BAND;
    bands::<S, BAND, P>(simd, a, 0..full, w, out);
    let rest = full..a.count;
    match rest.len() {
        0 => {}
        1 => bands::<S, 1, P>(simd, a, rest, w, out),
        2 => bands::<S, 2, P>(simd, a, rest, w, out),
        3 => bands::<S, 3, P>(simd, a, rest, w, out),
        4 => bands::<S, 4, P>(simd, a, rest, w, out),
        _ => bands::<S, 5, P>(simd, a, rest, w, out),
    }
}

/// The same in panels of as many vectors as [`panel`] says.
#[inline(always)]
pub fn multiply_add_panels<S: Simd>(simd: S, a: &Left, w: &Block<'_, S>, out: &mut [f32]) {
    if is_wide::<S>() {
        multiply_add_block::<S, 4>(simd, a, w, out);
    } else {
        multiply_add_block::<S, 2>(simd, a, w, out);
    }
}

/// out (rows, width) += a (rows, inner) · w (inner, width), out row-major.
///
/// Every sum runs over `inner` in order, whatever the tiles, so that a row's result does not depend on its neighbours.
#[inline(always)]
pub fn multiply_add<S: Simd>(simd: S, a: Rows<'_>, w: &Panels<S>, out: &mut [f32]) {
    let mut left = Left::new();
    for block in w.blocks() {
        left.rows(a, block.rows.clone());
        multiply_add_panels(simd, &left, &block, out);
    }
}

/// out (a's width, width) += aᵀ · b, for a (rows, a's width) and b (rows, width) row-major.
#[inline(always)]
pub fn multiply_add_transposed<S: Simd>(simd: S, a: Rows<'_>, b: &[f32], width: usize, out: &mut [f32]) {
    let mut left = Left::new();
    let mut panels = Panels::<S>::new(&[], width);
    for (part, b) in b.chunks(BLOCK * width.max(1)).enumerate() {
        panels.fill(b);
        for block in panels.blocks() {
            left.columns(a, 0..a.width, part * BLOCK..part * BLOCK + block.rows.len());
            multiply_add_panels(simd, &left, &block, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::WithSimd;

    use crate::model::simd;

    struct Product<'a> {
        a: Rows<'a>,
        w: &'a [f32],
        out: &'a mut [f32],
        width: usize,
        transposed: bool,
    }

    impl WithSimd for Product<'_> {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            if self.transposed {
                multiply_add_transposed(simd, self.a, self.w, self.width, self.out);
            } else {
                multiply_add(simd, self.a, &Panels::new(self.w, self.width), self.out);
            }
        }
    }

    const SIZES: [(usize, usize, usize); 11] = [
        (1, 1, 1),
        (2, 3, 9),
        (3, 5, 31),
        (4, 7, 32),
        (5, 4, 65),
        (9, 16, 70),
        (6, 3, 96),
        (11, 2, 64),
        (0, 3, 4),
        (7, BLOCK + 3, 33),
        (2, 2 * BLOCK, 129),
    ];

    fn wave(n: usize, step: f32) -> Vec<f32> {
        (0..n).map(|v| (v as f32 * step).sin()).collect()
    }

    /// `out` is 0.5 and the product of `left` (row, inner index) and w, (inner, width).
    fn assert_plain(out: &[f32], w: &[f32], width: usize, left: impl Fn(usize, usize) -> f32) {
        let inner = w.len() / width;
        for (at, found) in out.iter().enumerate() {
            let (row, column) = (at / width, at % width);
            let plain: f32 = (0..inner).map(|k| left(row, k) * w[k * width + column]).sum();
            assert!((found - plain - 0.5).abs() < 1e-3, "{inner} {width} at {row} {column}");
        }
    }

    #[test]
    fn agrees_with_the_plain_loop_at_every_remainder() {
        for (rows, inner, width) in SIZES {
            let (a, w) = (wave(rows * inner, 0.37), wave(inner * width, 0.11));
            // Backwards: rows may lie in any order.
            let order: Vec<usize> = (0..rows).rev().collect();
            for order in [None, Some(order.as_slice())] {
                let left = Rows { data: &a, width: inner, order };
                for arch in simd::all() {
                    let mut out = vec![0.5f32; rows * width];
                    arch.dispatch(Product { a: left, w: &w, out: &mut out, width, transposed: false });
                    assert_plain(&out, &w, width, |r, k| left.get(r)[k]);
                }
            }
        }
    }

    #[test]
    fn the_transposed_product_agrees_with_the_plain_loop() {
        for (columns, inner, width) in SIZES {
            let (a, b) = (wave(inner * columns, 0.37), wave(inner * width, 0.11));
            let order: Vec<usize> = (0..inner).rev().collect();
            let left = Rows { data: &a, width: columns, order: Some(&order) };
            for arch in simd::all() {
                let mut out = vec![0.5f32; columns * width];
                arch.dispatch(Product { a: left, w: &b, out: &mut out, width, transposed: true });
                assert_plain(&out, &b, width, |c, k| left.get(k)[c]);
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_its_neighbours() {
        let (inner, width) = (70, 64);
        let (a, w) = (wave(9 * inner, 0.37), wave(inner * width, 0.11));
        for arch in simd::all() {
            let product = |rows: Range<usize>| {
                let mut out = vec![0.0; rows.len() * width];
                let a = Rows { data: &a[rows.start * inner..rows.end * inner], width: inner, order: None };
                arch.dispatch(Product { a, w: &w, out: &mut out, width, transposed: false });
                out
            };
            let all = product(0..9);
            for row in 0..9 {
                assert_eq!(product(row..row + 1), all[row * width..(row + 1) * width], "{arch:?} row {row}");
            }
        }
    }
}
