//! Column statistics of the training split and what is made of them: mean 0, standard deviation 1.

/// Values beyond this count as infinite: they have no f32 form, and their squares would overflow.
const LARGEST: f64 = f32::MAX as f64;
/// A standard deviation below this share of the largest value is rounding, not signal.
const NOISE: f64 = 1e-10;

/// True for a value that can be used.
#[inline]
pub fn usable(value: f64) -> bool {
    // NaN compares false.
    value.abs() <= LARGEST
}

/// Count, mean, sum of squared deviations and extremes of each column (Welford; parts are merged by Chan's formula).
#[derive(Clone, Debug)]
pub struct Moments {
    count: Vec<f64>,
    mean: Vec<f64>,
    squares: Vec<f64>,
    min: Vec<f64>,
    max: Vec<f64>,
}

impl Moments {
    /// No value seen in `dim` columns.
    pub fn new(dim: usize) -> Self {
        Moments {
            count: vec![0.0; dim],
            mean: vec![0.0; dim],
            squares: vec![0.0; dim],
            min: vec![f64::INFINITY; dim],
            max: vec![f64::NEG_INFINITY; dim],
        }
    }

    /// Adds one step: one value for each column; unusable values are left out.
    pub fn add(&mut self, step: &[f64]) {
        let columns = self.count.iter_mut().zip(&mut self.mean).zip(&mut self.squares);
        let columns = columns.zip(&mut self.min).zip(&mut self.max);
        for (&x, ((((count, mean), squares), min), max)) in step.iter().zip(columns) {
            // Written without branches, so that it is compiled to vector instructions.
            let ok = usable(x);
            let x = if ok { x } else { *mean };
            *count += if ok { 1.0 } else { 0.0 };
            let delta = x - *mean;
            *mean += delta / count.max(1.0);
            *squares += delta * (x - *mean);
            *min = if ok && x < *min { x } else { *min };
            *max = if ok && x > *max { x } else { *max };
        }
    }

    /// Adds what another part of the data gave.
    pub fn merge(&mut self, other: &Moments) {
        for c in 0..self.count.len().min(other.count.len()) {
            let (a, b) = (self.count[c], other.count[c]);
            if b == 0.0 {
                continue;
            }
            let delta = other.mean[c] - self.mean[c];
            self.mean[c] += delta * (b / (a + b));
            self.squares[c] += other.squares[c] + delta * delta * (a * b / (a + b));
            self.count[c] = a + b;
            self.min[c] = self.min[c].min(other.min[c]);
            self.max[c] = self.max[c].max(other.max[c]);
        }
    }

    /// Mean of a column; 0 where nothing was seen.
    pub fn mean(&self, column: usize) -> f64 {
        self.mean[column]
    }

    /// Population standard deviation of a column; 0 for a constant one.
    pub fn deviation(&self, column: usize) -> f64 {
        let (count, min, max) = (self.count[column], self.min[column], self.max[column]);
        if count == 0.0 || min == max {
            return 0.0;
        }
        let deviation = (self.squares[column] / count).sqrt();
        let largest = min.abs().max(max.abs());
        if deviation.is_finite() && deviation > NOISE * largest { deviation } else { 0.0 }
    }

    /// Number of columns whose values are all the same, and of all columns; 0 of them before the second value.
    pub fn constant_columns(&self) -> (usize, usize) {
        let dim = self.count.len();
        ((0..dim).filter(|&c| self.count[c] > 1.0 && self.deviation(c) == 0.0).count(), dim)
    }
}

/// What turns the values of a file into a model's input.
#[derive(Clone, Debug)]
pub struct Normaliser {
    mean: Vec<f64>,
    /// 1 / standard deviation; 0 for constant columns, so that they become 0.
    scale: Vec<f64>,
    /// Bound of the results.
    clip: f64,
    /// False: values pass as they are, and only unusable ones are replaced.
    active: bool,
}

impl Normaliser {
    /// From the statistics of the training split. `clip` 0 sets no bound but f32's own.
    pub fn new(moments: &Moments, active: bool, clip: f32) -> Self {
        let dim = moments.count.len();
        let scale = |c| {
            let inverse = 1.0 / moments.deviation(c);
            if inverse.is_finite() { inverse } else { 0.0 }
        };
        Normaliser {
            mean: (0..dim).map(|c| moments.mean(c)).collect(),
            scale: (0..dim).map(scale).collect(),
            clip: if active && clip > 0.0 { f64::from(clip) } else { LARGEST },
            active,
        }
    }

    /// Converts whole steps.
    pub fn apply(&self, values: &[f64], out: &mut [f32]) {
        let dim = self.mean.len().max(1);
        for (from, to) in values.chunks_exact(dim).zip(out.chunks_exact_mut(dim)) {
            for (((&x, to), &mean), &scale) in from.iter().zip(to).zip(&self.mean).zip(&self.scale) {
                let x = if usable(x) { x } else { mean };
                let y = if self.active { (x - mean) * scale } else { x };
                *to = y.clamp(-self.clip, self.clip) as f32;
            }
        }
    }

    /// As [`apply`](Self::apply), in place.
    pub fn apply_in_place(&self, values: &mut [f32]) {
        let dim = self.mean.len().max(1);
        for step in values.chunks_exact_mut(dim) {
            for ((value, &mean), &scale) in step.iter_mut().zip(&self.mean).zip(&self.scale) {
                let x = if usable(f64::from(*value)) { f64::from(*value) } else { mean };
                let y = if self.active { (x - mean) * scale } else { x };
                *value = y.clamp(-self.clip, self.clip) as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(steps: &[[f64; 2]]) -> Moments {
        let mut m = Moments::new(2);
        steps.iter().for_each(|s| m.add(s));
        m
    }

    #[test]
    fn statistics_by_hand() {
        let m = moments(&[[1.0, 7.0], [2.0, 7.0], [6.0, 7.0]]);
        assert_eq!((m.mean(0), m.mean(1)), (3.0, 7.0));
        assert!((m.deviation(0) - (14.0f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(m.deviation(1), 0.0);
        assert_eq!(m.constant_columns(), (1, 2));
    }

    #[test]
    fn a_large_mean_does_not_eat_the_deviation() {
        let m = moments(&[[1e9, 0.0], [1e9 + 1.0, 1.0]]);
        assert!((m.deviation(0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn merging_parts_gives_the_whole() {
        let steps: Vec<[f64; 2]> =
            (0..50).map(|i| [f64::from(i * i % 17), if i == 9 { f64::NAN } else { 100.0 - f64::from(i) }]).collect();
        let whole = moments(&steps);
        let mut parts = moments(&steps[..13]);
        parts.merge(&moments(&[]));
        parts.merge(&moments(&steps[13..]));
        for c in 0..2 {
            assert!((whole.mean(c) - parts.mean(c)).abs() < 1e-12);
            assert!((whole.deviation(c) - parts.deviation(c)).abs() < 1e-12);
        }
        assert_eq!(parts.count, [50.0, 49.0]);
    }

    #[test]
    fn unusable_values_become_the_mean_and_constants_survive() {
        let m = moments(&[[1.0, 5.0], [3.0, 5.0], [f64::NAN, f64::NEG_INFINITY], [1e300, 5.0]]);
        let n = Normaliser::new(&m, true, 5.0);
        let mut out = [9.0; 8];
        n.apply(&[3.0, 5.0, f64::NAN, f64::INFINITY, -1e300, 80.0, 1e30, 5.0], &mut out);
        assert_eq!(out, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 0.0]);
        let raw = Normaliser::new(&m, false, 5.0);
        let mut out = [9.0; 4];
        raw.apply(&[30.0, 5.0, f64::NAN, f64::NAN], &mut out);
        assert_eq!(out, [30.0, 5.0, 2.0, 5.0]);
    }

    #[test]
    fn results_stay_finite_without_a_clip() {
        let m = moments(&[[0.0, 0.0], [1e-30, 1.0]]);
        let n = Normaliser::new(&m, true, 0.0);
        let mut out = [0.0; 2];
        n.apply(&[3e38, 3e38], &mut out);
        assert!(out.iter().all(|v| v.is_finite()), "{out:?}");
        let mut place = [3e38, f32::NAN];
        n.apply_in_place(&mut place);
        assert!(place.iter().all(|v| v.is_finite()), "{place:?}");
    }

    #[test]
    fn a_column_never_seen_gives_zeros() {
        let n = Normaliser::new(&Moments::new(1), true, 5.0);
        let mut out = [1.0; 2];
        n.apply(&[4.0, f64::NAN], &mut out);
        assert_eq!(out, [0.0, 0.0]);
    }
}
