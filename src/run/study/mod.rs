//! Studies: a question that many runs answer, which differ in named ways.
//!
//! | what | file |
//! |---|---|
//! | a study as a person writes it, checked | [`definition`] |
//! | the same resolved: every setting, every seed; what `study.toml` holds | [`plan`] |
//! | rows (a variant at a place of the axes) and cells (a row with a seed), and their names | [`cell`] |
//! | the keys of what a study measures | [`metric`] |
//! | lines to be fitted through what was measured | [`mod@line`] |
//! | a study's folder, and the studies of a runs folder | [`folder`] |
//! | where each cell stands, read from its run directory | [`state`] |
//! | what determines a cell, and what its stage 1 | [`fingerprint`] |
//! | the studies that ship with the program | [`shipped`] |
//!
//! Studies lie in `studies/` of the runs folder: `studies/STUDY/study.toml` and `studies/STUDY/runs/CELL/`, each cell an
//! ordinary run directory. So one folder (`--runs-dir`, `MUG_RUNS_DIR`) holds all that was trained, `STUDY/CELL` names a
//! run wherever a run's name is taken, and a list of studies looks into no run.
//!
//! Imports from the floors below and from its siblings in `run`. To add a metric: a variant of
//! [`MetricKey`] and its value in `report/study`.

pub mod cell;
pub mod definition;
pub mod fingerprint;
pub mod folder;
pub mod line;
pub mod metric;
pub mod plan;
pub mod shipped;
pub mod state;

pub use cell::{Cell, Row};
pub use definition::{Definition, DefinitionError};
pub use folder::{Study, StudyError};
pub use line::LineAsked;
pub use metric::MetricKey;
pub use plan::Plan;
pub use state::{CellState, CellStatus};
