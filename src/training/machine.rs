//! The stage machine: epochs, steps, pauses, checkpoints and the order of the stages. What a step computes is the
//! stages' business (see [`StageTrainer`]).

mod changing;
mod commands;
mod costs;
mod cutting;
mod epoch;
mod handover;
mod pace;
mod saving;
mod signs;
mod telling;

use std::sync::Arc;
use std::time::Instant;

use super::checkpoint::writer::Writer;
use super::checkpoint::{Checkpoint, Found, OUTDATED, Progress, State, Store};
use super::clock::Clock;
use super::context::{Context, StageTrainer};
use super::contrastive::Contrastive;
use super::control::Control;
use super::cuts::Cuts;
use super::error::TrainingError;
use super::events::{Body, Command, Cut, Level, Rates, Stage, StagePlan, StageState, Summary};
use super::inference::{Inference, infer_all};
use super::job::{Job, Outcome};
use super::joint::Joint;
use super::learner;
use super::listener::Listener;
use super::readback::Readback;
use super::targets;
use crate::config::Settings;
use crate::split::{PerSplit, Split};

/// How a stage was left.
enum End {
    Finished,
    Stopped,
    Restart(Stage),
    /// Go on with a stage that was cut.
    Continue(Stage),
    /// Take the stage up with settings that were changed.
    Changed(Changed),
}

/// How a stage is taken up whose settings changed.
struct Changed {
    state: Option<State>,
    stop_after_epoch: bool,
}

/// The most epochs of a stage.
fn epochs_of(settings: &Settings, stage: Stage) -> u32 {
    match stage {
        Stage::Contrastive => settings.contrastive.epochs,
        Stage::Denoising => settings.denoising.epochs,
        Stage::Joint => settings.joint.epochs,
    }
}

/// What a command means for the running stage.
enum Flow {
    Go,
    Leave(End),
}

/// A step whose losses are not read yet.
struct Taken {
    step: u64,
    /// When it was handed to the device, as in [`Event::time`].
    time: f64,
    /// As in [`Body::Step`].
    rates: Rates,
}

/// The running stage.
struct Running {
    stage: Stage,
    trainer: Box<dyn StageTrainer>,
    /// The best weights so far, where the stage picks by validation.
    best: Option<Arc<Vec<u8>>>,
    /// Losses that the device may still be computing.
    readback: Readback<Taken>,
    stop_after_epoch: bool,
}

/// Runs the stages of one job.
pub struct Machine<'a> {
    context: Arc<Context>,
    /// The settings before any was changed while the run trained.
    begun_with: Settings,
    /// The running stage is taken up after a change: whether it ends after its epoch.
    taken_up: Option<bool>,
    device_name: String,
    plan: Vec<StagePlan>,
    control: &'a Control,
    listener: &'a dyn Listener,
    writer: Writer,
    cuts: Cuts,
    progress: Progress,
    clock: Clock,
    pace: pace::Pace,
    /// The last loss that was read; NaN where it was not finite.
    last_loss: f32,
    /// What each of stage 1's networks says of every row, from the stage's end until the last that needs it begins.
    handed_on: Option<Vec<PerSplit<Option<Inference>>>>,
}

impl<'a> Machine<'a> {
    /// # Errors
    /// Too little data, or a checkpoint folder that cannot be used.
    pub fn new(job: Job, control: &'a Control, listener: &'a dyn Listener) -> Result<Self, TrainingError> {
        let samples = job.dataset.len(Split::Train);
        if samples < 2 {
            return Err(TrainingError::TooFewSamples { found: samples });
        }
        let steps = samples.div_ceil(job.settings.training.batch_size) as u32;
        let epochs = |stage| epochs_of(&job.settings, stage);
        let mut stages = job.stages;
        stages.sort_unstable();
        stages.dedup();
        let plan = stages.iter().map(|&s| StagePlan { stage: s, epochs: epochs(s), steps_per_epoch: steps }).collect();
        let begun_with = job.settings.clone();
        let context = Context::new(job.settings, job.dataset, &job.device.device)?.with_text(job.text)?;
        context.check_precision(&job.device.name)?;
        context.check_memory()?;
        targets::check(&context)?;
        Ok(Self {
            context: Arc::new(context),
            begun_with,
            taken_up: None,
            device_name: job.device.name,
            plan,
            control,
            listener,
            writer: Writer::new(Store::open(&job.checkpoints)?),
            cuts: Cuts::new(&job.checkpoints),
            progress: Progress::default(),
            clock: Clock::new(),
            pace: pace::Pace::new(),
            last_loss: 0.0,
            handed_on: None,
        })
    }

    /// Trains from the beginning, or from the newest checkpoint with `resume`.
    ///
    /// # Errors
    /// Whatever keeps training from going on; the last checkpoint stands.
    pub fn run(mut self, resume: bool) -> Result<Outcome, TrainingError> {
        self.run_stages(resume).map_err(|error| self.context.explained(error))
    }

    fn run_stages(&mut self, resume: bool) -> Result<Outcome, TrainingError> {
        let found = if resume { self.found()? } else { None };
        let (mut state, mut passed_over, mut outdated) = (None, None, None);
        if let Some(Found { checkpoint, passed_over: why }) = found {
            outdated = self.outdated(&checkpoint);
            self.progress = checkpoint.progress;
            (state, passed_over) = (checkpoint.state, why);
            self.context.expect_left_out(&self.progress.left_out)?;
            self.clock.set(self.progress.time);
            self.adopt_changes()?;
        }
        self.progress.left_out = self.context.left_out.clone();
        let prepared = self.prepared();
        self.emit(Body::Prepared(prepared))?;
        self.say_what_follows()?;
        let mut current = self.first_stage(&mut state)?;
        if resume {
            self.emit(Body::Resumed { device: self.device_name.clone() })?;
            self.tell_changes()?;
        }
        if let Some(stage) = outdated {
            self.log(Level::Warning, format!("{OUTDATED}; stage {stage} begins anew"))?;
            (current, state) = (self.restart(stage)?, None);
        }
        if let Some(why) = passed_over {
            self.log(Level::Warning, why)?;
        }
        // A run that is done can still be told to begin a stage anew.
        if current.is_none() {
            match self.control.poll() {
                Some(Command::RestartStage { stage }) => current = self.restart(stage)?,
                Some(Command::ContinueStage { stage }) => (current, state) = self.continue_stage(stage)?,
                _ => {}
            }
        }
        while let Some(stage) = current {
            match self.run_stage(stage, state.take())? {
                End::Finished => {
                    current = self.plan.iter().map(|p| p.stage).find(|&s| s > stage);
                    match current {
                        Some(next) => self.progress.begin(next),
                        None => self.progress.stage = None,
                    }
                    self.save(None)?;
                }
                End::Restart(from) => current = self.restart(from)?,
                End::Continue(cut) => (current, state) = self.continue_stage(cut)?,
                End::Changed(changed) => {
                    self.adopt_changes()?;
                    // The stages' epochs may be others.
                    let prepared = self.prepared();
                    self.emit(Body::Prepared(prepared))?;
                    (state, self.taken_up) = (changed.state, Some(changed.stop_after_epoch));
                }
                End::Stopped => {
                    self.emit(Body::Stopped)?;
                    return Ok(Outcome::Stopped);
                }
            }
        }
        let Progress { stages, metrics, labels, peak_memory, .. } = self.progress.clone();
        self.emit(Body::Finished { summary: Summary { stages, metrics, labels, peak_memory } })?;
        Ok(Outcome::Finished)
    }

    /// The stage within which a checkpoint was written by a version whose weights this one cannot go on with.
    fn outdated(&self, checkpoint: &Checkpoint) -> Option<Stage> {
        let predates = |stage: &Stage| {
            checkpoint.state.as_ref().is_some_and(|state| self.context.predates_missing(*stage, &state.weights))
        };
        checkpoint.outdated().or_else(|| checkpoint.progress.stage.filter(predates))
    }

    /// The checkpoint to go on from. Where all are damaged, a stage can still be begun anew whose own needs are whole.
    fn found(&mut self) -> Result<Option<Found>, TrainingError> {
        let loaded = self.writer.store().load();
        let error = match loaded {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        let command = self.control.poll();
        let found = match command {
            Some(Command::RestartStage { stage: Stage::Contrastive }) => Ok(None),
            Some(Command::RestartStage { stage }) => self.writer.store().load_before(stage).map(Some),
            _ => return Err(error),
        };
        found.map_err(|_| error)
    }

    /// The stage to begin or go on with; `None` where all planned ones are done.
    fn first_stage(&mut self, state: &mut Option<State>) -> Result<Option<Stage>, TrainingError> {
        let planned = |stage| self.plan.iter().any(|p| p.stage == stage);
        match self.progress.stage {
            Some(stage) if planned(stage) => Ok(Some(stage)),
            _ => {
                // Another set of stages than the one that the checkpoint was written for.
                *state = None;
                let open = |p: &&StagePlan| !self.progress.results.contains_key(&p.stage);
                let next = self.plan.iter().find(open).map(|p| p.stage);
                if let Some(stage) = next {
                    self.progress.begin(stage);
                }
                Ok(next)
            }
        }
    }

    /// Begins `stage` anew, without what it and later stages left.
    fn restart(&mut self, stage: Stage) -> Result<Option<Stage>, TrainingError> {
        if !self.plan.iter().any(|p| p.stage == stage) {
            self.log(Level::Warning, format!("stage {stage} is not part of this run; nothing was restarted"))?;
            return Ok(self.progress.stage);
        }
        if stage == Stage::Contrastive {
            self.handed_on = None;
        }
        self.progress.begin(stage);
        // The checkpoint comes first: whatever happens from here on, the run begins this stage. A process that ends before
        // the event is told leaves it to the next one's `Resumed`, which makes the same things void.
        self.save(None)?;
        self.emit(Body::Restarted)?;
        self.insist(|machine| machine.cuts.forget_from(stage))?;
        Ok(Some(stage))
    }

    fn build(&mut self, stage: Stage) -> Result<Box<dyn StageTrainer>, TrainingError> {
        let context = self.context.clone();
        if stage == Stage::Contrastive {
            return Ok(Box::new(Contrastive::new(context)));
        }
        let weights = self.writer.store().result(&self.progress, stage, Stage::Contrastive)?;
        let networks = context.load_networks(weights)?.all;
        let handed_on = self.handed_on.take();
        let found = || match handed_on {
            Some(found) => Ok(found),
            None => networks.iter().map(|n| infer_all(&context, n)).collect::<Result<Vec<_>, TrainingError>>(),
        };
        if stage == Stage::Denoising {
            let found = found()?;
            let trainer = learner::make(context, &networks, &found);
            self.handed_on = Some(found);
            return Ok(trainer);
        }
        let targets = targets::make(&context, || self.corrected_labels(&networks, &found()?))?;
        // There is always one: the settings are held to it.
        let network = networks.first().cloned().unwrap_or_else(|| context.new_network());
        Ok(Box::new(Joint::new(context, network, targets)))
    }

    fn run_stage(&mut self, stage: Stage, state: Option<State>) -> Result<End, TrainingError> {
        self.stage_changed(StageState::Running)?;
        self.begin_costs();
        let started = Instant::now();
        let mut trainer = self.build(stage)?;
        let mut best = None;
        if let Some(state) = state {
            trainer.trained_mut().restore(state.weights, state.optimizer)?;
            if let Some(scale) = self.progress.loss_scale {
                trainer.trained_mut().set_loss_scale(scale);
            }
            if let Some(labels) = state.labels {
                trainer.restore(&labels)?;
            }
            best = state.best;
        }
        let mut running =
            Running { stage, trainer, best, readback: Readback::new(&self.context.device), stop_after_epoch: false };
        let taken_up = self.taken_up.take();
        running.stop_after_epoch = taken_up.unwrap_or(false);
        if self.progress.step == 0 && taken_up.is_none() {
            self.emit(Body::Parameters { parts: running.trainer.parameters() })?;
            self.before_first_epoch(&mut running)?;
        }
        self.add_seconds(stage, started);
        let Some(plan) = self.plan.iter().find(|p| p.stage == stage).copied() else {
            return Ok(End::Finished);
        };
        while self.progress.epoch <= plan.epochs {
            if let Flow::Leave(end) = self.run_epoch(&mut running, plan)? {
                return Ok(end);
            }
            let started = Instant::now();
            let over = self.end_epoch(&mut running, plan)?;
            self.add_seconds(stage, started);
            if over {
                break;
            }
            self.report_costs(stage, self.progress.epoch - 1)?;
            self.look_at_writer(&mut running)?;
            if self.checkpoint_due(true) {
                self.save_aside(&running)?;
            }
        }
        // Not written again where it failed: taken up from there, a stage that is over would go on.
        self.wait_for_writer(None)?;
        let cut = self.keep_cut(&running, plan)?;
        self.end_stage(running)?;
        if cut {
            self.emit(Body::StageCut { cut: Cut::Done })?;
        }
        Ok(End::Finished)
    }

    fn add_seconds(&mut self, stage: Stage, started: Instant) {
        self.progress.stages.entry(stage).or_default().seconds += started.elapsed().as_secs_f64();
    }
}
