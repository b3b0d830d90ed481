//! The terminal: bytes in and out, cells, colours, the clipboard, notifications. Knows no run and no state.
//!
//! May import: the crate's lowest floors ([`sanitise`](crate::sanitise), [`notify`](crate::notify)). A new kind of input is a variant of
//! [`decode::Input`]; a new colour is a constant in [`theme`].

pub mod clipboard;
pub mod decode;
pub mod notification;
pub mod panics;
pub mod screen;
pub mod signals;
pub mod theme;
pub mod tty;
