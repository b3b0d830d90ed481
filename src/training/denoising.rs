//! Stage 2: the corrector learns to restore corrupted labels ([the method](crate::book::method), stage 2).
//!
//! Encoders, fusion and CPM are frozen, so h_m and z_m of every row are computed once, when the stage begins.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::bilevel::{CorrectorBatch, Terms, counts, gradients, label_tensor, member_tensor, objective};
use super::context::{Context, Evaluation, StageTrainer};
use super::error::TrainingError;
use super::events::{LabelValues, Scalars};
use super::feed::Feed;
use super::inference::Inference;
use super::labels::corrected_labels;
use super::optimizer::{AdamW, Clipping};
use super::randomness::{Purpose, generator};
use super::readback::Pending;
use super::readback::values;
use super::records::{Trained, Trainee};
use super::restoration::Restoration;
use super::scalars::scalars;
use crate::dataset::corrupt;
use crate::modality::PerModality;
use crate::model::corrector::Corrector;
use crate::split::{PerSplit, Split};

/// h_m and z_m, (N, d) each, of all rows of a split.
struct Representations {
    unimodal: PerModality<Option<Tensor<2>>>,
    projected: PerModality<Option<Tensor<2>>>,
}

/// Trains the corrector on L_uni + λ L_mul.
pub struct Denoising {
    context: Arc<Context>,
    corrector: Trainee<Corrector>,
    /// Of each member network; `None` for a split without rows.
    representations: PerSplit<Option<Vec<Representations>>>,
    /// From the first evaluation on; `Some(None)` without a validation split.
    restoration: Option<Option<Restoration>>,
}

impl Denoising {
    /// `found`: what each of stage 1's networks says of every split.
    pub fn new(context: Arc<Context>, found: &[PerSplit<Option<Inference>>]) -> Self {
        let representations = PerSplit::from_fn(|split| {
            let of =
                |f: &Inference| Representations { unimodal: f.representations.clone(), projected: f.projected.clone() };
            found.iter().map(|f| f[split].as_ref().map(of)).collect()
        });
        let settings = &context.settings;
        let optimizer = AdamW::new(settings.denoising.weight_decay, settings.training.gradient_clip, Clipping::Slices);
        Self {
            corrector: Trainee::new(context.new_corrector(), optimizer),
            representations,
            restoration: None,
            context,
        }
    }

    /// The rows' part of a split's representations, with their labels corrupted twice.
    fn batch(&self, split: Split, rows: Option<&[usize]>, rng: &mut ChaCha8Rng) -> Option<CorrectorBatch> {
        let Context { settings, dataset, .. } = &*self.context;
        let device = self.context.plain_device();
        let representations = self.representations[split].as_ref()?;
        let all = dataset.labels(split);
        let labels: Vec<f32> = rows.map_or_else(|| all.to_vec(), |rows| rows.iter().map(|&r| all[r]).collect());
        let index = rows.map(|rows| {
            let rows: Vec<i64> = rows.iter().map(|&r| r as i64).collect();
            let n = rows.len();
            Tensor::<1, Int>::from_data(TensorData::new(rows, [n]), &device)
        });
        let take = |x: &PerModality<Option<Tensor<2>>>| {
            x.map(|_, t| match &index {
                Some(index) => t.as_ref().map(|t| t.clone().select(0, index.clone())),
                None => t.clone(),
            })
        };
        let has = self.context.presence.of(split).map(|_, all| match rows {
            Some(rows) => rows.iter().map(|&r| all[r]).collect(),
            None => all.clone(),
        });
        let lacks = settings.model.encoded().iter().any(|m| has[*m].contains(&false));
        let mut noisy = || corrupt(&labels, &settings.denoising.corruption, dataset.label_range, rng);
        // One member after the other: the first has the corruptions that it would have alone.
        let (corrupted, corrupted_again): (Vec<_>, Vec<_>) =
            (0..settings.denoising.members.count()).map(|_| (noisy(), noisy())).unzip();
        Some(CorrectorBatch {
            unimodal: representations.iter().map(|r| take(&r.unimodal)).collect(),
            projected: representations.iter().map(|r| take(&r.projected)).collect(),
            labels: label_tensor(&labels, &device),
            counts: lacks.then(|| has.map(|_, has| counts(has))),
            corrupted: member_tensor(&corrupted, &device),
            corrupted_again: member_tensor(&corrupted_again, &device),
        })
    }
}

impl Denoising {
    /// How well labels of the validation split are restored, see [`Restoration`].
    fn restored(&mut self) -> Result<Scalars, TrainingError> {
        let h = |split: Split| -> Option<Vec<PerModality<Option<Tensor<2>>>>> {
            self.representations[split].as_ref().map(|all| all.iter().map(|r| r.unimodal.clone()).collect())
        };
        let known = match self.restoration.take() {
            Some(known) => known,
            // The first network is the one that predicts.
            None => Restoration::new(&self.context, &PerSplit::from_fn(|split| h(split)?.into_iter().next()))?,
        };
        let known = self.restoration.insert(known);
        match (known, h(Split::Valid)) {
            (Some(known), Some(h)) => known.measure(&self.context, &self.corrector.module, &h),
            _ => Ok(Scalars::default()),
        }
    }
}

impl StageTrainer for Denoising {
    fn step(&mut self, rows: &[usize], _: &mut Feed, mut rng: ChaCha8Rng, done: f64) -> Result<Pending, TrainingError> {
        let Some(batch) = self.batch(Split::Train, Some(rows), &mut rng) else {
            return Err(TrainingError::TooFewSamples { found: 0 });
        };
        let settings = &self.context.settings.denoising;
        let (terms, gradients) = gradients(&self.corrector.module, &batch, settings);
        let rate = settings.learning_rate * if settings.decay { 1.0 - done } else { 1.0 };
        self.corrector.apply(gradients, rate);
        Ok(Pending::new(Terms::NAMES, terms.means()))
    }

    fn evaluate(&mut self) -> Result<Evaluation, TrainingError> {
        let settings = &self.context.settings;
        let mut rng = generator(settings.training.seed, Purpose::Validation);
        let mut valid = match self.batch(Split::Valid, None, &mut rng) {
            None => Default::default(),
            Some(batch) => {
                let terms = objective(&self.corrector.module.valid(), &batch, &settings.denoising);
                let found = values(Tensor::cat(terms.means(), 0))?;
                scalars(Terms::NAMES.iter().copied().zip(found))
            }
        };
        valid.extend(self.restored()?);
        Ok(Evaluation { valid, metrics: Default::default(), score: None })
    }

    fn labels(&mut self) -> Result<Option<LabelValues>, TrainingError> {
        corrected_labels(&self.context, &self.corrector.module, |split| {
            self.representations[split].as_ref().map(|all| all.iter().map(|r| r.unimodal.clone()).collect())
        })
        .map(Some)
    }

    fn trained(&self) -> &dyn Trained {
        &self.corrector
    }

    fn trained_mut(&mut self) -> &mut dyn Trained {
        &mut self.corrector
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Corruption, Settings};
    use crate::device::{DeviceRequest, choose};
    use crate::model::corrector::Member;
    use crate::training::events::Stage;
    use crate::training::inference::infer_all;
    use crate::training::records;
    use crate::training::speed::SHAPES;

    fn context(members: usize, shared: bool) -> Arc<Context> {
        let mut settings = Settings::default();
        (settings.model.hidden, settings.model.representation, settings.model.corrector_hidden) = (4, 6, 8);
        settings.model.corrector_shared = shared;
        settings.denoising.members = members.into();
        settings.denoising.weight_decay = 0.5;
        settings.denoising.corruption = Corruption::Permute(0.4).into();
        // So low that most gradients are clipped.
        settings.training.gradient_clip = 0.02;
        let data = Arc::new(SHAPES[3].random(48, 1).unwrap());
        Arc::new(Context::new(settings, data, &choose(DeviceRequest::Cpu).unwrap().device).unwrap())
    }

    /// Every member's corrected text and vision labels before and after some steps, (K, rows) flattened.
    fn trained(members: usize, shared: bool) -> [Vec<f32>; 2] {
        let context = context(members, shared);
        let found = infer_all(&context, &context.new_network()).unwrap();
        let mut trainer = Denoising::new(context.clone(), &[found]);
        let mut feed = Feed::new(context.dataset.clone(), &[], 16);
        let read = |trainer: &Denoising| {
            let h = trainer.representations[Split::Train].as_ref().unwrap()[0].unimodal.clone();
            let labels = label_tensor(context.dataset.labels(Split::Train), &context.plain_device());
            let y = trainer.corrector.module.valid().correct(&[h], &labels);
            values(Tensor::cat(vec![y.text.unwrap(), y.vision.unwrap()], 1)).unwrap()
        };
        let before = read(&trainer);
        for step in 0..30 {
            let rows: Vec<usize> = (0..16).map(|i| (i * 5 + step) % 48).collect();
            let rng = generator(1, Purpose::Step(Stage::Denoising, step as u64));
            trainer.step(&rows, &mut feed, rng, 0.0).unwrap();
        }
        [before, read(&trainer)]
    }

    #[test]
    fn the_first_member_is_what_it_would_be_alone_and_no_two_are_the_same() {
        for shared in [false, true] {
            let (alone, several) = (trained(1, shared), trained(3, shared));
            for (alone, several) in alone.iter().zip(&several) {
                let members: Vec<&[f32]> = several.chunks(alone.len()).collect();
                let apart = |other: &[f32]| other.iter().zip(alone).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(apart(members[0]) < 1e-5, "shared {shared}: {}", apart(members[0]));
                assert!(apart(members[1]) > 1e-2 && apart(members[2]) > 1e-2 && members[1] != members[2]);
            }
            // Training is seen: the above is not about first weights alone.
            assert!(alone[0].iter().zip(&alone[1]).any(|(a, b)| (a - b).abs() > 1e-2));
        }
    }

    #[test]
    fn labels_of_one_member_have_no_spread_and_those_of_several_lie_on_levels() {
        for members in [1, 4] {
            let context = context(members, false);
            let found = infer_all(&context, &context.new_network()).unwrap();
            let labels = Denoising::new(context.clone(), &[found]).labels().unwrap().unwrap();
            let rows = Split::ALL.iter().map(|&s| context.dataset.len(s)).sum::<usize>();
            assert_eq!(labels.corrected.audio.len(), rows);
            assert_eq!(labels.spread.is_some(), members > 1);
            for (m, spread) in labels.spread.iter().flat_map(PerModality::iter) {
                assert!(spread.len() == rows && spread.iter().all(|s| *s > 0.0 && *s < 1.0), "{m}");
            }
        }
    }

    #[test]
    fn correctors_of_versions_without_members_are_taken_up_where_there_is_one() {
        let context = context(1, false);
        let mut rng = generator(9, Purpose::Corrector);
        let old = Member::new(&context.settings.model, &mut rng, &context.device);
        let document = records::document(&old).unwrap();
        let labels = |corrector: &Corrector| {
            let h = PerModality::from_fn(|_| Some(Tensor::ones([2, 6], &context.plain_device())));
            let y = corrector.valid().correct(&[h], &label_tensor(&[0.5, -0.5], &context.plain_device()));
            values(Tensor::cat(y.known().map(|(_, y)| y.clone()).collect(), 1)).unwrap()
        };
        let corrector = context.load_corrector(document.clone()).unwrap();
        assert_eq!(labels(&corrector), labels(&Corrector::of(&[old], 1.0)));
        let again = context.load_corrector(records::document(&corrector).unwrap()).unwrap();
        assert_eq!(labels(&corrector), labels(&again));
        assert!(self::context(2, false).load_corrector(document.clone()).is_err());
        assert!(self::context(1, true).load_corrector(document).is_err());
    }
}
