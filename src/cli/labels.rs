//! `mug labels`: the label table of a run, filtered and sorted as in the console, as a file or on standard output; or
//! judged by people's labels (see judge.rs).

use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::args::LabelsArgs;
use super::{judge, out, read_marks, read_record, say, warn};
use crate::report::export::{CSV, Extract, FORMATS, Format, all_columns, endings, of_path};
use crate::report::table::filter::Filter;
use crate::report::table::order::{SortKey, arrange, parse_columns};
use crate::report::table::{Rows, Table};
use crate::run::directory::RunDir;
use crate::run::rows::LabelRows;
use crate::run::view::{LabelRefresh, RunView};
use crate::run::{labels, predictions};
use crate::training::events::LabelValues;
use crate::training::metrics::set_of;

/// Writes the table.
pub fn run(args: &LabelsArgs, root: &Path) -> Result<ExitCode> {
    if args.json || args.against.is_some() {
        return judge::run(args, root);
    }
    // What was typed is looked at before anything is read.
    let filter = Filter::parse(args.filter.as_deref().unwrap_or_default()).map_err(|e| eyre!("--filter: {e}"))?;
    let keys = SortKey::parse_list(args.sort.as_deref().unwrap_or_default())?;
    let columns = args.columns.as_deref().map(parse_columns).transpose()?;
    let format = format(args)?;
    if args.escape_formulas && !format.escapes_formulas {
        return Err(eyre!("--escape-formulas is about CSV: the other formats hold texts as texts"));
    }
    let dir = RunDir::find(root, &args.run)?;
    let (table, refresh) = read(&dir, args.refresh)?;
    let rows = arrange(&table, filter.as_ref(), &keys);
    if let Some(doubt) = filter.as_ref().and_then(|f| table.doubt(f)) {
        warn(&format!("--filter: {doubt}"));
    }
    let columns = columns.unwrap_or_else(|| all_columns(&table));
    let extract = Extract { table: &table, rows: &rows, columns: &columns, escape_formulas: args.escape_formulas };
    match &args.output {
        Some(path) if path != Path::new("-") => {
            extract.write_file(format, path)?;
            let (n, of) = (rows.len(), refresh.refresh);
            say(&format!("{n} rows of refresh {of} (epoch {}) written to {}", refresh.epoch, path.display()))?;
        }
        _ if io::stdout().is_terminal() && !format.readable => {
            let (name, ending) = (format.title, format.endings[0]);
            return Err(eyre!("{name} is nothing for a terminal: name a file with -o, for example -o labels.{ending}"));
        }
        _ => extract.write_to(format, &mut out::table())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The format that was asked for, else the one that the file's name says, else CSV.
fn format(args: &LabelsArgs) -> Result<&'static Format> {
    if let Some(format) = args.format {
        return Ok(format);
    }
    match args.output.as_deref().filter(|p| *p != Path::new("-")) {
        None => Ok(&CSV),
        Some(path) => of_path(path).ok_or_else(|| {
            let names = FORMATS.map(|f| f.name).join("|");
            eyre!("{} ends in none of {}: say --format {names}", path.display(), endings("and"))
        }),
    }
}

/// Everything about a run's rows, with the labels of one refresh.
fn read(dir: &RunDir, refresh: Option<u32>) -> Result<(Table, LabelRefresh)> {
    let view = read_record(dir)?;
    let (refresh, LabelValues { corrected, spread }, rows) = read_refresh(dir, &view, refresh)?;
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
    let table = Table { rows, corrected, spread: spread.map(Arc::new), predictions, marks, metrics };
    Ok((table, refresh))
}

/// The refresh of that number, or the last one, with its labels and the rows that they belong to.
pub(super) fn read_refresh(
    dir: &RunDir,
    view: &RunView,
    wanted: Option<u32>,
) -> Result<(LabelRefresh, LabelValues, LabelRows)> {
    let refresh = find_refresh(dir, view, wanted)?;
    let values = labels::read(&dir.path().join(&refresh.file))?;
    let rows = dir.rows()?;
    same_rows(&refresh.file, values.corrected.text.len(), &rows)?;
    Ok((refresh, values, rows))
}

fn same_rows(file: &str, found: usize, rows: &LabelRows) -> Result<()> {
    match found == rows.len() {
        true => Ok(()),
        false => Err(eyre!("{file} has {found} rows, where the data has {}", rows.len())),
    }
}

/// The refresh of that number, or the last one.
fn find_refresh(dir: &RunDir, view: &RunView, wanted: Option<u32>) -> Result<LabelRefresh> {
    let found = match wanted {
        Some(n) => view.labels.iter().rfind(|l| l.refresh == n),
        None => view.labels.last(),
    };
    found.cloned().ok_or_else(|| match view.labels.last() {
        Some(last) => eyre!("run {} has refreshes up to {} of its labels", dir.name(), last.refresh),
        None => eyre!(
            "run {} has no corrected labels yet: the denoising stage reads them after its first epochs",
            dir.name()
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::report::export::{JSONL, PARQUET};

    fn args(output: Option<&str>, format: Option<&'static Format>) -> LabelsArgs {
        LabelsArgs {
            run: "x".into(),
            output: output.map(PathBuf::from),
            format,
            filter: None,
            sort: None,
            columns: None,
            json: false,
            against: None,
            refresh: None,
            escape_formulas: false,
        }
    }

    #[test]
    fn the_format_is_asked_for_or_read_from_the_name() {
        let of = |output, wanted| format(&args(output, wanted));
        assert_eq!(of(None, None).unwrap(), &CSV);
        assert_eq!(of(Some("-"), None).unwrap(), &CSV);
        assert_eq!(of(Some("a.parquet"), None).unwrap(), &PARQUET);
        assert_eq!(of(Some("a.csv"), Some(&JSONL)).unwrap(), &JSONL);
        assert!(of(Some("a.txt"), None).unwrap_err().to_string().contains("--format"));
    }
}
