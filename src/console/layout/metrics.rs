//! The columns of the metric pane.

use crate::console::state::State;
use crate::run::view::StageView;

/// One column of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A column of the per-epoch curves.
    Curve(String),
    /// A validation metric.
    Metric(String),
}

impl Source {
    pub fn heading(&self) -> String {
        match self {
            Source::Curve(name) => name.replace("train.", "train ").replace("valid.", "valid ").replace('_', " "),
            Source::Metric(name) => name.replace('_', " "),
        }
    }

    pub fn value(&self, view: &StageView, epoch: usize) -> f64 {
        match self {
            Source::Curve(name) => view.per_epoch.columns.get(name).and_then(|c| c.get(epoch)).copied().map(f64::from),
            Source::Metric(name) => view.metrics.get(epoch).and_then(|m| m.get(name)).copied().flatten(),
        }
        .unwrap_or(f64::NAN)
    }
}

/// The columns of the shown stage: losses, then the field's metrics in the field's order, then everything else.
pub fn columns(state: &State) -> Vec<Source> {
    let Some(run) = &state.run else { return Vec::new() };
    let view = run.view.stage(state.shown_stage());
    let named = |name: &str| view.per_epoch.columns.contains_key(name).then(|| Source::Curve(name.to_owned()));
    let mut columns: Vec<Source> = ["train.loss", "valid.loss"].into_iter().filter_map(named).collect();
    let present = |key: &&String| view.metrics.iter().any(|m| m.contains_key(*key));
    if let Some(prepared) = &run.view.prepared {
        columns.extend(prepared.metric_keys.iter().filter(present).cloned().map(Source::Metric));
    }
    let more = view.metrics.last().into_iter().flat_map(|m| m.keys()).cloned().map(Source::Metric);
    let curves = view.per_epoch.columns.keys().cloned().map(Source::Curve);
    for column in more.chain(curves) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}
