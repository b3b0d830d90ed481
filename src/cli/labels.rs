//! `mug labels`: the label table of a run, filtered and sorted as in the console, as a file or on standard output; or
//! judged by people's labels.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::out::{say, warn};
use super::record::{read_marks, read_record};
use super::refresh::{read_refresh, same_rows};
use super::subcommand::{Program, Subcommand};
use super::{judge, out};
use crate::modality::PerModality;
use crate::report::export::{CSV, Extract, FORMATS, Format, all_columns, endings, of_path};
use crate::report::table::filter::Filter;
use crate::report::table::order::{SortKey, arrange, parse_columns};
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
    /// The file to write.
    #[arg(short, long, value_name = "FILE", help = output_help())]
    pub output: Option<PathBuf>,
    /// In place of what the file's ending says [default: csv].
    #[arg(long, value_enum)]
    pub format: Option<&'static Format>,
    /// Only rows that pass, in the console's language: '|da| > 0.3 and split = train', 'flip_a not marked'.
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Sort by columns, the first one first; - turns an order round: da,-y [default: as in the data].
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Write these columns, by their names in filters: id,text,y,da [default: all that hold something].
    #[arg(long, value_name = "COLUMNS")]
    pub columns: Option<String>,
    /// Judge the labels by the data's human unimodal labels, as one JSON object: MAE, r and sign agreement of corrected
    /// labels and of copies, with bootstrap intervals, and grids of signs.
    #[arg(long, conflicts_with_all = ["output", "format", "filter", "sort", "columns"])]
    pub json: bool,
    /// Judge the labels by these instead: a CSV file with the columns id, modality, label, or a label.csv as MMSA's
    /// datasets come with (video_id, clip_id, label_T, label_A, label_V).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "format", "filter", "sort", "columns"])]
    pub against: Option<PathBuf>,
    /// CSV: put a ' before texts that begin with = + - @, a tab or a carriage return, which spreadsheets would run as
    /// formulas. Without it every text is written as it is.
    #[arg(long, conflicts_with_all = ["json", "against"])]
    pub escape_formulas: bool,
    /// Which refresh of the corrected labels, from 0 [default: the last].
    #[arg(long, value_name = "N")]
    pub refresh: Option<u32>,
}

fn output_help() -> String {
    format!("The file to write; its ending says the format: {} [default: standard output]", endings("or"))
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
        // What was typed is looked at before anything is read.
        let filter = Filter::parse(self.filter.as_deref().unwrap_or_default()).map_err(|e| eyre!("--filter: {e}"))?;
        let keys = SortKey::parse_list(self.sort.as_deref().unwrap_or_default())?;
        let columns = self.columns.as_deref().map(parse_columns).transpose()?;
        let format = format_of(self.format, self.output.as_deref())?;
        if self.escape_formulas && !format.escapes_formulas {
            return Err(eyre!("--escape-formulas is about CSV: the other formats hold texts as texts"));
        }
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let (table, refresh) = read(&dir, self.refresh)?;
        let rows = arrange(&table, filter.as_ref(), &keys);
        if let Some(doubt) = filter.as_ref().and_then(|f| table.doubt(f)) {
            warn(&format!("--filter: {doubt}"));
        }
        let columns = columns.unwrap_or_else(|| all_columns(&table));
        let extract = Extract { table: &table, rows: &rows, columns: &columns, escape_formulas: self.escape_formulas };
        match &self.output {
            Some(path) if path != Path::new("-") => {
                extract.write_file(format, path)?;
                let (n, of) = (rows.len(), refresh.refresh);
                say(&format!("{n} rows of refresh {of} (epoch {}) written to {}", refresh.epoch, path.display()))?;
            }
            _ if io::stdout().is_terminal() && !format.readable => {
                let (name, ending) = (format.title, format.endings[0]);
                return Err(eyre!(
                    "{name} is nothing for a terminal: name a file with -o, for example -o labels.{ending}"
                ));
            }
            _ => extract.write_to(format, &mut out::table())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The format that was asked for, else the one that the file's name says, else CSV.
pub fn format_of(asked: Option<&'static Format>, output: Option<&Path>) -> Result<&'static Format> {
    if let Some(format) = asked {
        return Ok(format);
    }
    match output.filter(|p| *p != Path::new("-")) {
        None => Ok(&CSV),
        Some(path) => of_path(path).ok_or_else(|| {
            let names: Vec<&str> = FORMATS.iter().map(|f| f.name).collect();
            let names = names.join("|");
            eyre!("{} ends in none of {}: say --format {names}", path.display(), endings("and"))
        }),
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
    use crate::report::export::{JSONL, PARQUET};

    #[test]
    fn options_that_would_mean_nothing_are_refused() {
        let refused = LabelsArgs::try_parse_from(["labels", "r", "--json", "--columns", "y"]).unwrap_err();
        assert_eq!(refused.kind(), clap::error::ErrorKind::ArgumentConflict);
    }

    #[test]
    fn the_format_is_asked_for_or_read_from_the_name() {
        let of = |output: Option<&str>, wanted| format_of(wanted, output.map(Path::new));
        assert_eq!(of(None, None).unwrap(), &CSV);
        assert_eq!(of(Some("-"), None).unwrap(), &CSV);
        assert_eq!(of(Some("a.parquet"), None).unwrap(), &PARQUET);
        assert_eq!(of(Some("a.csv"), Some(&JSONL)).unwrap(), &JSONL);
        assert!(of(Some("a.txt"), None).unwrap_err().to_string().contains("--format"));
    }
}
