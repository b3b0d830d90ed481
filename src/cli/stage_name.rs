//! Stages, as they are named on the command line.

use crate::training::events::Stage;

/// One stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum StageName {
    Contrastive,
    Denoising,
    Joint,
}

/// From which stage on a run is taken up, where that is not its last checkpoint.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct FromStage {
    /// Begin this stage and those after it anew.
    #[arg(long, value_name = "STAGE")]
    pub restart: Option<StageName>,
    /// Go on with this stage, which was ended before its last epoch; those after it are trained anew.
    #[arg(long = "continue", value_name = "STAGE", conflicts_with = "restart")]
    pub continue_stage: Option<StageName>,
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
