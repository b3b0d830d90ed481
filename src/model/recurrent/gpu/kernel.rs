//! The recurrence as two kernels, forward and back through time, one launch each.
//!
//! A cube runs a few sequences from their first step to their last, one to a *lane*: a state of the cube is a vector with
//! a number for each of them, so that a weight is read once for all. States stay in shared memory, the weights in the
//! device's caches. A unit computes one column of the gates, and then one hidden unit; it takes several turns where there
//! are more columns than units.

// The kernel language names its own crate.
use burn_cubecl::cubecl;
use cubecl::prelude::*;

/// Numbers a sequence has in the table of lanes: its row in the batch, the row of its first step, its length.
pub const FIELDS: usize = 3;

/// Terms of a product that are written out one after another: a loop's counter costs as much as a term, and all of them
/// written out would make a long program of a large layer.
const UNROLLED: usize = 16;

/// One field of the table of lanes, (groups x N, [`FIELDS`]), for the lanes of a group.
#[cube]
fn field<N: Size>(lanes: &[u32], group: usize, #[comptime] field: usize) -> Vector<u32, N> {
    let mut values = Vector::<u32, N>::empty();
    #[unroll]
    for lane in 0..N::value() {
        values.insert(lane, lanes[(group * N::value() + lane) * FIELDS + field]);
    }
    values
}

/// The sum over k < `count` of `states[first + k]` times the weight in row `first + k`, `column`; rows are `width` long.
#[cube]
fn product<N: Size>(
    states: &Shared<[Vector<f32, N>]>,
    weights: &[f32],
    first: usize,
    column: usize,
    #[comptime] width: usize,
    #[comptime] count: usize,
) -> Vector<f32, N> {
    let mut sum = Vector::<f32, N>::new(0.0);
    let blocks = comptime!(count / UNROLLED);
    for block in 0..blocks {
        #[unroll]
        for k in 0..UNROLLED {
            let row = first + block * UNROLLED + k;
            sum += states[row] * Vector::new(weights[row * width + column]);
        }
    }
    #[unroll]
    for k in comptime!(blocks * UNROLLED)..count {
        let row = first + k;
        sum += states[row] * Vector::new(weights[row * width + column]);
    }
    sum
}

#[cube]
fn sigmoid<N: Size>(x: Vector<f32, N>) -> Vector<f32, N> {
    Vector::new(1.0) / (Vector::new(1.0) + (-x).exp())
}

/// The recurrence over all steps. A sequence's steps are rows that follow each other.
///
/// - `projected`: x·W + b of every valid step, (rows, 4H); `w_hidden`: (H, 4H); `lanes`: see [`field`], sorted by
///   falling length;
/// - `last`: the last hidden state of each sequence, (B, H), zeros for an empty one;
/// - `trace`: after each step the activated gates and the cell state, (rows, 5H);
/// - `before`: the hidden state before each step, (rows, H).
#[cube(launch)]
#[allow(clippy::too_many_arguments, reason = "a kernel's buffers")]
pub fn recurrence_forward<N: Size>(
    projected: &[f32],
    w_hidden: &[f32],
    lanes: &[u32],
    last: &mut [f32],
    trace: &mut [f32],
    before: &mut [f32],
    #[comptime] size: usize,
    #[comptime] units: usize,
) {
    let width = comptime!(4 * size);
    let kept = comptime!(5 * size);
    let mut hidden = Shared::<[Vector<f32, N>]>::new_slice(size);
    let mut cell = Shared::<[Vector<f32, N>]>::new_slice(size);
    let mut gates = Shared::<[Vector<f32, N>]>::new_slice(width);

    let group = CUBE_POS;
    let row = field::<N>(lanes, group, 0usize);
    let start = field::<N>(lanes, group, 1usize);
    let length = field::<N>(lanes, group, 2usize);
    let batch = last.len() / size;

    for turn in 0..comptime!(size.div_ceil(units)) {
        let unit = UNIT_POS as usize + turn * units;
        if unit < size {
            hidden[unit] = Vector::new(0.0);
            cell[unit] = Vector::new(0.0);
            #[unroll]
            for lane in 0..N::value() {
                // The last group may have lanes without a sequence.
                let row = row.extract(lane) as usize;
                if length.extract(lane) == 0 && row < batch {
                    last[row * size + unit] = 0.0;
                }
            }
        }
    }
    sync_cube();

    // Lanes are sorted, so the first has the longest sequence. What the others compute after their end is thrown away.
    for t in 0..length.extract(0usize) {
        for turn in 0..comptime!(width.div_ceil(units)) {
            let column = UNIT_POS as usize + turn * units;
            if column < width {
                let mut sum = product::<N>(&hidden, w_hidden, 0usize, column, width, size);
                #[unroll]
                for lane in 0..N::value() {
                    if t < length.extract(lane) {
                        let at = (start.extract(lane) + t) as usize;
                        sum.insert(lane, sum.extract(lane) + projected[at * width + column]);
                    }
                }
                // Input, forget, candidate, output.
                let gate = if column / size == 2 { sum.tanh() } else { sigmoid::<N>(sum) };
                gates[column] = gate;
                #[unroll]
                for lane in 0..N::value() {
                    if t < length.extract(lane) {
                        let at = (start.extract(lane) + t) as usize;
                        trace[at * kept + column] = gate.extract(lane);
                    }
                }
            }
        }
        sync_cube();
        for turn in 0..comptime!(size.div_ceil(units)) {
            let unit = UNIT_POS as usize + turn * units;
            if unit < size {
                let old = hidden[unit];
                let new_cell = gates[size + unit] * cell[unit] + gates[unit] * gates[2 * size + unit];
                let new = gates[3 * size + unit] * new_cell.tanh();
                cell[unit] = new_cell;
                hidden[unit] = new;
                #[unroll]
                for lane in 0..N::value() {
                    let length = length.extract(lane);
                    if t < length {
                        let at = (start.extract(lane) + t) as usize;
                        trace[at * kept + width + unit] = new_cell.extract(lane);
                        before[at * size + unit] = old.extract(lane);
                        if t + 1 == length {
                            last[row.extract(lane) as usize * size + unit] = new.extract(lane);
                        }
                    }
                }
            }
        }
        sync_cube();
    }
}

/// Back through time: from `d_last`, the gradient of the last hidden states, (B, H), to `d_gates`, that of the gates
/// before activation, (rows, 4H).
///
/// `trace` is the forward kernel's, `w_hidden_t` is (4H, H).
#[cube(launch)]
pub fn recurrence_backward<N: Size>(
    d_last: &[f32],
    trace: &[f32],
    w_hidden_t: &[f32],
    lanes: &[u32],
    d_gates: &mut [f32],
    #[comptime] size: usize,
    #[comptime] units: usize,
) {
    let width = comptime!(4 * size);
    let kept = comptime!(5 * size);
    // Of one step: the gates' gradients; what each of the four gates contributes to the gradient of the hidden state
    // before the step (added up where they are used, so that four times as many units have work in the product).
    let mut gates = Shared::<[Vector<f32, N>]>::new_slice(width);
    let mut parts = Shared::<[Vector<f32, N>]>::new_slice(width);
    let mut d_cell = Shared::<[Vector<f32, N>]>::new_slice(size);

    let group = CUBE_POS;
    let row = field::<N>(lanes, group, 0usize);
    let start = field::<N>(lanes, group, 1usize);
    let length = field::<N>(lanes, group, 2usize);

    for turn in 0..comptime!(size.div_ceil(units)) {
        let unit = UNIT_POS as usize + turn * units;
        if unit < size {
            d_cell[unit] = Vector::new(0.0);
            #[unroll]
            for gate in 0..4usize {
                parts[gate * size + unit] = Vector::new(0.0);
            }
        }
    }
    sync_cube();

    let steps = length.extract(0usize);
    for done in 0..steps {
        let t = steps - 1 - done;
        for turn in 0..comptime!(size.div_ceil(units)) {
            let unit = UNIT_POS as usize + turn * units;
            if unit < size {
                // A lane whose sequence has not begun (it ends before this step) reads zeros and so passes zeros on.
                let mut input = Vector::<f32, N>::new(0.0);
                let mut forget = Vector::<f32, N>::new(0.0);
                let mut candidate = Vector::<f32, N>::new(0.0);
                let mut output = Vector::<f32, N>::new(0.0);
                let mut cell = Vector::<f32, N>::new(0.0);
                let mut cell_before = Vector::<f32, N>::new(0.0);
                let mut d_hidden = parts[unit] + parts[size + unit] + parts[2 * size + unit] + parts[3 * size + unit];
                #[unroll]
                for lane in 0..N::value() {
                    let length = length.extract(lane);
                    if t < length {
                        let at = (start.extract(lane) + t) as usize * kept + unit;
                        input.insert(lane, trace[at]);
                        forget.insert(lane, trace[at + size]);
                        candidate.insert(lane, trace[at + 2 * size]);
                        output.insert(lane, trace[at + 3 * size]);
                        cell.insert(lane, trace[at + width]);
                        if t > 0 {
                            cell_before.insert(lane, trace[at + width - kept]);
                        }
                        if t + 1 == length {
                            d_hidden.insert(lane, d_last[row.extract(lane) as usize * size + unit]);
                        }
                    }
                }
                let one = Vector::<f32, N>::new(1.0);
                let tanh = cell.tanh();
                let d = d_cell[unit] + d_hidden * output * (one - tanh * tanh);
                let d_input = d * candidate * input * (one - input);
                let d_forget = d * cell_before * forget * (one - forget);
                let d_candidate = d * input * (one - candidate * candidate);
                let d_output = d_hidden * tanh * output * (one - output);
                d_cell[unit] = d * forget;
                gates[unit] = d_input;
                gates[size + unit] = d_forget;
                gates[2 * size + unit] = d_candidate;
                gates[3 * size + unit] = d_output;
                #[unroll]
                for lane in 0..N::value() {
                    if t < length.extract(lane) {
                        let at = (start.extract(lane) + t) as usize * width + unit;
                        d_gates[at] = d_input.extract(lane);
                        d_gates[at + size] = d_forget.extract(lane);
                        d_gates[at + 2 * size] = d_candidate.extract(lane);
                        d_gates[at + 3 * size] = d_output.extract(lane);
                    }
                }
            }
        }
        sync_cube();
        for turn in 0..comptime!(width.div_ceil(units)) {
            let column = UNIT_POS as usize + turn * units;
            if column < width {
                let gate = column / size;
                parts[column] = product::<N>(&gates, w_hidden_t, gate * size, column - gate * size, size, size);
            }
        }
        sync_cube();
    }
}
