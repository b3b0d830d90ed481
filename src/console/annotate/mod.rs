//! Annotating: clips that were drawn at random are shown without any label, and a person says how positive each of their
//! modalities is.
//!
//! `state` is what is asked and what keys do, `view` draws it, `media` finds and plays clips, `work` waits for keys. It
//! knows nothing of the console's panes, and may import `terminal` and `widgets`; the console lends it the terminal. A new
//! key is an arm in `state`, and its words in `view`.

mod media;
mod state;
mod view;
mod work;

pub use media::{Media, MediaError};
pub use state::Asking;
pub use work::{Ended, work};

use color_eyre::eyre::{Result, WrapErr};
use ratatui::Terminal;

use super::terminal::screen::Screen;
use super::terminal::signals::Signals;
use super::terminal::theme::Abilities;
use super::terminal::tty;
use crate::run::directory::{RunDir, check_name};
use crate::run::survey::{Drawn, Plan};

/// The annotator's name where none is given: the user's, where it can be one.
pub fn default_name() -> String {
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    user.filter(|name| check_name(name).is_ok()).unwrap_or_else(|| "annotator".to_owned())
}

/// An annotator's clips and the player, of which nothing is kept yet.
struct Prepared {
    drawn: Drawn,
    transcripts: Vec<String>,
    media: Option<Media>,
}

impl Prepared {
    fn new(dir: &RunDir, name: &str, plan: &Plan, label_range: f32) -> Result<Prepared> {
        let rows = dir.rows()?;
        let drawn = Drawn::new(dir, name, plan, &rows, label_range)?;
        let media = match (&drawn.draw().player, &drawn.draw().media) {
            (Some(player), Some(folder)) => Some(Media::new(player, folder)?),
            _ => None,
        };
        Ok(Prepared { drawn, transcripts: rows.transcript, media })
    }

    fn begin(self, dir: &RunDir, label_range: f32) -> Result<Asking> {
        Ok(Asking::new(dir.name(), self.drawn.begin()?, self.transcripts, label_range, self.media))
    }
}

/// Takes an annotator's clips up, or draws some; labels lie in [-`label_range`, `label_range`].
///
/// # Errors
/// Clips that cannot be drawn or answers that cannot be read, see [`Drawn::new`]; or a folder of media that is not
/// there.
pub fn begin(dir: &RunDir, name: &str, plan: &Plan, label_range: f32) -> Result<Asking> {
    Prepared::new(dir, name, plan, label_range)?.begin(dir, label_range)
}

/// The same, and asks on the terminal that the program was started on, until everything is answered or somebody leaves.
///
/// # Errors
/// As [`begin`], or there is no terminal to draw on: then no clip was drawn.
pub fn ask(dir: &RunDir, name: &str, plan: &Plan, label_range: f32, ascii: bool) -> Result<Asking> {
    let prepared = Prepared::new(dir, name, plan, label_range)?;
    let mut tty = tty::Tty::open().wrap_err("mug annotate asks on a terminal; --report and --agreement print")?;
    let mut asking = prepared.begin(dir, label_range)?;
    let guard = tty::Guard::new();
    let mut signals = Signals::new()?;
    tty.enter()?;
    let (width, height) = tty.size();
    let mut terminal = Terminal::new(Screen::new(width, height))?;
    let abilities = Abilities::detect(|name| std::env::var(name).ok(), ascii);
    work(&mut tty, &mut terminal, &mut signals, abilities, &mut asking);
    drop(guard);
    Ok(asking)
}

#[cfg(test)]
mod tests;
