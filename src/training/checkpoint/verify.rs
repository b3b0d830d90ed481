//! Looking at the checkpoints of a run without changing anything.

use std::io;
use std::path::Path;

use super::{Store, failed, standing};
use crate::training::events::Stage;
use crate::training::parts::Parts;

/// What is wrong with the checkpoints of a run, in words; nothing where all parts are as they were written. The number of
/// parts that were looked at comes with it.
pub fn verify(folder: &Path) -> (usize, Vec<String>) {
    let mut found = Vec::new();
    let store = match standing(folder) {
        Ok(standing) => Store::looking(folder, standing),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return (0, found),
        Err(e) => return (0, vec![failed(folder, &e).to_string()]),
    };
    let mut looked = 0;
    for n in &store.standing {
        let path = store.latest(*n);
        looked += Parts::read(&path).map_or(1, |p| p.files.len() + p.results.len() + 1);
        found.extend(store.read(&path).err().map(|e| e.to_string()));
    }
    (looked, found)
}

/// Where the run stands by its newest whole checkpoint: stage, epoch and step; `None` where there is none.
pub fn position(folder: &Path) -> Option<(Option<Stage>, u64)> {
    let store = Store::looking(folder, standing(folder).ok()?);
    let progress = store.load().ok()??.checkpoint.progress;
    Some((progress.stage, progress.step))
}
