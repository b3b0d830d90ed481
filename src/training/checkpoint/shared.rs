//! Handing a run what another run's first stages left, as if it had trained them itself.

use std::path::Path;

use super::{Checkpoint, Store, failed, standing};
use crate::training::error::TrainingError;
use crate::training::events::{LabelSummaries, Stage, SummaryMetrics};

/// What the first stages left besides their weights, as their run's record says it.
#[derive(Clone, Debug, Default)]
pub struct HandedOn {
    /// Of the weights that they hand on.
    pub metrics: SummaryMetrics,
    /// Of the last refresh in these stages.
    pub labels: Option<LabelSummaries>,
    /// Refreshes in these stages.
    pub refreshes: u32,
    /// Active seconds of the run at their end.
    pub time: f64,
}

/// Writes a checkpoint into the empty folder `to` with which a run begins `next`, on what the run whose checkpoints lie in
/// `from` has of the stages before it. That run may be going on meanwhile.
///
/// # Errors
/// The other run has not finished stage `last`, the one before, or what it left is damaged; a folder that cannot be
/// written.
pub fn hand_on(from: &Path, to: &Path, last: Stage, next: Stage, handed: HandedOn) -> Result<(), TrainingError> {
    let giving = Store::looking(from, standing(from).map_err(|e| failed(from, &e))?);
    let mut progress = giving.load_before(next)?.checkpoint.progress;
    let missing = || TrainingError::MissingStage { stage: next, needs: last, path: from.to_owned() };
    if !progress.results.contains_key(&last) {
        return Err(missing());
    }
    progress.begin(next);
    progress.metrics = handed.metrics;
    progress.labels = handed.labels;
    progress.refreshes = handed.refreshes;
    progress.time = handed.time;
    // Labels that people chose for the other run are not this one's.
    (progress.calibrated, progress.targets) = (None, None);
    let mut store = Store::open(to)?;
    let stages: Vec<Stage> = progress.results.keys().copied().collect();
    for stage in stages {
        let weights = giving.result(&progress, next, stage)?;
        progress.results.insert(stage, store.save_result(stage, &weights)?);
    }
    store.save(&Checkpoint { progress, state: None })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::checkpoint::Progress;
    use crate::training::events::StageSummary;

    #[test]
    fn a_run_begins_where_another_left_its_first_stage() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut store = Store::open(from.path()).unwrap();
        let mut progress = Progress { stage: Some(Stage::Contrastive), refreshes: 9, ..Progress::default() };
        let summary = StageSummary { best_epoch: 4, ..StageSummary::default() };
        progress.stages.insert(Stage::Contrastive, summary.clone());
        store.save(&Checkpoint { progress: progress.clone(), state: None }).unwrap();
        let hand = |to: &Path| {
            let handed = HandedOn { time: 1.5, ..HandedOn::default() };
            hand_on(from.path(), to, Stage::Contrastive, Stage::Denoising, handed)
        };
        assert!(matches!(hand(to.path()), Err(TrainingError::MissingStage { .. })), "not finished");
        progress.results.insert(Stage::Contrastive, store.save_result(Stage::Contrastive, b"weights").unwrap());
        progress.begin(Stage::Denoising);
        progress.results.insert(Stage::Denoising, store.save_result(Stage::Denoising, b"corrector").unwrap());
        progress.stage = Some(Stage::Joint);
        store.save(&Checkpoint { progress, state: None }).unwrap();
        hand(to.path()).unwrap();
        let found = Store::open(to.path()).unwrap().load().unwrap().unwrap().checkpoint;
        assert!(found.state.is_none() && found.progress.results.len() == 1);
        assert_eq!((found.progress.stage, found.progress.step), (Some(Stage::Denoising), 0));
        assert_eq!((found.progress.refreshes, found.progress.time), (0, 1.5));
        assert_eq!(found.progress.stages[&Stage::Contrastive], summary);
        let store = Store::open(to.path()).unwrap();
        assert_eq!(store.result(&found.progress, Stage::Denoising, Stage::Contrastive).unwrap(), b"weights");
    }
}
