//! Copies: y_m = y.

use crate::modality::PerModality;
use crate::split::Split;
use crate::training::context::Context;
use crate::training::events::LabelValues;

/// y of every row, for each modality that the clip has.
pub fn labels(context: &Context) -> LabelValues {
    let y: Vec<f32> = Split::ALL.iter().flat_map(|&s| context.dataset.labels(s)).copied().collect();
    let mut corrected = PerModality::from_fn(|_| y.clone());
    context.presence.blank(&mut corrected);
    LabelValues { corrected, ..LabelValues::default() }
}
