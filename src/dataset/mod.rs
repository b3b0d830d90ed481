//! Datasets: the files of the field, the built-in demo, normalisation, batches ([the method](crate::book::method), data
//! files).
//!
//! In rooms, each importing only from those before it:
//!
//! 1. `file`: bytes read by position, what a file is by its first bytes, element types.
//! 2. [`pickle`]: what a pickle holds, found without running any of it.
//! 3. `error` and `flaw`: what makes data unusable, and what is odd about data that can be used; `known`: the field's
//!    datasets, one entry each; [`tokens`]: token ids.
//! 4. `prepare`: from the parts of a split to batches; `container`: compressed files and archives.
//! 5. [`layout`]: how the projects of the field arrange their files. A further layout is one file there and one entry in
//!    its list.
//! 6. `contents`: the splits of a file or of memory, checked against each other; [`demo`]: splits that are generated.
//!    `csd` makes them of a folder of HDF5 files.
//! 7. `convert`: any of them as one plain pickle.
//! 8. `catalogue`: which datasets there are, and which one a name stands for.
//! 9. `report`: what is in a dataset; `open`: [`Dataset`], which hands out batches.
//!
//! A user of the library begins with a [`Source`]: a file, the demo, or what a name stands for.
//!
//! ```
//! use mug::config::DataSettings;
//! use mug::dataset::{Dataset, Source, data_folder};
//! use mug::split::Split;
//!
//! let demo = Source::resolve("demo", &data_folder())?;
//! let data = Dataset::open(&demo, &DataSettings::default())?;
//! println!("{} clips to train on, labels in [-{h}, {h}]", data.len(Split::Train), h = data.label_range);
//! # Ok::<(), mug::dataset::DatasetError>(())
//! ```

mod catalogue;
mod container;
mod contents;
mod convert;
mod csd;
pub mod demo;
mod error;
mod file;
mod flaw;
mod known;
pub mod layout;
mod open;
pub mod pickle;
mod prepare;
mod report;
pub mod tokens;

pub use catalogue::entries::{Catalogue, Entry, State, is_same};
pub use catalogue::resolve::data_folder;
pub use catalogue::source::{DEMO, DEMO_SEED, Source, fingerprint_at};
pub use contents::fingerprint_of_file;
pub use convert::ConvertError;
pub use error::DatasetError;
pub use file::bytes;
pub use file::error::FileError;
pub use flaw::{Flaw, FlawKind, Severity};
pub use open::{Dataset, RESIDENT_BYTES};
pub use prepare::batch::{Batch, Sequences};
pub use prepare::memory;
pub use prepare::noise::corrupt;
pub use prepare::text_tokens::TextInput;
pub use report::content::{LengthReport, ModalityReport, Report, SplitReport};
pub use report::labels::{Histogram, LabelReport};

#[cfg(test)]
mod tests;
