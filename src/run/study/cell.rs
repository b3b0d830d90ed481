//! Rows and cells of a study, and the names of the cells' runs.

use crate::files::checksum;

/// A variant at one place of the axes: a row of the study's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The variant's name.
    pub variant: String,
    /// Its place on the axes: key of the setting and value as written.
    pub axes: Vec<(String, String)>,
    /// Settings over the study's, dotted keys.
    pub set: Vec<(String, toml::Value)>,
}

/// A row with a seed: one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The name of its run within the study.
    pub name: String,
    /// Index of its row.
    pub row: usize,
    pub seed: u64,
}

/// Characters of a row's part of a name; a seed of 19 digits and its "-s" then fit into the 64 of a run's name.
const LONGEST: usize = 43;

impl Row {
    /// The name of the row's run with a seed. It depends on nothing but these, so that it stays when variants, values or
    /// seeds are added: `mucn-0.2-s1`.
    pub fn run_name(&self, seed: u64) -> String {
        format!("{}-s{seed}", self.stem())
    }

    /// The variant and its place, as names of files hold them. Values hold no '-' and a study has as many of them in each row, so different rows have
    /// different stems.
    pub fn stem(&self) -> String {
        let mut stem = self.variant.clone();
        let mut exact = true;
        for (_, value) in &self.axes {
            let plain: String = value.chars().filter(|c| c.is_ascii_alphanumeric() || ['.', '_'].contains(c)).collect();
            exact &= plain == *value;
            stem.push('-');
            stem.push_str(&plain);
        }
        // Of a value with other characters, a part of the checksum of what was written tells it from its like.
        if !exact || stem.len() > LONGEST {
            let written: String = self.axes.iter().map(|(_, value)| format!("\n{value}")).collect();
            let sum = checksum(format!("{}{written}", self.variant).as_bytes());
            stem.truncate(LONGEST - 9);
            stem = format!("{stem}-{sum}");
        }
        stem
    }
}
