//! The value of a column in a run.

use std::borrow::Cow;

use serde_json::Value;

use super::column::Column;
use super::facts::Content;
use crate::report::study::reading::of_result;
use crate::run::list::RunSummary;

/// A number; NaN where there is none.
pub fn number(run: &RunSummary, column: &Column) -> f64 {
    let found = match column {
        Column::Fact(fact) => match fact.content {
            Content::Number(of) => Some(of(run)),
            Content::OneOf { words, which } => {
                which(run).and_then(|w| Some(words.iter().position(|o| *o == w)? as f64))
            }
            Content::Text(_) | Content::Texts(_) => None,
        },
        Column::Setting { key, .. } => run.setting(key).and_then(Value::as_f64),
        Column::Metric { metric, .. } => run.result.as_ref().and_then(|result| of_result(result, metric)),
    };
    found.unwrap_or(f64::NAN)
}

/// The value as text, a number as short as it was typed; empty where there is none.
pub fn words<'a>(run: &'a RunSummary, column: &Column) -> Cow<'a, str> {
    match column {
        Column::Fact(fact) => match fact.content {
            Content::Text(of) => of(run),
            Content::Texts(of) => Cow::Owned(of(run).join(" ")),
            Content::OneOf { which, .. } => Cow::Borrowed(which(run).unwrap_or_default()),
            Content::Number(of) => Cow::Owned(of(run).to_string()),
        },
        Column::Setting { key, .. } => match run.setting(key) {
            Some(Value::String(text)) => Cow::Borrowed(text),
            Some(value) => Cow::Owned(value.to_string()),
            None => Cow::Borrowed(""),
        },
        Column::Metric { .. } => match number(run, column) {
            value if value.is_nan() => Cow::Borrowed(""),
            value => Cow::Owned(value.to_string()),
        },
    }
}
