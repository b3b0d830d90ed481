//! Kernels on rows of states, for one thread: norms, GELU and sums of columns.

use pulp::{Simd, WithSimd};

use crate::model::elementwise::{erf, exp};
use crate::model::simd::dispatch;

/// Sums of a row are kept in so many strands: as many as the widest vector has room for.
const STRANDS: usize = 16;

/// Normalises each row of `x`, (rows, W), to mean 0 and variance 1, in place, and makes `out` of it, times γ plus β;
/// `scale` is what each row was multiplied by.
pub struct Normalise<'a> {
    pub x: &'a mut [f32],
    pub out: &'a mut [f32],
    pub scale: &'a mut [f32],
    pub gamma: &'a [f32],
    pub beta: &'a [f32],
    pub epsilon: f32,
}

impl Normalise<'_> {
    pub fn run(self) {
        dispatch(self);
    }
}

impl WithSimd for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let width = self.gamma.len();
        let rows = self.x.chunks_exact_mut(width).zip(self.out.chunks_exact_mut(width)).zip(self.scale);
        for ((x, out), scale) in rows {
            let mean = sum(x, |x| x) / width as f32;
            for x in x.iter_mut() {
                *x -= mean;
            }
            let factor = (sum(x, |x| x * x) / width as f32 + self.epsilon).sqrt().recip();
            *scale = factor;
            for i in 0..width.min(x.len()).min(out.len()).min(self.beta.len()) {
                let unit = x[i] * factor;
                x[i] = unit;
                out[i] = unit * self.gamma[i] + self.beta[i];
            }
        }
    }
}

/// Normalised rows times γ plus β.
pub struct Scaled<'a> {
    pub unit: &'a [f32],
    pub gamma: &'a [f32],
    pub beta: &'a [f32],
    pub out: &'a mut [f32],
}

impl Scaled<'_> {
    pub fn run(self) {
        dispatch(self);
    }
}

impl WithSimd for Scaled<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { unit, gamma, beta, out } = self;
        let width = gamma.len();
        for (unit, out) in unit.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            for i in 0..width.min(unit.len()).min(out.len()).min(beta.len()) {
                out[i] = unit[i] * gamma[i] + beta[i];
            }
        }
    }
}

/// The gradient through a norm, in place: `d`, (rows, W), with respect to what came out becomes that with respect to what
/// went in. Adds the gradients of γ and β.
pub struct ThroughNorm<'a> {
    pub d: &'a mut [f32],
    /// The normalised rows.
    pub unit: &'a [f32],
    pub scale: &'a [f32],
    pub gamma: &'a [f32],
    pub d_gamma: &'a mut [f32],
    pub d_beta: &'a mut [f32],
}

impl ThroughNorm<'_> {
    pub fn run(self) {
        dispatch(self);
    }
}

impl WithSimd for ThroughNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { d, unit, scale, gamma, d_gamma, d_beta } = self;
        let width = gamma.len();
        for ((d, unit), scale) in d.chunks_exact_mut(width).zip(unit.chunks_exact(width)).zip(scale) {
            for i in 0..width.min(d.len()).min(unit.len()).min(d_gamma.len()).min(d_beta.len()) {
                d_gamma[i] += d[i] * unit[i];
                d_beta[i] += d[i];
                d[i] *= gamma[i];
            }
            let mean = sum(d, |d| d) / width as f32;
            let along = sum_of_products(d, unit) / width as f32;
            for i in 0..d.len().min(unit.len()) {
                d[i] = scale * (d[i] - mean - unit[i] * along);
            }
        }
    }
}

/// The sum of f of a row's numbers, the same however wide vectors are.
#[inline(always)]
fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0f32; STRANDS];
    let (chunks, rest) = row.as_chunks::<STRANDS>();
    for chunk in chunks {
        for w in 0..STRANDS {
            sums[w] += f(chunk[w]);
        }
    }
    folded(sums) + rest.iter().map(|&x| f(x)).sum::<f32>()
}

#[inline(always)]
fn sum_of_products(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; STRANDS];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<STRANDS>(), b.as_chunks::<STRANDS>());
    for (a, b) in a.iter().zip(b) {
        for w in 0..STRANDS {
            sums[w] += a[w] * b[w];
        }
    }
    folded(sums) + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[inline(always)]
fn folded(mut sums: [f32; STRANDS]) -> f32 {
    for half in [8, 4, 2, 1] {
        for w in 0..half {
            sums[w] += sums[w + half];
        }
    }
    sums[0]
}

/// GELU of every number, x Φ(x).
pub struct Gelu<'a> {
    pub x: &'a [f32],
    pub out: &'a mut [f32],
}

impl Gelu<'_> {
    pub fn run(self) {
        dispatch(self);
    }
}

impl WithSimd for Gelu<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (x, out) in self.x.iter().zip(self.out) {
            *out = x * below(*x);
        }
    }
}

/// The gradient through GELU, in place: `d`, (rows, width), with respect to what came out becomes that with respect to what
/// went in, and `x` becomes what came out. Adds the sums of `d`'s columns.
pub struct ThroughGelu<'a> {
    pub x: &'a mut [f32],
    pub d: &'a mut [f32],
    pub sums: &'a mut [f32],
}

impl ThroughGelu<'_> {
    pub fn run(self) {
        dispatch(self);
    }
}

impl WithSimd for ThroughGelu<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { x, d, sums } = self;
        let width = sums.len();
        for (x, d) in x.chunks_exact_mut(width).zip(d.chunks_exact_mut(width)) {
            for i in 0..width.min(x.len()).min(d.len()).min(sums.len()) {
                let (at, share) = (x[i], below(x[i]));
                // 1/√(2π)
                let density = 0.398_942_3 * exp(-0.5 * at * at);
                let slope = d[i] * at.mul_add(density, share);
                d[i] = slope;
                sums[i] += slope;
                x[i] = at * share;
            }
        }
    }
}

/// Φ(x), the share of the standard normal distribution below x.
#[inline(always)]
fn below(x: f32) -> f32 {
    0.5f32.mul_add(erf(x * std::f32::consts::FRAC_1_SQRT_2), 0.5)
}

/// Adds numbers to others.
pub struct Add<'a> {
    pub to: &'a mut [f32],
    pub from: &'a [f32],
}

impl Add<'_> {
    pub fn run(self) {
        dispatch(self);
    }
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (to, from) in self.to.iter_mut().zip(self.from) {
            *to += from;
        }
    }
}

/// Adds the rows to the sums of their columns.
pub fn add_columns(rows: &[f32], sums: &mut [f32]) {
    for row in rows.chunks_exact(sums.len()) {
        Add { to: &mut *sums, from: row }.run();
    }
}

/// The sums of the pieces, in order.
pub fn total(pieces: Vec<Vec<f32>>, len: usize) -> Vec<f32> {
    let mut total = vec![0.0; len];
    for piece in pieces {
        Add { to: &mut total, from: &piece }.run();
    }
    total
}
