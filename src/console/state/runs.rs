//! The run pane's state: the runs of the runs folder, in groups, in an order and as a filter finds them, those that are
//! marked, and those whose curves lie over the attached one's.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crossterm::event::KeyCode;

use super::action::{Action, Key, bind};
use super::run_table::RunTable;
use super::series::Series;
use super::spec::{Slot, Spec};
use crate::console::widgets::list::List;
use crate::report::runs::{self as order, Filter, SortKey};
use crate::run::list::RunSummary;
use crate::run::organise;
use crate::run::view::RunView;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Left,
    bindings: &[
        bind(
            Action::Attach,
            &[Key::code(KeyCode::Enter)],
            "attach",
            "attach to the selected run; take it up where it ended; open or close a group",
        ),
        bind(
            Action::Filter,
            &[Key::char('/')],
            "filter",
            "filter runs, for example: dataset = sims and joint.unimodal_weight > 0 not tag = old",
        ),
        bind(
            Action::Sort,
            &[Key::char('O')],
            "order",
            "sort by metrics and settings (test.mae,-training.seed); in the table by the column, again: the other way round",
        ),
        bind(Action::Group, &[Key::char('b')], "group", "group the runs by study, by tag, or not at all"),
        bind(
            Action::MarkRun,
            &[Key::char('x')],
            "mark",
            "mark the run or the group, or not; o, d, t, n and D then mean all that are marked",
        ),
        bind(
            Action::RunTable,
            &[Key::char('v')],
            "table",
            "the runs as a table of settings that differ and metrics, or as a list",
        ),
        bind(Action::Left, &[Key::code(KeyCode::Left), Key::char('h')], "", "in the table: to the column on the left"),
        bind(
            Action::Right,
            &[Key::code(KeyCode::Right), Key::char('l')],
            "",
            "in the table: to the column on the right",
        ),
        bind(Action::Tags, &[Key::char('t')], "tag", organise::TAG.help),
        bind(Action::Rename, &[Key::char('e')], "rename", organise::RENAME.help),
        bind(Action::Note, &[Key::char('n')], "note", organise::NOTE.help),
        bind(Action::Delete, &[Key::char('D'), Key::code(KeyCode::Delete)], "delete", organise::REMOVE.help),
        bind(
            Action::Beside,
            &[Key::char('o')],
            "overlay",
            "lay the curves of the run, or of those marked, over the shown run's in Losses, or take them away",
        ),
        bind(
            Action::Compare,
            &[Key::char('d')],
            "compare",
            "side by side: settings that differ and results of the marked runs, or of the shown, overlaid and selected",
        ),
        bind(Action::Refresh, &[Key::char('r')], "look again", "look for runs again"),
    ],
};

/// The most runs beside the attached one; more curves could not be told apart.
pub const MOST: usize = 7;
/// What they are called on the screen, in order.
pub const LETTERS: [char; MOST] = ['b', 'c', 'd', 'e', 'f', 'g', 'h'];

/// A run whose curves are shown beside the attached run's.
#[derive(Clone, Debug)]
pub struct Beside {
    pub path: PathBuf,
    pub name: String,
    pub view: RunView,
    /// Of the value that the losses pane shows.
    pub series: Series,
    /// Position in [`LETTERS`]; it stays when another one goes.
    pub letter: usize,
    /// Grows when recorded points become void.
    pub generation: u64,
}

/// What runs are grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    #[default]
    Study,
    Tag,
    Nothing,
}

impl Grouping {
    /// The next one of a key.
    pub fn next(self) -> Self {
        match self {
            Grouping::Study => Grouping::Tag,
            Grouping::Tag => Grouping::Nothing,
            Grouping::Nothing => Grouping::Study,
        }
    }

    /// For a line that says what was chosen.
    pub fn name(self) -> &'static str {
        match self {
            Grouping::Study => "by study",
            Grouping::Tag => "by tag",
            Grouping::Nothing => "not grouped",
        }
    }

    /// The groups of a run.
    fn of(self, run: &RunSummary) -> &[String] {
        match self {
            Grouping::Study => run.study.as_slice(),
            Grouping::Tag => &run.tags,
            Grouping::Nothing => &[],
        }
    }
}

/// Runs that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    /// Positions in [`Runs::all`].
    pub runs: Vec<usize>,
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Position in [`Runs::groups`].
    Group(usize),
    /// Position in [`Runs::all`].
    Run(usize),
}

/// What the run pane shows.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    pub all: Vec<RunSummary>,
    /// False until the list arrived once.
    pub known: bool,
    /// Of [`lines`](Self::lines).
    pub list: List,
    /// What is listed: runs of no study, then each group with its runs where it is open, then runs without a tag.
    pub lines: Vec<Line>,
    pub groups: Vec<Group>,
    pub grouping: Grouping,
    /// Names of the groups that are open; all are while there is a filter.
    pub open: BTreeSet<String>,
    pub filter: Option<Filter>,
    /// As it was typed.
    pub filter_text: String,
    /// What is wrong with the text that is being typed; the filter before it holds meanwhile.
    pub filter_error: Option<String>,
    /// What is doubtful in the filter that holds.
    pub filter_doubt: Option<String>,
    /// Columns to sort by, the first one first; none: the last written first.
    pub keys: Vec<SortKey>,
    /// As they were typed.
    pub keys_text: String,
    pub keys_error: Option<String>,
    /// Runs that pass the filter.
    pub found: usize,
    /// By their paths.
    pub marked: BTreeSet<PathBuf>,
    /// How many of them pass the filter.
    pub marked_found: usize,
    /// The runs are shown as a table.
    pub table: Option<RunTable>,
    /// Runs whose curves lie over the attached run's.
    pub beside: Vec<Beside>,
}

impl Runs {
    /// The selected run; `None` on the line of a group.
    pub fn selected(&self) -> Option<&RunSummary> {
        match self.lines.get(self.list.selected)? {
            Line::Run(at) => self.all.get(*at),
            Line::Group(_) => None,
        }
    }

    /// The group whose line is selected.
    pub fn selected_group(&self) -> Option<&Group> {
        match self.lines.get(self.list.selected)? {
            Line::Group(at) => self.groups.get(*at),
            Line::Run(_) => None,
        }
    }

    /// The runs that are marked and pass the filter.
    pub fn marked(&self) -> Vec<&RunSummary> {
        if self.marked.is_empty() {
            return Vec::new();
        }
        self.all.iter().filter(|run| self.marked.contains(&run.path) && self.passes(run)).collect()
    }

    /// The runs that a key means: those that are marked, else the selected one, or those of the selected group.
    pub fn meant(&self) -> Vec<&RunSummary> {
        let marked = self.marked();
        if marked.is_empty() { self.under_cursor() } else { marked }
    }

    /// The selected run, or those of the selected group.
    pub fn under_cursor(&self) -> Vec<&RunSummary> {
        match self.selected_group() {
            Some(group) => group.runs.iter().filter_map(|at| self.all.get(*at)).collect(),
            None => self.selected().into_iter().collect(),
        }
    }

    /// True where a group's runs are listed below its line.
    pub fn is_open(&self, group: &Group) -> bool {
        self.filter.is_some() || self.open.contains(&group.name)
    }

    fn passes(&self, run: &RunSummary) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.matches(run))
    }

    /// Marks the selected run or group, or takes the marks away where all of it is marked.
    pub fn mark(&mut self) {
        let paths: Vec<PathBuf> = self.under_cursor().into_iter().map(|run| run.path.clone()).collect();
        if paths.iter().all(|path| self.marked.contains(path)) {
            paths.iter().for_each(|path| _ = self.marked.remove(path));
        } else {
            self.marked.extend(paths);
        }
        self.marked_found = self.marked().len();
    }

    /// Takes all marks away.
    pub fn unmark(&mut self) {
        self.marked.clear();
        self.marked_found = 0;
    }

    /// Shows the table, or the list again.
    pub fn toggle_table(&mut self) {
        self.table = match self.table.take() {
            Some(_) => None,
            None => Some(RunTable::default()),
        };
        self.rearrange();
    }

    /// Takes in the list of runs; the selection stays where it was.
    pub fn take(&mut self, all: Vec<RunSummary>) {
        let kept = self.kept();
        self.all = all;
        if !self.marked.is_empty() {
            let there: HashSet<&Path> = self.all.iter().map(|run| &*run.path).collect();
            self.marked.retain(|path| there.contains(&**path));
        }
        self.arrange(kept);
    }

    /// Lists anew after the grouping, the filter, the order or a group that is open has changed.
    pub fn rearrange(&mut self) {
        let kept = self.kept();
        self.arrange(kept);
    }

    /// Selects a run wherever it is listed, and opens its group; false where it is not listed.
    pub fn point_at(&mut self, path: &Path) -> bool {
        let Some(at) = self.all.iter().position(|r| r.path == path) else { return false };
        if !self.lines.contains(&Line::Run(at))
            && let Some(group) = self.groups.iter().find(|g| g.runs.contains(&at))
        {
            self.open.insert(group.name.clone());
            self.rearrange();
        }
        let line = self.lines.iter().position(|l| *l == Line::Run(at));
        self.list.selected = line.unwrap_or(self.list.selected);
        line.is_some()
    }

    fn kept(&self) -> (Option<PathBuf>, Option<String>) {
        (self.selected().map(|r| r.path.clone()), self.selected_group().map(|g| g.name.clone()))
    }

    fn arrange(&mut self, (run, group): (Option<PathBuf>, Option<String>)) {
        let mut found: Vec<usize> = (0..self.all.len()).filter(|i| self.passes(&self.all[*i])).collect();
        order::arrange(&self.all, &mut found, &self.keys);
        self.found = found.len();
        self.marked_found = found.iter().filter(|at| self.marked.contains(&self.all[**at].path)).count();
        if let Some(table) = &mut self.table {
            table.fill(&found.iter().map(|at| &self.all[*at]).collect::<Vec<_>>());
        }
        self.lines.clear();
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        let mut groups: Vec<Group> = Vec::new();
        // In the table one compares across groups.
        let grouping = if self.table.is_some() { Grouping::Nothing } else { self.grouping };
        for at in found {
            let names = grouping.of(&self.all[at]);
            if names.is_empty() {
                self.lines.push(Line::Run(at));
            }
            for name in names {
                let group = *by_name.entry(name).or_insert_with(|| {
                    groups.push(Group { name: name.clone(), runs: Vec::new() });
                    groups.len() - 1
                });
                groups[group].runs.push(at);
            }
        }
        self.groups = groups;
        // Who groups by tags looks for those; the others are most of all runs.
        let untagged = if grouping == Grouping::Tag { std::mem::take(&mut self.lines) } else { Vec::new() };
        for (i, group) in self.groups.iter().enumerate() {
            self.lines.push(Line::Group(i));
            if self.is_open(group) {
                self.lines.extend(group.runs.iter().map(|at| Line::Run(*at)));
            }
        }
        self.lines.extend(untagged);
        let same = |line: &Line| match line {
            Line::Run(at) => run.as_ref() == Some(&self.all[*at].path),
            Line::Group(at) => group.as_ref() == Some(&self.groups[*at].name),
        };
        let last = self.lines.len().saturating_sub(1);
        self.list.selected = self.lines.iter().position(same).unwrap_or(self.list.selected.min(last));
    }
}
