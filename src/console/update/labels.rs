//! The label table: what its keys change: order, filter, columns, marks, files.

use std::path::PathBuf;

use ratatui::layout::Rect;

use super::pane::PaneKeys;
use super::say::say;
use super::{copying, figure};
use crate::console::layout::labels as layout;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::attached::Link;
use crate::console::state::effect::{Arrangement, Effect, Export};
use crate::console::state::labels::Labels;
use crate::console::state::overlay::Overlay;
use crate::console::state::preferences::Preferences;
use crate::console::widgets::list::List;
use crate::report::export;
use crate::report::figure::{LABELS, Request};
use crate::report::table::columns::{Column, Kind};
use crate::report::table::filter::Filter;
use crate::report::table::order::SortKey;
use crate::run::marks::{LONGEST_NOTE, Mark};
use crate::split::Split;
use crate::training::events::Level;

/// Rows that are put in order at once, within the time of a frame; more are left to a thread.
pub const AT_ONCE: usize = 50_000;

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn list<'a>(&self, state: &'a mut State) -> Option<&'a mut List> {
        Some(&mut state.labels.list)
    }

    fn len(&self, state: &State) -> usize {
        state.labels.index.len()
    }

    fn heading(&self, _: &State, _: Rect) -> u16 {
        1
    }

    fn rows(&self, _: &State, inside: Rect) -> usize {
        layout::rows(usize::from(inside.height))
    }

    fn settle(&self, state: &mut State, inside: Rect) {
        let (rows, len) = (self.rows(state, inside), self.len(state));
        state.labels.list.settle(len, rows, false);
        layout::settle(&mut state.labels, inside.width);
    }

    fn act(&self, state: &mut State, action: Action, effects: &mut Vec<Effect>) -> bool {
        act(state, action, effects)
    }

    fn close(&self, state: &mut State, effects: &mut Vec<Effect>) -> bool {
        let filtered = !state.labels.filter_text.is_empty();
        if filtered {
            apply_filter(state, "", effects);
        }
        filtered
    }
}

/// Has the table's order computed anew: at once where that is quick, else by a thread.
pub fn reindex(state: &mut State, effects: &mut Vec<Effect>) {
    let labels = &mut state.labels;
    labels.asked += 1;
    let arrangement = Arrangement {
        number: labels.asked,
        table: labels.table.clone(),
        filter: labels.filter.clone(),
        keys: labels.keys.clone(),
    };
    if labels.table.rows.len() <= AT_ONCE {
        labels.take_order(arrangement.order());
    } else {
        labels.arranging = true;
        effects.push(Effect::Arrange(arrangement));
    }
}

/// Has the table's order computed anew where it looks at these columns.
pub fn reindex_if(changed: impl Fn(Column) -> bool, state: &mut State, effects: &mut Vec<Effect>) {
    if state.labels.depends_on(changed) {
        reindex(state, effects);
    }
}

/// Filters by a text; where it does not parse, says so and keeps the filter that holds.
pub fn apply_filter(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    match Filter::parse(text) {
        Ok(filter) => {
            state.labels.filter_text = text.to_owned();
            state.labels.filter_error = None;
            if filter != state.labels.filter {
                state.labels.filter = filter;
                reindex(state, effects);
                look_for_doubt(state);
            }
        }
        Err(error) => state.labels.filter_error = Some(error.to_string()),
    }
}

/// Looks for what is doubtful in the filter that holds.
pub fn look_for_doubt(state: &mut State) {
    let labels = &mut state.labels;
    labels.filter_doubt = labels.filter.as_ref().and_then(|filter| labels.table.doubt(filter));
}

/// Does what one of the table's keys asks for; false where it is none of its own.
fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) -> bool {
    let labels = &mut state.labels;
    match action {
        Action::Bars if !state.abilities.unicode => {
            say(state, Level::Info, "no bars in ASCII: they would be read as digits");
        }
        Action::Annotate => annotate(state, effects),
        Action::Judgement => state.overlay = Some(Overlay::Judgement { scroll: 0 }),
        Action::Plot => {
            let split = labels.summary;
            let request = Request { split, ..Request::new(&LABELS) };
            figure::ask(state, request, &format!("labels-{split}"));
        }
        Action::Left | Action::Right => {
            labels.columns.step(if action == Action::Right { 1 } else { -1 }, &labels.table);
        }
        Action::Sort | Action::SortFurther => sort(state, action == Action::SortFurther, effects),
        Action::Reverse => {
            match &mut labels.keys[..] {
                [] => labels.keys.push(SortKey { column: Column::Order, reverse: true }),
                keys => keys.iter_mut().for_each(|k| k.reverse = !k.reverse),
            }
            drop_file_order(labels);
            reindex(state, effects);
        }
        Action::MoveColumnLeft | Action::MoveColumnRight => {
            let moved = labels.columns.slide(action == Action::MoveColumnRight, &labels.table);
            remember_if(moved, state, effects);
        }
        Action::HideColumn => {
            let column = labels.columns.cursor;
            if labels.columns.toggle(column, &labels.table) {
                say(state, Level::Info, format!("{} is hidden; C lists the columns", column.description()));
                remember(state, effects);
            } else {
                say(state, Level::Info, "the last column stays");
            }
        }
        Action::ShowColumns => {
            labels.columns.show_all();
            remember(state, effects);
        }
        Action::Bars => {
            labels.columns.bars = !labels.columns.bars;
            remember(state, effects);
        }
        Action::Columns => {
            let at = labels.columns.all().iter().position(|c| *c == labels.columns.cursor).unwrap_or(0);
            state.overlay = Some(Overlay::Columns { at });
        }
        Action::Filter => {
            let before = labels.filter_text.clone();
            state.overlay = Some(Overlay::Filter { line: before.clone().into(), before });
        }
        Action::Detail => {
            if let Some(row) = labels.selected().map(|r| r.row as u32) {
                open_detail(state, row, effects);
            }
        }
        Action::Review | Action::Note => mark(state, action == Action::Note, effects),
        Action::Export => {
            let name = state.run.as_ref().map_or("labels", |r| &r.name);
            if state.labels.index.is_empty() {
                say(state, Level::Info, "no rows to write");
            } else {
                state.overlay = Some(Overlay::Export(format!("{name}-labels.csv").into()));
            }
        }
        Action::CopyRow | Action::CopyValue => copy(state, action, effects),
        Action::SummarySplit => {
            labels.summary = match labels.summary {
                Split::Train => Split::Valid,
                Split::Valid => Split::Test,
                Split::Test => Split::Train,
            }
        }
        _ => return false,
    }
    true
}

fn sort(state: &mut State, further: bool, effects: &mut Vec<Effect>) {
    let labels = &mut state.labels;
    let column = labels.columns.cursor;
    if column.kind() == Kind::Picture {
        return say(state, Level::Info, "the history is a picture: sort by a change or a label instead");
    }
    let known = labels.keys.iter().position(|k| k.column == column);
    match (further, known) {
        // Once more: the other way round.
        (true, Some(at)) => labels.keys[at].reverse = !labels.keys[at].reverse,
        (true, None) => labels.keys.push(SortKey::new(column)),
        (false, Some(0)) if labels.keys.len() == 1 => labels.keys[0].reverse = !labels.keys[0].reverse,
        (false, _) => labels.keys = vec![SortKey::new(column)],
    }
    drop_file_order(labels);
    if !further {
        labels.list.selected = 0;
    }
    reindex(state, effects);
}

/// The file's own order needs no key.
fn drop_file_order(labels: &mut Labels) {
    if labels.keys.first().is_some_and(|k| k.column == Column::Order && !k.reverse) {
        labels.keys.clear();
    }
}

fn remember_if(changed: bool, state: &State, effects: &mut Vec<Effect>) {
    if changed {
        remember(state, effects);
    }
}

/// Has the arrangement of the columns, and how files are written, remembered.
pub fn remember(state: &State, effects: &mut Vec<Effect>) {
    let labels = &state.labels;
    let preferences = Preferences { escape_formulas: labels.escape_formulas, labels: labels.columns.remembered() };
    effects.push(Effect::Remember(preferences));
}

/// Shows everything about a row, and has its neighbours looked for.
pub fn open_detail(state: &mut State, row: u32, effects: &mut Vec<Effect>) {
    state.overlay = Some(Overlay::Detail { row, scroll: 0, neighbour: None });
    look_for_neighbours(state, effects);
}

/// Asks for the neighbours of the row that is looked at, unless they are known.
pub fn look_for_neighbours(state: &State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Detail { row, .. }) = &state.overlay else { return };
    let known = state.labels.neighbours.as_ref().is_some_and(|(r, _)| r == row);
    if let Some(file) = state.representations().filter(|_| !known) {
        effects.push(Effect::LoadNeighbours { attach: state.attach, row: *row, file });
    }
}

/// Goes to the neighbour that is chosen in the details, or to the next clip of the list.
pub fn go_to(state: &mut State, row: u32, effects: &mut Vec<Effect>) {
    state.labels.select(Some(row));
    open_detail(state, row, effects);
}

/// The row that marks are about: the one in the details, else the selected one.
fn subject(state: &State) -> Option<u32> {
    match &state.overlay {
        Some(Overlay::Detail { row, .. }) => Some(*row),
        _ => state.labels.selected().map(|r| r.row as u32),
    }
}

/// Why nothing can be marked; `None` where it can.
fn unmarkable(state: &State) -> Option<&'static str> {
    let following = state.run.as_ref().is_some_and(|r| r.link == Link::Following);
    match () {
        // Whoever follows reads only, too, and would be told to leave out an option that was not given.
        () if state.follow || following => {
            Some("following the directory only: mark rows where the run lies, with mug attach")
        }
        () if state.read_only => Some("read-only: attach without --read-only to mark rows"),
        () => None,
    }
}

/// Asks for clips to judge, drawn by the last corrected labels.
fn annotate(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(why) = unmarkable(state) {
        return say(state, Level::Warning, why);
    }
    let Some(run) = &state.run else { return say(state, Level::Info, "no run, and no clips to judge") };
    match (run.view.labels.last(), &run.view.prepared) {
        (Some(labels), Some(prepared)) => effects.push(Effect::Annotate {
            path: run.path.clone(),
            refresh: labels.refresh,
            file: labels.file.clone(),
            label_range: prepared.label_range,
        }),
        _ => say(state, Level::Info, "no corrected labels yet: clips are drawn by how far theirs were moved"),
    }
}

fn mark(state: &mut State, note: bool, effects: &mut Vec<Effect>) {
    let Some(row) = subject(state) else { return say(state, Level::Info, "no row to mark") };
    if let Some(why) = unmarkable(state) {
        return say(state, Level::Warning, why);
    }
    let known = state.labels.table.marks.get(row);
    if note {
        let line = known.map_or(String::new(), |m| m.note.clone()).into();
        let back = state.overlay.take().map(Box::new);
        state.overlay = Some(Overlay::Note { row, line, back });
        return;
    }
    let reviewed = !known.is_some_and(|m| m.reviewed);
    let note = known.map_or(String::new(), |m| m.note.clone());
    write_mark(state, row, reviewed, note, effects);
}

/// Takes a note that was typed.
pub fn take_note(state: &mut State, row: u32, note: &str, effects: &mut Vec<Effect>) {
    let mut note = note.trim().to_owned();
    let mut end = note.len().min(LONGEST_NOTE);
    while !note.is_char_boundary(end) {
        end -= 1;
    }
    note.truncate(end);
    let reviewed = state.labels.table.marks.get(row).is_some_and(|m| m.reviewed);
    write_mark(state, row, reviewed, note, effects);
}

/// Has a mark written. It shows once it stands in the run directory.
fn write_mark(state: &mut State, row: u32, reviewed: bool, note: String, effects: &mut Vec<Effect>) {
    let id = state.labels.table.row(row as usize).id().to_owned();
    let mark = Mark { row, id, reviewed, note, time: String::new() };
    effects.push(Effect::Mark { attach: state.attach, mark });
}

/// Has the rows that are shown written to the file that was typed.
pub fn export(state: &mut State, typed: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    let path = PathBuf::from(typed.trim());
    let Some(format) = export::of_path(&path) else {
        return Err(format!("expected a name that ends in {}", export::endings("or")));
    };
    let labels = &state.labels;
    let export = Export {
        path,
        format,
        table: labels.table.clone(),
        rows: labels.index.clone(),
        columns: labels.columns.shown(&labels.table),
        escape_formulas: labels.escape_formulas,
        overwrite: false,
    };
    effects.push(Effect::Export(export));
    say(state, Level::Info, format!("writing {} rows", state.labels.index.len()));
    Ok(())
}

fn copy(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let row = match &state.overlay {
        Some(Overlay::Detail { row, .. }) => Some(state.labels.table.row(*row as usize)),
        _ => state.labels.selected(),
    };
    let Some(row) = row else { return say(state, Level::Info, "no row to copy") };
    let text = match action {
        Action::CopyRow => copying::row(&row),
        _ => copying::value(&row, state.labels.columns.cursor),
    };
    say(state, Level::Info, format!("copied: {text}"));
    effects.push(Effect::Copy(text));
}
