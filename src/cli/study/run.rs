//! `mug study run`: begins a study, or adds to it.

use std::process::ExitCode;

use color_eyre::Result;

use super::carry::{CarryArgs, carry};
use crate::cli::out::warn;
use crate::cli::subcommand::Program;
use crate::device::DeviceRequest;
use crate::run::study::definition::Seeds;
use crate::study::request::{StudyRequest, Written};

/// Begin a study, or add seeds and variants to one: only what is new is trained.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// A study that `mug study list` shows, or a file like those in configs/studies.
    #[arg(value_name = "NAME|FILE")]
    study: String,
    /// What to train on: a name that `mug data list` shows, or a file [default: the study's, else the demo].
    #[arg(long, value_name = "NAME|FILE")]
    dataset: Option<String>,
    /// How many seeds, or which: 5, or 1,2,7 [default: those it has, else the study's].
    #[arg(long, value_name = "N|SEED,...", value_parser = Seeds::parse)]
    seeds: Option<Seeds>,
    /// Change one setting of all runs, for example --set joint.epochs=10.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Where to compute.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceRequest,
    /// The study's name in the runs folder [default: the study's and the dataset's].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    carry: CarryArgs,
}

impl RunArgs {
    pub fn run(self, program: &Program) -> Result<ExitCode> {
        let request = StudyRequest {
            study: self.study,
            dataset: self.dataset,
            seeds: self.seeds,
            overrides: self.overrides,
            device: self.device,
            name: self.name,
        };
        let Written { study, left_out } = request.write(&program.runs_root)?;
        if !left_out.is_empty() {
            let (names, data) = (left_out.join(", "), &study.plan().dataset);
            warn(&format!("{names}: left out, as people did not label each modality of {data}'s training split"));
        }
        carry(&study, &self.carry)
    }
}
