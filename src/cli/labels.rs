//! `mug labels`: the label table of a run, filtered and sorted as in the console, as a file or on standard output; or
//! judged by people's labels.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use color_eyre::Result;

use super::judge;
use super::out::say;
use super::record::{read_marks, read_record};
use super::refresh::{read_refresh, same_rows};
use super::subcommand::{Program, Subcommand};
use super::table::{self, TableArgs, Written};
use crate::modality::PerModality;
use crate::report::table::{Rows, Table};
use crate::run::directory::RunDir;
use crate::run::predictions;
use crate::run::view::LabelRefresh;
use crate::training::events::LabelValues;
use crate::training::metrics::set_of;

/// Write a run's label table: every row with the corrected label of each modality; or judge it by people's labels.
#[derive(Debug, clap::Parser)]
#[command(name = "labels")]
pub struct LabelsArgs {
    /// Name or folder of the run.
    pub run: String,
    #[command(flatten)]
    pub table: TableArgs,
    /// Judge the labels by the data's human unimodal labels, as one JSON object: MAE, r and sign agreement of corrected
    /// labels and of copies, with bootstrap intervals, and grids of signs.
    #[arg(long, conflicts_with_all = table::OPTIONS)]
    pub json: bool,
    /// Judge the labels by these instead: a CSV file with the columns id, modality, label, or a label.csv as MMSA's
    /// datasets come with (video_id, clip_id, label_T, label_A, label_V).
    #[arg(long, value_name = "FILE", conflicts_with_all = table::OPTIONS)]
    pub against: Option<PathBuf>,
    /// Which refresh of the corrected labels, from 0 [default: the last].
    #[arg(long, value_name = "N")]
    pub refresh: Option<u32>,
}

impl Subcommand for LabelsArgs {
    /// Writes the table.
    fn run(self, program: &Program) -> Result<ExitCode> {
        if self.json || self.against.is_some() {
            return judge::run(
                &RunDir::find(&program.runs_root, &self.run)?,
                self.refresh,
                self.against.as_deref(),
                self.json,
            );
        }
        let wanted = self.table.understood()?;
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let (table, refresh) = read(&dir, self.refresh)?;
        if let Some(Written { path, rows }) = wanted.write(&table, "labels")? {
            let of = refresh.refresh;
            say(&format!("{rows} rows of refresh {of} (epoch {}) written to {}", refresh.epoch, path.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Everything about a run's rows, with the labels of one refresh.
fn read(dir: &RunDir, refresh: Option<u32>) -> Result<(Table, LabelRefresh)> {
    let view = read_record(dir)?;
    let (refresh, LabelValues { corrected, spread, weights }, rows) = read_refresh(dir, &view, refresh)?;
    let predictions = match view.predictions.last() {
        Some(entry) => {
            let values = predictions::read(&dir.path().join(&entry.file))?;
            same_rows(&entry.file, values.multimodal.len(), &rows)?;
            Some(Arc::new(values))
        }
        None => None,
    };
    let marks = Arc::new(read_marks(dir)?);
    let (rows, corrected) = (Arc::new(Rows::from(rows)), Some(Arc::new(corrected)));
    let metrics = view.prepared.as_ref().map(|p| set_of(&p.metric_keys));
    let there = view.modalities();
    let absent = PerModality::from_fn(|m| !there.contains(&m));
    let table = Table {
        rows,
        corrected,
        spread: spread.map(Arc::new),
        weights: weights.map(Arc::new),
        predictions,
        marks,
        metrics,
        absent,
    };
    Ok((table, refresh))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn options_that_would_mean_nothing_are_refused() {
        let refused = LabelsArgs::try_parse_from(["labels", "r", "--json", "--columns", "y"]).unwrap_err();
        assert_eq!(refused.kind(), clap::error::ErrorKind::ArgumentConflict);
    }
}
