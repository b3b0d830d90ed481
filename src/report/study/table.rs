//! A study's table: of each variant the mean and spread over seeds of each metric, and its difference to the reference.

use serde::Serialize;

use super::against::{Against, LEVEL, on_clips};
use super::fits::Fit;
use super::outcomes::{CellState, Outcome, Outcomes, StudyMetric, TestClips, Variant};
use crate::config::MetricSet;
use crate::report::statistics::{LEAST_PAIRS, Sample, holm, paired, sample};
use crate::training::metrics::{self, Metric};

/// How far a metric may lie from the recorded one and be the same.
const RECORDED: f64 = 1e-6;

/// A study in numbers, ready to be written in any form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    pub name: String,
    pub question: String,
    /// Those that the study has, finished or not.
    pub seeds: Vec<u64>,
    /// One a metric.
    pub columns: Vec<StudyMetric>,
    pub rows: Vec<TableRow>,
    /// Lines through the finished runs.
    pub fits: Vec<Fit>,
}

/// A variant at one place of the axes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableRow {
    /// The variant with its place: `mucn, label_noise = 0.2`.
    pub label: String,
    pub variant: String,
    pub axes: Vec<(String, String)>,
    /// The others are set against it.
    pub is_reference: bool,
    pub finished: usize,
    pub failed: usize,
    /// Waiting, running or stopped.
    pub open: usize,
    /// Why those that failed did.
    pub reasons: Vec<String>,
    /// One a column.
    pub entries: Vec<Entry>,
}

/// One metric of one row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Over the seeds where it is defined; `None` where it is in none.
    pub sample: Option<Sample>,
    /// Finished runs in which it is not defined.
    pub undefined: usize,
    /// The best of its place, and the difference to the next best is not noise: p of the difference paired by seed, times
    /// the number of the others, is below [`LEVEL`].
    pub best: bool,
    /// `None` for the reference itself, and where there is none.
    pub against: Option<Against>,
}

impl Variant {
    /// The variant with its place on the axes, without the sections of their settings.
    pub fn label(&self) -> String {
        let place = self.axes.iter().map(|(key, value)| {
            let name = key.rsplit('.').next().unwrap_or(key);
            format!(", {name} = {value}")
        });
        std::iter::once(self.name.clone()).chain(place).collect()
    }
}

impl Outcomes {
    /// The cells of a row, by seed.
    fn row(&self, row: usize) -> &[Outcome] {
        let seeds = self.seeds.len();
        self.cells.get(row * seeds..(row + 1) * seeds).unwrap_or_default()
    }

    /// Where a metric is defined, by seed.
    fn values(&self, row: usize, column: usize) -> Vec<Option<f64>> {
        let finished = |c: &Outcome| c.state == CellState::Finished;
        self.row(row).iter().map(|c| c.values.get(column).copied().flatten().filter(|_| finished(c))).collect()
    }

    /// The values of two rows for the seeds that both have.
    fn pairs(&self, row: usize, other: usize, column: usize) -> Vec<(f64, f64)> {
        let (a, b) = (self.values(row, column), self.values(other, column));
        a.into_iter().zip(b).filter_map(|(a, b)| a.zip(b)).collect()
    }

    /// What a row is set against: the reference's variant at the row's own place, else the reference.
    fn reference_of(&self, row: usize) -> Option<usize> {
        let reference = self.variants.get(self.reference?)?;
        let beside = |v: &Variant| v.name == reference.name && v.axes == self.variants[row].axes;
        self.variants.iter().position(beside).or(self.reference)
    }

    /// The metric of a column as a measure of the test clips, where it is one: that which gives what the runs recorded.
    /// Datasets' tables mean different things by some keys.
    fn of_clips(&self, column: usize, metric: &StudyMetric) -> Option<&'static Metric> {
        let key = metric.key.strip_prefix("test.")?;
        let recorded: Vec<(&TestClips, f64)> =
            (self.cells.iter()).filter_map(|c| clips_of(c).zip(c.values.get(column).copied().flatten())).collect();
        let gives = |measure: &Metric| {
            let same = |(clips, value): &(&TestClips, f64)| {
                let found = (measure.value)(&clips.predicted, &clips.labels);
                found.is_some_and(|found| (found - value).abs() <= RECORDED)
            };
            !recorded.is_empty() && recorded.iter().all(same)
        };
        let sets = [MetricSet::Mosi, MetricSet::Sims].into_iter();
        sets.flat_map(metrics::list).find(|measure| measure.key == key && gives(measure))
    }

    fn clips(&self, row: usize, other: usize) -> Vec<(&TestClips, &TestClips)> {
        let pairs = self.row(row).iter().zip(self.row(other));
        pairs.filter_map(|(a, b)| clips_of(a).zip(clips_of(b))).collect()
    }

    /// The rows at the same place of the axes as a row, itself among them.
    fn beside(&self, row: usize) -> impl Iterator<Item = usize> {
        (0..self.variants.len()).filter(move |other| self.variants[*other].axes == self.variants[row].axes)
    }

    /// The table of a study as far as it has come, with lines through the finished runs.
    pub fn table(&self) -> Table {
        let mut rows: Vec<TableRow> = (0..self.variants.len()).map(|row| self.table_row(row)).collect();
        for (column, metric) in self.columns().enumerate() {
            // Each place of the axes asks its own question: corrected for as many variants as it has.
            for first in 0..rows.len() {
                let place: Vec<usize> = self.beside(first).collect();
                if place.first() != Some(&first) {
                    continue;
                }
                let p: Vec<Option<f64>> =
                    place.iter().map(|r| rows[*r].entries[column].against.as_ref()?.paired.p).collect();
                for (row, corrected) in place.iter().zip(holm(&p)) {
                    if let Some(against) = &mut rows[*row].entries[column].against {
                        against.judge(corrected, metric.lower_is_better);
                    }
                }
                if let Some(best) = self.best(&place, column) {
                    rows[best].entries[column].best = true;
                }
            }
        }
        let (name, question) = (self.name.clone(), self.question.clone());
        Table { name, question, seeds: self.seeds.clone(), columns: self.metrics.clone(), rows, fits: self.fits() }
    }

    fn columns(&self) -> impl Iterator<Item = &StudyMetric> {
        self.metrics.iter()
    }

    fn table_row(&self, row: usize) -> TableRow {
        let (cells, variant) = (self.row(row), &self.variants[row]);
        let count = |is: fn(&CellState) -> bool| cells.iter().filter(|c| is(&c.state)).count();
        let finished = count(|s| *s == CellState::Finished);
        let failed = count(|s| matches!(s, CellState::Failed { .. }));
        let reference = self.reference_of(row);
        let entry = |(column, metric): (usize, &StudyMetric)| {
            let values: Vec<f64> = self.values(row, column).into_iter().flatten().collect();
            let mut against = reference
                .filter(|r| *r != row)
                .and_then(|r| Against::new(self.variants[r].label(), &self.pairs(row, r, column)));
            if let (Some(against), Some(r), Some(measure)) = (&mut against, reference, self.of_clips(column, metric)) {
                against.clips = on_clips(&self.clips(row, r), measure);
            }
            Entry { undefined: finished - values.len(), sample: sample(&values), best: false, against }
        };
        TableRow {
            label: variant.label(),
            variant: variant.name.clone(),
            axes: variant.axes.clone(),
            is_reference: reference == Some(row),
            finished,
            failed,
            open: cells.len() - finished - failed,
            reasons: cells
                .iter()
                .filter_map(|c| match &c.state {
                    CellState::Failed { reason } => Some(reason.clone()),
                    _ => None,
                })
                .collect(),
            entries: self.columns().enumerate().map(entry).collect(),
        }
    }

    /// Of some rows the one whose metric is best, where it is told apart from the next best.
    fn best(&self, rows: &[usize], column: usize) -> Option<usize> {
        let lower = self.metrics[column].lower_is_better?;
        let mean = |row: &usize| {
            let values: Vec<f64> = self.values(*row, column).into_iter().flatten().collect();
            sample(&values).map(|s| (*row, if lower { s.mean } else { -s.mean }))
        };
        let mut order: Vec<(usize, f64)> = rows.iter().filter_map(mean).collect();
        order.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (best, next) = (order.first()?.0, order.get(1)?.0);
        let found = paired(&self.pairs(best, next, column)).filter(|p| p.sample.n >= LEAST_PAIRS)?;
        // The best of several is the best by chance more often than one that was named before.
        let others = (order.len() - 1) as f64;
        found.p.filter(|p| p * others < LEVEL).map(|_| best)
    }
}

/// Of finished runs.
fn clips_of(cell: &Outcome) -> Option<&TestClips> {
    cell.test.as_ref().filter(|_| cell.state == CellState::Finished)
}

/// The columns' values have so many decimals.
pub fn decimals(table: &Table, column: usize) -> usize {
    let largest = table.rows.iter().filter_map(|r| r.entries[column].sample).map(|s| s.mean.abs()).fold(0.0, f64::max);
    match largest {
        v if v < 10.0 => 3,
        v if v < 100.0 => 2,
        v if v < 1000.0 => 1,
        _ => 0,
    }
}
