//! What frames the panes: header, banner, footer, the rail of narrow screens.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::stages::{pace, seconds_left, shown_state, symbol};
use crate::console::layout::areas::Mode;
use crate::console::layout::{areas, banner, tabs};
use crate::console::state::action::{Action, Binding};
use crate::console::state::attached::{Attached, Link};
use crate::console::state::overlay::Notice;
use crate::console::state::pane::Pane;
use crate::console::state::{State, keys};
use crate::console::terminal::theme;
use crate::console::widgets::frame::put;
use crate::console::widgets::text;
use crate::report::preparing::preparing_in_words;
use crate::run::list::RunState;
use crate::run::view::Phase;
use crate::training::events::{Cut, Level, Stage};

/// The symbol of where a run stands.
pub fn sign(state: RunState) -> (&'static str, Style) {
    match state {
        RunState::At(Phase::Preparing) => ("…", theme::PLAIN),
        RunState::At(Phase::Training) => ("▶", theme::GOOD),
        RunState::At(Phase::Paused) => ("‖", theme::WARN),
        RunState::At(Phase::Stopped) => ("○", theme::WARN),
        RunState::At(Phase::Finished) => ("✔", theme::GOOD),
        RunState::At(Phase::Faulted) | RunState::Died => ("✘", theme::BAD),
    }
}

/// The symbol and word of where the run stands.
pub fn phase(run: &Attached) -> (&'static str, String, Style) {
    let state = if run.died() { RunState::Died } else { RunState::At(run.view.phase) };
    let (symbol, style) = sign(state);
    if state == RunState::Died {
        return (symbol, state.name().to_owned(), style);
    }
    if run.trouble.is_some() {
        let (symbol, style) = sign(RunState::At(Phase::Paused));
        return (symbol, "waits for its disk".to_owned(), style);
    }
    let (symbol, style) = if run.silent() { ("?", theme::BAD) } else { (symbol, style) };
    let word = match (run.view.phase, run.view.stage) {
        (Phase::Training | Phase::Paused, Some(stage)) => {
            let view = run.view.stage(stage);
            let parked = if run.view.phase == Phase::Paused { "paused, " } else { "" };
            format!("{parked}{stage} {}/{}", view.epoch, view.epochs)
        }
        (phase, _) => phase.name().to_owned(),
    };
    (symbol, word, style)
}

/// Throughput and time left, or the run's time once it ended; what is done before training while it is.
pub fn pace_of(run: &Attached) -> String {
    if let Some(now) = run.view.preparing.as_ref().filter(|_| !run.died()) {
        return preparing_in_words(now);
    }
    match (run.view.phase, run.view.stage) {
        (Phase::Training, Some(stage)) if !run.died() && !run.silent() => pace(run.view.stage(stage), true),
        (Phase::Finished, _) => text::duration(run.view.time),
        _ => String::new(),
    }
}

pub fn header(state: &State, area: Rect, buffer: &mut Buffer) {
    let mut left = " · no run".to_owned();
    let mut right = Vec::new();
    match &state.run {
        None if state.datasets.items.is_none() => left.clear(),
        None => {}
        Some(run) => {
            left = match &run.view.prepared {
                Some(p) => format!(" · run {} · {} · {}", run.name, p.dataset, p.device),
                None => format!(" · run {}", run.name),
            };
            let (symbol, word, style) = phase(run);
            right.push(Span::styled(format!("{symbol} {word}"), style));
        }
    }
    let failing = state.run.as_ref().map_or(0, |r| r.view.failing().count());
    if failing > 0 {
        let words = if failing == 1 { "check fails" } else { "checks fail" };
        right.push(Span::styled(format!(" · ✘ {failing} {words}"), theme::BAD));
    }
    let how = match state.run.as_ref().map(|r| &r.link) {
        Some(Link::Silent { .. }) => Some("silent"),
        Some(_) if state.follow => Some("following"),
        _ if state.read_only => Some("read-only"),
        Some(Link::Connecting) => Some("connecting"),
        _ => None,
    };
    if let Some(how) = how {
        right.push(Span::styled(format!(" · {how}"), theme::FAINT));
    }
    // The pace stands elsewhere, too: the run's name is worth more.
    if let Some(run) = &state.run {
        let pace = Span::raw(format!(" · {}", pace_of(run)));
        let used: usize = right.iter().map(Span::width).sum();
        let name = text::width(&run.name) + "mug · run  ".len();
        if pace.width() > 3 && used + pace.width() + name < usize::from(area.width) {
            right.insert(1, pace);
        }
    }
    let right = Line::from(right);
    let right_width = (right.width() as u16).min(area.width);
    let room = area.width.saturating_sub(right_width + 2);
    put(buffer, area.x, area.y, room, "mug", theme::STRONG);
    put(buffer, area.x + 3, area.y, room.saturating_sub(3), &left, theme::PLAIN);
    buffer.set_line(area.right() - right_width, area.y, &right, right_width);
}

pub fn draw_banner(words: &str, area: Rect, buffer: &mut Buffer) {
    let style = theme::BAD.patch(theme::SELECTED);
    buffer.set_style(area, style);
    let lines = banner::lines(words, area.width);
    for (y, line) in (area.top()..area.bottom()).zip(&lines) {
        let cut = y + 1 == area.bottom() && lines.len() > usize::from(area.height);
        let line = if cut { text::clip(&format!("{line}…"), usize::from(area.width - 2)) } else { line.clone() };
        put(buffer, area.x + 1, y, area.width.saturating_sub(2), &line, style);
    }
}

pub fn footer(state: &State, area: Rect, buffer: &mut Buffer) {
    if let Some(notice) = &state.notice {
        return draw_notice(notice, area, buffer);
    }
    let (fixed, rest): (Vec<&Binding>, Vec<&Binding>) = keys::for_pane(state.focus)
        .filter(|b| !hint(state, b).is_empty())
        .partition(|b| matches!(b.action, Action::Help | Action::Leave));
    // Help and leaving must not be crowded out: they have the right end.
    let width_of = |b: &Binding| (text::width(&key_name(b)) + 1 + text::width(hint(state, b)) + 2) as u16;
    let reserved: u16 = fixed.iter().map(|b| width_of(b)).sum();
    let mut end = area.right().saturating_sub(reserved);
    let mut x = area.x + 1;
    let is_first = |b: &&&Binding| matches!(b.action, Action::Run | Action::Card);
    for binding in rest.iter().filter(is_first).chain(rest.iter().filter(|b| !is_first(b))) {
        let width = width_of(binding);
        if x + width <= end {
            draw_hint(state, binding, x, area.y, buffer);
            x += width;
        }
    }
    for binding in fixed {
        draw_hint(state, binding, end, area.y, buffer);
        end += width_of(binding);
    }
}

fn key_name(binding: &Binding) -> String {
    binding.keys.first().map(|k| k.name()).unwrap_or_default()
}

fn hint(state: &State, binding: &Binding) -> &'static str {
    match binding.action {
        // They would be refused.
        Action::Run | Action::StopAfterEpoch | Action::Checkpoint | Action::Train if state.read_only => "",
        Action::Run => run_hint(state),
        Action::StopAfterEpoch
            if state.run.as_ref().is_some_and(|r| r.view.stages.iter().any(|s| s.cut == Some(Cut::Asked))) =>
        {
            "keep stage"
        }
        Action::Card if state.run.as_ref().is_none_or(|r| r.view.phase != Phase::Finished) => "",
        _ => binding.hint,
    }
}

fn draw_hint(state: &State, binding: &Binding, x: u16, y: u16, buffer: &mut Buffer) {
    let key = key_name(binding);
    let width = text::width(&key) as u16;
    put(buffer, x, y, width, &key, theme::KEY);
    put(buffer, x + width + 1, y, 40, hint(state, binding), theme::PLAIN);
}

/// What the start/pause key does now.
pub fn run_hint(state: &State) -> &'static str {
    let Some(run) = &state.run else { return "train" };
    // Without panes there is nothing but the run, whatever has the focus.
    let panes = areas::mode(state.size.0, state.size.1) != Mode::Line;
    if state.focus == Pane::Datasets && panes && !run.is_live() {
        return "train";
    }
    match run.view.phase {
        Phase::Stopped | Phase::Faulted => "take up",
        _ if run.died() => "take up",
        Phase::Paused => "resume",
        Phase::Finished => "",
        _ => "pause",
    }
}

/// A notice in the footer; a long one has rows above it as well, so that it can be read whole.
pub fn draw_notice(notice: &Notice, area: Rect, buffer: &mut Buffer) {
    let (symbol, style) = match notice.level {
        Level::Info => ("›", theme::PLAIN),
        Level::Warning => ("!", theme::WARN),
        Level::Error => ("✘", theme::BAD),
    };
    // Words that need more room than the line grow upwards over the panes: a reason is there to be read whole.
    let lines = text::wrap(&notice.text, usize::from(area.width.saturating_sub(4)));
    let height = (lines.len() as u16).clamp(1, (area.y / 2).max(1));
    let area = Rect { y: area.bottom().saturating_sub(height), height, ..area };
    if height > 1 {
        Clear.render(area, buffer);
    }
    put(buffer, area.x + 1, area.y, area.width.saturating_sub(1), symbol, style);
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        put(buffer, area.x + 3, y, area.width.saturating_sub(3), line, style);
    }
}

/// The names of all panes beside the one that is shown, with their keys, and the stages in short.
pub fn rail(state: &State, area: Rect, buffer: &mut Buffer) {
    let width = area.width.saturating_sub(2);
    let mut y = area.y + 1;
    for pane in Pane::ALL {
        let focused = pane == state.focus;
        let style = if focused { theme::FOCUS } else { theme::PLAIN };
        put(buffer, area.x, y, 1, if focused { "▸" } else { " " }, theme::FOCUS);
        put(buffer, area.x + 2, y, width, pane.title(), style);
        if let Some(failing) = tabs::failing(state, pane) {
            put(buffer, area.x + 9, y, 4, &failing, theme::BAD);
        }
        put(buffer, area.x + 13, y, 2, &keys::key_of_pane(pane), theme::KEY);
        y += 1;
    }
    let Some(run) = &state.run else { return };
    y += 1;
    for stage in Stage::ALL {
        if y >= area.bottom() {
            return;
        }
        let (sign, style) = symbol(shown_state(run, stage));
        let view = run.view.stage(stage);
        put(buffer, area.x + 1, y, 1, sign, style);
        put(buffer, area.x + 3, y, width.saturating_sub(1), &text::clip(stage.name(), 6), theme::PLAIN);
        let percent = format!("{:>3.0}%", view.progress() * 100.0);
        put(buffer, area.x + 10, y, width.saturating_sub(8), &percent, theme::FAINT);
        y += 1;
    }
    if let Some(stage) = run.view.stage.filter(|_| y + 1 < area.bottom()) {
        let left = seconds_left(run.view.stage(stage)).filter(|_| run.view.phase == Phase::Training && !run.died());
        if let Some(left) = left {
            put(buffer, area.x + 1, y + 1, width + 1, &format!("{} left", text::duration(left)), theme::FAINT);
        }
    }
}
