//! Floating-point operations of a stage's steps, counted from shapes and valid time steps.
//!
//! Counted are the matrix products of LSTMs, linear layers and correctors, forward and backward, at two operations a
//! multiplication: nearly all there is to do. Activation functions, losses, the optimiser and validation are not. The
//! correctors' are those that the CPU's code carries out ([`corrector`](crate::model::corrector)).

use super::events::Stage;
use crate::config::{Learner, ModelSettings, Objective, Settings};
use crate::dataset::Dataset;
use crate::modality::{Modality, PerModality};
use crate::model::weighting::WIDTH;
use crate::split::Split;

/// The encoder of text where it is no LSTM.
#[derive(Clone, Copy, Debug)]
pub struct TextOperations {
    /// Of a BERT, forward and backward through all layers, for every clip of the training split; 0 where it is not trained.
    pub bert: u64,
    /// W, the width of its vectors.
    pub width: usize,
}

/// Operations of an epoch of this stage; `None` where they are not known. `text`: what encodes text in place of an LSTM.
pub fn of_epoch(stage: Stage, settings: &Settings, dataset: &Dataset, text: Option<TextOperations>) -> Option<u64> {
    let model = &settings.model;
    let clips = dataset.len(Split::Train) as u64;
    let steps = PerModality::from_fn(|m| dataset.lengths(Split::Train, m).iter().map(|&n| n as u64).sum());
    let dims = PerModality::from_fn(|m| dataset.shapes[m].1);
    let members = &settings.denoising.members;
    let network =
        |projection| network(model, &dims, &steps, clips, projection, text.filter(|_| model.has(Modality::Text)));
    Some(match stage {
        Stage::Contrastive => network(true) * members.networks as u64,
        Stage::Denoising => {
            if settings.denoising.learner.trains_encoders() {
                return text.is_none().then(|| learner(settings, &dims, &steps, clips));
            }
            let second_order = settings.denoising.objective != Objective::FirstOrder;
            corrector(model, second_order) * clips * (model.encoded().len() * members.count()) as u64
        }
        Stage::Joint => network(false),
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
    text: Option<TextOperations>,
) -> u64 {
    let ModelSettings { hidden, representation: d, fused: d_f, .. } = *model;
    let count = model.encoded().len();
    let mut linear = count as u64 * (product(hidden, d) + product(d, 1)) + product(count * d, d_f) + product(d_f, 1);
    let mut recurrent = recurrent(model, dims, steps);
    if let Some(TextOperations { bert, width }) = text {
        linear = linear + product(width, d) - product(hidden, d);
        let lstm = of_lstm(hidden, dims.text, steps.text);
        recurrent = recurrent - lstm + bert;
    }
    if projection && model.projection {
        linear += count as u64 * (product(d_f, d_f) + product(d_f, d));
    }
    // Forward, and backward the gradients of the weights and of what went in.
    recurrent + 3 * linear * clips
}

/// Operations of one pass of the training split forward and backward through the LSTMs.
pub fn of_recurrence(settings: &Settings, dataset: &Dataset) -> u64 {
    let steps = PerModality::from_fn(|m| dataset.lengths(Split::Train, m).iter().map(|&n| n as u64).sum());
    recurrent(&settings.model, &PerModality::from_fn(|m| dataset.shapes[m].1), &steps)
}

/// Forward and backward through the LSTMs.
fn recurrent(model: &ModelSettings, dims: &PerModality<usize>, steps: &PerModality<u64>) -> u64 {
    model.encoded().into_iter().map(|m| of_lstm(model.hidden, dims[m], steps[m])).sum()
}

fn of_lstm(hidden: usize, dim: usize, steps: u64) -> u64 {
    // Forward, and backward the gradient of the weights; that of the hidden state, and none of the inputs.
    steps * (2 * product(dim, 4 * hidden) + 3 * product(hidden, 4 * hidden))
}

/// Stage 2 where encoders are trained in it: the passes that a step makes, and the learner's own.
fn learner(settings: &Settings, dims: &PerModality<usize>, steps: &PerModality<u64>, clips: u64) -> u64 {
    let model = &settings.model;
    let ModelSettings { hidden, representation: d, fused: d_f, .. } = *model;
    let count = model.encoded().len();
    let recurrent = recurrent(model, dims, steps);
    let outputs = count as u64 * product(hidden, d) * clips;
    let heads = count as u64 * product(d, 1) * clips;
    let fusion = (product(count * d, d_f) + product(d_f, 1)) * clips;
    // The unimodal loss runs through fusion, and the multimodal one through the heads, forward only.
    let inner = recurrent + 3 * outputs + 3 * heads + fusion;
    let clean = recurrent + 3 * outputs + heads + 3 * fusion;
    // Along a change of the weights there are as many products as forward and backward.
    let along = recurrent + 3 * outputs + 3 * heads;
    let step = inner + clean + along;
    let own = |widths: &[usize]| {
        let layers: Vec<u64> = widths.windows(2).map(|pair| product(pair[0], pair[1])).collect();
        (3 * layers.iter().sum::<u64>() - layers[0]) * count as u64 * clips
    };
    match settings.denoising.learner {
        Learner::Mucn => 0,
        Learner::Mlc => {
            let mut widths = vec![model.corrector_hidden; model.corrector_layers + 2];
            widths[0] = d + 1;
            widths[model.corrector_layers + 1] = 1;
            // The discount asks for the multimodal loss again, at all steps but the first after one of the corrector.
            let looks = u64::from(settings.denoising.look_ahead);
            step + own(&widths) + clean * (looks - 1) / looks
        }
        // The step itself is made with new weights.
        Learner::MetaWeight => {
            step + inner + own(&[1, WIDTH, 1]) + count as u64 * (product(1, WIDTH) + product(WIDTH, 1)) * clips
        }
    }
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
        assert_eq!(network(&model, &dims, &steps, 2, false, None), recurrent + 3 * 2 * linear);
        // z 3·(2·25 + 2·15)
        assert_eq!(network(&model, &dims, &steps, 2, true, None), recurrent + 3 * 2 * (linear + 240));
        // In place of text's LSTM, 4·416, and of its h, 2·6 for three products of two clips: a BERT and 2·7·3 of W = 7.
        let text = Some(TextOperations { bert: 1000, width: 7 });
        let found = network(&model, &dims, &steps, 2, false, text);
        assert_eq!(found, recurrent - 4 * 416 + 1000 + 3 * 2 * (linear - 12 + 42));
        let without = ModelSettings { projection: false, ..model.clone() };
        assert_eq!(network(&without, &dims, &steps, 2, true, None), recurrent + 3 * 2 * linear);
        // Layers 2·28, 2·49, 2·7: in all 168; backward 168 + 112.
        let first_order = 3 * 280 + 2 * 168;
        assert_eq!(corrector(&model, false), first_order);
        assert_eq!(corrector(&model, true), first_order + 154 + 2 * 112 + 98);
    }

    #[test]
    fn learners_that_train_encoders_count_every_pass() {
        let mut settings = settings();
        (settings.denoising.members, settings.denoising.learner) = (1.into(), Learner::Mlc);
        let dims = PerModality { text: 10, audio: 11, vision: 12 };
        let steps = PerModality { text: 4, audio: 0, vision: 1 };
        let of = |settings: &Settings| learner(settings, &dims, &steps, 2);
        // As above: LSTMs 2144, h 36, heads 18, fusion 90, head 10.
        let (recurrent, h, heads, fusion) = (2144, 2 * 36, 2 * 18, 2 * 100);
        let (inner, clean) = (recurrent + 3 * h + 3 * heads + fusion, recurrent + 3 * h + heads + 3 * fusion);
        let along = recurrent + 3 * h + 3 * heads;
        // The corrector's 168 three times but for the gradient of what goes in, 56; three of them, for two clips.
        let mlc = inner + clean + along + 6 * (3 * 168 - 56);
        assert_eq!(of(&settings), mlc);
        settings.denoising.look_ahead = 2;
        assert_eq!(of(&settings), mlc + clean / 2);
        // V's two layers of 200 as the corrector's, and forward once more.
        settings.denoising.learner = Learner::MetaWeight;
        assert_eq!(of(&settings), 2 * inner + clean + along + 6 * (3 * 400 - 200) + 6 * 400);
    }

    #[test]
    fn the_recurrence_is_what_a_stage_has_beside_its_linear_layers() {
        let settings = settings();
        let data = SHAPES[3].random(6, 1).unwrap();
        let linear = network(
            &settings.model,
            &PerModality::from_fn(|m| data.shapes[m].1),
            &PerModality::default(),
            6,
            false,
            None,
        );
        let all = of_epoch(Stage::Joint, &settings, &data, None).unwrap();
        assert_eq!(of_recurrence(&settings, &data), all - linear);
    }

    #[test]
    fn an_epoch_counts_every_clip_network_and_corrector() {
        let mut settings = settings();
        let data = SHAPES[3].random(6, 1).unwrap();
        let count = |stage, settings: &Settings| of_epoch(stage, settings, &data, None).unwrap();
        let corrector = corrector(&settings.model, true);
        assert_eq!(count(Stage::Denoising, &settings), 6 * 3 * 4 * corrector);
        let one = count(Stage::Contrastive, &settings);
        assert!(one > count(Stage::Joint, &settings), "the joint stage makes no z");
        settings.denoising.members.networks = 2;
        assert_eq!(count(Stage::Contrastive, &settings), 2 * one);
        assert_eq!(count(Stage::Denoising, &settings), 6 * 3 * 8 * corrector);
    }
}
