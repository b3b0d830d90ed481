//! `mug completions`: completion of the command line by a shell, with the names of runs, studies, datasets and settings.
//!
//! What a shell is given is a few lines that ask the program itself at each tab, by the variable [`VARIABLE`]: names are those
//! that there are at that moment, and options those of the version that is installed. What a value is, is told by its name in
//! the help (`RUN`, `STUDY`, `NAME|FILE`, `KEY=VALUE`): a new option of such a name is completed by itself.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, ValueHint};
use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::out::Output;
use super::subcommand::{Program, Subcommand};
use crate::config::{BUILT_IN, Settings, leaves};
use crate::dataset::data_folder;
use crate::run::directory::{STUDY_RUNS, runs_root};
use crate::run::study::folder::{names, studies_folder};
use crate::run::study::shipped::SHIPPED;

/// Names the shell that asks what a line could go on with.
const VARIABLE: &str = "MUG_COMPLETE";
/// The most names that are offered.
const MOST: usize = 5000;

/// Write what a shell needs to complete mug's command line: options, and names of runs, studies, datasets and settings.
#[derive(Debug, clap::Parser)]
#[command(name = "completions")]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A shell that can be taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
}

impl Shell {
    fn name(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
            Shell::Elvish => "elvish",
        }
    }
}

impl Subcommand for CompletionsArgs {
    fn run(self, _: &Program) -> Result<ExitCode> {
        let shells = Shells::builtins();
        let name = self.shell.name();
        let shell = shells.completer(name).ok_or_else(|| eyre!("completions of {name} are not built in"))?;
        // By its name and not its path: a file that lies in a home directory is read on other machines, too.
        shell.write_registration(VARIABLE, "mug", "mug", "mug", &mut Output::new())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Answers a shell that asks what a line could go on with, and ends the program then.
pub fn answer(grammar: impl Fn() -> Command) {
    CompleteEnv::with_factory(|| completing(grammar())).var(VARIABLE).bin("mug").completer("mug").complete();
}

/// The grammar with what completes its values.
fn completing(command: Command) -> Command {
    let study = command.get_name() == "study";
    let command = command.mut_args(completed);
    let command = command.mut_subcommands(completing);
    // What a study is begun from is one that ships with the program, or a file.
    let shipped = |arg: Arg| arg.add(ArgValueCompleter::new(|typed: &OsStr| or_file(typed, shipped_studies())));
    if study { command.mut_subcommand("run", |run| run.mut_arg("study", shipped)) } else { command }
}

fn completed(arg: Arg) -> Arg {
    let named = arg.get_value_names().and_then(|names| names.first()).map(|name| name.to_string()).unwrap_or_default();
    match named.as_str() {
        "RUN" | "RUNS" => arg.add(ArgValueCompleter::new(|typed: &OsStr| starting(typed, runs(&runs_root())))),
        "STUDY" => arg.add(ArgValueCompleter::new(|typed: &OsStr| starting(typed, names(&runs_root())))),
        "NAME|FILE" => arg.add(ArgValueCompleter::new(|typed: &OsStr| or_file(typed, datasets()))),
        "KEY=VALUE" => arg.add(ArgValueCompleter::new(|typed: &OsStr| starting(typed, keys()))),
        "FILE" => arg.value_hint(ValueHint::FilePath),
        "FOLDER" | "DIR" => arg.value_hint(ValueHint::DirPath),
        _ => arg,
    }
}

/// Those names that begin as what was typed.
fn starting(typed: &OsStr, names: Vec<String>) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    names.into_iter().filter(|name| name.starts_with(typed)).take(MOST).map(CompletionCandidate::new).collect()
}

/// The same, or a file.
fn or_file(typed: &OsStr, names: Vec<String>) -> Vec<CompletionCandidate> {
    let mut found = starting(typed, names);
    found.extend(PathCompleter::any().complete(typed));
    found
}

/// The names of all runs, those of studies behind the study's.
fn runs(root: &Path) -> Vec<String> {
    let mut all = runs_in(root, "");
    for study in names(root) {
        all.extend(runs_in(&studies_folder(root).join(&study).join(STUDY_RUNS), &format!("{study}/")));
    }
    all
}

fn runs_in(folder: &Path, prefix: &str) -> Vec<String> {
    let folders = std::fs::read_dir(folder).into_iter().flatten().flatten().take(MOST);
    let runs = folders.filter(|entry| entry.path().join("run.toml").is_file());
    let mut names: Vec<String> =
        runs.filter_map(|entry| Some(format!("{prefix}{}", entry.file_name().to_str()?))).collect();
    names.sort();
    names
}

/// The datasets that have a name, and the files of the data folder.
fn datasets() -> Vec<String> {
    let named = BUILT_IN.iter().map(|(name, _)| (*name).to_owned());
    let files = std::fs::read_dir(data_folder()).into_iter().flatten().flatten().take(MOST);
    let files = files.map(|entry| entry.path()).filter(|path: &PathBuf| is_data(path));
    named.chain(files.filter_map(|path| path.to_str().map(str::to_owned))).collect()
}

fn is_data(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|e| e == "pkl" || e == "pickle")
}

fn shipped_studies() -> Vec<String> {
    SHIPPED.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Every setting with its equals sign.
fn keys() -> Vec<String> {
    let table = Settings::default().to_toml().ok().and_then(|text| toml::from_str::<toml::Table>(&text).ok());
    leaves(&table.unwrap_or_default()).into_iter().map(|(key, _)| format!("{key}=")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What bash would be offered at the end of a line.
    fn offered(words: &[&str]) -> Vec<String> {
        let mut command = completing(crate::cli::args::grammar(crate::cli::SUBCOMMANDS));
        let words: Vec<std::ffi::OsString> = words.iter().map(Into::into).collect();
        let last = words.len() - 1;
        let found = clap_complete::engine::complete(&mut command, words, last, None).unwrap();
        found.iter().map(|c| c.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn subcommands_settings_datasets_and_studies_are_completed() {
        assert!(offered(&["mug", "comp"]).iter().any(|c| c == "compare"));
        let keys = offered(&["mug", "train", "--set", "joint.l"]);
        assert!(keys.contains(&"joint.learning_rate=".to_owned()), "{keys:?}");
        assert!(offered(&["mug", "train", "--dataset", "sim"]).contains(&"sims".to_owned()));
        let shipped = offered(&["mug", "study", "run", ""]);
        assert!(SHIPPED.iter().all(|(name, _)| shipped.iter().any(|c| c == name)), "{shipped:?}");
    }

    #[test]
    fn runs_are_found_with_those_of_studies() {
        let root = tempfile::tempdir().unwrap();
        for run in ["b", "a", "studies/s/runs/cell-1"] {
            let folder = root.path().join(run);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("run.toml"), "").unwrap();
        }
        std::fs::create_dir(root.path().join("no run")).unwrap();
        assert_eq!(runs_in(root.path(), ""), ["a", "b"]);
        std::fs::write(root.path().join("studies/s/study.toml"), "").unwrap();
        assert_eq!(runs(root.path()), ["a", "b", "s/cell-1"]);
        assert_eq!(runs(Path::new("/no such folder")), Vec::<String>::new());
    }
}
