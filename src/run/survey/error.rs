//! Why there is no survey, or none any more.

use std::path::PathBuf;

use crate::run::FileError;
use crate::run::csv_line::LineError;
use crate::run::labels::LabelsError;
use crate::run::rows::RowsError;

/// Why clips cannot be drawn, or answers not be kept.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    #[error(
        "\"{name}\" cannot name an annotator; use 1 to 64 letters, digits, '.', '_' or '-', and neither '.' nor '-' first"
    )]
    Name { name: String },
    #[error("{path}: {message}; expected a draw as mug annotate writes it: is it of another run, or was it changed?")]
    Draw { path: PathBuf, message: String },
    #[error("nothing to draw: no clip of these splits has a corrected label of these modalities")]
    Empty,
    #[error(
        "{name} is annotating this run in another program already; leave that one, or go by another name: --as NAME"
    )]
    Busy { name: String },
    #[error("{name} has drawn with another {what} already ({was}, not {wanted}); go by another name: --as NAME")]
    Other { name: String, what: &'static str, was: String, wanted: String },
    #[error(
        "{path}: the labels that the clips were drawn by have changed since (stratum {stratum}); more cannot be drawn"
    )]
    Changed { path: PathBuf, stratum: usize },
    #[error(transparent)]
    Line(#[from] LineError),
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error(transparent)]
    Labels(#[from] LabelsError),
    #[error(transparent)]
    File(#[from] FileError),
}
