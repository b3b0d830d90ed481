//! The command line: one file a subcommand.
//!
//! A subcommand's file holds its options (a struct whose fields and doc comments are what `--help` shows) and what it does
//! with them ([`Subcommand`](subcommand::Subcommand)). To add one: its file, its `mod` line and its line in
//! [`SUBCOMMANDS`], with its examples in `examples`. What several subcommands share has a file of its own: `out` prints, `record` finds and reads runs,
//! `table` holds the options of those that write a table of clips,
//! `settings` those that say with which settings runs are started,
//! `lines` and `progress` tell a run's events, `control` sends commands. Files here import from each other without a
//! ring, and never from this one; everything below may be imported.

mod annotate;
mod args;
mod attach;
mod bench;
mod bench_text;
mod calibrate;
mod compare;
mod completions;
mod config;
mod control;
mod data;
mod devices;
mod examples;
mod export;
mod foreground;
mod health;
mod help;
mod home;
mod host;
mod judge;
mod labels;
mod lines;
mod man;
mod organise;
mod out;
pub mod pages;
mod pause;
mod plain;
mod plot;
mod predict;
mod progress;
mod record;
mod refresh;
mod resume;
mod runs;
mod set;
mod settings;
mod show;
mod stage_name;
pub mod status;
mod stop;
mod study;
pub mod subcommand;
mod table;
mod train;
mod verify;
mod view;
mod weights;

use std::io::{self, Write};
use std::process::ExitCode;

use color_eyre::Result;

use crate::run::directory::runs_root;
use subcommand::{Entry, Program};

/// Every subcommand, in the order in which `mug --help` lists them.
pub const SUBCOMMANDS: &[Entry] = &[
    Entry::of::<train::TrainArgs>(),
    Entry::of::<attach::AttachArgs>(),
    Entry::of::<runs::RunsArgs>(),
    Entry::of::<show::ShowArgs>(),
    Entry::of::<pause::PauseArgs>(),
    Entry::of::<resume::ResumeArgs>(),
    Entry::of::<stop::StopArgs>(),
    Entry::of::<set::SetArgs>(),
    Entry::of::<study::StudyArgs>(),
    Entry::of::<labels::LabelsArgs>(),
    Entry::of::<predict::PredictArgs>(),
    Entry::of::<annotate::AnnotateArgs>(),
    Entry::of::<calibrate::CalibrateArgs>(),
    Entry::of::<health::HealthArgs>(),
    Entry::of::<plot::PlotArgs>(),
    Entry::of::<export::ExportArgs>(),
    Entry::of::<compare::CompareArgs>(),
    Entry::of::<verify::VerifyArgs>(),
    Entry::of::<data::DataArgs>(),
    Entry::of::<weights::WeightsArgs>(),
    Entry::of::<config::ConfigArgs>(),
    Entry::of::<devices::DevicesArgs>(),
    Entry::of::<bench::BenchArgs>(),
    Entry::of::<man::ManArgs>(),
    Entry::of::<completions::CompletionsArgs>(),
    Entry::of::<help::HelpArgs>(),
    Entry::of::<host::HostArgs>(),
];

/// Runs the program as its command line says.
pub fn main() -> ExitCode {
    // Fails only if a hook is there already; then that one reports.
    let _ = color_eyre::config::HookBuilder::default().display_env_section(false).install();
    match run() {
        Ok(code) => code,
        Err(_) if out::is_unread() => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "mug: {}", sentence(&error));
            ExitCode::from(status::of(&error))
        }
    }
}

fn run() -> Result<ExitCode> {
    completions::answer(|| args::grammar(SUBCOMMANDS));
    let line = args::read(std::env::args_os(), SUBCOMMANDS).unwrap_or_else(|e| e.exit());
    crate::model::simd::level()?;
    let program =
        Program { runs_root: line.args.runs_dir.unwrap_or_else(runs_root), grammar: args::grammar(SUBCOMMANDS) };
    match line.subcommand {
        None => home::run(line.args.home, &program.runs_root),
        Some((entry, mut matches)) => (entry.run)(&mut matches, &program),
    }
}

/// An error with its causes, each cause once: most of our messages quote theirs already.
fn sentence(error: &color_eyre::Report) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    lines::harmless(&text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        args::grammar(SUBCOMMANDS).debug_assert();
    }

    #[test]
    fn help_lists_every_subcommand_and_every_page() {
        let help = args::grammar(SUBCOMMANDS).render_long_help().to_string();
        let names = SUBCOMMANDS.iter().map(|entry| (entry.command)()).filter(|command| !command.is_hide_set());
        for name in names.map(|command| command.get_name().to_owned()).chain(pages::PAGES.iter().map(|p| p.name.into()))
        {
            assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{name} "))), "{name}:\n{help}");
        }
        assert!(!help.contains("The process of a run"), "{help}");
    }

    #[test]
    fn causes_are_told_once() {
        let io = || io::Error::other("no space");
        let quoting = crate::run::FileError::new("write", Path::new("/x"))(io());
        assert_eq!(sentence(&quoting.into()), "cannot write /x: no space");
        assert_eq!(sentence(&color_eyre::Report::new(io()).wrap_err("here")), "here: no space");
    }
}
