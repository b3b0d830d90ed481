//! The keys of every pane.

use super::pane::PaneKeys;
use super::{datasets, embedding, health, labels, log, losses, metrics, runs, stages};
use crate::console::state::pane::{Pane, panes};

macro_rules! keys {
    ($($name:ident $module:ident,)*) => {
        /// The keys of a pane.
        pub fn keys(pane: Pane) -> &'static dyn PaneKeys {
            match pane {
                $(Pane::$name => &$module::Keys,)*
            }
        }
    };
}
panes!(keys);
