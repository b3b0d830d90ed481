//! The studies that ship with the program: `configs/studies/*.toml`.

use super::definition::{Definition, DefinitionError};

/// Names and texts, in the order in which they are listed.
pub const SHIPPED: [(&str, &str); 6] = [
    ("first-experiments", include_str!("../../../configs/studies/first-experiments.toml")),
    ("ablation", include_str!("../../../configs/studies/ablation.toml")),
    ("noise", include_str!("../../../configs/studies/noise.toml")),
    ("rivals", include_str!("../../../configs/studies/rivals.toml")),
    ("label-quality", include_str!("../../../configs/studies/label-quality.toml")),
    ("cost", include_str!("../../../configs/studies/cost.toml")),
];

/// The study of a name; `None` where none of it ships.
///
/// # Errors
/// Never for the files as shipped (a test reads them all).
pub fn shipped(name: &str) -> Option<Result<Definition, DefinitionError>> {
    let (name, text) = SHIPPED.iter().find(|(n, _)| *n == name)?;
    Some(Definition::parse(text, &format!("configs/studies/{name}.toml")))
}
