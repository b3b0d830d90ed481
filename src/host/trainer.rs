//! The trainer of real runs: opens the data, writes what viewers need of it, chooses the device, trains.

use std::path::Path;
use std::sync::Arc;

use super::{Reports, Trainer};
use crate::dataset::{self, Dataset, Source};
use crate::device;
use crate::run::directory::{Manifest, RunDir};
use crate::run::rows::{LabelRows, RowsError};
use crate::split::Split;
use crate::training::control::Control;
use crate::training::events::{Body, Event, Level};
use crate::training::listener::Listener;
use crate::training::{self, Job, Outcome};

/// Trains a run as its manifest says.
pub fn trainer() -> Trainer {
    Box::new(|dir, manifest, resume, control, reports| train(dir, manifest, resume, &control, &reports))
}

fn train(
    dir: &RunDir,
    manifest: Manifest,
    resume: bool,
    control: &Control,
    reports: &Reports,
) -> Result<Outcome, String> {
    let log = |level, message| {
        // Fails only when the recorder is gone, and then the whole process is going.
        let _ = reports.tell(Event { time: 0.0, stage: None, epoch: 0, step: 0, body: Body::Log { level, message } });
    };
    let device = device::choose(manifest.device).map_err(|e| e.to_string())?;
    if !resume {
        log(Level::Info, format!("device: {} ({})", device.name, device.why));
    }
    let dataset = open(dir, manifest.clone()).map_err(|e| e.to_string())?;
    let job = Job {
        settings: manifest.settings,
        stages: manifest.stages,
        dataset: Arc::new(dataset),
        device,
        checkpoints: dir.checkpoints_dir(),
        resume,
    };
    training::train(job, control, reports).map_err(|e| e.to_string())
}

/// Opens the run's data, makes sure that it is still the same, and writes its rows for viewers.
fn open(dir: &RunDir, mut manifest: Manifest) -> Result<Dataset, Box<dyn std::error::Error>> {
    let source = match &manifest.source {
        Some(path) => Source::File(path.clone()),
        None => Source::resolve(&manifest.dataset, &dataset::data_folder())?,
    };
    let dataset = Dataset::open(&source, &manifest.settings.data)?;
    let found = dataset.fingerprint.clone();
    match &manifest.fingerprint {
        Some(known) if *known != found => {
            return Err(format!(
                "the data file {} is not the one that the run began with (fingerprint {known}, now {found}); put the \
                 old file back, or begin a new run",
                manifest.source.as_deref().unwrap_or(Path::new(&manifest.dataset)).display()
            )
            .into());
        }
        Some(_) if dir.rows_path().exists() => {}
        _ => {
            rows(&dataset)?.write(&dir.rows_path())?;
            manifest.fingerprint = Some(found);
            dir.clone().set_manifest(manifest)?;
        }
    }
    Ok(dataset)
}

/// The dataset's rows without their features.
fn rows(dataset: &Dataset) -> Result<LabelRows, RowsError> {
    let mut rows = LabelRows::default();
    for split in Split::ALL {
        rows.extend(
            split,
            dataset.ids(split),
            dataset.transcripts(split),
            dataset.labels(split),
            dataset.unimodal_labels(split),
        )?;
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
