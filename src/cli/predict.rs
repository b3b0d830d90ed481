//! `mug predict`: what a run says of clips that it was not trained on, as a file or on standard output.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::labels::format_of;
use super::out::{self, say, warn};
use super::subcommand::{Program, Subcommand};
use crate::dataset::{Severity, Source, data_folder};
use crate::device::DeviceRequest;
use crate::host::predict::{Predicted, predict};
use crate::report::export::{Extract, Format, all_columns, endings};
use crate::report::listing::listed;
use crate::report::table::filter::Filter;
use crate::report::table::order::{SortKey, arrange, parse_columns};
use crate::report::table::{Rows, Table};
use crate::run::directory::RunDir;
use crate::sanitise::clean;
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
    /// The file to write.
    #[arg(short, long, value_name = "FILE", help = output_help())]
    pub output: Option<PathBuf>,
    /// In place of what the file's ending says [default: csv].
    #[arg(long, value_enum)]
    pub format: Option<&'static Format>,
    /// Only rows that pass, in the console's language: '|yhat| > 0.5'.
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Sort by columns, the first one first; - turns an order round [default: as in the file].
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Write these columns, by their names in filters [default: all that hold something].
    #[arg(long, value_name = "COLUMNS")]
    pub columns: Option<String>,
    /// Where to compute [default: as the run].
    #[arg(long, value_enum)]
    pub device: Option<DeviceRequest>,
}

fn output_help() -> String {
    format!("The file to write; its ending says the format: {} [default: standard output]", endings("or"))
}

impl Subcommand for PredictArgs {
    /// Predicts and writes the table.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let filter = Filter::parse(self.filter.as_deref().unwrap_or_default()).map_err(|e| eyre!("--filter: {e}"))?;
        let keys = SortKey::parse_list(self.sort.as_deref().unwrap_or_default())?;
        let columns = self.columns.as_deref().map(parse_columns).transpose()?;
        let format = format_of(self.format, self.output.as_deref())?;
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let clips = Source::resolve(&self.file, &data_folder())?;
        let predicted = predict(&dir, &clips, self.split.as_deref(), self.device, &mut warn)?;
        let Predicted { rows, prediction, metrics, labelled, set, absent, flaws } = predicted;
        for flaw in flaws.iter().filter(|flaw| flaw.severity() == Severity::Warning) {
            warn(&clean(&flaw.to_string()));
        }
        let (corrected, spread, weights) = match prediction.labels {
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
        let rows = arrange(&table, filter.as_ref(), &keys);
        let columns = columns.unwrap_or_else(|| all_columns(&table));
        let extract = Extract { table: &table, rows: &rows, columns: &columns, escape_formulas: false };
        let words = || {
            let value = |m: &metrics::Metric| Some((m.name, metrics.get(m.key).copied().flatten()?));
            let found = metrics::list(set).iter().filter_map(value).map(|(name, v)| format!("{name} {v:.4}"));
            format!(
                "by stage {}; {labelled} with a label: {}",
                prediction.stage,
                listed(&found.collect::<Vec<_>>(), "and")
            )
        };
        match &self.output {
            Some(path) if path != Path::new("-") => {
                extract.write_file(format, path)?;
                let clips = if rows.len() == 1 { "1 clip".to_owned() } else { format!("{} clips", rows.len()) };
                say(&format!("{clips} written to {}", path.display()))?;
            }
            _ if io::stdout().is_terminal() && !format.readable => {
                let (name, ending) = (format.title, format.endings[0]);
                return Err(eyre!(
                    "{name} is nothing for a terminal: name a file with -o, for example -o clips.{ending}"
                ));
            }
            _ => extract.write_to(format, &mut out::table())?,
        }
        match labelled {
            0 => warn(&format!("by stage {}; no clip has a label, so nothing is scored", prediction.stage)),
            _ => warn(&words()),
        }
        Ok(ExitCode::SUCCESS)
    }
}
