//! Where the alignment picture, its measures and its words lie in the pane.

use ratatui::layout::Rect;

use super::areas;
use super::plane::{Plane, scales};
use crate::console::state::State;
use crate::console::state::attached::Attached;
use crate::console::state::pane::Pane;
use crate::console::widgets::chart::Chart;
use crate::console::widgets::frame::inner;
use crate::report::projection::{Method, Picture};
use crate::training::events::{Stage, StageState};

/// Width of the measures beside the picture, and the least pane that has room for them.
const SIDE: u16 = 31;
const WITH_SIDE: (u16, u16) = (92, 16);

/// The plane of the embedding pane as it is drawn; `None` where there is no picture or no room for one.
pub fn shown(state: &State) -> Option<Plane> {
    let areas = areas::areas(state);
    let area = areas.panes.iter().find(|(p, _)| *p == Pane::Embedding)?.1;
    plane(state, inner(area))
}

/// How the inside of the pane is shared out.
pub struct Places {
    pub plot: Rect,
    pub side: Option<Rect>,
    pub top: Rect,
    pub legend: Rect,
    pub readout: Rect,
}

impl Places {
    pub fn of(inside: Rect) -> Self {
        let row = |y: u16| Rect { y: inside.y + y, height: 1, ..inside };
        let readout = row(inside.height.saturating_sub(1));
        if inside.width >= WITH_SIDE.0 && inside.height >= WITH_SIDE.1 {
            let width = inside.width - SIDE - 1;
            let plot = Rect { y: inside.y + 1, width, height: inside.height.saturating_sub(2), ..inside };
            let side = Rect { x: inside.x + width + 1, width: SIDE, height: inside.height - 1, ..inside };
            let legend = Rect { width, ..row(0) };
            return Self { plot, side: Some(side), top: legend, legend, readout };
        }
        let plot = Rect { y: inside.y + 2, height: inside.height.saturating_sub(3), ..inside };
        Self { plot, side: None, top: row(0), legend: row(1), readout }
    }
}

/// Where points lie when the pane's inside is this; `None` where there is no picture or no room.
pub fn plane(state: &State, inside: Rect) -> Option<Plane> {
    let (request, picture) = state.embedding.shown.as_ref()?;
    if missing(state).is_some() || inside.height < 5 || inside.width < 20 {
        return None;
    }
    let plot = Places::of(inside).plot;
    let (x, y) = scales(picture);
    let area = match request.method {
        Method::Pca => axes(picture).plot(plot)?,
        // Its distances mean little and its directions nothing: no axes.
        Method::Tsne => plot,
    };
    Some(Plane { area, x, y })
}

pub fn axes(picture: &Picture) -> Chart<'static> {
    let (x, y) = scales(picture);
    Chart { curves: Vec::new(), x, y, time: false, marks: Vec::new(), cursor: None }
}

/// Why there is no picture, with what to do; `None` where there is one or it is on its way.
pub fn missing(state: &State) -> Option<String> {
    let Some(run) = &state.run else {
        return Some("the picture of h and z comes with a run: space trains on the selected dataset".into());
    };
    if let Some(problem) = &state.embedding.problem {
        let keys = if state.embedding.method == Method::Tsne { "; t goes back to PCA" } else { "" };
        return Some(format!("no picture: {problem}{keys}"));
    }
    if !run.view.embeddings.is_empty() {
        return None;
    }
    Some(awaited(run))
}

/// What has to happen before there are representations.
fn awaited(run: &Attached) -> String {
    let stage = run.view.stage(Stage::Contrastive);
    match (&run.view.prepared, stage.state) {
        _ if run.view.failed_to_begin().is_some() => "the run failed before it began: see Losses or Log".into(),
        _ if run.died() => "no representations were recorded, and the run's process is gone: space takes the run up".into(),
        (None, _) => "data and model are being made ready; h and z are recorded when stage 1 begins".into(),
        (_, StageState::Skipped) => "this run has no contrastive stage, so nothing draws z to h".into(),
        (_, StageState::Pending) => "h and z are recorded when stage 1 begins".into(),
        (_, StageState::Running | StageState::Paused) if stage.step == 0 => "h and z are being recorded".into(),
        _ => "this run recorded no representations (an earlier version of mug trained it); R in Stages trains stage 1 anew"
            .into(),
    }
}
