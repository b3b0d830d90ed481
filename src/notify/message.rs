//! What is told.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Why something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// It is done.
    Finished,
    /// It ended by an error, or some of a study's runs did.
    Failed,
    /// It ended because its numbers did not stay finite.
    Diverged,
    /// A sign of failure appeared; it goes on.
    Unhealthy,
    /// A signal ended it, as a batch system's at the time limit; it can be resumed.
    Stopped,
}

impl Reason {
    pub const ALL: [Reason; 5] =
        [Reason::Finished, Reason::Failed, Reason::Diverged, Reason::Unhealthy, Reason::Stopped];

    /// One word, as files and variables have it.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Finished => "finished",
            Reason::Failed => "failed",
            Reason::Diverged => "diverged",
            Reason::Unhealthy => "unhealthy",
            Reason::Stopped => "stopped",
        }
    }
}

/// What something is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Run,
    Study,
}

/// Something to tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub subject: Subject,
    /// Of the run or the study.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
    pub reason: Reason,
    /// A sentence for people.
    pub text: String,
    /// Numbers, as a JSON object.
    pub figures: serde_json::Value,
}

/// The most bytes of one variable; the system takes no longer ones than 128 KiB.
const LONGEST: usize = 100_000;

impl Message {
    /// The variables that a command is given.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let subject = match self.subject {
            Subject::Run => "MUG_RUN",
            Subject::Study => "MUG_STUDY",
        };
        let mut figures = self.figures.to_string();
        if figures.len() > LONGEST {
            figures = "{}".to_owned();
        }
        // A variable cannot hold a zero byte, which a message could.
        let clean = |text: &str| text.replace('\0', " ");
        let mut text = clean(&self.text);
        let end = (0..=text.len().min(LONGEST)).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        vec![
            (subject, clean(&self.name)),
            ("MUG_PATH", self.path.display().to_string()),
            ("MUG_STATE", self.reason.name().to_owned()),
            ("MUG_MESSAGE", text),
            ("MUG_FIGURES", figures),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_hold_what_the_system_takes() {
        let message = Message {
            subject: Subject::Run,
            name: "a".into(),
            path: "/runs/a".into(),
            reason: Reason::Failed,
            text: format!("x\0{}", "电".repeat(LONGEST)),
            figures: serde_json::json!({ "long": "x".repeat(LONGEST) }),
        };
        let variables = message.variables();
        let of = |name: &str| &variables.iter().find(|(n, _)| *n == name).unwrap().1;
        assert_eq!(
            (of("MUG_RUN").as_str(), of("MUG_STATE").as_str(), of("MUG_FIGURES").as_str()),
            ("a", "failed", "{}")
        );
        assert!(of("MUG_MESSAGE").len() <= LONGEST && !of("MUG_MESSAGE").contains('\0'));
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }
}
