//! The innermost loop of a product.

use pulp::Simd;

use super::left::Band;
use super::panels::Block;

/// What the sums of a product are put upon.
#[derive(Clone, Copy)]
pub enum Base<'a, S: Simd> {
    /// What stands in their place.
    Out,
    /// One row for all, a block of a single inner index; what stands in their place is not read.
    Row(Block<'a, S>),
}

/// out (R rows from `row`, the columns of panel `panel`, of P vectors) = base + a · w.
#[inline(always)]
#[expect(
    clippy::needless_range_loop,
    clippy::manual_memcpy,
    reason = "pairs of iterators and copies of slices are calls in builds without link-time optimisation"
)]
pub fn tile<S: Simd, A: Band<R>, const R: usize, const P: usize>(
    simd: S,
    a: A,
    w: Block<'_, S>,
    base: Base<'_, S>,
    out: &mut [f32],
    row: usize,
    panel: usize,
) {
    let mut acc = [[simd.splat_f32s(0.0); P]; R];
    if let Base::Row(base) = base {
        let line = &base.panel::<P>(panel)[0];
        for r in 0..R {
            for v in 0..P {
                acc[r][v] = line[v];
            }
        }
    }
    let lines = w.panel::<P>(panel);
    for k in 0..lines.len() {
        let (a, line) = (a.at(k), &lines[k]);
        for r in 0..R {
            let s = simd.splat_f32s(a[r]);
            for v in 0..P {
                acc[r][v] = simd.mul_add_e_f32s(s, line[v], acc[r][v]);
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
    let width = w.width;
    let column = panel * P * S::F32_LANES;
    let end = width.min(column + P * S::F32_LANES);
    let add = matches!(base, Base::Out);
    for r in 0..R {
        let (whole, rest) = S::as_mut_simd_f32s(&mut out[(row + r) * width + column..(row + r) * width + end]);
        for v in 0..whole.len() {
            whole[v] = if add { simd.add_f32s(whole[v], sums[r][v]) } else { sums[r][v] };
        }
        if !rest.is_empty() {
            let sum = sums[r][whole.len()];
            simd.partial_store_f32s(rest, if add { simd.add_f32s(simd.partial_load_f32s(rest), sum) } else { sum });
        }
    }
}
