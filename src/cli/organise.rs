//! `mug runs rename|tag|note|rm`: what people do to runs besides training them, as the keys of the console do.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::lines::harmless;
use super::out::say;
use crate::run::directory::RunDir;
use crate::run::list::{RunSummary, summarise};
use crate::run::organise::{self, Change};

/// What is done to a run.
#[derive(Debug, clap::Subcommand)]
pub enum RunsCommand {
    #[command(name = organise::RENAME.name, about = organise::RENAME.help)]
    Rename {
        /// Name or folder of the run.
        run: String,
        /// The new name.
        name: String,
    },
    #[command(name = organise::TAG.name, about = organise::TAG.help)]
    Tag {
        /// Name or folder of the run.
        run: String,
        /// Tags to add.
        tags: Vec<String>,
        /// A tag to take away; may be given several times.
        #[arg(long, value_name = "TAG")]
        remove: Vec<String>,
    },
    #[command(name = organise::NOTE.name, about = organise::NOTE.help)]
    Note {
        /// Name or folder of the run.
        run: String,
        /// The note, one line; none takes it away.
        #[arg(default_value = "")]
        text: String,
    },
    #[command(name = organise::REMOVE.name, about = organise::REMOVE.help)]
    Rm {
        /// Names or folders of runs.
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<String>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Does it.
///
/// # Errors
/// The run is not there, is live, or the change is not allowed; runs named before it are changed.
pub fn run(command: RunsCommand, root: &Path) -> Result<()> {
    let one = |run: &str, change: Change| -> Result<()> {
        change.apply(root, &place(root, run)?)?;
        Ok(())
    };
    match command {
        RunsCommand::Rename { run, name } => {
            one(&run, Change::Rename { to: name.clone() })?;
            say(&format!("run {run} is now {name}"))?;
        }
        RunsCommand::Tag { run, tags, remove } => {
            one(&run, Change::Tag { add: tags, remove })?;
            let now = summarise(&RunDir::find(root, &run)?).tags;
            say(&if now.is_empty() {
                format!("run {run} has no tags")
            } else {
                format!("run {run}: {}", now.join(" "))
            })?;
        }
        RunsCommand::Note { run, text } => one(&run, Change::Note { text })?,
        RunsCommand::Rm { runs, yes } => {
            for run in &runs {
                let dir = RunDir::find(root, run)?;
                if yes || confirmed(&summarise(&dir))? {
                    one(run, Change::Remove)?;
                    say(&format!("run {} is deleted", dir.name()))?;
                } else {
                    say(&format!("run {} is left as it is", dir.name()))?;
                }
            }
        }
    }
    Ok(())
}

/// Where a run lies, as it was named: a link stays a link, so that it can be refused.
fn place(root: &Path, run: &str) -> Result<PathBuf> {
    let dir = RunDir::find(root, run)?;
    let named = [root.join(run), PathBuf::from(run)].into_iter().find(|p| p.exists());
    Ok(named.filter(|p| p.is_symlink()).unwrap_or_else(|| dir.path().to_owned()))
}

/// Asks on the terminal.
fn confirmed(run: &RunSummary) -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(eyre!("nobody can be asked whether to delete run {}: --yes deletes without asking", run.name));
    }
    let words = format!("Delete run {} ({}) in {} for good? [y/N] ", run.name, run.state, run.path.display());
    let mut asked = io::stderr();
    write!(asked, "{}", harmless(&words))?;
    asked.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
