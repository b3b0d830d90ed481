//! How the curves of the losses pane are drawn where colour cannot tell them apart.

use ratatui::text::{Line, Span};

use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::terminal::theme::Abilities;
use crate::console::widgets::raster::Pen;

/// How the curves are drawn so that they can be told apart: by colour, without it by the look of the line, in ASCII by
/// signs.
pub struct Pens {
    pub raw: Pen,
    /// The smoothed curve, which the raw one lies behind.
    pub train: Pen,
    /// The training curve where there is no other.
    pub alone: Pen,
    pub valid: Pen,
}

impl Pens {
    pub fn of(abilities: Abilities) -> Self {
        match (abilities.unicode, abilities.colour) {
            (false, _) => {
                let train = Pen::Sign('#');
                Self { raw: Pen::Plain, train, alone: train, valid: Pen::Sign('-') }
            }
            (true, false) => Self { raw: Pen::Stippled, train: Pen::Thick, alone: Pen::Plain, valid: Pen::Plain },
            (true, true) => Self { raw: Pen::Plain, train: Pen::Plain, alone: Pen::Plain, valid: Pen::Plain },
        }
    }
}

/// What the curves' lines and symbols mean. `per_step`: the value is reported each step, not only each epoch.
pub fn legend(state: &State, per_step: bool) -> Line<'static> {
    let unicode = state.abilities.unicode;
    let smoothed = state.losses.smoothed() > 0;
    let symbol = match (unicode, per_step) {
        (false, _) => "#",
        (true, false) => "×",
        (true, true) => "━",
    };
    let mut spans = vec![Span::styled(symbol, theme::TRAIN), Span::raw(" train  ")];
    if smoothed && per_step {
        spans.extend([
            Span::styled(if unicode { "┄" } else { ":" }, theme::FAINT),
            Span::styled(" raw  ", theme::FAINT),
        ]);
    }
    spans.extend([Span::styled("●", theme::VALID), Span::raw(" valid")]);
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_training_curves_look_alike_without_colour() {
        for unicode in [true, false] {
            let pens = Pens::of(Abilities { colour: false, unicode });
            assert!(pens.raw != pens.train && pens.raw != pens.valid && pens.train != pens.valid);
        }
    }
}
