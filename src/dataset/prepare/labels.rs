//! H and the rules that labels obey ([the method](crate::book::method), notation and data files).

use crate::config::{DataSettings, MetricSet};
use crate::dataset::error::DatasetError;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::dataset::known::range_of;
use crate::split::{PerSplit, Split};

/// Share of H by which a label may exceed it: f32 rounding, taken away without a word.
const SLACK: f32 = 1e-4;

/// H: as set; else the catalogue's; else the smallest of 1, 2, 3 that holds the training labels. A catalogue name that
/// the labels contradict (a file that is only called so) counts as none. `None` where 3 does not hold them.
pub fn range(settings: &DataSettings, catalogue: Option<&str>, train: &[f32]) -> Option<f32> {
    if settings.label_range.is_some() {
        return settings.label_range;
    }
    let largest = train.iter().fold(0f32, |m, y| m.max(y.abs()));
    let holds = |h: &f32| largest <= h * (1.0 + SLACK);
    catalogue.and_then(range_of).filter(holds).or_else(|| [1.0, 2.0, 3.0].into_iter().find(holds))
}

/// The metric set: as set, else CH-SIMS's where H = 1.
pub fn metrics(settings: &DataSettings, range: f32) -> MetricSet {
    settings.metrics.unwrap_or(if range == 1.0 { MetricSet::Sims } else { MetricSet::Mosi })
}

/// Clips away what f32 rounding put outside [-H, H] and gives the first label that really lies outside, with its
/// position: it would be wrong to train on it, and wrong to change it without being told. `hidden`: some may be NaN.
pub fn bound(labels: &mut [f32], range: f32, hidden: bool) -> Option<(usize, f32)> {
    for (row, y) in labels.iter_mut().enumerate() {
        // A NaN lies outside, too, unless labels may be hidden.
        let inside = y.abs() <= range * (1.0 + SLACK) || hidden && y.is_nan();
        if !inside {
            return Some((row, *y));
        }
        *y = y.clamp(-range, range);
    }
    None
}

/// Labels from the numbers of a file, as f32: finite, or NaN where a clip has none.
///
/// # Errors
/// A label that is infinite, made by `error` from its row and what was found.
pub fn given(numbers: &[f64], error: impl Fn(usize, f64) -> DatasetError) -> Result<Vec<f32>, DatasetError> {
    let label = |(row, &y): (usize, &f64)| {
        let label = y as f32;
        if label.is_finite() || y.is_nan() { Ok(label) } else { Err(error(row, y)) }
    };
    numbers.iter().enumerate().map(label).collect()
}

/// Values of labels that are few for so many clips.
const FEW: usize = 3;

/// What is odd about the labels of a split, which the file keeps under `key`.
pub fn findings(split: Split, key: &str, labels: &[f32]) -> Vec<Flaw> {
    let flaw = |kind| vec![Flaw::new(Some(split), key, kind)];
    let Some((&first, rest)) = labels.split_first() else { return Vec::new() };
    if rest.is_empty() {
        // One clip alone is no sign of anything.
        return Vec::new();
    }
    if rest.iter().all(|y| *y == first) {
        return flaw(FlawKind::ConstantLabels { value: first });
    }
    let class = |y: &f32| *y >= 0.0 && y.fract() == 0.0;
    let largest = labels.iter().copied().fold(0.0, f32::max);
    if split == Split::Train && largest >= 1.0 && labels.iter().all(class) {
        return flaw(FlawKind::ClassLabels { largest: largest as u32 });
    }
    let mut levels: Vec<f32> = Vec::new();
    for y in labels {
        if !levels.contains(y) {
            levels.push(*y);
        }
        if levels.len() > FEW {
            return Vec::new();
        }
    }
    if split == Split::Train && labels.len() >= ENOUGH {
        levels.sort_by(f32::total_cmp);
        return flaw(FlawKind::FewLevels { levels });
    }
    Vec::new()
}

/// Clips of a split that are enough to compare its labels.
const ENOUGH: usize = 20;

/// Labels of a split that do not look like those of train: another mean, or another spread. That of the field's own splits
/// differs by a third of a standard deviation at most.
pub fn elsewhere(split: Split, key: &str, labels: &[f32], train: &[f32]) -> Option<Flaw> {
    if labels.len() < ENOUGH || train.len() < ENOUGH {
        return None;
    }
    let moments = |y: &[f32]| {
        let n = y.len() as f64;
        let mean = y.iter().map(|&y| f64::from(y)).sum::<f64>() / n;
        let variance = y.iter().map(|&y| (f64::from(y) - mean).powi(2)).sum::<f64>() / n;
        (mean, variance.sqrt(), variance / n)
    };
    let ((mean, deviation, error), (train_mean, train_deviation, train_error)) = (moments(labels), moments(train));
    let apart = (mean - train_mean).abs();
    let moved = apart > 0.6 * train_deviation && apart > 5.0 * (error + train_error).sqrt();
    let scaled = deviation > 0.0 && !(0.5..=2.0).contains(&(deviation / train_deviation));
    let [mean, deviation, train_mean, train_deviation] =
        [mean, deviation, train_mean, train_deviation].map(|v| v as f32);
    let kind = FlawKind::LabelsElsewhere { mean, deviation, train_mean, train_deviation };
    (moved || scaled).then(|| Flaw::new(Some(split), key, kind))
}

/// Notes the splits without human labels (under `key`) where others have some, unless it was said already why.
pub fn note_unjudged(judged: &PerSplit<bool>, key: &str, flaws: &mut Vec<Flaw>) {
    for (split, own) in judged.iter() {
        let explained = |f: &Flaw| f.split == Some(split) && matches!(f.kind, FlawKind::UnimodalIgnored { .. });
        if !own && judged.iter().any(|(_, other)| *other) && !flaws.iter().any(explained) {
            flaws.push(Flaw::new(Some(split), key, FlawKind::UnimodalElsewhere));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_are_classes_or_all_the_same_are_found() {
        let of = |split, labels: &[f32]| findings(split, "labels", labels).pop().map(|f| f.kind);
        assert_eq!(of(Split::Train, &[0.0, 2.0, 1.0, 0.0]), Some(FlawKind::ClassLabels { largest: 2 }));
        assert_eq!(of(Split::Train, &[0.0, 1.0]), Some(FlawKind::ClassLabels { largest: 1 }));
        for labels in [&[0.0, 2.0, -1.0][..], &[0.0, 0.5, 1.0], &[], &[1.0]] {
            assert_eq!(of(Split::Train, labels), None, "{labels:?}");
        }
        // A small split may hold positive whole numbers by chance.
        assert_eq!(of(Split::Test, &[0.0, 1.0]), None);
        for split in Split::ALL {
            assert_eq!(of(split, &[1.5, 1.5]), Some(FlawKind::ConstantLabels { value: 1.5 }));
        }
    }

    #[test]
    fn few_values_and_labels_of_another_scale_are_found() {
        let repeated = |values: &[f32]| values.iter().copied().cycle().take(30).collect::<Vec<_>>();
        let few = findings(Split::Train, "labels", &repeated(&[1.0, -1.0, 0.0])).pop().map(|f| f.kind);
        assert_eq!(few, Some(FlawKind::FewLevels { levels: vec![-1.0, 0.0, 1.0] }));
        assert!(findings(Split::Train, "labels", &repeated(&[1.0, -1.0, 0.0, 0.5])).is_empty());
        assert!(findings(Split::Train, "labels", &[1.0, -1.0, 0.0]).is_empty(), "three clips have three values");
        let train = repeated(&[-3.0, -1.0, 0.5, 1.0, 3.0]);
        let of = |labels: &[f32]| elsewhere(Split::Test, "labels", labels, &train).map(|flaw| flaw.to_string());
        assert_eq!(of(&train), None);
        let scaled: Vec<f32> = train.iter().map(|y| y / 3.0).collect();
        assert!(of(&scaled).is_some_and(|said| said.contains("standard deviation 0.67, there 0.10 and 2.01")));
        let moved: Vec<f32> = train.iter().map(|y| y + 3.0).collect();
        assert!(of(&moved).is_some_and(|said| said.contains("mean 3.10")));
        assert_eq!(of(&[3.0; 5]), None, "five clips say nothing");
    }

    #[test]
    fn the_range_follows_the_documented_rules() {
        let of = |set: Option<f32>, name: Option<&str>, y: &[f32]| {
            range(&DataSettings { label_range: set, ..DataSettings::default() }, name, y)
        };
        assert_eq!(of(None, Some("mosi"), &[0.5]), Some(3.0));
        assert_eq!(of(None, Some("sims"), &[0.5]), Some(1.0));
        assert_eq!(of(None, Some("sims"), &[-1.6]), Some(2.0));
        assert_eq!(of(None, None, &[-1.0, 0.2]), Some(1.0));
        assert_eq!(of(None, None, &[1.4]), Some(2.0));
        assert_eq!(of(None, None, &[3.000_001]), Some(3.0));
        assert_eq!(of(None, None, &[3.2]), None);
        assert_eq!(of(Some(5.0), Some("mosi"), &[0.5]), Some(5.0));
    }

    #[test]
    fn metrics_follow_the_range() {
        let settings = DataSettings::default();
        assert_eq!(metrics(&settings, 1.0), MetricSet::Sims);
        assert_eq!(metrics(&settings, 2.0), MetricSet::Mosi);
        let set = DataSettings { metrics: Some(MetricSet::Sims), ..settings };
        assert_eq!(metrics(&set, 3.0), MetricSet::Sims);
    }

    #[test]
    fn rounding_is_clipped_and_more_is_reported() {
        let mut labels = [3.000_01, -3.0, 0.0];
        assert_eq!(bound(&mut labels, 3.0, false), None);
        assert_eq!(labels[0], 3.0);
        assert_eq!(bound(&mut [0.0, -3.1], 3.0, true), Some((1, -3.1)));
        assert_eq!(bound(&mut [f32::NAN], 3.0, false).map(|(row, _)| row), Some(0));
        assert_eq!(bound(&mut [f32::NAN], 3.0, true), None);
    }
}
