//! The difference of pairs: two settings with the same seeds.

use serde::Serialize;

use super::sample::{Sample, sample};
use super::student::{critical, two_sided};

/// Fewer pairs than this are no ground for a claim.
pub const LEAST_PAIRS: usize = 3;

/// What the differences of pairs say by Student's t.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Paired {
    #[serde(flatten)]
    pub sample: Sample,
    /// 95 % interval of the mean difference; `None` for fewer than two pairs.
    pub interval: Option<(f64, f64)>,
    /// Probability of a mean difference at least as large where there is none; `None` for fewer than two pairs.
    pub p: Option<f64>,
}

/// The differences `a - b` of pairs; `None` for no pair.
pub fn paired(pairs: &[(f64, f64)]) -> Option<Paired> {
    let differences: Vec<f64> = pairs.iter().map(|(a, b)| a - b).collect();
    let sample = sample(&differences)?;
    let freedom = sample.n as f64 - 1.0;
    let error = sample.deviation.map(|d| d / (sample.n as f64).sqrt());
    let interval = error.zip(critical(freedom)).map(|(e, t)| (sample.mean - t * e, sample.mean + t * e));
    let p = error.and_then(|error| match (error == 0.0, sample.mean == 0.0) {
        (false, _) => two_sided(sample.mean / error, freedom),
        // The same in every pair.
        (true, none) => Some(if none { 1.0 } else { 0.0 }),
    });
    Some(Paired { sample, interval, p })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.ttest_rel(a, b)` with its `confidence_interval(.95)`, see `tests/fixtures/statistics.py`.
    #[test]
    fn the_same_as_scipy() {
        let a = [0.412, 0.398, 0.431, 0.405, 0.42];
        let b = [0.401, 0.402, 0.411, 0.399, 0.397];
        let found = paired(&a.into_iter().zip(b).collect::<Vec<_>>()).unwrap();
        let near = |x: f64, y: f64| assert!((x - y).abs() < 1e-9, "{x} {y}");
        near(found.sample.mean, 0.0112);
        near(found.p.unwrap(), 0.0830599807043088);
        near(found.interval.unwrap().0, -0.0023278708525206245);
        near(found.interval.unwrap().1, 0.024727870852520602);
    }

    #[test]
    fn too_few_and_all_the_same() {
        assert_eq!(paired(&[]), None);
        let one = paired(&[(2.0, 1.0)]).unwrap();
        assert_eq!((one.interval, one.p), (None, None));
        assert_eq!(paired(&[(2.0, 1.0), (3.0, 2.0)]).unwrap().p, Some(0.0));
        assert_eq!(paired(&[(1.0, 1.0), (2.0, 2.0)]).unwrap().p, Some(1.0));
    }
}
