//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::data::DataArgs;
use crate::device::DeviceRequest;
use crate::training::events::Stage;

/// A terminal console for MUG: meta uni-label generation in multimodal sentiment analysis.
///
/// Without a subcommand the console opens: pick a dataset, train the three stages, look at the corrected labels. A run
/// goes on when the console is left or the connection drops; `mug attach` brings it back.
#[derive(Debug, Parser)]
#[command(name = "mug", version, args_conflicts_with_subcommands = true)]
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

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Train without a screen; exits with 0 only when the run finished.
    Train(TrainArgs),
    /// Open the console on a run that goes on, or watch one from another machine.
    Attach(AttachArgs),
    /// List runs with their state and progress.
    Runs(RunsArgs),
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
    /// Frames a second, at most.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=60))]
    pub fps: u8,
    /// Draw with ASCII characters only.
    #[arg(long)]
    pub ascii: bool,
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
    /// Where runs that are started compute.
    #[arg(long, value_enum, default_value_t)]
    pub device: DeviceRequest,
    /// Change one setting, for example --set joint.unimodal_weight=0.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub struct TrainArgs {
    /// What to train on: a name that `mug data list` shows, or a file.
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
    #[arg(long, value_name = "RUN", conflicts_with_all = ["dataset", "config", "seed", "run", "overrides"])]
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

/// A format of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    Csv,
    Parquet,
    Jsonl,
}

#[derive(Debug, clap::Args)]
pub struct LabelsArgs {
    /// Name or folder of the run.
    pub run: String,
    /// The file to write; its ending says the format: .csv, .parquet, .jsonl [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// In place of what the file's ending says [default: csv].
    #[arg(long, value_enum)]
    pub format: Option<TableFormat>,
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
    /// Judge the labels by these instead: a CSV file with the columns id, modality, label.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "format", "filter", "sort", "columns"])]
    pub against: Option<PathBuf>,
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn what_people_type() {
        let parse = |line: &str| Args::try_parse_from(line.split_whitespace());
        let args = parse("mug --dataset sims --set a.b=1 --set c=2 --fps 10").unwrap();
        assert_eq!((args.action.is_none(), args.start.overrides.len(), args.view.fps), (true, 2, 10));
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
}
