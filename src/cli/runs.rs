//! `mug runs`: what runs there are and where they stand.

use std::process::ExitCode;
use std::time::SystemTime;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::lines::{duration, harmless};
use super::organise::{self, RunsCommand};
use super::out::{say, say_json};
use super::subcommand::{Program, Subcommand};
use crate::report::runs::{Filter, SortKey, arrange, doubt};
use crate::run::clock::unix_seconds;
use crate::run::list::{RunSummary, list_runs};
use crate::training::events::Stage;

/// List runs with their state and progress; rename, tag, note or delete one.
///
/// `mug runs --filter 'dataset = sims and joint.unimodal_weight > 0 not tag = old' --sort test.mae` lists those that pass,
/// the best first; `mug help filters` explains the language and names what can be asked about.
#[derive(Debug, clap::Parser)]
#[command(name = "runs", args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct RunsArgs {
    #[command(subcommand)]
    command: Option<RunsCommand>,
    /// Only runs that pass, for example `state = finished test.mae < 0.4`; see mug help filters.
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,
    /// Order: facts, settings or metrics after commas, for example test.mae,-training.seed; metrics begin with the best, -
    /// turns an order round. Without it the last written run comes first.
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    sort: Option<String>,
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
        let filter = Filter::parse(self.filter.as_deref().unwrap_or_default()).map_err(|e| eyre!("--filter: {e}"))?;
        let keys = SortKey::parse_list(self.sort.as_deref().unwrap_or_default()).map_err(|e| eyre!("--sort: {e}"))?;
        let all = list_runs(&program.runs_root);
        let passes = |at: &usize| filter.as_ref().is_none_or(|f| f.matches(&all[*at]));
        let mut order: Vec<usize> = (0..all.len()).filter(passes).collect();
        arrange(&all, &mut order, &keys);
        let runs: Vec<&RunSummary> = order.iter().map(|at| &all[*at]).collect();
        if self.json {
            say_json(&runs)?;
        } else if all.is_empty() {
            say(&format!("no runs in {}; mug train --dataset demo makes one", program.runs_root.display()))?;
        } else if runs.is_empty() {
            let doubt = filter.as_ref().and_then(|f| doubt(f, &all)).map_or_else(String::new, |d| format!(" ({d})"));
            say(&format!("none of {} runs passes the filter{doubt}", all.len()))?;
        } else {
            for line in table(&runs, unix_seconds(SystemTime::now())) {
                say(&line)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn table(runs: &[&RunSummary], now: u64) -> Vec<String> {
    let names: Vec<String> = runs.iter().map(|run| name(run)).collect();
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
            settings: Default::default(),
        };
        let lines = table(
            &[
                &run("2026-11-23-a", RunState::At(Phase::Preparing), Some(Stage::Contrastive)),
                &run("b", RunState::Died, None),
            ],
            165,
        );
        let at: Vec<_> = lines.iter().map(|l| l.find("DATASET").or(l.find("demo"))).collect();
        assert!(at[0].is_some() && at.iter().all(|a| a == &at[0]), "{lines:#?}");
        assert!(lines[1].contains(" 99 %") && lines[1].contains("1 m 5 s ago") && lines[1].ends_with("demo␛"));
        let tagged =
            RunSummary { tags: vec!["a".into(), "b".into()], note: "n".into(), ..run("t", RunState::Died, None) };
        assert!(table(&[&tagged], 165)[1].ends_with("demo␛  #a  #b  n"));
        let cell = RunSummary { study: Some("noise".into()), ..run("mucn-s1", RunState::Died, None) };
        assert!(table(&[&cell], 165)[1].starts_with("noise/mucn-s1  died"));
        let failed =
            RunSummary { fault: Some("no pickle\u{1b}".into()), ..run("c", RunState::At(Phase::Faulted), None) };
        let lines_of_one = table(&[&failed], 165);
        assert!(lines_of_one[1].contains("faulted") && lines_of_one[2] == "      no pickle␛", "{lines_of_one:?}");
    }
}
