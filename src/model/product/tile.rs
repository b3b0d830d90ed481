//! The innermost loop of a product.

use pulp::Simd;

use super::left::Band;
use super::panels::Block;

/// out (R rows from `row`, the columns of panel `panel`, of P vectors) += a · w.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "pairs of iterators are calls in builds without link-time optimisation")]
pub fn tile<S: Simd, A: Band<R>, const R: usize, const P: usize>(
    simd: S,
    a: A,
    w: &Block<'_, S>,
    out: &mut [f32],
    row: usize,
    panel: usize,
) {
    let (inner, width) = (w.rows.len(), w.width);
    let mut acc = [[simd.splat_f32s(0.0); P]; R];
    let lines = &w.data[panel * inner * P..(panel + 1) * inner * P].as_chunks::<P>().0[..inner];
    for k in 0..inner {
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
