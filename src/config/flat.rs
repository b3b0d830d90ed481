//! Settings one by one, by their dotted keys.

use serde::ser::Error as _;

use super::advice::alone;
use super::ranges::rule_of;
use super::settings::Settings;

impl Settings {
    /// All settings, section by section, with numbers as short as they were typed.
    ///
    /// # Errors
    /// As [`to_toml`](Settings::to_toml).
    pub(super) fn table(&self) -> Result<toml::Table, toml::ser::Error> {
        // By way of text: a value made of an f32 directly would have all digits of the nearest f64.
        self.to_toml()?.parse().map_err(toml::ser::Error::custom)
    }

    /// All settings as dotted keys with their values, in the order of a settings file; tables of values, too, are taken
    /// apart (`denoising.corruption.gaussian`).
    pub fn flat(&self) -> Vec<(String, toml::Value)> {
        let mut all = Vec::new();
        flatten(String::new(), toml::Value::Table(self.table().unwrap_or_default()), &mut all);
        all
    }
}

fn flatten(key: String, value: toml::Value, all: &mut Vec<(String, toml::Value)>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                flatten(if key.is_empty() { name } else { format!("{key}.{name}") }, value, all);
            }
        }
        other => all.push((key, other)),
    }
}

/// What a setting holds, by its key: `Some(true)`: numbers; `Some(false)`: words, lists or switches; `None`: there is no
/// such setting.
pub fn holds_numbers(key: &str) -> Option<bool> {
    rule_of(key)?;
    let takes = |value: toml::Value| alone(key, &value).try_into::<Settings>().is_ok();
    // Shares and weights take a fraction, counts do not.
    let numbers = takes(toml::Value::Float(0.5)) || takes(toml::Value::Integer(1));
    Some(numbers && !takes(toml::Value::String("x".into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_one_by_one_with_what_they_hold() {
        let settings = Settings::parse("[joint]\nunimodal_weight = 0.3\n", "test", &[]).unwrap();
        let flat = settings.flat();
        let value = |key: &str| flat.iter().find(|(k, _)| k == key).map(|(_, v)| v.to_string());
        assert_eq!(value("joint.unimodal_weight").as_deref(), Some("0.3"));
        assert!(value("denoising.corruption.gaussian").is_some() && value("joint").is_none());
        for (key, numbers) in [
            ("joint.unimodal_weight", Some(true)),
            ("training.seed", Some(true)),
            ("denoising.corruption.permute", Some(true)),
            ("data.label_noise.flip", Some(true)),
            ("denoising.learner", Some(false)),
            ("data.keys.text", Some(false)),
            ("joint.unimodal_wait", None),
            ("joint", None),
        ] {
            assert_eq!(holds_numbers(key), numbers, "{key}");
        }
        // Every setting that has a number holds numbers.
        for (key, value) in Settings::default().flat() {
            let is_number = matches!(value, toml::Value::Float(_) | toml::Value::Integer(_));
            assert!(!is_number || holds_numbers(&key) == Some(true), "{key}");
        }
    }
}
