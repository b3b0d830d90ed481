//! The whole command line: options of the console, and the subcommands with theirs.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser};

use super::examples;
use super::home::HomeArgs;
use super::pages;
use super::subcommand::Entry;
use crate::version;

/// A terminal console for MUG: meta uni-label generation in multimodal sentiment analysis.
///
/// Without a subcommand the console opens: pick a dataset, train the three stages, look at the corrected labels. A run
/// goes on when the console is left or the connection drops; `mug attach` brings it back.
#[derive(Debug, Parser)]
#[command(name = "mug", version, long_version = version::ALL.as_str())]
pub struct Args {
    #[command(flatten)]
    pub home: HomeArgs,
    /// Where runs lie; MUG_RUNS_DIR sets it, too.
    #[arg(long, global = true, value_name = "FOLDER", display_order = 900)]
    pub runs_dir: Option<PathBuf>,
}

/// A command line that was understood.
#[derive(Debug)]
pub struct CommandLine {
    pub args: Args,
    /// The subcommand with its options; `None`: the console.
    pub subcommand: Option<(Entry, ArgMatches)>,
}

/// The command line's grammar with these subcommands.
pub fn grammar(entries: &[Entry]) -> Command {
    let command = Args::command()
        .subcommands(entries.iter().map(|entry| (entry.command)()))
        // `mug help` is a subcommand of ours: it knows pages, too.
        .disable_help_subcommand(true)
        .after_help(pages::list());
    examples::shown(command)
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// It is not understood, asks for help, or has an option before a subcommand that the subcommand would not see.
pub fn read(line: impl IntoIterator<Item = OsString>, entries: &[Entry]) -> Result<CommandLine, clap::Error> {
    let mut command = grammar(entries);
    let mut matches = command.try_get_matches_from_mut(line)?;
    if let Some(name) = matches.subcommand_name() {
        let given = |arg: &&clap::Arg| {
            let typed = matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
            !arg.is_global_set() && typed
        };
        let own = |arg: &clap::Arg| !["help", "version"].contains(&arg.get_id().as_str());
        let option = |arg: &clap::Arg| arg.get_long().map_or_else(|| arg.get_id().to_string(), |l| format!("--{l}"));
        let typed = command.get_arguments().filter(|a| own(a)).find(given).map(option);
        if let Some(option) = typed {
            let text = format!(
                "{option} before {name} is an option of the console, which {name} does not open; options of {name} \
                 stand behind it: mug {name} --help"
            );
            return Err(command.error(ErrorKind::ArgumentConflict, text));
        }
    }
    let subcommand = matches.remove_subcommand().and_then(|(name, matches)| {
        let entry = entries.iter().find(|entry| (entry.command)().get_name() == name)?;
        Some((*entry, matches))
    });
    let args = Args::from_arg_matches_mut(&mut matches).map_err(|e| e.format(&mut command))?;
    Ok(CommandLine { args, subcommand })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::attach::AttachArgs;
    use crate::cli::train::TrainArgs;

    const ENTRIES: [Entry; 2] = [Entry::of::<TrainArgs>(), Entry::of::<AttachArgs>()];

    fn parse(line: &str) -> Result<CommandLine, clap::Error> {
        read(line.split_whitespace().map(OsString::from), &ENTRIES)
    }

    #[test]
    fn what_people_type() {
        let line = parse("mug --dataset sims --set a.b=1 --set c=2 --fps 10").unwrap();
        let home = line.args.home;
        assert_eq!((line.subcommand.is_none(), home.start.settings.overrides.len(), home.view.frames()), (true, 2, 10));
        assert!(parse("mug train").unwrap_err().to_string().contains("--dataset"));
        assert!(parse("mug --fps 0").is_err());
        assert!(parse("mug attach x --follow y").is_err());
        assert!(parse("mug attach --runs-dir /x").unwrap().args.runs_dir.is_some());
    }

    #[test]
    fn options_work_before_a_subcommand_or_are_refused() {
        let line = parse("mug --runs-dir /x attach run").unwrap();
        let (entry, _) = line.subcommand.unwrap();
        assert_eq!((line.args.runs_dir.is_some(), (entry.command)().get_name()), (true, "attach"));
        for option in ["--dataset sims", "--config f", "--set a=1", "--device cpu", "--fps 9", "--ascii", "--plain"] {
            let text = parse(&format!("mug {option} attach")).unwrap_err().to_string();
            let name = option.split(' ').next().unwrap();
            assert!(text.contains(name) && text.contains("an option of the console"), "{text}");
        }
        assert!(parse("mug attach").is_ok() && parse("mug --help").unwrap_err().kind() == ErrorKind::DisplayHelp);
    }

    #[test]
    fn options_that_would_mean_nothing_are_refused() {
        for line in
            ["mug --plain --fps 9", "mug --plain --ascii", "mug attach --plain --fps 9", "mug --read-only --device cpu"]
        {
            assert_eq!(parse(line).unwrap_err().kind(), ErrorKind::ArgumentConflict, "{line}");
        }
    }
}
