//! Figures of a run or a study as SVG and PNG, made to be printed: axes with units, a legend, series that stay apart in grey.
//!
//! ```text
//! run directory ─▶ losses.rs, rates.rs, metrics.rs, ... ─▶ Figure (panel.rs) ─▶ canvas.rs ─▶ SVG ─▶ image.rs ─▶ PNG
//! ```
//!
//! To add a figure: write a file with a [`FigureKind`] and enter it in [`FIGURES`]. `mug plot` knows it then, its help and
//! which options it obeys. What can be chosen of it beyond what others have is a field of [`Request`].

mod canvas;
mod embedding;
mod error;
mod image;
mod labels;
mod losses;
mod metrics;
pub mod palette;
pub mod panel;
mod rates;
mod request;
mod study;
mod system;
mod writing;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

pub use embedding::EMBEDDING;
pub use error::FigureError;
pub use labels::LABELS;
pub use losses::LOSSES;
pub use metrics::METRICS;
pub use rates::RATES;
pub use request::{Choice, Draw, FigureKind, Request, SMOOTHING, Subject, XAxis};
pub use study::STUDY;
pub use system::SYSTEM;
pub use writing::clean;

use crate::report::study::outcomes::Outcomes;
use crate::run::directory::RunDir;
use crate::run::tail::read_view;
use crate::run::write_atomically;
use error::{LEAST, MOST};
use panel::Figure;

/// Every figure that can be asked for.
pub const FIGURES: &[&FigureKind] = &[&LOSSES, &RATES, &METRICS, &LABELS, &EMBEDDING, &SYSTEM, &STUDY];

impl clap::ValueEnum for &'static FigureKind {
    fn value_variants<'a>() -> &'a [Self] {
        FIGURES
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name).help(self.shows))
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

/// What a run has to show, as plain data.
///
/// # Errors
/// Nothing to show yet, an unreadable run directory, or an impossible size.
pub fn figure(dir: &RunDir, request: &Request) -> Result<Figure, FigureError> {
    let Draw::Run(draw) = request.what.draw else {
        return Err(FigureError::Subject { what: request.what.name, subject: "a study" });
    };
    let view = read_view(&dir.events_path())?;
    let mut figure = draw(&Subject { dir, view: &view }, request, width(request)?)?;
    if !view.damage.is_none() {
        figure.notes.push(format!("the figure is of the rest of the record: {}", view.damage));
    }
    finished(figure, request, || format!("{} ({})", dir.name(), dir.manifest().dataset_name()))
}

/// What a study has to show, as plain data.
///
/// # Errors
/// Nothing to show yet, or an impossible size.
pub fn figure_of_study(study: &Outcomes, request: &Request) -> Result<Figure, FigureError> {
    let Draw::Study(draw) = request.what.draw else {
        return Err(FigureError::Subject { what: request.what.name, subject: "a run" });
    };
    finished(draw(study, request, width(request)?)?, request, || study.name.clone())
}

/// The figure's width in px.
fn width(request: &Request) -> Result<f64, FigureError> {
    let width = request.width.unwrap_or(WIDTH);
    sized(width, request.height.unwrap_or(LEAST)).map(|()| width)
}

/// With the height and the title that are asked for.
fn finished(mut figure: Figure, request: &Request, title: impl FnOnce() -> String) -> Result<Figure, FigureError> {
    if let Some(height) = request.height {
        figure.height = height;
    }
    sized(figure.width, figure.height)?;
    if request.title {
        figure.title = title();
    }
    Ok(figure)
}

fn sized(width: f64, height: f64) -> Result<(), FigureError> {
    let good = |length: f64| (LEAST..=MOST).contains(&length);
    if good(width) && good(height) { Ok(()) } else { Err(FigureError::Size { width, height }) }
}

/// Writes a figure to a file, as SVG or PNG by the file's name; a PNG has `scale` pixels to the px. Returns what of the data
/// is not to be seen in it, in sentences.
///
/// # Errors
/// Another end of the file's name, too many pixels, or a file system that refuses.
pub fn write(figure: Figure, path: &Path, scale: f64) -> Result<Vec<String>, FigureError> {
    let format = Format::of(path)?;
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
