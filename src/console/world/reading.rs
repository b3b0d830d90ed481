//! What is read of an attached run besides its events, each on a thread of its own: label tables, predictions, marks,
//! neighbours. Marks are also written here.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::SystemTime;

use super::shared::{LOOK, Shared};
use super::unfinished::Piece;
use crate::console::state::message::Message;
use crate::console::terminal::panics::guarded;
use crate::report::neighbours::nearest;
use crate::report::table::Rows;
use crate::run::directory::RunDir;
use crate::run::marks::{Mark, MarksReader};
use crate::run::{FileError, clock, labels, marks, predictions};
use crate::training::events::Level;

/// What can be read of a run besides its events.
#[derive(Debug)]
pub enum Reading {
    Rows,
    Values { refresh: u32, file: String },
    Predictions { file: String },
}

/// Reads tables as they are asked for.
pub fn read_on(shared: &Shared, dir: &RunDir, readings: &Receiver<Reading>) {
    for reading in readings {
        if shared.stopped() {
            return;
        }
        match guarded(|| read_one(shared, dir, reading)).flatten() {
            Ok(message) => {
                if !shared.mailbox.send(message) {
                    return;
                }
            }
            Err(e) => shared.note(Level::Warning, e),
        }
    }
}

fn read_one(shared: &Shared, dir: &RunDir, reading: Reading) -> Result<Message, String> {
    let attach = shared.number;
    let place =
        |file: &str| inside(dir.path(), file).ok_or_else(|| format!("{file}: expected a path below the run directory"));
    let message = match reading {
        Reading::Rows => {
            let rows = patiently(shared, || dir.rows().map_err(|e| e.to_string()))?;
            Message::Rows { attach, rows: Arc::new(Rows::from(rows)) }
        }
        Reading::Values { refresh, file } => {
            let path = place(&file)?;
            let values = patiently(shared, || labels::read(&path).map_err(|e| e.to_string()))?;
            let (spread, weights) = (values.spread.map(Arc::new), values.weights.map(Arc::new));
            Message::Values { attach, refresh, values: Arc::new(values.corrected), spread, weights }
        }
        Reading::Predictions { file } => {
            let path = place(&file)?;
            let values = patiently(shared, || predictions::read(&path).map_err(|e| e.to_string()))?;
            Message::Predictions { attach, file, values: Arc::new(values) }
        }
    };
    Ok(message)
}

/// Writes marks in the order in which they were made, those of a run that was left too. On a thread of its own: another
/// program may hold the file's lock.
pub fn write_marks(shared: &Shared, dir: &RunDir, marks: &Receiver<(Mark, Piece)>) {
    for (mark, piece) in marks {
        let mark = Mark { time: clock::timestamp(SystemTime::now()), ..mark };
        let written = guarded(|| marks::append(&dir.marks_path(), &mark).map_err(|e| e.to_string())).flatten();
        match written {
            Ok(()) => shared.wake_tail(),
            Err(why) => shared.note(Level::Warning, piece.fail(format!("the mark of {}: {why}", mark.id))),
        }
    }
}

/// Reads marks as they are appended, by this console or another; false where the screen is gone.
pub fn follow_marks(shared: &Shared, marks: &mut MarksReader) -> Result<bool, FileError> {
    let mut news = false;
    while marks.poll()? {
        news = true;
    }
    let attach = shared.number;
    Ok(!news || shared.mailbox.send(Message::Marks { attach, marks: Arc::new(marks.marks().clone()) }))
}

/// Answers a question for the clips nearest to a row; false where the run is no longer attached.
pub fn find_neighbours(shared: &Shared, row: u32, file: &str) -> bool {
    let found = match shared.dir.get().and_then(|dir| inside(dir.path(), file)) {
        Some(path) => guarded(|| nearest(&path, row, || !shared.stopped()).map_err(|e| e.to_string())).flatten(),
        None => Err(format!("{file}: expected a path below the run directory")),
    };
    match found.transpose() {
        Some(found) => shared.mailbox.send(Message::Neighbours { attach: shared.number, row, found }),
        None => false,
    }
}

/// Tries a few times: over a network file system an event can be seen before the file it speaks of.
fn patiently<T>(shared: &Shared, mut read: impl FnMut() -> Result<T, String>) -> Result<T, String> {
    let mut result = read();
    for _ in 0..4 {
        if result.is_ok() || shared.stopped() {
            break;
        }
        std::thread::sleep(LOOK);
        result = read();
    }
    result
}

/// A path below a folder; `None` where it would lead out of it.
pub fn inside(folder: &Path, file: &str) -> Option<PathBuf> {
    let path = Path::new(file);
    path.components().all(|c| matches!(c, Component::Normal(_))).then(|| folder.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_events_stay_inside_the_run_directory() {
        let folder = Path::new("/runs/a");
        assert_eq!(inside(folder, "labels/0.npy"), Some("/runs/a/labels/0.npy".into()));
        for bad in ["../b/x", "/etc/passwd", "labels/../../x", "./x/.."] {
            assert_eq!(inside(folder, bad), None, "{bad}");
        }
    }
}
