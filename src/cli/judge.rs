//! `mug labels RUN --json` and `--against FILE`: how well corrected labels agree with people's.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;
use serde::Serialize;

use super::out::{say, say_json, warn};
use super::record::read_record;
use super::refresh::read_refresh;
use crate::modality::{Modality, PerModality};
use crate::report::numbers::IN_SAMPLE_WORDS;
use crate::run::annotations;
use crate::run::calibration::Calibration;
use crate::run::directory::RunDir;
use crate::run::rows::LabelRows;
use crate::split::{PerSplit, Split};
use crate::training::agreement::summarise_values;
use crate::training::bootstrap::{CONFIDENCE, RESAMPLES};
use crate::training::events::{
    Agreement, Apart, Gain, Grid, Interval, LabelSummaries, LabelSummary, LabelValues, Part, Prepared,
};

/// So many unknown ids are named at most.
const NAMED: usize = 10;

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    run: &'a str,
    path: &'a Path,
    refresh: u32,
    epoch: u32,
    label_range: f32,
    /// Where the human labels come from: `data`, or a file; `None`: there are none.
    judged_by: Option<String>,
    resamples: usize,
    confidence: f64,
    /// Ids of the file that the data does not have.
    unknown_ids: Vec<String>,
    /// Clips that a calibration was made by, whose human labels judge nothing.
    left_out: usize,
    /// Modalities whose features were fitted to human labels of the training split.
    in_sample: &'a [Modality],
    labels: LabelSummaries,
}

/// Judges a refresh of a run's labels (`None`: the last) by the data's human labels, or by those of the file `against`.
pub fn run(dir: &RunDir, refresh: Option<u32>, against: Option<&Path>, json: bool) -> Result<ExitCode> {
    let view = read_record(dir)?;
    let (refresh, values, mut rows) = read_refresh(dir, &view, refresh)?;
    let prepared = view.prepared.ok_or_else(|| eyre!("run {} has not recorded what it trains on", dir.name()))?;
    let label_range = prepared.label_range;
    let mut judged_by = rows.human.as_ref().map(|_| "data".to_owned());
    let mut unknown = Vec::new();
    if let Some(path) = against {
        let given = annotations::read(path, &rows, label_range)?;
        rows.human = Some(given.labels);
        unknown = given.unknown;
        judged_by = Some(path.display().to_string());
        unknown_ids(&unknown);
    }
    let left_out = if against.is_none() { leave_out(dir, &mut rows)? } else { 0 };
    let labels = summaries(&rows, &values, label_range);
    if json {
        let report = Report {
            run: dir.name(),
            path: dir.path(),
            refresh: refresh.refresh,
            epoch: refresh.epoch,
            label_range,
            judged_by,
            resamples: RESAMPLES,
            confidence: CONFIDENCE,
            unknown_ids: unknown,
            left_out,
            in_sample: &prepared.in_sample,
            labels,
        };
        say_json(&report)?;
    } else {
        let source = against.unwrap_or(Path::new("the data"));
        say(&format!(
            "run {}, refresh {} (epoch {}), against {}; in brackets 95 % intervals of {RESAMPLES} resamples; a modality \
             agrees with its clip where its own label lies within .2 H of y",
            dir.name(),
            refresh.refresh,
            refresh.epoch,
            source.display()
        ))?;
        if left_out > 0 {
            say(&format!("without the {left_out} clips by which the run was calibrated"))?;
        }
        table(&labels, &prepared)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which ids of a file the data does not have, where there are such.
pub fn unknown_ids(unknown: &[String]) {
    if !unknown.is_empty() {
        let named: Vec<_> = unknown.iter().take(NAMED).map(String::as_str).collect();
        let more = if unknown.len() > NAMED { ", ..." } else { "" };
        warn(&format!("{} ids are not in the run's data: {}{more}", unknown.len(), named.join(", ")));
    }
}

/// Takes the human labels of the clips away that a calibration was made by; their number.
fn leave_out(dir: &RunDir, rows: &mut LabelRows) -> Result<usize> {
    let (Some(calibration), Some(human)) = (Calibration::read(dir)?, &mut rows.human) else { return Ok(0) };
    let ids: HashSet<&String> = calibration.left_out.iter().collect();
    let judged: Vec<usize> = (0..rows.id.len()).filter(|row| ids.contains(&rows.id[*row])).collect();
    for m in Modality::ALL {
        judged.iter().for_each(|row| human[m][*row] = f32::NAN);
    }
    Ok(judged.len())
}

/// The summaries of each split.
fn summaries(rows: &LabelRows, values: &LabelValues, label_range: f32) -> LabelSummaries {
    PerSplit::from_fn(|split| {
        let of = |column: &[f32]| -> Vec<f32> {
            column.iter().zip(&rows.split).filter(|(_, s)| **s == split).map(|(v, _)| *v).collect()
        };
        let human: Option<PerModality<Vec<f32>>> = rows.human.as_ref().map(|h| h.map(|_, column| of(column)));
        summarise_values(&of(&rows.y), &values.of(of), human.as_ref(), label_range, RESAMPLES)
    })
}

fn table(labels: &LabelSummaries, prepared: &Prepared) -> io::Result<()> {
    for split in Split::ALL {
        for (m, s) in labels[split].iter().filter(|(_, s)| s.annotated.is_some_and(|n| n > 0)) {
            say("")?;
            let rows = s.annotated.unwrap_or(0);
            match prepared.is_in_sample(m, split) {
                true => say(&format!("{split} {m}: {rows} rows, {IN_SAMPLE_WORDS}"))?,
                false => say(&format!("{split} {m}: {rows} rows"))?,
            }
            for (name, agreement) in [("corrected", s.corrected), ("copied", s.copied)] {
                say(&format!("  {name:<10} {}", agreement_words(&agreement.unwrap_or_default())))?;
            }
            say(&format!("  {}", gain_words(&s.gain.unwrap_or_default())))?;
            for line in s.apart.iter().flat_map(apart) {
                say(&format!("  {line}"))?;
            }
            grids(s)?;
        }
    }
    Ok(())
}

/// MAE, r and sign agreement.
pub fn agreement_words(a: &Agreement) -> String {
    format!(
        "MAE {}  r {}  sign {}",
        value(a.mae, a.mae_interval),
        value(a.pearson, a.pearson_interval),
        value(a.sign, a.sign_interval)
    )
}

/// A measure with its interval.
pub fn value(value: Option<f64>, interval: Option<Interval>) -> String {
    let number = value.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.3}"));
    match interval {
        Some([low, high]) => format!("{number} [{low:.3}, {high:.3}]"),
        None => number,
    }
}

/// By how much corrected labels are better, and whether they are.
pub fn gain_words(gain: &Gain) -> String {
    let word = match gain.mae_interval {
        Some([low, _]) if low > 0.0 => "corrected labels are better",
        Some([_, high]) if high < 0.0 => "copies are better",
        _ => "no difference beyond chance",
    };
    format!(
        "gain       MAE {}  r {}: {word}",
        value(gain.mae, gain.mae_interval),
        value(gain.pearson, gain.pearson_interval)
    )
}

/// Clips whose modality says what the whole says, and those where it differs.
fn apart(a: &Apart) -> [String; 2] {
    let line = |name: &str, part: &Part| {
        let mae = |v: Option<f64>| v.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.3}"));
        format!(
            "{name:<10} {} rows: MAE of copies {}, of corrected {}, gain {}",
            part.rows,
            mae(part.copied),
            mae(part.corrected),
            value(part.gain, part.gain_interval)
        )
    };
    [line("agreeing", &a.agreeing), line("differing", &a.differing)]
}

/// Grids of signs: rows are the signs of copies and of corrected labels, columns those of people's labels.
fn grids(s: &LabelSummary) -> io::Result<()> {
    let (Some(copied), Some(corrected)) = (s.copied_human, s.corrected_human) else { return Ok(()) };
    say(&format!("  {:<26}{}", "copied \\ human -  0  +", "corrected \\ human -  0  +"))?;
    let line = |g: &Grid, row: usize| format!("{:>6}{:>6}{:>6}", g[row][0], g[row][1], g[row][2]);
    for (row, name) in ["-", "0", "+"].into_iter().enumerate() {
        say(&format!("  {name:>4} {:<21}{name:>4} {}", line(&copied, row), line(&corrected, row)))?;
    }
    Ok(())
}
