//! A person's own settings of what they are told: `[notify]` in `mug.toml`.
//!
//! ```toml
//! [notify]
//! command = ["/home/me/bin/notify.sh", "--mail"]  # started without a shell; empty: none
//! timeout = 30                                    # seconds until it is killed
//! when = ["finished", "failed", "diverged", "unhealthy", "stopped"]
//! terminal = "auto"                               # or off, bell, osc9, osc777, osc99
//! ```

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::message::Reason;
use crate::files;

/// The longest file that is read.
const LONGEST: u64 = 64 << 10;
/// The longest time limit in seconds.
const MOST: u64 = 600;

/// Why a person's settings cannot be used; nothing is told by a command then.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("cannot read {path}: {source}; nobody is told by a command")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path}: {message}; nobody is told by a command")]
    Format { path: PathBuf, message: String },
}

/// How a console's terminal is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Terminal {
    /// The bell, and the notification that the terminal is known to have.
    #[default]
    Auto,
    Off,
    /// The bell alone.
    Bell,
    /// The bell and `OSC 9`, which iTerm2 had first.
    Osc9,
    /// The bell and `OSC 777`, which urxvt had first.
    Osc777,
    /// The bell and `OSC 99`, kitty's.
    Osc99,
}

/// What a person is told, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A program and its arguments, started without a shell; empty: none.
    pub command: Vec<String>,
    /// Seconds after which the command is killed, with all that it started.
    pub timeout: u64,
    /// The reasons that are told.
    pub when: Vec<Reason>,
    pub terminal: Terminal,
}

impl Default for Settings {
    fn default() -> Self {
        Self { command: Vec::new(), timeout: 30, when: Reason::ALL.to_vec(), terminal: Terminal::Auto }
    }
}

/// The whole file.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Document {
    notify: Settings,
}

/// Where the file lies: `MUG_CONFIG_DIR`, else `mug` in the platform's folder for settings (`~/.config` on Linux).
pub fn path() -> Option<PathBuf> {
    let named = std::env::var_os("MUG_CONFIG_DIR").filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = named.or_else(|| Some(directories::BaseDirs::new()?.config_dir().join("mug")));
    folder.map(|folder| folder.join("mug.toml"))
}

impl Settings {
    /// The settings of whoever started the program; the defaults where there is no file.
    ///
    /// # Errors
    /// A file that cannot be read, or that says what there is not.
    pub fn of_person() -> Result<Settings, SettingsError> {
        path().map_or_else(|| Ok(Settings::default()), |path| Settings::read(&path))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// As [`of_person`](Self::of_person).
    pub fn read(path: &Path) -> Result<Settings, SettingsError> {
        let text = match files::read_text(path, LONGEST) {
            Ok(text) => text,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Settings::default());
            }
            Err(source) => return Err(SettingsError::Read { path: path.to_owned(), source }),
        };
        let bad = |message: String| SettingsError::Format { path: path.to_owned(), message };
        let document: Document = toml::from_str(&text).map_err(|e| bad(e.to_string().trim_end().to_owned()))?;
        let settings = document.notify;
        if settings.timeout == 0 || settings.timeout > MOST {
            return Err(bad(format!("notify.timeout = {}: expected 1 to {MOST} seconds", settings.timeout)));
        }
        if settings.command.first().is_some_and(String::is_empty) {
            return Err(bad("notify.command: expected a program and its arguments, found an empty name".to_owned()));
        }
        Ok(settings)
    }

    /// True where a person is told for this reason by a command.
    pub fn wants(&self, reason: Reason) -> bool {
        !self.command.is_empty() && self.when.contains(&reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_and_what_is_wrong_with_one_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mug.toml");
        assert_eq!(Settings::read(&path).unwrap(), Settings::default());
        std::fs::write(&path, "[notify]\ncommand = [\"a\", \"b c\"]\nwhen = [\"failed\"]\nterminal = \"osc99\"\n")
            .unwrap();
        let settings = Settings::read(&path).unwrap();
        assert_eq!((settings.command.len(), settings.timeout, settings.terminal), (2, 30, Terminal::Osc99));
        assert!(settings.wants(Reason::Failed) && !settings.wants(Reason::Finished));
        assert!(!Settings::default().wants(Reason::Failed), "without a command nobody is told by one");
        for (bad, expected) in [
            ("[notify]\ncomand = [\"a\"]", "command"),
            ("[notify]\ncommand = \"a\"", "sequence"),
            ("[notify]\ntimeout = 0", "1 to 600"),
            ("[notify]\ntimeout = 601", "1 to 600"),
            ("[notify]\ncommand = [\"\"]", "empty name"),
            ("[notify]\nwhen = [\"done\"]", "finished"),
            ("[notify]\nterminal = \"loud\"", "osc777"),
            ("[notifi]\n", "notify"),
            (&"#".repeat(70_000), "mug.toml"),
        ] {
            std::fs::write(&path, bad).unwrap();
            let said = Settings::read(&path).unwrap_err().to_string();
            assert!(said.contains(expected) && said.contains("mug.toml"), "{bad:.30}: {said}");
        }
    }

    #[test]
    fn the_page_shows_what_is_read() {
        let page = include_str!("settings.rs");
        let example: String = page
            .lines()
            .skip_while(|line| *line != "//! ```toml")
            .skip(1)
            .take_while(|line| *line != "//! ```")
            .map(|line| format!("{}\n", line.trim_start_matches("//! ")))
            .collect();
        let document: Document = toml::from_str(&example).unwrap();
        let expected =
            Settings { command: vec!["/home/me/bin/notify.sh".into(), "--mail".into()], ..Settings::default() };
        assert_eq!(document.notify, expected);
    }
}
