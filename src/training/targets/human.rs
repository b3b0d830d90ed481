//! The file's own labels of each modality, as the multi-task networks of the CH-SIMS paper learn them (Yu et al., ACL 2020).

use crate::modality::{Modality, PerModality};
use crate::split::Split;
use crate::training::context::Context;
use crate::training::error::TrainingError;
use crate::training::events::LabelValues;

/// People's labels of every row, within [-H, H]; NaN where nobody gave one or the clip lacks the modality.
///
/// # Errors
/// [`TrainingError::NoHuman`] where no clip of the training split has a label of some modality.
pub fn labels(context: &Context) -> Result<LabelValues, TrainingError> {
    let Context { dataset, settings, .. } = context;
    let range = dataset.label_range;
    let mut corrected = PerModality::from_fn(|m| {
        let of = |split| match dataset.unimodal_labels(split) {
            Some(human) => human[m].iter().map(|y| y.clamp(-range, range)).collect(),
            None => vec![f32::NAN; dataset.len(split)],
        };
        Split::ALL.into_iter().flat_map(of).collect::<Vec<f32>>()
    });
    let train = dataset.len(Split::Train);
    let lacks = |m: &Modality| corrected[*m][..train].iter().all(|y| !y.is_finite());
    if let Some(modality) = settings.model.encoded().into_iter().find(lacks) {
        return Err(TrainingError::NoHuman { dataset: dataset.name.clone(), modality });
    }
    context.presence.blank(&mut corrected);
    Ok(LabelValues { corrected, ..LabelValues::default() })
}
