//! The small matrix product of the recurrence: a few rows of states times the recurrent weights.

use pulp::Simd;

/// A matrix (inner, width) laid out for [`multiply_add`]: panels of two vectors' columns, each contiguous, the last one
/// filled up with zeros. As rows of a power of two the matrix would fall into a few sets of the cache.
pub struct Panels<S: Simd> {
    data: Vec<[S::f32s; 2]>,
    inner: usize,
    width: usize,
}

impl<S: Simd> Panels<S> {
    /// Lays out w, (inner, width) row-major.
    #[inline(always)]
    pub fn new(simd: S, w: &[f32], inner: usize, width: usize) -> Self {
        let lanes = S::F32_LANES;
        let mut data = Vec::with_capacity(width.div_ceil(2 * lanes) * inner);
        for column in (0..width).step_by(2 * lanes) {
            for k in 0..inner {
                let row = &w[k * width + column..(k + 1) * width];
                let (near, far) = row.split_at(row.len().min(lanes));
                data.push([simd.partial_load_f32s(near), simd.partial_load_f32s(&far[..far.len().min(lanes)])]);
            }
        }
        Self { data, inner, width }
    }
}

/// out (R rows from `row`, P panels of columns from panel `first`) += a · w; `a` is (inner, R).
#[inline(always)]
fn tile<S: Simd, const R: usize, const P: usize>(
    simd: S,
    a: &[[f32; R]],
    w: &Panels<S>,
    out: &mut [f32],
    row: usize,
    first: usize,
) {
    let (inner, width, lanes) = (w.inner, w.width, S::F32_LANES);
    let mut acc = [[[simd.splat_f32s(0.0); 2]; P]; R];
    let panels: [&[[S::f32s; 2]]; P] = std::array::from_fn(|p| &w.data[(first + p) * inner..][..inner]);
    for (k, a) in a.iter().enumerate() {
        for p in 0..P {
            let Some(&[near, far]) = panels[p].get(k) else { continue };
            for r in 0..R {
                let s = simd.splat_f32s(a[r]);
                acc[r][p] = [simd.mul_add_e_f32s(s, near, acc[r][p][0]), simd.mul_add_e_f32s(s, far, acc[r][p][1])];
            }
        }
    }
    for (r, sums) in acc.iter().enumerate() {
        for (p, sums) in sums.iter().enumerate() {
            let column = (first + p) * 2 * lanes;
            let end = width.min(column + 2 * lanes);
            let out = &mut out[(row + r) * width + column..(row + r) * width + end];
            if let ([near, far], []) = S::as_mut_simd_f32s(out) {
                *near = simd.add_f32s(*near, sums[0]);
                *far = simd.add_f32s(*far, sums[1]);
            } else {
                let (near, far) = out.split_at_mut(out.len().min(lanes));
                simd.partial_store_f32s(near, simd.add_f32s(simd.partial_load_f32s(near), sums[0]));
                simd.partial_store_f32s(far, simd.add_f32s(simd.partial_load_f32s(far), sums[1]));
            }
        }
    }
}

/// R rows from `row`, in tiles of P panels; returns R.
#[inline(always)]
fn band<S: Simd, const R: usize, const P: usize>(
    simd: S,
    a: &[f32],
    w: &Panels<S>,
    out: &mut [f32],
    row: usize,
    turned: &mut Vec<f32>,
) -> usize {
    let panels = w.width.div_ceil(2 * S::F32_LANES);
    // The rows side by side, so that the inner loop walks along one slice.
    turned.clear();
    turned.resize(w.inner * R, 0.0);
    for r in 0..R {
        let from = &a[(row + r) * w.inner..][..w.inner];
        for (to, &v) in turned.as_chunks_mut::<R>().0.iter_mut().zip(from) {
            to[r] = v;
        }
    }
    let a = turned.as_chunks::<R>().0;
    let mut first = 0;
    while first + P <= panels {
        tile::<S, R, P>(simd, a, w, out, row, first);
        first += P;
    }
    while first < panels {
        tile::<S, R, 1>(simd, a, w, out, row, first);
        first += 1;
    }
    R
}

/// out (rows, width) += a (rows, inner) · w (inner, width), a and out row-major.
///
/// Every sum runs over `inner` in order, whatever the tiles, so that a row's result does not depend on its neighbours.
#[inline(always)]
pub fn multiply_add<S: Simd>(simd: S, a: &[f32], w: &Panels<S>, out: &mut [f32]) {
    let rows = a.len() / w.inner.max(1);
    let mut row = 0;
    let turned = &mut Vec::with_capacity(6 * w.inner);
    while row < rows {
        // Few rows are given more columns: enough independent sums to hide the latency of a multiply-add.
        row += match rows - row {
            1 => band::<S, 1, 4>(simd, a, w, out, row, turned),
            2 => band::<S, 2, 2>(simd, a, w, out, row, turned),
            3 => band::<S, 3, 2>(simd, a, w, out, row, turned),
            4 => band::<S, 4, 1>(simd, a, w, out, row, turned),
            5 => band::<S, 5, 1>(simd, a, w, out, row, turned),
            _ => band::<S, 6, 1>(simd, a, w, out, row, turned),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, WithSimd};

    struct Product<'a> {
        a: &'a [f32],
        w: &'a [f32],
        out: &'a mut [f32],
        inner: usize,
        width: usize,
    }

    impl WithSimd for Product<'_> {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            multiply_add(simd, self.a, &Panels::new(simd, self.w, self.inner, self.width), self.out);
        }
    }

    #[test]
    fn agrees_with_the_plain_loop_at_every_remainder() {
        for (rows, inner, width) in
            [(1, 1, 1), (2, 3, 9), (3, 5, 31), (4, 7, 32), (5, 4, 65), (9, 16, 70), (6, 3, 96), (11, 2, 64), (0, 3, 4)]
        {
            let a: Vec<f32> = (0..rows * inner).map(|v| (v as f32 * 0.37).sin()).collect();
            let w: Vec<f32> = (0..inner * width).map(|v| (v as f32 * 0.11).cos()).collect();
            let mut out = vec![0.5f32; rows * width];
            Arch::new().dispatch(Product { a: &a, w: &w, out: &mut out, inner, width });
            for r in 0..rows {
                for j in 0..width {
                    let plain: f32 = (0..inner).map(|k| a[r * inner + k] * w[k * width + j]).sum();
                    assert!((out[r * width + j] - plain - 0.5).abs() < 1e-4, "{rows} {inner} {width} at {r} {j}");
                }
            }
        }
    }
}
