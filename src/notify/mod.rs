//! Tells people that a run or a study has ended, or that something is wrong with it: by a command of theirs, which the
//! process of the run starts whether or not anybody looks on, and on the terminals of consoles.
//!
//! What people want to be told, and how, is theirs and no part of a run: it stands in a file of their own
//! ([`settings`]), which every process reads that trains or shows something. Runs that are cells of a study tell nothing: their
//! study tells, once.
//!
//! Imports `files` alone. To add a reason to tell: a variant of [`Reason`], and where it is found
//! (`host/telling.rs`, `console/update/notify.rs`). To add a variable of the command: a line in [`message`].

pub mod command;
pub mod message;
pub mod settings;

pub use command::{CommandError, run};
pub use message::{Message, Reason, Subject};
pub use settings::{Settings, SettingsError, Terminal};
