//! Losses and the like, by name.

use super::events::Scalars;

/// Named values as they are reported: what is not finite becomes `None`.
pub fn scalars(values: impl IntoIterator<Item = (&'static str, f32)>) -> Scalars {
    values.into_iter().map(|(name, v)| (name.to_owned(), v.is_finite().then_some(v))).collect()
}
