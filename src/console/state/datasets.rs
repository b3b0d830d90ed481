//! The dataset pane's state: the catalogue, and a look into each dataset of it.

use std::collections::HashMap;
use std::sync::Arc;

use crossterm::event::KeyCode;

use super::action::{Action, Key, bind};
use super::spec::{Slot, Spec};
use crate::console::widgets::list::List;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Left,
    bindings: &[
        bind(Action::Train, &[Key::code(KeyCode::Enter)], "train", "train on the selected dataset in a new run"),
        bind(Action::OpenFile, &[Key::char('o')], "open file", "open a data file by its path"),
    ],
};

/// Whether a dataset of the catalogue can be trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    BuiltIn,
    /// The file is there, and nobody has looked further than its first bytes yet.
    Present,
    Ready,
    Missing,
    Broken,
}

impl Availability {
    /// True where a run may be started, as far as is known.
    pub fn can_train(self) -> bool {
        matches!(self, Availability::BuiltIn | Availability::Present | Availability::Ready)
    }
}

/// One line of the dataset pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetItem {
    /// A catalogue name, or a file's stem.
    pub name: String,
    /// What `--dataset` would be given: a catalogue name or a path.
    pub target: String,
    pub availability: Availability,
    /// A size, where the file is looked for, or what is wrong with it.
    pub detail: String,
}

/// A look into a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Splits, shapes, label histograms, flaws found.
    pub report: Vec<String>,
    /// Which settings a run on it would use, and why these.
    pub origin: String,
    /// The settings themselves, as TOML.
    pub settings: Vec<String>,
    /// Why it cannot be read or trained on.
    pub problem: Option<String>,
}

/// What the dataset pane shows.
#[derive(Clone, Debug, Default)]
pub struct Datasets {
    /// `None` until the catalogue has been looked through.
    pub items: Option<Vec<DatasetItem>>,
    pub list: List,
    /// The dataset to select once the catalogue is there.
    pub wanted: Option<String>,
    /// By target; absent while it is being read.
    pub previews: HashMap<String, Arc<Preview>>,
}
