//! The runs below the runs folder, with their state; the attached one is marked.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::chrome::sign;
use super::frame::frame;
use super::run_table;
use crate::console::layout::runs::{has_heading, is_wide};
use crate::console::state::State;
use crate::console::state::attached::Link;
use crate::console::state::pane::Pane;
use crate::console::state::runs::{Group, Grouping, LETTERS, Line, Runs};
use crate::console::terminal::theme;
use crate::console::widgets::frame::{placeholder, put};
use crate::console::widgets::text;
use crate::run::list::{RunState, RunSummary, progress};
use crate::run::view::Phase;

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let inside = frame(state, Pane::Runs, title(&state.runs, area.width), area, buffer);
    if state.runs.all.is_empty() {
        return placeholder(inside, if state.runs.known { "no runs yet" } else { "looking for runs" }, buffer);
    }
    if state.runs.lines.is_empty() {
        let doubt = state.runs.filter_doubt.as_ref().map_or_else(String::new, |d| format!(" ({d})"));
        return placeholder(inside, &format!("no run passes the filter{doubt}; esc clears it"), buffer);
    }
    let heading = u16::from(has_heading(state, inside.width));
    if let Some(table) = &state.runs.table {
        run_table::headings(state, table, inside, buffer);
    } else if heading > 0 {
        let columns = Columns::of(inside.width);
        let first = if columns.0[1] == 0 { "run · dataset" } else { "run" };
        columns.put(
            [first, "dataset", "stage and epoch", "state", "done", "begun (UTC)"],
            inside,
            theme::STRONG,
            buffer,
        );
    }
    let height = usize::from(inside.height.saturating_sub(heading));
    for (y, i) in (inside.y + heading..).zip(state.runs.list.visible(state.runs.lines.len(), height)) {
        let selected = state.focus == Pane::Runs && i == state.runs.list.selected;
        let row = Rect { y, height: 1, ..inside };
        put(buffer, row.x, row.y, 1, if selected { "▸" } else { " " }, theme::FOCUS);
        match state.runs.lines[i] {
            Line::Group(at) => group_line(&state.runs, &state.runs.groups[at], row, buffer),
            Line::Run(at) => run_line(state, &state.runs.all[at], row, buffer),
        }
    }
}

/// How many there are and are marked, what is filtered for, and the order.
fn title(runs: &Runs, width: u16) -> Vec<Span<'static>> {
    let (found, all) = (runs.found, runs.all.len());
    let count = match runs.filter_text.as_str() {
        "" if all > MANY => Span::styled(format!("{all} "), theme::FAINT),
        "" => Span::raw(""),
        _ => Span::raw(format!("{found}/{all} ")),
    };
    let marked = match runs.marked_found {
        0 => String::new(),
        marked => format!("{marked} marked "),
    };
    let keys: Vec<String> = runs.keys.iter().map(ToString::to_string).collect();
    let order = if keys.is_empty() { String::new() } else { format!("by {} ", text::clip(&keys.join(", "), 32)) };
    // The filter has what room is left: the pane's name and the corners take some, and so do its sign and a blank.
    let taken = count.width() + text::width(&marked) + text::width(&order);
    let room = usize::from(width).saturating_sub(taken + 10).max(4);
    let filter = match runs.filter_text.as_str() {
        "" => String::new(),
        words => format!("/{} ", text::clip(words, room)),
    };
    let faint = Span::styled(order, theme::FAINT);
    vec![count, Span::styled(filter, theme::KEY), Span::styled(marked, theme::STRONG), faint]
}

/// More runs than this are worth counting.
const MANY: usize = 9;

/// A group: its name, how many runs it has, and how many stand where.
fn group_line(runs: &Runs, group: &Group, row: Rect, buffer: &mut Buffer) {
    put(buffer, row.x + 1, row.y, 1, if runs.is_open(group) { "▾" } else { "▸" }, theme::KEY);
    let mut end = row.right();
    // From the right, so that what wants something done stands first.
    for state in RunState::ALL.into_iter().rev() {
        let count = group.runs.iter().filter(|at| runs.all[**at].state == state).count();
        let (symbol, style) = sign(state);
        let words = format!(" {count} {symbol}");
        let width = text::width(&words) as u16;
        if count > 0 && end.saturating_sub(width) > row.x + row.width / 2 {
            end -= width;
            put(buffer, end, row.y, width, &words, style);
        }
    }
    if !runs.marked.is_empty() && group.runs.iter().all(|at| runs.marked.contains(&runs.all[*at].path)) {
        put(buffer, row.x + NAME - 1, row.y, 1, "*", theme::KEY);
    }
    let words = format!("{} · {}", group.name, group.runs.len());
    put(buffer, row.x + NAME, row.y, end.saturating_sub(row.x + NAME), &words, theme::STRONG);
}

fn run_line(state: &State, listed: &RunSummary, row: Rect, buffer: &mut Buffer) {
    let mut run = Cow::Borrowed(listed);
    let shown = state.run.as_ref().filter(|r| r.path == run.path);
    if let Some(shown) = shown.filter(|r| r.caught_up) {
        // The list is looked through now and then, the attached run is known to the moment.
        let run = run.to_mut();
        run.progress = progress(&shown.view);
        run.state = RunState::of(shown.view.phase, shown.link != Link::Absent && !shown.silent());
        run.stage = shown.view.stage;
        run.epoch = run.stage.map_or(0, |s| shown.view.stage(s).epoch);
        run.epochs = run.stage.map_or(0, |s| shown.view.stage(s).epochs);
    }
    match &state.runs.table {
        Some(table) => {
            let (symbol, style) = sign(run.state);
            put(buffer, row.x + 1, row.y, 1, symbol, style);
            let own = if shown.is_some() { theme::STRONG } else { theme::PLAIN };
            run_table::line(table, &run, own, row, buffer);
        }
        None => {
            let name = match run.study.as_ref().filter(|_| state.runs.grouping != Grouping::Study) {
                // Away from its group a cell is called as commands take it.
                Some(study) => Cow::Owned(format!("{study}/{}", run.name)),
                None => Cow::Borrowed(&*run.name),
            };
            line(&run, &name, shown.is_some(), row, buffer);
        }
    }
    if state.runs.marked.contains(&run.path) {
        put(buffer, row.x + NAME - 1, row.y, 1, "*", theme::KEY);
    }
    if let Some(beside) = state.runs.beside.iter().find(|b| b.path == run.path) {
        let letter = beside.letter.min(LETTERS.len() - 1);
        put(buffer, row.x + NAME - 2, row.y, 1, &LETTERS[letter].to_string(), theme::BESIDE[letter]);
    }
}

/// Where names begin: the marks of the selected, the overlaid and the marked run and the state's symbol stand before them.
const NAME: u16 = 4;

/// Columns of a wide list: run, dataset, stage and epoch, state, share done, begin; those of no width are left out.
struct Columns([u16; 6]);

impl Columns {
    fn of(width: u16) -> Self {
        let (dataset, stage, begun) = match width {
            110.. => (24, 22, 17),
            90.. => (20, 22, 0),
            _ => (0, 17, 0),
        };
        let rest = dataset + stage + 10 + 6 + begun;
        Self([width.saturating_sub(NAME + rest), dataset, stage, 10, 6, begun])
    }

    fn put(&self, cells: [&str; 6], row: Rect, style: Style, buffer: &mut Buffer) {
        let mut x = row.x + NAME;
        for (words, width) in cells.into_iter().zip(self.0).filter(|(_, width)| *width > 0) {
            put(buffer, x, row.y, width.saturating_sub(1), words, style);
            x += width;
        }
    }
}

fn line(run: &RunSummary, name: &str, attached: bool, row: Rect, buffer: &mut Buffer) {
    let (symbol, style) = sign(run.state);
    put(buffer, row.x + 1, row.y, 1, symbol, style);
    let percent = format!("{:.0} %", run.progress * 100.0);
    let own = if attached { theme::STRONG } else { theme::PLAIN };
    let dataset = std::path::Path::new(&run.dataset).file_stem().map(|s| s.to_string_lossy()).unwrap_or_default();
    let name = if attached { format!("{name} ◂") } else { name.to_owned() };
    if is_wide(row.width) {
        let columns = Columns::of(row.width);
        let begun = run.created.get(..16).unwrap_or_default().replace('T', " ");
        let epochs = format!("{}/{}", run.epoch, run.epochs);
        let room = usize::from(columns.0[2]).saturating_sub(epochs.len() + 2);
        let stage = run.stage.map_or(String::new(), |s| format!("{} {epochs}", text::clip(s.name(), room)));
        let name = if columns.0[1] == 0 { format!("{name} {dataset}") } else { name };
        columns.put([&name, &dataset, &stage, run.state.name(), &format!("{percent:>5}"), &begun], row, own, buffer);
        said(run, &name, row.x + NAME, columns.0[0], row.y, buffer);
        return;
    }
    let right = match run.state {
        // Two states have one symbol.
        RunState::Died | RunState::At(Phase::Faulted) => format!("{} {percent}", run.state),
        _ => percent,
    };
    let right_width = (text::width(&right) as u16).min(row.width / 2);
    let room = row.width.saturating_sub(NAME + 1 + right_width);
    let name = format!("{name} {dataset}");
    put(buffer, row.x + NAME, row.y, room, &name, own);
    said(run, &name, row.x + NAME, room + 1, row.y, buffer);
    put(buffer, row.right().saturating_sub(right_width), row.y, right_width, &right, theme::FAINT);
}

/// Tags and note behind a name, where there is room.
fn said(run: &RunSummary, name: &str, x: u16, width: u16, y: u16, buffer: &mut Buffer) {
    let used = (text::width(name) as u16).saturating_add(1);
    let room = width.saturating_sub(used.saturating_add(1));
    let tags: String = run.tags.iter().map(|t| format!("#{t} ")).collect();
    put(buffer, x + used, y, room, &tags, theme::KEY);
    let tags = text::width(&tags) as u16;
    if room > tags {
        put(buffer, x + used + tags, y, room - tags, &run.note, theme::FAINT);
    }
}
