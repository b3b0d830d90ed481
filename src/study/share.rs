//! Cells that agree in everything their first stages depend on train these once: the second begins from what the first
//! left, with its record of them, as if it had trained them itself.

use std::path::{Component, Path};

use crate::config::{ConfigError, Settings};
use crate::run::FileError;
use crate::run::calibration::Calibration;
use crate::run::directory::{RunDir, RunError};
use crate::run::predictions;
use crate::run::recorder::{RecordError, Recorder};
use crate::run::rows::{LabelRows, RowsError};
use crate::run::study::fingerprint::{difference, of_stages};
use crate::run::study::{Cell, Row, Study};
use crate::run::tail::{EventTail, TailError};
use crate::run::view::RunView;
use crate::split::Split;
use crate::training::events::{Body, Cut, Event, Level, Stage, StageState, SummaryMetrics};
use crate::training::{HandedOn, TrainingError, hand_on, metrics};

/// Why what a run left could not be handed on.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    #[error("run {run} has no predictions of its stage 1")]
    NoPredictions { run: String },
    #[error("run {run}: its record names the file {file}, which is not below the run directory")]
    Outside { run: String, file: String },
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error(transparent)]
    Array(#[from] crate::run::npy::NpyError),
    #[error(transparent)]
    Tail(#[from] TailError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Training(#[from] TrainingError),
}

/// A study's cells by what their first stages depend on.
#[derive(Debug)]
pub struct Kinship {
    rows: Vec<Row>,
    cells: Vec<Cell>,
    /// In the order of the cells.
    known: Vec<Known>,
    device: String,
}

#[derive(Debug)]
struct Known {
    settings: Settings,
    stages: Vec<Stage>,
    /// Of the stages up to contrastive and up to denoising, where another follows.
    fingerprints: [Option<String>; 2],
}

impl Known {
    /// `None` for a stage behind which nothing could be begun.
    fn fingerprint(&self, last: Stage) -> Option<&str> {
        self.fingerprints.get(last.index())?.as_deref()
    }
}

/// A run whose first stages a cell can begin from.
#[derive(Clone, Debug)]
pub struct Giver {
    pub run: RunDir,
    /// Its last stage that is handed on.
    pub last: Stage,
    /// Of everything that the stages up to it depend on.
    pub fingerprint: String,
}

impl Kinship {
    /// Of a study whose cells are trained on `device`, in the words in which runs record it.
    ///
    /// # Errors
    /// Settings that cannot be.
    pub fn of(study: &Study, device: &str) -> Result<Kinship, ConfigError> {
        let plan = study.plan();
        let (rows, cells) = (plan.rows(), plan.cells());
        let mut of_rows = Vec::with_capacity(rows.len());
        for row in &rows {
            of_rows.push(plan.settings_of(row, 0)?);
        }
        let known = cells.iter().map(|cell| {
            let mut settings = of_rows[cell.row].clone();
            settings.training.seed = cell.seed;
            let stages = plan.stages_of(&settings);
            let of = |last: Stage| {
                let shared = stages.contains(&last) && stages.iter().any(|s| *s > last);
                shared.then(|| of_stages(&settings, plan, device, last)).flatten()
            };
            let fingerprints = [of(Stage::Contrastive), of(Stage::Denoising)];
            Known { settings, stages, fingerprints }
        });
        let known = known.collect();
        Ok(Kinship { rows, cells, known, device: device.to_owned() })
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// A cell's settings.
    pub fn settings(&self, cell: usize) -> &Settings {
        &self.known[cell].settings
    }

    /// The stages that a cell trains.
    pub fn stages(&self, cell: usize) -> &[Stage] {
        &self.known[cell].stages
    }

    /// The other cells that agree with one in everything that the stages up to `last` depend on.
    pub fn of_stages(&self, cell: usize, last: Stage) -> impl Iterator<Item = usize> {
        let of = move |cell: usize| self.known[cell].fingerprint(last);
        let wanted = of(cell);
        (0..self.cells.len()).filter(move |other| *other != cell && wanted.is_some() && of(*other) == wanted)
    }

    /// A run that a cell can begin from, one with two finished stages first.
    pub fn giver(&self, study: &Study, cell: usize) -> Option<Giver> {
        for last in [Stage::Denoising, Stage::Contrastive] {
            for other in self.of_stages(cell, last) {
                let run = study.run(&self.cells[other]).ok().flatten();
                if let Some(run) = run.filter(|run| self.gives(study, run, other, last)) {
                    let fingerprint = self.known[cell].fingerprint(last)?.to_owned();
                    return Some(Giver { run, last, fingerprint });
                }
            }
        }
        None
    }

    /// Whether a run is its cell's as the study has it now, was trained by this version on this kind of device, has
    /// finished a stage, and nobody ended that early or chose its labels.
    fn gives(&self, study: &Study, run: &RunDir, cell: usize, last: Stage) -> bool {
        if run.manifest().version != env!("CARGO_PKG_VERSION")
            || difference(run.manifest(), &self.known[cell].settings, study.plan()).is_some()
            || last == Stage::Denoising && !matches!(Calibration::read(run), Ok(None))
        {
            return false;
        }
        let Ok(view) = crate::run::tail::read_view(&run.events_path()) else { return false };
        let cut = Stage::ALL.into_iter().filter(|s| *s <= last).any(|s| view.stage(s).cut == Some(Cut::Done));
        let here = view.prepared.as_ref().is_some_and(|p| p.device == self.device);
        here && !cut && is_behind(&view, last) && view.damage.is_none()
    }
}

/// Whether a run has gone on from a stage, so that a checkpoint with its result stands.
fn is_behind(view: &RunView, last: Stage) -> bool {
    view.summary.is_some() || view.stage.is_some_and(|now| now > last)
}

/// Writes into a new run directory what another run has of its first stages.
///
/// # Errors
/// That is damaged, or the file system refuses.
pub fn hand(giver: &Giver, to: &RunDir, next: Stage) -> Result<(), ShareError> {
    let from = &giver.run;
    let events = events_of(from, giver.last)?;
    for event in &events {
        copy_file(from, to, &event.body)?;
    }
    let handed = handed_on(from, &events)?;
    let mut recorder = Recorder::open(to)?;
    events.into_iter().for_each(|event| recorder.push(event));
    let what = match giver.last {
        Stage::Contrastive => "stage 1 is",
        _ => "stages 1 and 2 are",
    };
    let message = format!(
        "{what} that of run {}, which has the same settings, seed, data and program in everything that this depends on \
         (fingerprint {})",
        from.name(),
        giver.fingerprint.get(..16).unwrap_or(&giver.fingerprint)
    );
    recorder.push_here(Body::Log { level: Level::Info, message });
    recorder.settle()?;
    hand_on(&from.checkpoints_dir(), &to.checkpoints_dir(), giver.last, next, handed)?;
    Ok(())
}

/// What a run recorded up to the end of a stage, without what concerns its process.
fn events_of(run: &RunDir, last: Stage) -> Result<Vec<Event>, TailError> {
    let mut tail = EventTail::open(run.events_path());
    let mut found = Vec::new();
    loop {
        found.extend(tail.poll()?);
        if tail.caught_up() {
            break;
        }
    }
    let of_process = |body: &Body| {
        matches!(
            body,
            Body::Checkpointed { .. }
                | Body::Paused
                | Body::Unpaused
                | Body::Stopped
                | Body::Fault { .. }
                | Body::StageChanged { state: StageState::Paused }
        )
    };
    let begins = |event: &Event| event.stage.is_none() && matches!(event.body, Body::Prepared(_));
    found.retain(|e| begins(e) || e.stage.is_some_and(|s| s <= last) && !of_process(&e.body));
    Ok(found)
}

/// Copies the file that an event names.
fn copy_file(from: &RunDir, to: &RunDir, body: &Body) -> Result<(), ShareError> {
    let (Body::Labels { file, .. } | Body::Embedding { file, .. } | Body::Predictions { file, .. }) = body else {
        return Ok(());
    };
    let inside = Path::new(file).components().all(|c| matches!(c, Component::Normal(_)));
    if !inside {
        return Err(ShareError::Outside { run: from.name().to_owned(), file: file.clone() });
    }
    let (source, target) = (from.path().join(file), to.path().join(file));
    // What a resumed run recorded anew has taken the place of what it recorded before.
    if !source.exists() || target.exists() {
        return Ok(());
    }
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(FileError::new("make the folder", folder))?;
    }
    std::fs::copy(&source, &target).map_err(FileError::new("copy", &source))?;
    Ok(())
}

/// What the stages left besides weights, as their events say it.
fn handed_on(run: &RunDir, events: &[Event]) -> Result<HandedOn, ShareError> {
    let missing = || ShareError::NoPredictions { run: run.name().to_owned() };
    let mut view = RunView::default();
    events.iter().for_each(|event| view.apply(event));
    let entry = view.predictions.last().ok_or_else(missing)?;
    let predicted = predictions::read(&run.path().join(&entry.file))?.multimodal;
    let rows = run.rows()?;
    let set = run.manifest().settings.data.metrics.ok_or_else(missing)?;
    if predicted.len() != rows.len() {
        return Err(missing());
    }
    let of = |split| {
        let (predicted, labels) = of_split(&rows, &predicted, split);
        metrics::evaluate(set, &predicted, &labels)
    };
    let last = view.labels.last();
    Ok(HandedOn {
        metrics: SummaryMetrics { valid: of(Split::Valid), test: of(Split::Test) },
        labels: last.map(|refresh| refresh.summaries),
        refreshes: last.map_or(0, |refresh| refresh.refresh.saturating_add(1)),
        time: view.time,
    })
}

/// Predictions and labels of a split.
fn of_split(rows: &LabelRows, predicted: &[f32], split: Split) -> (Vec<f32>, Vec<f32>) {
    let of = (0..rows.len()).filter(|row| rows.split[*row] == split);
    of.map(|row| (predicted[row], rows.y[row])).unzip()
}
