//! Small matrices in row-major slices, to be run through `pulp`. Innermost loops count: a pair of iterators is made by a
//! function that builds without link-time optimisation leave a call.

use pulp::Simd;

use crate::model::product::{Panels, Rows, multiply_add, multiply_add_transposed};

/// Numbers that are summed side by side.
const STRANDS: usize = 16;

/// Rows that lie one after the other.
#[inline(always)]
fn rows(data: &[f32], width: usize) -> Rows<'_> {
    Rows { data, width, order: None }
}

/// c += a · b for a (rows, inner), b (inner, columns), c (rows, columns).
#[inline(always)]
pub fn add_product<S: Simd>(simd: S, a: &[f32], b: &[f32], c: &mut [f32], columns: usize) {
    let inner = b.len() / columns;
    if columns > 1 {
        return multiply_add(simd, rows(a, inner), &Panels::new(b, columns), c);
    }
    for (c, a) in c.iter_mut().zip(a.chunks_exact(inner)) {
        *c += dot(a, b);
    }
}

/// c += aᵀ · b for a (inner, rows), b (inner, columns), c (rows, columns).
#[inline(always)]
pub fn add_transposed_product<S: Simd>(simd: S, a: &[f32], b: &[f32], c: &mut [f32], columns: usize) {
    let height = c.len() / columns;
    match columns {
        // The same as bᵀ · a, whose columns lie side by side.
        1 => multiply_add_transposed(simd, rows(b, 1), a, height, c),
        _ => multiply_add_transposed(simd, rows(a, height), b, columns, c),
    }
}

/// Summed in as many strands as a vector register holds.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; STRANDS];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<STRANDS>(), b.as_chunks::<STRANDS>());
    for i in 0..a.len().min(b.len()) {
        for w in 0..STRANDS {
            sums[w] = a[i][w].mul_add(b[i][w], sums[w]);
        }
    }
    let mut sum = 0.0;
    for i in 0..a_rest.len().min(b_rest.len()) {
        sum += a_rest[i] * b_rest[i];
    }
    for strand in sums {
        sum += strand;
    }
    sum
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
        for j in 0..sum.len().min(row.len()) {
            sum[j] += row[j];
        }
    }
}

/// Adds a row to each of a matrix's rows.
#[inline(always)]
pub fn add_to_rows(row: &[f32], a: &mut [f32]) {
    for own in a.chunks_exact_mut(row.len()) {
        for j in 0..row.len().min(own.len()) {
            own[j] += row[j];
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
            add_product(pulp::Scalar::new(), &a, &b, &mut plain, columns);
            add_transposed_product(pulp::Scalar::new(), &transposed(&a, inner), &b, &mut turned, columns);
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
            add_product(pulp::Scalar::new(), &ones, &a, &mut expected, columns);
            prop_assert!(sum.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4));
            ones.fill(0.0);
            add_to_rows(&[2.5], &mut ones);
            prop_assert_eq!(ones, vec![2.5; rows]);
        }
    }
}
