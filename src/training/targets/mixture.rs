//! Human labels made worse in a known way: a share of them replaced by copies of y, noise on the others. What a better label is
//! worth to stage 3 is measured by it.

use rand::RngExt;
use rand_distr::StandardNormal;

use super::kind::Targets;
use crate::config::{LabelSettings, Settings};
use crate::dataset::Dataset;
use crate::modality::Modality;
use crate::split::Split;
use crate::training::events::LabelValues;
use crate::training::randomness::{Purpose, generator};

/// Labels of the training split that are human, copied or noisy; those of the other splits are human.
pub struct Mixture(LabelValues);

/// True where the settings change human labels at all.
pub fn is_asked_for(labels: &LabelSettings) -> bool {
    labels.copied_share > 0.0 || labels.noise > 0.0
}

impl Mixture {
    /// Of `human`, rows in the order train, valid, test. A label that nobody gave stays none.
    pub fn new(mut human: LabelValues, dataset: &Dataset, settings: &Settings) -> Mixture {
        let (range, LabelSettings { copied_share, noise, .. }) = (dataset.label_range, &settings.labels);
        let mut rng = generator(settings.training.seed, Purpose::Mixture);
        for m in Modality::ALL {
            for (label, y) in human.corrected[m].iter_mut().zip(dataset.labels(Split::Train)) {
                // Drawn for every label, so that a greater share holds the copies of a smaller one.
                let (copied, normal) = (rng.random::<f32>() < *copied_share, rng.sample::<f32, _>(StandardNormal));
                if label.is_finite() {
                    *label = if copied { *y } else { (*label + noise * range * normal).clamp(-range, range) };
                }
            }
        }
        Mixture(human)
    }
}

impl Targets for Mixture {
    fn labels(&self) -> &LabelValues {
        &self.0
    }

    /// So that how good they are is in the record.
    fn change(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataSettings;
    use crate::dataset::demo;
    use crate::modality::PerModality;
    use crate::training::context::Context;
    use burn::tensor::Device;
    use std::sync::Arc;

    fn dataset() -> Arc<Dataset> {
        let splits = demo::generate(1);
        Arc::new(Dataset::from_memory("demo", splits, demo::LABEL_RANGE, &DataSettings::default()).unwrap())
    }

    fn human(dataset: &Arc<Dataset>) -> LabelValues {
        let context = Context::new(Settings::default(), dataset.clone(), &Device::flex()).unwrap();
        crate::training::targets::human::labels(&context).unwrap()
    }

    fn mixed(dataset: &Arc<Dataset>, copied_share: f32, noise: f32) -> PerModality<Vec<f32>> {
        let human = human(dataset);
        let mut settings = Settings::default();
        (settings.labels.copied_share, settings.labels.noise) = (copied_share, noise);
        Mixture::new(human, dataset, &settings).0.corrected
    }

    #[test]
    fn a_share_is_copied_and_the_rest_is_noisy() {
        let dataset = dataset();
        let (human, y) = (human(&dataset).corrected, dataset.labels(Split::Train));
        let n = y.len();
        assert_eq!(mixed(&dataset, 0.0, 0.0), human);
        for m in Modality::ALL {
            assert_eq!(mixed(&dataset, 1.0, 0.5)[m][..n], *y, "all copied");
            let (some, more) = (mixed(&dataset, 0.25, 0.0), mixed(&dataset, 0.5, 0.0));
            let apart = |l: &PerModality<Vec<f32>>| (0..n).filter(|&i| l[m][i] != human[m][i]).collect::<Vec<_>>();
            assert!(apart(&some).iter().all(|i| apart(&more).contains(i) && some[m][*i] == y[*i]));
            let differ = (0..n).filter(|&i| human[m][i] != y[i]).count() as f32;
            let share = apart(&some).len() as f32 / differ;
            assert!((0.15..0.35).contains(&share), "{m}: {share}");
            let noisy = mixed(&dataset, 0.0, 0.2);
            let moved: Vec<f32> =
                (0..n).filter(|&i| human[m][i].abs() < 0.3).map(|i| noisy[m][i] - human[m][i]).collect();
            let sigma = (moved.iter().map(|d| d * d).sum::<f32>() / moved.len() as f32).sqrt();
            assert!((0.15..0.25).contains(&sigma) && noisy[m].iter().all(|l| l.abs() <= 1.0), "{m}: {sigma}");
            assert_eq!(noisy[m][n..], human[m][n..], "other splits stay human");
        }
    }
}
