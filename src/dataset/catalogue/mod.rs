//! Which datasets there are: the built-in demo, the field's four by name, and the files of the data folder.
//!
//! [`source`] says where a dataset comes from, [`entries`] looks at the data folder, [`resolve`] finds what a name stands
//! for. A further dataset of the field is one entry in `known.rs`. Imported from `dataset`: `contents`, `demo`, `file`,
//! `known`, errors.

pub mod entries;
pub mod resolve;
pub mod source;
