//! What a subcommand is: its options, and what it does with them.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Command, Parser};
use color_eyre::Result;

/// What the program gives to each of its subcommands.
#[derive(Debug)]
pub struct Program {
    /// The folder of the runs.
    pub runs_root: PathBuf,
    /// The whole command line: every subcommand with its options.
    pub grammar: Command,
}

/// A subcommand. Its fields are its options, its doc comment is what `--help` says of it.
pub trait Subcommand: Parser {
    /// Does what the options ask for; the exit status tells how it went.
    ///
    /// # Errors
    /// It could not be done. The message is printed on standard error; the exit status is the error's
    /// ([`status`](super::status)).
    fn run(self, program: &Program) -> Result<ExitCode>;
}

/// A subcommand in the list of all.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name and options.
    pub command: fn() -> Command,
    /// Runs it with the options that were given.
    pub run: fn(&mut ArgMatches, &Program) -> Result<ExitCode>,
}

impl Entry {
    /// The entry of a subcommand.
    pub const fn of<S: Subcommand>() -> Entry {
        Entry { command: S::command, run: run::<S> }
    }
}

fn run<S: Subcommand>(matches: &mut ArgMatches, program: &Program) -> Result<ExitCode> {
    S::from_arg_matches_mut(matches)?.run(program)
}
