//! What a run's events say, reduced: the one place where events become curves, stage states and metrics.
//!
//! Pure: no file, no clock. The console, `--plain`, `mug runs` and the figures all read this.

mod curves;
mod entries;

pub use curves::{Column, Curves, StageView};
pub use entries::{EmbeddingEntry, HealthEntry, LabelRefresh, LogLine, Mark, MarkKind, PredictionsEntry};

use super::sealed::Damage;
use crate::training::events::{
    Body, Check, CheckState, Cut, Event, Level, Moment, Prepared, Stage, StageState, Summary,
};

/// Where a whole run stands, by its events (a process that died can still read `Training`: see `run::lock`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Data and model are being made ready.
    #[default]
    Preparing,
    Training,
    Paused,
    /// Ended before its last stage; can be resumed.
    Stopped,
    Finished,
    /// Ended by an error; can be resumed from its last checkpoint.
    Faulted,
}

impl Phase {
    /// One word for lists and headings.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Preparing => "preparing",
            Phase::Training => "training",
            Phase::Paused => "paused",
            Phase::Stopped => "stopped",
            Phase::Finished => "finished",
            Phase::Faulted => "faulted",
        }
    }

    /// Where the run stands after an event.
    pub fn after(self, event: &Event) -> Phase {
        match &event.body {
            Body::Resumed { .. } | Body::Restarted | Body::Unpaused => Phase::Training,
            // Not only the change of a stage: whoever reads from the middle of the events sees these first.
            Body::Step { .. } | Body::Epoch { .. } => Phase::Training,
            Body::StageChanged { state: StageState::Running } | Body::StageCut { cut: Cut::Undone } => Phase::Training,
            Body::Paused => Phase::Paused,
            Body::Fault { .. } => Phase::Faulted,
            Body::Stopped => Phase::Stopped,
            Body::Finished { .. } => Phase::Finished,
            Body::Prepared(_)
            | Body::StageChanged { .. }
            | Body::StageCut { .. }
            | Body::Labels { .. }
            | Body::Embedding { .. }
            | Body::Predictions { .. }
            | Body::Health { .. }
            | Body::Checkpointed { .. }
            | Body::Log { .. } => self,
        }
    }

    /// True where training is over until somebody takes the run up again.
    pub fn is_over(self) -> bool {
        matches!(self, Phase::Stopped | Phase::Finished | Phase::Faulted)
    }
}

/// Everything the events of a run say.
#[derive(Clone, Debug, Default)]
pub struct RunView {
    pub phase: Phase,
    pub prepared: Option<Prepared>,
    /// By [`Stage::index`].
    pub stages: [StageView; 3],
    /// The stage being trained, or the last one that was.
    pub stage: Option<Stage>,
    pub labels: Vec<LabelRefresh>,
    pub embeddings: Vec<EmbeddingEntry>,
    pub predictions: Vec<PredictionsEntry>,
    /// The latest of each check, in the order in which they first came.
    pub health: Vec<HealthEntry>,
    pub marks: Vec<Mark>,
    pub log: Vec<LogLine>,
    /// Active seconds of the run.
    pub time: f64,
    /// The last fault's message, until training goes on.
    pub fault: Option<String>,
    pub summary: Option<Summary>,
    /// The last error told since training last went on.
    alarm: Option<String>,
    /// Checkpoints written.
    pub checkpoints: u64,
    /// Events applied.
    pub events: u64,
    /// What is wrong with the lines that the events were read from; set by who reads a whole file.
    pub damage: Damage,
}

impl RunView {
    /// The view of one stage.
    pub fn stage(&self, stage: Stage) -> &StageView {
        &self.stages[stage.index()]
    }

    /// Why the run is parked though nobody asked for it: an error that came after its last step.
    pub fn waits_for(&self) -> Option<&str> {
        self.alarm.as_deref().filter(|_| self.phase == Phase::Paused)
    }

    /// Why the run failed before its data and model were ready: there is nothing yet to go on from.
    pub fn failed_to_begin(&self) -> Option<&str> {
        self.fault.as_deref().filter(|_| self.prepared.is_none())
    }

    /// The checks that fail now.
    pub fn failing(&self) -> impl Iterator<Item = &Check> {
        self.health.iter().map(|h| &h.check).filter(|c| c.state == CheckState::Failing)
    }

    /// Takes in the next event.
    pub fn apply(&mut self, event: &Event) {
        self.events += 1;
        self.time = event.time;
        self.phase = self.phase.after(event);
        let here = event.stage.map(|s| (s, event.step));
        if let Some(stage) = event.stage {
            self.stage = Some(stage);
        }
        match &event.body {
            Body::Log { level: Level::Error, message } => self.alarm = Some(message.clone()),
            Body::Step { .. } | Body::Unpaused | Body::Resumed { .. } => self.alarm = None,
            _ => {}
        }
        match &event.body {
            Body::Prepared(prepared) => {
                for plan in &prepared.plan {
                    let view = &mut self.stages[plan.stage.index()];
                    view.epochs = plan.epochs;
                    view.steps_per_epoch = plan.steps_per_epoch;
                }
                for stage in Stage::ALL {
                    if !prepared.plan.iter().any(|p| p.stage == stage) {
                        self.stages[stage.index()].state = StageState::Skipped;
                    }
                }
                // A run that is taken up again finds the same in its data.
                let known: Vec<&String> = self.prepared.iter().flat_map(|p| &p.findings).collect();
                let news = prepared.findings.iter().filter(|f| !known.contains(f));
                self.log.extend(news.map(|f| LogLine {
                    time: event.time,
                    level: Level::Warning,
                    message: format!("found in the data: {f}"),
                }));
                self.prepared = Some(prepared.clone());
            }
            Body::Resumed { device } => {
                if let Some((stage, step)) = here {
                    self.void_from(stage, step);
                    self.marks.push(Mark { kind: MarkKind::Resumed, stage, step, time: event.time });
                }
                if let Some(prepared) = &mut self.prepared {
                    prepared.device = device.clone();
                }
                self.fault = None;
                self.summary = None;
            }
            Body::Restarted => {
                if let Some(stage) = event.stage {
                    self.void_from(stage, 0);
                }
                self.summary = None;
            }
            Body::StageChanged { state } => {
                if let Some((stage, step)) = here {
                    let view = &mut self.stages[stage.index()];
                    view.state = *state;
                    view.epoch = event.epoch;
                    view.step = step;
                    if *state == StageState::Running {
                        self.fault = None;
                    }
                    if *state == StageState::Finished {
                        view.cut = None;
                    }
                }
            }
            Body::StageCut { cut } => {
                if let Some((stage, step)) = here {
                    if *cut == Cut::Undone {
                        self.void_from(stage, step);
                        self.predictions.retain(|p| p.stage < stage);
                        self.embeddings.retain(|e| e.stage < stage || e.moment != Moment::After);
                        self.summary = None;
                    }
                    let stands = matches!(cut, Cut::Asked | Cut::Done);
                    self.stages[stage.index()].cut = stands.then_some(*cut);
                }
            }
            Body::Step { scalars } => {
                if let Some((stage, step)) = here {
                    let view = &mut self.stages[stage.index()];
                    view.epoch = event.epoch;
                    view.step = step;
                    let epoch = step as f32 / view.steps_per_epoch.max(1) as f32;
                    view.steps.push(step, epoch, event.time, scalars, "");
                }
            }
            Body::Epoch { train, valid, metrics, samples_per_second, best, .. } => {
                if let Some((stage, step)) = here {
                    let view = &mut self.stages[stage.index()];
                    view.epoch = event.epoch;
                    view.step = step;
                    view.per_epoch.push(step, event.epoch as f32, event.time, train, "train.");
                    view.per_epoch.fill(valid, "valid.");
                    view.metrics.push(metrics.clone());
                    // Before the first epoch nothing was trained.
                    if event.epoch > 0 {
                        view.samples_per_second = *samples_per_second;
                    }
                    view.best.push(*best);
                }
            }
            Body::Labels { refresh, file, summaries, .. } => self.labels.push(LabelRefresh {
                refresh: *refresh,
                stage: event.stage,
                epoch: event.epoch,
                step: event.step,
                file: file.clone(),
                summaries: *summaries,
            }),
            Body::Embedding { moment, file, stride, dim, .. } => {
                if let Some((stage, step)) = here {
                    // A resumed run may say again what was said before.
                    self.embeddings.retain(|e| e.file != *file);
                    let (moment, stride, dim, epoch) = (*moment, *stride, *dim, event.epoch);
                    self.embeddings.push(EmbeddingEntry {
                        moment,
                        stage,
                        epoch,
                        step,
                        stride,
                        dim,
                        file: file.clone(),
                    });
                }
            }
            Body::Predictions { file, .. } => {
                if let Some((stage, step)) = here {
                    self.predictions.retain(|p| p.file != *file);
                    self.predictions.push(PredictionsEntry { stage, epoch: event.epoch, step, file: file.clone() });
                }
            }
            Body::Health { checks } => {
                for check in checks {
                    let entry = HealthEntry { epoch: event.epoch, step: event.step, check: check.clone() };
                    match self.health.iter_mut().find(|h| h.check.is_same(check)) {
                        Some(known) => *known = entry,
                        None => self.health.push(entry),
                    }
                }
            }
            Body::Checkpointed { .. } => self.checkpoints += 1,
            Body::Paused => {
                if let Some((stage, step)) = here {
                    self.marks.push(Mark { kind: MarkKind::Paused, stage, step, time: event.time });
                }
            }
            Body::Log { level, message } => {
                self.log.push(LogLine { time: event.time, level: *level, message: message.clone() });
            }
            Body::Fault { message } => {
                self.fault = Some(message.clone());
                self.log.push(LogLine { time: event.time, level: Level::Error, message: message.clone() });
            }
            Body::Unpaused | Body::Stopped => {}
            Body::Finished { summary } => self.summary = Some(summary.clone()),
        }
    }

    /// Forgets what lies after optimiser step `step` of `stage`, and all later stages.
    fn void_from(&mut self, stage: Stage, step: u64) {
        let view = &mut self.stages[stage.index()];
        let keep = view.steps.step.partition_point(|&s| s <= step);
        view.steps.truncate(keep);
        let keep = view.per_epoch.step.partition_point(|&s| s <= step && step > 0);
        view.per_epoch.truncate(keep);
        view.metrics.truncate(keep);
        view.best.truncate(keep);
        view.step = step;
        view.cut = None;
        for later in &mut self.stages[stage.index() + 1..] {
            *later = StageView {
                state: if later.epochs == 0 { StageState::Skipped } else { StageState::Pending },
                epochs: later.epochs,
                steps_per_epoch: later.steps_per_epoch,
                ..StageView::default()
            };
        }
        self.labels.retain(|l| l.stage.is_none_or(|s| s < stage || (s == stage && step > 0 && l.step <= step)));
        let stands = |s: Stage, at: u64| s < stage || (s == stage && step > 0 && at <= step);
        self.embeddings.retain(|e| stands(e.stage, e.step));
        self.predictions.retain(|p| stands(p.stage, p.step));
        self.health.retain(|h| stands(h.check.stage, h.step));
        self.marks.retain(|m| m.stage < stage || (m.stage == stage && m.step <= step));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::events::CheckState;

    fn at(stage: Stage, epoch: u32, step: u64, body: Body) -> Event {
        Event { time: 0.0, stage: Some(stage), epoch, step, body }
    }

    fn embedding(moment: Moment, epoch: u32, step: u64) -> Event {
        let file = crate::run::embedding::file_name(epoch, moment);
        at(Stage::Contrastive, epoch, step, Body::Embedding { moment, file, stride: 1, dim: 2, values: None })
    }

    fn predictions(stage: Stage, epoch: u32, step: u64) -> Event {
        let file = crate::run::predictions::file_name(epoch, Some(stage));
        at(stage, epoch, step, Body::Predictions { file, values: None })
    }

    fn health(stage: Stage, step: u64, state: CheckState) -> Event {
        let check = Check {
            name: "identity".into(),
            stage,
            modality: None,
            measure: String::new(),
            value: Some(0.0),
            threshold: 0.1,
            fails_above: false,
            state,
            meaning: String::new(),
            advice: String::new(),
        };
        at(stage, 1, step, Body::Health { checks: vec![check] })
    }

    /// As older versions recorded it.
    const PREPARED: &str = r#"{"dataset":"x","device":"CPU","samples":{"train":1,"valid":1,"test":1},
        "shapes":{"text":[1,1],"audio":[1,1],"vision":[1,1]},"label_range":1.0,"metric_keys":[],
        "unimodal_labels":false,"plan":[],"parameters":[1,1]}"#;

    #[test]
    fn what_was_found_in_the_data_is_in_the_log_once_and_old_records_have_none() {
        let mut view = RunView::default();
        let mut apply = |findings: &str| {
            let prepared = PREPARED.replace("\"parameters\":[1,1]", &format!("\"parameters\":[1,1]{findings}"));
            let body = Body::Prepared(serde_json::from_str(&prepared).unwrap());
            view.apply(&Event { time: 0.0, stage: None, epoch: 0, step: 0, body });
            view.log.iter().map(|l| l.message.clone()).collect::<Vec<_>>()
        };
        assert!(apply("").is_empty());
        assert_eq!(apply(r#","findings":["a: b"]"#), ["found in the data: a: b"]);
        // Taken up again, with a finding that this version of the program adds.
        let both = ["found in the data: a: b", "found in the data: c"];
        assert_eq!(apply(r#","findings":["a: b","c"]"#), both);
    }

    #[test]
    fn a_run_fails_before_it_begins_or_later() {
        let fault = Event { stage: None, ..at(Stage::Joint, 0, 0, Body::Fault { message: "no pickle".into() }) };
        let mut view = RunView::default();
        view.apply(&fault);
        assert_eq!(view.failed_to_begin(), Some("no pickle"));
        let mut view = RunView { prepared: Some(serde_json::from_str(PREPARED).unwrap()), ..RunView::default() };
        view.apply(&fault);
        assert_eq!((view.failed_to_begin(), view.fault.as_deref()), (None, Some("no pickle")));
    }

    fn moments(view: &RunView) -> Vec<(Moment, u32)> {
        view.embeddings.iter().map(|e| (e.moment, e.epoch)).collect()
    }

    #[test]
    fn what_lies_after_a_resumes_position_is_void_and_comes_again() {
        let mut view = RunView::default();
        let resumed = |stage, step| at(stage, 1, step, Body::Resumed { device: "cpu".into() });
        let all = [
            embedding(Moment::Before, 0, 0),
            embedding(Moment::During, 1, 4),
            embedding(Moment::During, 2, 8),
            predictions(Stage::Contrastive, 2, 8),
            embedding(Moment::After, 2, 8),
            health(Stage::Contrastive, 8, CheckState::Ok),
            health(Stage::Denoising, 4, CheckState::Failing),
            predictions(Stage::Joint, 1, 4),
        ];
        all.iter().for_each(|e| view.apply(e));
        let (before, after) = ((Moment::Before, 0), (Moment::After, 2));
        assert_eq!(moments(&view), [before, (Moment::During, 1), (Moment::During, 2), after]);
        assert_eq!((view.predictions.len(), view.health.len(), view.failing().count()), (2, 2, 1));
        // Said again by a process that took the run up just before: nothing is there twice.
        all.iter().for_each(|e| view.apply(e));
        assert_eq!((view.embeddings.len(), view.predictions.len(), view.health.len()), (4, 2, 2));
        view.apply(&resumed(Stage::Denoising, 0));
        assert_eq!((view.embeddings.len(), view.predictions.len(), view.failing().count()), (4, 1, 0));
        view.apply(&resumed(Stage::Contrastive, 5));
        assert_eq!(moments(&view), [before, (Moment::During, 1)]);
        assert_eq!((view.predictions.len(), view.health.len()), (0, 0));
        view.apply(&at(Stage::Contrastive, 1, 0, Body::Restarted));
        assert!(view.embeddings.is_empty());
    }

    #[test]
    fn a_cut_stage_that_goes_on_makes_void_what_it_handed_on_and_what_came_after() {
        let mut view = RunView::default();
        let cut = |cut| at(Stage::Contrastive, 2, 8, Body::StageCut { cut });
        let standing = |view: &RunView| view.stage(Stage::Contrastive).cut;
        view.apply(&cut(Cut::Asked));
        assert_eq!(standing(&view), Some(Cut::Asked));
        view.apply(&cut(Cut::TakenBack));
        assert_eq!(standing(&view), None);
        let finished = at(Stage::Contrastive, 2, 8, Body::StageChanged { state: StageState::Finished });
        for event in [
            cut(Cut::Asked),
            embedding(Moment::During, 2, 8),
            predictions(Stage::Contrastive, 2, 8),
            embedding(Moment::After, 2, 8),
            finished,
            cut(Cut::Done),
            health(Stage::Denoising, 4, CheckState::Failing),
            predictions(Stage::Joint, 1, 4),
            at(Stage::Joint, 1, 4, Body::Finished { summary: Summary::default() }),
        ] {
            view.apply(&event);
        }
        assert_eq!((standing(&view), view.phase), (Some(Cut::Done), Phase::Finished));
        view.apply(&cut(Cut::Undone));
        assert_eq!((standing(&view), view.phase), (None, Phase::Training));
        assert_eq!(moments(&view), [(Moment::During, 2)]);
        assert!(view.predictions.is_empty() && view.health.is_empty() && view.summary.is_none());
        assert_eq!((view.stage, view.stage(Stage::Contrastive).step), (Some(Stage::Contrastive), 8));
    }

    #[test]
    fn a_check_that_passes_again_fails_no_more() {
        let mut view = RunView::default();
        view.apply(&health(Stage::Joint, 1, CheckState::Failing));
        assert_eq!(view.failing().count(), 1);
        view.apply(&health(Stage::Joint, 2, CheckState::Ok));
        assert_eq!((view.failing().count(), view.health.len(), view.health[0].step), (0, 1, 2));
    }
}
