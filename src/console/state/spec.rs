//! What a pane says of itself: where it lies, and its keys.

use super::action::{Binding, Key};

/// The place of a pane in a layout that has room for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// One below the other in the left column.
    Left,
    /// The upper right.
    Main,
    /// The lower right, which panes share: each has a tab, and the next digit as its key.
    Lower {
        /// What its key shows, for `?` and README's table.
        shows: &'static str,
        /// Keys that show it besides the digit.
        also: &'static [Key],
    },
}

/// A pane's own facts, a constant `PANE` of its file in [`state`](super).
#[derive(Debug)]
pub struct Spec {
    pub slot: Slot,
    /// The keys that work while it has the focus.
    pub bindings: &'static [Binding],
}
