//! How a run is shown: on a screen, or as lines where there is none.

use std::io::{self, IsTerminal};

use color_eyre::Result;

use super::out::{say, warn};

/// How a run is shown.
#[derive(Clone, Debug, clap::Args)]
pub struct ViewArgs {
    /// Print lines instead of drawing a screen; so by itself where standard output is no terminal, or one that cannot be
    /// drawn on (TERM is dumb or not set).
    #[arg(long)]
    pub plain: bool,
    /// Watch only: no key changes the run.
    #[arg(long)]
    pub read_only: bool,
    /// Frames a second, at most [default: 5].
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=60), conflicts_with = "plain")]
    pub fps: Option<u8>,
    /// Draw with ASCII characters only.
    #[arg(long, conflicts_with = "plain")]
    pub ascii: bool,
}

impl ViewArgs {
    /// Frames a second, at most.
    pub fn frames(&self) -> u8 {
        self.fps.unwrap_or(5)
    }

    /// The options given that mean nothing where lines are printed.
    fn only_drawn(&self) -> Option<String> {
        let given = [("--fps", self.fps.is_some()), ("--ascii", self.ascii)];
        let names: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Warns of options that mean nothing where lines are printed although nobody asked for lines.
    pub fn warn_only_drawn(&self) {
        if let Some(names) = self.only_drawn() {
            warn(&format!("there is no terminal to draw on, lines are printed: {names} changes nothing"));
        }
    }

    /// True where there is a terminal to draw on and to read keys from, and lines are not asked for. Says so where the
    /// terminal is of a kind that cannot be drawn on.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn can_draw(&self) -> Result<bool> {
        if self.plain || !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            return Ok(false);
        }
        let Some(why) = cannot_draw(std::env::var("TERM").ok().as_deref()) else { return Ok(true) };
        say(&format!("{why}: lines instead of a screen, as with --plain; TERM=xterm, for one, brings the screen"))?;
        Ok(false)
    }
}

/// Why a terminal of this name cannot be drawn on; `None`: it can.
fn cannot_draw(term: Option<&str>) -> Option<String> {
    match term {
        None | Some("") => Some("TERM is not set, so nobody knows what this terminal can do".into()),
        Some(term @ ("dumb" | "unknown")) => Some(format!("TERM={term} cannot move a cursor")),
        Some(_) => None,
    }
}
