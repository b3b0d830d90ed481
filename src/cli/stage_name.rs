//! One stage, as it is named on the command line.

use crate::training::events::Stage;

/// One stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
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
