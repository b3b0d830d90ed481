//! Settings as a document that explains itself: every setting with what it may be.

use std::fmt::Write;

use super::ranges::RULES;
use super::settings::Settings;

impl Settings {
    /// Every setting in TOML, section by section, each below a comment with the values that it may have. One that is
    /// unset stands as a comment. [`parse`](Settings::parse) reads the same settings from it.
    ///
    /// # Errors
    /// As [`to_toml`](Settings::to_toml).
    pub fn to_commented_toml(&self) -> Result<String, toml::ser::Error> {
        let document = self.table()?;
        let mut text = String::new();
        let mut last = "";
        for rule in RULES {
            let Some((section, key)) = rule.key.split_once('.') else { continue };
            if section != last {
                let gap = if last.is_empty() { "" } else { "\n" };
                let _ = writeln!(text, "{gap}[{section}]");
                last = section;
            }
            let _ = writeln!(text, "# {}", rule.expected);
            let _ = match value(&document, rule.key) {
                Some(value) => writeln!(text, "{key} = {value}"),
                None if rule.key == "data.label_noise" => writeln!(text, "# {key} is unset: labels stay as they are"),
                None => writeln!(text, "# {key} is unset: it is chosen by the data"),
            };
        }
        Ok(text)
    }
}

/// The value at a path of keys with points between them.
fn value<'a>(document: &'a toml::Table, path: &str) -> Option<&'a toml::Value> {
    let (section, rest) = path.split_once('.')?;
    rest.split('.').try_fold(document.get(section)?, |at, key| at.get(key))
}

#[cfg(test)]
mod tests {
    use super::super::BUILT_IN;
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for (name, _) in BUILT_IN {
            let settings = Settings::built_in(name).unwrap();
            let text = settings.to_commented_toml().unwrap();
            assert_eq!(Settings::parse(&text, name, &[]).unwrap(), settings, "{text}");
        }
        let text = Settings::default().to_commented_toml().unwrap();
        assert_eq!(Settings::parse(&text, "defaults", &[]).unwrap(), Settings::default());
        assert!(text.contains("# a number above 0 and up to 100\n# label_range is unset"), "{text}");
        assert!(text.contains("\ndropout = 0.1\n") && text.contains("\ntext.encoder = \"lstm\"\n"), "{text}");
    }

    #[test]
    fn an_encoder_of_text_is_printed_and_read_back() {
        let set =
            ["model.text.encoder=bert", "model.text.weights=/w", "model.text.layers=2", "model.text.pooling=mean"];
        let settings = Settings::parse("", "none", &set.map(str::to_owned)).unwrap();
        let text = settings.to_commented_toml().unwrap();
        assert!(text.contains("text.encoder = \"bert\""), "{text}");
        assert_eq!(Settings::parse(&text, "printed", &[]).unwrap(), settings, "{text}");
    }
}
