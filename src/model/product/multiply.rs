//! Products, tile by tile.

use std::ops::Range;

use pulp::Simd;

use super::left::{Bands, Part, Rows, Split, Turned};
use super::panels::{BLOCK, Block, Panels, is_wide};
use super::tile::{Base, tile};

/// Bands of R of a's rows. A panel stays in the first-level cache until all of them had it.
#[inline(always)]
fn bands<S: Simd, A: Bands, const R: usize, const P: usize>(
    simd: S,
    a: &A,
    rows: Range<usize>,
    w: Block<'_, S>,
    base: Base<'_, S>,
    out: &mut [f32],
) {
    for panel in 0..w.panels {
        let mut row = rows.start;
        while row < rows.end {
            tile::<S, _, R, P>(simd, a.band::<R>(row, w.inner), w, base, out, row, panel);
            row += R;
        }
    }
}

/// out = base + a · w over one block's inner indices, in panels of P vectors.
#[inline(always)]
fn in_panels<S: Simd, A: Bands, const P: usize>(simd: S, a: &A, w: Block<'_, S>, base: Base<'_, S>, out: &mut [f32]) {
    let Split { wide, low } = Split::of(a.count());
    for (rows, height) in [(0..wide, low + 1), (wide..a.count(), low)] {
        if rows.is_empty() {
            continue;
        }
        match height {
            1 => bands::<S, A, 1, P>(simd, a, rows, w, base, out),
            2 => bands::<S, A, 2, P>(simd, a, rows, w, base, out),
            3 => bands::<S, A, 3, P>(simd, a, rows, w, base, out),
            4 => bands::<S, A, 4, P>(simd, a, rows, w, base, out),
            5 => bands::<S, A, 5, P>(simd, a, rows, w, base, out),
            _ => bands::<S, A, 6, P>(simd, a, rows, w, base, out),
        }
    }
}

/// out = base + a · w over one block's inner indices.
#[inline(always)]
pub fn multiply_block<S: Simd, A: Bands>(simd: S, a: &A, w: Block<'_, S>, base: Base<'_, S>, out: &mut [f32]) {
    // As many vectors as `panel` says.
    if is_wide::<S>() {
        in_panels::<S, A, 4>(simd, a, w, base, out);
    } else {
        in_panels::<S, A, 2>(simd, a, w, base, out);
    }
}

/// out (rows, width) += a (rows, inner) · w (inner, width), out row-major.
///
/// Every sum runs over `inner` in order, whatever the tiles, so that a row's result does not depend on its neighbours.
#[inline(always)]
pub fn multiply_add<S: Simd>(simd: S, a: Rows<'_>, w: &Panels<S>, out: &mut [f32]) {
    for block in w.blocks() {
        multiply_block(simd, &Part { rows: a, inner: block.rows() }, block, Base::Out, out);
    }
}

/// out (rows, width) = bias (1, width) + a (rows, inner) · w (inner, width), out row-major; what stood in it is not read. `inner` is
/// at least 1.
///
/// Sums run over `inner` in order, as in [`multiply_add`].
#[inline(always)]
pub fn affine<S: Simd>(simd: S, bias: &Panels<S>, a: Rows<'_>, w: &Panels<S>, out: &mut [f32]) {
    let mut base = Base::Row(bias.block(0));
    for block in w.blocks() {
        multiply_block(simd, &Part { rows: a, inner: block.rows() }, block, base, out);
        base = Base::Out;
    }
}

/// Products of the transpose of rows; its memory is used again and again.
pub struct Transposed<S: Simd> {
    panels: Panels<S>,
    width: usize,
}

impl<S: Simd> Transposed<S> {
    /// For right matrices of this width.
    #[inline(always)]
    pub fn new(width: usize) -> Self {
        Self { panels: Panels::new(&[], width), width }
    }

    /// For each a (rows, a's width) and out (a's width, width): out += aᵀ · b, for b (rows, width), all row-major.
    #[inline(always)]
    pub fn add<const N: usize>(&mut self, simd: S, a: [Rows<'_>; N], b: &[f32], out: [&mut [f32]; N]) {
        for (part, b) in b.chunks(BLOCK * self.width.max(1)).enumerate() {
            self.panels.fill(b);
            for block in self.panels.blocks() {
                let rows = part * BLOCK..part * BLOCK + block.inner;
                for i in 0..N {
                    let turned = Turned { rows: a[i], inner: rows.clone() };
                    multiply_block(simd, &turned, block, Base::Out, out[i]);
                }
            }
        }
    }
}

/// out (a's width, width) += aᵀ · b, for a (rows, a's width) and b (rows, width) row-major.
#[inline(always)]
pub fn multiply_add_transposed<S: Simd>(simd: S, a: Rows<'_>, b: &[f32], width: usize, out: &mut [f32]) {
    Transposed::new(width).add(simd, [a], b, [out]);
}
