use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::panels::BLOCK;
use super::{Panels, Rows, affine, multiply_add, multiply_add_transposed};
use crate::model::simd;

struct Product<'a> {
    a: Rows<'a>,
    w: &'a [f32],
    out: &'a mut [f32],
    width: usize,
    transposed: bool,
}

impl WithSimd for Product<'_> {
    type Output = ();

    fn with_simd<S: Simd>(self, simd: S) {
        if self.transposed {
            multiply_add_transposed(simd, self.a, self.w, self.width, self.out);
        } else {
            multiply_add(simd, self.a, &Panels::new(self.w, self.width), self.out);
        }
    }
}

struct Affine<'a> {
    bias: &'a [f32],
    a: Rows<'a>,
    w: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Affine<'_> {
    type Output = ();

    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.bias.len();
        let (bias, w) = (Panels::new(self.bias, width), Panels::new(self.w, width));
        affine(simd, &bias, self.a, &w, self.out);
    }
}

const SIZES: [(usize, usize, usize); 11] = [
    (1, 1, 1),
    (2, 3, 9),
    (3, 5, 31),
    (4, 7, 32),
    (5, 4, 65),
    (9, 16, 70),
    (6, 3, 96),
    (11, 2, 64),
    (0, 3, 4),
    (7, BLOCK + 3, 33),
    (2, 2 * BLOCK, 129),
];

fn wave(n: usize, step: f32) -> Vec<f32> {
    (0..n).map(|v| (v as f32 * step).sin()).collect()
}

/// `out` is 0.5 and the product of `left` (row, inner index) and w, (inner, width).
fn assert_plain(out: &[f32], w: &[f32], width: usize, left: impl Fn(usize, usize) -> f32) {
    let inner = w.len() / width;
    for (at, found) in out.iter().enumerate() {
        let (row, column) = (at / width, at % width);
        let plain: f32 = (0..inner).map(|k| left(row, k) * w[k * width + column]).sum();
        assert!((found - plain - 0.5).abs() < 1e-3, "{inner} {width} at {row} {column}");
    }
}

#[test]
fn agrees_with_the_plain_loop_at_every_remainder() {
    for (rows, inner, width) in SIZES {
        let (a, w) = (wave(rows * inner, 0.37), wave(inner * width, 0.11));
        // Backwards: rows may lie in any order.
        let order: Vec<usize> = (0..rows).rev().collect();
        for order in [None, Some(order.as_slice())] {
            let left = Rows { data: &a, width: inner, order };
            for arch in simd::all() {
                let mut out = vec![0.5f32; rows * width];
                arch.dispatch(Product { a: left, w: &w, out: &mut out, width, transposed: false });
                assert_plain(&out, &w, width, |r, k| left.get(r)[k]);
            }
        }
    }
}

#[test]
fn an_affine_map_agrees_with_the_plain_loop_whatever_stood_in_its_place() {
    for (rows, inner, width) in SIZES {
        let a = wave(rows * inner, 0.37);
        // The bias as a row of the matrix, the other rows below it.
        let all = wave((1 + inner) * width, 0.11);
        let (bias, w) = all.split_at(width);
        let left = Rows { data: &a, width: inner, order: None };
        for arch in simd::all() {
            let mut out = vec![f32::NAN; rows * width];
            arch.dispatch(Affine { bias, a: left, w, out: &mut out });
            out.iter_mut().for_each(|x| *x += 0.5);
            assert_plain(&out, &all, width, |r, k| if k == 0 { 1.0 } else { left.get(r)[k - 1] });
        }
    }
}

#[test]
fn the_transposed_product_agrees_with_the_plain_loop() {
    for (columns, inner, width) in SIZES {
        let (a, b) = (wave(inner * columns, 0.37), wave(inner * width, 0.11));
        let order: Vec<usize> = (0..inner).rev().collect();
        let left = Rows { data: &a, width: columns, order: Some(&order) };
        for arch in simd::all() {
            let mut out = vec![0.5f32; columns * width];
            arch.dispatch(Product { a: left, w: &b, out: &mut out, width, transposed: true });
            assert_plain(&out, &b, width, |c, k| left.get(k)[c]);
        }
    }
}

#[test]
fn a_row_does_not_depend_on_its_neighbours() {
    let (inner, width) = (70, 64);
    let (a, w) = (wave(9 * inner, 0.37), wave(inner * width, 0.11));
    for arch in simd::all() {
        let product = |rows: Range<usize>| {
            let mut out = vec![0.0; rows.len() * width];
            let a = Rows { data: &a[rows.start * inner..rows.end * inner], width: inner, order: None };
            arch.dispatch(Product { a, w: &w, out: &mut out, width, transposed: false });
            out
        };
        let all = product(0..9);
        for row in 0..9 {
            assert_eq!(product(row..row + 1), all[row * width..(row + 1) * width], "{arch:?} row {row}");
        }
    }
}
