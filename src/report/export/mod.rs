//! The label table as a file for other programs: the rows that pass, in their order, with the columns that are wanted.
//! One file a format; `extract` holds what is written, `format` says what a format is made of.
//!
//! To add a format: write a file with a [`Format`] and enter it in [`FORMATS`]. `mug labels` and the console know it then,
//! by its name and by the endings of files.

mod csv;
mod extract;
mod format;
mod jsonl;
mod parquet;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

pub use self::csv::CSV;
pub use self::parquet::PARQUET;
pub use extract::{Extract, all_columns};
pub use format::Format;
pub use jsonl::JSONL;

use crate::report::listing::listed;
use crate::run::{FileError, write_atomically};

/// Every format that tables can be written in.
pub const FORMATS: &[&Format] = &[&CSV, &PARQUET, &JSONL];

/// The format that a file's ending names.
pub fn of_path(path: &Path) -> Option<&'static Format> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    FORMATS.iter().copied().find(|f| f.endings.contains(&&*ending))
}

/// The endings of files that messages name: `.csv, .parquet and .jsonl`.
pub fn endings(word: &str) -> String {
    let all: Vec<String> = FORMATS.iter().map(|f| format!(".{}", f.endings[0])).collect();
    listed(&all, word)
}

impl clap::ValueEnum for &'static Format {
    fn value_variants<'a>() -> &'a [Self] {
        FORMATS
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name))
    }
}

impl Extract<'_> {
    /// Writes to anything; nothing is buffered beyond what the format needs.
    ///
    /// # Errors
    /// The writer refuses, or there is no column to write.
    pub fn write_to(&self, format: &Format, out: &mut (dyn Write + Send)) -> io::Result<()> {
        if self.fields().is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no column to write"));
        }
        (format.write)(self, out)
    }

    /// Writes a file, which appears whole or not at all.
    ///
    /// # Errors
    /// The file system refuses; what was there before then still stands.
    pub fn write_file(&self, format: &Format, path: &Path) -> Result<(), FileError> {
        write_atomically(path, |out: &mut BufWriter<File>| self.write_to(format, out))
    }
}

#[cfg(test)]
mod tests;
