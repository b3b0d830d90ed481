//! Momentum labels: Self-MM's unimodal label generation module, ULGM (Yu, Xu, Yuan, Wu: Learning modality-specific
//! representations with self-supervised multi-task learning, AAAI 2021; constants as the authors' code has them), see
//! [the method](crate::book::method), rivals.
//!
//! y_s starts as y. Representations before the heads are kept for every training clip, and after each step, as in the
//! authors' `trains/SELF_MM.py` (`update_centers` follows each batch; the paper speaks of epochs), the centres of those whose
//! label is above and below 0; clips with the label 0 belong to neither (the authors' code counts them as above). From the
//! second epoch on the labels of a batch move by where its clips lie between the two centres, beside where their fused
//! representations lie.

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
    /// Whose sum each clip is in.
    sides: Vec<Side>,
    /// Of the clips whose label is above 0, and of those below.
    classes: [Class; 2],
}

/// A clip's label, as the centres see it.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Above,
    Below,
    /// 0, or no label.
    Neither,
}

impl Side {
    fn of(label: f32) -> Self {
        match label {
            y if y > 0.0 => Self::Above,
            y if y < 0.0 => Self::Below,
            _ => Self::Neither,
        }
    }

    /// Its place in [`Space::classes`].
    fn class(self) -> Option<usize> {
        match self {
            Self::Above => Some(0),
            Self::Below => Some(1),
            Self::Neither => None,
        }
    }
}

/// The sum of a class's representations. It is carried along: a step moves a batch of clips, and adding up all of them
/// after each would cost the square of their number in an epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Class {
    /// (dim)
    sum: Vec<f64>,
    clips: usize,
}

impl Class {
    fn centre(&self) -> Option<Vec<f64>> {
        (self.clips > 0).then(|| self.sum.iter().map(|x| x / self.clips as f64).collect())
    }
}

/// What a checkpoint keeps.
#[derive(Serialize, Deserialize)]
struct State {
    labels: PerModality<Vec<f32>>,
    features: PerModality<Vec<f32>>,
    fused: Vec<f32>,
    /// Of the modalities and of the fused representations: added up anew, they would differ in their last bits.
    classes: PerModality<[Class; 2]>,
    fused_classes: [Class; 2],
}

impl Space {
    /// Nothing seen yet of clips with these labels.
    fn new(labels: &[f32], dim: usize) -> Self {
        let sides: Vec<Side> = labels.iter().map(|y| Side::of(*y)).collect();
        let class = |side| Class { sum: vec![0.0; dim], clips: sides.iter().filter(|s| **s == side).count() };
        let classes = [class(Side::Above), class(Side::Below)];
        Self { dim, features: vec![0.0; labels.len() * dim], sides, classes }
    }

    /// Takes in a clip's representation, (dim), and the label that it has now.
    fn keep(&mut self, row: usize, feature: &[f32], label: f32) {
        let kept = &mut self.features[row * self.dim..][..self.dim];
        if let Some(class) = self.sides[row].class().map(|class| &mut self.classes[class]) {
            class.sum.iter_mut().zip(&*kept).for_each(|(sum, x)| *sum -= f64::from(*x));
            class.clips -= 1;
        }
        kept.copy_from_slice(feature);
        self.sides[row] = Side::of(label);
        if let Some(class) = self.sides[row].class().map(|class| &mut self.classes[class]) {
            class.sum.iter_mut().zip(feature).for_each(|(sum, x)| *sum += f64::from(*x));
            class.clips += 1;
        }
    }

    /// The centres of the clips whose label is above and below 0; `None` without one of the two.
    fn centres(&self) -> Option<Centres> {
        let [positive, negative] = &self.classes;
        Some(Centres { positive: positive.centre()?, negative: negative.centre()? })
    }

    /// Takes what a checkpoint kept. `labels`: those of its clips.
    ///
    /// # Errors
    /// What is wrong with it.
    fn restore(&mut self, name: &str, labels: &[f32], features: Vec<f32>, classes: [Class; 2]) -> Result<(), String> {
        if features.len() != self.features.len() {
            return Err(format!("{} values of {name}", features.len()));
        }
        let sides: Vec<Side> = labels.iter().map(|y| Side::of(*y)).collect();
        for (side, class) in [Side::Above, Side::Below].into_iter().zip(&classes) {
            let clips = sides.iter().filter(|s| **s == side).count();
            if class.sum.len() != self.dim || class.clips != clips {
                return Err(format!("a sum of {} values and {} clips of {name}", class.sum.len(), class.clips));
            }
        }
        (self.features, self.sides, self.classes) = (features, sides, classes);
        Ok(())
    }
}

/// (dim) each.
struct Centres {
    positive: Vec<f64>,
    negative: Vec<f64>,
}

impl Centres {
    /// δ = (D_neg - D_pos) / (D_pos + 1e-8) of a representation.
    fn relative(&self, feature: &[f32]) -> f64 {
        let distance = |centre: &[f64]| {
            let squares = feature.iter().zip(centre).map(|(x, c)| (f64::from(*x) - c).powi(2));
            squares.sum::<f64>().sqrt()
        };
        let (positive, negative) = (distance(&self.positive), distance(&self.negative));
        (negative - positive) / (positive + LEAST)
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
        let mut all = y.clone();
        all.resize(rows, f32::NAN);
        let mut labels = PerModality::from_fn(|_| all.clone());
        // What a clip lacks has no label, and so no part in the centres.
        context.presence.blank(&mut labels);
        Self::of(y, labels, dataset.label_range, model.representation, model.fused)
    }

    /// `labels`: y_s of the rows of all splits; `d` and `fused`: sizes of representations.
    fn of(y: Vec<f32>, labels: PerModality<Vec<f32>>, range: f32, d: usize, fused: usize) -> Self {
        Self {
            range,
            // The labels of the other splits lie behind those of the training split, and have no representations.
            spaces: PerModality::from_fn(|m| Space::new(&labels[m][..y.len()], d)),
            fused: Space::new(&y, fused),
            labels: LabelValues { corrected: labels, ..LabelValues::default() },
            y,
            epoch: 1,
        }
    }

    /// Takes in the representations of a batch, (rows, d) and (rows, d_f) row-major: moves the labels of its clips, and
    /// keeps what it was given, in the order of the authors' code.
    fn take_in(&mut self, rows: &[usize], single: &PerModality<Vec<f32>>, fused: &[f32]) {
        if self.epoch > 1 {
            self.move_labels(rows, single, fused);
        }
        for (&row, own) in rows.iter().zip(fused.chunks_exact(self.fused.dim)) {
            self.fused.keep(row, own, self.y[row]);
        }
        for m in Modality::ALL {
            // A modality that the network does not have has no representations.
            for (&row, own) in rows.iter().zip(single[m].chunks_exact(self.spaces[m].dim)) {
                self.spaces[m].keep(row, own, self.labels.corrected[m][row]);
            }
        }
    }

    fn move_labels(&mut self, rows: &[usize], single: &PerModality<Vec<f32>>, fused: &[f32]) {
        let (n, range) = (f64::from(self.epoch), f64::from(self.range));
        let Some(centres) = self.fused.centres() else { return };
        let fused: Vec<f64> = fused.chunks_exact(self.fused.dim).map(|own| centres.relative(own)).collect();
        for m in Modality::ALL {
            let Some(centres) = self.spaces[m].centres() else { continue };
            for ((&row, own), fused) in rows.iter().zip(single[m].chunks_exact(self.spaces[m].dim)).zip(&fused) {
                if let Some(asked) = asked(f64::from(self.y[row]), centres.relative(own), *fused, range) {
                    let label = &mut self.labels.corrected[m][row];
                    *label = moved(f64::from(*label), asked, n) as f32;
                }
            }
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
            classes: self.spaces.map(|_, space| space.classes.clone()),
            fused_classes: self.fused.classes.clone(),
        };
        let mut bytes = Vec::new();
        ciborium::into_writer(&state, &mut bytes).map_err(|e| TrainingError::LabelState { found: e.to_string() })?;
        Ok(Some(bytes))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), TrainingError> {
        let wrong = |found: String| TrainingError::LabelState { found };
        let State { labels, mut features, fused, classes, fused_classes } =
            ciborium::from_reader(state).map_err(|e| wrong(e.to_string()))?;
        for m in Modality::ALL {
            if labels[m].len() != self.y.len() {
                return Err(wrong(format!("{} labels of {m}", labels[m].len())));
            }
            let (features, classes) = (std::mem::take(&mut features[m]), classes[m].clone());
            self.spaces[m].restore(m.name(), &labels[m], features, classes).map_err(wrong)?;
            self.labels.corrected[m][..labels[m].len()].copy_from_slice(&labels[m]);
        }
        self.fused.restore("the fused representations", &self.y, fused, fused_classes).map_err(wrong)
    }
}

#[cfg(test)]
mod tests;
