//! The left matrix of a product, in bands of a few rows.

use std::ops::Range;

/// The most rows of a band.
pub const BAND: usize = 6;

/// Values of the R rows of a band, one inner index after the other.
pub trait Band<const R: usize>: Copy {
    /// Of an inner index, from 0; it has to be one of a block's.
    fn at(self, index: usize) -> [f32; R];
}

/// A left matrix over the inner indices of one block.
pub trait Bands {
    /// Its number of rows.
    fn count(&self) -> usize;

    /// The R rows from `row`, where a band of R begins.
    fn band<const R: usize>(&self, row: usize, inner: usize) -> impl Band<R>;
}

/// How rows fall into bands: as few as there can be, and as equally high as they can be, for a low band waits for the right
/// matrix. The first `wide` rows are in bands of `low + 1`, those behind them in bands of `low`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    pub wide: usize,
    pub low: usize,
}

impl Split {
    #[inline(always)]
    pub fn of(count: usize) -> Split {
        let bands = count.div_ceil(BAND).max(1);
        let low = count / bands;
        Split { wide: count % bands * (low + 1), low }
    }
}

/// Rows of equal width, anywhere in a slice; they are read where they lie.
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

/// Rows over the inner indices of a block.
pub struct Part<'a> {
    pub rows: Rows<'a>,
    pub inner: Range<usize>,
}

#[derive(Clone, Copy)]
struct Lines<'a, const R: usize>([&'a [f32]; R]);

impl<const R: usize> Band<R> for Lines<'_, R> {
    #[inline(always)]
    #[expect(
        clippy::needless_range_loop,
        reason = "pairs of iterators are calls in builds without link-time optimisation"
    )]
    fn at(self, index: usize) -> [f32; R] {
        let mut values = [0.0; R];
        for r in 0..R {
            values[r] = self.0[r][index];
        }
        values
    }
}

impl Bands for Part<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.rows.len()
    }

    #[inline(always)]
    #[expect(
        clippy::needless_range_loop,
        reason = "iterators and `from_fn` are calls in builds without link-time optimisation"
    )]
    fn band<const R: usize>(&self, row: usize, inner: usize) -> impl Band<R> {
        let mut lines = [[].as_slice(); R];
        for r in 0..R {
            // Cut to this length so that the inner loop need not ask whether an index is in it.
            lines[r] = &self.rows.get(row + r)[self.inner.start..self.inner.start + inner];
        }
        Lines(lines)
    }
}

/// The left matrix whose rows are columns of rows, copied so that the inner loop walks along one slice: band after band, in each
/// of them one inner index after the other.
pub struct Columns {
    data: Vec<f32>,
    count: usize,
    /// Its number of inner indices.
    inner: usize,
}

impl Columns {
    #[inline(always)]
    pub fn new() -> Self {
        Self { data: Vec::new(), count: 0, inner: 0 }
    }

    /// Takes these columns of these rows, in place of what it held.
    #[inline(always)]
    pub fn fill(&mut self, rows: Rows<'_>, columns: Range<usize>, inner: Range<usize>) {
        (self.count, self.inner) = (columns.len(), inner.len());
        let needed = self.count * self.inner;
        if self.data.len() < needed {
            self.data = vec![0.0; needed];
        }
        let Split { wide, low } = Split::of(self.count);
        for (k, from) in inner.enumerate() {
            let from = &rows.get(from)[columns.clone()];
            let mut at = 0;
            while at < from.len() {
                let height = if at < wide { low + 1 } else { low };
                let to = at * self.inner + k * height;
                if height == BAND {
                    // The usual height, known to the compiler.
                    self.data[to..to + BAND].copy_from_slice(&from[at..at + BAND]);
                } else {
                    self.data[to..to + height].copy_from_slice(&from[at..at + height]);
                }
                at += height;
            }
        }
    }
}

/// The left matrix whose rows are columns of rows, read where they lie: for products too narrow to be worth [`Columns`]' copy.
pub struct Turned<'a> {
    pub rows: Rows<'a>,
    /// Of `rows`: the inner indices of a block.
    pub inner: Range<usize>,
}

#[derive(Clone, Copy)]
struct Across<'a> {
    rows: Rows<'a>,
    first: usize,
    column: usize,
}

impl<const R: usize> Band<R> for Across<'_> {
    #[inline(always)]
    #[expect(clippy::manual_memcpy, reason = "a copy of a slice is a call in builds without link-time optimisation")]
    fn at(self, index: usize) -> [f32; R] {
        let row = &self.rows.get(self.first + index)[self.column..self.column + R];
        let mut values = [0.0; R];
        for r in 0..R {
            values[r] = row[r];
        }
        values
    }
}

impl Bands for Turned<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.rows.width
    }

    #[inline(always)]
    fn band<const R: usize>(&self, row: usize, _: usize) -> impl Band<R> {
        Across { rows: self.rows, first: self.inner.start, column: row }
    }
}

impl<const R: usize> Band<R> for &[[f32; R]] {
    #[inline(always)]
    fn at(self, index: usize) -> [f32; R] {
        self[index]
    }
}

impl Bands for Columns {
    #[inline(always)]
    fn count(&self) -> usize {
        self.count
    }

    #[inline(always)]
    fn band<const R: usize>(&self, row: usize, inner: usize) -> impl Band<R> {
        &self.data[row * self.inner..(row + R) * self.inner].as_chunks().0[..inner]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fall_into_few_bands_of_nearly_equal_height() {
        for count in 0..100 {
            let Split { wide, low } = Split::of(count);
            let bands = wide / (low + 1) + (count - wide).checked_div(low).unwrap_or(0);
            assert_eq!(bands, count.div_ceil(BAND), "{count}");
            assert!(wide.is_multiple_of(low + 1) && (wide == 0 || low < BAND) && low <= BAND, "{count}");
        }
        assert_eq!([7, 13, 16].map(Split::of), [(4, 3), (5, 4), (6, 5)].map(|(wide, low)| Split { wide, low }));
    }
}
