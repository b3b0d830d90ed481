//! The right matrix of a product.

use std::marker::PhantomData;
use std::ops::Range;

use pulp::Simd;

/// The inner extent of one block of panels: so many rows of a panel stay in the first-level cache.
pub const BLOCK: usize = 128;
/// Bytes.
const CACHE_LINE: usize = 64;

/// Vectors in a row of a panel. Times [`BAND`](super::left::BAND) that is 24 sums of AVX-512's 32 registers, or 12 of the 16 that others
/// have, where two weights and a broadcast value then fit beside them: enough sums to hide the latency of a multiply-add,
/// and fewer loads than multiply-adds.
#[inline(always)]
pub fn panel<S: Simd>() -> usize {
    if is_wide::<S>() { 4 } else { 2 }
}

#[inline(always)]
pub fn is_wide<S: Simd>() -> bool {
    S::F32_LANES >= 16
}

/// A matrix (inner, width) laid out for [`multiply_add`](super::multiply_add): blocks of [`BLOCK`] rows, in each of them panels of [`panel`]
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
    #[expect(clippy::manual_memcpy, reason = "a call for each short row takes longer than what it does")]
    pub fn fill(&mut self, w: &[f32]) {
        let (width, line) = (self.width, panel::<S>() * S::F32_LANES);
        self.inner = w.len() / width.max(1);
        let needed = self.panels() * self.inner * line + CACHE_LINE / size_of::<f32>();
        if self.data.len() < needed {
            self.data = vec![0.0; needed];
            // Wherever that is, results are the same; only the speed differs.
            self.start = self.data.as_ptr().align_offset(CACHE_LINE).min(CACHE_LINE / size_of::<f32>());
        }
        let mut at = self.start;
        for from in (0..self.inner).step_by(BLOCK) {
            let rows = from..self.inner.min(from + BLOCK);
            for column in (0..width).step_by(line) {
                let columns = column..width.min(column + line);
                for row in rows.clone() {
                    let (from, to) = (&w[row * width..][columns.clone()], &mut self.data[at..at + line]);
                    let ((whole, _), (vectors, rest)) = (S::as_mut_simd_f32s(to), S::as_simd_f32s(from));
                    for v in 0..vectors.len() {
                        whole[v] = vectors[v];
                    }
                    if from.len() < line {
                        let done = from.len() - rest.len();
                        to[done..from.len()].copy_from_slice(rest);
                        to[from.len()..].fill(0.0);
                    }
                    at += line;
                }
            }
        }
    }

    #[inline(always)]
    fn panels(&self) -> usize {
        self.width.div_ceil(panel::<S>() * S::F32_LANES)
    }

    /// The blocks.
    #[inline(always)]
    pub fn blocks(&self) -> impl Iterator<Item = Block<'_, S>> {
        (0..self.inner.div_ceil(BLOCK)).map(|block| self.block(block))
    }

    /// A block by its number.
    #[inline(always)]
    pub fn block(&self, block: usize) -> Block<'_, S> {
        let (start, end) = (block * BLOCK, self.inner.min((block + 1) * BLOCK));
        let (data, _) = S::as_simd_f32s(&self.data[self.start..]);
        let (panels, line) = (self.panels(), self.panels() * panel::<S>());
        Block { data: &data[start * line..end * line], start, inner: end - start, width: self.width, panels }
    }
}

/// A block of panels.
#[derive(Clone, Copy)]
pub struct Block<'a, S: Simd> {
    pub data: &'a [S::f32s],
    /// The first of its rows in the matrix.
    pub start: usize,
    /// How many rows it has.
    pub inner: usize,
    /// Of the matrix.
    pub width: usize,
    pub panels: usize,
}

impl<'a, S: Simd> Block<'a, S> {
    /// The rows of a panel of P vectors.
    #[inline(always)]
    pub fn panel<const P: usize>(&self, panel: usize) -> &'a [[S::f32s; P]] {
        &self.data[panel * self.inner * P..(panel + 1) * self.inner * P].as_chunks().0[..self.inner]
    }

    /// Its rows in the matrix.
    #[inline(always)]
    pub fn rows(&self) -> Range<usize> {
        self.start..self.start + self.inner
    }
}
