//! Sentiment metrics with the field's edges and ties, so that tables compare ([the method](crate::book::method), metrics).
//!
//! Everything is decided in f32, as the field's evaluation code decides it on f32 arrays, and averaged in f64. A metric
//! without a value (no sample, zero variance, a number that is not finite) is `None`, never 0 or NaN.
//!
//! Each family of datasets has its list, `mosi` and `sims`; `measures` holds what they are computed with, `metric` says
//! what a metric is made of.
//!
//! To add a metric: enter a [`Metric`] in the list of its datasets. Tables, figures, comparisons and files follow, and
//! name it by the list.

mod measures;
mod metric;
mod mosi;
mod sims;

use std::borrow::Cow;

pub use measures::{mae, pearson};
pub use metric::{Better, Metric, Unit};

use crate::config::MetricSet;
use crate::training::events::Metrics;
use measures::{comparable, mean};

/// The metrics of a set, in the order in which the field's tables show them.
pub const fn list(set: MetricSet) -> &'static [Metric] {
    match set {
        MetricSet::Mosi => mosi::METRICS,
        MetricSet::Sims => sims::METRICS,
    }
}

/// The metric of a key: what is said of it is the same in all sets, its value is not.
pub fn find(key: &str) -> Option<&'static Metric> {
    [MetricSet::Mosi, MetricSet::Sims].into_iter().flat_map(list).find(|m| m.key == key)
}

/// A metric's name as the field writes it; a key of no set is its own name.
pub fn name(key: &str) -> Cow<'static, str> {
    find(key).map_or_else(|| Cow::Owned(key.replace('_', " ")), |m| Cow::Borrowed(m.name))
}

/// All metrics of a set: the keys are always those of [`list`].
///
/// All are undefined where a prediction or a truth is not finite, and where the two differ in number: a table that
/// left such samples out would flatter the run.
///
/// ```
/// use mug::config::MetricSet;
/// use mug::training::metrics::evaluate;
///
/// let found = evaluate(MetricSet::Mosi, &[1.5, -0.5, 0.2], &[2.0, -1.0, 0.0]);
/// assert_eq!(found["acc2_non0"], Some(1.0));
/// // 1.5 is rounded to 2, -0.5 to 0, 0.2 to 0.
/// assert_eq!(found["acc7"], Some(2.0 / 3.0));
/// // One clip has no variance, so no correlation.
/// assert_eq!(evaluate(MetricSet::Mosi, &[1.5], &[2.0])["pearson"], None);
/// ```
pub fn evaluate(set: MetricSet, prediction: &[f32], truth: &[f32]) -> Metrics {
    let comparable = comparable(prediction, truth);
    let value = |metric: &Metric| if comparable { (metric.value)(prediction, truth) } else { None };
    list(set).iter().map(|metric| (metric.key.to_owned(), value(metric))).collect()
}

/// The set whose tables show these keys; keys that do not tell count as CMU-MOSI's, which takes predictions as they are.
pub fn set_of(keys: &[String]) -> MetricSet {
    let has = |set: MetricSet, key: &String| list(set).iter().any(|m| m.key == key);
    // Fewer than the list has: it grew since the run.
    let all = keys.iter().all(|key| has(MetricSet::Sims, key));
    let own = keys.iter().any(|key| !has(MetricSet::Mosi, key));
    if all && own { MetricSet::Sims } else { MetricSet::Mosi }
}

/// |ŷ - y| as a set's tables count it: CH-SIMS's clip both to its labels' range, [-1, 1], CMU-MOSI's take ŷ as it is.
/// NaN where one of them is.
pub fn error(set: MetricSet, prediction: f32, truth: f32) -> f64 {
    let counted = |v: f32| match set {
        MetricSet::Mosi => f64::from(v),
        MetricSet::Sims => f64::from(sims::clip(v)),
    };
    (counted(prediction) - counted(truth)).abs()
}

/// The MAE of predictions of y, as [`evaluate`] has it: the mean of [`error`]; `None` as for [`mae`].
pub fn mean_error(set: MetricSet, prediction: &[f32], truth: &[f32]) -> Option<f64> {
    if !comparable(prediction, truth) {
        return None;
    }
    mean(prediction.iter().zip(truth).map(|(p, t)| error(set, *p, *t)))
}

#[cfg(test)]
mod tests;
