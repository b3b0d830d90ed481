//! What is wrong with the run, in the rows below the header.

use crate::console::state::State;
use crate::console::state::attached::Link;
use crate::console::widgets::text;
use crate::run::pulse::SILENCE;

/// Something that is wrong with the run, with what can be done; `None` where all is well.
pub fn words(state: &State) -> Option<String> {
    let run = state.run.as_ref()?;
    let resume = if state.read_only { format!("mug resume {}", run.name) } else { "space".to_owned() };
    if let Some(why) = run.view.failed_to_begin() {
        return Some(format!("the run failed before it began: {why} · once that is mended, {resume} tries again"));
    }
    if let Some(fault) = &run.view.fault {
        // What can be done comes first: a long reason may be cut.
        return Some(format!("training stopped; {resume} takes the run up from its last checkpoint: {fault}"));
    }
    if run.died() {
        return Some(format!("the run's process died; {resume} goes on from the last checkpoint"));
    }
    if let Some(error) = run.trouble.as_deref().or(run.view.waits_for()) {
        return Some(error.to_owned());
    }
    match &run.link {
        Link::Silent { machine } if run.silent() => Some(format!(
            "no sign of life from the run's process on {machine} for {} s: it died, or that machine has lost the disk; \
             where it is gone, mug resume {} takes the run up",
            SILENCE.as_secs(),
            run.name
        )),
        Link::Lost(why) if run.is_unfinished() => {
            Some(format!("lost the run's process ({why}); still reading the run directory, commands wait"))
        }
        _ => None,
    }
}

/// Rows that the banner needs, of those that it may have; 0 where there is none.
pub fn rows(state: &State) -> u16 {
    let most = (state.size.1 / 6).clamp(1, 3);
    words(state).map_or(0, |words| (lines(&words, state.size.0).len() as u16).min(most))
}

pub fn lines(words: &str, width: u16) -> Vec<String> {
    text::wrap(words, usize::from(width.saturating_sub(2)))
}
