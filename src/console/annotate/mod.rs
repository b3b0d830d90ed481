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
use crate::run::survey::{Plan, Session};

/// The annotator's name where none is given: the user's, where it can be one.
pub fn default_name() -> String {
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    user.filter(|name| check_name(name).is_ok()).unwrap_or_else(|| "annotator".to_owned())
}

/// Takes an annotator's clips up, or draws some; labels lie in [-`label_range`, `label_range`].
///
/// # Errors
/// Clips that cannot be drawn or answers that cannot be read, see [`Session::open`]; or a folder of media that is not
/// there.
pub fn begin(dir: &RunDir, name: &str, plan: &Plan, label_range: f32) -> Result<Asking> {
    let rows = dir.rows()?;
    let session = Session::open(dir, name, plan, &rows, label_range)?;
    let media = match (&session.draw().player, &session.draw().media) {
        (Some(player), Some(folder)) => Some(Media::new(player, folder)?),
        _ => None,
    };
    Ok(Asking::new(dir.name(), session, rows.transcript, label_range, media))
}

/// Asks on the terminal that the program was started on, until everything is answered or somebody leaves.
///
/// # Errors
/// There is no terminal to draw on.
pub fn open(asking: &mut Asking, ascii: bool) -> Result<()> {
    let mut tty = tty::Tty::open().wrap_err("mug annotate asks on a terminal; --report and --agreement print")?;
    let guard = tty::Guard::new();
    let mut signals = Signals::new()?;
    tty.enter()?;
    let (width, height) = tty.size();
    let mut terminal = Terminal::new(Screen::new(width, height))?;
    let abilities = Abilities::detect(|name| std::env::var(name).ok(), ascii);
    work(&mut tty, &mut terminal, &mut signals, abilities, asking);
    drop(guard);
    Ok(())
}

#[cfg(test)]
mod tests;
