//! A console on a run that never was, to measure what frames and keys cost: benchmarks and `mug bench`.

use std::io;

use crate::console::headless::Headless;
use crate::console::made_up::noise;
use crate::modality::PerModality;
use crate::run::rows::{LabelRows, RowsError};
use crate::split::{PerSplit, Split};
use crate::training::events::{Body, Event, Prepared, Stage, StagePlan};

fn at(step: u64, body: Body) -> Event {
    Event { time: step as f64 * 0.01, stage: Some(Stage::Denoising), epoch: 1 + (step / 43) as u32, step, body }
}

/// Optimiser steps of the denoising stage, `n` of them after step `from`.
pub fn steps(from: u64, n: u64) -> Vec<Event> {
    let scalars = |s: u64| [("loss".to_owned(), Some(0.5 + 0.1 * noise(s as usize)))].into();
    (from..from + n).map(|s| at(s, Body::Step { scalars: scalars(s), rates: Default::default() })).collect()
}

/// `n` clips, a third of them with a Chinese transcript.
///
/// # Errors
/// None: its columns are of one length.
pub fn rows(n: usize) -> Result<LabelRows, RowsError> {
    let text = |i: usize| match i % 3 {
        0 => "这个电影真的很好看".to_owned(),
        _ => format!("Sentence number {i}, as somebody said it"),
    };
    let ids: Vec<String> = (0..n).map(|i| format!("video_{i}$_$1")).collect();
    let texts: Vec<String> = (0..n).map(text).collect();
    let y: Vec<f32> = (0..n).map(|i| (noise(i) * 5.0).round() / 5.0).collect();
    let mut rows = LabelRows::default();
    rows.extend(Split::Train, &ids, &texts, &y, None)?;
    Ok(rows)
}

/// Corrected labels of `n` rows.
pub fn corrected(n: usize) -> PerModality<Vec<f32>> {
    PerModality::from_fn(|m| (0..n).map(|i| noise(i + 7 * m as usize)).collect())
}

/// A console on a run in its second stage with a table of `rows` rows.
///
/// # Errors
/// None that drawing into memory has.
pub fn console(width: u16, height: u16, rows: usize) -> io::Result<Headless> {
    let mut console = Headless::new(width, height)?;
    let plan = Stage::ALL.map(|stage| StagePlan { stage, epochs: 30, steps_per_epoch: 43 }).to_vec();
    let prepared = Prepared {
        dataset: "made up".into(),
        device: "none".into(),
        samples: PerSplit { train: rows, valid: 0, test: 0 },
        shapes: PerModality::default(),
        label_range: 1.0,
        metric_keys: vec!["mae".into()],
        unimodal_labels: false,
        plan,
        parameters: (0, 0),
        findings: vec![],
        in_sample: vec![],
        label_source: Default::default(),
        modalities: Vec::new(),
    };
    console.events(vec![at(0, Body::Prepared(prepared))]);
    console.events(steps(1, 600));
    let file = "labels/0000-denoising.npy".to_owned();
    console.events(vec![at(600, Body::Labels { refresh: 0, file, summaries: Default::default(), values: None })]);
    console.rows(self::rows(rows).map_err(io::Error::other)?);
    console.labels(0, corrected(rows));
    console.arrange();
    console.frame()?;
    Ok(console)
}
