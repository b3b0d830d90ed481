//! How stages 1 and 3 train networks: their optimiser, its learning rates from step to step, and batches in parts.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;

use super::optimizer::{AdamW, Clipping, LearningRates, Parameter, ParameterGroup};
use super::records::Trainee;
use super::schedule;
use crate::config::{Precision, Settings};
use crate::dataset::Batch;

/// The optimiser of a network, or of several, with this weight decay. A BERT has its own decay, none on biases and
/// LayerNorms, and the gradients of all parameters are clipped together (Devlin et al., NAACL 2019); in f16 the loss is
/// scaled.
pub fn optimizer<M: Module>(module: &M, settings: &Settings, weight_decay: f32) -> AdamW {
    let training = &settings.training;
    if !settings.model.text.trains_bert() {
        return AdamW::new(weight_decay, training.gradient_clip, Clipping::Tensors);
    }
    let optimizer = AdamW::new(weight_decay, training.gradient_clip, Clipping::Together);
    // Only f16 has too little range for small gradients.
    let optimizer = if training.precision == Precision::F16 { optimizer.with_loss_scale() } else { optimizer };
    optimizer
        .with_group(ParameterGroup::of(module, training.bert_weight_decay, |p| is_berts(&p)))
        .with_group(ParameterGroup::of(module, 0.0, |p| is_berts(&p) && p.is_vector()))
}

fn is_berts(parameter: &Parameter<'_>) -> bool {
    parameter.path.contains("text.bert.")
}

/// The learning rates of a step of a stage whose own rate is `rate`; `done`: the share of its steps that lies behind.
pub fn rates(settings: &Settings, rate: f64, done: f64) -> LearningRates {
    let factor = schedule::factor(&settings.training, done);
    let bert = settings.model.text.trains_bert().then_some(settings.training.bert_learning_rate * factor);
    LearningRates { others: rate * factor, groups: bert.into_iter().flat_map(|rate| [rate; 2]).collect() }
}

/// One step on a batch in parts: `losses` of each part, its number from 0, are the terms of the loss, the loss itself first.
/// The step goes down the gradient of the parts' mean, weighted by their clips; the means of the terms come back, (1) each.
///
/// # Errors
/// As `losses`.
pub fn step_in_parts<M: Module, E>(
    trainee: &mut Trainee<M>,
    parts: &[Batch],
    rates: LearningRates,
    mut losses: impl FnMut(&M, &Batch, usize) -> Result<Vec<Tensor<1>>, E>,
) -> Result<Vec<Tensor<1>>, E> {
    let all: usize = parts.iter().map(|part| part.labels.len()).sum();
    let mut gradients = GradientsAccumulator::<M>::new();
    let mut means: Vec<Tensor<1>> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let terms = losses(&trainee.module, part, at)?;
        let Some(loss) = terms.first() else { continue };
        if parts.len() == 1 {
            trainee.step(loss, rates);
            return Ok(terms);
        }
        let share = part.labels.len() as f32 / all as f32;
        let backward = trainee.scaled(loss.clone().mul_scalar(share)).backward();
        gradients.accumulate(&trainee.module, GradientsParams::from_grads(backward, &trainee.module));
        let terms = terms.into_iter().map(|term| term.detach().mul_scalar(share));
        means = if at == 0 { terms.collect() } else { means.into_iter().zip(terms).map(|(a, b)| a + b).collect() };
    }
    trainee.apply(gradients.grads(), rates);
    Ok(means)
}

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::{Device, TensorData};

    use super::*;
    use crate::config::{Pooling, TextEncoder};
    use crate::dataset::tokens::Tokens;
    use crate::model::bert::load::load;
    use crate::model::bert::tests::{along_and_norm, gradients_of};
    use crate::model::bert::{Bert, BertDropout};
    use crate::weights::{Weights, made};

    #[derive(Module, Debug)]
    struct Clip {
        text: Text,
    }

    #[derive(Module, Debug)]
    struct Text {
        bert: Bert,
        output: Linear,
    }

    impl Clip {
        fn new(weights: &Weights) -> Self {
            let device = Device::flex().autodiff();
            let width = weights.config.hidden_size;
            let wave = (0..width).map(|i| (0.1 * (0.37 * i as f64 + 0.5).sin()) as f32).collect();
            let mut output = LinearConfig::new(width, 1).init(&device);
            let tensor = |values: Vec<f32>, shape: &[usize]| TensorData::new(values, shape.to_vec());
            output.weight = output.weight.map(|_| Tensor::from_data(tensor(wave, &[width, 1]), &device).require_grad());
            output.bias =
                output.bias.map(|b| b.map(|_| Tensor::from_data(tensor(vec![0.1], &[1]), &device).require_grad()));
            Self { text: Text { bert: load(weights, &device).unwrap(), output } }
        }

        /// mean |prediction - y| of the clips from `start` on.
        fn loss(&self, ids: &[Vec<u32>], start: usize) -> Tensor<1> {
            let mut tokens = Tokens::default();
            ids.iter().for_each(|ids| tokens.push(ids, &vec![0; ids.len()]));
            let Text { bert, output } = &self.text;
            let pooled = bert.pooled(&tokens, Pooling::Mean, &mut BertDropout::inference());
            let y = (start..start + ids.len()).map(|i| (2.0 * (1.3 * i as f64 + 0.2).sin()) as f32);
            let y = TensorData::new(y.collect::<Vec<f32>>(), [ids.len(), 1]);
            (output.forward(pooled) - Tensor::<2>::from_data(y, &Device::flex())).abs().mean()
        }
    }

    /// The gradients of the first of ten steps and the losses of all of them beside PyTorch's.
    fn follow(name: &str, weights: &Weights, ids: &[Vec<u32>], [bert_rate, rate]: [f64; 2]) {
        let expected = made::steps(name);
        let mut settings = Settings::default();
        settings.model.text.encoder = TextEncoder::Bert;
        settings.training.bert_learning_rate = bert_rate;
        settings.training.bert_weight_decay = 0.01;
        settings.training.gradient_clip = 1.0;
        let clip = Clip::new(weights);

        let found = gradients_of(&clip.text.bert, clip.loss(&ids[..4], 0));
        assert_eq!(found.len(), expected.gradients.len());
        let (mut of_gradients, mut of_losses) = (0.0_f64, 0.0_f32);
        for (found, (parameter, along, norm)) in found.iter().zip(&expected.gradients) {
            let [sum, length] = along_and_norm(found.as_ref().unwrap());
            // Of a key's bias nothing depends: its gradient is the rounding of other numbers.
            let bound = 1e-4 * norm.max(1e-2);
            assert!((length - norm).abs() < bound, "{name}, {parameter}: {length} {norm}");
            assert!((sum - along).abs() < bound, "{name}, {parameter}: {sum} {along}");
            let off = (length - norm).abs().max((sum - along).abs());
            of_gradients = of_gradients.max(off / norm.max(1e-2));
        }

        let optimizer = optimizer(&clip, &settings, 0.05);
        let mut trainee = Trainee::new(clip, optimizer, "network");
        let mut losses: Vec<f32> = Vec::new();
        for _ in 0..2 {
            for (batch, ids) in ids.chunks(4).enumerate() {
                let loss = trainee.module.loss(ids, 4 * batch);
                losses.push(loss.clone().into_scalar());
                trainee.step(&loss, rates(&settings, rate, 0.0));
            }
        }
        assert_eq!(losses.len(), expected.losses.len());
        for (step, (found, expected)) in losses.iter().zip(&expected.losses).enumerate() {
            assert!((found - expected).abs() < 1e-3, "{name}, step {step}: {found} {expected}");
            of_losses = of_losses.max((found - expected).abs());
        }
        println!(
            "{name}: gradients are off by {of_gradients:.1e} of their norms, losses {losses:?} by {of_losses:.1e}"
        );
        let moved = losses[..5].iter().zip(&losses[5..]).map(|(a, b)| (a - b).abs());
        assert!(moved.fold(0.0, f32::max) > 0.1, "the same batches have other losses the second time: {losses:?}");
    }

    #[test]
    fn ten_steps_of_the_small_bert_follow_pytorch() {
        let ids: Vec<_> = made::texts().into_iter().map(|text| text.small).collect();
        follow("small", &made::small("small"), &ids, [3e-3, 3e-2]);
    }

    #[test]
    fn ten_steps_of_the_real_bert_follow_pytorch() {
        let Some(folder) = made::real() else { return };
        let ids: Vec<_> = made::texts().into_iter().map(|text| text.ids).collect();
        follow("minilm", &Weights::in_folder("real", &folder).unwrap(), &ids, [5e-5, 1e-3]);
    }
}
