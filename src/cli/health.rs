//! `mug health`: the signs of failure of a run, for people and for scripts.

use std::path::Path;
use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;
use serde::Serialize;

use super::out::{say, say_json};
use super::record::read_record;
use super::status::UNHEALTHY;
use super::subcommand::{Program, Subcommand};
use crate::run::directory::RunDir;
use crate::run::predictions;
use crate::run::rows::LabelRows;
use crate::run::view::RunView;
use crate::split::Split;
use crate::training::events::{Check, CheckState, Gain, Stage};
use crate::training::health::of_baseline;
use crate::training::metrics::{mean_error, set_of};

/// Look for signs of failure in a run; exits with 0 where no check fails and with 4 where one does.
#[derive(Debug, clap::Parser)]
#[command(name = "health")]
pub struct HealthArgs {
    /// Name or folder of the run.
    pub run: String,
    /// Compare joint training with this run of the same data, for example one of joint.unimodal_weight=0.
    #[arg(long, value_name = "RUN")]
    pub baseline: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

impl Subcommand for HealthArgs {
    /// Prints the checks; the exit status tells whether one fails.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let view = read_record(&dir)?;
        let mut checks: Vec<Check> = view.health.iter().map(|h| h.check.clone()).collect();
        let comparison = match &self.baseline {
            Some(name) => {
                let other = RunDir::find(&program.runs_root, name)?;
                let (found, comparison) = compare(&dir, &view, &other)?;
                checks.extend(found);
                Some(comparison)
            }
            None => None,
        };
        if checks.is_empty() {
            return Err(eyre!(
                "run {} has recorded no health checks: they come with its first epoch (and with this version of mug)",
                dir.name()
            ));
        }
        let healthy = checks.iter().all(|c| c.state != CheckState::Failing);
        if self.json {
            let (checks, baseline) = (checks.iter().collect(), comparison.as_ref());
            say_json(&Report { run: dir.name(), path: dir.path(), healthy, checks, baseline })?;
        } else {
            for line in table(&checks) {
                say(&line)?;
            }
            if let Some(c) = &comparison {
                say(&beside(c))?;
            }
        }
        Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::from(UNHEALTHY) })
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    run: &'a str,
    path: &'a Path,
    healthy: bool,
    checks: Vec<&'a Check>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'a Comparison>,
}

/// A run's joint predictions beside another's.
#[derive(Serialize)]
struct Comparison {
    run: String,
    /// w_j of this run and of the other.
    unimodal_weight: [f32; 2],
    valid_mae: [Option<f64>; 2],
    test_mae: [Option<f64>; 2],
    /// The other's validation MAE less this run's.
    gain: Gain,
}

fn table(checks: &[Check]) -> Vec<String> {
    let mut lines =
        vec![format!("{:7}  {:11}  {:19}  {:12}  {:>9}  {}", "STATE", "STAGE", "CHECK", "OF", "VALUE", "EXPECTED")];
    for c in checks {
        let state = match c.state {
            CheckState::Ok => "ok",
            CheckState::Failing => "FAILING",
            CheckState::Unknown => "unknown",
        };
        let value = c.value.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.4}"));
        let side = if c.fails_above { "at most" } else { "at least" };
        let interval = c.interval.map_or_else(String::new, |[low, high]| format!(" [{low:.4}, {high:.4}]"));
        lines.push(format!(
            "{state:7}  {:11}  {:19}  {:12}  {value:>9}  {side} {}{interval}",
            c.stage.name(),
            c.name,
            c.place(),
            c.threshold
        ));
    }
    for c in checks.iter().filter(|c| c.state == CheckState::Failing) {
        let place = Some(c.place()).filter(|p| !p.is_empty()).map_or_else(String::new, |p| format!(" ({p})"));
        lines.push(String::new());
        lines.push(format!("{}{place}: {} {}", c.name, c.meaning, c.advice));
        lines.push(format!("  measured: {}", c.measure));
    }
    lines
}

fn beside(c: &Comparison) -> String {
    let number = |v: Option<f64>| v.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.4}"));
    let interval = c.gain.mae_interval.map_or(String::new(), |[low, high]| format!(" [{low:.4}, {high:.4}]"));
    format!(
        "beside {}: w_j {} / {}, validation MAE {} / {} (gain {}{interval}), test MAE {} / {}",
        c.run,
        c.unimodal_weight[0],
        c.unimodal_weight[1],
        number(c.valid_mae[0]),
        number(c.valid_mae[1]),
        number(c.gain.mae),
        number(c.test_mae[0]),
        number(c.test_mae[1])
    )
}

/// Sets two runs' joint predictions of the same rows side by side.
fn compare(dir: &RunDir, view: &RunView, other: &RunDir) -> Result<(Vec<Check>, Comparison)> {
    let (rows, own) = joint_predictions(dir, view)?;
    let (other_rows, others) = joint_predictions(other, &read_record(other)?)?;
    if rows.id != other_rows.id || rows.split != other_rows.split || rows.y != other_rows.y {
        return Err(eyre!("runs {} and {} were not trained on the same rows", dir.name(), other.name()));
    }
    let of = |values: &[f32], split: Split| -> Vec<f32> {
        values.iter().zip(&rows.split).filter(|(_, s)| **s == split).map(|(v, _)| *v).collect()
    };
    let set = set_of(view.prepared.as_ref().map_or(&[], |p| &p.metric_keys));
    let maes = |split| [&own, &others].map(|values| mean_error(set, &of(values, split), &of(&rows.y, split)));
    let label_range = view.prepared.as_ref().map_or(1.0, |p| p.label_range);
    let [own_valid, others_valid, labels] = [&own, &others, &rows.y].map(|v| of(v, Split::Valid));
    let (checks, gain) = of_baseline(set, &own_valid, &others_valid, &labels, label_range);
    let comparison = Comparison {
        run: other.name().to_owned(),
        unimodal_weight: [dir, other].map(|d| d.manifest().settings.joint.unimodal_weight),
        valid_mae: maes(Split::Valid),
        test_mae: maes(Split::Test),
        gain,
    };
    Ok((checks, comparison))
}

/// The rows of a run and ŷ of each, after stage 3.
fn joint_predictions(dir: &RunDir, view: &RunView) -> Result<(LabelRows, Vec<f32>)> {
    let entry = view.predictions.iter().rfind(|p| p.stage == Stage::Joint);
    let entry = entry.ok_or_else(|| eyre!("run {} has no predictions of a finished joint stage", dir.name()))?;
    let rows = dir.rows()?;
    let predicted = predictions::read(&dir.path().join(&entry.file))?.multimodal;
    if predicted.len() != rows.len() {
        return Err(eyre!("{} has {} rows, where the data has {}", entry.file, predicted.len(), rows.len()));
    }
    Ok((rows, predicted))
}
