//! What each event changes in a view.

use super::RunView;
use super::curves::{RATE, StageView};
use super::entries::{EmbeddingEntry, HealthEntry, LabelRefresh, LogLine, Mark, MarkKind, PredictionsEntry};
use crate::training::events::{Body, Cut, Event, Level, Moment, Stage, StageState};

impl RunView {
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
            Body::Preparing(now) => self.preparing = Some(now.clone()),
            Body::Prepared(_) | Body::Step { .. } | Body::Epoch { .. } => self.preparing = None,
            Body::Fault { .. } | Body::Stopped | Body::Finished { .. } => self.preparing = None,
            _ => {}
        }
        match &event.body {
            Body::Preparing(_) => {}
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
                // Those that hold are told again.
                self.changes.clear();
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
            Body::Parameters { parts } => {
                if let Some(stage) = event.stage {
                    self.stages[stage.index()].parameters = parts.clone();
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
            Body::Step { scalars, rates } => {
                if let Some((stage, step)) = here {
                    let view = &mut self.stages[stage.index()];
                    view.epoch = event.epoch;
                    view.step = step;
                    let epoch = step as f32 / view.steps_per_epoch.max(1) as f32;
                    view.steps.push(step, epoch, event.time, scalars, "");
                    view.steps.carry(rates.iter().map(|(group, rate)| (format!("{RATE}{group}"), *rate as f32)), RATE);
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
            Body::Costs { costs } => {
                if let Some(stage) = event.stage {
                    self.stages[stage.index()].costs = Some(*costs);
                }
            }
            Body::Changed { changes } => self.changes = changes.clone(),
            Body::System { at, usage } => self.system.push(*at, event.time, usage),
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
            Body::Finished { summary } => {
                // Records of versions that told no costs have them here alone, as far as they were measured.
                for (stage, summary) in &summary.stages {
                    self.stages[stage.index()].costs = Some(summary.costs());
                }
                self.summary = Some(summary.clone());
            }
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
