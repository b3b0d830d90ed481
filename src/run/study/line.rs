//! Lines that a study asks for: what a unit of one thing is worth in another.

use serde::{Deserialize, Serialize};

/// A line to be fitted through a study's finished runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineAsked {
    /// One of the study's metrics.
    pub y: String,
    /// Some of its metrics, of which the mean is taken: one line for the whole study. Or the key of one axis whose values are
    /// numbers: a line for each variant.
    pub x: Vec<String>,
    /// Of the logarithms of both: the slope is the power with which y grows.
    #[serde(default)]
    pub log: bool,
}

impl LineAsked {
    /// Makes sure that the study has what the line is of.
    ///
    /// # Errors
    /// It has not; the message says what was expected.
    pub fn check(&self, metrics: &[String], axes: &[(String, Vec<toml::Value>)]) -> Result<(), String> {
        if !metrics.contains(&self.y) {
            return Err(format!("y: expected one of the study's metrics, found \"{}\"", shortened(&self.y)));
        }
        if let [key] = &self.x[..]
            && let Some((_, values)) = axes.iter().find(|(axis, _)| axis == key)
        {
            let number = |v: &toml::Value| v.as_float().or_else(|| v.as_integer().map(|i| i as f64));
            let fits = |v: &toml::Value| number(v).is_some_and(|v| v.is_finite() && (!self.log || v > 0.0));
            let wanted = if self.log { "numbers greater than 0" } else { "numbers" };
            return match values.iter().find(|v| !fits(v)) {
                Some(other) => Err(format!("x: expected {key} to have {wanted} for values, found {other}")),
                None => Ok(()),
            };
        }
        let unknown = self.x.iter().find(|key| !metrics.contains(key));
        match (unknown, self.x.is_empty()) {
            (None, false) => Ok(()),
            (unknown, _) => Err(format!(
                "x: expected one axis or some of the study's metrics, found {}",
                unknown.map_or_else(|| "none".to_owned(), |key| format!("\"{}\"", shortened(key)))
            )),
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_of_what_the_study_has() {
        let metrics = ["test.mae".to_owned(), "seconds".to_owned()];
        let axes = [
            ("data.repeat".to_owned(), vec![toml::Value::Integer(1), toml::Value::Float(4.0)]),
            ("data.label_noise".to_owned(), vec![toml::Value::Float(0.0), toml::Value::Float(0.5)]),
            ("labels.source".to_owned(), vec![toml::Value::String("copied".into())]),
        ];
        let asked = |y: &str, x: &[&str], log: bool| {
            let x = x.iter().map(|x| (*x).to_owned()).collect();
            LineAsked { y: y.into(), x, log }.check(&metrics, &axes)
        };
        assert_eq!(asked("seconds", &["data.repeat"], true), Ok(()));
        assert_eq!(asked("test.mae", &["seconds", "test.mae"], false), Ok(()));
        assert_eq!(asked("test.mae", &["data.label_noise"], false), Ok(()));
        for (y, x, log, expected) in [
            ("valid.mae", &["seconds"][..], false, "y: expected one of the study's metrics"),
            ("test.mae", &["data.label_noise"], true, "numbers greater than 0"),
            ("test.mae", &["labels.source"], false, "to have numbers"),
            ("test.mae", &["seconds", "data.repeat"], false, "found \"data.repeat\""),
            ("test.mae", &[], false, "found none"),
        ] {
            let error = asked(y, x, log).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
