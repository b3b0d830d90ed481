//! What stage 3's unimodal tasks learn, by `labels.source` ([the method](crate::book::method), stage 3 and rivals).
//!
//! `kind` says what a source of labels is to stage 3, `loss` how it is learned; each other file is one source. Corrected labels have no file here: the
//! machine reads them from what stage 2 or a calibration left.
//!
//! To add a source: a variant of [`LabelSource`], a file here, and its arm in [`make`]; the compiler asks for it.

mod copied;
mod human;
mod kind;
mod loss;
mod mixture;
mod momentum;

pub use copied::labels as copies;
pub use kind::Targets;
pub use loss::loss;

use kind::Fixed;

use super::context::Context;
use super::error::TrainingError;
use super::events::LabelValues;
use crate::config::LabelSource;

/// The labels that a run's stage 3 learns. `corrected` reads what stage 2 left; it is called only where they are learned.
///
/// # Errors
/// What `corrected` fails with, or data without the labels that the source takes from it.
pub fn make(
    context: &Context,
    corrected: impl FnOnce() -> Result<LabelValues, TrainingError>,
) -> Result<Box<dyn Targets>, TrainingError> {
    Ok(match context.settings.labels.source {
        LabelSource::Corrected => Box::new(Fixed(corrected()?)),
        LabelSource::Copied => Box::new(Fixed(copied::labels(context))),
        LabelSource::Human => {
            let human = human::labels(context)?;
            match mixture::is_asked_for(&context.settings.labels) {
                true => Box::new(mixture::Mixture::new(human, &context.dataset, &context.settings)),
                false => Box::new(Fixed(human)),
            }
        }
        LabelSource::Momentum => Box::new(momentum::Momentum::new(context)),
    })
}

/// Makes sure, before anything is trained, that the data has what the source takes from it.
///
/// # Errors
/// [`TrainingError::NoHuman`].
pub fn check(context: &Context) -> Result<(), TrainingError> {
    match context.settings.labels.source {
        LabelSource::Human => human::labels(context).map(|_| ()),
        LabelSource::Corrected | LabelSource::Copied | LabelSource::Momentum => Ok(()),
    }
}
