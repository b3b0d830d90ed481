//! Calibrating a run that nobody trains: its lock is held, its data opened, labels are chosen, recorded and handed to
//! stage 3, as the run's own process would do it.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::SystemTime;

use super::prepare::{PrepareError, check_ready};
use super::trainer::{Opened, job, open};
use crate::config::LabelSource;
use crate::dataset::Dataset;
use crate::device::{self, DeviceError, DeviceRequest};
use crate::modality::{Modality, PerModality};
use crate::run::FileError;
use crate::run::annotations::{self, AnnotationsError};
use crate::run::calibration::Calibration;
use crate::run::clock;
use crate::run::directory::RunDir;
use crate::run::lock::{LockError, RunLock};
use crate::run::recorder::{RecordError, Recorder};
use crate::run::rows::{LabelRows, RowsError};
use crate::run::tail::{TailError, read_view};
use crate::split::Split;
use crate::training::calibration::{Calibrator, Choice, LEAST, draw};
use crate::training::events::{Body, Level, Stage};
use crate::training::{self, TrainingError};

/// Whose labels make the choice.
#[derive(Clone, Debug)]
pub enum People {
    /// Those of a file, see [`annotations`].
    File(PathBuf),
    /// Those of so many training clips, drawn from the data's own human labels; `seed`: the run's where there is none.
    Drawn { count: usize, seed: Option<u64> },
}

/// Why a run cannot be calibrated.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    #[error(
        "run {run} is being trained{by}; its labels can be calibrated once its process has ended: mug stop {run} ends it"
    )]
    Trains { run: String, by: String },
    #[error(
        "run {run} has not finished stage contrastive, with whose networks labels are corrected; go on with it first: mug \
         resume {run}"
    )]
    NoNetwork { run: String },
    #[error(
        "run {run} learns {learns} (labels.source = \"{labels}\"), not corrected labels: a calibration would change nothing"
    )]
    Source { run: String, labels: LabelSource, learns: &'static str },
    #[error("the data of run {run} has no human labels of single modalities; give some with --with FILE")]
    NoHuman { run: String },
    #[error("expected at most the {found} training clips of run {run} that have human labels, found --human {asked}")]
    TooMany { run: String, found: usize, asked: usize },
    #[error(
        "expected at least {LEAST} clips with labels of one modality, found {found}; fewer cannot tell labels apart"
    )]
    TooFew { found: usize },
    #[error("{0}")]
    Data(String),
    #[error(transparent)]
    Lock(LockError),
    #[error(transparent)]
    Prepare(#[from] Box<PrepareError>),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Annotations(#[from] AnnotationsError),
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error(transparent)]
    Training(#[from] TrainingError),
    #[error(transparent)]
    Tail(#[from] TailError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    File(#[from] FileError),
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Calibrated {
    pub calibration: Calibration,
    /// Ids of the file that the data does not have.
    pub unknown: Vec<String>,
    /// True where stage 3 has begun with other labels, which it keeps until it is begun anew.
    pub stage_3_keeps: bool,
}

/// Chooses labels for each modality of a run and makes them its newest refresh, from which stage 3 learns when it begins.
/// `device`: the run's where there is none. `tell` gets lines for people about what is being done.
///
/// # Errors
/// See [`CalibrateError`]; the run is then as it was.
pub fn calibrate(
    dir: &RunDir,
    people: &People,
    device: Option<DeviceRequest>,
    tell: &mut dyn FnMut(&str),
) -> Result<Calibrated, CalibrateError> {
    let run = || dir.name().to_owned();
    check_ready(dir).map_err(Box::new)?;
    let source = dir.manifest().settings.labels.source;
    if source != LabelSource::Corrected {
        return Err(CalibrateError::Source { run: run(), labels: source, learns: source.in_words() });
    }
    let mut lock = RunLock::acquire(dir, tell).map_err(|e| match e {
        LockError::Held { run, by, .. } => CalibrateError::Trains { run, by },
        e @ LockError::File(_) => CalibrateError::Lock(e),
    })?;
    lock.describe(None)?;
    let stage = training::checkpoint_position(&dir.checkpoints_dir()).map(|(stage, _)| stage);
    if stage.is_none_or(|stage| stage == Some(Stage::Contrastive)) {
        return Err(CalibrateError::NoNetwork { run: run() });
    }
    dir.remove_parts();
    let news = RefCell::new(Vec::new());
    let opened = open(dir, dir.manifest().clone(), &|level, message| news.borrow_mut().push((level, message)));
    let opened = opened.map_err(|e| CalibrateError::Data(e.to_string()))?;
    let Opened { dataset, manifest, .. } = &opened;
    let rows = RunDir::rows(dir)?;
    let seed = match people {
        People::Drawn { seed, .. } => Some(seed.unwrap_or(manifest.seed)),
        People::File(_) => None,
    };
    let (labels, unknown) = labels(dir, people, manifest.seed, dataset, &rows)?;
    let given = |m: Modality| labels[m].iter().filter(|y| y.is_finite()).count();
    let most = Modality::ALL.map(given).into_iter().max().unwrap_or(0);
    if most < LEAST {
        return Err(CalibrateError::TooFew { found: most });
    }
    let device = device::choose(device.unwrap_or(manifest.device))?;
    tell(&format!("device: {} ({})", device.name, device.why));
    let job = job(dir, opened, device, true, &|body| {
        if let Body::Log { level, message } = body {
            news.borrow_mut().push((level, message));
        }
    })?;
    let mut calibrator = Calibrator::open(job).map_err(|e| match e {
        TrainingError::MissingStage { needs: Stage::Contrastive, .. } => CalibrateError::NoNetwork { run: run() },
        e => e.into(),
    })?;
    let chosen = calibrator.choose(&labels, &mut |name| {
        lock.touch();
        tell(&format!("labels of {name}"));
    })?;
    let next = read_view(&dir.events_path())?.labels.iter().map(|l| l.refresh.saturating_add(1)).max();
    let handed = calibrator.hand_on(&chosen, next.unwrap_or(0))?;
    let calibration = Calibration {
        created: clock::timestamp(SystemTime::now()),
        refresh: handed.refresh,
        judged_by: match people {
            People::File(path) => path.display().to_string(),
            People::Drawn { .. } => "data".to_owned(),
        },
        seed,
        network: calibrator.network().to_owned(),
        choices: chosen.choices.clone(),
        judgement: handed.summaries,
        left_out: chosen.judged.iter().filter_map(|row| rows.id.get(*row).cloned()).collect(),
    };
    let mut news = news.into_inner();
    let mut recorder = Recorder::open(dir)?;
    handed.events.into_iter().for_each(|event| recorder.push(event));
    news.extend(lock.remark().map(|remark| (Level::Warning, remark)));
    news.extend(calibrator.passed_over.clone().map(|why| (Level::Warning, why)));
    news.push((Level::Info, in_words(&chosen.choices, chosen.judged.len())));
    for (level, message) in news {
        recorder.push(calibrator.here(Body::Log { level, message }));
    }
    // As in training: what a checkpoint stands on is on the disk before it.
    recorder.settle()?;
    calibration.write(dir)?;
    let file = calibrator.commit()?;
    recorder.push(calibrator.here(Body::Checkpointed { file }));
    recorder.settle()?;
    Ok(Calibrated { calibration, unknown, stage_3_keeps: handed.stage_3_keeps })
}

/// People's labels of every row, NaN where nobody gave one, and the ids of a file that no row has.
fn labels(
    dir: &RunDir,
    people: &People,
    run_seed: u64,
    dataset: &Dataset,
    rows: &LabelRows,
) -> Result<(PerModality<Vec<f32>>, Vec<String>), CalibrateError> {
    let (count, seed) = match people {
        People::File(path) => {
            let given = annotations::read(path, rows, dataset.label_range)?;
            return Ok((given.labels, given.unknown));
        }
        People::Drawn { count, seed } => (*count, seed.unwrap_or(run_seed)),
    };
    let drawn = draw(dataset, count, seed).map_err(|found| match found {
        0 => CalibrateError::NoHuman { run: dir.name().to_owned() },
        found => CalibrateError::TooMany { run: dir.name().to_owned(), found, asked: count },
    })?;
    let human = dataset.unimodal_labels(Split::Train);
    // The training split comes first, so its row numbers are those of the whole table.
    let labels = PerModality::from_fn(|m| {
        let mut labels = vec![f32::NAN; rows.len()];
        for &row in &drawn {
            labels[row] = human.map_or(f32::NAN, |human| human[m][row]);
        }
        labels
    });
    Ok((labels, Vec::new()))
}

/// The choice in one line, for the run's log.
fn in_words(choices: &PerModality<Choice>, clips: usize) -> String {
    let words = choices.iter().map(|(m, choice)| format!("{m} {}", choice.chosen)).collect::<Vec<_>>().join(", ");
    format!("labels were calibrated by {clips} clips that people judged: {words}")
}
