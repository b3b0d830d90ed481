//! Stage control: where each of the three stages stands, and how fast and how long it goes on.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::frame::frame;
use crate::console::state::State;
use crate::console::state::attached::Attached;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{placeholder, put};
use crate::console::widgets::text;
use crate::report::numbers::parameters_in_words;
use crate::run::view::{Phase, RunView, StageView};
use crate::training::events::{Costs, Prepared, Stage, StageState};

/// The symbol of a stage's state, with its style; readable without colour.
pub fn symbol(state: StageState) -> (&'static str, Style) {
    match state {
        StageState::Pending => ("○", theme::FAINT),
        StageState::Running => ("▶", theme::GOOD),
        StageState::Paused => ("‖", theme::WARN),
        StageState::Finished => ("✔", theme::GOOD),
        StageState::Skipped => ("–", theme::FAINT),
    }
}

/// Steps that the time left is judged by.
const RECENT: usize = 200;

/// Active seconds until the stage's last planned step at the recent pace; early stopping may end it before.
pub fn seconds_left(view: &StageView) -> Option<f64> {
    let n = view.steps.len();
    let first = n.saturating_sub(RECENT);
    let (steps, seconds) = match n {
        0 | 1 => return None,
        _ => (view.steps.step[n - 1] - view.steps.step[first], view.steps.time[n - 1] - view.steps.time[first]),
    };
    let total = u64::from(view.epochs) * u64::from(view.steps_per_epoch);
    let left = total.saturating_sub(view.step);
    (steps > 0 && seconds > 0.0).then(|| left as f64 * seconds / steps as f64)
}

/// A stage's state as shown: a run that is parked or has no process does not train, whatever its last event said.
pub fn shown_state(run: &Attached, stage: Stage) -> StageState {
    let state = run.view.stage(stage).state;
    let parked = matches!(run.view.phase, Phase::Paused | Phase::Stopped | Phase::Faulted) || run.died();
    if state == StageState::Running && parked { StageState::Paused } else { state }
}

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let inside = frame(state, Pane::Stages, vec![], area, buffer);
    let Some(run) = &state.run else {
        return placeholder(inside, "no run: space trains on the selected dataset", buffer);
    };
    let per_stage = if inside.height >= 9 { 3 } else { 2 };
    for stage in Stage::ALL {
        let y = inside.y + stage.index() as u16 * per_stage;
        let selected = state.focus == Pane::Stages && state.stages.list.selected == stage.index();
        let part = Rect { y, height: per_stage.min(inside.bottom().saturating_sub(y)), ..inside };
        draw_stage(run, stage, selected, part, buffer);
    }
    let below = inside.y + 3 * per_stage + 1;
    let lines = facts(run).into_iter().flat_map(|fact| hanging(&fact, inside.width.saturating_sub(1)));
    for (y, line) in (below..inside.bottom()).zip(lines) {
        put(buffer, inside.x + 1, y, inside.width.saturating_sub(1), &line, theme::FAINT);
    }
}

/// Cells of a fact's name.
const NAME: usize = 13;

/// A fact in lines of a width, its words below one another.
fn hanging(fact: &str, width: u16) -> Vec<String> {
    let (name, words) = fact.split_at(NAME);
    let lines = text::wrap(words, usize::from(width).saturating_sub(NAME));
    let lead = |i: usize| if i == 0 { name.to_owned() } else { " ".repeat(NAME) };
    lines.into_iter().enumerate().map(|(i, line)| lead(i) + &line).collect()
}

/// What the run is made of, where the pane has room for it; each line begins with a name of [`NAME`] cells.
fn facts(run: &Attached) -> Vec<String> {
    let view = &run.view;
    let mut lines = Vec::new();
    if let Some(p) = &view.prepared {
        let s = &p.samples;
        lines.push(format!("dataset      {} · train {} · valid {} · test {}", p.dataset, s.train, s.valid, s.test));
        let shapes = p.shapes.iter().map(|(m, (steps, width))| match width {
            // Ids, which have no columns.
            0 => format!("{m} {steps} tokens"),
            width => format!("{m} {steps} x {width}"),
        });
        lines.push(format!("sequences    {}", shapes.collect::<Vec<_>>().join(" · ")));
        let judged = if p.unimodal_labels { "unimodal labels to judge by" } else { "no unimodal labels" };
        lines.push(format!("labels       within ±{} · {judged}", p.label_range));
        lines.push(format!("parameters   {}", parameters(view, p)));
        lines.push(format!("device       {}", p.device));
    }
    let checkpoints = if view.checkpoints == 1 { "checkpoint" } else { "checkpoints" };
    lines.push(format!("trained for  {} · {} {checkpoints}", text::duration(view.time), view.checkpoints));
    lines.extend(memory(view).map(|memory| format!("memory       {memory}")));
    lines.push(format!("directory    {}", run.path.display()));
    lines
}

/// Parameters of the running or last stage by part; before one has begun, those of model and corrector.
fn parameters(view: &RunView, prepared: &Prepared) -> String {
    let parts = view.stage.map_or(&[][..], |stage| &view.stage(stage).parameters);
    if parts.is_empty() {
        let (model, corrector) = prepared.parameters;
        return format!("model {} · corrector {}", text::count(model as f64), text::count(corrector as f64));
    }
    parts.iter().map(|part| format!("{} {}", part.part, parameters_in_words(part))).collect::<Vec<_>>().join(" · ")
}

/// The most memory that a stage has taken so far.
fn memory(view: &RunView) -> Option<String> {
    let costs = || view.stages.iter().filter_map(|s| s.costs);
    let most = costs().filter_map(|c| c.peak_memory).max()?;
    let gpu = costs().filter_map(|c| c.gpu_memory).max();
    let gpu = gpu.map_or(String::new(), |gpu| format!(" · {} on the GPU", text::bytes(gpu)));
    Some(format!("{} at most{gpu}", text::bytes(most)))
}

/// What a stage that is over cost.
fn cost(costs: &Costs) -> String {
    let rate = costs.samples_per_second.map(|r| format!("{} samples/s", text::count(r)));
    let memory = costs.peak_memory.map(text::bytes);
    let operations = costs.operations.map(|n| format!("{} op", text::count(n as f64)));
    let parts = [Some(text::clock(costs.seconds)), rate, memory, operations];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn draw_stage(run: &Attached, stage: Stage, selected: bool, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let view = run.view.stage(stage);
    let shown = shown_state(run, stage);
    let (sign, style) = symbol(shown);
    let current = run.view.stage == Some(stage);
    put(buffer, area.x, area.y, 1, if selected { "▸" } else { " " }, theme::FOCUS);
    put(buffer, area.x + 1, area.y, 1, sign, style);
    let name = format!("{} {stage}", stage.index() + 1);
    put(
        buffer,
        area.x + 3,
        area.y,
        area.width.saturating_sub(3),
        &name,
        if current { theme::STRONG } else { theme::PLAIN },
    );
    let right = match shown {
        StageState::Skipped => "left out".to_owned(),
        StageState::Pending if view.epochs == 0 => String::new(),
        StageState::Pending => format!("{} epochs", view.epochs),
        StageState::Finished if view.cut.is_some() => format!("epoch {}/{}", view.epoch, view.epochs),
        StageState::Finished => format!("epoch {}", view.epoch),
        _ => format!("{}/{}  {:.0} %", view.epoch, view.epochs, view.progress() * 100.0),
    };
    let width = text::width(&right) as u16;
    if 16 + width <= area.width {
        put(buffer, area.right() - width, area.y, width, &right, if current { theme::PLAIN } else { theme::FAINT });
    }
    if area.height >= 2 {
        let row = Rect { x: area.x + 3, y: area.y + 1, width: area.width.saturating_sub(3), height: 1 };
        match shown {
            StageState::Running | StageState::Paused => {
                put(buffer, row.x, row.y, row.width, &bar(view.progress(), usize::from(row.width)), style);
            }
            _ => put(buffer, row.x, row.y, row.width, &outcome(&run.view, stage, row.width), theme::FAINT),
        }
    }
    if let (StageState::Finished, Some(costs), 3..) = (shown, &view.costs, area.height) {
        put(buffer, area.x + 3, area.y + 2, area.width.saturating_sub(3), &cost(costs), theme::FAINT);
    }
    if area.height >= 3 && matches!(shown, StageState::Running | StageState::Paused) {
        let pace = match view.cut {
            Some(_) => "ends after this epoch; s: no".to_owned(),
            None => pace(view, shown == StageState::Running),
        };
        put(buffer, area.x + 3, area.y + 2, area.width.saturating_sub(3), &pace, theme::FAINT);
    }
}

/// How much is done, as a bar of so many cells.
pub fn bar(progress: f64, cells: usize) -> String {
    let full = (progress.clamp(0.0, 1.0) * cells as f64).round() as usize;
    "█".repeat(full) + &"░".repeat(cells - full)
}

/// Throughput and time left.
pub fn pace(view: &StageView, running: bool) -> String {
    let mut parts = Vec::new();
    if let Some(rate) = view.samples_per_second {
        parts.push(format!("{} samples/s", text::count(rate)));
    }
    if let Some(left) = seconds_left(view).filter(|_| running) {
        parts.push(format!("{} left", text::duration(left)));
    }
    parts.join(" · ")
}

/// What a stage that is over brought: the epoch that it hands on and the loss there; what picked it where there is room.
fn outcome(run: &RunView, stage: Stage, width: u16) -> String {
    let view = run.stage(stage);
    let Some(last) = view.per_epoch.len().checked_sub(1) else { return String::new() };
    let valid = view.per_epoch.columns.get("valid.loss");
    let loss =
        |epoch: usize| text::significant(valid.and_then(|c| c.get(epoch)).map_or(f64::NAN, |v| f64::from(*v)), 4);
    let refreshes = run.labels.iter().filter(|l| l.stage == Some(Stage::Denoising)).count();
    match view.best_epoch() {
        // No epoch of this stage is preferred to another.
        _ if stage == Stage::Denoising => format!("valid {} · {refreshes} label sets", loss(last)),
        Some(best) => {
            let short = format!("★ {} valid loss {}", view.per_epoch.epoch[best], loss(best));
            let criterion = stage.criterion().unwrap_or("");
            let long = format!("{short} · picked by least {criterion}");
            if text::width(&long) <= usize::from(width) { long } else { short }
        }
        None => format!("valid {}", loss(last)),
    }
}
