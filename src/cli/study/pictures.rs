//! Pictures that a finished study leaves in `figures/` of its folder: the representations of one run of each row.

use std::path::PathBuf;

use crate::report::figure::{EMBEDDING, Request, write};
use crate::run::study::state::status;
use crate::run::study::{CellState, Study};

/// Rows of which pictures are drawn at most: nobody looks at more.
const MOST: usize = 12;

/// Draws them anew; returns where they lie. What a run has no picture of is left out.
pub fn draw(study: &Study) -> std::io::Result<Vec<PathBuf>> {
    let folder = study.path().join("figures");
    std::fs::create_dir_all(&folder)?;
    let (rows, cells) = (study.plan().rows(), study.plan().cells());
    let mut drawn = Vec::new();
    for (row, of_row) in rows.iter().enumerate().take(MOST) {
        let finished = cells.iter().find(|c| c.row == row && status(study, of_row, c).state == CellState::Finished);
        let Some(dir) = finished.and_then(|cell| study.run(cell).ok().flatten()) else { continue };
        let path = folder.join(format!("embedding-{}.svg", of_row.stem()));
        let request = Request { title: true, ..Request::new(&EMBEDDING) };
        if write(&dir, &request, &path, 1.0).is_ok() {
            drawn.push(path);
        }
    }
    Ok(drawn)
}
