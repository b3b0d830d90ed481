//! A variant set against the reference: by its seeds, and on the clips of the test split.

use serde::Serialize;

use super::outcomes::TestClips;
use crate::report::statistics::{LEAST_PAIRS, Paired, paired};
use crate::training::bootstrap::{RESAMPLES, intervals};
use crate::training::events::Interval;

/// Below this probability, corrected for the number of variants, a difference counts.
pub const LEVEL: f64 = 0.05;

/// What can be said of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Fewer than three seeds that both have.
    TooFew,
    /// The difference can be chance.
    NotToldApart,
    Better,
    Worse,
    /// It differs, and neither way is better.
    Differs,
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::TooFew => "too few seeds for a claim",
            Verdict::NotToldApart => "not told apart",
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Differs => "differs",
        }
    }
}

/// A variant's metric less the reference's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Against {
    /// The row that it is set against, as the table names it.
    pub reference: String,
    /// By the seeds that both have.
    pub paired: Paired,
    /// `paired.p` with Holm's correction over the variants; set by the table.
    pub corrected: Option<f64>,
    pub verdict: Verdict,
    /// 95 % interval of the difference on the test clips, seeds averaged, by a paired bootstrap; for `test.mae` alone.
    pub clips: Option<Interval>,
}

impl Against {
    /// `pairs`: values of the variant and of the reference, a seed each. `None` where they have no seed in common.
    pub fn new(reference: String, pairs: &[(f64, f64)]) -> Option<Against> {
        let paired = paired(pairs)?;
        Some(Against { reference, paired, corrected: None, verdict: Verdict::TooFew, clips: None })
    }

    /// What the corrected probability says.
    pub fn judge(&mut self, corrected: Option<f64>, lower_is_better: Option<bool>) {
        self.corrected = corrected;
        let holds_zero = self.paired.interval.is_none_or(|(low, high)| low <= 0.0 && high >= 0.0);
        self.verdict = if self.paired.sample.n < LEAST_PAIRS {
            Verdict::TooFew
        } else if holds_zero || corrected.is_none_or(|p| p >= LEVEL) {
            Verdict::NotToldApart
        } else {
            match lower_is_better {
                None => Verdict::Differs,
                Some(lower) if lower == (self.paired.sample.mean < 0.0) => Verdict::Better,
                Some(_) => Verdict::Worse,
            }
        };
    }
}

/// 95 % interval of the difference in mean absolute error on the test clips, of each clip the mean over the pairs of runs;
/// `None` without pairs of runs of the same clips.
pub fn on_clips(pairs: &[(&TestClips, &TestClips)]) -> Option<Interval> {
    let (first, _) = pairs.first()?;
    let same = |c: &TestClips| c.ids == first.ids && c.labels.len() == c.predicted.len() && c.labels == first.labels;
    if !pairs.iter().all(|(a, b)| same(a) && same(b)) {
        return None;
    }
    let error = |c: &TestClips, at: usize| f64::from((c.predicted[at] - c.labels[at]).abs());
    let terms: Vec<[f64; 2]> = (0..first.labels.len())
        .map(|at| {
            let sum: f64 = pairs.iter().map(|(a, b)| error(a, at) - error(b, at)).sum();
            [sum / pairs.len() as f64, 1.0]
        })
        .collect();
    let [found] = intervals(&terms, RESAMPLES, |[difference, count]| [difference / count]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pairs: &[(f64, f64)], corrected: f64, lower: Option<bool>) -> Verdict {
        let mut against = Against::new("reference".into(), pairs).unwrap();
        against.judge(Some(corrected), lower);
        against.verdict
    }

    #[test]
    fn nothing_is_claimed_of_two_seeds_nor_of_what_can_be_chance() {
        let clear = [(0.40, 0.30), (0.41, 0.30), (0.40, 0.31)];
        assert_eq!(judged(&clear[..2], 0.0, Some(true)), Verdict::TooFew);
        assert_eq!(judged(&clear, 0.01, Some(true)), Verdict::Worse);
        assert_eq!(judged(&clear, 0.01, Some(false)), Verdict::Better);
        assert_eq!(judged(&clear, 0.01, None), Verdict::Differs);
        assert_eq!(judged(&clear, 0.06, Some(true)), Verdict::NotToldApart);
        assert_eq!(judged(&[(0.4, 0.3), (0.3, 0.4), (0.35, 0.35)], 0.0, Some(true)), Verdict::NotToldApart);
        assert!(Against::new("reference".into(), &[]).is_none());
    }

    #[test]
    fn clips_are_compared_with_themselves_alone() {
        let clips = |ids: &[&str], off: f32| TestClips {
            ids: ids.iter().map(|i| (*i).to_owned()).collect(),
            predicted: (0..ids.len()).map(|i| i as f32 + off).collect(),
            labels: (0..ids.len()).map(|i| i as f32).collect(),
        };
        let (near, far) = (clips(&["a", "b", "c"], 0.5), clips(&["a", "b", "c"], 0.75));
        assert_eq!(on_clips(&[(&far, &near)]), Some([0.25, 0.25]));
        assert_eq!(on_clips(&[(&far, &clips(&["a", "b", "d"], 0.5))]), None);
        assert_eq!(on_clips(&[]), None);
    }
}
