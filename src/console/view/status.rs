//! A screen without panes: how the run stands in as many lines as there are, what matters most first, and the keys that work.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::chrome::{draw_notice, pace_of, phase, run_hint};
use super::stages::{bar, shown_state, symbol};
use super::star;
use crate::console::layout::{banner, log};
use crate::console::state::State;
use crate::console::state::attached::Attached;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{blank, put};
use crate::console::widgets::text;
use crate::run::view::Phase;
use crate::training::events::{Level, Stage, StageState};

/// The keys that work, with what they do where there is room.
fn keys(state: &State, width: u16) -> String {
    let run = if state.read_only { "" } else { run_hint(state) };
    let long = if run.is_empty() { String::new() } else { format!("space {run} · ") } + "? help · q leave";
    let short = if run.is_empty() { "? q" } else { "space ? q" };
    if text::width(&long) <= usize::from(width) { long } else { short.into() }
}

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let (mut first, style) = first(state);
    let pace = state.run.as_ref().map(pace_of).filter(|p| !p.is_empty());
    let last = Rect { y: area.bottom() - 1, height: 1, ..area };
    if area.height == 1 {
        // What the keys do must be said where they do something.
        let keys = keys(state, area.width.saturating_sub(20));
        let room = usize::from(area.width).saturating_sub(text::width(&keys) + 3);
        if let Some(pace) = pace {
            first += &format!(" · {pace}");
        }
        put(buffer, area.x, area.y, area.width, &format!("{} · {keys}", text::clip(&first, room)), style);
    } else {
        let mut lines = vec![(first, style)];
        lines.extend(pace.map(|p| (p, theme::PLAIN)));
        lines.extend(more(state, area.width));
        let width = usize::from(area.width);
        let wrapped =
            lines.into_iter().flat_map(|(words, style)| text::wrap(&words, width).into_iter().map(move |l| (l, style)));
        for (y, (line, style)) in (area.top()..last.y).zip(wrapped) {
            put(buffer, area.x, y, area.width, &line, style);
        }
        put(buffer, last.x, last.y, last.width, &keys(state, area.width), theme::KEY);
    }
    if let Some(notice) = &state.notice {
        blank(last, buffer);
        draw_notice(notice, last, buffer);
    }
}

/// The one line that says most.
fn first(state: &State) -> (String, Style) {
    let Some(run) = &state.run else {
        let words = state.dataset().map_or("mug".into(), |item| format!("mug · no run · dataset {}", item.name));
        return (words, theme::PLAIN);
    };
    let (symbol, word, style) = phase(run);
    (format!("{symbol} {word}"), style)
}

/// What else there is to say of the run.
fn more(state: &State, width: u16) -> Vec<(String, Style)> {
    let Some(run) = &state.run else {
        let preview = state.dataset().and_then(|d| state.datasets.previews.get(&d.target));
        let words = preview.into_iter().flat_map(|p| p.problem.iter().chain(&p.report));
        return words.map(|line| (line.clone(), theme::FAINT)).collect();
    };
    let mut lines = Vec::new();
    if let Some(words) = banner::words(state) {
        lines.push((words, theme::BAD));
    }
    if let Some(stage) = run.view.stage {
        lines.extend(losses(run, stage));
        if matches!(shown_state(run, stage), StageState::Running | StageState::Paused) {
            let percent = format!(" {:>3.0} %", run.view.stage(stage).progress() * 100.0);
            let cells = usize::from(width).saturating_sub(percent.len()).min(60);
            lines.push((bar(run.view.stage(stage).progress(), cells) + &percent, theme::GOOD));
        }
    }
    let failing: Vec<String> = run.view.failing().map(failing_words).collect();
    if !failing.is_empty() {
        lines.push((format!("✘ fails: {}", failing.join(", ")), theme::BAD));
    }
    if let Some(line) = run.view.log.iter().rfind(|l| l.level != Level::Info) {
        lines.push(log::words(line));
    }
    let stages = Stage::ALL.map(|s| format!("{} {s}", symbol(shown_state(run, s)).0));
    lines.push((stages.join("  "), theme::PLAIN));
    let dataset = run.view.prepared.as_ref().map_or(String::new(), |p| format!(" · {} · {}", p.dataset, p.device));
    lines.push((format!("run {}{dataset}", run.name), theme::FAINT));
    if run.view.phase != Phase::Finished {
        lines.push((format!("trained for {}", text::duration(run.view.time)), theme::FAINT));
    }
    lines
}

fn failing_words(check: &crate::training::events::Check) -> String {
    let of = Some(check.place()).filter(|p| !p.is_empty()).map_or_else(String::new, |p| format!(" of {p}"));
    format!("{}{of} ({})", check.name, check.stage)
}

/// The latest losses of a stage, and the epoch that is handed on so far.
fn losses(run: &Attached, stage: Stage) -> Option<(String, Style)> {
    let view = run.view.stage(stage);
    let number = |v: Option<&f32>| text::significant(f64::from(v.copied().unwrap_or(f32::NAN)), 4);
    let mut words = format!("loss {}", number(Some(view.steps.columns.get("loss")?.last()?)));
    if let Some(valid) = view.per_epoch.columns.get("valid.loss").and_then(|c| c.last()) {
        words += &format!(" · valid {}", number(Some(valid)));
    }
    if let Some(best) = star::with_value(view, stage, "loss") {
        words += &format!(" · {best}");
    }
    Some((words, theme::PLAIN))
}
