//! Tells the person whose study it is, by a command of theirs, how it ended: once, whoever carries it out.

use std::time::Duration;

use serde_json::json;

use crate::notify::{self, Message, Reason, Settings, Subject};
use crate::run::study::Study;
use crate::run::study::state::{CellState, statuses};

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing is left to train; some runs may have failed.
    Done,
    /// A signal ended it.
    Stopped,
    /// It could not be carried on, and why.
    Failed(String),
}

/// True where nothing is left to train: whoever trained the last cell tells it.
pub fn is_done(study: &Study) -> bool {
    statuses(study).iter().all(|cell| matches!(cell.state, CellState::Finished | CellState::Failed { .. }))
}

/// Tells how a study ended, unless another process has told it.
///
/// # Errors
/// Why nobody was told, in words.
pub fn tell(study: &Study, settings: &Settings, end: End) -> Result<(), String> {
    if settings.command.is_empty() {
        return Ok(());
    }
    let states: Vec<CellState> = statuses(study).into_iter().map(|cell| cell.state).collect();
    let count = |is: fn(&CellState) -> bool| states.iter().filter(|s| is(s)).count();
    let (all, name) = (states.len(), study.name());
    let finished = count(|s| *s == CellState::Finished);
    let failed = count(|s| matches!(s, CellState::Failed { .. }));
    let (reason, text) = match end {
        End::Stopped => {
            let text = format!("study {name} was stopped by a signal: {finished} of {all} runs are finished");
            (Reason::Stopped, format!("{text}; mug study resume {name} goes on with it"))
        }
        End::Failed(why) => (Reason::Failed, format!("study {name} cannot be carried on: {why}")),
        End::Done if failed > 0 => (Reason::Failed, format!("study {name} has ended: {failed} of {all} runs failed")),
        End::Done => (Reason::Finished, format!("study {name} is finished: {finished} runs")),
    };
    if !settings.wants(reason) || !study.claim_telling() {
        return Ok(());
    }
    let figures = json!({ "runs": all, "finished": finished, "failed": failed });
    let (name, path) = (name.to_owned(), study.path().to_owned());
    let message = Message { subject: Subject::Study, name, path, reason, text, figures };
    notify::run(&settings.command, Duration::from_secs(settings.timeout), &message).map_err(|e| e.to_string())
}
