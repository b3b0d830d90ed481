//! The runs below the runs folder, with their state; the attached one is marked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::chrome::sign;
use super::{frame, placeholder, put};
use crate::console::backend::Link;
use crate::console::beside::LETTERS;
use crate::console::state::{Pane, State};
use crate::console::{text, theme};
use crate::run::list::{RunState, RunSummary, progress};
use crate::run::view::Phase;

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let inside = frame(state, Pane::Runs, vec![], area, buffer);
    if state.runs.is_empty() {
        return placeholder(inside, if state.runs_known { "no runs yet" } else { "looking for runs" }, buffer);
    }
    for (y, i) in (inside.y..).zip(state.run_list.visible(state.runs.len(), usize::from(inside.height))) {
        let mut run = state.runs[i].clone();
        let shown = state.run.as_ref().filter(|r| r.path == run.path);
        if let Some(shown) = shown.filter(|r| r.caught_up) {
            // The list is looked through now and then, the attached run is known to the moment.
            run.progress = progress(&shown.view);
            run.state = RunState::of(shown.view.phase, shown.link != Link::Absent && !shown.silent());
            run.stage = shown.view.stage;
            run.epoch = run.stage.map_or(0, |s| shown.view.stage(s).epoch);
            run.epochs = run.stage.map_or(0, |s| shown.view.stage(s).epochs);
        }
        let attached = shown.is_some();
        let selected = state.focus == Pane::Runs && i == state.run_list.selected;
        line(&run, attached, selected, Rect { y, height: 1, ..inside }, buffer);
        if let Some(beside) = state.beside.iter().find(|b| b.path == run.path) {
            let letter = beside.letter.min(LETTERS.len() - 1);
            put(buffer, inside.x + 2, y, 1, &LETTERS[letter].to_string(), theme::BESIDE[letter]);
        }
    }
}

fn line(run: &RunSummary, attached: bool, selected: bool, row: Rect, buffer: &mut Buffer) {
    let (symbol, style) = sign(run.state);
    put(buffer, row.x, row.y, 1, if selected { "▸" } else { " " }, theme::FOCUS);
    put(buffer, row.x + 1, row.y, 1, symbol, style);
    let stage = run.stage.map_or(String::new(), |s| format!("{s} {}/{}", run.epoch, run.epochs));
    let wide = row.width >= 60;
    let percent = run.progress * 100.0;
    let right = match run.state {
        _ if wide => format!("{stage}  {:<9} {percent:>3.0} %", run.state),
        // Two states have one symbol.
        RunState::Died | RunState::At(Phase::Faulted) => format!("{} {percent:.0} %", run.state),
        _ => format!("{percent:.0} %"),
    };
    let right_width = (text::width(&right) as u16).min(row.width / 2);
    let room = usize::from(row.width.saturating_sub(4 + right_width));
    let dataset = std::path::Path::new(&run.dataset).file_stem().map(|s| s.to_string_lossy()).unwrap_or_default();
    let name = if attached { format!("{} ◂ {dataset}", run.name) } else { format!("{} {dataset}", run.name) };
    let own = if attached { theme::STRONG } else { theme::PLAIN };
    put(buffer, row.x + 3, row.y, room as u16, &name, own);
    put(buffer, row.right().saturating_sub(right_width), row.y, right_width, &right, theme::FAINT);
}
