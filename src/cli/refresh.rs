//! One refresh of a run's corrected labels, with the rows that they belong to.

use color_eyre::Result;
use color_eyre::eyre::eyre;

use crate::run::directory::RunDir;
use crate::run::labels;
use crate::run::rows::LabelRows;
use crate::run::view::{LabelRefresh, RunView};
use crate::training::events::LabelValues;

/// The refresh of that number, or the last one, with its labels and the rows that they belong to.
pub fn read_refresh(
    dir: &RunDir,
    view: &RunView,
    wanted: Option<u32>,
) -> Result<(LabelRefresh, LabelValues, LabelRows)> {
    let refresh = find_refresh(dir, view, wanted)?;
    let values = labels::read(&dir.path().join(&refresh.file))?;
    let rows = dir.rows()?;
    same_rows(&refresh.file, values.corrected.text.len(), &rows)?;
    Ok((refresh, values, rows))
}

/// Makes sure that a file holds as many rows as the data.
pub fn same_rows(file: &str, found: usize, rows: &LabelRows) -> Result<()> {
    match found == rows.len() {
        true => Ok(()),
        false => Err(eyre!("{file} has {found} rows, where the data has {}", rows.len())),
    }
}

/// The refresh of that number, or the last one.
fn find_refresh(dir: &RunDir, view: &RunView, wanted: Option<u32>) -> Result<LabelRefresh> {
    let found = match wanted {
        Some(n) => view.labels.iter().rfind(|l| l.refresh == n),
        None => view.labels.last(),
    };
    found.cloned().ok_or_else(|| match view.labels.last() {
        Some(last) => eyre!("run {} has refreshes up to {} of its labels", dir.name(), last.refresh),
        None => eyre!("run {} has no labels to show: {}", dir.name(), view.labels_to_come()),
    })
}
