//! `mug config`: settings shown with what they may be, and settings files checked.

use std::path::PathBuf;
use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::out::say;
use super::subcommand::{Program, Subcommand};
use crate::config::{BUILT_IN, Settings};

/// Print settings with what each may be, or check a settings file.
#[derive(Debug, clap::Parser)]
#[command(name = "config")]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub what: What,
}

#[derive(Debug, clap::Subcommand)]
pub enum What {
    /// Print every setting in TOML, with the values that each may have: a settings file to start from.
    Print {
        /// The settings that ship for this dataset [default: those for any other]
        dataset: Option<String>,
        /// Change a setting first, as `mug train --set` does.
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
    },
    /// Read a settings file as a run would: unknown keys and values out of range are named.
    Check {
        /// The file.
        file: PathBuf,
    },
}

impl Subcommand for ConfigArgs {
    fn run(self, _: &Program) -> Result<ExitCode> {
        match self.what {
            What::Print { dataset, set } => {
                let (name, text) = match &dataset {
                    None => ("the defaults", ""),
                    Some(name) => *BUILT_IN.iter().find(|(known, _)| known == name).ok_or_else(|| {
                        let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
                        eyre!("no settings ship for {name:?}; expected one of {}", known.join(", "))
                    })?,
                };
                let settings = Settings::parse(text, name, &set)?;
                say(settings.to_commented_toml()?.trim_end())?;
            }
            What::Check { file } => {
                Settings::load(&file, &[])?;
                say(&format!("{}: every setting is known and in its range", file.display()))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
