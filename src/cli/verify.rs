//! `mug verify`: whether a run directory is as it was written.

use std::path::PathBuf;
use std::process::ExitCode;

use color_eyre::Result;
use serde::Serialize;

use super::out::{say, say_json};
use super::subcommand::{Program, Subcommand};
use crate::run::directory::RunDir;
use crate::run::lock;
use crate::run::verify::{Verified, verify};

/// Check a run directory: every line, array and checkpoint is as it was written; exits with 1 where one is not.
#[derive(Debug, clap::Parser)]
#[command(name = "verify")]
pub struct VerifyArgs {
    /// Name or folder of the run.
    pub run: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

impl Subcommand for VerifyArgs {
    /// Prints what is damaged; exits with 1 where something is.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let verified = verify(&dir, lock::is_alive(&dir));
        let sound = verified.findings.is_empty();
        if self.json {
            say_json(&Report { run: dir.name(), path: dir.path().to_owned(), sound, verified: &verified })?;
        } else {
            for finding in &verified.findings {
                say(&format!("{}: {}", finding.file, finding.what))?;
            }
            for note in &verified.notes {
                say(&format!("note: {note}"))?;
            }
            let (files, events) = (verified.files, verified.events);
            say(&match verified.findings.len() {
                0 => format!("run {}: {files} files and {events} events are as they were written", dir.name()),
                n => format!("run {}: {n} of {files} files are not as they were written", dir.name()),
            })?;
        }
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

#[derive(Serialize)]
struct Report<'a> {
    run: &'a str,
    path: PathBuf,
    sound: bool,
    #[serde(flatten)]
    verified: &'a Verified,
}
