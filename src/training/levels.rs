//! The values that annotations take, and corrected labels moved to them: a move that is smaller than half the way to the
//! next level is noise of the networks, not another label.

use std::fmt;

use crate::config::Grid;

/// More different labels than this are measured values, not levels that somebody chose from.
const MOST: usize = 40;
/// Labels that differ by less are the same level: files hold sums of annotations as f32.
const SAME: f32 = 1e-4;

/// The values that labels may take.
#[derive(Clone, Debug, PartialEq)]
pub enum Levels {
    /// All.
    Any,
    /// These, in order; at least two.
    Listed(Vec<f32>),
    /// Multiples of a step, from -`most` to `most` times it.
    Multiples { step: f32, most: f32 },
}

impl Levels {
    /// The levels that the setting asks for, given the training labels and H. `None`: a step above H leaves only 0.
    pub fn new(grid: Grid, labels: &[f32], range: f32) -> Option<Levels> {
        match grid {
            Grid::Off => Some(Levels::Any),
            Grid::Auto => Some(found(labels).map_or(Levels::Any, Levels::Listed)),
            Grid::Step(step) => {
                // 1 is a multiple of 0.1 whatever f32 makes of it.
                let most = (range / step + SAME).floor();
                (most >= 1.0).then_some(Levels::Multiples { step, most })
            }
        }
    }

    /// The level nearest to a label; of two the lower one.
    pub fn nearest(&self, label: f32) -> f32 {
        match self {
            Levels::Any => label,
            Levels::Listed(levels) => {
                let above = levels.partition_point(|level| *level < label);
                let (below, above) = (levels.get(above.wrapping_sub(1)), levels.get(above));
                match (below, above) {
                    (Some(&b), Some(&a)) => {
                        if label - b <= a - label {
                            b
                        } else {
                            a
                        }
                    }
                    (Some(&only), None) | (None, Some(&only)) => only,
                    (None, None) => label,
                }
            }
            Levels::Multiples { step, most } => (label / step - 0.5).ceil().clamp(-most, *most) * step,
        }
    }
}

/// The different values of labels, in order; `None` where there are more than [`MOST`] of them, or fewer than two.
fn found(labels: &[f32]) -> Option<Vec<f32>> {
    let mut levels: Vec<f32> = Vec::new();
    for &label in labels {
        let at = levels.partition_point(|level| *level < label - SAME);
        if levels.get(at).is_none_or(|level| *level > label + SAME) {
            levels.insert(at, label);
        }
        if levels.len() > MOST {
            return None;
        }
    }
    (levels.len() > 1).then_some(levels)
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Levels::Any => write!(f, "corrected labels are not moved to levels"),
            Levels::Listed(levels) => {
                let (first, last) = (levels.first().unwrap_or(&0.0), levels.last().unwrap_or(&0.0));
                let n = levels.len();
                write!(f, "corrected labels are moved to the training labels' own {n} levels from {first} to {last}")
            }
            Levels::Multiples { step, most } => {
                write!(f, "corrected labels are moved to multiples of {step} from -{0} to {0}", most * step)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// CH-SIMS' eleven levels, as f32 sums make them.
    fn sims() -> Vec<f32> {
        (0..500).map(|i| (i % 11) as f32 * 0.2 - 1.0).collect()
    }

    #[test]
    fn annotations_have_levels_and_measured_values_have_none() {
        let Some(Levels::Listed(levels)) = Levels::new(Grid::Auto, &sims(), 1.0) else { panic!("no levels") };
        assert_eq!(levels.len(), 11);
        let nearly: Vec<f32> = sims().iter().map(|y| y + 1e-6).chain(sims()).collect();
        assert!(matches!(Levels::new(Grid::Auto, &nearly, 1.0), Some(Levels::Listed(l)) if l.len() == 11));
        let forty: Vec<f32> = (0..40).map(|i| i as f32 * 0.05).collect();
        assert!(matches!(Levels::new(Grid::Auto, &forty, 3.0), Some(Levels::Listed(_))));
        let more: Vec<f32> = (0..41).map(|i| i as f32 * 0.05).collect();
        for labels in [&more[..], &[0.5; 9], &[]] {
            assert_eq!(Levels::new(Grid::Auto, labels, 3.0), Some(Levels::Any));
        }
        assert_eq!(Levels::new(Grid::Off, &sims(), 1.0), Some(Levels::Any));
        assert_eq!(Levels::new(Grid::Step(1.5), &sims(), 1.0), None);
    }

    #[test]
    fn labels_move_to_the_nearest_level() {
        let listed = Levels::new(Grid::Auto, &[-1.0, 0.0, 0.4], 1.0).unwrap();
        assert_eq!(
            [-2.0, -0.6, -0.5, -0.4, 0.19, 0.21, 0.9].map(|y| listed.nearest(y)),
            [-1.0, -1.0, -1.0, 0.0, 0.0, 0.4, 0.4]
        );
        let steps = Levels::new(Grid::Step(0.2), &[], 1.0).unwrap();
        assert_eq!(steps, Levels::Multiples { step: 0.2, most: 5.0 });
        assert_eq!(
            [-1.0, -0.29, 0.05, 0.11, 3.0].map(|y| (steps.nearest(y) * 10.0).round()),
            [-10.0, -2.0, 0.0, 2.0, 10.0]
        );
        assert_eq!(Levels::new(Grid::Step(0.3), &[], 1.0).unwrap().nearest(1.0), 0.3 * 3.0);
        assert_eq!(Levels::Any.nearest(0.123), 0.123);
    }

    #[test]
    fn what_is_done_is_said() {
        let said = |grid| Levels::new(grid, &[-1.0, 0.0, 0.4], 1.0).unwrap().to_string();
        assert!(said(Grid::Auto).ends_with("own 3 levels from -1 to 0.4"));
        assert!(said(Grid::Step(0.5)).ends_with("multiples of 0.5 from -1 to 1"));
    }

    proptest! {
        #[test]
        fn no_level_is_nearer_than_the_nearest_and_levels_stay(
            labels in prop::collection::vec(-1.0f32..1.0, 2..30),
            y in -1.5f32..1.5,
            step in 0.01f32..1.0,
        ) {
            if let Levels::Listed(levels) = Levels::new(Grid::Auto, &labels, 1.0).unwrap() {
                let listed = Levels::Listed(levels.clone());
                let own = listed.nearest(y);
                prop_assert!(levels.iter().all(|level| (own - y).abs() <= (level - y).abs()));
                prop_assert!(levels.iter().all(|level| listed.nearest(*level) == *level));
            }
            let steps = Levels::new(Grid::Step(step), &[], 1.0).unwrap();
            let own = steps.nearest(y);
            prop_assert!(own.abs() <= 1.0 + 1e-3 && steps.nearest(own) == own);
            prop_assert!(y.abs() > own.abs() || (own - y).abs() <= 0.5001 * step);
        }
    }
}
