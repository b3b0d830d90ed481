//! Actions: what keys can ask for, and how a key is bound to one.

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::pane::Pane;

/// Everything a key can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Leave,
    Help,
    NextPane,
    PreviousPane,
    Zoom,
    Close,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Run,
    StopAfterEpoch,
    Checkpoint,
    RestartStage,
    /// Go on with a stage that was ended early.
    ContinueStage,
    /// Change a setting of the run that is trained.
    SetSetting,
    StopRun,
    /// Show the losses of the n-th stage, from 0.
    Tab(usize),
    Train,
    OpenFile,
    ShowStage,
    NextScalar,
    PreviousScalar,
    LogScale,
    XAxis,
    SmoothMore,
    SmoothLess,
    ClipOutliers,
    /// Learning rates below the losses, or not.
    Rates,
    FollowStage,
    Left,
    Right,
    /// Sort the label table by the column under the cursor, alone or after the others; or runs.
    Sort,
    SortFurther,
    Reverse,
    MoveColumnLeft,
    MoveColumnRight,
    HideColumn,
    ShowColumns,
    Columns,
    Bars,
    Filter,
    Detail,
    Review,
    Note,
    Export,
    CopyRow,
    CopyValue,
    SummarySplit,
    Judgement,
    /// Judge clips that are drawn at random.
    Annotate,
    /// Give a pane of the lower slot its place and the focus.
    Show(Pane),
    NextScope,
    PreviousScope,
    Colouring,
    Scaling,
    Tsne,
    EarlierMoment,
    LaterMoment,
    Dots,
    NextHere,
    ShowClip,
    Attach,
    Refresh,
    /// Group the runs by something else.
    Group,
    /// Mark a run, or all of a group.
    MarkRun,
    /// The runs as a table, or as a list.
    RunTable,
    Tags,
    Rename,
    Delete,
    /// Lay the selected run's curves over the attached run's.
    Beside,
    Compare,
    /// The grid of a study's runs, or its table.
    StudyTable,
    /// Stop a study, or go on with it.
    StopStudy,
    /// Begin a study, or add to one.
    RunStudy,
    /// What became of a run.
    Card,
    /// Write the focused pane as a figure.
    Plot,
    Mouse,
    Redraw,
    Suspend,
}

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    control: bool,
}

impl Key {
    pub const fn char(c: char) -> Self {
        Self { code: KeyCode::Char(c), control: false }
    }

    pub const fn control(c: char) -> Self {
        Self { code: KeyCode::Char(c), control: true }
    }

    pub const fn code(code: KeyCode) -> Self {
        Self { code, control: false }
    }

    pub fn matches(self, event: &KeyEvent) -> bool {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        self.code == event.code && self.control == control && !event.modifiers.contains(KeyModifiers::ALT)
    }

    /// The key's name as one reads it.
    pub fn name(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "space".to_owned(),
            KeyCode::Char(c) if self.control => c.to_ascii_uppercase().to_string(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::BackTab => "shift-tab".to_owned(),
            KeyCode::PageUp => "page up".to_owned(),
            KeyCode::PageDown => "page down".to_owned(),
            KeyCode::F(n) => format!("F{n}"),
            other => format!("{other:?}").to_ascii_lowercase(),
        };
        if self.control { format!("ctrl-{name}") } else { name }
    }
}

/// One line of the table of keys.
#[derive(Clone, Debug)]
pub struct Binding {
    pub action: Action,
    pub keys: Cow<'static, [Key]>,
    /// The pane that must have the focus; `None`: any.
    pub pane: Option<Pane>,
    /// Two or three words for the footer; empty: not shown there.
    pub hint: &'static str,
    /// What it does, for `?` and the README.
    pub help: &'static str,
}

/// A binding; [`keys`](super::keys) adds the pane whose file it stands in.
pub const fn bind(action: Action, keys: &'static [Key], hint: &'static str, help: &'static str) -> Binding {
    Binding { action, keys: Cow::Borrowed(keys), pane: None, hint, help }
}
