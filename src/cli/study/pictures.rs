//! Pictures that a finished study leaves in `figures/` of its folder: how its variants compare, and the representations of
//! one run of each row.

use std::path::PathBuf;

use crate::report::figure::{EMBEDDING, FigureError, Request, STUDY, figure, figure_of_study, write};
use crate::report::study::outcomes::Outcomes;
use crate::run::study::state::status;
use crate::run::study::{CellState, Study};

/// Rows of which pictures are drawn at most: nobody looks at more.
const MOST: usize = 12;

/// Draws them anew; returns where they lie. What there is no picture of is left out.
pub fn draw(study: &Study, outcomes: &Outcomes) -> std::io::Result<Vec<PathBuf>> {
    let folder = study.path().join("figures");
    std::fs::create_dir_all(&folder)?;
    let mut drawn = Vec::new();
    let mut keep = |path: PathBuf, figure: Result<_, FigureError>| {
        if figure.and_then(|figure| write(figure, &path, 1.0)).is_ok() {
            drawn.push(path);
        }
    };
    keep(folder.join("study.svg"), figure_of_study(outcomes, &Request { title: true, ..Request::new(&STUDY) }));
    let (rows, cells) = (study.plan().rows(), study.plan().cells());
    for (row, of_row) in rows.iter().enumerate().take(MOST) {
        let is_done = |cell| status(study, of_row, cell).state == CellState::Finished;
        let finished = cells.iter().find(|cell| cell.row == row && is_done(cell));
        if let Some(dir) = finished.and_then(|cell| study.run(cell).ok().flatten()) {
            let request = Request { title: true, ..Request::new(&EMBEDDING) };
            keep(folder.join(format!("embedding-{}.svg", of_row.stem())), figure(&dir, &request));
        }
    }
    Ok(drawn)
}
