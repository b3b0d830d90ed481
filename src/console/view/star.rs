//! The star: the epoch that a stage hands on, and what picked it, in words.

use crate::console::widgets::text;
use crate::run::view::StageView;
use crate::training::events::Stage;

/// The epoch that is handed on, with what picked it: that is another measure than the curve that the star stands on.
pub fn named(view: &StageView, stage: Stage) -> Option<String> {
    let epoch = view.per_epoch.epoch.get(view.best_epoch()?)?;
    Some(format!("★ {epoch}: least {}", stage.criterion()?))
}

/// The same with the value that a curve has there.
pub fn with_value(view: &StageView, stage: Stage, scalar: &str) -> Option<String> {
    let best = view.best_epoch()?;
    let epoch = view.per_epoch.epoch.get(best)?;
    let value = view.per_epoch.columns.get(&format!("valid.{scalar}")).and_then(|c| c.get(best)).copied();
    let value = text::significant(f64::from(value.unwrap_or(f32::NAN)), 4);
    Some(format!("★ epoch {epoch} by least {} (valid {value} there)", stage.criterion()?))
}
