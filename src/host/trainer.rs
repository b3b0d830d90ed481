//! The trainer of real runs: opens the data, writes what viewers need of it, chooses the device, trains.

use std::sync::Arc;

use super::content::{self, Care, ContentError};
use super::data_watch::{DataWatch, EVERY, Watched};
use super::metering::Metering;
use super::prepare::check_settings;
use super::text;
use super::{Reports, Trainer};
use crate::dataset::{self, Dataset, Source};
use crate::device::{self, ComputeDevice};
use crate::digest::Sign;
use crate::run::directory::{Manifest, ProcessRecord, RunDir};
use crate::run::rows::{LabelRows, RowsError, checksum};
use crate::run::tail::read_view;
use crate::split::Split;
use crate::training::control::Control;
use crate::training::events::{Body, Level, Work};
use crate::training::preparing::Progress;
use crate::training::{self, Job, Outcome, TrainingError};
use crate::weights::Weights;

/// Trains a run as its manifest says.
pub fn trainer() -> Trainer {
    Box::new(|dir, manifest, resume, control, reports| train(dir, manifest, resume, &control, &reports))
}

/// What is trained of a run whose data was opened.
pub(super) fn job(
    dir: &RunDir,
    opened: Opened,
    device: ComputeDevice,
    resume: bool,
    tell: &dyn Fn(Body),
) -> Result<Job, TrainingError> {
    let Opened { dataset, manifest, weights, .. } = opened;
    let (dataset, text) = text::encoder(dataset, weights.as_ref(), &manifest.settings.model.text, &device, tell)?;
    Ok(Job {
        settings: manifest.settings,
        stages: manifest.stages,
        dataset: Arc::new(dataset),
        text,
        device,
        checkpoints: dir.checkpoints_dir(),
        resume,
    })
}

fn train(
    dir: &RunDir,
    mut manifest: Manifest,
    resume: bool,
    control: &Control,
    reports: &Reports,
) -> Result<Outcome, String> {
    let log = |level, message| reports.note(Body::Log { level, message });
    // The manifest is a file that people can change.
    check_settings(dir).map_err(|e| e.to_string())?;
    let device = device::choose(manifest.device).map_err(|e| e.to_string())?;
    if !resume {
        log(Level::Info, format!("device: {} ({})", device.name, device.why));
        if let Some(from) = &manifest.settings_from {
            log(Level::Info, format!("settings: {from}"));
        }
    }
    if resume {
        look_at_what_is_there(dir, &log);
    }
    manifest.process = Some(ProcessRecord::this(&device.name));
    let data = manifest.source.as_ref().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    Progress::begin(&|body| reports.note(body), Work::Data, &data.unwrap_or(manifest.dataset_name()), None);
    let opened = open(dir, manifest, &log).map_err(|e| e.to_string())?;
    let Opened { dataset, manifest, sign, .. } = &opened;
    let watch = sign.zip(manifest.source.clone()).map(|(opened, path)| {
        let (known, resident) = (manifest.data.as_ref().map(|d| d.sha256.clone()), !dataset.reads_file());
        let watched = Watched { dir: dir.clone(), path, opened, known, resident, every: EVERY };
        DataWatch::start(watched, control.clone(), reports.clone())
    });
    let outcome = job(dir, opened, device, resume, &|body| reports.note(body)).and_then(|job| {
        let _metering = Metering::start(dir, &job.device, reports.clone());
        training::train(job, control, reports)
    });
    let outcome = outcome.map_err(|e| e.to_string());
    let done = matches!(outcome, Ok(Outcome::Finished));
    match watch.and_then(|w| w.finish(done)) {
        Some(spoiled) => Err(spoiled),
        None => outcome,
    }
}

/// What a run trains on, and the manifest with what is known of it.
pub(super) struct Opened {
    pub dataset: Dataset,
    pub manifest: Manifest,
    /// Of the data file before it was opened; `None` where there is no file.
    pub sign: Option<Sign>,
    /// Of the text encoder; `None` where it is an LSTM.
    pub weights: Option<Weights>,
}

/// Says what a run that is taken up lacks, or has otherwise than it was left.
fn look_at_what_is_there(dir: &RunDir, log: &impl Fn(Level, String)) {
    if let Ok(Some(why)) = dir.verify_manifest() {
        log(Level::Warning, format!("run.toml: {why}; the settings that it has now hold"));
    }
    let recorded = read_view(&dir.events_path()).map_or(0, |view| view.checkpoints);
    if recorded > 0 && training::checkpoint_position(&dir.checkpoints_dir()).is_none() {
        let message = format!("none of the run's {recorded} checkpoints is there: it begins anew");
        log(Level::Warning, message);
    }
}

/// Opens the run's data, makes sure that it is still the same, and writes its rows for viewers.
pub(super) fn open(
    dir: &RunDir,
    mut manifest: Manifest,
    log: &impl Fn(Level, String),
) -> Result<Opened, Box<dyn std::error::Error>> {
    let before = dir.manifest().clone();
    let mut sign = None;
    let source = match &manifest.source {
        Some(path) => {
            let now = Sign::of(path).map_err(|source| ContentError::Read { path: path.clone(), source })?;
            sign = Some(now);
            if manifest.data.as_ref().is_some_and(|d| d.stamp != now.stamp) {
                log(Level::Info, format!("the data file {} was touched: comparing its content", path.display()));
            }
            manifest.data = content::same(&manifest, path, Care::Signs)?;
            Source::File(path.clone())
        }
        None => Source::resolve(&manifest.dataset, &dataset::data_folder())?,
    };
    let weights = text::of_run(&mut manifest)?;
    let input = weights.as_ref().map(|weights| text::input(&manifest.settings, weights));
    let dataset = Dataset::open_for(&source, &manifest.settings.data, input.as_ref())?;
    let found = dataset.fingerprint.clone();
    match &manifest.fingerprint {
        // That of a file was compared above. That of the demo is of the clips that this version of the program makes.
        Some(known) if *known != found => {
            let (path, known) = (manifest.source.unwrap_or(manifest.dataset.into()), known.clone());
            return Err(ContentError::Other { path, kind: "fingerprint", known, found }.into());
        }
        // One that is lost or damaged is made again from the data.
        Some(_) if dir.rows().is_ok() => {}
        _ => {
            rows(&dataset)?.write(&dir.rows_path())?;
            manifest.rows_crc32c = Some(checksum(&dir.rows_path())?);
            manifest.fingerprint = Some(found);
            // What the file's name or its labels said, so that it holds under another name too.
            manifest.settings.data.label_range = Some(dataset.label_range);
            manifest.settings.data.metrics = Some(dataset.metrics);
        }
    }
    if manifest != before {
        dir.clone().set_manifest(manifest.clone())?;
    }
    Ok(Opened { dataset, manifest, sign, weights })
}

/// The dataset's rows without their features.
pub(super) fn rows(dataset: &Dataset) -> Result<LabelRows, RowsError> {
    let mut rows = LabelRows::default();
    for split in Split::ALL {
        rows.extend(
            split,
            dataset.ids(split),
            dataset.transcripts(split),
            dataset.labels(split),
            dataset.unimodal_labels(split),
        )?;
        if let Some(clean) = dataset.clean_labels(split) {
            rows.set_clean(split, clean)?;
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataSettings;
    use crate::dataset::demo;
    use crate::modality::Modality;

    #[test]
    fn rows_take_human_labels_from_the_splits_that_have_them() {
        let mut splits = demo::generate(1);
        (splits.valid.unimodal, splits.test.unimodal) = (None, None);
        let judged = splits.train.labels.len();
        let dataset =
            Dataset::from_memory("judged in part", splits, demo::LABEL_RANGE, &DataSettings::default()).unwrap();
        let human = rows(&dataset).unwrap().human.unwrap();
        for m in Modality::ALL {
            assert!(human[m][..judged].iter().all(|y| y.is_finite()), "{m}");
            assert!(human[m].len() > judged && human[m][judged..].iter().all(|y| y.is_nan()), "{m}");
        }
    }
}
