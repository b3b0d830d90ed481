//! Stage 2 for every candidate, on the networks of a run's stage 1; and the chosen labels handed on to stage 3.

use std::sync::Arc;

use super::super::calibrated::{Calibrated, leave_copies_unjudged};
use super::super::checkpoint::{Checkpoint, Found, OUTDATED, Progress, Store};
use super::super::context::{Context, StageTrainer};
use super::super::denoising::Denoising;
use super::super::error::TrainingError;
use super::super::events::{Body, Event, LabelValues, Stage};
use super::super::feed::Feed;
use super::super::health::{self, Evidence};
use super::super::inference::{Inference, infer_all};
use super::super::job::Job;
use super::super::randomness::{Purpose, generator, order};
use super::super::summaries::summaries;
use super::super::targets::copies;
use super::candidate::{Candidate, candidates};
use super::choice::{Choice, LEAST, judge};
use crate::config::{Corruptions, Learner};
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};
use crate::training::bootstrap::RESAMPLES;
use crate::training::events::LabelSummaries;

/// A run's first stage, ready to correct labels in other ways. Nobody else may train the run meanwhile.
pub struct Calibrator {
    context: Arc<Context>,
    store: Store,
    checkpoint: Checkpoint,
    /// What each of stage 1's networks says of every row.
    found: Vec<PerSplit<Option<Inference>>>,
    /// Why an older checkpoint than the newest is gone on from, in words.
    pub passed_over: Option<String>,
}

/// What was chosen for each modality, and the labels that follow from it.
pub struct Chosen {
    pub choices: PerModality<Choice>,
    /// Of every row, rows in the order train, valid, test.
    pub values: LabelValues,
    /// Rows with a label of people, in order.
    pub judged: Vec<usize>,
}

/// The chosen labels as the run's newest refresh.
pub struct Handed {
    pub refresh: u32,
    /// Judged by the data's human labels, without the rows that made the choice.
    pub summaries: LabelSummaries,
    /// To be recorded, in order, before [`Calibrator::commit`].
    pub events: Vec<Event>,
    /// True where stage 3 has begun with other labels, which it keeps until it is begun anew.
    pub stage_3_keeps: bool,
}

impl Calibrator {
    /// Takes up the networks that a run's stage 1 handed on.
    ///
    /// # Errors
    /// [`TrainingError::NoCalibration`] where stage 2 has another learner than MUCN; [`TrainingError::MissingStage`] where stage 1 is not finished; checkpoints or data that cannot be read.
    pub fn open(job: Job) -> Result<Calibrator, TrainingError> {
        let learner = job.settings.denoising.learner;
        if learner != Learner::Mucn {
            return Err(TrainingError::NoCalibration(learner));
        }
        let store = Store::open(&job.checkpoints)?;
        let Found { checkpoint, passed_over } = store.load()?.ok_or_else(|| TrainingError::MissingStage {
            stage: Stage::Denoising,
            needs: Stage::Contrastive,
            path: job.checkpoints.clone(),
        })?;
        if checkpoint.outdated().is_some() {
            return Err(TrainingError::Checkpoint {
                path: job.checkpoints,
                message: OUTDATED.to_owned(),
                advice: "begin that stage anew first: mug resume RUN --restart STAGE",
            });
        }
        let networks = store.result(&checkpoint.progress, Stage::Denoising, Stage::Contrastive)?;
        let context = Context::new(job.settings, job.dataset, &job.device.device)?.with_text(job.text)?;
        let context = Arc::new(context);
        context.expect_left_out(&checkpoint.progress.left_out)?;
        let networks = context.load_networks(networks)?.all;
        let found = networks.iter().map(|n| infer_all(&context, n)).collect::<Result<_, _>>()?;
        Ok(Calibrator { context, store, checkpoint, found, passed_over })
    }

    /// Chooses for each modality by people's labels (of every row, NaN where nobody gave one). A modality with fewer than
    /// [`LEAST`] of them keeps the run's own corruption. `tell` gets the name of each candidate before it is trained.
    ///
    /// # Errors
    /// A device that failed, or a candidate whose training diverged.
    pub fn choose(&self, people: &PerModality<Vec<f32>>, tell: &mut dyn FnMut(&str)) -> Result<Chosen, TrainingError> {
        let own = &self.context.settings.denoising.corruption;
        let candidates = candidates(own);
        let names: Vec<String> = candidates.iter().map(Candidate::to_string).collect();
        let tried: Vec<LabelValues> = candidates
            .iter()
            .zip(&names)
            .map(|(candidate, name)| {
                tell(name);
                self.labels(candidate)
            })
            .collect::<Result<_, _>>()?;
        let own = Candidate::Corrected(own.clone());
        let own = candidates.iter().position(|candidate| *candidate == own).unwrap_or(0);
        let mut taken = PerModality::from_fn(|_| own);
        let choices = people.map(|m, people| {
            // A clip that lacks the modality has no label that could be judged.
            let corrected = &tried[own].corrected[m];
            let known = |row: &usize| people[*row].is_finite() && corrected.get(*row).is_some_and(|y| y.is_finite());
            let rows: Vec<usize> = (0..people.len()).filter(known).collect();
            if rows.len() < LEAST {
                return Choice { labelled: rows.len(), chosen: names[own].clone(), ..Choice::default() };
            }
            let error = |values: &LabelValues, row: usize| {
                values.corrected[m].get(row).map_or(f64::NAN, |y| (f64::from(*y) - f64::from(people[row])).abs())
            };
            let errors: Vec<Vec<f64>> =
                tried.iter().map(|values| rows.iter().map(|row| error(values, *row)).collect()).collect();
            let (index, choice) = judge(&names, &errors);
            taken[m] = index;
            choice
        });
        let corrected = taken.map(|m, index| tried[*index].corrected[m].clone());
        let several = self.context.settings.denoising.members.count() > 1;
        let spread = taken.map(|m, index| match &tried[*index].spread {
            Some(spread) => spread[m].clone(),
            // Copies of y are the same for every member.
            None => vec![0.0; corrected[m].len()],
        });
        let judged = (0..people.text.len()).filter(|row| Modality::ALL.iter().any(|&m| people[m][*row].is_finite()));
        let values = LabelValues { corrected, spread: several.then_some(spread), ..LabelValues::default() };
        Ok(Chosen { choices, values, judged: judged.collect() })
    }

    /// The labels that a candidate gives to every row.
    fn labels(&self, candidate: &Candidate) -> Result<LabelValues, TrainingError> {
        match candidate {
            Candidate::Copies => Ok(copies(&self.context)),
            Candidate::Corrected(corruptions) => self.corrected(corruptions),
        }
    }

    /// The labels that stage 2 would give with these corruptions and everything else as it is: the same steps with the
    /// same random numbers.
    fn corrected(&self, corruptions: &Corruptions) -> Result<LabelValues, TrainingError> {
        let mut settings = self.context.settings.clone();
        settings.denoising.corruption = corruptions.clone();
        let dataset = self.context.dataset.clone();
        let (seed, batch, epochs) = (settings.training.seed, settings.training.batch_size, settings.denoising.epochs);
        let rows = dataset.len(Split::Train);
        let total = f64::from(epochs) * rows.div_ceil(batch) as f64;
        let context = Arc::new(self.context.with_settings(settings)?);
        let mut trainer = Denoising::new(context, &self.found);
        let mut step = 0_u64;
        for epoch in 1..=epochs {
            let mut feed = Feed::new(dataset.clone(), &order(seed, Stage::Denoising, epoch, rows), batch);
            while let Some(rows) = feed.rows() {
                let rng = generator(seed, Purpose::Step(Stage::Denoising, step));
                trainer.step(&rows, &mut feed, rng, step as f64 / total)?;
                step += 1;
            }
        }
        let values = trainer.labels()?.unwrap_or_default();
        if !self.context.presence.are_finite(&values.corrected) {
            return Err(TrainingError::Diverged { stage: Stage::Denoising, step, what: "corrected label" });
        }
        Ok(values)
    }

    /// Makes the chosen labels the run's newest refresh, with a number of at least `refresh`, and those from which stage 3
    /// learns when it begins next. It counts once it is committed.
    ///
    /// # Errors
    /// A disk that refuses.
    pub fn hand_on(&mut self, chosen: &Chosen, refresh: u32) -> Result<Handed, TrainingError> {
        let Context { dataset, settings, .. } = &*self.context;
        let part = self.store.save_calibrated(&Calibrated::new(&chosen.values, chosen.judged.clone()))?;
        let summaries = summaries(dataset, &chosen.values, &chosen.judged, RESAMPLES);
        let (epoch, step) = self.end_of_denoising();
        let progress = &mut self.checkpoint.progress;
        let refresh = progress.refreshes.max(refresh);
        progress.refreshes = refresh.saturating_add(1);
        progress.labels = Some(summaries);
        progress.calibrated = Some(part);
        let begun = progress.stage == Some(Stage::Joint) && progress.step > 0;
        if progress.stage == Some(Stage::Joint) && !begun {
            progress.targets = progress.calibrated.clone();
        }
        let stage_3_keeps = begun || progress.results.contains_key(&Stage::Joint);
        let (time, stage) = (progress.time, Some(Stage::Denoising));
        let values = Some(Arc::new(chosen.values.clone()));
        let labels = Body::Labels { refresh, file: String::new(), summaries, values };
        let evidence = Evidence::Labels { summaries: &summaries, label_range: dataset.label_range };
        let mut checks = health::look(&evidence, &settings.health, true);
        leave_copies_unjudged(&mut checks, dataset, &chosen.values);
        let events = [labels, Body::Health { checks }].map(|body| Event { time, stage, epoch, step, body });
        Ok(Handed { refresh, summaries, events: events.into(), stage_3_keeps })
    }

    /// Where stage 2 ended or stands: epoch and step.
    fn end_of_denoising(&self) -> (u32, u64) {
        let Progress { stage, epoch, step, stages, .. } = &self.checkpoint.progress;
        if *stage == Some(Stage::Denoising) {
            return (*epoch, *step);
        }
        let epochs = stages.get(&Stage::Denoising).map_or(0, |s| s.epochs);
        let steps = self.context.dataset.len(Split::Train).div_ceil(self.context.settings.training.batch_size);
        (epochs, u64::from(epochs) * steps as u64)
    }

    /// An event of where the run stands, for what else is to be recorded.
    pub fn here(&self, body: Body) -> Event {
        let Progress { time, stage, epoch, step, results, .. } = &self.checkpoint.progress;
        Event { time: *time, stage: stage.or(results.keys().max().copied()), epoch: *epoch, step: *step, body }
    }

    /// The checkpoint with which stage 3 learns from the labels that were handed on; its name below the checkpoints.
    ///
    /// # Errors
    /// A disk that refuses; the checkpoint before still stands.
    pub fn commit(&mut self) -> Result<String, TrainingError> {
        self.store.save(&self.checkpoint)
    }

    /// CRC-32C of the weights that stage 1 handed on: the choice holds for these.
    pub fn network(&self) -> &str {
        self.checkpoint.progress.results.get(&Stage::Contrastive).map_or("", |part| &part.crc32c)
    }
}
