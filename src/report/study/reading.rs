//! The metrics that count in a study: their names, and their values in a run that is finished.

use std::collections::BTreeMap;

use super::outcomes::StudyMetric;
use crate::config::LabelSource;
use crate::modality::{Modality, PerModality};
use crate::run::directory::RunDir;
use crate::run::list::RunResult;
use crate::run::study::metric::LabelMeasure;
use crate::run::study::{MetricKey, Plan};
use crate::run::tail::{TailError, read_view};
use crate::run::view::RunView;
use crate::split::PerSplit;
use crate::training::agreement::summarise;
use crate::training::events::{Costs, LabelSummaries, Stage};
use crate::training::metrics::{self, Better};

/// The metrics of a study, in the order of its table. A key that this version does not know stands under its own name.
pub fn metrics(plan: &Plan) -> Vec<StudyMetric> {
    plan.metrics
        .iter()
        .map(|key| {
            let (name, lower_is_better) = match MetricKey::parse(key) {
                Ok(parsed) => named(&parsed),
                Err(_) => (key.clone(), None),
            };
            StudyMetric { key: key.clone(), name, lower_is_better }
        })
        .collect()
}

/// How a heading calls a metric, and whether less of it is better.
pub(in crate::report) fn named(key: &MetricKey) -> (String, Option<bool>) {
    let of_split = |split: &str, key: &str| {
        let better = metrics::find(key).map(|m| m.better == Better::Lower);
        (format!("{split} {}", metrics::name(key)), better)
    };
    match key {
        MetricKey::Test(key) => of_split("test", key),
        MetricKey::Valid(key) => of_split("valid", key),
        MetricKey::Labels(modality, measure) => {
            let (words, better) = match measure {
                LabelMeasure::Mae => ("labels MAE", Some(true)),
                LabelMeasure::Pearson => ("labels r", Some(false)),
                LabelMeasure::Sign => ("labels sign", Some(false)),
                LabelMeasure::Copies => ("copies MAE", None),
                LabelMeasure::CopiesPearson => ("copies r", None),
                LabelMeasure::Gain => ("labels gain", Some(false)),
            };
            (format!("{modality} {words}"), better)
        }
        MetricKey::Gap(modality) => (format!("{modality} gap"), Some(true)),
        MetricKey::Retrieval(modality) => (format!("{modality} retrieval"), Some(false)),
        MetricKey::Cosine(modality) => (format!("{modality} cosine"), Some(false)),
        MetricKey::Restored(modality) => (format!("{modality} restored MAE"), Some(true)),
        MetricKey::Ridge(modality) => (format!("{modality} ridge MAE"), None),
        MetricKey::Returned => ("returned MAE".into(), None),
        MetricKey::Seconds(None) => ("seconds".into(), Some(true)),
        MetricKey::Seconds(Some(stage)) => (format!("{stage} seconds"), Some(true)),
        MetricKey::Speed(stage) => (format!("{stage} samples/s"), Some(false)),
        MetricKey::Cost(key) => (key.replace('_', " "), Some(true)),
    }
}

/// The values of a study's metrics in a run; `None` for what is undefined there or was not recorded.
///
/// # Errors
/// The record cannot be read.
pub fn values(dir: &RunDir, plan: &Plan) -> Result<Vec<Option<f64>>, TailError> {
    let mut view = read_view(&dir.events_path())?;
    if let Some(summary) = view.summary.as_mut().filter(|summary| summary.labels.is_none()) {
        let range = view.prepared.as_ref().map_or(f32::INFINITY, |p| p.label_range);
        summary.labels = as_given(dir, range);
    }
    let result = view.summary.as_ref().map(RunResult::from);
    let of = |key: &MetricKey| value(&view, result.as_ref()?, key);
    let value = |key: &String| MetricKey::parse(key).ok().and_then(|key| of(&key)).filter(|v| v.is_finite());
    Ok(plan.metrics.iter().map(value).collect())
}

/// What is to be said of labels that stage 3 takes from the data as they are, and that no record has therefore: copies of y,
/// or people's own. `None` for other sources, without people's labels, and where clips were made to lack modalities: which
/// have a label is not known here. `range`: H.
fn as_given(dir: &RunDir, range: f32) -> Option<LabelSummaries> {
    let settings = &dir.manifest().settings;
    if !matches!(settings.labels.source, LabelSource::Copied | LabelSource::Human) {
        return None;
    }
    let missing = &settings.data.missing;
    if [missing.text, missing.audio, missing.vision].iter().any(|share| *share > 0.0) {
        return None;
    }
    let rows = dir.rows().ok()?;
    let human = rows.human.as_ref()?;
    let of_row = |m: Modality, row: usize| match settings.labels.source {
        _ if !settings.model.has(m) => f32::NAN,
        LabelSource::Human => human[m][row].clamp(-range, range),
        _ => rows.y[row],
    };
    Some(PerSplit::from_fn(|split| {
        let own: Vec<usize> = (0..rows.len()).filter(|row| rows.split[*row] == split).collect();
        let y: Vec<f32> = own.iter().map(|row| rows.y[*row]).collect();
        let labels = PerModality::from_fn(|m| own.iter().map(|row| of_row(m, *row)).collect());
        let people = human.map(|_, human| own.iter().map(|row| human[*row]).collect());
        // No intervals: a study's are over its seeds.
        summarise(&y, &labels, Some(&people), range, 0)
    }))
}

/// The value of a metric in a finished run, by its record.
fn value(view: &RunView, result: &RunResult, key: &MetricKey) -> Option<f64> {
    match key {
        MetricKey::Gap(modality) => alignment(view, &format!("valid.gap_{modality}")),
        MetricKey::Retrieval(modality) => alignment(view, &format!("valid.retrieval_{modality}")),
        MetricKey::Cosine(modality) => alignment(view, &format!("valid.positive_cosine_{modality}")),
        MetricKey::Restored(modality) => restoration(view, &format!("valid.restored_{modality}")),
        MetricKey::Ridge(modality) => restoration(view, &format!("valid.ridge_{modality}")),
        MetricKey::Returned => restoration(view, "valid.returned"),
        _ => of_result(result, key),
    }
}

/// The value of a metric that a list of runs knows: no curve is needed. `None` for the others.
pub(in crate::report) fn of_result(result: &RunResult, key: &MetricKey) -> Option<f64> {
    match key {
        MetricKey::Test(key) => result.metrics.test.get(key).copied().flatten(),
        MetricKey::Valid(key) => result.metrics.valid.get(key).copied().flatten(),
        MetricKey::Labels(modality, measure) => result.labels.get(&format!("{modality}.{}", measure.name())).copied(),
        MetricKey::Seconds(Some(stage)) => result.costs.get(stage).map(|c| c.seconds),
        MetricKey::Seconds(None) => (!result.costs.is_empty()).then(|| result.costs.values().map(|c| c.seconds).sum()),
        MetricKey::Speed(stage) => result.costs.get(stage)?.samples_per_second,
        MetricKey::Cost(key) => cost(&result.costs, key),
        _ => None,
    }
}

/// `memory`, `gpu_memory` (the most of all stages, in MiB) or `operations` (of all stages, in units of 10⁹), each also of
/// one stage: `memory.denoising`.
fn cost(costs: &BTreeMap<Stage, Costs>, key: &str) -> Option<f64> {
    let (what, stage) = key.split_once('.').map_or((key, None), |(what, stage)| (what, Some(stage)));
    let costs = costs.iter().filter(|(s, _)| stage.is_none_or(|stage| s.name() == stage)).map(|(_, c)| c);
    let most = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64 / f64::from(1 << 20));
    match what {
        "memory" => most(costs.filter_map(|c| c.peak_memory).max()),
        "gpu_memory" => most(costs.filter_map(|c| c.gpu_memory).max()),
        "operations" => costs.map(|c| c.operations.map(|n| n as f64 / 1e9)).sum::<Option<f64>>().filter(|n| *n > 0.0),
        _ => None,
    }
}

/// A value of stage 1 at the epoch that it handed on.
fn alignment(view: &RunView, column: &str) -> Option<f64> {
    let stage = view.stage(Stage::Contrastive);
    stage.per_epoch.columns.get(column)?.get(stage.best_epoch()?).map(|v| f64::from(*v))
}

/// A value of stage 2 with the weights that it handed on, the last.
fn restoration(view: &RunView, column: &str) -> Option<f64> {
    view.stage(Stage::Denoising).per_epoch.columns.get(column)?.last().map(|v| f64::from(*v))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture as disk;
    use crate::split::Split;

    #[test]
    fn values_are_those_of_the_record() {
        let (_root, dir) = disk::finished("one", &[]);
        let view = read_view(&dir.events_path()).unwrap();
        let result = RunResult::from(view.summary.as_ref().unwrap());
        let of = |key: &str| value(&view, &result, &MetricKey::parse(key).unwrap());
        let summary = view.summary.clone().unwrap();
        assert_eq!(of("test.mae"), summary.metrics.test["mae"]);
        assert!(of("test.mae").is_some() && of("test.nothing").is_none() && of("cost.nothing").is_none());
        let all: f64 = summary.stages.values().map(|s| s.seconds).sum();
        assert_eq!(of("seconds"), Some(all));
        assert_eq!(of("seconds.joint"), Some(summary.stages[&Stage::Joint].seconds));
    }

    #[test]
    fn labels_that_are_taken_as_they_are_are_judged_too() {
        let judged = |set: &[&str]| {
            let (_root, dir) = disk::finished("one", set);
            as_given(&dir, 1.0).map(|found| found[Split::Train][Modality::Text])
        };
        let rows = disk::finished("one", &[]).1.rows().unwrap();
        assert!(rows.human.is_some());
        let (copied, human) = (judged(&["labels.source=copied"]).unwrap(), judged(&["labels.source=human"]).unwrap());
        assert_eq!(copied.corrected.unwrap().mae, copied.copied.unwrap().mae);
        assert_eq!((human.corrected.unwrap().mae, human.copied.unwrap().mae), (Some(0.0), copied.copied.unwrap().mae));
        assert!(copied.copied.unwrap().mae.unwrap() > 0.0);
        // Stage 2's and stage 3's own are in the record; who lacks what is not.
        assert_eq!(judged(&[]), None);
        assert_eq!(judged(&["labels.source=momentum"]), None);
        assert_eq!(judged(&["labels.source=copied", "data.missing={ text = 0.2 }"]), None);
        let alone = judged(&["labels.source=copied", "model.modalities=[\"audio\"]"]).unwrap();
        assert_eq!(alone.corrected.and_then(|c| c.mae), None);
    }

    #[test]
    fn headings_name_metrics_and_their_direction() {
        let of = |key: &str| named(&MetricKey::parse(key).unwrap());
        assert_eq!(of("test.mae"), ("test MAE".into(), Some(true)));
        assert_eq!(of("labels.text.copies"), ("text copies MAE".into(), None));
        assert_eq!(of("seconds.denoising"), ("denoising seconds".into(), Some(true)));
        assert_eq!(of("retrieval.audio").1, Some(false));
    }
}
