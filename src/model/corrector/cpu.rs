//! Stage 2's objective and its exact gradient for one network on the CPU, without a tape.
//!
//! A network and a batch fit into the first caches, but as tensors of all networks they do not: an operation at a time the
//! machine waits for memory. Here each network is done from beginning to end. What is computed is what
//! [`loss_and_step`](super::loss_and_step), [`loss`](super::loss) and one backward pass compute on a tape. Loops count, see
//! `dense`.

use pulp::{Simd, WithSimd};

use crate::model::dense::{add_product, add_rows, add_to_rows, add_transposed_product, transposed};
use crate::model::elementwise::tanh;
use crate::model::simd::dispatch;

/// One network and its batch.
pub struct Task<'a> {
    /// By layer, (in, out).
    pub weights: Vec<&'a [f32]>,
    /// By layer, (out).
    pub biases: Vec<&'a [f32]>,
    /// [h ; ỹ/H], (rows, d + 1).
    pub unimodal: Vec<f32>,
    /// [z ; ỹ'/H], (rows, d + 1).
    pub multimodal: Vec<f32>,
    /// y, (rows)
    pub target: &'a [f32],
    /// What each row counts in the means, (rows).
    pub counts: Vec<f32>,
    /// H
    pub label_range: f32,
    /// The label among the inputs is added to what the layers make.
    pub residual: bool,
}

/// How the objective is made of its terms.
#[derive(Clone, Copy, Debug)]
pub struct Factors {
    /// Of the loss on single modalities.
    pub unimodal: f32,
    /// Of the loss with the weights after the virtual step.
    pub multimodal: f32,
    /// α
    pub step: f32,
    /// The gradient goes through the virtual step.
    pub second_order: bool,
}

/// What was found of one network.
pub struct Found {
    /// mean|g_φ(h, ỹ) - y|
    pub unimodal: f32,
    /// mean|g_φ'(z, ỹ') - y|
    pub multimodal: f32,
    /// The objective's gradient by layer, as the weights and the biases are.
    pub weights: Vec<Vec<f32>>,
    pub biases: Vec<Vec<f32>>,
}

impl Task<'_> {
    /// Both losses and the objective's gradient.
    pub fn run(&self, factors: Factors) -> Found {
        dispatch(Run(self, factors))
    }
}

struct Run<'a>(&'a Task<'a>, Factors);

impl WithSimd for Run<'_> {
    type Output = Found;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Found {
        found(simd, self.0, self.1)
    }
}

/// A matrix a layer.
type Layers = Vec<Vec<f32>>;

#[inline(always)]
fn found<S: Simd>(simd: S, task: &Task<'_>, factors: Factors) -> Found {
    let widths: Vec<usize> = task.biases.iter().map(|b| b.len()).collect();
    let depth = widths.len();
    let turned = turned(&task.weights, &widths);
    let mut activations = Vec::new();
    let out = forward(simd, task, &task.unimodal, &task.weights, &task.biases, &mut activations);
    let (unimodal, slope) = error(&out, task);

    // The virtual step: -α times the gradient, with what its own derivative needs.
    let mut deltas: Layers = vec![Vec::new(); depth];
    let mut before: Layers = vec![Vec::new(); depth];
    deltas[depth - 1] = scaled(&slope, -factors.step);
    let mut moved: Vec<Vec<f32>> = task.weights.iter().map(|w| w.to_vec()).collect();
    let mut moved_biases: Vec<Vec<f32>> = task.biases.iter().map(|b| b.to_vec()).collect();
    for l in (0..depth).rev() {
        add_transposed_product(simd, &activations[l], &deltas[l], &mut moved[l], widths[l]);
        add_rows(&deltas[l], &mut moved_biases[l]);
        if l > 0 {
            before[l] = vec![0.0; activations[l].len()];
            add_product(simd, &deltas[l], &turned[l], &mut before[l], widths[l - 1]);
            deltas[l - 1] = through_tanh(&before[l], &activations[l]);
        }
    }

    // The loss with the moved weights, and its gradient in them.
    let moved_weights: Vec<&[f32]> = moved.iter().map(Vec::as_slice).collect();
    let biases: Vec<&[f32]> = moved_biases.iter().map(Vec::as_slice).collect();
    let mut projected = Vec::new();
    let out = forward(simd, task, &task.multimodal, &moved_weights, &biases, &mut projected);
    let (multimodal, outer) = error(&out, task);
    let mut weights: Layers = task.weights.iter().map(|w| vec![0.0; w.len()]).collect();
    let mut biases: Layers = task.biases.iter().map(|b| vec![0.0; b.len()]).collect();
    let moved_turned = self::turned(&moved_weights, &widths);
    let outer = scaled(&outer, factors.multimodal);
    let none: Layers = projected.iter().map(|a| vec![0.0; a.len()]).collect();
    backward(simd, outer, &projected, none, &moved_turned, &mut weights, &mut biases);

    // What that says of the step, and so of the activations and weights that the step was made of.
    let mut wanted: Layers = activations.iter().map(|a| vec![0.0; a.len()]).collect();
    if factors.second_order {
        let mut earlier: Vec<f32> = Vec::new();
        for l in 0..depth {
            let mut own = vec![0.0; deltas[l].len()];
            if l + 1 < depth {
                add_product(simd, &activations[l], &weights[l], &mut own, widths[l]);
                add_to_rows(&biases[l], &mut own);
            }
            if l > 0 {
                let gradient = transposed(&weights[l], widths[l]);
                add_product(simd, &deltas[l], &gradient, &mut wanted[l], widths[l - 1]);
                let through = through_tanh(&earlier, &activations[l]);
                if l + 1 < depth {
                    add_product(simd, &through, task.weights[l], &mut own, widths[l]);
                }
                add_transposed_product(simd, &through, &deltas[l], &mut weights[l], widths[l]);
                let (wanted, before, y) = (&mut wanted[l], &before[l], &activations[l]);
                for i in 0..wanted.len().min(earlier.len()).min(before.len()).min(y.len()) {
                    wanted[i] -= 2.0 * earlier[i] * before[i] * y[i];
                }
            }
            earlier = own;
        }
    }

    // The loss on single modalities itself, and back through its activations.
    backward(simd, scaled(&slope, factors.unimodal), &activations, wanted, &turned, &mut weights, &mut biases);
    Found { unimodal, multimodal, weights, biases }
}

/// The transposes of the layers' weights, those of the first aside: nothing is wanted of inputs.
#[inline(always)]
fn turned(weights: &[&[f32]], widths: &[usize]) -> Layers {
    let turn = |(l, weight): (usize, &&[f32])| if l == 0 { Vec::new() } else { transposed(weight, widths[l]) };
    weights.iter().enumerate().map(turn).collect()
}

/// g in units of H, (rows), and what each layer was given, (rows, in).
#[inline(always)]
fn forward<S: Simd>(
    simd: S,
    task: &Task<'_>,
    input: &[f32],
    weights: &[&[f32]],
    biases: &[&[f32]],
    activations: &mut Layers,
) -> Vec<f32> {
    let mut x = input.to_vec();
    for (l, (weight, bias)) in weights.iter().zip(biases).enumerate() {
        let rows = x.len() * bias.len() / weight.len();
        let mut out = vec![0.0; rows * bias.len()];
        add_to_rows(bias, &mut out);
        add_product(simd, &x, weight, &mut out, bias.len());
        if l + 1 < weights.len() {
            for y in &mut out {
                *y = tanh(*y);
            }
        }
        activations.push(std::mem::replace(&mut x, out));
    }
    if task.residual {
        // The label is the last of a row.
        for (y, row) in x.iter_mut().zip(input.chunks_exact(input.len() / task.target.len())) {
            *y += row.last().copied().unwrap_or_default();
        }
    }
    x
}

/// mean|H·out - y| and its derivative with respect to `out`; at 0 that is 0.
#[inline(always)]
fn error(out: &[f32], task: &Task<'_>) -> (f32, Vec<f32>) {
    let rows = out.len() as f32;
    let mut sum = 0.0;
    let mut slope = out.to_vec();
    for i in 0..slope.len().min(task.target.len()).min(task.counts.len()) {
        let error = out[i] * task.label_range - task.target[i];
        sum += task.counts[i] * error.abs();
        // NaN stays NaN.
        let sign = if error == 0.0 { 0.0 } else { error.signum() };
        slope[i] = sign * task.label_range / rows * task.counts[i];
    }
    (sum / rows, slope)
}

/// Adds the gradient in weights and biases, given that with respect to the output, and what else is wanted of each layer's
/// input.
#[inline(always)]
fn backward<S: Simd>(
    simd: S,
    output: Vec<f32>,
    activations: &Layers,
    mut wanted: Layers,
    turned: &Layers,
    weights: &mut Layers,
    biases: &mut Layers,
) {
    let mut delta = output;
    for l in (0..activations.len()).rev() {
        let width = biases[l].len();
        add_transposed_product(simd, &activations[l], &delta, &mut weights[l], width);
        add_rows(&delta, &mut biases[l]);
        if l > 0 {
            add_product(simd, &delta, &turned[l], &mut wanted[l], biases[l - 1].len());
            delta = through_tanh(&wanted[l], &activations[l]);
        }
    }
}

/// delta · (1 - y²)
#[inline(always)]
fn through_tanh(delta: &[f32], y: &[f32]) -> Vec<f32> {
    let mut out = delta.to_vec();
    for i in 0..out.len().min(y.len()) {
        out[i] *= 1.0 - y[i] * y[i];
    }
    out
}

#[inline(always)]
fn scaled(values: &[f32], factor: f32) -> Vec<f32> {
    let mut out = values.to_vec();
    for value in &mut out {
        *value *= factor;
    }
    out
}
