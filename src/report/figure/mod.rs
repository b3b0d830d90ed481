//! Figures of a run as SVG and PNG, made to be printed: axes with units, a legend, series that stay apart in grey.
//!
//! ```text
//! run directory ─▶ losses.rs, metrics.rs, labels.rs, embedding.rs ─▶ Figure (panel.rs) ─▶ canvas.rs ─▶ SVG ─▶ image.rs ─▶ PNG
//! ```

mod canvas;
mod embedding;
mod image;
mod labels;
mod losses;
mod metrics;
pub mod palette;
pub mod panel;
mod writing;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

pub use writing::clean;

use crate::report::projection::groups::Colouring;
use crate::report::projection::{Method, ProjectionError};
use crate::run::directory::RunDir;
use crate::run::labels::LabelsError;
use crate::run::npy::NpyError;
use crate::run::rows::RowsError;
use crate::run::tail::{TailError, read_view};
use crate::run::{FileError, write_atomically};
use crate::split::Split;
use crate::training::events::{Moment, Stage};
use panel::Figure;

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

/// What a figure shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// Training and validation losses of each stage.
    Losses,
    /// Validation metrics over the epochs.
    Metrics,
    /// What correction did to the labels.
    Labels,
    /// h and z of each modality in the plane, before beside after stage 1.
    Embedding,
}

impl What {
    /// The name used on the command line and in file names.
    pub fn name(self) -> &'static str {
        match self {
            What::Losses => "losses",
            What::Metrics => "metrics",
            What::Labels => "labels",
            What::Embedding => "embedding",
        }
    }
}

/// What the x axis of curves counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum XAxis {
    Step,
    #[default]
    Epoch,
    /// Active time of the run.
    Time,
}

impl XAxis {
    pub fn name(self) -> &'static str {
        match self {
            XAxis::Step => "step",
            XAxis::Epoch => "epoch",
            XAxis::Time => "time",
        }
    }
}

/// What is asked of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub what: What,
    /// `None`: every stage that has something to show.
    pub stage: Option<Stage>,
    /// The value whose curves are drawn (losses).
    pub value: String,
    /// Logarithmic y (losses).
    pub log: bool,
    /// Losses.
    pub x: XAxis,
    /// Weight of the moving average, in [0, 1) (losses).
    pub smoothing: f64,
    /// Whose rows are shown (labels).
    pub split: Split,
    /// How representations are laid out (embedding).
    pub projection: Method,
    /// What colours say (embedding).
    pub colouring: Colouring,
    /// Side by side (embedding); empty: the first and the latest recorded.
    pub moments: Vec<Moment>,
    /// px (1/96 inch); `None`: 180 mm.
    pub width: Option<f64>,
    /// px; `None`: what suits the width.
    pub height: Option<f64>,
    /// Name the run and the dataset above the figure.
    pub title: bool,
}

impl Request {
    /// A figure as it is drawn where nothing else is asked for.
    pub fn new(what: What) -> Self {
        Self {
            what,
            stage: None,
            value: "loss".into(),
            log: false,
            x: XAxis::default(),
            smoothing: SMOOTHING,
            split: Split::Train,
            projection: Method::Pca,
            colouring: Colouring::Kind,
            moments: Vec::new(),
            width: None,
            height: None,
            title: false,
        }
    }
}

/// A file's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Svg,
    Png,
}

impl Format {
    /// By the end of the file's name.
    ///
    /// # Errors
    /// Another end than `.svg` or `.png`.
    pub fn of(path: &Path) -> Result<Format, FigureError> {
        match path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).as_deref() {
            Some("svg") => Ok(Format::Svg),
            Some("png") => Ok(Format::Png),
            _ => Err(FigureError::Suffix { path: path.to_owned() }),
        }
    }
}

/// Default width in px: 180 mm, the two columns of most journals.
const WIDTH: f64 = 180.0 / 25.4 * 96.0;
/// Weight of the moving average where nothing else is asked for: about five steps.
pub const SMOOTHING: f64 = 0.8;
/// Sizes in px that a figure can have.
const LEAST: f64 = 150.0;
const MOST: f64 = 10_000.0;

/// What a run has to show, as plain data.
///
/// # Errors
/// Nothing to show yet, an unreadable run directory, or an impossible size.
pub fn figure(dir: &RunDir, request: &Request) -> Result<Figure, FigureError> {
    let view = read_view(&dir.events_path())?;
    let width = request.width.unwrap_or(WIDTH);
    sized(width, request.height.unwrap_or(LEAST))?;
    let mut figure = match request.what {
        What::Losses => losses::figure(dir.name(), &view, request, width),
        What::Metrics => metrics::figure(dir.name(), &view, request, width),
        What::Labels => labels::figure(dir, &view, request, width),
        What::Embedding => embedding::figure(dir, &view, request, width),
    }?;
    if let Some(height) = request.height {
        figure.height = height;
    }
    sized(figure.width, figure.height)?;
    if !view.damage.is_none() {
        figure.notes.push(format!("the figure is of the rest of the record: {}", view.damage));
    }
    if request.title {
        figure.title = format!("{} ({})", dir.name(), dir.manifest().dataset_name());
    }
    Ok(figure)
}

fn sized(width: f64, height: f64) -> Result<(), FigureError> {
    let good = |length: f64| (LEAST..=MOST).contains(&length);
    if good(width) && good(height) { Ok(()) } else { Err(FigureError::Size { width, height }) }
}

/// Writes a figure of a run to a file, as SVG or PNG by the file's name; a PNG has `scale` pixels to the px. Returns what
/// of the data is not to be seen in it, in sentences.
///
/// # Errors
/// As [`figure`], another end of the file's name, too many pixels, or a file system that refuses.
pub fn write(dir: &RunDir, request: &Request, path: &Path, scale: f64) -> Result<Vec<String>, FigureError> {
    let format = Format::of(path)?;
    let figure = figure(dir, request)?;
    let svg = canvas::svg(&figure)?;
    let mut notes = figure.notes;
    let bytes = match format {
        Format::Svg => svg.into_bytes(),
        Format::Png => {
            let image::Picture { bytes, missing } = image::png(&svg, scale)?;
            notes.extend(unset(missing));
            bytes
        }
    };
    write_atomically(path, |w| w.write_all(&bytes))?;
    Ok(notes)
}

/// What is said of characters that no font has.
fn unset(missing: BTreeSet<char>) -> Option<String> {
    /// Characters that are named.
    const NAMED: usize = 20;
    let named: String = missing.iter().take(NAMED).collect();
    let more = if missing.len() > NAMED { " and others" } else { "" };
    (!missing.is_empty()).then(|| {
        format!(
            "no font of this machine has {named}{more}: drawn as \u{fffd}; install one that does (for Chinese, Noto Sans \
             CJK), or write .svg, which is set in the fonts of whoever looks at it"
        )
    })
}

#[cfg(test)]
mod tests;
