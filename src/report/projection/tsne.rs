//! t-SNE (van der Maaten and Hinton 2008), exact: neighbours stay neighbours, far distances mean little.
//!
//! Own code because it has to be cancelled and watched from inside: the implementation at hand (`bhtsne`) runs all its
//! rounds in one call. Constants and order of operations are scikit-learn's (`method="exact"`, `init="pca"`,
//! `learning_rate="auto"`), so that pictures compare. Nothing is random: it starts from principal components, and sums are
//! taken in a fixed order however many threads there are.
//!
//! Threads: whatever rayon pool the caller runs it in.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::error::ProjectionError;
use super::progress::Progress;

/// Fewer points have no neighbourhoods.
pub const LEAST_POINTS: usize = 8;

/// Rounds between two measurements of the divergence.
const MEASURED: u32 = 50;
/// Points that are summed side by side; the compiler makes vectors of them.
const LANES: usize = 8;
/// Rows that one task takes, so that handing out tasks costs nothing.
const ROWS: usize = 32;
/// Below this a probability counts as this much (scikit-learn's MACHINE_EPSILON).
const EPSILON: f64 = f64::EPSILON;

/// How it is done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// About how many neighbours count; at most a third of the points.
    pub perplexity: f64,
    pub rounds: u32,
    /// Factor on the attraction in the first rounds, which brings clusters together early.
    pub exaggeration: f32,
    pub exaggerated_rounds: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { perplexity: 30.0, rounds: 1000, exaggeration: 12.0, exaggerated_rounds: 250 }
    }
}

/// The result.
#[derive(Clone, Debug)]
pub struct Tsne {
    pub places: Vec<[f32; 2]>,
    /// Kullback-Leibler divergence that is left, in nats.
    pub divergence: f64,
    /// The perplexity that was used.
    pub perplexity: f64,
}

/// Lays out points, (n, dim), all finite, n at least [`LEAST_POINTS`]. `start`: a first picture, one place a point; only
/// its shape counts, not its size. `tell` hears of every round.
///
/// # Errors
/// Cancelled, or too few points.
pub fn embed(
    values: &[f32],
    dim: usize,
    start: &[[f32; 2]],
    options: &Options,
    cancel: &AtomicBool,
    mut tell: impl FnMut(Progress),
) -> Result<Tsne, ProjectionError> {
    let n = start.len();
    if n < LEAST_POINTS || values.len() != n * dim {
        let found = values.len().checked_div(dim).unwrap_or(0).min(n);
        return Err(ProjectionError::TooFew { least: LEAST_POINTS, found, left_out: 0 });
    }
    tell(Progress { done: 0, of: options.rounds, divergence: None });
    let perplexity = options.perplexity.min((n - 1) as f64 / 3.0);
    // Only ratios of distances count; at this size their squares cannot overflow.
    let greatest = values.iter().fold(0.0f32, |g, v| g.max(v.abs())).max(f32::MIN_POSITIVE);
    let values: Vec<f32> = values.iter().map(|v| v / greatest).collect();
    let wanted = affinities(&values, dim, n, perplexity, cancel)?;
    let mut layout = Layout::new(start, n as f32 / options.exaggeration / 4.0);
    let mut divergence = None;
    for round in 0..options.rounds {
        if cancel.load(Ordering::Relaxed) {
            return Err(ProjectionError::Cancelled);
        }
        let early = round < options.exaggerated_rounds;
        let (exaggeration, momentum) = if early { (options.exaggeration, 0.5) } else { (1.0, 0.8) };
        layout.step(&wanted, exaggeration, momentum);
        if (round + 1) % MEASURED == 0 {
            divergence = Some(layout.divergence(&wanted));
        }
        tell(Progress { done: round + 1, of: options.rounds, divergence });
    }
    let divergence = layout.divergence(&wanted);
    Ok(Tsne { places: layout.x.into_iter().zip(layout.y).map(|(x, y)| [x, y]).collect(), divergence, perplexity })
}

/// Sum over lanes, always in the same order.
fn total(lanes: [f32; LANES]) -> f32 {
    lanes.iter().sum()
}

/// Squared distance of two points.
fn apart(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| (a - b).powi(2)).sum();
    for (a, b) in a.zip(b) {
        for k in 0..LANES {
            let d = a[k] - b[k];
            lanes[k] += d * d;
        }
    }
    total(lanes) + rest
}

/// p, (n, n): how near points are to one another, symmetric, its sum 1.
fn affinities(
    values: &[f32],
    dim: usize,
    n: usize,
    perplexity: f64,
    cancel: &AtomicBool,
) -> Result<Vec<f32>, ProjectionError> {
    let mut p = vec![0.0f32; n * n];
    p.par_chunks_exact_mut(n).with_min_len(ROWS).enumerate().for_each(|(i, row)| {
        if !cancel.load(Ordering::Relaxed) {
            let own = &values[i * dim..(i + 1) * dim];
            for (place, other) in row.iter_mut().zip(values.chunks_exact(dim)) {
                *place = apart(own, other);
            }
            neighbours(row, i, perplexity);
        }
    });
    if cancel.load(Ordering::Relaxed) {
        return Err(ProjectionError::Cancelled);
    }
    let sum: f64 = p.par_chunks_exact(n).map(|row| row.iter().map(|v| f64::from(*v)).sum::<f64>()).sum();
    let factor = 1.0 / (2.0 * sum).max(EPSILON);
    for i in 0..n {
        for j in 0..i {
            let both = (f64::from(p[i * n + j]) + f64::from(p[j * n + i])) * factor;
            let both = both.max(EPSILON) as f32;
            (p[i * n + j], p[j * n + i]) = (both, both);
        }
    }
    Ok(p)
}

/// Turns the squared distances of point `own` into the probabilities of its neighbours, of the wanted perplexity.
fn neighbours(row: &mut [f32], own: usize, perplexity: f64) {
    let others = |row: &[f32]| row.iter().enumerate().filter(|(j, _)| *j != own).map(|(_, d)| *d).collect::<Vec<f32>>();
    let distances = others(row);
    // Taking the least distance off changes no probability and keeps the nearest one's from vanishing.
    let least = distances.iter().copied().fold(f32::INFINITY, f32::min);
    let (mut low, mut high) = (0.0f64, f64::INFINITY);
    let mean: f64 = distances.iter().map(|d| f64::from(*d - least)).sum::<f64>() / distances.len() as f64;
    let mut beta = if mean > 0.0 { 1.0 / mean } else { 1.0 };
    let wanted = perplexity.ln();
    for _ in 0..100 {
        let (mut sum, mut weighted) = (0.0f64, 0.0f64);
        for d in &distances {
            let d = d - least;
            let p = f64::from((-d * narrow(beta)).exp());
            sum += p;
            weighted += p * f64::from(d);
        }
        let excess = sum.ln() + beta * weighted / sum - wanted;
        if excess.abs() < 1e-5 || !beta.is_finite() {
            break;
        }
        if excess > 0.0 {
            low = beta;
            beta = if high.is_finite() { (beta + high) / 2.0 } else { beta * 2.0 };
        } else {
            high = beta;
            beta = (beta + low) / 2.0;
        }
    }
    let beta = narrow(beta);
    let mut sum = 0.0f64;
    for (j, place) in row.iter_mut().enumerate() {
        *place = if j == own { 0.0 } else { (-(*place - least) * beta).exp() };
        sum += f64::from(*place);
    }
    row.iter_mut().for_each(|p| *p = (f64::from(*p) / sum.max(EPSILON)) as f32);
}

/// Finite, so that 0 times it is 0.
fn narrow(beta: f64) -> f32 {
    beta.min(f64::from(f32::MAX)) as f32
}

/// What acts on one point.
#[derive(Clone, Copy, Default)]
struct Force {
    /// Σ p w (y_i - y_j).
    attraction: [f32; 2],
    /// Σ w² (y_i - y_j).
    repulsion: [f32; 2],
    /// Σ w over the other points, w = 1 / (1 + |y_i - y_j|²).
    weight: f32,
}

impl Force {
    fn on(row: &[f32], here: [f32; 2], x: &[f32], y: &[f32]) -> Force {
        let (mut ax, mut ay, mut rx, mut ry, mut z) =
            ([0.0; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let (ps, xs, ys) = (row.chunks_exact(LANES), x.chunks_exact(LANES), y.chunks_exact(LANES));
        let rest = ps.remainder().iter().zip(xs.remainder()).zip(ys.remainder());
        let mut one = |k: usize, p: f32, x: f32, y: f32| {
            let (dx, dy) = (here[0] - x, here[1] - y);
            let w = 1.0 / (1.0 + dx * dx + dy * dy);
            let (pull, push) = (p * w, w * w);
            ax[k] += pull * dx;
            ay[k] += pull * dy;
            rx[k] += push * dx;
            ry[k] += push * dy;
            z[k] += w;
        };
        for ((p, x), y) in ps.zip(xs).zip(ys) {
            for k in 0..LANES {
                one(k, p[k], x[k], y[k]);
            }
        }
        for (k, ((p, x), y)) in rest.enumerate() {
            one(k, *p, *x, *y);
        }
        // The point itself was counted: its distances are 0 and its w is 1.
        Force { attraction: [total(ax), total(ay)], repulsion: [total(rx), total(ry)], weight: total(z) - 1.0 }
    }
}

/// The picture while it is being made.
struct Layout {
    x: Vec<f32>,
    y: Vec<f32>,
    moved: Vec<[f32; 2]>,
    gains: Vec<[f32; 2]>,
    rate: f32,
    forces: Vec<Force>,
}

impl Layout {
    fn new(start: &[[f32; 2]], rate: f32) -> Self {
        let n = start.len();
        let finite = |v: f32| if v.is_finite() { f64::from(v) } else { 0.0 };
        // Points begin close together, so that they can pass one another.
        let variance = start.iter().map(|p| finite(p[0]).powi(2)).sum::<f64>() / n as f64;
        let scale = if variance > 0.0 { 1e-4 / variance.sqrt() } else { 0.0 };
        // Points at one place would never part: they are set apart by less than any picture shows.
        let nudge = |i: usize, k: f32| 1e-8 * ((i as f32 + 1.0) * k).sin();
        let x = start.iter().enumerate().map(|(i, p)| (finite(p[0]) * scale) as f32 + nudge(i, 12.989_8)).collect();
        let y = start.iter().enumerate().map(|(i, p)| (finite(p[1]) * scale) as f32 + nudge(i, 78.233)).collect();
        let (moved, gains, forces) = (vec![[0.0; 2]; n], vec![[1.0; 2]; n], vec![Force::default(); n]);
        Self { x, y, moved, gains, rate: rate.max(50.0), forces }
    }

    fn step(&mut self, wanted: &[f32], exaggeration: f32, momentum: f32) {
        let n = self.x.len();
        let (x, y) = (&self.x, &self.y);
        self.forces.par_iter_mut().with_min_len(ROWS).enumerate().for_each(|(i, force)| {
            *force = Force::on(&wanted[i * n..(i + 1) * n], [x[i], y[i]], x, y);
        });
        let z = self.forces.iter().map(|f| f64::from(f.weight)).sum::<f64>().max(EPSILON) as f32;
        for (i, force) in self.forces.iter().enumerate() {
            for (k, place) in [&mut self.x[i], &mut self.y[i]].into_iter().enumerate() {
                let slope = 4.0 * (exaggeration * force.attraction[k] - force.repulsion[k] / z);
                let (moved, gain) = (&mut self.moved[i][k], &mut self.gains[i][k]);
                // Faster where the direction stays, slower where it turns.
                *gain = if *moved * slope < 0.0 { *gain + 0.2 } else { (*gain * 0.8).max(0.01) };
                *moved = momentum * *moved - self.rate * *gain * slope;
                *place += *moved;
            }
        }
    }

    /// Σ p ln(p / q) over all ordered pairs.
    fn divergence(&self, wanted: &[f32]) -> f64 {
        let n = self.x.len();
        let (x, y) = (&self.x, &self.y);
        let weight = |i: usize, j: usize| 1.0 / (1.0 + (x[i] - x[j]).powi(2) + (y[i] - y[j]).powi(2));
        let rows: Vec<(f64, f64, f64)> = (0..n)
            .into_par_iter()
            .with_min_len(ROWS)
            .map(|i| {
                let (mut z, mut sum, mut all) = (0.0f64, 0.0f64, 0.0f64);
                for j in (0..n).filter(|j| *j != i) {
                    let (p, w) = (f64::from(wanted[i * n + j]), weight(i, j));
                    z += f64::from(w);
                    sum += p * f64::from((p as f32 / w.max(f32::MIN_POSITIVE)).ln());
                    all += p;
                }
                (z, sum, all)
            })
            .collect();
        let (z, sum, all) = rows.iter().fold((0.0, 0.0, 0.0), |t, r| (t.0 + r.0, t.1 + r.1, t.2 + r.2));
        sum + all * z.max(EPSILON).ln()
    }
}

#[cfg(test)]
mod tests;
