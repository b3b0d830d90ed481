//! Options that say with which settings runs are started.

use std::path::PathBuf;

/// Where settings come from, and what is changed in them.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SettingsArgs {
    /// Settings in place of those that ship for the dataset (see configs/).
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Change one setting, for example --set joint.unimodal_weight=0.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}
