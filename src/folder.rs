//! Which files make up a folder of data: features and labels, each a `.csd` file of the CMU Multimodal SDK, and the lists of the
//! videos of each split. What else somebody keeps there, notes or pictures, does not count.

use std::io;
use std::path::{Path, PathBuf};

use crate::split::Split;

/// The `.csd` files, in the order of their names.
///
/// # Errors
/// There is no such folder, or it cannot be looked through.
pub fn features(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "csd") && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The list of a split's videos, `train.txt` or by any other name that the field has for the split; `None` where there is none.
pub fn list(folder: &Path, split: Split) -> Option<PathBuf> {
    split.names().iter().map(|name| folder.join(format!("{name}.txt"))).find(|path| path.is_file())
}

/// All of them: features and labels, then the lists.
///
/// # Errors
/// As [`features`].
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = features(folder)?;
    found.extend(Split::ALL.into_iter().filter_map(|split| list(folder, split)));
    Ok(found)
}
