//! A study's table in writing, one file a form; all of them say the same.
//!
//! To add a form: a file with a [`Form`] and its entry in [`FORMS`]: `mug study show` knows it then.

mod csv;
mod form;
mod json;
mod latex;
mod markdown;
mod text;
mod words;

pub use form::Form;
pub use text::lines;
pub use words::mean;

/// Every form, that for terminals first.
pub const FORMS: &[&Form] = &[&text::TEXT, &json::JSON, &csv::CSV, &markdown::MARKDOWN, &latex::LATEX];

#[cfg(test)]
mod tests;
