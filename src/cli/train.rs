//! `mug train`: the run's process in the foreground, for scripts and batch systems.

use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::foreground::{finish, train};
use super::out::warn as note;
use super::record::read_record;
use super::settings::SettingsArgs;
use super::subcommand::{Program, Subcommand};
use crate::device::DeviceRequest;
use crate::host::prepare::{Amendment, RunRequest, amend, check_ready};
use crate::run::directory::RunDir;
use crate::run::lock;
use crate::run::view::Phase;
use crate::training::events::Stage;

/// Train without a screen; exits with 0 only when the run finished.
#[derive(Debug, clap::Parser)]
#[command(name = "train")]
pub struct TrainArgs {
    /// What to train on: a name that `mug data list` shows, or a file; with --resume, where the run's data lies now (the
    /// same data, which is made sure of).
    #[arg(long, value_name = "NAME|FILE", required_unless_present = "resume")]
    pub dataset: Option<String>,
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Stages to train [default: those that labels.source needs]; with --resume they are added to those of the run.
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
    /// Print the result as one JSON object on one line on standard output.
    #[arg(long)]
    pub json: bool,
}

/// A stage, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
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

impl Subcommand for TrainArgs {
    /// Trains a new run, or goes on with one.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let stages: Vec<Stage> = self.stage.iter().flat_map(|s: &StageChoice| s.stages()).copied().collect();
        let dir = match &self.resume {
            Some(name) => {
                let mut dir = RunDir::find(&program.runs_root, name)?;
                let planned = dir.manifest().stages.clone();
                let device = dir.manifest().device;
                // Where only signs of life tell, they are waited for before training begins.
                if lock::judge(&dir) == lock::Verdict::Alive {
                    return Err(eyre!(
                        "run {} is being trained already; mug attach {} shows it",
                        dir.name(),
                        dir.name()
                    ));
                }
                amend(&mut dir, &Amendment { stages, device: self.device, dataset: self.dataset.clone() })?;
                let view = read_record(&dir)?;
                // A batch system may start a job again that was done.
                if view.phase == Phase::Finished && dir.manifest().stages == planned {
                    if self.device.is_some() {
                        amend(&mut dir, &Amendment { device: Some(device), ..Amendment::default() })?;
                    }
                    note(&format!("run {} is finished already", dir.name()));
                    return finish(&dir, &view, self.json);
                }
                check_ready(&dir)?;
                dir
            }
            None => {
                // The command line parser has made sure that there is one of the two.
                let dataset = self.dataset.as_deref().unwrap_or_default();
                let request = RunRequest {
                    config: self.settings.config.clone(),
                    overrides: self.settings.overrides.clone(),
                    seed: self.seed,
                    device: self.device.unwrap_or(DeviceRequest::Auto),
                    stages,
                    name: self.run.clone(),
                    ..RunRequest::new(dataset)
                };
                request.create(&program.runs_root)?
            }
        };
        note(&format!("run {} in {}", dir.name(), dir.path().display()));
        train(&dir, self.resume.is_some(), self.json)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<TrainArgs, clap::Error> {
        TrainArgs::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn what_people_type() {
        let args = parse("train --dataset demo --stage contrastive,denoising --json").unwrap();
        assert_eq!(args.stage, [StageChoice::Contrastive, StageChoice::Denoising]);
        assert!(parse("train --resume r --dataset moved.pkl").is_ok());
        for line in ["train --resume r --config f", "train --resume r --seed 1"] {
            assert_eq!(parse(line).unwrap_err().kind(), ErrorKind::ArgumentConflict, "{line}");
        }
    }
}
