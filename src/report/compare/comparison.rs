//! Runs put side by side.

use serde::Serialize;

use super::results::{ResultRow, best, predicting, results};
use super::settings::{SettingRow, differing};
use crate::run::directory::{Manifest, RunDir};
use crate::run::list::RunState;
use crate::run::lock;
use crate::run::view::RunView;
use crate::training::events::Stage;

/// One of the runs compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunColumn {
    pub name: String,
    pub dataset: String,
    pub state: RunState,
    /// The stage and the epoch that the figures are of: the best so far of the last stage that predicts.
    pub stage: Option<Stage>,
    pub epoch: Option<u32>,
}

/// Runs side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub runs: Vec<RunColumn>,
    pub settings: Vec<SettingRow>,
    pub results: Vec<ResultRow>,
    /// True where all runs trained on the same data.
    pub same_data: bool,
}

/// Puts runs side by side.
pub fn compare(runs: &[(&RunDir, &RunView)]) -> Comparison {
    let manifests: Vec<&Manifest> = runs.iter().map(|(dir, _)| dir.manifest()).collect();
    let same_data = manifests.windows(2).all(|w| w[0].has_data_of(w[1]));
    let columns = runs.iter().map(|(dir, view)| {
        let stage = predicting(view);
        let part = stage.map(|s| view.stage(s));
        let epoch = part.and_then(|p| p.per_epoch.epoch.get(p.best_epoch()?).map(|e| *e as u32));
        RunColumn {
            name: dir.name().to_owned(),
            dataset: dir.manifest().dataset_name(),
            state: RunState::of(view.phase, lock::is_alive(dir)),
            stage,
            epoch,
        }
    });
    let mut comparison =
        Comparison { runs: columns.collect(), settings: differing(&manifests), results: results(runs), same_data };
    for row in &mut comparison.results {
        if same_data {
            row.best = best(row);
        }
    }
    comparison
}
