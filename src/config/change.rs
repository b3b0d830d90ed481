//! Settings that can be changed while a run trains.

use serde::{Deserialize, Serialize};

use super::advice::key_advice;
use super::error::ConfigError;
use super::settings::Settings;

macro_rules! adjustable {
    ($($name:ident $section:ident.$field:ident,)*) => {
        /// A setting that can be changed for the rest of a run: what a step, an epoch's end or a loss looks at anew.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Adjustable {
            $($name,)*
        }

        impl Adjustable {
            pub const ALL: &[Adjustable] = &[$(Adjustable::$name,)*];

            /// Its key in settings files.
            pub fn key(self) -> &'static str {
                match self {
                    $(Adjustable::$name => concat!(stringify!($section), ".", stringify!($field)),)*
                }
            }

            /// What it is in some settings.
            pub fn value_in(self, settings: &Settings) -> f64 {
                match self {
                    // Through the shortest text: a single 0.7 is a double 0.7.
                    $(Adjustable::$name => settings.$section.$field.to_string().parse().unwrap_or(f64::NAN),)*
                }
            }
        }
    };
}

adjustable! {
    ContrastiveRate contrastive.learning_rate,
    ContrastiveEpochs contrastive.epochs,
    ContrastivePatience contrastive.patience,
    ContrastiveUnimodalWeight contrastive.unimodal_weight,
    ContrastiveWeight contrastive.contrastive_weight,
    DenoisingRate denoising.learning_rate,
    DenoisingEpochs denoising.epochs,
    DenoisingOuterWeight denoising.outer_weight,
    JointRate joint.learning_rate,
    JointEpochs joint.epochs,
    JointPatience joint.patience,
    JointUnimodalWeight joint.unimodal_weight,
}

impl From<Adjustable> for String {
    fn from(setting: Adjustable) -> String {
        setting.key().to_owned()
    }
}

impl TryFrom<String> for Adjustable {
    type Error = String;

    fn try_from(key: String) -> Result<Self, String> {
        let found = Adjustable::ALL.iter().copied().find(|a| a.key() == key);
        found.ok_or_else(|| format!("{key:?} is no setting that can be changed while a run trains"))
    }
}

/// A setting with the value that it has for the rest of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub setting: Adjustable,
    pub value: f64,
}

impl Change {
    /// Reads `joint.learning_rate=5e-5`.
    ///
    /// # Errors
    /// No such form, a setting that there is none of or that holds for a whole run, or no number.
    pub fn parse(text: &str) -> Result<Change, ConfigError> {
        let (key, value) = text.split_once('=').ok_or_else(|| ConfigError::Override { text: text.to_owned() })?;
        let (key, value) = (key.trim(), value.trim());
        let wrong = |message: String| ConfigError::Parse { origin: text.to_owned(), message };
        let setting = Adjustable::ALL.iter().copied().find(|a| a.key() == key).ok_or_else(|| {
            wrong(key_advice(key).unwrap_or_else(|| {
                let all: Vec<&str> = Adjustable::ALL.iter().map(|a| a.key()).collect();
                format!("{key} holds for a whole run; what can be changed is {}", all.join(", "))
            }))
        })?;
        let value = value.parse().map_err(|_| wrong(format!("{key}: expected a number, found {value}")))?;
        Ok(Change { setting, value })
    }

    /// Settings with this change.
    ///
    /// # Errors
    /// A value out of the setting's range, in the words of settings files.
    pub fn applied_to(self, settings: &Settings) -> Result<Settings, ConfigError> {
        let text = settings.to_toml().unwrap_or_default();
        Settings::parse(&text, "the run's settings", &[self.to_string()])
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.setting.key(), self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_held_to_their_ranges_and_applied() {
        let settings = Settings::default();
        let change = Change::parse(" joint.learning_rate = 5e-5").unwrap();
        assert_eq!(change.to_string(), "joint.learning_rate=0.00005");
        let changed = change.applied_to(&settings).unwrap();
        assert_eq!(changed.joint.learning_rate, 5e-5);
        assert_eq!(Settings { joint: settings.joint.clone(), ..changed }, settings, "and nothing else");
        for setting in Adjustable::ALL.iter().copied() {
            let same = Change { setting, value: setting.value_in(&settings) };
            assert_eq!(same.applied_to(&settings).unwrap(), settings, "{same}");
            let text = serde_json::to_string(&same).unwrap();
            assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), same, "{text}");
        }
        for (text, expected) in [
            ("joint.learning_rat=1", "did you mean joint.learning_rate?"),
            ("model.hidden=3", "holds for a whole run"),
            ("joint.epochs=x", "expected a number"),
            ("joint.epochs", "joint.epochs"),
        ] {
            let said = Change::parse(text).unwrap_err().to_string();
            assert!(said.contains(expected), "{said}");
        }
        for text in ["joint.epochs=1.5", "joint.learning_rate=-1", "joint.unimodal_weight=nan", "joint.epochs=-1"] {
            let said = Change::parse(text).unwrap().applied_to(&settings).unwrap_err().to_string();
            assert!(said.contains("expected"), "{said}");
        }
    }
}
