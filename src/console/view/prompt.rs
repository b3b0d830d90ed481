//! Questions that need a yes, and the lines that one types: a path, a filter.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tui_input::Input as Line;

use crate::console::state::State;
use crate::console::state::overlay::Question;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{blank, float, put};
use crate::console::widgets::text;
use crate::training::events::{Stage, StageState};

/// Names that a question about many runs lists.
const NAMED: usize = 8;

/// What a question asks.
pub fn words(question: &Question, state: &State) -> (String, String) {
    let name = state.run.as_ref().map_or("", |r| &r.name);
    match question {
        Question::EndStage(stage) => end_stage(*stage, state),
        Question::Continue(stage) => (
            format!("Go on with the {stage} stage?"),
            format!("It goes on from the epoch after which it was ended. {}", later(*stage, state)),
        ),
        Question::Restart(stage) => (
            format!("Begin the {stage} stage anew?"),
            "Its progress, and that of the stages after it, is thrown away.".into(),
        ),
        Question::Stop => (
            format!("End run {name}?"),
            format!("A checkpoint is written first; space here, or mug resume {name}, takes it up again."),
        ),
        Question::Overwrite(export) => (
            "Write over the file?".into(),
            format!("{} is there already; {} rows would take its place.", export.path.display(), export.rows.len()),
        ),
        Question::Delete { names, .. } => {
            let title = match &names[..] {
                [name] => format!("Delete run {name} for good?"),
                names => format!("Delete {} runs for good?", names.len()),
            };
            let detail = match &names[..] {
                [_] => "The run directory goes with its record, labels and checkpoints.".to_owned(),
                names => {
                    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
                    let more = names.len().saturating_sub(NAMED);
                    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                    format!("{shown}{more}: their run directories go with records, labels and checkpoints.")
                }
            };
            (title, detail)
        }
        Question::StopStudy { name, .. } => (
            format!("Stop study {name}?"),
            format!("Its runs write a checkpoint and end; x here, or mug study resume {name}, goes on with them."),
        ),
        Question::ResumeStudy { name, .. } => (
            format!("Go on with study {name}?"),
            "Runs that are not finished go on from their checkpoints, those that were given up are tried again. It goes on \
             without this console."
                .into(),
        ),
        Question::TrainBeside(dataset) => {
            (format!("Start another run on {dataset}?"), format!("{name} goes on beside it; they share the device."))
        }
    }
}

/// What becomes of the stages after one that goes on.
fn later(stage: Stage, state: &State) -> &'static str {
    let begun = |s: &Stage| state.run.as_ref().is_some_and(|r| r.view.stage(*s).state != StageState::Pending);
    match Stage::ALL.iter().filter(|s| **s > stage).any(begun) {
        true => "The progress of the stages after it is thrown away: they are trained again with what it hands on.",
        false => "The stages after it begin with what it hands on.",
    }
}

fn end_stage(stage: Stage, state: &State) -> (String, String) {
    let Some(run) = &state.run else { return Default::default() };
    let view = run.view.stage(stage);
    let epoch = view.epoch.max(1);
    let planned = |s: &Stage| run.view.stage(*s).epochs > 0;
    let then = match Stage::ALL.into_iter().filter(|s| *s > stage).find(planned) {
        Some(next) => format!("the {next} stage begins"),
        None => "the run finishes".to_owned(),
    };
    let detail = format!(
        "{epoch} of {} epochs are trained then, and {then}. s takes it back until the epoch has ended; after that M, or \
         mug resume {} --continue {stage}, goes on with the stage.",
        view.epochs, run.name
    );
    (format!("End the {stage} stage after epoch {epoch}?"), detail)
}

pub fn question(state: &State, question: &Question, screen: Rect, buffer: &mut Buffer) {
    let (title, detail) = words(question, state);
    let width = screen.width.saturating_sub(4).min(64);
    let mut lines = text::wrap(&detail, usize::from(width.saturating_sub(4)));
    lines.push(String::new());
    lines.push("y yes    n no".into());
    let height = lines.len() as u16 + 3;
    if height > screen.height {
        return short_question(state, question, screen, buffer);
    }
    let area = Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
    let inside = float(area, "", theme::WARN, buffer);
    put(buffer, inside.x + 1, inside.y, inside.width.saturating_sub(1), &title, theme::STRONG);
    for (y, line) in (inside.y + 1..inside.bottom()).zip(&lines) {
        put(buffer, inside.x + 1, y, inside.width.saturating_sub(1), line, theme::PLAIN);
    }
}

/// A question on a screen that has no room for a frame.
pub fn short_question(state: &State, question: &Question, screen: Rect, buffer: &mut Buffer) {
    blank(screen, buffer);
    let words = format!("y yes n no · {}", words(question, state).0);
    let lines = text::wrap(&words, usize::from(screen.width));
    for (y, line) in (screen.top()..screen.bottom()).zip(&lines) {
        put(buffer, screen.x, y, screen.width, line, theme::WARN);
    }
}

/// Draws a line being typed into the footer row and gives the cursor's place.
pub fn line(label: &str, line: &Line, problem: Option<&str>, row: Rect, buffer: &mut Buffer) -> Position {
    put(buffer, row.x, row.y, row.width, &" ".repeat(usize::from(row.width)), theme::PLAIN);
    put(buffer, row.x, row.y, row.width, label, theme::KEY);
    let start = row.x + (text::width(label) as u16 + 1).min(row.width);
    let room = usize::from(row.right().saturating_sub(start + 1));
    let scroll = line.visual_scroll(room);
    // Shown raw: what is typed holds no control characters, and its width must be the one the cursor is placed by.
    let mut skipped = 0;
    let visible: String = line
        .value()
        .chars()
        .skip_while(|c| {
            let skip = skipped < scroll;
            skipped += text::width(&c.to_string());
            skip
        })
        .collect();
    put(buffer, start, row.y, room as u16, &visible, theme::PLAIN);
    if let Some(problem) = problem {
        let x = start + (text::width(&visible) as u16 + 2).min(row.width);
        let room = row.right().saturating_sub(x);
        if text::width(problem) <= usize::from(room) {
            put(buffer, x, row.y, room, problem, theme::BAD);
        } else {
            // It can be read whole above the line.
            let lines = text::wrap(problem, usize::from(row.width.saturating_sub(2)));
            let top = row.y.saturating_sub(lines.len() as u16);
            for (y, line) in (top..row.y).zip(&lines) {
                blank(Rect { y, height: 1, ..row }, buffer);
                put(buffer, row.x + 1, y, row.width.saturating_sub(1), line, theme::BAD);
            }
        }
    }
    let cursor = start + (line.visual_cursor().saturating_sub(scroll)).min(room) as u16;
    Position::new(cursor.min(row.right().saturating_sub(1)), row.y)
}
