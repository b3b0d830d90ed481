//! The terminal: bytes in and out, cells, colours, the clipboard. Knows no run and no state.
//!
//! May import: the crate's lowest floors ([`sanitise`](crate::sanitise)). A new kind of input is a variant of
//! [`decode::Input`]; a new colour is a constant in [`theme`].

pub mod clipboard;
pub mod decode;
pub mod panics;
pub mod screen;
pub mod signals;
pub mod theme;
pub mod tty;
