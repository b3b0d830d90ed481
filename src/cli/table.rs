//! Options of the subcommands that write a table of clips: which rows and columns, in which form, and where to.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::out::{self, warn};
use crate::report::export::{CSV, Extract, FORMATS, Format, all_columns, endings, of_path};
use crate::report::table::Table;
use crate::report::table::columns::Column;
use crate::report::table::filter::Filter;
use crate::report::table::order::{SortKey, arrange, parse_columns};

/// The names of all options here, for options that exclude them. (clap would name a group's options one and all.)
pub const OPTIONS: [&str; 6] = ["output", "format", "filter", "sort", "columns", "escape_formulas"];

/// What of a table is written, and how.
#[derive(Debug, Default, clap::Args)]
pub struct TableArgs {
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
    /// CSV: put a ' before texts that begin with = + - @, a tab or a carriage return, which spreadsheets would run as
    /// formulas. Without it every text is written as it is.
    #[arg(long)]
    pub escape_formulas: bool,
}

fn output_help() -> String {
    format!("The file to write; its ending says the format: {} [default: standard output]", endings("or"))
}

impl TableArgs {
    /// Understands what was typed, before anything is read.
    ///
    /// # Errors
    /// An option that means nothing; the message names it.
    pub fn understood(self) -> Result<Wanted> {
        let filter = Filter::parse(self.filter.as_deref().unwrap_or_default()).map_err(|e| eyre!("--filter: {e}"))?;
        let keys = SortKey::parse_list(self.sort.as_deref().unwrap_or_default())?;
        let columns = self.columns.as_deref().map(parse_columns).transpose()?;
        let output = self.output.filter(|path| path != Path::new("-"));
        let format = format_of(self.format, output.as_deref())?;
        if self.escape_formulas && !format.escapes_formulas {
            return Err(eyre!("--escape-formulas is about CSV: the other formats hold texts as texts"));
        }
        Ok(Wanted { output, format, filter, keys, columns, escape_formulas: self.escape_formulas })
    }
}

/// The options, understood.
#[derive(Debug)]
pub struct Wanted {
    output: Option<PathBuf>,
    format: &'static Format,
    filter: Option<Filter>,
    keys: Vec<SortKey>,
    columns: Option<Vec<Column>>,
    escape_formulas: bool,
}

/// A file that was written.
#[derive(Debug)]
pub struct Written {
    pub path: PathBuf,
    pub rows: usize,
}

impl Wanted {
    /// Writes the table; says where to, unless that is standard output. `example` is a file's name for a message.
    ///
    /// # Errors
    /// The file cannot be written, or the format is nothing for a terminal.
    pub fn write(self, table: &Table, example: &str) -> Result<Option<Written>> {
        let rows = arrange(table, self.filter.as_ref(), &self.keys);
        if let Some(doubt) = self.filter.as_ref().and_then(|filter| table.doubt(filter)) {
            warn(&format!("--filter: {doubt}"));
        }
        let columns = self.columns.unwrap_or_else(|| all_columns(table));
        let extract = Extract { table, rows: &rows, columns: &columns, escape_formulas: self.escape_formulas };
        match self.output {
            Some(path) => {
                extract.write_file(self.format, &path)?;
                Ok(Some(Written { path, rows: rows.len() }))
            }
            None if io::stdout().is_terminal() && !self.format.readable => {
                let (name, ending) = (self.format.title, self.format.endings[0]);
                Err(eyre!("{name} is nothing for a terminal: name a file with -o, for example -o {example}.{ending}"))
            }
            None => {
                extract.write_to(self.format, &mut out::table())?;
                Ok(None)
            }
        }
    }
}

/// The format that was asked for, else the one that the file's name says, else CSV.
fn format_of(asked: Option<&'static Format>, output: Option<&Path>) -> Result<&'static Format> {
    if let Some(format) = asked {
        return Ok(format);
    }
    match output {
        None => Ok(&CSV),
        Some(path) => of_path(path).ok_or_else(|| {
            let names: Vec<&str> = FORMATS.iter().map(|f| f.name).collect();
            let names = names.join("|");
            eyre!("{} ends in none of {}: say --format {names}", path.display(), endings("and"))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::export::{JSONL, PARQUET};

    #[test]
    fn the_format_is_asked_for_or_read_from_the_name() {
        let of = |output: Option<&str>, format| {
            let args = TableArgs { output: output.map(PathBuf::from), format, ..TableArgs::default() };
            args.understood().map(|wanted| wanted.format)
        };
        assert_eq!(of(None, None).unwrap(), &CSV);
        assert_eq!(of(Some("-"), None).unwrap(), &CSV);
        assert_eq!(of(Some("a.parquet"), None).unwrap(), &PARQUET);
        assert_eq!(of(Some("a.csv"), Some(&JSONL)).unwrap(), &JSONL);
        assert!(of(Some("a.txt"), None).unwrap_err().to_string().contains("--format"));
    }

    #[test]
    fn what_was_typed_is_looked_at_before_anything_is_read() {
        let refused = |args: TableArgs| args.understood().unwrap_err().to_string();
        let typed = |text: &str| Some(text.to_owned());
        assert!(refused(TableArgs { filter: typed("y >"), ..TableArgs::default() }).contains("--filter"));
        assert!(refused(TableArgs { columns: typed("id,nothing"), ..TableArgs::default() }).contains("nothing"));
        assert!(refused(TableArgs { sort: typed("-nothing"), ..TableArgs::default() }).contains("nothing"));
        let json = TableArgs { format: Some(&JSONL), escape_formulas: true, ..TableArgs::default() };
        assert!(refused(json).contains("about CSV"));
    }
}
