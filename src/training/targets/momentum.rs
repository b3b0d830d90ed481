//! Momentum labels: Self-MM's unimodal label generation module, ULGM (Yu, Xu, Yuan, Wu: Learning modality-specific
//! representations with self-supervised multi-task learning, AAAI 2021; constants as the authors' code has them), see
//! [the method](crate::book::method), rivals.
//!
//! y_s starts as y. Representations before the heads are kept for every training clip, and after each step, as in the
//! authors' `trains/SELF_MM.py` (`update_centers` follows each batch; the paper speaks of epochs), the centres of those whose
//! label is above and below 0; clips with the label 0 belong to neither (the authors' code counts them as above). From the second epoch on the labels of a batch move by where its clips lie
//! between the two centres, beside where their fused representations lie.

use serde::{Deserialize, Serialize};

use super::kind::Targets;
use crate::modality::{Modality, PerModality};
use crate::model::network::Output;
use crate::split::Split;
use crate::training::context::Context;
use crate::training::error::TrainingError;
use crate::training::events::LabelValues;
use crate::training::readback::values;

/// Keeps quotients finite, as in the authors' code.
const LEAST: f64 = 1e-8;

/// Labels that stage 3 makes of representations.
pub struct Momentum {
    /// H
    range: f32,
    /// y of the training split.
    y: Vec<f32>,
    /// y_s of every row; NaN outside the training split, whose representations alone are kept.
    labels: LabelValues,
    spaces: PerModality<Space>,
    fused: Space,
    /// n, from 1.
    epoch: u32,
}

/// The representations of the training clips in one space, and the centres of two classes.
struct Space {
    /// d or d_f
    dim: usize,
    /// (N, dim) row-major, 0 where none was seen.
    features: Vec<f32>,
    /// `None` where no label is above 0.
    positive: Option<Vec<f64>>,
    /// `None` where no label is below 0.
    negative: Option<Vec<f64>>,
}

/// What a checkpoint keeps.
#[derive(Serialize, Deserialize)]
struct State {
    labels: PerModality<Vec<f32>>,
    features: PerModality<Vec<f32>>,
    fused: Vec<f32>,
}

impl Space {
    fn new(rows: usize, dim: usize) -> Self {
        Self { dim, features: vec![0.0; rows * dim], positive: None, negative: None }
    }

    /// Keeps the representations of some rows, (rows, dim) row-major.
    fn keep(&mut self, rows: &[usize], features: &[f32]) {
        for (&row, own) in rows.iter().zip(features.chunks_exact(self.dim)) {
            self.features[row * self.dim..][..self.dim].copy_from_slice(own);
        }
    }

    /// The centres of the clips whose label is above and below 0.
    fn centre(&mut self, labels: &[f32]) {
        let (dim, features) = (self.dim, &self.features);
        let mean = |belongs: fn(f32) -> bool| {
            let (mut sum, mut count) = (vec![0f64; dim], 0usize);
            for (own, _) in features.chunks_exact(dim).zip(labels).filter(|(_, y)| belongs(**y)) {
                sum.iter_mut().zip(own).for_each(|(sum, x)| *sum += f64::from(*x));
                count += 1;
            }
            (count > 0).then(|| sum.into_iter().map(|x| x / count as f64).collect())
        };
        (self.positive, self.negative) = (mean(|y| y > 0.0), mean(|y| y < 0.0));
    }

    /// δ = (D_neg - D_pos) / (D_pos + 1e-8) of a representation; `None` without one of the centres.
    fn relative(&self, feature: &[f32]) -> Option<f64> {
        let distance = |centre: &Vec<f64>| {
            let squares = feature.iter().zip(centre).map(|(x, c)| (f64::from(*x) - c).powi(2));
            squares.sum::<f64>().sqrt()
        };
        let (positive, negative) = (self.positive.as_ref().map(distance)?, self.negative.as_ref().map(distance)?);
        Some((negative - positive) / (positive + LEAST))
    }
}

/// The label that a clip's representations ask for, clipped to [-H, H]; `None` where it is not defined.
fn asked(y: f64, single: f64, fused: f64, range: f64) -> Option<f64> {
    let new = 0.5 * (single / (fused + LEAST)) * y + 0.5 * (y + single - fused);
    (!new.is_nan()).then(|| new.clamp(-range, range))
}

/// y_s of epoch n from that before and the one asked for.
fn moved(before: f64, asked: f64, n: f64) -> f64 {
    (n - 1.0) / (n + 1.0) * before + 2.0 / (n + 1.0) * asked
}

impl Momentum {
    /// Labels that are y so far.
    pub fn new(context: &Context) -> Self {
        let Context { dataset, settings, .. } = context;
        let model = &settings.model;
        let (y, rows) = (dataset.labels(Split::Train).to_vec(), Split::ALL.map(|s| dataset.len(s)).iter().sum());
        let mut made = Self::of(y, rows, dataset.label_range, model.representation, model.fused);
        // What a clip lacks has no label, and so no part in the centres.
        context.presence.blank(&mut made.labels.corrected);
        made
    }

    /// `rows`: of all splits; `d` and `fused`: sizes of representations.
    fn of(y: Vec<f32>, rows: usize, range: f32, d: usize, fused: usize) -> Self {
        let mut all = y.clone();
        all.resize(rows, f32::NAN);
        Self {
            range,
            labels: LabelValues { corrected: PerModality::from_fn(|_| all.clone()), ..LabelValues::default() },
            spaces: PerModality::from_fn(|_| Space::new(y.len(), d)),
            fused: Space::new(y.len(), fused),
            y,
            epoch: 1,
        }
    }

    /// Takes in the representations of a batch, (rows, d) and (rows, d_f) row-major: moves the labels of its clips, keeps
    /// what it was given, and finds the centres anew, in the order of the authors' code.
    fn take_in(&mut self, rows: &[usize], single: &PerModality<Vec<f32>>, fused: &[f32]) {
        if self.epoch > 1 {
            self.move_labels(rows, single, fused);
        }
        self.fused.keep(rows, fused);
        Modality::ALL.iter().for_each(|&m| self.spaces[m].keep(rows, &single[m]));
        self.centre();
    }

    fn move_labels(&mut self, rows: &[usize], single: &PerModality<Vec<f32>>, fused: &[f32]) {
        let n = f64::from(self.epoch);
        for (at, (&row, fused)) in rows.iter().zip(fused.chunks_exact(self.fused.dim)).enumerate() {
            let Some(fused) = self.fused.relative(fused) else { continue };
            for m in Modality::ALL {
                let space = &self.spaces[m];
                // A modality that the network does not have has no representations.
                let own = single[m].chunks_exact(space.dim).nth(at);
                let asked = own
                    .and_then(|own| space.relative(own))
                    .and_then(|single| asked(f64::from(self.y[row]), single, fused, f64::from(self.range)));
                if let Some(asked) = asked {
                    let label = &mut self.labels.corrected[m][row];
                    *label = moved(f64::from(*label), asked, n) as f32;
                }
            }
        }
    }

    fn centre(&mut self) {
        self.fused.centre(&self.y);
        for m in Modality::ALL {
            // The labels of the other splits lie behind those of the training split, and have no representations.
            self.spaces[m].centre(&self.labels.corrected[m]);
        }
    }
}

impl Targets for Momentum {
    fn labels(&self) -> &LabelValues {
        &self.labels
    }

    /// tanh|y_s - y|
    fn weight(&self, m: Modality, row: usize) -> Option<f32> {
        Some((self.labels.corrected[m][row] - self.y[row]).abs().tanh())
    }

    fn begin_epoch(&mut self, epoch: u32) {
        self.epoch = epoch;
    }

    fn after_step(&mut self, rows: &[usize], output: &Output) -> Result<(), TrainingError> {
        let single = PerModality::try_from_fn(|m| match &output.representations[m] {
            Some(h) => values(h.clone().inner()),
            None => Ok(Vec::new()),
        })?;
        let fused = values(output.fused.clone().inner())?;
        self.take_in(rows, &single, &fused);
        Ok(())
    }

    fn change(&self) -> bool {
        true
    }

    fn state(&self) -> Result<Option<Vec<u8>>, TrainingError> {
        let train = self.y.len();
        let state = State {
            labels: self.labels.corrected.map(|_, labels| labels[..train].to_vec()),
            features: self.spaces.map(|_, space| space.features.clone()),
            fused: self.fused.features.clone(),
        };
        let mut bytes = Vec::new();
        ciborium::into_writer(&state, &mut bytes).map_err(|e| TrainingError::LabelState { found: e.to_string() })?;
        Ok(Some(bytes))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), TrainingError> {
        let wrong = |found: String| TrainingError::LabelState { found };
        let State { labels, features, fused } = ciborium::from_reader(state).map_err(|e| wrong(e.to_string()))?;
        for m in Modality::ALL {
            if labels[m].len() != self.y.len() || features[m].len() != self.spaces[m].features.len() {
                return Err(wrong(format!("{} labels and {} values of {m}", labels[m].len(), features[m].len())));
            }
        }
        if fused.len() != self.fused.features.len() {
            return Err(wrong(format!("{} values of fused representations", fused.len())));
        }
        for m in Modality::ALL {
            self.labels.corrected[m][..labels[m].len()].copy_from_slice(&labels[m]);
            self.spaces[m].features.clone_from(&features[m]);
        }
        self.fused.features = fused;
        // Those after the last step: they follow from the rest.
        self.centre();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
