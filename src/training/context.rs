//! What all stages of one run share, and what a stage is to the machine that runs it.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Device;
use rand_chacha::ChaCha8Rng;

use super::error::TrainingError;
use super::events::{EmbeddingValues, LabelValues, Metrics, PartSize, Scalars, Stage};
use super::feed::Feed;
use super::fits::Demand;
use super::left_out::LeftOut;
use super::levels::Levels;
use super::operations::TextOperations;
use super::presence::Presence;
use super::randomness::{Purpose, generator, of_member};
use super::readback::Pending;
use super::records::{self, Trained};
use crate::config::{Grid, Settings};
use crate::dataset::Dataset;
use crate::device::{is_cpu, memory};
use crate::modality::PerModality;
use crate::model::bert::{self, precision};
use crate::model::corrector::{Corrector, Member};
use crate::model::network::{Network, Networks};
use crate::model::text::Text;
use crate::split::Split;

/// Data, settings and device of a run.
pub struct Context {
    pub settings: Settings,
    pub dataset: Arc<Dataset>,
    /// With a tape.
    pub device: Device,
    /// What corrected labels are moved to.
    pub levels: Levels,
    /// Which modalities each clip has.
    pub presence: Presence,
    /// What encodes text in place of an LSTM.
    text: Option<Text>,
    /// Parameters of the networks that no document of weights holds: what stays as it was of a BERT.
    pub left_out: LeftOut,
}

impl Context {
    /// # Errors
    /// A step from level to level that leaves no label but 0.
    pub fn new(settings: Settings, dataset: Arc<Dataset>, device: &Device) -> Result<Context, TrainingError> {
        let (grid, range) = (settings.labels.grid, dataset.label_range);
        let levels = Levels::new(grid, dataset.labels(Split::Train), range).ok_or(match grid {
            Grid::Step(step) => TrainingError::Grid { step, range },
            Grid::Auto | Grid::Off => TrainingError::Grid { step: 0.0, range },
        })?;
        let presence = Presence::new(&dataset, &settings.model);
        Ok(Context {
            settings,
            dataset,
            device: device.clone().autodiff(),
            levels,
            presence,
            left_out: LeftOut::default(),
            text: None,
        })
    }

    /// The same with what encodes text, see [`super::text::prepare`].
    ///
    /// # Errors
    /// Settings that ask for what is not there.
    pub fn with_text(self, text: Option<Text>) -> Result<Context, TrainingError> {
        if self.settings.model.text.is_bert() != text.is_some() {
            return Err(TrainingError::Text);
        }
        let Some(Text::Bert { bert, config, pooling, sha256 }) = text else { return Ok(Context { text, ..self }) };
        let parts: Vec<String> = bert.frozen().into_iter().map(|part| format!("text.bert.{part}")).collect();
        let checksum = if parts.is_empty() { String::new() } else { sha256.clone() };
        let bert = Box::new(bert.computed_in(self.settings.training.precision));
        let text = Some(Text::Bert { bert, config, pooling, sha256 });
        Ok(Context { text, left_out: LeftOut { parts, checksum }, ..self })
    }

    /// The same data, device and text encoder with other settings.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_settings(&self, settings: Settings) -> Result<Context, TrainingError> {
        let (left_out, text) = (self.left_out.clone(), self.text.clone());
        Ok(Context { left_out, text, ..Context::new(settings, self.dataset.clone(), &self.plain_device())? })
    }

    /// What no checkpoint holds, in words; `None` where they hold everything.
    pub fn left_out_in_words(&self) -> Option<String> {
        let Some(Text::Bert { bert, .. }) = self.text.as_ref().filter(|_| !self.left_out.parts.is_empty()) else {
            return None;
        };
        let (trained, frozen) = bert.parameters();
        let [trained, frozen] = [trained, frozen].map(|count| count as f64 / 1e6);
        Some(format!(
            "model.text.layers: {trained:.1} million of the BERT's parameters are trained; the other {frozen:.1} million stay as \
             they are in the file of weights, and no checkpoint holds them"
        ))
    }

    /// What several networks cost where each has a BERT that is trained, in words; `None` elsewhere.
    pub fn several_berts_in_words(&self) -> Option<String> {
        let networks = self.settings.denoising.members.networks;
        if networks < 2 || !matches!(self.text, Some(Text::Bert { .. })) {
            return None;
        }
        Some(format!(
            "denoising.members: stage 1 trains {networks} networks, each with a BERT of its own, which takes {networks} times the time \
             and memory of one; denoising.members = {networks} trains one, and so many correctors on it"
        ))
    }

    /// What training takes of the device's memory where a BERT is trained, which takes nearly all of it; `None` elsewhere.
    pub fn demand(&self) -> Option<Demand> {
        let Some(Text::Bert { bert, config, .. }) = &self.text else { return None };
        let networks = self.settings.denoising.members.networks as u64;
        let (trained, frozen) = bert.parameters();
        let longest = self.dataset.tokens(Split::Train)?.lengths().max().unwrap_or(0) as u64;
        Some(Demand {
            trained: trained as u64 * networks,
            frozen: frozen as u64 * networks,
            activations: bert::activations(config) * longest * networks,
        })
    }

    /// Makes sure, on the CPU, that there is memory for a step.
    ///
    /// # Errors
    /// [`TrainingError::Memory`] with what would fit.
    pub fn check_memory(&self) -> Result<(), TrainingError> {
        let Some(demand) = self.demand().filter(|_| is_cpu(&self.plain_device())) else { return Ok(()) };
        let part = self.settings.training.batch_size.div_ceil(self.settings.training.accumulate);
        match memory::available() {
            Some(free) if demand.bytes(part) > free => {
                Err(TrainingError::Memory { advice: demand.advice(part, Some(free)) })
            }
            _ => Ok(()),
        }
    }

    /// Makes sure that the device, of this name, computes in the precision that was asked for.
    ///
    /// # Errors
    /// [`TrainingError::Precision`] with what it does compute in.
    pub fn check_precision(&self, device: &str) -> Result<(), TrainingError> {
        let asked = self.settings.training.precision;
        let supported = precision::supported(&self.plain_device());
        if supported.contains(&asked) {
            return Ok(());
        }
        let names: Vec<&str> = supported.iter().map(|precision| precision.name()).collect();
        let advice = match is_cpu(&self.plain_device()) {
            true => {
                "half precision would only be slower there: --set training.precision=f32, or --device gpu".to_owned()
            }
            false => {
                format!("--set training.precision={}, or another GPU (`mug devices`)", names.last().unwrap_or(&"f32"))
            }
        };
        Err(TrainingError::Precision {
            asked: asked.name(),
            device: device.to_owned(),
            supported: names.join(", "),
            advice,
        })
    }

    /// The same error, or, where a BERT is trained, what would fit: a device that fails then lacks memory as a rule.
    pub fn explained(&self, error: TrainingError) -> TrainingError {
        let part = self.settings.training.batch_size.div_ceil(self.settings.training.accumulate);
        match (&error, self.demand()) {
            (TrainingError::Device(found), Some(demand)) => {
                TrainingError::Memory { advice: format!("{found}. {}", demand.advice(part, None)) }
            }
            _ => error,
        }
    }

    /// What encoding text takes in an epoch of stages 1 and 3; `None` where an LSTM does it.
    pub fn text_operations(&self) -> Option<TextOperations> {
        Some(match (self.text.as_ref()?, self.dataset.tokens(Split::Train)) {
            (Text::Bert { config, pooling, .. }, Some(tokens)) => {
                TextOperations { bert: bert::operations(config, tokens, *pooling), width: config.hidden_size }
            }
            (Text::Bert { config, .. }, None) => TextOperations { bert: 0, width: config.hidden_size },
            (Text::Vectors { width }, _) => TextOperations { bert: 0, width: *width },
        })
    }

    /// The network that predicts, with its first weights.
    pub fn new_network(&self) -> Network {
        self.network_of(0)
    }

    /// All members' networks with their first weights.
    pub fn new_networks(&self) -> Networks {
        Networks { all: (0..self.settings.denoising.members.networks).map(|n| self.network_of(n)).collect() }
    }

    fn network_of(&self, member: usize) -> Network {
        let (network, mut rng) = self.bare_network_of(member);
        network.with_missing(&self.presence.lacking(), &mut rng, &self.device)
    }

    /// A member's network without vectors for what clips lack, and the random numbers after it.
    fn bare_network_of(&self, member: usize) -> (Network, ChaCha8Rng) {
        let dims = PerModality::from_fn(|m| self.dataset.shapes[m].1);
        let mut rng = of_member(generator(self.settings.training.seed, Purpose::Network), member);
        let (range, settings, text) = (self.dataset.label_range, &self.settings.model, self.text.as_ref());
        let network = Network::new(&dims, range, settings, text, &mut rng, &self.device);
        (network, rng)
    }

    fn bare_networks(&self) -> Networks {
        let members = 0..self.settings.denoising.members.networks;
        Networks { all: members.map(|n| self.bare_network_of(n).0).collect() }
    }

    /// The networks with the weights of a document, as stage 1 writes it or as older versions did: one network by itself,
    /// or networks that code what a clip lacks as an empty sequence.
    ///
    /// # Errors
    /// A document of other sizes or another number of networks, or a damaged one.
    pub fn load_networks(&self, document: Vec<u8>) -> Result<Networks, TrainingError> {
        self.load(self.new_networks(), document.clone()).or_else(|error| {
            let found = self.load(self.bare_networks(), document.clone()).map(|networks| networks.all);
            let found = found.or_else(|_| self.load(self.bare_network_of(0).0, document).map(|alone| vec![alone]));
            let all = found.ok().filter(|all| all.len() == self.settings.denoising.members.networks).ok_or(error)?;
            let add = |(member, network): (usize, Network)| {
                let mut rng = self.bare_network_of(member).1;
                network.with_missing(&self.presence.lacking(), &mut rng, &self.device).with_empty_for_missing()
            };
            Ok(Networks { all: all.into_iter().enumerate().map(add).collect() })
        })
    }

    /// Makes sure that documents leave out what this run reads from elsewhere, or nothing, as older versions did.
    ///
    /// # Errors
    /// [`TrainingError::OtherWeights`].
    pub fn expect_left_out(&self, found: &LeftOut) -> Result<(), TrainingError> {
        if *found == self.left_out || *found == LeftOut::default() {
            return Ok(());
        }
        Err(TrainingError::OtherWeights { expected: Box::new(self.left_out.clone()), found: Box::new(found.clone()) })
    }

    /// Networks, a network or a part of one with the weights of a document.
    ///
    /// # Errors
    /// A document of other sizes, or a damaged one.
    pub fn load<M: Module>(&self, module: M, document: Vec<u8>) -> Result<M, TrainingError> {
        records::load_without(module, document, &self.left_out)
    }

    /// As [`load_networks`](Self::load_networks), also for other data than the weights were trained on: there clips may have
    /// lacked what all clips have here, or the other way round.
    ///
    /// # Errors
    /// As [`load_networks`](Self::load_networks).
    pub fn load_networks_of_other_data(&self, document: Vec<u8>) -> Result<Networks, TrainingError> {
        let found = patterns().find_map(|lacking| {
            let all =
                (0..self.settings.denoising.members.networks).map(|n| self.network_lacking(n, &lacking)).collect();
            self.load(Networks { all }, document.clone()).ok()
        });
        found.map_or_else(|| self.load_networks(document), Ok)
    }

    /// The network that predicts, as [`load_networks_of_other_data`](Self::load_networks_of_other_data).
    ///
    /// # Errors
    /// A document of other sizes, or a damaged one.
    pub fn load_network_of_other_data(&self, document: Vec<u8>) -> Result<Network, TrainingError> {
        let found = patterns().find_map(|lacking| self.load(self.network_lacking(0, &lacking), document.clone()).ok());
        found.map_or_else(|| self.load(self.new_network(), document), Ok)
    }

    /// A member's network for data some of whose clips lack these modalities.
    fn network_lacking(&self, member: usize, lacking: &PerModality<bool>) -> Network {
        let (network, mut rng) = self.bare_network_of(member);
        network.with_missing(lacking, &mut rng, &self.device)
    }

    /// True where a stage's weights are of a version whose networks had no vectors for what clips lack, and clips lack
    /// something: the stage cannot go on with its optimiser's state.
    pub fn predates_missing(&self, stage: Stage, document: &[u8]) -> bool {
        let lacking = self.presence.lacking();
        let bare = || match stage {
            Stage::Contrastive => self.load(self.bare_networks(), document.to_vec()).is_ok(),
            Stage::Denoising => false,
            Stage::Joint => self.load(self.bare_network_of(0).0, document.to_vec()).is_ok(),
        };
        let now = || match stage {
            Stage::Contrastive => self.load(self.new_networks(), document.to_vec()).is_ok(),
            Stage::Denoising => true,
            Stage::Joint => self.load(self.new_network(), document.to_vec()).is_ok(),
        };
        self.settings.model.encoded().iter().any(|m| lacking[*m]) && bare() && !now()
    }

    /// The corrector with its first weights.
    pub fn new_corrector(&self) -> Corrector {
        let mut rng = generator(self.settings.training.seed, Purpose::Corrector);
        Corrector::new(
            &self.settings.model,
            self.settings.denoising.members.count(),
            self.dataset.label_range,
            &mut rng,
            &self.device,
        )
    }

    /// The corrector with the weights of a document, as this version writes it or as those did that knew no members.
    ///
    /// # Errors
    /// A document of other sizes or another number of members, or a damaged one.
    pub fn load_corrector(&self, document: Vec<u8>) -> Result<Corrector, TrainingError> {
        let corrector = self.new_corrector();
        let alone = corrector.members() == 1;
        records::load(corrector, document.clone()).or_else(|error| {
            let mut rng = generator(self.settings.training.seed, Purpose::Corrector);
            let member = Member::new(&self.settings.model, &mut rng, &self.device);
            match records::load(member, document) {
                Ok(member) if alone => Ok(Corrector::of(&[member], self.dataset.label_range)),
                _ => Err(error),
            }
        })
    }

    /// The device without a tape.
    pub fn plain_device(&self) -> Device {
        self.device.clone().inner()
    }
}

/// Every set of modalities that clips may lack.
fn patterns() -> impl Iterator<Item = PerModality<bool>> {
    (0..8u8).map(|bits| PerModality::from_fn(|m| bits & 1 << m as u8 != 0))
}

/// What a stage says of itself after an epoch.
pub struct Evaluation {
    pub valid: Scalars,
    /// Empty where the stage predicts no sentiment.
    pub metrics: Metrics,
    /// Lower is better; `None` where the last epoch is the one handed on.
    pub score: Option<f32>,
}

/// A stage as the machine sees it; everything about epochs, pauses and checkpoints is the machine's.
pub trait StageTrainer {
    /// One optimiser step on these training rows, whose data `feed` has; `done` is the share of the stage's steps that lies behind, in [0, 1).
    ///
    /// # Errors
    /// Data that cannot be read, or a device that failed.
    fn step(&mut self, rows: &[usize], feed: &mut Feed, rng: ChaCha8Rng, done: f64) -> Result<Pending, TrainingError>;

    /// Called before the steps of an epoch, from 1, and again where a run goes on within it.
    fn begin_epoch(&mut self, _epoch: u32) {}

    /// What has to be kept besides [`trained`](Self::trained) to go on as if training had never stopped.
    ///
    /// # Errors
    /// Values that cannot be packed.
    fn state(&self) -> Result<Option<Vec<u8>>, TrainingError> {
        Ok(None)
    }

    /// Takes up what [`state`](Self::state) kept.
    ///
    /// # Errors
    /// A state of other data, or a damaged one.
    fn restore(&mut self, _state: &[u8]) -> Result<(), TrainingError> {
        Ok(())
    }

    /// Losses and metrics on the validation split.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    fn evaluate(&mut self) -> Result<Evaluation, TrainingError>;

    /// Labels of all rows, in a stage that makes them.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    fn labels(&mut self) -> Result<Option<LabelValues>, TrainingError> {
        Ok(None)
    }

    /// h_m and z_m of every `stride`-th row of the label table, in the stage that aligns them.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    fn embedding(&self, _stride: usize) -> Result<Option<EmbeddingValues>, TrainingError> {
        Ok(None)
    }

    /// Numbers of parameters by part, in the stage's eyes.
    fn parameters(&self) -> Vec<PartSize>;

    /// Weights and optimiser state, to save them.
    fn trained(&self) -> &dyn Trained;

    /// Weights and optimiser state, to restore them.
    fn trained_mut(&mut self) -> &mut dyn Trained;
}
