//! `mug runs`: what runs there are and where they stand.

use std::process::ExitCode;
use std::time::SystemTime;

use color_eyre::Result;

use super::lines::{duration, harmless};
use super::organise::{self, RunsCommand};
use super::out::{say, say_json};
use super::subcommand::{Program, Subcommand};
use crate::run::clock::unix_seconds;
use crate::run::list::{RunSummary, list_runs};
use crate::run::search::Search;
use crate::training::events::Stage;

/// List runs with their state and progress; rename, tag, note or delete one.
///
/// `mug runs --filter 'sims state:finished -tag:old'` lists those whose name, dataset, study, tags, state or note hold
/// every word.
#[derive(Debug, clap::Parser)]
#[command(name = "runs", args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct RunsArgs {
    #[command(subcommand)]
    command: Option<RunsCommand>,
    /// Only runs that hold every word; name:, dataset:, study:, tag:, state: and note: look in one place, - turns a word
    /// round.
    #[arg(long, value_name = "WORDS")]
    filter: Option<String>,
    /// Print one JSON array.
    #[arg(long)]
    json: bool,
}

impl Subcommand for RunsArgs {
    /// Prints a table, or one JSON array; or changes what is said of a run.
    fn run(self, program: &Program) -> Result<ExitCode> {
        if let Some(command) = self.command {
            organise::run(command, &program.runs_root)?;
            return Ok(ExitCode::SUCCESS);
        }
        let search = Search::parse(self.filter.as_deref().unwrap_or_default())?;
        let mut runs = list_runs(&program.runs_root);
        let all = runs.len();
        runs.retain(|run| search.finds(run));
        if self.json {
            say_json(&runs)?;
        } else if all == 0 {
            say(&format!("no runs in {}; mug train --dataset demo makes one", program.runs_root.display()))?;
        } else if runs.is_empty() {
            say(&format!("none of {all} runs holds every word of the filter"))?;
        } else {
            for line in table(&runs, unix_seconds(SystemTime::now())) {
                say(&line)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn table(runs: &[RunSummary], now: u64) -> Vec<String> {
    let names: Vec<String> = runs.iter().map(name).collect();
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0).clamp(4, 64);
    let mut lines = vec![format!(
        "{:width$}  {:9}  {:11}  {:7}  {:5}  {:13}  {}",
        "NAME", "STATE", "STAGE", "EPOCH", "DONE", "WRITTEN", "DATASET"
    )];
    for (r, name) in runs.iter().zip(&names) {
        lines.push(harmless(&format!(
            "{:width$}  {:9}  {:11}  {:>3}/{:<3}  {:>3.0} %  {:13}  {}",
            name,
            r.state,
            r.stage.map_or("-", Stage::name),
            r.epoch,
            r.epochs,
            (r.progress * 100.0).floor(),
            format!("{} ago", duration(now.saturating_sub(r.updated) as f64)),
            what_it_is(r)
        )));
        lines.extend(r.fault.iter().map(|why| format!("{:width$}  {}", "", harmless(why).replace('\n', " "))));
    }
    lines
}

/// As commands take it.
fn name(run: &RunSummary) -> String {
    run.study.as_ref().map_or_else(|| run.name.clone(), |study| format!("{study}/{}", run.name))
}

/// The dataset, and what people say of the run.
fn what_it_is(run: &RunSummary) -> String {
    let tags = run.tags.iter().map(|t| format!("#{t}"));
    let note = Some(run.note.clone()).filter(|n| !n.is_empty());
    std::iter::once(run.dataset.clone()).chain(tags).chain(note).collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::list::RunState;
    use crate::run::view::Phase;

    #[test]
    fn columns_line_up() {
        let run = |name: &str, state, stage| RunSummary {
            name: name.into(),
            path: "/x".into(),
            dataset: "demo\u{1b}".into(),
            state,
            stage,
            epoch: 7,
            epochs: 20,
            progress: 0.999,
            created: String::new(),
            updated: 100,
            result: None,
            fault: None,
            study: None,
            tags: vec![],
            note: String::new(),
        };
        let lines = table(
            &[
                run("2026-11-23-a", RunState::At(Phase::Preparing), Some(Stage::Contrastive)),
                run("b", RunState::Died, None),
            ],
            165,
        );
        let at: Vec<_> = lines.iter().map(|l| l.find("DATASET").or(l.find("demo"))).collect();
        assert!(at[0].is_some() && at.iter().all(|a| a == &at[0]), "{lines:#?}");
        assert!(lines[1].contains(" 99 %") && lines[1].contains("1 m 5 s ago") && lines[1].ends_with("demo␛"));
        let tagged =
            RunSummary { tags: vec!["a".into(), "b".into()], note: "n".into(), ..run("t", RunState::Died, None) };
        assert!(table(&[tagged], 165)[1].ends_with("demo␛  #a  #b  n"));
        let cell = RunSummary { study: Some("noise".into()), ..run("mucn-s1", RunState::Died, None) };
        assert!(table(&[cell], 165)[1].starts_with("noise/mucn-s1  died"));
        let failed =
            RunSummary { fault: Some("no pickle\u{1b}".into()), ..run("c", RunState::At(Phase::Faulted), None) };
        let lines_of_one = table(&[failed], 165);
        assert!(lines_of_one[1].contains("faulted") && lines_of_one[2] == "      no pickle␛", "{lines_of_one:?}");
    }
}
