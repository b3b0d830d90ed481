//! Products, tile by tile.

use std::ops::Range;

use pulp::Simd;

use super::left::{BAND, Left, Rows};
use super::panels::{BLOCK, Block, Panels, is_wide};
use super::tile::tile;

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

/// The same in panels of as many vectors as [`panel`](super::panels::panel) says.
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
