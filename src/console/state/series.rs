//! One column of a stage's steps made ready for drawing: smoothed, and with its extremes at hand. Kept in the state and
//! extended as points arrive, so that a frame never goes through all points.

use crate::console::widgets::pyramid::Pyramid;
use crate::report::smoothing::Smoother;
use crate::training::events::Stage;

/// Which column, smoothed how.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesKey {
    pub stage: Stage,
    pub scalar: String,
    pub weight: f64,
    /// Changes whenever recorded points became void.
    pub generation: u64,
}

impl Default for SeriesKey {
    /// Of nothing yet.
    fn default() -> Self {
        Self { stage: Stage::Contrastive, scalar: String::new(), weight: 0.0, generation: 0 }
    }
}

/// The smoothed column and the extremes of both.
#[derive(Clone, Debug)]
pub struct Series {
    key: SeriesKey,
    smoother: Smoother,
    pub smoothed: Vec<f32>,
    pub raw_extremes: Pyramid,
    pub extremes: Pyramid,
}

impl Series {
    /// A series without points.
    pub fn new(key: SeriesKey) -> Self {
        let smoother = Smoother::new(key.weight);
        Self { key, smoother, smoothed: Vec::new(), raw_extremes: Pyramid::default(), extremes: Pyramid::default() }
    }

    /// Takes in the column's new points; starts over where it is another column or points became void.
    pub fn sync(&mut self, key: SeriesKey, raw: &[f32]) {
        if key != self.key || raw.len() < self.smoothed.len() {
            *self = Self::new(key);
        }
        let done = self.smoothed.len();
        self.smoothed.extend(raw[done..].iter().map(|v| self.smoother.push(*v)));
        self.raw_extremes.extend(raw);
        self.extremes.extend(&self.smoothed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(generation: u64) -> SeriesKey {
        SeriesKey { stage: Stage::Joint, scalar: "loss".into(), weight: 0.5, generation }
    }

    #[test]
    fn growing_gives_what_starting_over_gives() {
        let raw: Vec<f32> = (0..500).map(|i| ((i * 37) % 101) as f32).collect();
        let mut grown = Series::new(key(0));
        for n in [0, 1, 40, 41, 300, 500] {
            grown.sync(key(0), &raw[..n]);
        }
        let mut fresh = Series::new(key(1));
        fresh.sync(key(1), &raw);
        assert_eq!(grown.smoothed, fresh.smoothed);
        assert_eq!(grown.extremes.query(&grown.smoothed, 3..400), fresh.extremes.query(&fresh.smoothed, 3..400));
    }

    #[test]
    fn void_points_make_it_start_over() {
        let mut series = Series::new(key(0));
        series.sync(key(0), &[1.0; 64]);
        series.sync(key(1), &[9.0; 64]);
        assert_eq!(series.smoothed[0], 9.0);
        series.sync(key(1), &[9.0; 2]);
        assert_eq!((series.smoothed.len(), series.raw_extremes.query(&[9.0; 2], 0..2).max), (2, 9.0));
    }
}
