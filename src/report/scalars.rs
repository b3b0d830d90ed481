//! Every number of a run's events in one tidy table: a row for each value.

use std::io::{self, Write};

use crate::modality::Modality;
use crate::run::view::{Curves, LabelRefresh, RATE, RunView};
use crate::split::Split;
use crate::training::events::{LabelSummary, Stage};

/// One number with the moment it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    pub stage: Stage,
    /// Epochs done, with the fraction of the running one.
    pub epoch: f32,
    /// Optimiser steps done in the stage.
    pub step: u64,
    /// Active seconds of the run.
    pub time: f64,
    pub of: Of,
    pub name: String,
    /// NaN where it was not finite, undefined, or not reported at that moment.
    pub value: Number,
}

/// What a number was measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The batch of one optimiser step.
    Step,
    /// The mean over an epoch's steps.
    TrainMean,
    Split(Split),
}

impl Of {
    /// The name in tables: `step`, `train_mean`, `train`, `valid` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Of::Step => "step",
            Of::TrainMean => "train_mean",
            Of::Split(split) => split.name(),
        }
    }
}

/// A number as precise as it was recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Single(f32),
    Double(f64),
}

impl Number {
    /// The nearest f32.
    pub fn single(self) -> f32 {
        match self {
            Number::Single(v) => v,
            Number::Double(v) => v as f32,
        }
    }

    /// The shortest text that reads back as the same number; empty for what is not finite.
    pub fn text(self) -> String {
        match self {
            Number::Single(v) if v.is_finite() => v.to_string(),
            Number::Double(v) if v.is_finite() => v.to_string(),
            _ => String::new(),
        }
    }
}

/// All numbers, stage by stage and each name's in the order of time: losses of steps and epochs, validation metrics, what
/// became of the labels at each refresh, and once the run is finished the test metrics.
pub fn scalars(view: &RunView) -> impl Iterator<Item = Scalar> + '_ {
    let stages = Stage::ALL.into_iter().flat_map(move |stage| {
        let part = view.stage(stage);
        let steps = columns(stage, &part.steps, |name| (Of::Step, name));
        let epochs = columns(stage, &part.per_epoch, |name| match name.split_once('.') {
            Some(("train", name)) => (Of::TrainMean, name),
            Some(("valid", name)) => (Of::Split(Split::Valid), name),
            _ => (Of::TrainMean, name),
        });
        let metrics = part.metrics.iter().enumerate().flat_map(move |(i, metrics)| {
            metrics.iter().map(move |(name, value)| Scalar {
                name: name.clone(),
                value: Number::Double(value.unwrap_or(f64::NAN)),
                of: Of::Split(Split::Valid),
                ..at(stage, &part.per_epoch, i)
            })
        });
        steps.chain(epochs).chain(metrics)
    });
    let labels = view.labels.iter().flat_map(move |refresh| label_scalars(view, refresh));
    stages.chain(labels).chain(test_scalars(view))
}

/// The moment of a point, without a value.
fn at(stage: Stage, curves: &Curves, i: usize) -> Scalar {
    Scalar {
        stage,
        epoch: curves.epoch.get(i).copied().unwrap_or_default(),
        step: curves.step.get(i).copied().unwrap_or_default(),
        time: curves.time.get(i).copied().unwrap_or_default(),
        of: Of::Step,
        name: String::new(),
        value: Number::Single(f32::NAN),
    }
}

fn columns<'a>(
    stage: Stage,
    curves: &'a Curves,
    what: impl Fn(&'a str) -> (Of, &'a str) + Copy + 'a,
) -> impl Iterator<Item = Scalar> + 'a {
    curves.columns.iter().flat_map(move |(key, column)| {
        let (of, name) = what(key);
        // Before the first step nothing was trained: what is missing there was never measured. A learning rate that is
        // missing was not in use yet.
        let fallible = !key.starts_with(RATE);
        let measured =
            move |i: usize, value: f32| value.is_finite() || fallible && curves.step.get(i).is_some_and(|s| *s > 0);
        column.iter().enumerate().filter(move |(i, v)| measured(*i, **v)).map(move |(i, value)| Scalar {
            of,
            name: name.to_owned(),
            value: Number::Single(*value),
            ..at(stage, curves, i)
        })
    })
}

/// What a refresh says of the labels.
fn label_scalars<'a>(view: &'a RunView, refresh: &'a LabelRefresh) -> impl Iterator<Item = Scalar> + 'a {
    let stage = refresh.stage.unwrap_or(Stage::Denoising);
    let curves = &view.stage(stage).per_epoch;
    let point = curves.step.partition_point(|s| *s < refresh.step).min(curves.len().saturating_sub(1));
    let moment = Scalar { epoch: refresh.epoch as f32, step: refresh.step, ..at(stage, curves, point) };
    refresh.summaries.iter().flat_map(move |(split, of)| {
        let moment = moment.clone();
        of.iter().flat_map(move |(m, summary)| {
            let moment = moment.clone();
            label_values(m, summary).into_iter().map(move |(name, value)| Scalar {
                of: Of::Split(split),
                name,
                value: Number::Double(value),
                ..moment.clone()
            })
        })
    })
}

fn label_values(m: Modality, summary: &LabelSummary) -> Vec<(String, f64)> {
    let agreements = [("corrected", summary.corrected), ("copied", summary.copied)];
    let judged = agreements.into_iter().filter_map(|(who, a)| Some((who, a?)));
    let judged = judged.flat_map(|(who, a)| [(format!("{who}_mae"), a.mae), (format!("{who}_pearson"), a.pearson)]);
    let own =
        [("mean_abs_change".to_owned(), summary.mean_abs_change), ("share_moved".to_owned(), summary.share_moved)];
    own.into_iter().chain(judged).filter_map(|(name, v)| Some((format!("labels_{m}_{name}"), v?))).collect()
}

/// Of the finished run: read at the best epoch of the last stage that predicts.
fn test_scalars(view: &RunView) -> impl Iterator<Item = Scalar> + '_ {
    let stage = [Stage::Joint, Stage::Contrastive].into_iter().find(|s| !view.stage(*s).per_epoch.is_empty());
    let found = view.summary.as_ref().zip(stage);
    found.into_iter().flat_map(move |(summary, stage)| {
        let part = view.stage(stage);
        // Without validation the last epoch's weights are handed on.
        let read = part.best_epoch().or(part.per_epoch.len().checked_sub(1));
        let moment = at(stage, &part.per_epoch, read.unwrap_or_default());
        summary.metrics.test.iter().map(move |(name, value)| Scalar {
            of: Of::Split(Split::Test),
            name: name.clone(),
            value: Number::Double(value.unwrap_or(f64::NAN)),
            ..moment.clone()
        })
    })
}

/// Writes all numbers as CSV: `stage,epoch,step,time,split,name,value`. `split` is `step` for the batch of one optimiser
/// step and `train_mean` for the mean over an epoch's steps. A value that is not a number is an empty field.
///
/// # Errors
/// Whatever `out` reports.
pub fn write_csv(view: &RunView, out: &mut impl Write) -> io::Result<u64> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(["stage", "epoch", "step", "time", "split", "name", "value"])?;
    let mut rows = 0;
    for scalar in scalars(view) {
        let (epoch, step, time) = (scalar.epoch.to_string(), scalar.step.to_string(), scalar.time.to_string());
        let (of, value) = (scalar.of.name(), scalar.value.text());
        table.write_record([scalar.stage.name(), &epoch, &step, &time, of, &scalar.name, &value])?;
        rows += 1;
    }
    table.flush()?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{EPOCHS, STEPS, events_with_rates, finished, write_events};
    use crate::run::tail::read_view;

    #[test]
    fn every_number_has_its_row() {
        let (_root, dir) = finished("a", &[]);
        let view = read_view(&dir.events_path()).unwrap();
        let mut out = Vec::new();
        let rows = write_csv(&view, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let all: Vec<&str> = text.lines().collect();
        assert_eq!(all[0], "stage,epoch,step,time,split,name,value");
        assert_eq!(all.len() as u64, rows + 1);
        // Two values a step, three an epoch, four metrics an epoch of two stages, six for each modality and split, two
        // of the test, five before any training.
        let expected = 3 * STEPS * EPOCHS * 2 + 3 * EPOCHS * 3 + 2 * EPOCHS * 4 + 9 * 6 + 2 + 5;
        assert_eq!(rows, expected);
        for row in [
            "contrastive,0,0,0,valid,loss,1.5",
            "contrastive,0.2,1,0.25,step,loss,1",
            "contrastive,1.4,7,1.75,step,loss,",
            "contrastive,3,15,3.75,train_mean,loss,0.5",
            "joint,1,5,11.25,valid,mae,1",
            "joint,1,5,11.25,valid,f1,",
            "denoising,4,20,10,train,labels_audio_corrected_mae,0.1",
            "joint,3,15,13.75,test,mae,0.36",
        ] {
            assert!(all.contains(&row), "{row} in\n{text}");
        }
    }

    #[test]
    fn learning_rates_are_among_the_numbers_of_the_steps_that_used_them() {
        let (_root, dir) = finished("a", &[]);
        let count = |view: &RunView| scalars(view).count();
        let without = count(&read_view(&dir.events_path()).unwrap());
        write_events(&dir, &events_with_rates());
        let view = read_view(&dir.events_path()).unwrap();
        assert_eq!(count(&view), without + (4 * STEPS * EPOCHS) as usize);
        let mut out = Vec::new();
        write_csv(&view, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for row in [
            "contrastive,0.2,1,0.25,step,learning_rate_bert,0.00001",
            "contrastive,1,5,1.25,step,learning_rate_bert,0.00005",
            "joint,1.4,7,11.75,step,learning_rate_network,0.001",
        ] {
            assert!(text.lines().any(|line| line == row), "{row} in\n{text}");
        }
    }

    #[test]
    fn numbers_read_back_as_they_were() {
        for v in [0.1f32, 1.0 / 3.0, f32::MIN_POSITIVE, f32::MAX, -0.0] {
            assert_eq!(Number::Single(v).text().parse::<f32>().unwrap().to_bits(), v.to_bits());
        }
        let v = f64::from(0.1f32);
        assert_eq!(Number::Double(v).text().parse::<f64>().unwrap(), v);
        assert_eq!(Number::Double(f64::INFINITY).text(), "");
    }
}
