//! Where a run stands.

use serde::{Deserialize, Serialize};

use crate::run::view::Phase;

/// Where a run stands, its process included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// As its events say.
    At(Phase),
    /// Its process is gone without having said why (killed, power loss); can be resumed.
    Died,
}

impl RunState {
    /// Every state, those that want something done first.
    pub const ALL: [RunState; 7] = [
        RunState::At(Phase::Faulted),
        RunState::Died,
        RunState::At(Phase::Training),
        RunState::At(Phase::Preparing),
        RunState::At(Phase::Paused),
        RunState::At(Phase::Stopped),
        RunState::At(Phase::Finished),
    ];

    /// One word for lists and headings.
    pub const fn name(self) -> &'static str {
        match self {
            RunState::At(phase) => phase.name(),
            RunState::Died => "died",
        }
    }

    /// What the events say, corrected by whether a process is there to go on.
    pub fn of(phase: Phase, alive: bool) -> RunState {
        match phase {
            // Somebody took it up and is making data and model ready.
            Phase::Stopped | Phase::Faulted if alive => RunState::At(Phase::Preparing),
            Phase::Preparing | Phase::Training | Phase::Paused if !alive => RunState::Died,
            phase => RunState::At(phase),
        }
    }

    /// True while a process trains it or is parked.
    pub fn is_live(self) -> bool {
        matches!(self, RunState::At(phase) if !phase.is_over())
    }
}

impl Serialize for RunState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for RunState {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || serde::de::Error::custom(format!("no state of a run: {name:?}"));
        RunState::ALL.into_iter().find(|s| s.name() == name).ok_or_else(unknown)
    }
}

impl std::fmt::Display for RunState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
