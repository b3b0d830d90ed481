//! Corrupted labels: what stage 2 makes of a batch, and noise that the settings put into the data's own labels.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::parts::Parts;
use crate::config::{Corruption, Corruptions, DataSettings};
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::files;
use crate::split::{PerSplit, Split};

/// ỹ: y with one corruption after another, clipped to [-H, H] after each; `range` is H.
///
/// ```
/// use mug::config::Corruption;
/// use mug::dataset::corrupt;
/// use rand::SeedableRng;
///
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// assert_eq!(corrupt(&[0.5, -1.0, 0.0], &Corruption::Flip(1.0).into(), 1.0, &mut rng), [-0.5, 1.0, 0.0]);
/// ```
pub fn corrupt(labels: &[f32], corruptions: &Corruptions, range: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    corruptions.iter().fold(labels.to_vec(), |labels, corruption| corrupt_once(&labels, corruption, range, rng))
}

fn corrupt_once(labels: &[f32], corruption: Corruption, range: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut corrupted: Vec<f32> = match corruption {
        Corruption::Gaussian(sigma) => {
            labels.iter().map(|y| y + sigma * range * rng.sample::<f32, _>(StandardNormal)).collect()
        }
        Corruption::Uniform(p) => {
            labels.iter().map(|&y| if rng.random::<f32>() < p { rng.random_range(-range..=range) } else { y }).collect()
        }
        Corruption::Permute(p) => {
            let mut others = labels.to_vec();
            others.shuffle(rng);
            labels.iter().zip(others).map(|(&y, other)| if rng.random::<f32>() < p { other } else { y }).collect()
        }
        // 0 has no sign: 0 - y is 0 there, where -y is not the same bits.
        Corruption::Flip(p) => labels.iter().map(|&y| if rng.random::<f32>() < p { 0.0 - y } else { y }).collect(),
    };
    for y in &mut corrupted {
        *y = y.clamp(-range, range);
    }
    corrupted
}

/// Corrupts the labels of the splits that the settings name; the clean ones are kept beside them. Says what was done, and
/// gives what tells data of other noise apart: a checksum of all labels, `None` where none was corrupted.
///
/// The same settings give the same noise whatever a run's seed is, and each split has its own.
pub fn apply(
    splits: &mut PerSplit<Parts>,
    range: f32,
    settings: &DataSettings,
    flaws: &mut Vec<Flaw>,
) -> Option<String> {
    let mut found = false;
    for split in Split::ALL {
        let Some(noise) = settings.noise_of(split) else { continue };
        let Parts { labels, clean, keys, .. } = &mut splits[split];
        let mut rng = ChaCha8Rng::seed_from_u64(settings.label_noise_seed);
        rng.set_stream(split as u64);
        let noisy = corrupt(labels, noise, range, &mut rng);
        let changed = noisy.iter().zip(&*labels).filter(|(noisy, y)| noisy != y && !y.is_nan()).count();
        let (of, seed) = (labels.len(), settings.label_noise_seed);
        let kind = FlawKind::LabelNoise { noise: noise.to_string(), seed, changed, of };
        flaws.push(Flaw::new(Some(split), keys.labels, kind));
        *clean = Some(std::mem::replace(labels, noisy));
        found = true;
    }
    let bytes =
        || Split::ALL.iter().flat_map(|&s| &splits[s].labels).flat_map(|y| y.to_le_bytes()).collect::<Vec<u8>>();
    found.then(|| files::checksum(&bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corruptions_stay_in_range_and_do_what_they_say() {
        let labels: Vec<f32> = (0..1000).map(|i| (i as f32 / 999.0) * 2.0 - 1.0).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut run = |c: Corruption| corrupt(&labels, &c.into(), 1.0, &mut rng);
        let share = |noisy: &[f32]| noisy.iter().zip(&labels).filter(|(a, b)| a != b).count();
        let gaussian = run(Corruption::Gaussian(0.3));
        let inner: Vec<f32> = gaussian.iter().zip(&labels).filter(|(g, _)| g.abs() < 1.0).map(|(g, y)| g - y).collect();
        let spread = (inner.iter().map(|d| d * d).sum::<f32>() / inner.len() as f32).sqrt();
        assert!((0.2..0.35).contains(&spread), "{spread}");
        assert!((150..250).contains(&share(&run(Corruption::Uniform(0.2)))));
        let permuted = run(Corruption::Permute(0.5));
        assert!((400..600).contains(&share(&permuted)));
        assert_eq!(share(&run(Corruption::Gaussian(0.0))), 0);
        let flipped = run(Corruption::Flip(0.3));
        let changed: Vec<(&f32, &f32)> = flipped.iter().zip(&labels).filter(|(a, b)| a != b).collect();
        assert!((240..360).contains(&changed.len()) && changed.iter().all(|(a, b)| **a == -**b));
        for values in [gaussian, permuted] {
            assert!(values.iter().all(|v| v.abs() <= 1.0));
        }
        // Most labels of a mixture are noisy, and those that were permuted are far off besides.
        let both = Corruptions::from(vec![Corruption::Permute(0.5), Corruption::Gaussian(0.01)]);
        let mixed = corrupt(&labels, &both, 1.0, &mut rng);
        let far = mixed.iter().zip(&labels).filter(|(a, b)| (*a - *b).abs() > 0.05).count();
        assert!(share(&mixed) > 950 && (380..580).contains(&far), "{} {far}", share(&mixed));
        assert!(mixed.iter().all(|v| v.abs() <= 1.0));
    }
}
