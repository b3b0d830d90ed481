//! Many runs and large studies that never were: for benchmarks and tests, in memory and as folders.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::console::state::studies::{Counts, StudyLine, StudyView};
use crate::console::world::study_cells::Cells;
use crate::device::DeviceRequest;
use crate::report::study::outcomes::{CellState, Outcome, Outcomes, StudyMetric, Variant};
use crate::run::directory::{Manifest, RunDir};
use crate::run::list::{RunResult, RunState, RunSummary};
use crate::run::study::plan::Ground;
use crate::run::study::{Definition, Plan, Study};
use crate::run::view::Phase;
use crate::training::events::{Body, Event, Stage, Summary};

/// Numbers that look random and never change, in [-1, 1].
pub(in crate::console) fn noise(i: usize) -> f32 {
    let mut x = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 32;
    (x % 20_001) as f32 / 10_000.0 - 1.0
}

/// So many runs in studies of a hundred cells.
pub(in crate::console) fn runs(count: usize) -> Vec<RunSummary> {
    runs_in_studies(count, 100)
}

/// So many runs in studies of so many cells, of variants with five seeds each.
pub(in crate::console) fn runs_in_studies(count: usize, cells: usize) -> Vec<RunSummary> {
    let run = |i: usize| {
        let study = format!("study-{}", i / cells);
        let (variant, seed) = (i % cells / 5, i % 5);
        let name = format!("variant-{variant}-s{seed}");
        let stopped = i.is_multiple_of(9);
        let mut summary = Summary::default();
        for key in ["mae", "pearson", "acc2_non0"] {
            summary.metrics.test.insert(key.into(), Some(0.5 + f64::from(noise(i + key.len())) / 10.0));
            summary.metrics.valid.insert(key.into(), Some(0.5 + f64::from(noise(i + 7 * key.len())) / 10.0));
        }
        let weight = (variant % 10) as f64 / 10.0;
        let settings = [
            ("training.seed".to_owned(), seed.into()),
            ("joint.unimodal_weight".to_owned(), weight.into()),
            ("denoising.learner".to_owned(), if variant.is_multiple_of(2) { "mlc" } else { "meta-weight" }.into()),
        ];
        RunSummary {
            path: PathBuf::from("/runs/studies").join(&study).join("runs").join(&name),
            name,
            dataset: "sims".into(),
            state: RunState::At(if stopped { Phase::Stopped } else { Phase::Finished }),
            stage: Some(Stage::Joint),
            epoch: 12,
            epochs: 20,
            progress: 1.0,
            created: "2026-11-23T08:00:00Z".into(),
            updated: 1_800_000_000,
            result: (!stopped).then(|| RunResult::from(&summary)),
            fault: None,
            study: Some(study),
            tags: vec![format!("tag-{}", i % 7)],
            note: String::new(),
            settings: settings.into(),
        }
    };
    (0..count).map(run).collect()
}

/// A study of so many variants and seeds, two thirds of its cells finished.
pub(in crate::console) fn study(name: &str, variants: usize, seeds: usize) -> StudyView {
    let n = variants * seeds;
    let finished = n * 2 / 3;
    let cell = |i: usize| {
        let state = match i.saturating_sub(finished) {
            _ if i < finished => CellState::Finished,
            0 => CellState::Failed { reason: "the loss is not finite: contrastive, epoch 3".into() },
            1 | 2 => CellState::Running { share: 0.45 },
            3 => CellState::Stopped,
            _ => CellState::Waiting,
        };
        let mae = 0.4 + 0.01 * (i / seeds) as f64 + 0.004 * f64::from(noise(i));
        let values = if i < finished { vec![Some(mae), Some(61.25)] } else { vec![None, None] };
        Outcome { state, values, test: None }
    };
    let cells: Vec<Outcome> = (0..n).map(cell).collect();
    let count = |is: fn(&CellState) -> bool| cells.iter().filter(|c| is(&c.state)).count();
    let counts = Counts {
        waiting: count(|s| matches!(s, CellState::Waiting)),
        running: count(|s| matches!(s, CellState::Running { .. })),
        stopped: count(|s| matches!(s, CellState::Stopped)),
        finished,
        failed: count(|s| matches!(s, CellState::Failed { .. })),
    };
    let path = PathBuf::from("/runs/studies").join(name);
    let run = |i: usize| (cells[i].state != CellState::Waiting).then(|| path.join(format!("runs/cell-{i}")));
    let runs = (0..n).map(run).collect();
    let question = "Which part of the method carries it on these data?".to_owned();
    let line = StudyLine {
        name: name.into(),
        path: path.clone(),
        question: question.clone(),
        counts,
        share: 0.69,
        left: Some(754.0),
        stopping: false,
    };
    let metric =
        |key: &str, name: &str| StudyMetric { key: key.into(), name: name.into(), lower_is_better: Some(true) };
    let variant = |i| Variant { name: format!("variant-{i}"), axes: vec![("data.label_noise".into(), "0.1".into())] };
    let outcomes = Outcomes {
        name: name.into(),
        question,
        metrics: vec![metric("test.mae", "test MAE"), metric("seconds", "seconds")],
        variants: (0..variants).map(variant).collect(),
        reference: Some(0),
        seeds: (1..=seeds as u64).collect(),
        cells,
        lines: Vec::new(),
    };
    StudyView::new(line, outcomes, runs)
}

/// Makes the folder of a study below `root` whose cells are all finished, without training; returns where it lies.
///
/// # Errors
/// The file system refuses.
pub fn study_directory(root: &Path, variants: usize, seeds: usize) -> io::Result<PathBuf> {
    named_study_directory(root, "large", variants, seeds)
}

/// The same by a name of its own. The variants differ in `joint.unimodal_weight`, by tenths.
///
/// # Errors
/// The file system refuses.
pub fn named_study_directory(root: &Path, name: &str, variants: usize, seeds: usize) -> io::Result<PathBuf> {
    let variant = |i: usize| {
        let weight = (i % 10) as f64 / 10.0;
        format!("{{ name = \"variant-{i}\", set = {{ joint.unimodal_weight = {weight:.1} }} }}")
    };
    let names: Vec<String> = (0..variants).map(variant).collect();
    let text = format!(
        "question = \"What does it cost to look?\"\nseeds = {seeds}\nmetrics = [\"test.mae\", \"seconds\"]\n\
         variants = [{}]\n",
        names.join(", ")
    );
    let definition = Definition::parse(&text, "made up").map_err(io::Error::other)?;
    let settings = Settings::built_in("demo").map_err(io::Error::other)?;
    let ground = Ground {
        dataset: "demo".into(),
        source: None,
        fingerprint: None,
        data: None,
        device: DeviceRequest::Cpu,
        settings: settings.clone(),
        settings_from: "made up".into(),
    };
    let study = Study::write(root, name, &Plan::new(&definition, "made up", ground)).map_err(io::Error::other)?;
    for (i, cell) in study.plan().cells().iter().enumerate() {
        let row = &study.plan().rows()[cell.row];
        let settings = study.plan().settings_of(row, cell.seed).map_err(io::Error::other)?;
        let manifest = Manifest::new("demo", None, DeviceRequest::Cpu, Stage::ALL.to_vec(), settings);
        let dir = RunDir::create(&study.runs_folder(), Some(&cell.name), &manifest).map_err(io::Error::other)?;
        let mut summary = Summary::default();
        summary.metrics.test.insert("mae".into(), Some(0.4 + f64::from(noise(i)) / 100.0));
        let event = |step: u64, body| Event { time: step as f64 / 100.0, stage: None, epoch: 1, step, body };
        let scalars = |step: u64| [("loss".to_owned(), Some(0.5 + 0.1 * noise(step as usize)))].into();
        let joint = |e: Event| Event { stage: Some(Stage::Joint), ..e };
        let mut events: Vec<Event> = (1..=200)
            .map(|step| joint(event(step, Body::Step { scalars: scalars(step), rates: Default::default() })))
            .collect();
        events.push(event(200, Body::Finished { summary }));
        let lines = events.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        std::fs::write(dir.events_path(), lines.join("\n") + "\n")?;
    }
    Ok(study.path().to_owned())
}

/// Looks at a study as the console's thread does.
#[derive(Debug)]
pub struct StudyLook(Cells);

impl StudyLook {
    /// Of the study in this folder; nothing is read yet.
    pub fn open(study: &Path) -> Self {
        Self(Cells::new(study))
    }

    /// Looks; returns the number of cells that are finished.
    ///
    /// # Errors
    /// No study lies there.
    pub fn look(&mut self) -> Result<usize, String> {
        self.0.look()?;
        Ok(self.0.view(0).line.counts.finished)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_study_is_read_as_the_console_reads_one() {
        let root = tempfile::tempdir().unwrap();
        let path = study_directory(root.path(), 3, 2).unwrap();
        assert_eq!(StudyLook::open(&path).look(), Ok(6));
        // Again from what was kept: the records are not needed.
        let index = path.join("runs/.cells.json");
        assert!(index.exists());
        let view = |look: &mut StudyLook| (look.look().unwrap(), look.0.view(0).outcomes.cells);
        let mut again = StudyLook::open(&path);
        let (finished, cells) = view(&mut again);
        assert_eq!(finished, 6);
        assert!(cells.iter().all(|c| c.values[0].is_some()));
        std::fs::remove_file(index).unwrap();
        assert_eq!(view(&mut StudyLook::open(&path)).1, cells);
    }
}
