//! What a format of files is made of.

use std::io::{self, Write};

use super::extract::Extract;

/// A format of files.
#[derive(Debug)]
pub struct Format {
    /// The name on the command line.
    pub name: &'static str,
    /// The name in sentences.
    pub title: &'static str,
    /// What a file's name ends in, without the dot; the first is the one that messages name.
    pub endings: &'static [&'static str],
    /// A terminal can show it.
    pub readable: bool,
    /// Texts can be kept from being read as formulas ([`Extract::escape_formulas`]).
    pub escapes_formulas: bool,
    /// Writes the extract; buffers no more than the format needs.
    pub write: fn(&Extract<'_>, &mut (dyn Write + Send)) -> io::Result<()>,
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
