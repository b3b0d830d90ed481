//! One step of AdamW as one pass over a tensor's numbers on the CPU: each is read and written once, whatever the number of
//! threads with the same result.

use pulp::{Simd, WithSimd};

use crate::model::simd::dispatch;
use crate::model::tasks::largest_first;

pub const BETA_1: f32 = 0.9;
pub const BETA_2: f32 = 0.999;
pub const EPSILON: f32 = 1e-8;

/// Numbers that one thread takes at a time. Smaller tensors are not worth waking another for.
const CHUNK: usize = 1 << 15;

/// What is the same for all numbers of a tensor.
#[derive(Clone, Copy)]
pub struct Step {
    /// What decay leaves of a weight.
    kept: f32,
    rate: f32,
    /// What the estimates are divided by, having begun at 0.
    corrections: [f32; 2],
}

impl Step {
    /// `time`: 1 for the first step.
    pub fn new(rate: f64, weight_decay: f32, time: usize) -> Self {
        let power = i32::try_from(time).unwrap_or(i32::MAX);
        Self {
            kept: (1.0 - rate * f64::from(weight_decay)) as f32,
            rate: rate as f32,
            corrections: [1.0 - BETA_1.powi(power), 1.0 - BETA_2.powi(power)],
        }
    }
}

/// Numbers of one parameter tensor, all of one length.
pub struct Pass<'a> {
    pub weights: &'a mut [f32],
    pub gradient: &'a [f32],
    /// Estimates of the gradient's mean and of its square's.
    pub first: &'a mut [f32],
    pub second: &'a mut [f32],
}

impl Pass<'_> {
    /// The step; the gradient of each `size` numbers is multiplied by one of `scales`.
    pub fn run(self, size: usize, scales: &[f32], step: Step) {
        let slices = self.weights.chunks_mut(size).zip(self.gradient.chunks(size));
        let moments = self.first.chunks_mut(size).zip(self.second.chunks_mut(size));
        for (((weights, gradient), (first, second)), scale) in slices.zip(moments).zip(scales) {
            let chunks = weights.chunks_mut(CHUNK).zip(gradient.chunks(CHUNK));
            let moments = first.chunks_mut(CHUNK).zip(second.chunks_mut(CHUNK));
            let chunk = |((weights, gradient), (first, second))| Chunk {
                weights,
                gradient,
                first,
                second,
                scale: *scale,
                step,
            };
            let chunks: Vec<_> = chunks.zip(moments).map(chunk).collect();
            largest_first(chunks, |chunk| chunk.weights.len(), dispatch);
        }
    }
}

struct Chunk<'a> {
    weights: &'a mut [f32],
    gradient: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    scale: f32,
    step: Step,
}

impl WithSimd for Chunk<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Chunk { weights, gradient, first, second, scale, step } = self;
        let step = Splat::new(simd, scale, step);
        let (weights, last_weights) = S::as_mut_simd_f32s(weights);
        let (gradient, last_gradient) = S::as_simd_f32s(gradient);
        let (first, last_first) = S::as_mut_simd_f32s(first);
        let (second, last_second) = S::as_mut_simd_f32s(second);
        for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
            [*w, *m, *v] = step.update([*w, *g, *m, *v]);
        }
        if !last_weights.is_empty() {
            let of = [&*last_weights, last_gradient, last_first, last_second];
            let [w, m, v] = step.update(of.map(|last| simd.partial_load_f32s(last)));
            simd.partial_store_f32s(last_weights, w);
            simd.partial_store_f32s(last_first, m);
            simd.partial_store_f32s(last_second, v);
        }
    }
}

/// A [`Step`] in vector registers.
struct Splat<S: Simd> {
    simd: S,
    scale: S::f32s,
    kept: S::f32s,
    rate: S::f32s,
    epsilon: S::f32s,
    /// β, 1 - β and the correction of both estimates.
    keep: [S::f32s; 2],
    take: [S::f32s; 2],
    corrections: [S::f32s; 2],
}

impl<S: Simd> Splat<S> {
    #[inline(always)]
    fn new(simd: S, scale: f32, step: Step) -> Self {
        Self {
            simd,
            scale: simd.splat_f32s(scale),
            kept: simd.splat_f32s(step.kept),
            rate: simd.splat_f32s(step.rate),
            epsilon: simd.splat_f32s(EPSILON),
            keep: [simd.splat_f32s(BETA_1), simd.splat_f32s(BETA_2)],
            take: [simd.splat_f32s(1.0 - BETA_1), simd.splat_f32s(1.0 - BETA_2)],
            corrections: [simd.splat_f32s(step.corrections[0]), simd.splat_f32s(step.corrections[1])],
        }
    }

    /// Weight and both estimates after the step. No fused multiply-adds: burn's operations round one by one.
    #[inline(always)]
    fn update(&self, [w, g, m, v]: [S::f32s; 4]) -> [S::f32s; 3] {
        let simd = self.simd;
        let g = simd.mul_f32s(g, self.scale);
        let m = simd.add_f32s(simd.mul_f32s(m, self.keep[0]), simd.mul_f32s(g, self.take[0]));
        let square = simd.mul_f32s(g, g);
        let v = simd.add_f32s(simd.mul_f32s(v, self.keep[1]), simd.mul_f32s(square, self.take[1]));
        let size = simd.add_f32s(simd.sqrt_f32s(simd.div_f32s(v, self.corrections[1])), self.epsilon);
        let step = simd.div_f32s(simd.div_f32s(m, self.corrections[0]), size);
        [simd.sub_f32s(simd.mul_f32s(w, self.kept), simd.mul_f32s(step, self.rate)), m, v]
    }
}

/// The sum of the squares, in parts of [`CHUNK`] numbers.
pub fn square_sum(values: &[f32]) -> f64 {
    let of = |chunk: &[f32]| f64::from(dispatch(SquareSum(chunk)));
    // The order of the sum must not depend on which thread is first.
    largest_first(values.chunks(CHUNK).collect(), |chunk| chunk.len(), of).into_iter().sum()
}

struct SquareSum<'a>(&'a [f32]);

impl WithSimd for SquareSum<'_> {
    type Output = f32;

    /// In as many strands as hide the latency of an addition; they are added up last.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        const STRANDS: usize = 4;
        let mut sums = [simd.splat_f32s(0.0); STRANDS];
        let (values, last) = S::as_simd_f32s(self.0);
        let (groups, rest) = values.as_chunks::<STRANDS>();
        for group in groups {
            for n in 0..STRANDS {
                sums[n] = simd.mul_add_e_f32s(group[n], group[n], sums[n]);
            }
        }
        for x in rest {
            sums[0] = simd.mul_add_e_f32s(*x, *x, sums[0]);
        }
        let last = simd.partial_load_f32s(last);
        sums[1] = simd.mul_add_e_f32s(last, last, sums[1]);
        let sum = simd.add_f32s(simd.add_f32s(sums[0], sums[1]), simd.add_f32s(sums[2], sums[3]));
        simd.reduce_sum_f32s(sum)
    }
}
