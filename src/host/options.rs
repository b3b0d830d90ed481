//! How a host behaves.

use std::time::Duration;

use crate::notify;
use crate::training::events::Stage;

/// How a host behaves.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Go on from the run's checkpoints.
    pub resume: bool,
    /// Begin this stage anew before anything else.
    pub restart: Option<Stage>,
    /// Go on with this stage, which was ended early, before anything else.
    pub continue_stage: Option<Stage>,
    /// Take SIGTERM, SIGINT, SIGUSR1 and most others as requests to checkpoint and end (see signals.rs for each).
    pub signals: bool,
    /// What the person is told whose run it is, and how; or why that is not known, which is recorded.
    pub notify: Result<notify::Settings, String>,
    /// How often a disk that refuses is tried again.
    pub retry: Duration,
    /// How long a run directory may be gone before the run is ended.
    pub gone: Duration,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            resume: false,
            restart: None,
            continue_stage: None,
            signals: true,
            notify: Ok(notify::Settings::default()),
            retry: Duration::from_secs(1),
            gone: Duration::from_secs(60),
        }
    }
}
