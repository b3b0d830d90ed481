//! How far two people agree who judged the same clips.

use serde::{Deserialize, Serialize};

use crate::training::metrics::{mae, pearson};

/// Labels are the same where they differ by no more, in label units: what two ways of writing a number differ by.
const SAME: f32 = 1e-6;

/// The agreement of two people on one modality. `None`: undefined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alike {
    /// Clips that both gave a label.
    pub clips: usize,
    pub mae: Option<f64>,
    pub pearson: Option<f64>,
    /// Share of clips with the same label.
    pub exact: Option<f64>,
    /// Krippendorff's α with the interval metric: 1 is full agreement, 0 that of chance. (Krippendorff, Content Analysis,
    /// 4th edition, chapter 12.)
    pub alpha: Option<f64>,
}

/// Compares two people's labels of the same clips, one pair a clip.
pub fn alike(pairs: &[(f32, f32)]) -> Alike {
    let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
    let same = pairs.iter().filter(|(a, b)| (a - b).abs() <= SAME).count();
    Alike {
        clips: pairs.len(),
        mae: mae(&a, &b),
        pearson: pearson(&a, &b),
        exact: (!pairs.is_empty()).then(|| same as f64 / pairs.len() as f64),
        alpha: alpha(pairs),
    }
}

/// 1 less the observed disagreement over the one that is expected of the same labels in any order; undefined where all
/// labels are the same.
fn alpha(pairs: &[(f32, f32)]) -> Option<f64> {
    let n = 2.0 * pairs.len() as f64;
    let values = || pairs.iter().flat_map(|(a, b)| [f64::from(*a), f64::from(*b)]);
    let mean = values().sum::<f64>() / n;
    let squares: f64 = values().map(|v| (v - mean).powi(2)).sum();
    // Σ over pairs of values of their squared difference is n times Σ of the squared distances to the mean.
    let expected = 2.0 * squares / (n - 1.0);
    let observed = pairs.iter().map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>() / (n / 2.0);
    (pairs.len() > 1 && expected > 0.0).then(|| 1.0 - observed / expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_by_hand() {
        let found = alike(&[(1.0, 1.0), (2.0, 2.0), (3.0, 4.0)]);
        assert_eq!(found.clips, 3);
        assert!((found.mae.unwrap() - 1.0 / 3.0).abs() < 1e-9 && (found.exact.unwrap() - 2.0 / 3.0).abs() < 1e-9);
        // Deviations (-1, 0, 1) and (-4/3, -1/3, 5/3): 3 / sqrt(2 · 42/9).
        assert!((found.pearson.unwrap() - 3.0 / (2.0f64 * 42.0 / 9.0).sqrt()).abs() < 1e-6);
        // Of the six labels: mean 13/6, squares 35 - 169/6 = 41/6, expected 2/5 of it; observed 1/3.
        assert!((found.alpha.unwrap() - (1.0 - (1.0 / 3.0) / (2.0 * 41.0 / 6.0 / 5.0))).abs() < 1e-9);
        assert_eq!(alike(&[(0.5, 0.5), (0.1, 0.1)]).alpha, Some(1.0));
    }

    #[test]
    fn what_cannot_be_told_is_undefined() {
        assert_eq!(alike(&[]), Alike::default());
        let same = alike(&[(0.5, 0.5), (0.5, 0.5)]);
        assert_eq!((same.alpha, same.pearson, same.exact), (None, None, Some(1.0)));
        assert_eq!(alike(&[(0.5, -0.5)]).alpha, None);
    }
}
