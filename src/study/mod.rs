//! Carrying studies out: from what a person asks for to a study's folder, and from there to trained cells.
//!
//! | what | file |
//! |---|---|
//! | a study as it is asked for, resolved and written | [`request`] |
//!
//! The study's files and where its cells stand are [`run::study`](crate::run::study)'s; the process of a cell is an ordinary
//! [`host`](crate::host). Imports from `host` and the floors below it, shows nothing.

pub mod request;
