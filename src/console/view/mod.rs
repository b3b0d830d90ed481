//! View: one frame from the state. Changes nothing; a file for each pane, and for each thing that stands over the panes.
//!
//! May import: [`layout`](super::layout), [`state`](super::state), [`widgets`](super::widgets) and what lies below them,
//! never [`update`](super::update). A new pane is a file with a function `draw`, besides its line in
//! [`pane`](super::state::pane).

mod beside;
mod card;
mod chrome;
mod columns;
mod comparison;
mod datasets;
mod detail;
mod embedding;
mod entry;
mod frame;
mod health;
mod help;
mod judgement;
mod label_summary;
mod labels;
mod lines;
mod log;
mod losses;
mod marks;
mod metrics;
mod pens;
mod problem;
pub mod prompt;
mod ranges;
mod rates;
mod run_table;
mod runs;
mod stages;
mod star;
mod status;
mod studies;
mod study_grid;
mod study_table;
mod system;
mod tabs;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::layout::areas::{Mode, areas};
use super::layout::{areas, banner};
use super::state::State;
use super::state::overlay::{Overlay, Typed};
use super::state::pane::{Pane, panes};
use super::terminal::theme;
use super::widgets::frame::{blank, put};
use crate::training::events::Level;

macro_rules! draw_pane {
    ($($name:ident $module:ident,)*) => {
        /// Draws one pane.
        fn draw_pane(state: &State, pane: Pane, area: Rect, buffer: &mut Buffer) {
            match pane {
                $(Pane::$name => $module::draw(state, area, buffer),)*
            }
        }
    };
}
panes!(draw_pane);

/// Draws the whole screen. Nothing is drawn outside the frame's area, whatever size the state believes the screen has.
pub fn draw(state: &State, frame: &mut Frame<'_>) {
    let screen = frame.area();
    if (screen.width, screen.height) != state.size {
        // A resize is under way: the next frame has both agree.
        return;
    }
    let buffer = frame.buffer_mut();
    let areas = areas(state);
    let mut cursor = None;
    if areas::mode(screen.width, screen.height) == Mode::Line {
        status::draw(state, areas.header, buffer);
    } else {
        chrome::header(state, areas.header, buffer);
        if let (Some(words), Some(area)) = (banner::words(state), areas.banner) {
            chrome::draw_banner(&words, area, buffer);
        }
        if let Some(rail) = areas.rail {
            chrome::rail(state, rail, buffer);
        }
        self::frame::frames(state, &areas.panes, buffer);
        for (pane, area) in &areas.panes {
            draw_pane(state, *pane, *area, buffer);
        }
        chrome::footer(state, areas.footer, buffer);
    }
    let footer = Rect { y: screen.height.saturating_sub(1), height: screen.height.min(1), ..screen };
    let readable = areas::holds_overlay(state.size);
    match &state.overlay {
        Some(Overlay::Help { scroll }) if readable => {
            help::draw(state, *scroll, screen, buffer);
        }
        Some(Overlay::Detail { row, scroll, neighbour }) if readable => {
            detail::draw(state, *row, *scroll, *neighbour, screen, buffer);
        }
        Some(Overlay::Columns { at }) if readable => {
            columns::draw(state, *at, screen, buffer);
        }
        Some(Overlay::Comparison { runs, left, scroll }) if readable => {
            comparison::draw(runs, *left, *scroll, screen, buffer);
        }
        Some(Overlay::Card { lines, scroll }) if readable => {
            card::draw(lines, *scroll, screen, buffer);
        }
        Some(Overlay::Problem { words, scroll }) if readable => {
            problem::draw(words, *scroll, screen, buffer);
        }
        Some(Overlay::Figure { line, .. }) => {
            cursor = Some(prompt::line("figure (.svg or .png):", line, None, footer, buffer));
        }
        Some(Overlay::Judgement { scroll }) if readable => {
            judgement::draw(state, *scroll, screen, buffer);
        }
        Some(Overlay::Entry { of, at, scroll }) if readable => {
            entry::draw(state, *of, *at, *scroll, screen, buffer);
        }
        Some(Overlay::Confirm(question)) if !readable => prompt::short_question(state, question, screen, buffer),
        Some(Overlay::Confirm(question)) => prompt::question(state, question, screen, buffer),
        Some(Overlay::OpenFile(line)) => {
            cursor = Some(prompt::line("open data file:", line, None, footer, buffer));
        }
        Some(Overlay::Filter { line, .. }) => {
            let problem = state.labels.filter_error.as_deref().or(state.labels.filter_doubt.as_deref());
            cursor = Some(prompt::line("filter:", line, problem, footer, buffer));
        }
        Some(Overlay::Note { line, .. }) => {
            cursor = Some(prompt::line("note:", line, None, footer, buffer));
        }
        Some(Overlay::RunStudy(line)) => {
            cursor = Some(prompt::line("mug study run", line, None, footer, buffer));
        }
        Some(Overlay::SetSetting(line)) => {
            let problem = state.notice.as_ref().filter(|n| n.level != Level::Info).map(|n| n.text.as_str());
            cursor = Some(prompt::line("for the rest of the run:", line, problem, footer, buffer));
        }
        Some(Overlay::FilterRuns { line, .. }) => {
            let problem = state.runs.filter_error.as_deref().or(state.runs.filter_doubt.as_deref());
            cursor = Some(prompt::line("filter runs:", line, problem, footer, buffer));
        }
        Some(Overlay::SortRuns { line, .. }) => {
            cursor = Some(prompt::line("sort runs by:", line, state.runs.keys_error.as_deref(), footer, buffer));
        }
        Some(Overlay::Organise { paths, what, line }) => {
            let of = if let [_] = paths[..] { String::new() } else { format!(" of {} runs", paths.len()) };
            let label = match what {
                Typed::Name => "new name:".to_owned(),
                Typed::Tags { .. } => format!("tags{of}:"),
                Typed::Note => format!("note{of}:"),
            };
            cursor = Some(prompt::line(&label, line, None, footer, buffer));
        }
        Some(Overlay::Export(line)) => {
            let problem = state.notice.as_ref().map(|n| n.text.as_str());
            let how = if state.labels.escape_formulas { "formulas as texts" } else { "texts as they are" };
            let label = format!("write {} rows (tab: {how}):", state.labels.index.len());
            cursor = Some(prompt::line(&label, line, problem, footer, buffer));
        }
        // Nothing that is read has room.
        Some(_) => {
            blank(footer, buffer);
            put(buffer, footer.x, footer.y, footer.width, "esc closes what has no room", theme::KEY);
        }
        None => {}
    }
    theme::finish(buffer, state.abilities);
    if let Some(position) = cursor.filter(|p: &Position| screen.contains(*p)) {
        frame.set_cursor_position(position);
    }
}
