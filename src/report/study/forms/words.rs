//! What several forms say in the same words.

use crate::report::numbers::{number, signed};
use crate::report::statistics::LEAST_PAIRS;
use crate::report::study::against::{Against, LEVEL, Verdict};
use crate::report::study::fits::Fit;
use crate::report::study::outcomes::StudyMetric;
use crate::report::study::table::{Entry, Table, TableRow, decimals};

/// A difference that is smaller is one of rounding.
const MOST_DECIMALS: usize = 6;

/// `0.356 ± 0.004`; the mean alone for one seed, `undefined` without any.
pub fn mean(entry: &Entry, decimals: usize, plus_minus: &str) -> String {
    match entry.sample {
        None if entry.undefined > 0 => "undefined".to_owned(),
        None => "–".to_owned(),
        Some(s) => {
            let spread = s.deviation.map(|d| format!(" {plus_minus} {}", number(d, decimals)));
            format!("{}{}", number(s.mean, decimals), spread.unwrap_or_default())
        }
    }
}

/// Decimals of a difference: `least`, or, where it is told apart, as many more as it takes until neither it nor the end of
/// its interval that is nearer to 0 is written as 0.
pub fn decimals_of(against: &Against, least: usize) -> usize {
    if matches!(against.verdict, Verdict::TooFew | Verdict::NotToldApart) {
        return least;
    }
    let ends = against.paired.interval.map_or([f64::INFINITY; 2], |(low, high)| [low, high]);
    let smallest = ends.iter().fold(against.paired.sample.mean.abs(), |least, end| least.min(end.abs()));
    (least..MOST_DECIMALS)
        .find(|decimals| number(smallest, *decimals) != number(0.0, *decimals))
        .unwrap_or(MOST_DECIMALS)
}

/// `+0.005 [-0.002, +0.012]`
pub fn difference(against: &Against, decimals: usize) -> String {
    let interval = against.paired.interval.map(|(low, high)| interval([low, high], decimals));
    format!(
        "{}{}",
        signed(against.paired.sample.mean, decimals),
        interval.map_or_else(String::new, |i| format!(" {i}"))
    )
}

/// `[-0.002, +0.012]`
pub fn interval([low, high]: [f64; 2], decimals: usize) -> String {
    format!("[{}, {}]", signed(low, decimals), signed(high, decimals))
}

/// A line of the table of differences.
pub struct Difference<'a> {
    pub row: &'a TableRow,
    pub metric: &'a StudyMetric,
    pub against: &'a Against,
    /// See [`decimals_of`].
    pub decimals: usize,
}

/// The differences to the reference, row by row.
pub fn differences(table: &Table) -> impl Iterator<Item = Difference<'_>> {
    table.rows.iter().flat_map(move |row| {
        row.entries.iter().zip(&table.columns).enumerate().filter_map(move |(column, (entry, metric))| {
            let against = entry.against.as_ref()?;
            Some(Difference { row, metric, against, decimals: decimals_of(against, decimals(table, column)) })
        })
    })
}

/// What can be said of a difference, with its probability where something can.
pub fn verdict(against: &Against) -> String {
    match (against.verdict, against.corrected) {
        (Verdict::TooFew, _) | (_, None) => against.verdict.words().to_owned(),
        (verdict, Some(p)) => format!("{}, {}", verdict.words(), probability(p)),
    }
}

/// `p = .031`
pub fn probability(p: f64) -> String {
    if p < 0.001 { "p < .001".to_owned() } else { format!("p = {}", number(p, 3).trim_start_matches('0')) }
}

/// `5`, `3 of 5, 1 failed, 1 open`
pub fn runs(row: &TableRow) -> String {
    let all = row.finished + row.failed + row.open;
    if row.finished == all {
        return all.to_string();
    }
    let more = [(row.failed, "failed"), (row.open, "open")];
    let more: Vec<String> = more.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    format!("{} of {all}, {}", row.finished, more.join(", "))
}

/// `test MAE, less is better`
pub fn heading(name: &str, lower_is_better: Option<bool>) -> String {
    match lower_is_better {
        None => name.to_owned(),
        Some(true) => format!("{name}, less is better"),
        Some(false) => format!("{name}, more is better"),
    }
}

/// `seconds over data.repeat, mucn: slope +0.93 [+0.90, +0.96] of the logarithms, p < .001, 9 runs`
fn fitted(fit: &Fit, seeds: usize) -> String {
    let whose = fit.variant.as_ref().map_or_else(String::new, |name| format!(", {name}"));
    let mut text = format!("{} over {}{whose}: ", fit.y, fit.x);
    match &fit.line {
        None => text += "no line, fewer than two places",
        Some(line) => {
            let interval =
                line.interval.map_or_else(String::new, |(low, high)| format!(" {}", interval([low, high], 3)));
            let of = if fit.log { " of the logarithms" } else { "" };
            let p = line.p.map_or_else(String::new, |p| format!(", {}", probability(p)));
            text += &format!("slope {}{interval}{of}{p}, {} runs", signed(line.slope, 3), line.n);
            match line.interval {
                _ if seeds < LEAST_PAIRS => text += ", too few seeds for a claim",
                Some((low, high)) if low > 0.0 || high < 0.0 => {}
                _ => text += ", not told apart from 0",
            }
        }
    }
    if fit.left_out > 0 {
        text += &format!("; {} more have no place", fit.left_out);
    }
    text + "."
}

/// Lines through the runs, and how the numbers were made, a sentence each.
pub fn notes(table: &Table) -> Vec<String> {
    let mut notes: Vec<String> = table.fits.iter().map(|fit| fitted(fit, table.seeds.len())).collect();
    if !notes.is_empty() {
        notes.push(
            "Lines: least squares, a point a finished run; the slope with its 95 % interval by Student's t.".into(),
        );
    }
    notes.push("Mean ± standard deviation over seeds (divided by n - 1).".to_owned());
    let entries = || table.rows.iter().flat_map(|r| &r.entries);
    if entries().any(|e| e.against.is_some()) {
        notes.push(format!(
            "Differences are paired by seed, with their 95 % interval by Student's t. Told apart: p below {} with Holm's \
             correction over the variants, and the interval does not hold 0; fewer than three seeds are no ground for a claim.",
            probability(LEVEL).trim_start_matches("p = ")
        ));
    }
    if entries().any(|e| e.against.as_ref().is_some_and(|a| a.clips.is_some())) {
        notes.push(
            "Clips: 95 % interval of the difference on the test clips, by a paired bootstrap, seeds averaged.".into(),
        );
    }
    if entries().any(|e| e.best) {
        notes.push(format!(
            "Best where the difference to the next best is not noise: p, paired by seed, times the number of the others is \
             below {}.",
            probability(LEVEL).trim_start_matches("p = ")
        ));
    }
    for row in &table.rows {
        // Seeds of a variant mostly fail for the same reason.
        let mut reasons: Vec<&String> = row.reasons.iter().collect();
        reasons.sort_unstable();
        notes.extend(reasons.chunk_by(|a, b| a == b).map(|alike| {
            let times = if alike.len() > 1 { format!(" ({} runs)", alike.len()) } else { String::new() };
            format!("Failed, {}{times}: {}", row.label, alike[0].replace('\n', " "))
        }));
    }
    if entries().any(|e| e.undefined > 0) {
        notes.push(
            "Undefined: the metric has no value in some finished runs; these are left out of its mean. Labels are not judged \
             where the data has none by people, nor those of a modality that the network does not have."
                .into(),
        );
    }
    notes
}
