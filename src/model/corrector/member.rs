//! One member's correctors layer by layer: how first weights are drawn, and how versions that knew no members kept them.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::config::ModelSettings;
use crate::modality::Modality;
use crate::model::init;

/// One layer of one network.
#[derive(Module, Debug)]
pub struct Layer {
    /// (in, out)
    pub weight: Param<Tensor<2>>,
    /// (out)
    pub bias: Param<Tensor<1>>,
}

/// One small MLP: tanh inside, linear out.
#[derive(Module, Debug)]
pub struct Network {
    pub layers: Vec<Layer>,
}

/// The correctors of all modalities: one each, or one shared.
#[derive(Module, Debug)]
pub struct Member {
    pub networks: Vec<Network>,
    /// Those that are corrected, in the order of [`Modality::ALL`].
    #[module(skip)]
    pub modalities: Vec<Modality>,
    /// What the network says is added to the label that it is given.
    #[module(skip)]
    pub residual: bool,
}

impl Member {
    /// Correctors whose weights are drawn from `rng`.
    pub fn new(settings: &ModelSettings, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let modalities = settings.encoded();
        let count = if settings.corrector_shared { 1 } else { Modality::ALL.len() };
        // [h ; y], tanh layers of the same width, one label.
        let mut widths = vec![settings.corrector_hidden; settings.corrector_layers + 2];
        widths[0] = settings.representation + 1;
        widths[settings.corrector_layers + 1] = 1;
        let mut layer = |pair: &[usize]| {
            let (weight, bias) = init::affine(pair[0], pair[1], rng, device);
            Layer { weight, bias }
        };
        let mut network = |_| Network { layers: widths.windows(2).map(&mut layer).collect() };
        let mut networks: Vec<Network> = (0..count).map(&mut network).collect();
        // Drawn even where they are not used: the others begin with the same weights then.
        if !settings.corrector_shared {
            let mut all = Modality::ALL.iter();
            networks.retain(|_| all.next().is_some_and(|m| modalities.contains(m)));
        }
        Self { networks, modalities, residual: settings.corrector_residual }
    }
}
