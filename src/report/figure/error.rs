//! Why there is no figure.

use std::path::PathBuf;

use crate::report::projection::ProjectionError;
use crate::run::FileError;
use crate::run::labels::LabelsError;
use crate::run::npy::NpyError;
use crate::run::rows::RowsError;
use crate::run::tail::TailError;

/// Sizes in px that a figure can have.
pub const LEAST: f64 = 150.0;
pub const MOST: f64 = 10_000.0;

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    #[error("{path}: expected a file name that ends in .svg or .png")]
    Suffix { path: PathBuf },
    #[error(
        "a figure of {width:.0} x {height:.0} px: expected {least} to {most} px (1/96 inch) each way; change --width or \
         --height",
        least = LEAST,
        most = MOST
    )]
    Size { width: f64, height: f64 },
    #[error("a picture of {width:.0} x {height:.0} pixels is too large (or empty); choose a smaller --scale, or .svg")]
    Pixels { width: f64, height: f64 },
    #[error("run {run} has no {what} to show: {why}")]
    Nothing { run: String, what: &'static str, why: String },
    #[error("{what} is a figure of {subject}")]
    Subject { what: &'static str, subject: &'static str },
    #[error("the {stage} stage reports no value \"{value}\"; it reports {known}")]
    Value { stage: &'static str, value: String, known: String },
    #[error("cannot draw the figure: {0}")]
    Drawing(String),
    #[error(transparent)]
    Events(#[from] TailError),
    #[error(transparent)]
    Labels(#[from] LabelsError),
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error(transparent)]
    Embedding(#[from] NpyError),
    #[error("cannot lay out h and z: {0}")]
    Projection(#[from] ProjectionError),
    #[error(transparent)]
    File(#[from] FileError),
}
