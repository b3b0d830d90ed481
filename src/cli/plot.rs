//! `mug plot`: figures of a run as SVG or PNG.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::out::{say, warn};
use super::stage_name::StageName;
use super::subcommand::{Program, Subcommand};
use crate::report::figure::{self, Choice, Draw, FigureKind, Format, Request, SMOOTHING, XAxis, write};
use crate::report::projection::Method;
use crate::report::projection::groups::Colouring;
use crate::report::study::gather;
use crate::run::directory::RunDir;
use crate::run::study::Study;
use crate::split::Split;
use crate::training::events::Moment;

/// Draw a figure of a run or a study: losses, metrics, what became of the labels, how variants compare.
#[derive(Debug, clap::Parser)]
#[command(name = "plot")]
pub struct PlotArgs {
    /// Name or folder of the run, or of the study where --what is study; it may still be training.
    pub run: String,
    /// What the figure shows.
    #[arg(long, value_enum, default_value_t = &figure::LOSSES)]
    pub what: &'static FigureKind,
    /// The file to write; its end chooses the form: .svg or .png.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Losses, metrics, labels: this stage only [default: every stage that has something to show; labels: the last refresh].
    #[arg(long, value_name = "STAGE")]
    pub stage: Option<StageName>,
    /// Losses: the value to draw, for example task or contrastive [default: loss].
    #[arg(long, value_name = "NAME")]
    pub value: Option<String>,
    /// Losses: logarithmic y.
    #[arg(long)]
    pub log: bool,
    /// Losses: what the x axis counts [default: epoch].
    #[arg(long, value_enum)]
    pub x: Option<XAxis>,
    /// Losses: weight of the moving average, from 0 (none) to 0.999 [default: 0.8].
    #[arg(long, value_name = "WEIGHT", value_parser = weight)]
    pub smooth: Option<f64>,
    /// Labels: whose rows to show [default: train].
    #[arg(long, value_enum)]
    pub split: Option<SplitName>,
    /// Embedding: how h and z are laid out [default: pca].
    #[arg(long, value_enum)]
    pub projection: Option<Method>,
    /// Embedding: what colours say; by modality, all three are laid out together [default: kind].
    #[arg(long, value_enum)]
    pub color: Option<Colouring>,
    /// Embedding: moments of stage 1, side by side [default: the first and the latest recorded].
    #[arg(long, value_enum, value_delimiter = ',', value_name = "MOMENT,...")]
    pub moment: Vec<MomentName>,
    /// For example 180mm, 7in or 680 (px, 1/96 inch) [default: 180mm].
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub width: Option<f64>,
    /// As --width [default: what suits the width].
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub height: Option<f64>,
    /// PNG: pixels to the px of the figure; 3.125 gives 300 dpi [default: 2].
    #[arg(long, value_name = "FACTOR", value_parser = factor)]
    pub scale: Option<f64>,
    /// Name the run and its dataset above the figure.
    #[arg(long)]
    pub title: bool,
}

impl Subcommand for PlotArgs {
    /// Writes the figure and says where, and what of the data it does not show.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let format = Format::of(&self.output)?;
        if let Some(option) = meaningless(&self, format) {
            return Err(eyre!(
                "{option} changes nothing in this figure of {}; leave it out, or see mug plot --help",
                self.what.name
            ));
        }
        let request = Request {
            what: self.what,
            stage: self.stage.map(Into::into),
            value: self.value.clone().unwrap_or_else(|| "loss".into()),
            log: self.log,
            x: self.x.unwrap_or_default(),
            smoothing: self.smooth.unwrap_or(SMOOTHING),
            split: self.split.map_or(Split::Train, Into::into),
            projection: self.projection.unwrap_or_default(),
            colouring: self.color.unwrap_or_default(),
            moments: self.moment.iter().map(|m| (*m).into()).collect(),
            width: self.width,
            height: self.height,
            title: self.title,
        };
        let laid_out = request.what.obeys(Choice::Projection);
        if laid_out && request.projection == Method::Tsne && std::io::stderr().is_terminal() {
            warn("t-SNE takes some seconds for each panel");
        }
        let (figure, of) = match request.what.draw {
            Draw::Run(_) => {
                let dir = RunDir::find(&program.runs_root, &self.run)?;
                (figure::figure(&dir, &request)?, format!("{} of run {}", self.what.name, dir.name()))
            }
            Draw::Study(_) => {
                let study = Study::find(&program.runs_root, &self.run)?;
                (figure::figure_of_study(&gather(&study), &request)?, format!("study {}", study.name()))
            }
        };
        let notes = write(figure, &self.output, self.scale.unwrap_or(SCALE))?;
        say(&format!("{of} drawn to {}", self.output.display()))?;
        for note in notes {
            say(&note)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A part of the dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SplitName {
    Train,
    Valid,
    Test,
}

impl From<SplitName> for Split {
    fn from(name: SplitName) -> Split {
        match name {
            SplitName::Train => Split::Train,
            SplitName::Valid => Split::Valid,
            SplitName::Test => Split::Test,
        }
    }
}

/// A moment of stage 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum MomentName {
    Before,
    /// The middle one of those recorded.
    During,
    /// With the weights that the stage hands on.
    After,
}

impl From<MomentName> for Moment {
    fn from(name: MomentName) -> Moment {
        match name {
            MomentName::Before => Moment::Before,
            MomentName::During => Moment::During,
            MomentName::After => Moment::After,
        }
    }
}

/// A length in px of 1/96 inch.
fn length(text: &str) -> Result<f64, String> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let px = match unit {
        "" | "px" => 1.0,
        "mm" => 96.0 / 25.4,
        "cm" => 96.0 / 2.54,
        "in" => 96.0,
        "pt" => 96.0 / 72.0,
        _ => return Err("expected a length such as 180mm, 18cm, 7in, 510pt or 680px".into()),
    };
    let number = text[..text.len() - unit.len()].parse::<f64>();
    number.map(|n| n * px).map_err(|_| "expected a length such as 180mm, 18cm, 7in, 510pt or 680px".into())
}

fn within(text: &str, lo: f64, hi: f64) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|v| (lo..=hi).contains(v));
    value.ok_or_else(|| format!("expected a number from {lo} to {hi}"))
}

fn weight(text: &str) -> Result<f64, String> {
    within(text, 0.0, 0.999)
}

fn factor(text: &str) -> Result<f64, String> {
    within(text, 0.1, 50.0)
}

/// Pixels to the px of a PNG where nothing else is asked for.
const SCALE: f64 = 2.0;

/// An option that was given and has no meaning for the figure that is asked for.
fn meaningless(args: &PlotArgs, format: Format) -> Option<&'static str> {
    let options = [
        ("--stage", args.stage.is_some(), args.what.obeys(Choice::Stage)),
        ("--value", args.value.is_some(), args.what.obeys(Choice::Value)),
        ("--log", args.log, args.what.obeys(Choice::Log)),
        ("--x", args.x.is_some(), args.what.obeys(Choice::X)),
        ("--smooth", args.smooth.is_some(), args.what.obeys(Choice::Smoothing)),
        ("--split", args.split.is_some(), args.what.obeys(Choice::Split)),
        ("--projection", args.projection.is_some(), args.what.obeys(Choice::Projection)),
        ("--color", args.color.is_some(), args.what.obeys(Choice::Colouring)),
        ("--moment", !args.moment.is_empty(), args.what.obeys(Choice::Moments)),
        ("--scale", args.scale.is_some(), format == Format::Png),
    ];
    options.iter().find(|(_, given, obeyed)| *given && !obeyed).map(|(name, ..)| *name)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn an_option_of_another_figure_is_refused() {
        let of = |line: &str| {
            let args = PlotArgs::try_parse_from(format!("plot run -o a.svg {line}").split_whitespace()).unwrap();
            meaningless(&args, Format::of(&args.output).unwrap())
        };
        for (what, option, given) in [
            ("embedding", "--stage", " joint"),
            ("metrics", "--value", " task"),
            ("metrics", "--log", ""),
            ("labels", "--x", " step"),
            ("metrics", "--smooth", " 0"),
            ("losses", "--split", " test"),
            ("losses", "--projection", " tsne"),
            ("labels", "--color", " label"),
            ("losses", "--moment", " before"),
            ("losses", "--scale", " 3"),
        ] {
            assert_eq!(of(&format!("--what {what} {option}{given}")), Some(option));
        }
        for line in ["--stage joint --value task --log --x step --smooth 0", "--what labels --split test --stage joint"]
        {
            assert_eq!(of(line), None, "{line}");
        }
    }

    #[test]
    fn lengths_have_units() {
        let px = |t: &str| length(t).unwrap().round();
        assert_eq!(
            [px("680"), px("680px"), px("25.4mm"), px("2.54cm"), px("7in"), px("72pt")],
            [680., 680., 96., 96., 672., 96.]
        );
        for bad in ["", "mm", "12 mm", "-3", "1e3", "12ft", "1.2.3", "мм"] {
            assert!(length(bad).is_err(), "{bad}");
        }
        assert!(weight("1").is_err() && factor("nan").is_err());
    }
}
