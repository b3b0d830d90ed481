//! The table of runs: a row for each run, a column for each setting in which they differ and each metric that some have.

use crate::console::widgets::text;
use crate::report::filter::Kind;
use crate::report::runs::{Column, columns, number, words};
use crate::run::list::RunSummary;
use crate::sanitise::clean;

/// The widest column, in cells.
const WIDEST: usize = 24;
/// The widest name of a run.
const WIDEST_NAME: usize = 40;
/// Runs by which the widths are measured: some from all over the list.
const MEASURED: usize = 200;

/// What the table shows and how.
#[derive(Clone, Debug, Default)]
pub struct RunTable {
    pub columns: Vec<TableColumn>,
    /// The column that keys are about, by its name: it stays as runs come and go.
    pub cursor: String,
    /// Columns after the first that are scrolled out of sight on the left.
    pub offset: usize,
}

/// A column of the table.
#[derive(Clone, Debug)]
pub struct TableColumn {
    pub column: Column,
    pub heading: String,
    /// Cells, without the blank beside it.
    pub width: u16,
    /// The best value; `None` where neither end is good, all are the same, or the runs have different data.
    pub best: Option<f64>,
}

impl RunTable {
    /// Takes in the runs that are shown.
    pub fn fill(&mut self, runs: &[&RunSummary]) {
        let columns = columns(runs);
        let ranked = columns.iter().all(|c| c.name() != "dataset");
        self.columns = columns.into_iter().map(|column| TableColumn::of(column, runs, ranked)).collect();
    }

    /// Position of the column that keys are about.
    pub fn at(&self) -> usize {
        self.columns.iter().position(|c| c.column.name() == self.cursor).unwrap_or(0)
    }

    /// The column that keys are about.
    pub fn column(&self) -> Option<&Column> {
        self.columns.get(self.at()).map(|c| &c.column)
    }

    /// Moves the cursor by columns.
    pub fn step(&mut self, by: isize) {
        let at = self.at().saturating_add_signed(by).min(self.columns.len().saturating_sub(1));
        self.cursor = self.columns.get(at).map(|c| c.column.name().into_owned()).unwrap_or_default();
    }
}

impl TableColumn {
    fn of(column: Column, runs: &[&RunSummary], ranked: bool) -> Self {
        let heading = column.name().into_owned();
        let best = best(&column, runs).filter(|_| ranked);
        let mut own = Self { column, heading, width: 0, best };
        let some = runs.iter().step_by((runs.len() / MEASURED).max(1));
        let widest = some.map(|run| text::width(&own.cell(run))).max().unwrap_or(0);
        let most = if own.is_name() { WIDEST_NAME } else { WIDEST };
        // The sign of the order stands beside the heading.
        own.width = widest.max(text::width(&own.heading) + 1).clamp(3, most) as u16;
        own
    }

    /// True for the column that stays as the others scroll.
    pub fn is_name(&self) -> bool {
        self.heading == "name"
    }

    /// True for numbers, which stand on the right.
    pub fn on_the_right(&self) -> bool {
        self.column.kind() == Kind::Number
    }

    /// What the table shows of a run; the best value carries a `*`.
    pub fn cell(&self, run: &RunSummary) -> String {
        match &self.column {
            Column::Fact(fact) if fact.name == "name" => match &run.study {
                Some(study) => format!("{study}/{}", run.name),
                None => run.name.clone(),
            },
            Column::Fact(fact) if fact.name == "dataset" => {
                let stem = std::path::Path::new(&run.dataset).file_stem();
                stem.map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
            }
            Column::Metric { key, .. } => {
                let value = number(run, &self.column);
                let is_best = self.best.is_some_and(|best| best == value);
                let words = match key.split('.').next() {
                    Some("test" | "valid" | "labels") => text::number(value, 4),
                    _ => text::significant(value, 4),
                };
                format!("{words}{}", if is_best { "*" } else { " " })
            }
            column => clean(&words(run, column)).into_owned(),
        }
    }
}

fn best(column: &Column, runs: &[&RunSummary]) -> Option<f64> {
    let lower = column.lower_is_better()?;
    let values = || runs.iter().map(|run| number(run, column)).filter(|v| v.is_finite());
    let best = values().reduce(|a, b| if lower { a.min(b) } else { a.max(b) })?;
    values().any(|v| v != best).then_some(best)
}
