//! A sample's mean and spread.

use super::student::critical;

/// Mean and spread of some values.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Sample {
    pub n: usize,
    pub mean: f64,
    /// Standard deviation, divided by n - 1; `None` for one value.
    pub deviation: Option<f64>,
}

/// `None` for no values.
pub fn sample(values: &[f64]) -> Option<Sample> {
    let n = values.len();
    if n == 0 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    Some(Sample { n, mean, deviation: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()) })
}

/// The mean of some values with its 95 % interval by Student's t, which one value has none of; `None` for no values.
pub fn interval_of_mean(values: &[f64]) -> Option<(f64, Option<(f64, f64)>)> {
    let Sample { n, mean, deviation } = sample(values)?;
    let reach = deviation.zip(critical(n as f64 - 1.0)).map(|(d, t)| t * d / (n as f64).sqrt());
    Some((mean, reach.map(|r| (mean - r, mean + r))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_none_one_and_several() {
        assert_eq!(interval_of_mean(&[2.5]), Some((2.5, None)));
        // t is 12.706 for one degree of freedom.
        let (_, interval) = interval_of_mean(&[1.0, 3.0]).unwrap();
        assert!((interval.unwrap().1 - 14.706).abs() < 1e-3);
        assert_eq!(sample(&[]), None);
        assert_eq!(sample(&[2.5]), Some(Sample { n: 1, mean: 2.5, deviation: None }));
        assert_eq!(sample(&[1.0, 2.0, 3.0]), Some(Sample { n: 3, mean: 2.0, deviation: Some(1.0) }));
    }
}
