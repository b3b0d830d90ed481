//! Extremes of any stretch of a growing column of numbers in logarithmic time: what a chart of a million points needs to
//! draw each pixel column's true minimum and maximum without looking at every point in every frame.

use std::ops::Range;

/// Values joined into one entry of the level above.
const FAN: usize = 32;

/// What a stretch of values holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// Least and greatest finite value; `min > max` where there is none.
    pub min: f32,
    pub max: f32,
    /// Values that are not finite.
    pub gaps: u32,
}

impl Extent {
    const EMPTY: Extent = Extent { min: f32::INFINITY, max: f32::NEG_INFINITY, gaps: 0 };

    /// True where no finite value lies in the stretch.
    pub fn is_empty(&self) -> bool {
        self.min > self.max
    }

    fn add(&mut self, value: f32) {
        if value.is_finite() {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
        } else {
            self.gaps += 1;
        }
    }

    fn join(&mut self, other: &Extent) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.gaps += other.gaps;
    }
}

/// Extents of aligned blocks of 32, 1024, 32768, … values. It does not hold the values: every call gets the same column
/// that was given to [`extend`](Self::extend).
#[derive(Clone, Debug, Default)]
pub struct Pyramid {
    levels: Vec<Vec<Extent>>,
}

impl Pyramid {
    /// Takes in what was appended to `values` since the last call. Amortised constant time a value.
    pub fn extend(&mut self, values: &[f32]) {
        let mut blocks = values.len() / FAN;
        let mut level = 0;
        while blocks > 0 {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            for b in self.levels[level].len()..blocks {
                let mut extent = Extent::EMPTY;
                if level == 0 {
                    values[b * FAN..(b + 1) * FAN].iter().for_each(|&v| extent.add(v));
                } else {
                    self.levels[level - 1][b * FAN..(b + 1) * FAN].iter().for_each(|e| extent.join(e));
                }
                self.levels[level].push(extent);
            }
            blocks /= FAN;
            level += 1;
        }
    }

    /// The extent of `values[range]`.
    pub fn query(&self, values: &[f32], range: Range<usize>) -> Extent {
        let mut extent = Extent::EMPTY;
        let end = range.end.min(values.len());
        let mut i = range.start;
        while i < end {
            let mut size = 1;
            let mut found = None;
            for level in &self.levels {
                size *= FAN;
                if !i.is_multiple_of(size) || i + size > end {
                    break;
                }
                match level.get(i / size) {
                    Some(block) => found = Some((block, size)),
                    None => break,
                }
            }
            match found {
                Some((block, size)) => {
                    extent.join(block);
                    i += size;
                }
                None => {
                    extent.add(values[i]);
                    i += 1;
                }
            }
        }
        extent
    }

    /// How many finite values lie outside [lo, hi]; looks only into blocks that straddle an end.
    pub fn count_outside(&self, values: &[f32], lo: f32, hi: f32) -> usize {
        let outside = |v: &&f32| v.is_finite() && !(lo..=hi).contains(*v);
        let blocks = self.levels.first().map_or(&[][..], Vec::as_slice);
        let inside_blocks: usize = blocks
            .iter()
            .enumerate()
            .filter(|(_, e)| !e.is_empty() && (e.min < lo || e.max > hi))
            .map(|(b, _)| values[b * FAN..(b + 1) * FAN].iter().filter(outside).count())
            .sum();
        inside_blocks + values.get(blocks.len() * FAN..).unwrap_or(&[]).iter().filter(outside).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(values: &[f32]) -> Extent {
        let mut e = Extent::EMPTY;
        values.iter().for_each(|&v| e.add(v));
        e
    }

    #[test]
    fn an_empty_stretch_is_empty() {
        assert!(Pyramid::default().query(&[], 0..0).is_empty());
        assert!(Pyramid::default().query(&[f32::NAN], 0..9).is_empty());
    }

    proptest! {
        #[test]
        fn agrees_with_looking_at_every_value(
            raw in proptest::collection::vec(prop_oneof![9 => -10.0f32..10.0, 1 => Just(f32::NAN)], 0..5000),
            cut in 0usize..5000, a in 0usize..5000, b in 0usize..5000, lo in -10.0f32..10.0, hi in -10.0f32..10.0,
        ) {
            let mut pyramid = Pyramid::default();
            pyramid.extend(&raw[..cut.min(raw.len())]);
            pyramid.extend(&raw);
            let (a, b) = (a.min(raw.len()), b.min(raw.len()));
            let range = a.min(b)..a.max(b);
            prop_assert_eq!(pyramid.query(&raw, range.clone()), plain(&raw[range]));
            let outside = raw.iter().filter(|v| v.is_finite() && !(lo..=hi).contains(*v)).count();
            prop_assert_eq!(pyramid.count_outside(&raw, lo, hi), outside);
        }
    }
}
