//! The datasets as the screen shows them: what there is, whether it can be trained on, and a look into one.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::mailbox::Mailbox;
use super::start::Start;
use crate::config::Settings;
use crate::console::state::datasets::{Availability, DatasetItem, Preview};
use crate::console::state::message::Message;
use crate::console::terminal::panics::guarded;
use crate::console::widgets::text;
use crate::dataset::{Catalogue, Report, Source, State, data_folder, is_same};
use crate::host::prepare::{Resolved, RunRequest};

/// The catalogue with the files that were named by their paths.
pub fn catalogue(start: &Start, extra: &[PathBuf]) -> Vec<DatasetItem> {
    let folder = data_folder();
    let item = |entry: crate::dataset::Entry| {
        // A file from elsewhere is not found by its name again.
        let named = entry.path().and_then(|path| extra.iter().find(|e| is_same(e, path)));
        let target = named.map_or_else(|| entry.name.clone(), |path| path.display().to_string());
        let (availability, detail) = match entry.state {
            State::BuiltIn => (Availability::BuiltIn, "built in".to_owned()),
            State::Ready { bytes, .. } => (Availability::Present, text::bytes(bytes)),
            State::Missing { expected } => {
                let first = expected.first().map_or("", String::as_str);
                (Availability::Missing, format!("looked for as {}", folder.join(first).display()))
            }
            State::Bad { reason, .. } => (Availability::Broken, reason),
        };
        DatasetItem { name: entry.name, target, availability, detail }
    };
    let mut items: Vec<DatasetItem> = Catalogue::scan(&folder, extra).entries.into_iter().map(item).collect();
    // The demo with another seed is a dataset that no catalogue lists.
    if let Some(name) = &start.dataset
        && items.iter().all(|i| i.target != *name)
        && matches!(Source::resolve(name, &folder), Ok(Source::Demo { .. }))
    {
        let (name, target) = (name.clone(), name.clone());
        items.insert(1, DatasetItem { name, target, availability: Availability::BuiltIn, detail: "built in".into() });
    }
    items
}

/// Looks into each file of which only the first bytes are known, one after the other, until the screen is gone.
pub fn check_all(start: &Start, items: &[DatasetItem], answers: &Mailbox) {
    for item in items.iter().filter(|i| i.availability == Availability::Present) {
        let settings = request(start, &item.target).settings().map_or_else(|_| Settings::default(), |r| r.settings);
        let found = guarded(|| Source::resolve(&item.target, &data_folder()).and_then(|s| s.check(&settings)));
        let problem = match found {
            Ok(found) => found.err().map(|e| e.to_string()),
            Err(why) => Some(format!("reading it failed: {why}")),
        };
        if !answers.send(Message::Checked { target: item.target.clone(), problem }) {
            return;
        }
    }
}

/// Looks into datasets, one after the other, until the screen is gone.
pub fn inspect_all(start: &Start, targets: &Receiver<String>, answers: &Mailbox) {
    while let Ok(first) = targets.recv() {
        // Whoever runs through the list asks many times before the first answer.
        let mut waiting = vec![first];
        waiting.extend(targets.try_iter());
        let mut done = HashSet::new();
        for target in waiting.into_iter().filter(|t| done.insert(t.clone())) {
            let failed = |why| Preview { problem: Some(format!("reading it failed: {why}")), ..Preview::default() };
            let preview = Arc::new(guarded(|| inspect(start, &target)).unwrap_or_else(failed));
            if !answers.send(Message::Preview { target, preview }) {
                return;
            }
        }
    }
}

/// The run that would be started.
pub fn request(start: &Start, target: &str) -> RunRequest {
    let Start { config, overrides, device, .. } = start.clone();
    RunRequest { config, overrides, device, ..RunRequest::new(target) }
}

fn inspect(start: &Start, target: &str) -> Preview {
    let lines = |t: String| t.lines().map(str::to_owned).collect::<Vec<_>>();
    let Resolved { settings, origin } = match request(start, target).settings() {
        Ok(resolved) => resolved,
        Err(e) => return Preview { problem: Some(e.to_string()), ..Preview::default() },
    };
    let report = Source::resolve(target, &data_folder()).and_then(|s| Report::with_settings(&s, &settings.data));
    let mut origin = origin;
    if !start.overrides.is_empty() {
        origin += &format!(", changed by --set {}", start.overrides.join(" --set "));
    }
    // Settings always have a TOML form.
    let settings = lines(settings.to_toml().unwrap_or_default());
    match report {
        Ok(report) => Preview { report: lines(report.to_string()), origin, settings, problem: None },
        Err(e) => Preview { report: Vec::new(), origin, settings, problem: Some(e.to_string()) },
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;
    use crate::console::fixture::{UNICODE, attached, datasets, fresh, key, press, runs, screen, tell};
    use crate::console::state::State;
    use crate::console::state::effect::Effect;
    use crate::console::state::overlay::Overlay;
    use crate::console::state::pane::Pane;
    use crate::run::list::{RunState, RunSummary};
    use crate::run::view::Phase;
    use crate::training::events::{Body, Event};

    #[test]
    fn a_dataset_is_only_called_ready_once_it_was_looked_into_and_a_bad_one_cannot_be_started() {
        let mut state = fresh(120, 36);
        let mut items = datasets();
        items.iter_mut().filter(|i| i.availability == Availability::Ready).for_each(|i| {
            i.availability = Availability::Present;
        });
        tell(&mut state, [Message::Datasets(items)]);
        let shows = |state: &State, words: &str| screen(state).contains(words);
        assert!(shows(&state, "… mosi") && shows(&state, "… sims"));
        let checked = |target: &str, problem: Option<&str>| Message::Checked {
            target: target.into(),
            problem: problem.map(str::to_owned),
        };
        let long = format!("train: expected a dict of this name, found only the keys a{}", ", b".repeat(60));
        tell(&mut state, [checked("mosi", Some(&long)), checked("sims", None), checked("gone", None)]);
        assert!(shows(&state, "✘ mosi") && shows(&state, "● sims"));
        tell(&mut state, [checked("simsv2", Some("it is not there"))]);
        assert!(shows(&state, "○ simsv2"), "missing, not unusable");
        state.focus = Pane::Datasets;
        press(&mut state, "j");
        assert_eq!(key(&mut state, KeyCode::Enter), [Effect::Inspect("mosi".into())]);
        assert!(matches!(&state.overlay, Some(Overlay::Problem { words, .. }) if words.ends_with(&long)));
        assert!(shows(&state, "mosi cannot be trained on: train: expected a dict"));
        key(&mut state, KeyCode::Esc);
        assert_eq!((press(&mut state, " "), state.overlay.is_some()), (vec![Effect::Inspect("mosi".into())], true));
    }

    #[test]
    fn whoever_says_what_to_start_is_not_attached_to_something_else() {
        let mut state = State::new(UNICODE);
        state.start_given = true;
        // The catalogue may be there before the runs are.
        tell(&mut state, [Message::Datasets(datasets())]);
        assert_eq!(tell(&mut state, [Message::Runs(runs())]), []);
        assert!(state.run.is_none());
    }

    #[test]
    fn a_run_that_failed_before_it_began_is_not_offered_as_one_to_go_on_with() {
        let failed = RunSummary {
            state: RunState::At(Phase::Faulted),
            stage: None,
            fault: Some("no pickle".into()),
            ..runs().remove(1)
        };
        let mut state = State::new(UNICODE);
        tell(&mut state, [Message::Runs(vec![failed])]);
        assert!(state.notice.is_none(), "{:?}", state.notice);
        let why = format!("/data/x.pkl: expected a pickle, found {}", "something else ".repeat(20));
        let fault = Event { time: 0.0, stage: None, epoch: 0, step: 0, body: Body::Fault { message: why.clone() } };
        let mut state = attached(120, 36, vec![fault]);
        let text = screen(&state);
        assert!(text.contains("the run failed before it began") && !text.contains("made ready"), "{text}");
        // In full, however long: Losses has nothing else to show.
        assert!(text.matches("something").count() >= 20, "{text}");
        assert!(press(&mut state, " ").iter().all(|e| !matches!(e, Effect::Train { .. })));
    }
}
