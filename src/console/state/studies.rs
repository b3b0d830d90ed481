//! The study pane's state: the studies of the runs folder, and the one that is open with its grid and table.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::KeyCode;

use super::action::{Action, Key, bind};
use super::spec::{Slot, Spec};
use crate::console::widgets::list::List;
use crate::console::widgets::text;
use crate::report::study::forms;
use crate::report::study::outcomes::{Outcomes, Variant};
use crate::report::study::table::Table;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Lower { shows: "studies: how far they are, the grid of their runs, the table of results", also: &[] },
    bindings: &[
        bind(
            Action::Attach,
            &[Key::code(KeyCode::Enter)],
            "open",
            "open the selected study; in its grid, attach to the selected run",
        ),
        bind(
            Action::Left,
            &[Key::code(KeyCode::Left), Key::char('h')],
            "",
            "a seed, or a part of the table, further left",
        ),
        bind(Action::Right, &[Key::code(KeyCode::Right), Key::char('l')], "seed", "the same further right"),
        bind(Action::NextScalar, &[Key::char('v')], "metric", "another metric of the study"),
        bind(Action::PreviousScalar, &[Key::char('V')], "", "the metric before"),
        bind(Action::StudyTable, &[Key::char('t')], "grid/table", "the grid of runs or the table of results, and back"),
        bind(Action::StopStudy, &[Key::char('x')], "stop/resume", "stop the study, or go on with it (asks first)"),
        bind(
            Action::RunStudy,
            &[Key::char('n')],
            "new study",
            "begin a study that ships with mug or is a file, or add to one: what mug study run takes",
        ),
        bind(Action::Refresh, &[Key::char('r')], "", "look for studies again"),
    ],
};

/// How many cells of a study stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: usize,
    pub running: usize,
    pub stopped: usize,
    pub finished: usize,
    pub failed: usize,
}

impl Counts {
    pub fn all(self) -> usize {
        self.waiting + self.running + self.stopped + self.finished + self.failed
    }

    /// Cells that the study still has to train.
    pub fn open(self) -> usize {
        self.waiting + self.running + self.stopped
    }
}

/// A line of the list of studies.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyLine {
    pub name: String,
    /// Of its folder.
    pub path: PathBuf,
    pub question: String,
    pub counts: Counts,
    /// Share of all cells' steps that are done, in [0, 1].
    pub share: f64,
    /// Seconds until it ends, as finished cells took; `None` where none is finished or none runs.
    pub left: Option<f64>,
    /// Somebody asked it to stop.
    pub stopping: bool,
}

/// A study that was looked into: numbers and places only.
#[derive(Clone, Debug)]
pub struct StudyView {
    pub line: StudyLine,
    pub outcomes: Outcomes,
    /// Where each cell's run lies, in the order of the outcomes; `None`: not begun.
    pub runs: Vec<Option<PathBuf>>,
    pub table: Table,
    /// The table in writing, for panes of each of [`WIDTHS`]: a block a metric, its heading first.
    pub lines: [Vec<String>; WIDTHS.len()],
    /// Columns of the screen that the longest variant's name takes.
    pub longest_name: usize,
    /// Least and greatest value of each metric.
    pub ranges: Vec<Option<(f64, f64)>>,
}

impl StudyView {
    /// Works out what a frame needs of a study.
    pub fn new(line: StudyLine, outcomes: Outcomes, runs: Vec<Option<PathBuf>>) -> Self {
        let range = |metric: usize| {
            let values = outcomes.cells.iter().filter_map(|c| c.values.get(metric).copied().flatten());
            values.filter(|v| v.is_finite()).fold(None, |range: Option<(f64, f64)>, v| {
                Some(range.map_or((v, v), |(least, most)| (least.min(v), most.max(v))))
            })
        };
        let ranges = (0..outcomes.metrics.len()).map(range).collect();
        let longest_name = outcomes.variants.iter().map(|v| text::width(&name_of(v))).max().unwrap_or(0);
        let table = outcomes.table();
        let lines = WIDTHS.map(|width| {
            // The study's name and question stand elsewhere.
            let lines = forms::lines(&table, width).into_iter().skip_while(|line| !line.is_empty()).skip(1);
            lines.collect::<Vec<_>>()
        });
        Self { line, outcomes, runs, table, lines, longest_name, ranges }
    }

    /// The table in writing for a pane of this width.
    pub fn lines(&self, width: u16) -> &[String] {
        let fitting = WIDTHS.iter().rposition(|w| *w <= usize::from(width)).unwrap_or(0);
        &self.lines[fitting]
    }

    /// The first line of a metric's block.
    pub fn block(&self, width: u16, metric: usize) -> usize {
        let lines = self.lines(width);
        let begins = |i: &usize| *i == 0 || lines[*i - 1].is_empty();
        (0..lines.len()).filter(begins).nth(metric).unwrap_or(0)
    }

    /// Least and greatest value of a metric; `None` where no cell has one.
    pub fn range(&self, metric: usize) -> Option<(f64, f64)> {
        self.ranges.get(metric).copied().flatten()
    }
}

/// A variant and its place on the axes.
pub fn name_of(variant: &Variant) -> String {
    let places = variant.axes.iter().map(|(_, value)| value.as_str());
    std::iter::once(variant.name.as_str()).chain(places).collect::<Vec<_>>().join(" ")
}

/// Columns of the screen for which the table is written.
pub const WIDTHS: [usize; 4] = [58, 80, 110, 150];

/// What the world is to look at again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Watch {
    #[default]
    Nothing,
    List,
    /// A study's folder; the list as well.
    Study(PathBuf),
}

/// The study that is open.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    pub path: PathBuf,
    pub name: String,
    /// `None` until it was looked into.
    pub view: Option<Arc<StudyView>>,
    /// Variants, in the grid; lines, in the table.
    pub rows: List,
    /// The seed under the cursor; columns by which the table is scrolled.
    pub column: usize,
    /// The first seed that is shown.
    pub first: usize,
    pub metric: usize,
    /// The table is shown and not the grid, where there is no room for both.
    pub table: bool,
}

impl Opened {
    pub fn variants(&self) -> usize {
        self.view.as_ref().map_or(0, |v| v.outcomes.variants.len())
    }

    pub fn seeds(&self) -> usize {
        self.view.as_ref().map_or(0, |v| v.outcomes.seeds.len())
    }

    /// Index of the cell under the cursor in the outcomes.
    pub fn cell(&self) -> Option<usize> {
        let at = self.rows.selected * self.seeds() + self.column.min(self.seeds().saturating_sub(1));
        self.view.as_ref().filter(|v| at < v.outcomes.cells.len()).map(|_| at)
    }
}

/// What the study pane shows.
#[derive(Clone, Debug, Default)]
pub struct Studies {
    pub all: Arc<Vec<StudyLine>>,
    /// False until the list arrived once.
    pub known: bool,
    pub list: List,
    pub open: Option<Opened>,
    /// What the world was asked to look at.
    pub watched: Watch,
}
