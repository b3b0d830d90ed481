//! What can be said on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::data::DataArgs;
use crate::device::DeviceRequest;
use crate::report::export::{Format, endings};
use crate::training::events::Stage;

/// A terminal console for MUG: meta uni-label generation in multimodal sentiment analysis.
///
/// Without a subcommand the console opens: pick a dataset, train the three stages, look at the corrected labels. A run
/// goes on when the console is left or the connection drops; `mug attach` brings it back.
#[derive(Debug, Parser)]
#[command(name = "mug", version)]
pub struct Args {
    #[command(subcommand)]
    pub action: Option<Action>,
    #[command(flatten)]
    pub view: ViewArgs,
    #[command(flatten)]
    pub start: StartArgs,
    /// Where runs lie; MUG_RUNS_DIR sets it, too.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub runs_dir: Option<PathBuf>,
}

impl Args {
    /// Reads a command line, the program's name first.
    ///
    /// # Errors
    /// It is not understood, asks for help, or has an option before a subcommand that the subcommand would not see.
    pub fn read(line: impl IntoIterator<Item = OsString>) -> Result<Args, clap::Error> {
        let mut command = Args::command();
        let mut matches = command.try_get_matches_from_mut(line)?;
        if let Some(name) = matches.subcommand_name() {
            let given = |arg: &&clap::Arg| {
                let typed = matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
                !arg.is_global_set() && typed
            };
            let own = |arg: &clap::Arg| !["help", "version"].contains(&arg.get_id().as_str());
            let option =
                |arg: &clap::Arg| arg.get_long().map_or_else(|| arg.get_id().to_string(), |l| format!("--{l}"));
            let typed = command.get_arguments().filter(|a| own(a)).find(given).map(option);
            if let Some(option) = typed {
                let text = format!(
                    "{option} before {name} is an option of the console, which {name} does not open; options of {name} \
                     stand behind it: mug {name} --help"
                );
                return Err(command.error(ErrorKind::ArgumentConflict, text));
            }
        }
        Args::from_arg_matches_mut(&mut matches).map_err(|e| e.format(&mut command))
    }
}

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Train without a screen; exits with 0 only when the run finished.
    Train(TrainArgs),
    /// Open the console on a run that goes on, or watch one from another machine.
    Attach(AttachArgs),
    /// List runs with their state and progress.
    Runs(RunsArgs),
    /// Show what became of a run: test and validation figures, labels, signs of failure, how its stages ended.
    Show(super::show::ShowArgs),
    /// Park a run: it finishes the batch, writes a checkpoint and waits.
    Pause(RunName),
    /// Go on with a paused run, or take up one that was stopped or died.
    Resume(ResumeArgs),
    /// End a run after the batch and a checkpoint; it can be resumed.
    Stop(RunName),
    /// Write a run's label table: every row with the corrected label of each modality; or judge it by people's labels.
    Labels(LabelsArgs),
    /// Look for signs of failure in a run; exits with 0 where no check fails and with 4 where one does.
    Health(HealthArgs),
    /// Draw a figure of a run: losses, metrics or what became of the labels.
    Plot(super::plot::PlotArgs),
    /// Write a run's numbers for other programs: TensorBoard event files, or one CSV table.
    Export(super::export::ExportArgs),
    /// Put runs side by side: the settings that differ beside their results.
    Compare(super::compare::CompareArgs),
    /// Check a run directory: every line, array and checkpoint is as it was written; exits with 1 where one is not.
    Verify(super::verify::VerifyArgs),
    /// Look at datasets.
    Data(DataArgs),
    /// List the devices that training could use, and why one is chosen.
    Devices(super::devices::DevicesArgs),
    Bench(super::bench::BenchArgs),
    /// The process of a run; started by the console.
    #[command(hide = true)]
    Host(HostArgs),
}

/// How a run is shown.
#[derive(Clone, Debug, clap::Args)]
pub struct ViewArgs {
    /// Print lines instead of drawing a screen; so by itself where standard output is no terminal, or one that cannot be
    /// drawn on (TERM is dumb or not set).
    #[arg(long)]
    pub plain: bool,
    /// Watch only: no key changes the run.
    #[arg(long)]
    pub read_only: bool,
    /// Frames a second, at most [default: 5].
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=60), conflicts_with = "plain")]
    pub fps: Option<u8>,
    /// Draw with ASCII characters only.
    #[arg(long, conflicts_with = "plain")]
    pub ascii: bool,
}

impl ViewArgs {
    /// Frames a second, at most.
    pub fn frames(&self) -> u8 {
        self.fps.unwrap_or(5)
    }

    /// The options given that mean nothing where lines are printed.
    pub fn only_drawn(&self) -> Option<String> {
        let given = [("--fps", self.fps.is_some()), ("--ascii", self.ascii)];
        let names: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

/// What runs started in the console train on.
#[derive(Clone, Debug, clap::Args)]
pub struct StartArgs {
    /// The dataset to select: a name that `mug data list` shows, or a file.
    #[arg(long, value_name = "NAME|FILE")]
    pub dataset: Option<String>,
    /// Settings in place of those that ship for the dataset (see configs/).
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where runs that are started compute [default: auto].
    #[arg(long, value_enum, conflicts_with = "read_only")]
    pub device: Option<DeviceRequest>,
    /// Change one setting, for example --set joint.unimodal_weight=0.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

impl StartArgs {
    /// The options given that only a run that is started would have.
    pub fn given(&self) -> Vec<&'static str> {
        let given = [
            ("--dataset", self.dataset.is_some()),
            ("--config", self.config.is_some()),
            ("--device", self.device.is_some()),
            ("--set", !self.overrides.is_empty()),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }
}

#[derive(Debug, clap::Args)]
pub struct TrainArgs {
    /// What to train on: a name that `mug data list` shows, or a file; with --resume, where the run's data lies now (the
    /// same data, which is made sure of).
    #[arg(long, value_name = "NAME|FILE", required_unless_present = "resume")]
    pub dataset: Option<String>,
    /// Settings in place of those that ship for the dataset (see configs/).
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Stages to train; with --resume they are added to those of the run.
    #[arg(long, value_delimiter = ',', value_name = "STAGE,...")]
    pub stage: Vec<StageChoice>,
    /// Where to compute [default: auto; with --resume, as before].
    #[arg(long, value_enum)]
    pub device: Option<DeviceRequest>,
    /// In place of training.seed of the settings.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Name of the new run [default: the date and a letter].
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Go on with this run from its last checkpoint.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["config", "seed", "run", "overrides"])]
    pub resume: Option<String>,
    /// Change one setting, for example --set joint.unimodal_weight=0.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Print the result as one JSON object on one line on standard output.
    #[arg(long)]
    pub json: bool,
}

/// A stage, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StageChoice {
    All,
    Contrastive,
    Denoising,
    Joint,
}

impl StageChoice {
    pub fn stages(self) -> &'static [Stage] {
        match self {
            StageChoice::All => &Stage::ALL,
            StageChoice::Contrastive => &[Stage::Contrastive],
            StageChoice::Denoising => &[Stage::Denoising],
            StageChoice::Joint => &[Stage::Joint],
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct AttachArgs {
    /// Name or folder of the run [default: the one last written that is live].
    pub run: Option<String>,
    /// Watch a run directory without its process, for example on another node of a cluster.
    #[arg(long, value_name = "DIR", conflicts_with = "run")]
    pub follow: Option<String>,
    #[command(flatten)]
    pub view: ViewArgs,
}

#[derive(Debug, clap::Args)]
pub struct RunsArgs {
    /// Print one JSON array.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct RunName {
    /// Name or folder of the run.
    pub run: String,
}

#[derive(Debug, clap::Args)]
pub struct ResumeArgs {
    /// Name or folder of the run.
    pub run: String,
    /// Begin this stage and those after it anew.
    #[arg(long, value_name = "STAGE")]
    pub restart: Option<StageName>,
    /// Go on with this stage, which was ended before its last epoch; those after it are trained anew.
    #[arg(long = "continue", value_name = "STAGE", conflicts_with = "restart")]
    pub continue_stage: Option<StageName>,
    /// Where the run's data lies now: the same data, which is made sure of.
    #[arg(long, value_name = "NAME|FILE")]
    pub dataset: Option<String>,
}

/// One stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StageName {
    Contrastive,
    Denoising,
    Joint,
}

impl From<StageName> for Stage {
    fn from(name: StageName) -> Stage {
        match name {
            StageName::Contrastive => Stage::Contrastive,
            StageName::Denoising => Stage::Denoising,
            StageName::Joint => Stage::Joint,
        }
    }
}

fn output_help() -> String {
    format!("The file to write; its ending says the format: {} [default: standard output]", endings("or"))
}

#[derive(Debug, clap::Args)]
pub struct LabelsArgs {
    /// Name or folder of the run.
    pub run: String,
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
    /// Judge the labels by the data's human unimodal labels, as one JSON object: MAE, r and sign agreement of corrected
    /// labels and of copies, with bootstrap intervals, and grids of signs.
    #[arg(long, conflicts_with_all = ["output", "format", "filter", "sort", "columns"])]
    pub json: bool,
    /// Judge the labels by these instead: a CSV file with the columns id, modality, label, or a label.csv as MMSA's
    /// datasets come with (video_id, clip_id, label_T, label_A, label_V).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "format", "filter", "sort", "columns"])]
    pub against: Option<PathBuf>,
    /// CSV: put a ' before texts that begin with = + - @, a tab or a carriage return, which spreadsheets would run as
    /// formulas. Without it every text is written as it is.
    #[arg(long, conflicts_with_all = ["json", "against"])]
    pub escape_formulas: bool,
    /// Which refresh of the corrected labels, from 0 [default: the last].
    #[arg(long, value_name = "N")]
    pub refresh: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub struct HealthArgs {
    /// Name or folder of the run.
    pub run: String,
    /// Compare joint training with this run of the same data, for example one of joint.unimodal_weight=0.
    #[arg(long, value_name = "RUN")]
    pub baseline: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct HostArgs {
    /// The run directory.
    pub dir: PathBuf,
    /// Go on from the last checkpoint.
    #[arg(long)]
    pub resume: bool,
    /// Begin this stage and those after it anew.
    #[arg(long, value_name = "STAGE")]
    pub restart: Option<StageName>,
    /// Go on with this stage, which was ended early.
    #[arg(long = "continue", value_name = "STAGE", conflicts_with = "restart")]
    pub continue_stage: Option<StageName>,
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn the_grammar_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn what_people_type() {
        let parse = |line: &str| Args::read(line.split_whitespace().map(OsString::from));
        let args = parse("mug --dataset sims --set a.b=1 --set c=2 --fps 10").unwrap();
        assert_eq!((args.action.is_none(), args.start.overrides.len(), args.view.frames()), (true, 2, 10));
        let Some(Action::Train(train)) =
            parse("mug train --dataset demo --stage contrastive,denoising --json").unwrap().action
        else {
            panic!()
        };
        assert_eq!(train.stage, [StageChoice::Contrastive, StageChoice::Denoising]);
        assert!(parse("mug train").unwrap_err().to_string().contains("--dataset"));
        assert!(parse("mug train --resume x --seed 1").is_err());
        assert!(parse("mug --fps 0").is_err());
        assert!(parse("mug attach x --follow y").is_err());
        assert!(parse("mug runs --json --runs-dir /x").unwrap().runs_dir.is_some());
    }

    #[test]
    fn options_work_before_a_subcommand_or_are_refused() {
        let parse = |line: &str| Args::read(line.split_whitespace().map(OsString::from));
        let args = parse("mug --runs-dir /x health run").unwrap();
        assert!(args.runs_dir.is_some() && matches!(args.action, Some(Action::Health(_))));
        for option in ["--dataset sims", "--config f", "--set a=1", "--device cpu", "--fps 9", "--ascii", "--plain"] {
            let text = parse(&format!("mug {option} runs")).unwrap_err().to_string();
            let name = option.split(' ').next().unwrap();
            assert!(text.contains(name) && text.contains("an option of the console"), "{text}");
        }
        assert!(parse("mug runs").is_ok() && parse("mug --help").unwrap_err().kind() == ErrorKind::DisplayHelp);
    }

    #[test]
    fn options_that_would_mean_nothing_are_refused() {
        let parse = |line: &str| Args::read(line.split_whitespace().map(OsString::from));
        for line in [
            "mug --plain --fps 9",
            "mug --plain --ascii",
            "mug attach --plain --fps 9",
            "mug --read-only --device cpu",
            "mug train --resume r --config f",
            "mug labels r --json --columns y",
        ] {
            assert_eq!(parse(line).unwrap_err().kind(), ErrorKind::ArgumentConflict, "{line}");
        }
        assert!(parse("mug train --resume r --dataset moved.pkl").is_ok());
        assert!(parse("mug resume r --dataset moved.pkl --restart joint").is_ok());
    }
}
