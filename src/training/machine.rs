//! The stage machine: epochs, steps, pauses, checkpoints and the order of the stages. What a step computes is the
//! stages' business (see [`StageTrainer`]).

mod saving;

use std::sync::Arc;
use std::time::Instant;

use burn::module::Module;

use super::checkpoint::{Progress, State, Store};
use super::clock::Clock;
use super::context::{Context, Evaluation, Pending, StageTrainer};
use super::contrastive::Contrastive;
use super::control::Control;
use super::denoising::Denoising;
use super::error::TrainingError;
use super::events::{
    Body, Command, Event, LabelValues, Level, Metrics, Prepared, Scalars, Stage, StagePlan, StageState, Summary,
    SummaryMetrics,
};
use super::inference::infer;
use super::joint::Joint;
use super::listener::Listener;
use super::randomness::{Purpose, generator, order};
use super::{Job, Outcome, agreement, metrics, records, scalars};
use crate::modality::PerModality;
use crate::split::{PerSplit, Split};

/// How a stage was left.
enum End {
    Finished,
    Stopped,
    Restart(Stage),
}

/// What a command means for the running stage.
enum Flow {
    Go,
    Leave(End),
}

/// The running stage.
struct Running {
    stage: Stage,
    trainer: Box<dyn StageTrainer>,
    /// The best weights so far, where the stage picks by validation.
    best: Option<Vec<u8>>,
    /// Losses that the device may still be computing, with the step that they belong to.
    pending: Option<(u64, Pending)>,
    stop_after_epoch: bool,
}

/// Runs the stages of one job.
pub struct Machine<'a> {
    context: Arc<Context>,
    device_name: String,
    plan: Vec<StagePlan>,
    control: &'a Control,
    listener: &'a dyn Listener,
    store: Store,
    progress: Progress,
    clock: Clock,
    saved: Instant,
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
        let epochs = |stage| match stage {
            Stage::Contrastive => job.settings.contrastive.epochs,
            Stage::Denoising => job.settings.denoising.epochs,
            Stage::Joint => job.settings.joint.epochs,
        };
        let mut stages = job.stages;
        stages.sort_unstable();
        stages.dedup();
        let plan = stages.iter().map(|&s| StagePlan { stage: s, epochs: epochs(s), steps_per_epoch: steps }).collect();
        let context =
            Context { settings: job.settings, dataset: job.dataset, device: job.device.device.clone().autodiff() };
        Ok(Self {
            context: Arc::new(context),
            device_name: job.device.name,
            plan,
            control,
            listener,
            store: Store::open(&job.checkpoints)?,
            progress: Progress::default(),
            clock: Clock::new(),
            saved: Instant::now(),
        })
    }

    /// Trains from the beginning, or from the newest checkpoint with `resume`.
    ///
    /// # Errors
    /// Whatever keeps training from going on; the last checkpoint stands.
    pub fn run(mut self, resume: bool) -> Result<Outcome, TrainingError> {
        let found = if resume { self.store.load()? } else { None };
        let mut state = None;
        if let Some(checkpoint) = found {
            self.progress = checkpoint.progress;
            state = checkpoint.state;
            self.clock.set(self.progress.time);
        }
        let prepared = self.prepared();
        self.emit(Body::Prepared(prepared))?;
        let mut current = self.first_stage(&mut state)?;
        if resume {
            self.emit(Body::Resumed { device: self.device_name.clone() })?;
        }
        // A run that is done can still be told to begin a stage anew.
        if current.is_none()
            && let Some(Command::RestartStage { stage }) = self.control.poll()
        {
            current = self.restart(stage)?;
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
                End::Stopped => {
                    self.emit(Body::Stopped)?;
                    return Ok(Outcome::Stopped);
                }
            }
        }
        let Progress { stages, metrics, labels, .. } = self.progress.clone();
        self.emit(Body::Finished { summary: Summary { stages, metrics, labels } })?;
        Ok(Outcome::Finished)
    }

    /// The stage to begin or go on with; `None` where all planned ones are done.
    fn first_stage(&mut self, state: &mut Option<State>) -> Result<Option<Stage>, TrainingError> {
        let planned = |stage| self.plan.iter().any(|p| p.stage == stage);
        match self.progress.stage {
            Some(stage) if planned(stage) => Ok(Some(stage)),
            _ => {
                // Another set of stages than the one that the checkpoint was written for.
                *state = None;
                let open = |p: &&StagePlan| !self.store.result_path(p.stage).exists();
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
        self.insist(|machine| machine.store.forget_results(stage))?;
        self.progress.begin(stage);
        self.emit(Body::Restarted)?;
        self.save(None)?;
        Ok(Some(stage))
    }

    fn build(&self, stage: Stage) -> Result<Box<dyn StageTrainer>, TrainingError> {
        let context = self.context.clone();
        let network = || records::load(context.new_network(), self.store.result(stage, Stage::Contrastive)?);
        Ok(match stage {
            Stage::Contrastive => Box::new(Contrastive::new(context.clone())),
            Stage::Denoising => Box::new(Denoising::new(context.clone(), &network()?)?),
            Stage::Joint => {
                let corrector = self.store.result(stage, Stage::Denoising)?;
                let corrector = records::load(context.new_corrector(), corrector)?;
                Box::new(Joint::new(context.clone(), network()?, &corrector)?)
            }
        })
    }

    fn run_stage(&mut self, stage: Stage, state: Option<State>) -> Result<End, TrainingError> {
        self.stage_changed(StageState::Running)?;
        let started = Instant::now();
        let mut trainer = self.build(stage)?;
        let mut best = None;
        if let Some(state) = state {
            trainer.restore(state.weights, state.optimizer)?;
            best = state.best;
        }
        self.add_seconds(stage, started);
        let mut running = Running { stage, trainer, best, pending: None, stop_after_epoch: false };
        let Some(plan) = self.plan.iter().find(|p| p.stage == stage).copied() else { return Ok(End::Finished) };
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
            if self.checkpoint_due() {
                self.save(Some(&running))?;
            }
        }
        self.end_stage(running)?;
        Ok(End::Finished)
    }

    /// The steps of one epoch that are left.
    fn run_epoch(&mut self, running: &mut Running, plan: StagePlan) -> Result<Flow, TrainingError> {
        let Context { settings, dataset, .. } = &*self.context.clone();
        let (seed, batch) = (settings.training.seed, settings.training.batch_size);
        let rows = order(seed, running.stage, self.progress.epoch, dataset.len(Split::Train));
        while self.progress.step_in_epoch < plan.steps_per_epoch {
            while let Some(command) = self.control.poll() {
                if let Flow::Leave(end) = self.obey(command, running)? {
                    return Ok(Flow::Leave(end));
                }
            }
            if self.progress.step_in_epoch > 0 && self.checkpoint_due() {
                self.read_pending(running)?;
                self.save(Some(running))?;
            }
            let started = Instant::now();
            let start = self.progress.step_in_epoch as usize * batch;
            let rows = &rows[start..rows.len().min(start + batch)];
            let rng = generator(seed, Purpose::Step(running.stage, self.progress.step));
            let total = u64::from(plan.epochs) * u64::from(plan.steps_per_epoch);
            let done = self.progress.step as f64 / total as f64;
            let losses = running.trainer.step(rows, rng, done)?;
            // Read one step late: by then the device has long finished, and nothing waits.
            self.read_pending(running)?;
            self.progress.step += 1;
            self.progress.step_in_epoch += 1;
            self.progress.samples += rows.len() as u64;
            running.pending = Some((self.progress.step, losses));
            self.progress.epoch_seconds += started.elapsed().as_secs_f64();
        }
        let started = Instant::now();
        self.read_pending(running)?;
        self.progress.epoch_seconds += started.elapsed().as_secs_f64();
        Ok(Flow::Go)
    }

    /// Reports the losses that are still on their way.
    fn read_pending(&mut self, running: &mut Running) -> Result<(), TrainingError> {
        let Some((step, pending)) = running.pending.take() else { return Ok(()) };
        let found = pending.read()?;
        for &(name, value) in &found {
            if value.is_finite() {
                let sum = self.progress.sums.entry(name.to_owned()).or_default();
                sum.0 += f64::from(value);
                sum.1 += 1;
            }
        }
        self.emit_at(step, Body::Step { scalars: scalars(found) })
    }

    /// Validation, labels, the best epoch; true where the stage is over.
    fn end_epoch(&mut self, running: &mut Running, plan: StagePlan) -> Result<bool, TrainingError> {
        let stage = running.stage;
        let epoch = self.progress.epoch;
        let train: Scalars =
            self.progress.sums.iter().map(|(k, &(sum, n))| (k.clone(), Some((sum / f64::from(n)) as f32))).collect();
        if !train.contains_key("loss") {
            return Err(TrainingError::Diverged { stage, step: self.progress.step });
        }
        let Evaluation { valid, metrics, score } = running.trainer.evaluate()?;
        let better = score.is_some_and(|s| self.progress.best_score.is_none_or(|best| s < best));
        let seconds = self.progress.epoch_seconds;
        let rate = self.context.dataset.len(Split::Train) as f64 / seconds.max(1e-9);
        self.progress.train_seconds += seconds;
        let summary = self.progress.stages.entry(stage).or_default();
        summary.epochs = epoch;
        summary.seconds += seconds;
        summary.samples_per_second = Some(self.progress.samples as f64 / self.progress.train_seconds.max(1e-9));
        summary.train_loss = train.get("loss").copied().flatten();
        if better || score.is_none() {
            summary.best_epoch = epoch;
            summary.valid_loss = valid.get("loss").copied().flatten();
        }
        self.emit(Body::Epoch { train, valid, metrics, seconds, samples_per_second: rate, best: better })?;
        if better {
            self.progress.best_score = score;
            self.progress.stale = 0;
            running.best = Some(running.trainer.weights()?);
        } else {
            self.progress.stale += 1;
        }
        let last = epoch >= plan.epochs || running.stop_after_epoch;
        if (last || epoch.is_multiple_of(self.context.settings.denoising.refresh_epochs))
            && let Some(labels) = running.trainer.labels()?
        {
            self.refresh_labels(labels)?;
        }
        self.progress.epoch += 1;
        self.progress.step_in_epoch = 0;
        self.progress.epoch_seconds = 0.0;
        self.progress.sums.clear();
        let patience = match stage {
            Stage::Contrastive => self.context.settings.contrastive.patience,
            Stage::Denoising => 0,
            Stage::Joint => self.context.settings.joint.patience,
        };
        let stale = score.is_some() && patience > 0 && self.progress.stale >= patience;
        if stale && !last {
            self.log(
                Level::Info,
                format!("stage {stage} stops early after epoch {epoch}: no better epoch for {patience} epochs"),
            )?;
        }
        if running.stop_after_epoch {
            self.log(Level::Info, format!("stage {stage} ends after epoch {epoch}, as asked"))?;
        }
        Ok(last || stale)
    }

    fn refresh_labels(&mut self, labels: LabelValues) -> Result<(), TrainingError> {
        let dataset = self.context.dataset.clone();
        let mut start = 0;
        let summaries = PerSplit::from_fn(|split| {
            let rows = start..start + dataset.len(split);
            start = rows.end;
            let corrected = labels.corrected.map(|_, all| all[rows.clone()].to_vec());
            agreement::summarise(dataset.labels(split), &corrected, dataset.unimodal_labels(split), dataset.label_range)
        });
        let refresh = self.progress.refreshes;
        self.progress.refreshes += 1;
        self.progress.labels = Some(summaries);
        self.emit(Body::Labels { refresh, file: String::new(), summaries, values: Some(Arc::new(labels)) })
    }

    /// Keeps what later stages start from, and the metrics of the weights that are handed on.
    fn end_stage(&mut self, running: Running) -> Result<(), TrainingError> {
        let Running { stage, trainer, best, .. } = running;
        let weights = match best {
            Some(best) => best,
            None => trainer.weights()?,
        };
        let started = Instant::now();
        if stage != Stage::Denoising {
            let network = records::load(self.context.new_network(), weights.clone())?;
            let evaluate = |split| -> Result<Metrics, TrainingError> {
                let dataset = &self.context.dataset;
                let found = infer(&self.context, &network, split)?.map(|f| f.multimodal).unwrap_or_default();
                Ok(metrics::evaluate(dataset.metrics, &found, dataset.labels(split)))
            };
            self.progress.metrics = SummaryMetrics { valid: evaluate(Split::Valid)?, test: evaluate(Split::Test)? };
        }
        self.insist(|machine| machine.store.save_result(stage, &weights))?;
        self.add_seconds(stage, started);
        // The last step done was the last of the epoch before the one that would come next.
        self.progress.epoch -= 1;
        self.stage_changed(StageState::Finished)
    }

    fn obey(&mut self, command: Command, running: &mut Running) -> Result<Flow, TrainingError> {
        self.read_pending(running)?;
        match command {
            Command::Start | Command::Resume => {}
            Command::StopAfterEpoch => {
                running.stop_after_epoch = true;
                self.log(Level::Info, format!("stage {} will end after this epoch", running.stage))?;
            }
            Command::Checkpoint => self.save(Some(running))?,
            Command::StopNow => {
                self.save_and_leave(running)?;
                self.stage_changed(StageState::Paused)?;
                return Ok(Flow::Leave(End::Stopped));
            }
            Command::RestartStage { stage } if stage <= running.stage => {
                return Ok(Flow::Leave(End::Restart(stage)));
            }
            Command::RestartStage { stage } => {
                self.log(Level::Warning, format!("stage {stage} has not begun; nothing was restarted"))?;
            }
            Command::Pause => {
                self.save(Some(running))?;
                return self.park(running);
            }
        }
        Ok(Flow::Go)
    }

    /// Sleeps until told to go on.
    fn park(&mut self, running: &mut Running) -> Result<Flow, TrainingError> {
        self.stage_changed(StageState::Paused)?;
        self.emit(Body::Paused)?;
        self.clock.stop();
        loop {
            match self.control.wait() {
                Command::Start | Command::Resume => break,
                Command::Pause => {}
                command => {
                    let flow = self.obey(command, running)?;
                    if matches!(flow, Flow::Leave(_)) {
                        self.clock.start();
                        return Ok(flow);
                    }
                }
            }
        }
        self.clock.start();
        self.emit(Body::Unpaused)?;
        self.stage_changed(StageState::Running)?;
        Ok(Flow::Go)
    }

    fn add_seconds(&mut self, stage: Stage, started: Instant) {
        self.progress.stages.entry(stage).or_default().seconds += started.elapsed().as_secs_f64();
    }

    fn prepared(&self) -> Prepared {
        let Context { dataset, .. } = &*self.context;
        Prepared {
            dataset: dataset.name.clone(),
            device: self.device_name.clone(),
            samples: PerSplit::from_fn(|s| dataset.len(s)),
            shapes: PerModality::from_fn(|m| dataset.shapes[m]),
            label_range: dataset.label_range,
            metric_keys: metrics::keys(dataset.metrics).iter().map(|k| (*k).to_owned()).collect(),
            unimodal_labels: Split::ALL.iter().any(|&s| dataset.unimodal_labels(s).is_some()),
            plan: self.plan.clone(),
            parameters: (self.context.new_network().num_params(), self.context.new_corrector().num_params()),
        }
    }

    fn stage_changed(&mut self, state: StageState) -> Result<(), TrainingError> {
        self.emit(Body::StageChanged { state })
    }

    fn log(&mut self, level: Level, message: String) -> Result<(), TrainingError> {
        self.emit(Body::Log { level, message })
    }

    fn emit(&mut self, body: Body) -> Result<(), TrainingError> {
        self.emit_at(self.progress.step, body)
    }

    fn emit_at(&mut self, step: u64, body: Body) -> Result<(), TrainingError> {
        let Progress { stage, epoch, .. } = self.progress;
        let event = Event { time: self.clock.now(), stage, epoch, step, body };
        self.listener.tell(event)
    }
}
