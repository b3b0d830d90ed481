//! Weights of a file put into the network.

use burn::store::{KeyRemapper, ModuleSnapshot, PyTorchToBurnAdapter};
use burn::tensor::Device;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Bert, RENAMED};
use crate::weights::{Weights, WeightsError};

/// The network with these weights, on a device.
///
/// # Errors
/// The file is damaged, lacks tensors or has them in other shapes than its configuration says, or asks for code.
pub fn load(weights: &Weights, device: &Device) -> Result<Bert, WeightsError> {
    let damaged = |found: String| WeightsError::Damaged {
        path: weights.file.clone(),
        expected: "a whole file of weights",
        found,
        hint: "copy or download it again; `mug weights check` looks through it",
    };
    let tensors = weights.tensors()?.into_tensors();
    let renamed = KeyRemapper::from_patterns(RENAMED.to_vec()).map_err(|e| damaged(e.to_string()))?;
    let (tensors, _) = renamed.remap(tensors);
    // First numbers of which none stays; its parameters' identities do, for which any seed is as good.
    let mut bert = Bert::new(&weights.config, &mut ChaCha8Rng::seed_from_u64(0), device);
    let result = bert.apply(tensors, None, Some(Box::new(PyTorchToBurnAdapter)), false);
    if let Some(error) = result.errors.first() {
        return Err(damaged(error.to_string()));
    }
    // Names and shapes were compared with the configuration; what is left over here would be a fault of `RENAMED`.
    let left = result.missing.first().map(|(name, _)| name).or(result.unused.first());
    match left {
        Some(name) => Err(damaged(format!("{name}, which has no counterpart"))),
        None => Ok(bert),
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::dataset::tokens::Tokens;
    use crate::model::bert::BertDropout;
    use crate::weights::made;

    /// The states of all tokens of these clips, row-major.
    fn states(bert: &Bert, ids: &[Vec<u32>]) -> Vec<f32> {
        let mut tokens = Tokens::default();
        ids.iter().for_each(|ids| tokens.push(ids, &vec![0; ids.len()]));
        bert.states(&tokens, &mut BertDropout::inference()).into_data().try_to_vec().unwrap()
    }

    fn furthest(found: &[f32], expected: &[f32]) -> f32 {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    fn cpu() -> Device {
        Device::flex().autodiff()
    }

    #[test]
    fn either_form_of_the_small_weights_computes_what_transformers_does() {
        let ids: Vec<_> = made::texts().into_iter().map(|text| text.small).collect();
        let expected = made::floats("small.f32");
        for name in ["small", "older"] {
            let bert = load(&made::small(name), &cpu()).unwrap();
            let off = furthest(&states(&bert, &ids), &expected);
            println!("{name}: the furthest of {} numbers is off by {off:.1e}", expected.len());
            assert!(off < 1e-5, "{name}: {off}");
        }
    }

    #[test]
    fn half_precision_is_read_as_f32() {
        let ids: Vec<_> = made::texts().into_iter().map(|text| text.small).collect();
        let expected = made::floats("small.f32");
        for (dtype, most) in [("F16", 0.02), ("BF16", 0.2)] {
            let folder = made::changed(|tensors| tensors.values_mut().for_each(|tensor| tensor.halve(dtype)));
            let weights = Weights::in_folder("half", folder.path()).unwrap();
            assert_eq!(weights.tensors().unwrap().dtypes, [dtype]);
            let off = furthest(&states(&load(&weights, &cpu()).unwrap(), &ids), &expected);
            assert!(off > 0.0 && off < most, "{dtype}: {off}");
        }
    }

    #[test]
    fn the_real_weights_compute_what_transformers_does() {
        let Some(folder) = made::real() else { return };
        let weights = Weights::in_folder("real", &folder).unwrap();
        let bert = load(&weights, &cpu()).unwrap();
        let ids: Vec<_> = made::texts().into_iter().map(|text| text.ids).collect();
        let found = states(&bert, &ids);
        // For each text the vectors of [CLS] and of the mean, then the first 8 columns of all tokens.
        let (width, mut rows) = (weights.config.hidden_size, found.chunks(weights.config.hidden_size));
        let mut all = Vec::new();
        for ids in &ids {
            let rows: Vec<&[f32]> = rows.by_ref().take(ids.len()).collect();
            all.extend_from_slice(rows[0]);
            let mean = |column| rows.iter().map(|row| f64::from(row[column])).sum::<f64>() / rows.len() as f64;
            all.extend((0..width).map(|column| mean(column) as f32));
            rows.iter().for_each(|row| all.extend_from_slice(&row[..8]));
        }
        let off = furthest(&all, &made::floats("minilm.f32"));
        println!("the furthest of {} numbers is off by {off:.1e}", all.len());
        assert!(off < 1e-5, "{off}");
    }
}
