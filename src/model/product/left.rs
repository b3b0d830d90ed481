//! The left matrix of a product.

use std::ops::Range;

/// Rows of a full band.
pub const BAND: usize = 6;

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
    pub fn get(&self, row: usize) -> &'a [f32] {
        let at = self.order.map_or(row, |order| order[row]);
        &self.data[at * self.width..(at + 1) * self.width]
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.order.map_or_else(|| self.data.len() / self.width.max(1), <[usize]>::len)
    }
}

/// The left matrix of a product over some inner indices, copied so that the inner loop walks along one slice: bands of
/// [`BAND`] rows one after the other, the last one perhaps narrower; in each, one inner index after the other.
pub struct Left {
    data: Vec<f32>,
    /// Its number of rows.
    pub count: usize,
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
    pub fn band<const R: usize>(&self, row: usize) -> &[[f32; R]] {
        self.data[row * self.inner..(row + R) * self.inner].as_chunks().0
    }
}
