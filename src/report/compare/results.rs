//! What came of each run.

use serde::Serialize;

use crate::modality::Modality;
use crate::run::directory::RunDir;
use crate::run::view::RunView;
use crate::split::Split;
use crate::training::events::{Metrics, Stage};
use crate::training::metrics::{self, Better};

/// A result of each run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResultRow {
    /// `valid mae`, `test acc2_non0`, `labels train text pearson`, ...
    pub name: String,
    /// One for each run; `None` where it is undefined or not there yet.
    pub values: Vec<Option<f64>>,
    /// `None` where neither end is good.
    pub better: Option<Better>,
    /// Positions of the best runs; empty where the runs cannot be ranked: another dataset, or fewer than two values.
    pub best: Vec<usize>,
}

/// The last stage that has predicted something.
pub(in crate::report) fn predicting(view: &RunView) -> Option<Stage> {
    [Stage::Joint, Stage::Contrastive].into_iter().find(|s| view.stage(*s).metrics.iter().any(|m| !m.is_empty()))
}

pub(super) fn results(runs: &[(&RunDir, &RunView)]) -> Vec<ResultRow> {
    let mut rows: Vec<ResultRow> = Vec::new();
    let mut add = |name: String, better: Option<Better>, value: &dyn Fn(&RunView) -> Option<f64>| {
        let values: Vec<Option<f64>> = runs.iter().map(|(_, v)| value(v).filter(|v| v.is_finite())).collect();
        if values.iter().any(Option::is_some) && rows.iter().all(|r| r.name != name) {
            rows.push(ResultRow { name, values, better, best: Vec::new() });
        }
    };
    let known = runs.iter().flat_map(|(_, v)| v.prepared.iter().flat_map(|p| p.metric_keys.clone()));
    let mut keys: Vec<String> = Vec::new();
    known.for_each(|k| {
        if !keys.contains(&k) {
            keys.push(k)
        }
    });
    for (split, of) in [("valid", valid as fn(&RunView) -> Option<&Metrics>), ("test", test)] {
        for key in &keys {
            add(format!("{split} {key}"), direction(key), &|view| of(view)?.get(key).copied().flatten());
        }
    }
    for m in Modality::ALL {
        let last = move |view: &RunView| view.labels.last().map(|l| l.summaries[Split::Train][m]);
        add(format!("labels train {m} mean_abs_change"), None, &|v| last(v)?.mean_abs_change);
        add(format!("labels train {m} pearson"), Some(Better::Higher), &|v| last(v)?.corrected?.pearson);
        add(format!("labels train {m} mae"), Some(Better::Lower), &|v| last(v)?.corrected?.mae);
    }
    add("active seconds".into(), None, &|v| (v.events > 0).then_some(v.time));
    for stage in Stage::ALL {
        let costs = move |view: &RunView| view.stage(stage).costs;
        add(format!("{stage} seconds"), None, &|v| Some(costs(v)?.seconds));
        add(format!("{stage} samples/s"), None, &|v| costs(v)?.samples_per_second);
        add(format!("{stage} operations"), None, &|v| Some(costs(v)?.operations? as f64));
        add(format!("{stage} peak memory"), None, &|v| Some(costs(v)?.peak_memory? as f64));
        add(format!("{stage} GPU memory"), None, &|v| Some(costs(v)?.gpu_memory? as f64));
    }
    add("peak memory".into(), None, &|v| Some(v.summary.as_ref()?.peak_memory? as f64));
    rows
}

/// Of the best epoch so far of the last stage that predicts.
fn valid(view: &RunView) -> Option<&Metrics> {
    let part = view.stage(predicting(view)?);
    part.metrics.get(part.best_epoch()?)
}

fn test(view: &RunView) -> Option<&Metrics> {
    view.summary.as_ref().map(|s| &s.metrics.test)
}

fn direction(key: &str) -> Option<Better> {
    metrics::find(key).map(|m| m.better)
}

pub(super) fn best(row: &ResultRow) -> Vec<usize> {
    let values: Vec<(usize, f64)> = row.values.iter().enumerate().filter_map(|(i, v)| Some((i, (*v)?))).collect();
    let (Some(better), true) = (row.better, values.len() >= 2) else { return Vec::new() };
    let top = values.iter().map(|(_, v)| *v).reduce(|a, b| if better == Better::Lower { a.min(b) } else { a.max(b) });
    let at: Vec<usize> = values.iter().filter(|(_, v)| Some(*v) == top).map(|(i, _)| *i).collect();
    // Where all are the same there is nothing to point at.
    if at.len() == values.len() { Vec::new() } else { at }
}
