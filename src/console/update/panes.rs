//! The keys of every pane.

use super::pane::PaneKeys;
use crate::console::state::pane::{Pane, panes};

macro_rules! keys {
    ($($name:ident $module:ident,)*) => {
        /// The keys of a pane.
        pub fn keys(pane: Pane) -> &'static dyn PaneKeys {
            match pane {
                $(Pane::$name => &super::$module::Keys,)*
            }
        }
    };
}
panes!(keys);
