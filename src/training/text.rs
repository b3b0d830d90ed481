//! Text by a BERT before a run trains ([the method](crate::book::method), text by BERT): its weights on the run's device, or,
//! where they are not trained, every clip's vector in place of the data's text.

use std::sync::Arc;

use burn::tensor::Device;

use super::error::TrainingError;
use super::readback::values;
use crate::config::TextSettings;
use crate::dataset::Dataset;
use crate::dataset::tokens::Tokens;
use crate::model::bert::load::load;
use crate::model::bert::{Bert, BertDropout};
use crate::model::text::Text;
use crate::split::PerSplit;
use crate::weights::Weights;

/// Clips that are encoded together; the result does not depend on it.
const CLIPS: usize = 64;

/// Loads the weights, and encodes every clip where they are not trained: the data then holds a vector in place of each
/// clip's text. `encoded` is told how many of how many clips are done.
///
/// # Errors
/// Weights that cannot be read, or a device that failed.
pub fn prepare(
    dataset: Dataset,
    settings: &TextSettings,
    weights: &Weights,
    device: &Device,
    encoded: &mut dyn FnMut(usize, usize),
) -> Result<(Dataset, Text), TrainingError> {
    if settings.fine_tune {
        let bert = load(weights, &device.clone().autodiff())?.training(Some(settings.layers));
        let config = Box::new(weights.config.clone());
        let (pooling, sha256) = (settings.pooling, weights.sha256.clone());
        return Ok((dataset, Text::Bert { bert: Box::new(bert), config, pooling, sha256 }));
    }
    // Parameters have gradients, which a device without a tape refuses; what is not trained runs without one.
    let bert = load(weights, &device.clone().autodiff())?.training(None);
    let width = weights.config.hidden_size;
    let vectors = encode(&dataset, settings, &bert, encoded)?;
    Ok((dataset.with_text_vectors(vectors, width), Text::Vectors { width }))
}

/// Every clip's pooled vector, (N, W) row-major for each split; zeros for a clip without text.
fn encode(
    dataset: &Dataset,
    settings: &TextSettings,
    bert: &Bert,
    encoded: &mut dyn FnMut(usize, usize),
) -> Result<PerSplit<Vec<f32>>, TrainingError> {
    let all: usize = PerSplit::from_fn(|split| dataset.len(split)).iter().map(|(_, count)| count).sum();
    let mut done = 0;
    PerSplit::try_from_fn(|split| {
        let mut vectors = Vec::new();
        let rows: Vec<usize> = (0..dataset.len(split)).collect();
        for rows in rows.chunks(CLIPS) {
            let tokens: Arc<Tokens> = dataset.batch(split, rows)?.tokens.unwrap_or_default();
            vectors.extend(values(bert.pooled(&tokens, settings.pooling, &mut BertDropout::inference()))?);
            done += rows.len();
            encoded(done, all);
        }
        Ok(vectors)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DataSettings, Members, Settings, TextEncoder, TrainedLayers};
    use crate::dataset::{Source, TextInput};
    use crate::model::dropout::Dropout;
    use crate::model::init::values_by_path;
    use crate::split::Split;
    use crate::training::context::{Context, StageTrainer};
    use crate::training::contrastive::Contrastive;
    use crate::training::events::Stage;
    use crate::training::feed::Feed;
    use crate::training::fine_tuning::{optimizer, rates};
    use crate::training::left_out::LeftOut;
    use crate::training::randomness::{Purpose, generator};
    use crate::training::records::Trainee;
    use std::collections::BTreeMap;

    fn weights() -> Weights {
        Weights::find(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bert/small")).unwrap()
    }

    fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
        let mut settings = Settings::default();
        settings.model.text.encoder = TextEncoder::Bert;
        (settings.model.hidden, settings.model.representation, settings.model.fused) = (4, 6, 5);
        (settings.denoising.members, settings.training.bert_learning_rate) = (1.into(), 1e-3);
        change(&mut settings);
        settings
    }

    fn context(settings: Settings) -> Arc<Context> {
        let (weights, device) = (weights(), Device::flex());
        let input = TextInput { weights: &weights, max_length: 12, tokenize: false };
        let source = Source::resolve("demo", std::path::Path::new("")).unwrap();
        let dataset = Dataset::open_for(&source, &DataSettings::default(), Some(&input)).unwrap();
        let (dataset, text) = prepare(dataset, &settings.model.text, &weights, &device, &mut |_, _| ()).unwrap();
        Arc::new(Context::new(settings, Arc::new(dataset), &device).unwrap().with_text(Some(text)).unwrap())
    }

    /// All parameters before and after two steps of stage 1, by path.
    fn steps(context: &Arc<Context>) -> [BTreeMap<String, Vec<f32>>; 2] {
        let mut trainer = Contrastive::new(context.clone());
        let mut feed = Feed::new(context.dataset.clone(), &(0..32).collect::<Vec<_>>(), 16);
        let mut step = 0;
        while let Some(rows) = feed.rows() {
            trainer.step(&rows, &mut feed, generator(1, Purpose::Step(Stage::Contrastive, step)), 0.5).unwrap();
            step += 1;
        }
        let networks = context.load_networks(trainer.trained().weights().unwrap()).unwrap();
        [values_by_path(&context.new_networks()), values_by_path(&networks)]
    }

    #[test]
    fn vectors_of_a_bert_that_is_not_trained_are_what_it_says_of_the_tokens() {
        let [tuned, kept] = [true, false].map(|fine_tune| context(settings(|s| s.model.text.fine_tune = fine_tune)));
        assert!(tuned.dataset.tokens(Split::Valid).is_some() && kept.dataset.tokens(Split::Valid).is_none());
        assert_eq!(kept.dataset.shapes.text, (1, weights().config.hidden_size));
        let rows: Vec<usize> = (0..5).collect();
        let of = |context: &Context| {
            let batch = context.dataset.batch(Split::Valid, &rows).unwrap();
            let output = context.new_network().forward(&batch, &mut Dropout::inference());
            values(output.representations.text.unwrap()).unwrap()
        };
        // Both draw the same first weights for what follows the BERT.
        let apart = of(&tuned).iter().zip(of(&kept)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 1e-5, "{apart}");
    }

    #[test]
    fn layers_that_are_trained_move_and_no_others() {
        for (layers, moving) in
            [(TrainedLayers::All, &["embeddings", "layer.0", "layer.1"][..]), (TrainedLayers::Last(1), &["layer.1"])]
        {
            let [before, after] = steps(&context(settings(|s| s.model.text.layers = layers)));
            let moved = |part: &str| {
                before.iter().any(|(path, values)| path.contains(&format!("bert.{part}")) && after[path] != *values)
            };
            for part in ["embeddings", "encoder.layer.0", "encoder.layer.1"] {
                assert_eq!(moved(part), moving.iter().any(|own| part.ends_with(own)), "{layers:?} {part}");
            }
        }
    }

    #[test]
    fn parameters_are_counted_by_their_own_part_and_several_berts_are_told() {
        let of = |layers, networks| {
            context(settings(|s| {
                s.model.text.layers = layers;
                s.denoising.members = Members { networks, correctors: 1 };
            }))
        };
        let [whole, half] = [TrainedLayers::All, TrainedLayers::Last(1)].map(|layers| {
            let context = of(layers, 1);
            assert!(context.several_berts_in_words().is_none());
            context.new_network().parameters()
        });
        let names: Vec<&str> = whole.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["bert", "text", "audio", "vision", "heads", "fusion", "projections"]);
        let [(_, all), (_, last)] = [whole[0], half[0]];
        assert!(all.frozen == 0 && last.frozen > 0 && last.trained > 0 && last.trained + last.frozen == all.trained);
        let context = of(TrainedLayers::All, 3);
        let (model, width) = (&context.settings.model, context.dataset.shapes.audio.1);
        let lstm = 4 * model.hidden * (width + model.hidden + 1) + model.representation * (model.hidden + 1);
        assert_eq!(whole[2].1.trained, lstm);
        assert!(context.several_berts_in_words().unwrap().contains("3 networks"));
    }

    #[test]
    fn documents_hold_the_layers_that_are_trained_and_no_others() {
        let [whole, half] = [TrainedLayers::All, TrainedLayers::Last(1)]
            .map(|layers| context(settings(|s| s.model.text.layers = layers)));
        assert!(whole.left_out.parts.is_empty() && whole.left_out_in_words().is_none());
        assert_eq!(half.left_out.parts, ["text.bert.embeddings", "text.bert.encoder.layer.0"]);
        assert_eq!(half.left_out.checksum, weights().sha256);
        assert!(half.left_out_in_words().unwrap().starts_with("model.text.layers: "));
        let document = |context: &Arc<Context>| Contrastive::new(context.clone()).trained().weights().unwrap();
        let (all, trained) = (document(&whole), document(&half));
        assert!(trained.len() < all.len(), "{} {}", trained.len(), all.len());
        let values = |networks| values_by_path(&networks);
        let first = values(half.new_networks());
        assert_eq!(values(half.load_networks(trained.clone()).unwrap()), first);
        // As an older version wrote it; and what lacks layers that are trained is refused.
        assert_eq!(values(half.load_networks(all).unwrap()), first);
        assert!(whole.load_networks(trained).is_err());
        assert!(half.expect_left_out(&half.left_out).is_ok() && half.expect_left_out(&whole.left_out).is_ok());
        let other = LeftOut { checksum: "other".into(), ..half.left_out.clone() };
        assert!(half.expect_left_out(&other).is_err() && whole.expect_left_out(&half.left_out).is_err());
    }

    #[test]
    fn biases_and_norms_of_a_bert_do_not_decay() {
        let context = context(settings(|s| s.training.bert_weight_decay = 0.5));
        let settings = &context.settings;
        let network = context.new_network();
        let batch = context.dataset.batch(Split::Train, &[0, 1]).unwrap();
        let before = values_by_path(&network);
        let mut trainee = Trainee::new(network.clone(), optimizer(&network, settings, 0.0), "network");
        // Gradients of 0 for all that the prediction depends on: what moves is what decays.
        let output = trainee.module.forward(&batch, &mut Dropout::inference());
        trainee.step(&output.multimodal.sum().mul_scalar(0.0), rates(settings, 0.1, 0.0));
        for (path, values) in values_by_path(&trainee.module) {
            let is_matrix = ["dense.weight", "query.weight", "key.weight", "value.weight", "embeddings.weight"];
            let decays = path.contains("bert.") && is_matrix.iter().any(|end| path.ends_with(end));
            let kept = if decays { 1.0 - 1e-3 * 0.5 } else { 1.0 };
            for (found, first) in values.iter().zip(&before[&path]) {
                assert!((found - first * kept).abs() < 1e-7, "{path}: {first} {found}");
            }
        }
    }

    #[test]
    fn settings_and_encoder_have_to_agree() {
        let dataset = crate::training::speed::SHAPES[3].random(4, 1).unwrap();
        let context = Context::new(settings(|_| ()), Arc::new(dataset), &Device::flex()).unwrap();
        assert!(matches!(context.with_text(None), Err(TrainingError::Text)));
    }
}
