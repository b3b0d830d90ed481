//! The inner loops of the recurrent encoder on the CPU: written so that the compiler vectorises them, and run through
//! `pulp`, which picks the widest vector instructions of the machine at run time.

/// Width of a tile of the small matrix product, in columns.
const TILE: usize = 32;

/// e^x to within 2 units in the last place over the range that sigmoid and tanh need; NaN stays NaN.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 · 2^23: adding it rounds to a whole number in the low bits.
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let p = 1.987_569_1e-4_f32;
    let p = p.mul_add(r, 1.398_199_9e-3);
    let p = p.mul_add(r, 8.333_452e-3);
    let p = p.mul_add(r, 4.166_579_6e-2);
    let p = p.mul_add(r, 1.666_666_5e-1);
    let p = p.mul_add(r, 0.5);
    let p = p.mul_add(r * r, r) + 1.0;
    let scale = f32::from_bits(shifted.to_bits().wrapping_sub(0x4B40_0000).wrapping_add(127) << 23);
    p * scale
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    2.0f32.mul_add(sigmoid(2.0 * x), -1.0)
}

/// Zero in place of numbers so small that they are slow to compute with; NaN stays NaN.
#[inline(always)]
fn flush(x: f32) -> f32 {
    if x.abs() < 1e-30 { 0.0 } else { x }
}

/// out (R rows from `row`, columns `j..j+TILE`) += a · w.
#[inline(always)]
fn tile<const R: usize>(a: &[f32], w: &[f32], out: &mut [f32], row: usize, inner: usize, width: usize, j: usize) {
    let mut acc = [[0.0f32; TILE]; R];
    let rows: [&[f32]; R] = std::array::from_fn(|r| &a[(row + r) * inner..(row + r + 1) * inner]);
    for k in 0..inner {
        let line = &w[k * width + j..k * width + j + TILE];
        for (sums, row) in acc.iter_mut().zip(rows) {
            let s = row[k];
            for l in 0..TILE {
                sums[l] = s.mul_add(line[l], sums[l]);
            }
        }
    }
    for (r, sums) in acc.into_iter().enumerate() {
        let at = (row + r) * width + j;
        for (o, v) in out[at..at + TILE].iter_mut().zip(sums) {
            *o += v;
        }
    }
}

/// out (rows, width) += a (rows, inner) · w (inner, width), all row-major.
#[inline(always)]
pub fn multiply_add(a: &[f32], w: &[f32], out: &mut [f32], inner: usize, width: usize) {
    let rows = a.len() / inner.max(1);
    let tiled = width - width % TILE;
    let mut row = 0;
    while row < rows {
        let left = rows - row;
        for j in (0..tiled).step_by(TILE) {
            match left {
                1 => tile::<1>(a, w, out, row, inner, width, j),
                2 => tile::<2>(a, w, out, row, inner, width, j),
                3 => tile::<3>(a, w, out, row, inner, width, j),
                _ => tile::<4>(a, w, out, row, inner, width, j),
            }
        }
        let taken = left.min(4);
        for r in row..row + taken {
            for k in 0..inner {
                let s = a[r * inner + k];
                for j in tiled..width {
                    out[r * width + j] = s.mul_add(w[k * width + j], out[r * width + j]);
                }
            }
        }
        row += taken;
    }
}

/// One row of one step forward: turns pre-activations (4H: input, forget, candidate, output) into gates in place and
/// writes the new cell state, its tanh and the new hidden state, each (H).
#[inline(always)]
pub fn gates_forward(
    gates: &mut [f32],
    cell_before: &[f32],
    cell: &mut [f32],
    cell_tanh: &mut [f32],
    hidden: &mut [f32],
) {
    let size = hidden.len();
    let (input, rest) = gates.split_at_mut(size);
    let (forget, rest) = rest.split_at_mut(size);
    let (candidate, output) = rest.split_at_mut(size);
    let (cell_before, output) = (&cell_before[..size], &mut output[..size]);
    let (cell, cell_tanh) = (&mut cell[..size], &mut cell_tanh[..size]);
    for k in 0..size {
        let i = sigmoid(input[k]);
        let f = sigmoid(forget[k]);
        let g = tanh(candidate[k]);
        let o = sigmoid(output[k]);
        let c = f.mul_add(cell_before[k], i * g);
        let t = tanh(c);
        input[k] = i;
        forget[k] = f;
        candidate[k] = g;
        output[k] = o;
        cell[k] = c;
        cell_tanh[k] = t;
        hidden[k] = o * t;
    }
}

/// One row of one step backward: from the gradients of the hidden and the cell state to those of the pre-activations
/// (in place of the gates) and, in `d_cell`, of the cell state before.
#[inline(always)]
pub fn gates_backward(gates: &mut [f32], cell_before: &[f32], cell_tanh: &[f32], d_hidden: &[f32], d_cell: &mut [f32]) {
    let size = d_hidden.len();
    let (input, rest) = gates.split_at_mut(size);
    let (forget, rest) = rest.split_at_mut(size);
    let (candidate, output) = rest.split_at_mut(size);
    let (cell_before, cell_tanh) = (&cell_before[..size], &cell_tanh[..size]);
    let (output, d_cell) = (&mut output[..size], &mut d_cell[..size]);
    for k in 0..size {
        let (i, f, g, o, t) = (input[k], forget[k], candidate[k], output[k], cell_tanh[k]);
        let dh = d_hidden[k];
        let dc = (dh * o).mul_add(1.0 - t * t, d_cell[k]);
        input[k] = flush(dc * g * i * (1.0 - i));
        forget[k] = flush(dc * cell_before[k] * f * (1.0 - f));
        candidate[k] = flush(dc * i * (1.0 - g * g));
        output[k] = flush(dh * t * o * (1.0 - o));
        d_cell[k] = flush(dc * f);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_agree_with_the_standard_library() {
        for n in -4000..=4000 {
            let x = n as f32 * 0.01;
            let s = (1.0 / (1.0 + (-f64::from(x)).exp())) as f32;
            assert!((sigmoid(x) - s).abs() < 2e-7, "sigmoid({x})");
            assert!((tanh(x) - x.tanh()).abs() < 4e-7, "tanh({x})");
        }
        assert!(sigmoid(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
        assert!((sigmoid(f32::INFINITY) - 1.0).abs() < 1e-6 && sigmoid(f32::NEG_INFINITY) < 1e-30);
    }

    #[test]
    fn product_agrees_with_the_plain_loop_at_every_remainder() {
        for (rows, inner, width) in [(1, 1, 1), (3, 5, 31), (4, 7, 32), (9, 16, 70), (6, 3, 96)] {
            let a: Vec<f32> = (0..rows * inner).map(|v| (v as f32 * 0.37).sin()).collect();
            let w: Vec<f32> = (0..inner * width).map(|v| (v as f32 * 0.11).cos()).collect();
            let mut out = vec![0.5f32; rows * width];
            multiply_add(&a, &w, &mut out, inner, width);
            for r in 0..rows {
                for j in 0..width {
                    let plain: f32 = (0..inner).map(|k| a[r * inner + k] * w[k * width + j]).sum();
                    assert!((out[r * width + j] - plain - 0.5).abs() < 1e-4, "{rows} {inner} {width} at {r} {j}");
                }
            }
        }
    }
}
