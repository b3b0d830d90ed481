//! The alignment picture's state: which representations are looked at and how, and the picture that was made of them.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::KeyCode;

use super::action::{Action, Key, bind};
use super::spec::{Slot, Spec};
use crate::report::projection::groups::Colouring;
use crate::report::projection::{Item, Method, Picture, Progress, Scaling, Scope};
use crate::run::view::EmbeddingEntry;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Lower { shows: "the alignment picture: h and z of every clip in the plane", also: &[Key::char('e')] },
    bindings: &[
        bind(Action::NextScope, &[Key::char('v')], "modality", "next modality, or all three in one picture"),
        bind(Action::PreviousScope, &[Key::char('V')], "", "previous modality"),
        bind(
            Action::EarlierMoment,
            &[Key::char('['), Key::char(',')],
            "earlier",
            "an earlier moment of stage 1, back to before it",
        ),
        bind(Action::LaterMoment, &[Key::char(']'), Key::char('.')], "later", "a later moment, up to the latest"),
        bind(Action::Colouring, &[Key::char('C')], "colour", "colour by kind (h, z), label, modality or split"),
        bind(Action::Tsne, &[Key::char('t')], "t-SNE", "t-SNE of at most 2000 points (esc cancels); PCA again"),
        bind(Action::Scaling, &[Key::char('n')], "", "rows scaled to length 1, as the loss sees them, or as they are"),
        bind(Action::Dots, &[Key::char('d')], "", "symbols, or finer dots told apart by colour alone"),
        bind(
            Action::Left,
            &[Key::code(KeyCode::Left), Key::char('h')],
            "",
            "pick the next clip to the left (so up, right, down)",
        ),
        bind(Action::Right, &[Key::code(KeyCode::Right), Key::char('l')], "pick", "pick the next clip to the right"),
        bind(Action::NextHere, &[Key::char('p')], "", "pick another clip at the same place"),
        bind(Action::ShowClip, &[Key::code(KeyCode::Enter)], "", "the picked clip in the label table"),
    ],
};

/// Everything that a picture depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The run directory.
    pub dir: PathBuf,
    pub attach: u64,
    /// Grows when what was recorded became void: the same file may then hold something else.
    pub generation: u64,
    pub entry: EmbeddingEntry,
    pub scope: Scope,
    pub scaling: Scaling,
    pub method: Method,
}

/// What the embedding pane shows and how.
#[derive(Clone, Debug)]
pub struct Embedding {
    pub scope: Scope,
    pub scaling: Scaling,
    pub colouring: Colouring,
    pub method: Method,
    /// Fine dots in place of symbols.
    pub dots: bool,
    /// The file of the moment chosen by hand; `None`: the latest.
    pub chosen: Option<String>,
    /// The moment was chosen by the t-SNE key, which stays at one moment.
    pub pinned: bool,
    /// Number of the last request.
    pub number: u64,
    /// What the last request was for.
    pub asked: Option<Request>,
    /// How far the answer to it is, where it takes long.
    pub progress: Option<Progress>,
    /// Why there is no answer to it.
    pub problem: Option<String>,
    /// The picture that is shown, and what it is of.
    pub shown: Option<(Request, Arc<Picture>)>,
    /// The point under the cursor.
    pub pick: Option<Item>,
}

impl Default for Embedding {
    fn default() -> Self {
        Self {
            scope: Scope::ALL[0],
            scaling: Scaling::Direction,
            colouring: Colouring::Kind,
            method: Method::Pca,
            dots: false,
            chosen: None,
            pinned: false,
            number: 0,
            asked: None,
            progress: None,
            problem: None,
            shown: None,
            pick: None,
        }
    }
}

impl Embedding {
    /// The picture of the run that is attached; that of another was dropped.
    pub fn picture(&self) -> Option<&Picture> {
        self.shown.as_ref().map(|(_, p)| &**p)
    }

    /// True where what is shown is not yet what was asked for.
    pub fn is_behind(&self) -> bool {
        self.asked.is_some() && self.asked.as_ref() != self.shown.as_ref().map(|(r, _)| r)
    }

    /// Forgets what belongs to a run; how it is looked at stays.
    pub fn leave_run(&mut self) {
        (self.chosen, self.pinned, self.method) = (None, false, Method::Pca);
        (self.asked, self.progress, self.problem, self.shown, self.pick) = (None, None, None, None, None);
    }

    /// True where t-SNE is being computed.
    pub fn is_busy(&self) -> bool {
        self.asked.as_ref().is_some_and(|r| r.method == Method::Tsne) && self.is_behind() && self.problem.is_none()
    }

    /// Takes in an answer; one to an earlier request is dropped.
    pub fn answer(&mut self, number: u64, result: Result<Arc<Picture>, String>) {
        let Some(asked) = self.asked.clone().filter(|_| number == self.number) else { return };
        self.progress = None;
        match result {
            Ok(picture) => {
                // A point that is no longer there cannot be under the cursor.
                self.pick = self.pick.filter(|p| picture.items.contains(p));
                self.shown = Some((asked, picture));
                self.problem = None;
            }
            Err(problem) => {
                self.shown = None;
                self.problem = Some(problem);
            }
        }
    }

    /// Takes in how far the answer is.
    pub fn progress(&mut self, number: u64, progress: Progress) {
        if number == self.number && self.is_behind() {
            self.progress = Some(progress);
        }
    }
}
