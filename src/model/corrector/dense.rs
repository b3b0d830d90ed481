//! Products of small matrices in row-major slices, written so that the compiler keeps a tile of the result in vector
//! registers; to be run through `pulp`.

/// Rows and columns of a tile.
const ROWS: usize = 4;
const COLUMNS: usize = 32;

/// The left matrix of a product: element (i, k) is `values[i * row + k * inner]`.
#[derive(Clone, Copy)]
struct Left<'a> {
    values: &'a [f32],
    row: usize,
    inner: usize,
}

/// c += a · b for a (rows, inner), b (inner, columns), c (rows, columns).
#[inline(always)]
pub fn add_product(a: &[f32], b: &[f32], c: &mut [f32], columns: usize) {
    let (inner, rows) = (b.len() / columns, c.len() / columns);
    if columns > 1 {
        return add(Left { values: a, row: inner, inner: 1 }, b, c, [rows, columns]);
    }
    for (c, a) in c.iter_mut().zip(a.chunks_exact(inner)) {
        *c += dot(a, b);
    }
}

/// c += aᵀ · b for a (inner, rows), b (inner, columns), c (rows, columns).
#[inline(always)]
pub fn add_transposed_product(a: &[f32], b: &[f32], c: &mut [f32], columns: usize) {
    let rows = c.len() / columns;
    if columns > 1 {
        return add(Left { values: a, row: 1, inner: rows }, b, c, [rows, columns]);
    }
    // The same as bᵀ · a, whose columns lie side by side.
    add(Left { values: b, row: 1, inner: 1 }, a, c, [1, rows]);
}

#[inline(always)]
fn add(a: Left<'_>, b: &[f32], c: &mut [f32], [rows, columns]: [usize; 2]) {
    let whole = columns - columns % COLUMNS;
    for j in (0..whole).step_by(COLUMNS) {
        let mut i = 0;
        while i + ROWS <= rows {
            tile::<ROWS>(a, b, c, columns, i, j);
            i += ROWS;
        }
        while i < rows {
            tile::<1>(a, b, c, columns, i, j);
            i += 1;
        }
    }
    if whole == columns {
        return;
    }
    for (i, c) in c.chunks_exact_mut(columns).enumerate() {
        for (k, b) in b.chunks_exact(columns).enumerate() {
            let factor = a.values[i * a.row + k * a.inner];
            for (c, b) in c[whole..].iter_mut().zip(&b[whole..]) {
                *c += factor * b;
            }
        }
    }
}

/// Rows i.. and columns j.. of the result.
#[inline(always)]
fn tile<const R: usize>(a: Left<'_>, b: &[f32], c: &mut [f32], columns: usize, i: usize, j: usize) {
    let mut sums = [[0.0f32; COLUMNS]; R];
    for (k, b) in b.chunks_exact(columns).enumerate() {
        let b = &b[j..j + COLUMNS];
        for (r, sums) in sums.iter_mut().enumerate() {
            let factor = a.values[(i + r) * a.row + k * a.inner];
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = factor.mul_add(*b, *sum);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        let at = (i + r) * columns + j;
        for (c, sum) in c[at..at + COLUMNS].iter_mut().zip(sums) {
            *c += sum;
        }
    }
}

/// Summed in as many strands as a vector register holds.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    let (a, b) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum = a.mul_add(*b, *sum);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// aᵀ for a (rows, columns).
#[inline(always)]
pub fn transposed(a: &[f32], columns: usize) -> Vec<f32> {
    let rows = a.len() / columns;
    let mut out = vec![0.0; a.len()];
    for (i, row) in a.chunks_exact(columns).enumerate() {
        for (j, value) in row.iter().enumerate() {
            out[j * rows + i] = *value;
        }
    }
    out
}

/// Adds the sum of a matrix's rows.
#[inline(always)]
pub fn add_rows(a: &[f32], sum: &mut [f32]) {
    for row in a.chunks_exact(sum.len()) {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

/// Adds a row to each of a matrix's rows.
#[inline(always)]
pub fn add_to_rows(row: &[f32], a: &mut [f32]) {
    for own in a.chunks_exact_mut(row.len()) {
        for (own, value) in own.iter_mut().zip(row) {
            *own += value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wave(n: usize, phase: f32) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * 1.3 + phase).sin()).collect()
    }

    proptest! {
        #[test]
        fn products_are_sums_of_products(rows in 1usize..11, inner in 1usize..40, columns in 1usize..80) {
            let (a, b) = (wave(rows * inner, 0.1), wave(inner * columns, 0.7));
            let begin = wave(rows * columns, 0.3);
            let expected: Vec<f32> = (0..rows * columns)
                .map(|at| {
                    let (i, j) = (at / columns, at % columns);
                    begin[at] + (0..inner).map(|k| a[i * inner + k] * b[k * columns + j]).sum::<f32>()
                })
                .collect();
            let (mut plain, mut turned) = (begin.clone(), begin);
            add_product(&a, &b, &mut plain, columns);
            add_transposed_product(&transposed(&a, inner), &b, &mut turned, columns);
            for found in [plain, turned] {
                for (found, expected) in found.iter().zip(&expected) {
                    prop_assert!((found - expected).abs() < 1e-4, "{found} {expected}");
                }
            }
        }

        #[test]
        fn rows_are_added_and_added_to(rows in 1usize..9, columns in 1usize..40) {
            let a = wave(rows * columns, 0.2);
            let mut sum = wave(columns, 0.5);
            add_rows(&a, &mut sum);
            let mut ones = vec![1.0; rows];
            let mut expected = wave(columns, 0.5);
            add_product(&ones, &a, &mut expected, columns);
            prop_assert!(sum.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4));
            ones.fill(0.0);
            add_to_rows(&[2.5], &mut ones);
            prop_assert_eq!(ones, vec![2.5; rows]);
        }
    }
}
