//! `mug predict`: what a run says of clips that it was not trained on, as a file or on standard output.

use std::process::ExitCode;
use std::sync::Arc;

use color_eyre::Result;

use super::out::{say, warn};
use super::subcommand::{Program, Subcommand};
use super::table::{TableArgs, Written};
use crate::dataset::{Flaw, Severity, Source, data_folder};
use crate::device::DeviceRequest;
use crate::host::predict::{Predicted, predict};
use crate::report::listing::listed;
use crate::report::table::{Rows, Table};
use crate::run::directory::RunDir;
use crate::sanitise::clean;
use crate::split::Split;
use crate::training::metrics;

/// Predict clips that a run was not trained on: the sentiment by all modalities and by each, and the corrected label of each
/// modality where a clip has a label.
///
/// The clips are those of one split of a data file in any layout, with labels or without; the run's own data must be there,
/// too, since features are normalised as its training split says.
#[derive(Debug, clap::Parser)]
#[command(name = "predict")]
pub struct PredictArgs {
    /// Name or folder of the run; it may still be training.
    pub run: String,
    /// A data file with the clips, or a name that `mug data list` shows.
    pub file: String,
    /// The split of the file, by its name there [default: test, else the only one there is].
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,
    #[command(flatten)]
    pub table: TableArgs,
    /// Where to compute [default: as the run].
    #[arg(long, value_enum)]
    pub device: Option<DeviceRequest>,
}

impl Subcommand for PredictArgs {
    /// Predicts and writes the table.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let wanted = self.table.understood()?;
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let clips = Source::resolve(&self.file, &data_folder())?;
        let predicted = predict(&dir, &clips, self.split.as_deref(), self.device, &mut warn)?;
        let Predicted { rows, prediction, metrics, labelled, set, absent, flaws } = predicted;
        // What is odd about the run's own clips was said when it was trained.
        let of_clips = |flaw: &&Flaw| flaw.split.is_none_or(|split| split == Split::Test);
        for flaw in flaws.iter().filter(of_clips).filter(|flaw| flaw.severity() == Severity::Warning) {
            warn(&clean(&flaw.to_string()));
        }
        // Without a label there is nothing to correct.
        let (corrected, spread, weights) = match prediction.labels.filter(|_| labelled > 0) {
            Some(labels) => {
                (Some(Arc::new(labels.corrected)), labels.spread.map(Arc::new), labels.weights.map(Arc::new))
            }
            None => (None, None, None),
        };
        let table = Table {
            rows: Arc::new(Rows::from(rows)),
            corrected,
            spread,
            weights,
            predictions: Some(Arc::new(prediction.predictions)),
            marks: Arc::default(),
            metrics: Some(set),
            absent,
        };
        if let Some(Written { path, rows }) = wanted.write(&table, "clips")? {
            let clips = if rows == 1 { "1 clip".to_owned() } else { format!("{rows} clips") };
            say(&format!("{clips} written to {}", path.display()))?;
        }
        let value = |m: &metrics::Metric| Some((m.name, metrics.get(m.key).copied().flatten()?));
        let found = metrics::list(set).iter().filter_map(value).map(|(name, v)| format!("{name} {v:.4}"));
        let scored = match labelled {
            0 => "no clip has a label, so nothing is scored".to_owned(),
            _ => format!("{labelled} with a label: {}", listed(&found.collect::<Vec<_>>(), "and")),
        };
        warn(&format!("by stage {}; {scored}", prediction.stage));
        Ok(ExitCode::SUCCESS)
    }
}
