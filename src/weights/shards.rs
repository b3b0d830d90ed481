//! Weights in several files, as `transformers` cuts large ones: an index says which tensor lies in which file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::error::WeightsError;
use crate::files;

/// The files that say so, the preferred one first.
pub const INDEXES: [&str; 2] = ["model.safetensors.index.json", "pytorch_model.bin.index.json"];

/// Files that a message names.
const NAMED: usize = 4;

#[derive(Deserialize)]
struct Index {
    /// The file of each tensor, in the index's own folder.
    weight_map: BTreeMap<String, String>,
}

/// True for the path of an index.
pub fn is_index(path: &Path) -> bool {
    path.file_name().is_some_and(|name| INDEXES.iter().any(|index| name == *index))
}

/// The files that an index names, in the order of their names.
///
/// # Errors
/// It is no index, or names a file that is not beside it.
pub fn of(index: &Path) -> Result<Vec<PathBuf>, WeightsError> {
    let damaged = |found: String, hint| WeightsError::Damaged {
        path: index.to_owned(),
        expected: "the index of weights in several files, all of them beside it",
        found,
        hint,
    };
    let again = "copy or download it again";
    let text = files::read_text(index, files::LONGEST_TEXT).map_err(WeightsError::read(index))?;
    let Index { weight_map } = serde_json::from_str(&text).map_err(|e| damaged(e.to_string(), again))?;
    let names: BTreeSet<String> = weight_map.into_values().collect();
    let plain = |name: &String| {
        let fits = |end: &str| name.ends_with(end) && name.len() > end.len();
        (fits(".safetensors") || fits(".bin")) && !name.contains(['/', '\\'])
    };
    if names.is_empty() {
        return Err(damaged("no file".to_owned(), again));
    }
    if let Some(name) = names.iter().find(|name| !plain(name)) {
        return Err(damaged(format!("the file {name:?}"), "an index names files of its own folder, and nothing else"));
    }
    let folder = index.parent().unwrap_or(Path::new(""));
    let lacks: Vec<&String> = names.iter().filter(|name| !folder.join(name).is_file()).collect();
    if !lacks.is_empty() {
        let named: Vec<&str> = lacks.iter().take(NAMED).map(|name| name.as_str()).collect();
        let found = format!("{} of its {} files missing: {}", lacks.len(), names.len(), named.join(", "));
        return Err(damaged(found, "copy or download them, too"));
    }
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// One checksum of several files: the SHA-256 of theirs, each as 64 hexadecimal digits, one after the other.
pub fn checksum(each: &[String]) -> String {
    let mut hash = Sha256::new();
    each.iter().for_each(|sum| hash.update(sum.as_bytes()));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
