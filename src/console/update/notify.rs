//! What is told to somebody who may be looking at something else: how the attached run, and studies, end, and signs of failure
//! that appear meanwhile. What happened before it was looked at is no news.

use crate::console::state::attached::Attached;
use crate::console::state::studies::StudyLine;
use crate::console::update::card;
use crate::run::view::Phase;
use crate::training::events::{Body, Event, Level};

/// What of the attached run's new events is to be told; `before`: where it stood before them.
pub fn of_run(run: &Attached, before: Phase, events: &[Event]) -> Option<String> {
    // A study tells of its cells together.
    if run.is_of_study() {
        return None;
    }
    let name = &run.name;
    if before != run.view.phase {
        match run.view.phase {
            Phase::Finished => return Some(card::end_in_words(run)),
            Phase::Faulted => {
                return Some(format!(
                    "run {name} failed: {}",
                    run.view.fault.as_deref().unwrap_or("no reason was told")
                ));
            }
            _ => {}
        }
    }
    let sign = |e: &Event| match &e.body {
        Body::Log { level: Level::Warning, message } => message.strip_prefix("health: ").map(str::to_owned),
        _ => None,
    };
    let signs: Vec<String> = events.iter().filter_map(sign).collect();
    (!signs.is_empty()).then(|| format!("run {name}: {}", signs.join("; ")))
}

/// What is to be told of studies that had something to train and have nothing any more.
pub fn of_studies(before: &[StudyLine], now: &[StudyLine]) -> Vec<String> {
    let ended = now.iter().filter(|now| {
        let before = before.iter().find(|before| before.path == now.path);
        before.is_some_and(|before| before.counts.open() > 0) && now.counts.all() > 0 && now.counts.open() == 0
    });
    let words = |study: &StudyLine| match study.counts.failed {
        0 => format!("study {} is finished: {} runs", study.name, study.counts.finished),
        failed => format!("study {} has ended: {failed} of {} runs failed", study.name, study.counts.all()),
    };
    ended.map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture::*;
    use crate::console::state::effect::Effect;
    use crate::console::state::message::Message;
    use crate::console::state::studies::Counts;
    use crate::console::state::{State, attached::Link};

    fn told(effects: &[Effect]) -> Vec<String> {
        effects.iter().filter_map(|e| if let Effect::Tell(text) = e { Some(text.clone()) } else { None }).collect()
    }

    fn more(state: &mut State, bodies: impl IntoIterator<Item = Body>) -> Vec<String> {
        let event = |body| Event { time: 9.0, stage: None, epoch: 0, step: 0, body };
        let events = bodies.into_iter().map(event).collect();
        let attach = state.attach;
        told(&tell(state, [Message::Events { attach, events, caught_up: true }]))
    }

    #[test]
    fn the_attached_runs_end_and_signs_of_failure_are_told_once() {
        let mut state = attached(120, 36, events());
        assert_eq!(state.run.as_ref().map(|r| r.link.clone()), Some(Link::Live));
        let log = |level, message: &str| Body::Log { level, message: message.into() };
        assert!(more(&mut state, [log(Level::Warning, "a disk is slow")]).is_empty());
        let signs = [log(Level::Warning, "health: joint a: x"), log(Level::Warning, "health: joint b: y")];
        assert_eq!(more(&mut state, signs), ["run 2026-11-23-a: joint a: x; joint b: y"]);
        let end = || Body::Finished { summary: Default::default() };
        let said = more(&mut state, [end()]);
        assert!(said.len() == 1 && said[0].starts_with("run 2026-11-23-a is finished"), "{said:?}");
        assert!(more(&mut state, [end()]).is_empty());
        // A run that had ended before it was looked at is no news, whatever ended it.
        let mut state = fresh(120, 36);
        tell(&mut state, [Message::Created { path: "/runs/b".into(), name: "b".into() }]);
        assert!(more(&mut state, [Body::Fault { message: "no".into() }]).is_empty());
        let mut state = attached(120, 36, events());
        let failed = more(&mut state, [Body::Fault { message: "no memory".into() }]);
        assert_eq!(failed, ["run 2026-11-23-a failed: no memory"]);
    }

    #[test]
    fn a_cell_tells_nothing_and_its_study_tells_once() {
        let mut state = attached(120, 36, events());
        state.run.as_mut().unwrap().path = "/runs/studies/s/runs/cell-1".into();
        assert!(more(&mut state, [Body::Finished { summary: Default::default() }]).is_empty());
        let line = |counts| StudyLine {
            name: "s".into(),
            path: "/runs/studies/s".into(),
            question: String::new(),
            counts,
            share: 0.5,
            left: None,
            stopping: false,
        };
        let at = |waiting, running, finished, failed| Counts { waiting, running, stopped: 0, finished, failed };
        let mut look = |counts| told(&tell(&mut state, [Message::Studies(vec![line(counts)])]));
        assert!(look(at(1, 2, 1, 0)).is_empty() && look(at(0, 1, 3, 0)).is_empty());
        assert_eq!(look(at(0, 0, 4, 0)), ["study s is finished: 4 runs"]);
        assert!(look(at(0, 0, 4, 0)).is_empty());
        assert!(look(at(2, 0, 4, 0)).is_empty());
        assert_eq!(look(at(0, 0, 5, 1)), ["study s has ended: 1 of 6 runs failed"]);
    }
}
