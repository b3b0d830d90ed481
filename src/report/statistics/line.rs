//! A line through points: what a unit of one thing is worth in another.

use serde::Serialize;

use super::student::{critical, two_sided};

/// A line by least squares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Line {
    pub n: usize,
    pub slope: f64,
    pub intercept: f64,
    /// 95 % interval of the slope by Student's t; `None` for fewer than three points.
    pub interval: Option<(f64, f64)>,
    /// Probability of a slope at least as steep where there is none; `None` for fewer than three points.
    pub p: Option<f64>,
    #[serde(skip)]
    about: About,
}

/// What the interval of a place on the line needs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct About {
    /// The mean of x.
    mean: f64,
    /// Σ of the squared distances to it.
    spread: f64,
    /// Half the width of the 95 % interval of y's mean, in units of its factor; `None` for fewer than three points.
    reach: Option<f64>,
}

impl Line {
    /// y on the line.
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }

    /// 95 % interval of the mean of y at a place, by Student's t; `None` for fewer than three points.
    pub fn interval_at(&self, x: f64) -> Option<(f64, f64)> {
        let reach =
            self.about.reach? * (1.0 / self.n as f64 + (x - self.about.mean).powi(2) / self.about.spread).sqrt();
        Some((self.at(x) - reach, self.at(x) + reach))
    }
}

/// The line through points (x, y); `None` for fewer than two different x.
pub fn line(points: &[(f64, f64)]) -> Option<Line> {
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let spread: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    if points.len() < 2 || spread <= 0.0 || !spread.is_finite() {
        return None;
    }
    let slope = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / spread;
    let intercept = y - slope * x;
    let left: f64 = points.iter().map(|p| (p.1 - intercept - slope * p.0).powi(2)).sum();
    let freedom = n - 2.0;
    let error = (points.len() > 2).then(|| (left / freedom / spread).sqrt());
    let interval = error.zip(critical(freedom)).map(|(e, t)| (slope - t * e, slope + t * e));
    let p = error.filter(|e| *e > 0.0).and_then(|e| two_sided(slope / e, freedom));
    let reach = (points.len() > 2).then(|| (left / freedom).sqrt()).zip(critical(freedom)).map(|(s, t)| s * t);
    let about = About { mean: x, spread, reach };
    Some(Line { n: points.len(), slope, intercept, interval, p, about })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.linregress(x, y)`, see `tests/fixtures/statistics.py`.
    #[test]
    fn the_same_as_scipy() {
        let points = [(0.0, 0.41), (0.1, 0.4), (0.2, 0.403), (0.3, 0.385), (0.5, 0.37), (0.5, 0.379)];
        let found = line(&points).unwrap();
        let near = |x: f64, y: f64| assert!((x - y).abs() < 1e-9, "{x} {y}");
        near(found.slope, SCIPY[0]);
        near(found.intercept, SCIPY[1]);
        near(found.p.unwrap(), SCIPY[2]);
        near(found.interval.unwrap().0, SCIPY[3]);
        near(found.interval.unwrap().1, SCIPY[4]);
        for (x, y, low, high) in PLACES {
            near(found.at(x), y);
            near(found.interval_at(x).unwrap().0, low);
            near(found.interval_at(x).unwrap().1, high);
        }
    }

    /// x, y and the ends of its interval, from the same file.
    const PLACES: [(f64, f64, f64, f64); 2] = [
        (0.0, 0.41025, 0.3997547941989712, 0.4207452058010288),
        (0.4, 0.381625, 0.37420376880814415, 0.38904623119185583),
    ];

    const SCIPY: [f64; 5] = [-0.0715625, 0.41025, 0.003476802378367516, -0.1036973736975231, -0.03942762630247689];

    #[test]
    fn too_few_points_have_no_line_or_no_interval() {
        assert_eq!(line(&[(1.0, 2.0)]), None);
        assert_eq!(line(&[(1.0, 2.0), (1.0, 3.0)]), None);
        let two = line(&[(0.0, 1.0), (1.0, 3.0)]).unwrap();
        assert_eq!((two.slope, two.intercept, two.interval, two.interval_at(0.0)), (2.0, 1.0, None, None));
    }
}
