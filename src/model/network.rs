//! The multimodal network: encoders F_m, fusion F_f, heads C_m and C_f, contrastive projections P_m ([the method](crate::book::method),
//! modules).

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use super::contrast::unit_rows;
use super::dropout::Dropout;
use super::encoder::{Encoder, linear_along};
use super::init;
use super::layer::{linear, linear_relu, score};
use super::memory::Memory;
use super::parameters::{Parameters, count};
use super::recurrent;
use super::text::{Text, TextEncoder};
use crate::config::ModelSettings;
use crate::dataset::Batch;
use crate::modality::{Modality, PerModality};

/// Contrastive projection module (CPM) of one modality: a two-layer MLP, d_f → d.
#[derive(Module, Debug)]
struct Projection {
    inner: Linear,
    outer: Linear,
}

/// Everything that predicts sentiment; the corrector is apart, see [`super::corrector`].
#[derive(Module, Debug)]
pub struct Network {
    /// LSTMs, in the order of `modalities`; none of text where a BERT encodes it.
    encoders: Vec<Encoder>,
    /// The encoder of text where it is no LSTM.
    text: Option<TextEncoder>,
    /// In the order of `modalities`, as below.
    heads: Vec<Linear>,
    /// Empty without contrastive projection modules.
    projections: Vec<Projection>,
    fusion: Linear,
    head: Linear,
    /// In the order of [`Modality::ALL`].
    #[module(skip)]
    modalities: Vec<Modality>,
    /// H: heads predict in units of it.
    #[module(skip)]
    label_range: f32,
    /// Of the LSTMs.
    #[module(skip)]
    memory: Memory,
}

/// Networks that differ in nothing but their random numbers; the first is the one that predicts.
#[derive(Module, Debug)]
pub struct Networks {
    pub all: Vec<Network>,
}

/// What the network says of a batch.
pub struct Output {
    /// h_m, (B, d); as ŷ_m there only for the modalities that the network has.
    pub representations: PerModality<Option<Tensor<2>>>,
    /// h_f, (B, d_f)
    pub fused: Tensor<2>,
    /// ŷ_m, (B)
    pub unimodal: PerModality<Option<Tensor<1>>>,
    /// ŷ, (B)
    pub multimodal: Tensor<1>,
}

/// The values of these modalities, of one for each of [`Modality::ALL`].
fn of_these<T>(modalities: &[Modality], all: [T; Modality::ALL.len()]) -> Vec<T> {
    all.into_iter().zip(Modality::ALL).filter(|(_, m)| modalities.contains(m)).map(|(value, _)| value).collect()
}

fn is_text(m: Modality) -> bool {
    m == Modality::Text
}

impl Network {
    /// A network for inputs of these sizes (D_m), its weights drawn from `rng`. `text` encodes text in place of an LSTM.
    pub fn new(
        dims: &PerModality<usize>,
        label_range: f32,
        settings: &ModelSettings,
        text: Option<&Text>,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self {
        let (d, d_f) = (settings.representation, settings.fused);
        let modalities = settings.encoded();
        // Drawn even where they are not used: everything else begins with the same weights then.
        let dim = |m| if is_text(m) && text.is_some() { 0 } else { dims[m] };
        let encoders = Modality::ALL.map(|m| Encoder::new(dim(m), settings.hidden, d, rng, device));
        let heads = Modality::ALL.map(|_| init::linear(d, 1, rng, device));
        let projections = Modality::ALL.map(|_| Projection {
            inner: init::linear(d_f, d_f, rng, device),
            outer: init::linear(d_f, d, rng, device),
        });
        let mut projections = of_these(&modalities, projections);
        projections.retain(|_| settings.projection);
        let recurrent: Vec<Modality> = modalities.iter().copied().filter(|m| !is_text(*m) || text.is_none()).collect();
        let fusion = init::linear(modalities.len() * d, d_f, rng, device);
        let head = init::linear(d_f, 1, rng, device);
        let text = text.filter(|_| settings.has(Modality::Text)).map(|text| TextEncoder::new(text, d, rng, device));
        Self {
            encoders: of_these(&recurrent, encoders),
            text,
            heads: of_these(&modalities, heads),
            projections,
            fusion,
            head,
            modalities,
            label_range,
            memory: Memory::default(),
        }
    }

    /// The same network for data some of whose clips lack these modalities, see `Encoder::with_missing`.
    pub fn with_missing(self, lacking: &PerModality<bool>, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let recurrent = self.recurrent();
        let add = |(encoder, m): (Encoder, Modality)| {
            if lacking[m] { encoder.with_missing(rng, device) } else { encoder }
        };
        let encoders = self.encoders.into_iter().zip(recurrent).map(add).collect();
        let add = |text: TextEncoder| if lacking.text { text.with_missing(rng, device) } else { text };
        Self { encoders, text: self.text.map(add), ..self }
    }

    /// The modalities that LSTMs encode, in order.
    fn recurrent(&self) -> Vec<Modality> {
        self.modalities.iter().copied().filter(|m| !is_text(*m) || self.text.is_none()).collect()
    }

    /// See `Encoder::with_empty_for_missing`.
    pub fn with_empty_for_missing(self) -> Self {
        Self { encoders: self.encoders.into_iter().map(Encoder::with_empty_for_missing).collect(), ..self }
    }

    /// Numbers of parameters of the encoders, by their modality (that of text apart from its `bert`), and of `heads`, `fusion`
    /// (with the head of h_f) and `projections`. On a device with a tape, see [`count`].
    pub fn parameters(&self) -> Vec<(&'static str, Parameters)> {
        let text = self.text.iter().flat_map(TextEncoder::parameters);
        let recurrent = self.recurrent().into_iter().zip(&self.encoders);
        let encoders = text.chain(recurrent.map(|(m, encoder)| (m.name(), count(encoder))));
        let fusion = [count(&self.fusion), count(&self.head)].into_iter().sum();
        let rest = [("heads", count(&self.heads)), ("fusion", fusion), ("projections", count(&self.projections))];
        encoders.chain(rest).collect()
    }

    /// Runs encoders, fusion and heads.
    pub fn forward(&self, batch: &Batch, dropout: &mut Dropout) -> Output {
        let recurrent = self.recurrent();
        let recurrences = recurrent.iter().copied().zip(self.encoders.iter().map(Encoder::recurrence));
        let last_hidden = recurrent::last_hidden(recurrences.collect(), &batch.sequences, &self.memory);
        let text = self.text.iter().map(|text| text.represent(batch, dropout)).collect::<Vec<_>>();
        let represent = |((m, encoder), last): ((&Modality, &Encoder), Tensor<2>)| {
            encoder.represent(last, &batch.sequences[*m].lengths, dropout)
        };
        // Text is the first of all modalities.
        let others = recurrent.iter().zip(&self.encoders).zip(last_hidden).map(represent);
        let all: Vec<_> = text.into_iter().chain(others).collect();
        let fused = linear_relu(&self.fusion, dropout.apply(Tensor::cat(all.clone(), 1)));
        let representations = PerModality::from_fn(|m| self.place(m).map(|at| all[at].clone()));
        let unimodal =
            PerModality::from_fn(|m| self.place(m).map(|at| score(&self.heads[at], all[at].clone(), self.label_range)));
        let multimodal = score(&self.head, fused.clone(), self.label_range);
        Output { representations, fused, unimodal, multimodal }
    }

    /// How each ŷ_m, (B), changes along a change of the weights, to first order: its directional derivative. For a network
    /// without a tape; `change` holds the change, parameter by parameter. `dropout` makes the same dropout again for each
    /// time that it is asked.
    ///
    /// Burn's tape is first order only, so a gradient through a step of gradient descent is taken in two parts: backward
    /// for the loss after the step, and this, forward, for the loss that the step descends.
    pub fn predictions_along(
        &self,
        change: &Network,
        batch: &Batch,
        dropout: impl Fn() -> Dropout,
    ) -> PerModality<Option<Tensor<1>>> {
        let (mut own, mut again) = (dropout(), dropout());
        PerModality::from_fn(|m| {
            let of = self.place(m)?;
            let sequences = &batch.sequences[m];
            let h = match (&self.text, &change.text) {
                (Some(text), Some(moved)) if is_text(m) => {
                    text.represent_along(moved, sequences, [&mut own, &mut again])
                }
                _ => {
                    let at = self.recurrent().iter().position(|own| *own == m)?;
                    let (encoder, moved) = (&self.encoders[at], &change.encoders[at]);
                    let last = recurrent::last_hidden_along(&encoder.recurrence(), &moved.recurrence(), sequences);
                    encoder.represent_along(moved, &sequences.lengths, last, [&mut own, &mut again])
                }
            };
            let [_, along] = linear_along(&self.heads[of], &change.heads[of], h);
            Some(along.squeeze_dim::<1>(1).mul_scalar(self.label_range))
        })
    }

    /// z_m, (B, d) each: made of h_f by the projection module of m; without such modules h_m, scaled to length 1.
    pub fn project(&self, output: &Output) -> PerModality<Option<Tensor<2>>> {
        output.representations.map(|m, h| {
            let own = self.place(m).and_then(|at| self.projections.get(at));
            h.clone().map(|h| match own {
                Some(Projection { inner, outer }) => linear(outer, linear_relu(inner, output.fused.clone())),
                None => unit_rows(h),
            })
        })
    }

    /// Where the parts of a modality are.
    fn place(&self, m: Modality) -> Option<usize> {
        self.modalities.iter().position(|own| *own == m)
    }
}
