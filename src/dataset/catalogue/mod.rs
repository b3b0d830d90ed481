//! Which datasets there are: the built-in demo, the field's four by name, and the files of the data folder.
//!
//! [`source`] says where a dataset comes from, [`known`] lists the field's datasets (one entry each), [`entries`] looks at
//! the data folder, [`resolve`] finds what a name stands for. Imported from `dataset`: `contents`, `demo`, `file`, errors.

pub mod entries;
pub mod known;
pub mod resolve;
pub mod source;
