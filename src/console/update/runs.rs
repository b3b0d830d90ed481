//! The run pane: the list of runs as it comes, and what its keys do.

use ratatui::layout::Rect;

use super::attach::attach;
use super::beside;
use super::control::take_up;
use super::laying;
use super::organise;
use super::pane::PaneKeys;
use super::say::say;
use crate::console::layout::areas::areas;
use crate::console::layout::run_table as layout;
use crate::console::layout::runs::has_heading;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::{Begin, Effect};
use crate::console::state::overlay::Overlay;
use crate::console::state::pane::Pane;
use crate::console::widgets::frame::inner;
use crate::console::widgets::list::List;
use crate::report::runs::{Filter, SortKey, doubt};
use crate::run::list::{RunState, RunSummary};
use crate::run::view::Phase;
use crate::training::events::Level;

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn list<'a>(&self, state: &'a mut State) -> Option<&'a mut List> {
        Some(&mut state.runs.list)
    }

    fn len(&self, state: &State) -> usize {
        state.runs.lines.len()
    }

    fn heading(&self, state: &State, inside: Rect) -> u16 {
        u16::from(has_heading(state, inside.width))
    }

    fn act(&self, state: &mut State, action: Action, effects: &mut Vec<Effect>) -> bool {
        match action {
            Action::Attach => enter(state, effects),
            Action::Refresh => effects.push(Effect::ListRuns),
            Action::Beside => laying::toggle(state, effects),
            Action::Compare => beside::ask_comparison(state, effects),
            Action::Filter => {
                let before = state.runs.filter_text.clone();
                state.overlay = Some(Overlay::FilterRuns { line: before.clone().into(), before });
            }
            Action::Sort => ask_order(state),
            Action::MarkRun => {
                state.runs.mark();
                let len = state.runs.lines.len();
                state.runs.list.step(1, len);
                self.moved(state, effects);
            }
            Action::RunTable => toggle_table(state),
            Action::Left | Action::Right => match &mut state.runs.table {
                Some(table) => table.step(if action == Action::Right { 1 } else { -1 }),
                None => say(state, Level::Info, "v shows the runs as a table, which has columns"),
            },
            Action::Group => {
                state.runs.grouping = state.runs.grouping.next();
                state.runs.rearrange();
                say(state, Level::Info, format!("runs {}", state.runs.grouping.name()));
            }
            Action::Tags | Action::Rename | Action::Note | Action::Delete => organise::ask(state, action),
            _ => return false,
        }
        true
    }

    fn settle(&self, state: &mut State, inside: Rect) {
        let (rows, len) = (self.rows(state, inside), self.len(state));
        state.runs.list.settle(len, rows, false);
        if let Some(table) = &mut state.runs.table {
            layout::settle(table, inside.width);
        }
    }

    fn close(&self, state: &mut State, _: &mut Vec<Effect>) -> bool {
        // One thing at a time, the last one that hides something first.
        if state.runs.table.is_some() {
            toggle_table(state);
        } else if !state.runs.filter_text.is_empty() {
            filter(state, "");
        } else if !state.runs.marked.is_empty() {
            state.runs.unmark();
        } else {
            return false;
        }
        true
    }

    fn shown(&self, effects: &mut Vec<Effect>) {
        effects.push(Effect::ListRuns);
    }

    fn moved(&self, state: &mut State, _: &mut Vec<Effect>) {
        state.to_point.run = false;
    }
}

/// Shows the runs that pass a filter; one that is not understood changes nothing but what is said of it.
pub fn filter(state: &mut State, text: &str) {
    let runs = &mut state.runs;
    match Filter::parse(text) {
        Ok(filter) => {
            runs.filter_text = text.trim().to_owned();
            runs.filter_error = None;
            if filter != runs.filter {
                runs.filter_doubt = filter.as_ref().and_then(|filter| doubt(filter, &runs.all));
                runs.filter = filter;
                runs.rearrange();
            }
        }
        Err(e) => runs.filter_error = Some(e.to_string()),
    }
}

/// Sorts the runs by columns after commas; what is not understood changes nothing but what is said of it.
pub fn sort_by(state: &mut State, text: &str) {
    let runs = &mut state.runs;
    match SortKey::parse_list(text) {
        Ok(keys) => {
            runs.keys_text = text.trim().to_owned();
            runs.keys_error = None;
            if keys != runs.keys {
                runs.keys = keys;
                runs.rearrange();
            }
        }
        Err(e) => runs.keys_error = Some(e.to_string()),
    }
}

/// In the table: sorts by the column of the cursor; else asks what to sort by.
fn ask_order(state: &mut State) {
    let Some(column) = state.runs.table.as_ref().and_then(|table| table.column().cloned()) else {
        let before = state.runs.keys_text.clone();
        state.overlay = Some(Overlay::SortRuns { line: before.clone().into(), before });
        return;
    };
    let own = SortKey::new(column);
    let turned = state.runs.keys[..] == [own.clone()];
    let sign = if turned { "-" } else { "" };
    sort_by(state, &format!("{sign}{}", own.column.name()));
    // At the top one looks at what comes first.
    state.runs.list.selected = 0;
}

/// The table takes the whole screen, and gives it back.
fn toggle_table(state: &mut State) {
    state.runs.toggle_table();
    state.zoom = state.runs.table.is_some();
}

/// Takes in the list of runs; attaches to the one that is live where nobody asked for anything else.
pub fn take(state: &mut State, runs: Vec<RunSummary>, effects: &mut Vec<Effect>) {
    let first_time = !std::mem::replace(&mut state.runs.known, true);
    let live: Vec<_> = runs.iter().filter(|r| r.state.is_live()).cloned().collect();
    let unfinished = runs.iter().filter(|r| is_resumable(r.state) && r.failed_to_begin().is_none()).count();
    state.runs.take(runs);
    if !first_time || state.run.is_some() {
        return;
    }
    match &live[..] {
        [run] if state.datasets.wanted.is_none() && !state.start_given => {
            attach(state, run.path.clone(), false, effects);
            say(state, Level::Info, format!("attached to {}, which is {}; q leaves it going", run.name, run.state));
        }
        [] if unfinished > 0 => {
            say(state, Level::Info, format!("{unfinished} unfinished: see Runs, enter takes one up where it ended"));
        }
        [] => {}
        [first, ..] => {
            state.focus = Pane::Runs;
            state.runs.point_at(&first.path);
            say(state, Level::Info, format!("{} live: enter attaches to the selected one", live.len()));
        }
    }
}

/// True where a new process could go on with the run.
fn is_resumable(state: RunState) -> bool {
    matches!(state, RunState::At(Phase::Stopped | Phase::Faulted) | RunState::Died)
}

/// Scrolls so that a group that opens at the cursor shows its runs, or as many as there is room for.
fn bring_into_view(state: &mut State, count: usize) {
    let areas = areas(state);
    let Some((_, area)) = areas.panes.iter().find(|(pane, _)| *pane == Pane::Runs) else { return };
    let rows = Keys.rows(state, inner(*area));
    let list = &mut state.runs.list;
    list.offset = list.offset.max((list.selected + count + 1).saturating_sub(rows)).min(list.selected);
}

fn enter(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some((name, count)) = state.runs.selected_group().map(|g| (g.name.clone(), g.runs.len())) {
        if !state.runs.open.remove(&name) {
            state.runs.open.insert(name);
            bring_into_view(state, count);
        }
        return state.runs.rearrange();
    }
    let Some(run) = state.runs.selected().cloned() else {
        return say(state, Level::Info, "no runs yet");
    };
    let same = state.run.as_ref().is_some_and(|r| r.path == run.path);
    if !same {
        attach(state, run.path.clone(), state.follow, effects);
    }
    if is_resumable(run.state) && same && !state.read_only {
        take_up(state, Begin::LastCheckpoint, effects);
    } else if run.failed_to_begin().is_some() {
        say(state, Level::Info, format!("{} failed before it began; once that is mended, space tries again", run.name));
    } else if is_resumable(run.state) {
        say(state, Level::Info, format!("{} {}; space takes it up from its last checkpoint", run.name, run.state));
    }
}
