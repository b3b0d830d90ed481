//! The run pane's state: the runs of the runs folder, and those whose curves lie over the attached one's.

use std::path::PathBuf;

use crossterm::event::KeyCode;

use super::action::{Action, Key, bind};
use super::series::Series;
use super::spec::{Slot, Spec};
use crate::console::widgets::list::List;
use crate::run::list::RunSummary;
use crate::run::view::RunView;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Left,
    bindings: &[
        bind(
            Action::Attach,
            &[Key::code(KeyCode::Enter)],
            "attach",
            "attach to the selected run; take it up where it ended",
        ),
        bind(Action::Refresh, &[Key::char('r')], "look again", "look for runs again"),
        bind(
            Action::Beside,
            &[Key::char('o')],
            "overlay",
            "lay the selected run's curves over those of the shown run in Losses, or take them away",
        ),
        bind(
            Action::Compare,
            &[Key::char('d')],
            "compare",
            "table: settings that differ and results of the shown, the overlaid and the selected run",
        ),
    ],
};

/// The most runs beside the attached one; more curves could not be told apart.
pub const MOST: usize = 3;
/// What they are called on the screen, in order.
pub const LETTERS: [char; MOST] = ['b', 'c', 'd'];

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

/// What the run pane shows.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    pub all: Vec<RunSummary>,
    /// False until the list arrived once.
    pub known: bool,
    pub list: List,
    /// Runs whose curves lie over the attached run's.
    pub beside: Vec<Beside>,
}
