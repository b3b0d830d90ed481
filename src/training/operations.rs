//! Floating-point operations of a stage's steps, counted from shapes and valid time steps.
//!
//! Counted are the matrix products of LSTMs, linear layers and correctors, forward and backward, at two operations a
//! multiplication: nearly all there is to do. Activation functions, losses, the optimiser and validation are not. The
//! correctors' are those that the CPU's code carries out ([`corrector`](crate::model::corrector)).

use super::events::Stage;
use crate::config::{ModelSettings, Objective, Settings};
use crate::dataset::Dataset;
use crate::modality::PerModality;
use crate::split::Split;

/// Operations of an epoch of this stage; `None` where they are not known.
pub fn of_epoch(stage: Stage, settings: &Settings, dataset: &Dataset) -> Option<u64> {
    let model = &settings.model;
    let clips = dataset.len(Split::Train) as u64;
    let steps = PerModality::from_fn(|m| dataset.lengths(Split::Train, m).iter().map(|&n| n as u64).sum());
    let dims = PerModality::from_fn(|m| dataset.shapes[m].1);
    let members = &settings.denoising.members;
    Some(match stage {
        Stage::Contrastive => network(model, &dims, &steps, clips, true) * members.networks as u64,
        Stage::Denoising => {
            let second_order = settings.denoising.objective != Objective::FirstOrder;
            corrector(model, second_order) * clips * (model.encoded().len() * members.count()) as u64
        }
        Stage::Joint => network(model, &dims, &steps, clips, false),
    })
}

/// A product of a row with a matrix.
fn product(from: usize, to: usize) -> u64 {
    2 * from as u64 * to as u64
}

/// Forward and backward through the network for clips that have so many valid steps together; z is made with `projection`.
fn network(
    model: &ModelSettings,
    dims: &PerModality<usize>,
    steps: &PerModality<u64>,
    clips: u64,
    projection: bool,
) -> u64 {
    let ModelSettings { hidden, representation: d, fused: d_f, .. } = *model;
    let gates = 4 * hidden;
    // Forward, and backward the gradient of the weights; that of the hidden state, and none of the inputs.
    let step = |m| 2 * product(dims[m], gates) + 3 * product(hidden, gates);
    let modalities = model.encoded();
    let count = modalities.len();
    let recurrent: u64 = modalities.into_iter().map(|m| steps[m] * step(m)).sum();
    let mut linear = count as u64 * (product(hidden, d) + product(d, 1)) + product(count * d, d_f) + product(d_f, 1);
    if projection && model.projection {
        linear += count as u64 * (product(d_f, d_f) + product(d_f, d));
    }
    // Forward, and backward the gradients of the weights and of what went in.
    recurrent + 3 * linear * clips
}

/// One clip's modality in one corrector: both losses, the virtual step and the objective's gradient.
fn corrector(model: &ModelSettings, second_order: bool) -> u64 {
    let mut widths = vec![model.corrector_hidden; model.corrector_layers + 2];
    widths[0] = model.representation + 1;
    widths[model.corrector_layers + 1] = 1;
    let layers: Vec<u64> = widths.windows(2).map(|pair| product(pair[0], pair[1])).collect();
    let all: u64 = layers.iter().sum();
    let (first, last) = (layers[0], layers[layers.len() - 1]);
    // The gradient of the weights, and of what goes into all layers but the first.
    let backward = all + (all - first);
    // The virtual step once, each loss forward and backward.
    let both = 3 * backward + 2 * all;
    // Through the step: activations and their gradient into all layers but the last, gradients out of all but the first.
    let through = (all - last) + 2 * (all - first) + (all - first - last);
    both + if second_order { through } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::speed::SHAPES;

    fn settings() -> Settings {
        let mut settings = Settings::default();
        let model = &mut settings.model;
        (model.hidden, model.representation, model.fused) = (2, 3, 5);
        (model.corrector_hidden, model.corrector_layers) = (7, 2);
        settings.denoising.members = 4.into();
        settings
    }

    #[test]
    fn products_are_counted_as_by_hand() {
        let model = settings().model;
        let dims = PerModality { text: 10, audio: 11, vision: 12 };
        let steps = PerModality { text: 4, audio: 0, vision: 1 };
        // Gates 4·2 = 8; text 2·2·80 + 3·2·16 = 416 a step, vision 2·2·96 + 96 = 480.
        let recurrent = 4 * 416 + 480;
        // h 3·(2·6), heads 3·(2·3), fusion 2·45, head 2·5.
        let linear = 36 + 18 + 90 + 10;
        assert_eq!(network(&model, &dims, &steps, 2, false), recurrent + 3 * 2 * linear);
        // z 3·(2·25 + 2·15)
        assert_eq!(network(&model, &dims, &steps, 2, true), recurrent + 3 * 2 * (linear + 240));
        let without = ModelSettings { projection: false, ..model.clone() };
        assert_eq!(network(&without, &dims, &steps, 2, true), recurrent + 3 * 2 * linear);
        // Layers 2·28, 2·49, 2·7: in all 168; backward 168 + 112.
        let first_order = 3 * 280 + 2 * 168;
        assert_eq!(corrector(&model, false), first_order);
        assert_eq!(corrector(&model, true), first_order + 154 + 2 * 112 + 98);
    }

    #[test]
    fn an_epoch_counts_every_clip_network_and_corrector() {
        let mut settings = settings();
        let data = SHAPES[3].random(6, 1).unwrap();
        let count = |stage, settings: &Settings| of_epoch(stage, settings, &data).unwrap();
        let corrector = corrector(&settings.model, true);
        assert_eq!(count(Stage::Denoising, &settings), 6 * 3 * 4 * corrector);
        let one = count(Stage::Contrastive, &settings);
        assert!(one > count(Stage::Joint, &settings), "the joint stage makes no z");
        settings.denoising.members.networks = 2;
        assert_eq!(count(Stage::Contrastive, &settings), 2 * one);
        assert_eq!(count(Stage::Denoising, &settings), 6 * 3 * 8 * corrector);
    }
}
