//! Everything that a run computed, bit for bit: what an uninterrupted run and one that was killed must agree on.

use std::collections::BTreeMap;

use mug::run::directory::RunDir;
use mug::run::tail::read_view;
use mug::run::view::{Curves, Phase};
use mug::training::events::{Stage, StageState};

/// Values by name. Times are left out: they differ from run to run.
#[derive(Debug)]
pub struct Outcome(BTreeMap<String, Vec<u64>>);

fn curves(all: &mut BTreeMap<String, Vec<u64>>, prefix: &str, curves: &Curves) {
    all.insert(format!("{prefix} step"), curves.step.clone());
    all.insert(format!("{prefix} epoch"), curves.epoch.iter().map(|e| u64::from(e.to_bits())).collect());
    for (name, column) in &curves.columns {
        all.insert(format!("{prefix} {name}"), column.iter().map(|v| u64::from(v.to_bits())).collect());
    }
}

fn text(text: &str) -> Vec<u64> {
    text.bytes().map(u64::from).collect()
}

impl Outcome {
    /// Of a finished run, as a viewer sees its events, and the files that they name.
    pub fn of(dir: &RunDir) -> Outcome {
        let view = read_view(&dir.events_path()).unwrap();
        assert_eq!(view.phase, Phase::Finished);
        let mut all = BTreeMap::new();
        for stage in Stage::ALL {
            let part = view.stage(stage);
            if part.state == StageState::Skipped {
                continue;
            }
            assert!(!part.steps.is_empty() && !part.per_epoch.is_empty(), "{stage} has no curves");
            assert!(part.steps.step.iter().copied().eq(1..=part.step), "{stage}: {:?}", part.steps.step);
            curves(&mut all, &format!("{stage} steps:"), &part.steps);
            curves(&mut all, &format!("{stage} epochs:"), &part.per_epoch);
            all.insert(format!("{stage} best"), part.best.iter().map(|&b| u64::from(b)).collect());
            for (epoch, metrics) in part.metrics.iter().enumerate() {
                let bits = |(name, value): (&String, &Option<f64>)| {
                    (format!("{stage} epoch {epoch} {name}"), vec![value.map_or(u64::MAX, f64::to_bits)])
                };
                all.extend(metrics.iter().map(bits));
            }
        }
        for (i, refresh) in view.labels.iter().enumerate() {
            let place = format!("{:?} {} {} {}", refresh.stage, refresh.refresh, refresh.epoch, refresh.step);
            all.insert(format!("label refresh {i}"), text(&place));
            all.insert(format!("label summaries {i}"), text(&format!("{:?}", refresh.summaries)));
            let file = std::fs::read(dir.path().join(&refresh.file)).unwrap();
            all.insert(format!("labels {i}"), file.into_iter().map(u64::from).collect());
        }
        for (i, entry) in view.embeddings.iter().enumerate() {
            let place = format!("{:?} {:?} {} {}", entry.moment, entry.stage, entry.epoch, entry.stride);
            all.insert(format!("embedding entry {i}"), text(&place));
            let file = std::fs::read(dir.path().join(&entry.file)).unwrap();
            all.insert(format!("embedding {i}"), file.into_iter().map(u64::from).collect());
        }
        for (i, entry) in view.predictions.iter().enumerate() {
            let file = std::fs::read(dir.path().join(&entry.file)).unwrap();
            all.insert(format!("predictions {i} of {:?}", entry.stage), file.into_iter().map(u64::from).collect());
        }
        let mut summary = view.summary.expect("a finished run has a summary");
        summary.peak_memory = None;
        for stage in summary.stages.values_mut() {
            stage.seconds = 0.0;
            stage.samples_per_second = None;
            (stage.peak_memory, stage.gpu_memory) = (None, None);
        }
        all.insert("summary".into(), text(&serde_json::to_string(&summary).unwrap()));
        Outcome(all)
    }

    /// True where nothing differs.
    pub fn is(&self, other: &Outcome) -> bool {
        self.0 == other.0
    }

    /// Fails with the names of what differs: the values themselves would fill many screens.
    pub fn assert_same(&self, other: &Outcome, what: &str) {
        let differs: Vec<String> = self
            .0
            .keys()
            .chain(other.0.keys())
            .filter(|k| self.0.get(*k) != other.0.get(*k))
            .map(|k| {
                format!("{k} ({:?} values, {:?} values)", self.0.get(k).map(Vec::len), other.0.get(k).map(Vec::len))
            })
            .collect();
        assert!(
            differs.is_empty(),
            "{what}: {} things differ, among them {:#?}",
            differs.len(),
            &differs[..differs.len().min(6)]
        );
    }
}
