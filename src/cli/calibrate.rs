//! `mug calibrate`: labels for each modality, chosen by a few clips that people judged.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use color_eyre::Result;
use serde::Serialize;

use super::judge::{unknown_ids, value};
use super::out::{say, say_json, warn};
use super::subcommand::{Program, Subcommand};
use crate::device::DeviceRequest;
use crate::host::calibrate::{Calibrated, People, calibrate};
use crate::modality::Modality;
use crate::run::calibration::Calibration;
use crate::run::directory::RunDir;
use crate::split::Split;
use crate::training::calibration::{Choice, LEAST, Settling};
use crate::training::events::{Agreement, LabelSummary};

/// Choose labels for each modality (copies, or one of several corrections) by a few clips that people judged.
///
/// Stage 2 is trained for each candidate on the networks of the run's stage 1. The chosen labels are the run's newest
/// refresh, and stage 3 learns from them when it begins next.
#[derive(Debug, clap::Parser)]
#[command(name = "calibrate", group = clap::ArgGroup::new("people").required(true))]
pub struct CalibrateArgs {
    /// Name or folder of the run; nobody may be training it.
    pub run: String,
    /// Labels of people: a CSV file as mug labels --against takes it, at least 10 clips of one modality.
    #[arg(long, value_name = "FILE", group = "people")]
    pub with: Option<PathBuf>,
    /// Human labels of the data itself, of this many training clips, which are left out of every judgement afterwards.
    #[arg(long, value_name = "N", group = "people")]
    pub human: Option<usize>,
    /// By which the clips are drawn [default: the run's].
    #[arg(long, conflicts_with = "with")]
    pub seed: Option<u64>,
    /// Where to compute [default: as the run].
    #[arg(long, value_enum)]
    pub device: Option<DeviceRequest>,
    /// Print one JSON object on one line.
    #[arg(long)]
    pub json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    run: &'a str,
    path: &'a Path,
    /// Ids of the file that the data does not have.
    unknown_ids: &'a [String],
    /// Stage 3 has begun with other labels, and keeps them until it is begun anew.
    stage_3_keeps: bool,
    #[serde(flatten)]
    calibration: &'a Calibration,
}

impl Subcommand for CalibrateArgs {
    /// Chooses labels and prints why.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let people = match (self.with, self.human) {
            (Some(path), _) => People::File(path),
            // The command line parser has made sure that there is one of the two.
            (None, count) => People::Drawn { count: count.unwrap_or(0), seed: self.seed },
        };
        let in_sample: Vec<&str> = dir.manifest().settings.data.in_sample.iter().map(|m| m.name()).collect();
        if matches!(people, People::Drawn { .. }) && !in_sample.is_empty() {
            warn(&format!(
                "the features of {} were fitted to such labels (data.in_sample): what is chosen by them flatters \
                 correction, and may make other clips worse",
                in_sample.join(" and ")
            ));
        }
        let Calibrated { calibration, unknown, stage_3_keeps } = calibrate(&dir, &people, self.device, &mut warn)?;
        unknown_ids(&unknown);
        if self.json {
            let (run, path) = (dir.name(), dir.path());
            say_json(&Report { run, path, unknown_ids: &unknown, stage_3_keeps, calibration: &calibration })?;
            return Ok(ExitCode::SUCCESS);
        }
        let Calibration { refresh, judged_by, seed, choices, judgement, left_out, .. } = &calibration;
        let source = match seed {
            Some(seed) => format!("drawn from the data's human labels with seed {seed}"),
            None => format!("of {judged_by}"),
        };
        say(&format!(
            "run {}: labels chosen by {} clips {source}, now refresh {refresh}; in brackets 95 % intervals",
            dir.name(),
            left_out.len()
        ))?;
        for (m, choice) in choices.iter() {
            say("")?;
            for line in choice_lines(m, choice) {
                say(&line)?;
            }
        }
        let judged: Vec<String> = Split::ALL
            .into_iter()
            .flat_map(|split| judgement[split].iter().filter_map(move |(m, s)| judgement_line(split, m, s)))
            .collect();
        if !judged.is_empty() {
            say("")?;
            say("the chosen labels by the data's human labels of all other clips:")?;
            judged.iter().try_for_each(|line| say(line))?;
        }
        say("")?;
        say(&match stage_3_keeps {
            true => format!(
                "stage 3 has begun with other labels and keeps them; mug resume {} --restart joint begins it anew with these",
                dir.name()
            ),
            false => "stage 3 learns from these labels when it begins".to_owned(),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What was chosen for a modality, every candidate, and what the choice is worth.
fn choice_lines(m: Modality, choice: &Choice) -> Vec<String> {
    let mut lines = vec![format!("{m}: {}, by {} clips", choice.chosen, choice.labelled)];
    if choice.candidates.is_empty() {
        lines.push(format!("  fewer than {LEAST} clips tell nothing: labels are corrected as the run's settings say"));
        return lines;
    }
    let width = choice.candidates.iter().map(|c| c.name.len()).max().unwrap_or(0);
    for tried in &choice.candidates {
        let mark = if tried.name == choice.chosen { '*' } else { ' ' };
        let gain = match tried.name == choice.candidates[0].name {
            true => String::new(),
            false => format!("  gain {}", value(Some(tried.gain), tried.interval)),
        };
        lines.push(format!("{mark} {:width$}  MAE {:.3}{gain}", tried.name, tried.mae));
    }
    if let Some(expected) = choice.expected {
        lines.push(format!(
            "  expected gain {}, cross-validated; chosen again in {:.0} % of the parts",
            value(Some(expected.gain), expected.interval),
            100.0 * expected.same_choice
        ));
    }
    lines.extend(choice.against_copies.iter().chain(&choice.against_runner_up).map(|s| format!("  {}", settling(s))));
    lines
}

/// How far two candidates are told apart.
fn settling(s: &Settling) -> String {
    format!("{} against {}: {}", s.best, s.other, missing(s.more, "labels"))
}

/// How many more of something two sets of labels would be told apart by.
pub fn missing(more: Option<u64>, what: &str) -> String {
    match more {
        None => format!("no number of {what} would tell them apart"),
        Some(0) => "told apart".to_owned(),
        Some(more) if more > 1_000_000 => format!("more than a million {what} more would tell them apart"),
        Some(more) => format!("{more} more {what} would tell them apart"),
    }
}

/// The chosen labels on the clips that made no choice; `None` where people judged none.
fn judgement_line(split: Split, m: Modality, s: &LabelSummary) -> Option<String> {
    let rows = s.annotated.filter(|n| *n > 0)?;
    let mae = |a: Option<Agreement>| a.and_then(|a| a.mae);
    let gain = s.gain.unwrap_or_default();
    Some(format!(
        "  {split} {m}: {rows} rows, MAE of copies {}, chosen {}, gain {}, r {}",
        value(mae(s.copied), None),
        value(mae(s.corrected), None),
        value(gain.mae, gain.mae_interval),
        value(gain.pearson, gain.pearson_interval)
    ))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn people_are_named_once() {
        let parse = |line: &str| CalibrateArgs::try_parse_from(line.split_whitespace());
        assert!(parse("calibrate r --with a.csv").is_ok() && parse("calibrate r --human 100 --seed 3").is_ok());
        for line in ["calibrate r", "calibrate r --with a.csv --human 100", "calibrate r --with a.csv --seed 3"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn what_is_missing_is_said_in_words() {
        let of = |more| settling(&Settling { best: "a".into(), other: "copies".into(), more, ..Settling::default() });
        assert_eq!(of(Some(0)), "a against copies: told apart");
        assert_eq!(of(Some(285)), "a against copies: 285 more labels would tell them apart");
        assert!(of(None).contains("no number") && of(Some(u64::MAX)).contains("more than a million"));
        let few = Choice { labelled: 3, chosen: "permute 0.3".into(), ..Choice::default() };
        assert!(choice_lines(Modality::Audio, &few)[1].contains("fewer than 10 clips"));
    }
}
