//! File layouts: how the projects of the field arrange a dataset in a pickle, and how each is turned into splits.
//!
//! [`list::LAYOUTS`] holds all layouts. To add one: write a file beside [`mmsa`] with a `LAYOUT` constant (its name, how
//! it is recognised, how it is read) and enter it in the list. A layout that keeps a dict for each split names its keys
//! and leaves the rest to [`splits`]; [`key`], [`texts`] and [`features`] turn any object of a pickle into numbers,
//! texts and feature rows; [`names`] holds what other projects call a key or a split.
//!
//! Imported from `dataset`: `file`, `pickle`, `prepare`, errors and flaws.

pub mod clips;
pub mod complete;
pub mod features;
pub mod hints;
pub mod key;
pub mod kind;
pub mod list;
pub mod lmf;
pub mod mmsa;
pub mod mult;
pub mod names;
pub mod parse;
pub mod renamed;

pub mod split;
pub mod splits;
pub mod texts;
pub mod tokens;
pub mod tuples;
pub mod words;
