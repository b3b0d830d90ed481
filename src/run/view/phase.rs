//! Where a whole run stands.

use crate::training::events::{Body, Cut, Event, StageState};

/// Where a whole run stands, by its events (a process that died can still read `Training`: see `run::lock`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Data and model are being made ready.
    #[default]
    Preparing,
    Training,
    Paused,
    /// Ended before its last stage; can be resumed.
    Stopped,
    Finished,
    /// Ended by an error; can be resumed from its last checkpoint.
    Faulted,
}

impl Phase {
    /// One word for lists and headings.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Preparing => "preparing",
            Phase::Training => "training",
            Phase::Paused => "paused",
            Phase::Stopped => "stopped",
            Phase::Finished => "finished",
            Phase::Faulted => "faulted",
        }
    }

    /// Where the run stands after an event.
    pub fn after(self, event: &Event) -> Phase {
        match &event.body {
            Body::Resumed { .. } | Body::Restarted | Body::Unpaused => Phase::Training,
            // Not only the change of a stage: whoever reads from the middle of the events sees these first.
            Body::Step { .. } | Body::Epoch { .. } => Phase::Training,
            Body::StageChanged { state: StageState::Running } | Body::StageCut { cut: Cut::Undone } => Phase::Training,
            Body::Paused => Phase::Paused,
            Body::Fault { .. } => Phase::Faulted,
            Body::Stopped => Phase::Stopped,
            Body::Finished { .. } => Phase::Finished,
            Body::Preparing(_)
            | Body::Prepared(_)
            | Body::StageChanged { .. }
            | Body::Parameters { .. }
            | Body::StageCut { .. }
            | Body::Labels { .. }
            | Body::Embedding { .. }
            | Body::Predictions { .. }
            | Body::Health { .. }
            | Body::Costs { .. }
            | Body::System { .. }
            | Body::Changed { .. }
            | Body::Checkpointed { .. }
            | Body::Log { .. } => self,
        }
    }

    /// True where training is over until somebody takes the run up again.
    pub fn is_over(self) -> bool {
        matches!(self, Phase::Stopped | Phase::Finished | Phase::Faulted)
    }
}
