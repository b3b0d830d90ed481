//! What is made of whole runs, to be read over the panes; on threads of their own.

use std::path::{Path, PathBuf};

use crate::console::state::message::Message;
use crate::report::card::Card;
use crate::report::compare::{Comparison, compare};
use crate::run::directory::RunDir;
use crate::run::tail::read_view;
use crate::run::view::RunView;
use crate::training::events::Level;

/// Reads the runs and makes the table.
pub fn read_comparison(paths: &[PathBuf]) -> Message {
    let read = || -> Result<Comparison, String> {
        let dirs: Result<Vec<RunDir>, _> = paths.iter().map(|p| RunDir::open(p)).collect();
        let dirs = dirs.map_err(|e| e.to_string())?;
        let views: Result<Vec<RunView>, _> = dirs.iter().map(|d| read_view(&d.events_path())).collect();
        let views = views.map_err(|e| e.to_string())?;
        Ok(compare(&dirs.iter().zip(&views).collect::<Vec<_>>()))
    };
    match read() {
        Ok(runs) => Message::Comparison(Box::new(runs)),
        Err(text) => Message::Notice { level: Level::Error, text },
    }
}

/// Reads a run and makes its card.
pub fn read_card(path: &Path) -> Message {
    let card = || -> Result<Vec<String>, String> {
        let dir = RunDir::open(path).map_err(|e| e.to_string())?;
        let view = read_view(&dir.events_path()).map_err(|e| e.to_string())?;
        Ok(Card::new(&dir, &view).lines_in_full())
    };
    match card() {
        Ok(lines) => Message::Card(lines),
        Err(text) => Message::Notice { level: Level::Error, text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_cannot_be_read_is_said() {
        let failed = |m: &Message| matches!(m, Message::Notice { level: Level::Error, .. });
        assert!(failed(&read_card(Path::new("/no such run"))) && failed(&read_comparison(&["/no such run".into()])));
    }
}
