//! The one table of actions: what every key does, where, and what it is called. Key handling, the `?` screen, the
//! footer's hints and the README's table are all read from it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::state::Pane;

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
    FollowStage,
    Left,
    Right,
    /// Sort the label table by the column under the cursor, alone or after the others.
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
    /// Lay the selected run's curves over the attached run's.
    Beside,
    Compare,
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
    const fn char(c: char) -> Self {
        Self { code: KeyCode::Char(c), control: false }
    }

    const fn control(c: char) -> Self {
        Self { code: KeyCode::Char(c), control: true }
    }

    const fn code(code: KeyCode) -> Self {
        Self { code, control: false }
    }

    fn matches(self, event: &KeyEvent) -> bool {
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

/// One line of the table.
#[derive(Debug)]
pub struct Binding {
    pub action: Action,
    pub keys: &'static [Key],
    /// The pane that must have the focus; `None`: any.
    pub pane: Option<Pane>,
    /// Two or three words for the footer; empty: not shown there.
    pub hint: &'static str,
    /// What it does, for `?` and the README.
    pub help: &'static str,
}

const fn bind(
    action: Action,
    keys: &'static [Key],
    pane: Option<Pane>,
    hint: &'static str,
    help: &'static str,
) -> Binding {
    Binding { action, keys, pane, hint, help }
}

const DATASETS: Option<Pane> = Some(Pane::Datasets);
const STAGES: Option<Pane> = Some(Pane::Stages);
const LOSSES: Option<Pane> = Some(Pane::Losses);
const LABELS: Option<Pane> = Some(Pane::Labels);
const METRICS: Option<Pane> = Some(Pane::Metrics);
const EMBEDDING: Option<Pane> = Some(Pane::Embedding);
const RUNS: Option<Pane> = Some(Pane::Runs);
const HEALTH: Option<Pane> = Some(Pane::Health);
const LOG: Option<Pane> = Some(Pane::Log);

/// All bindings. A pane's own come before those of any pane, and win.
pub const BINDINGS: &[Binding] = &[
    bind(Action::Train, &[Key::code(KeyCode::Enter)], DATASETS, "train", "train on the selected dataset in a new run"),
    bind(Action::OpenFile, &[Key::char('o')], DATASETS, "open file", "open a data file by its path"),
    bind(
        Action::ShowStage,
        &[Key::code(KeyCode::Enter)],
        STAGES,
        "show",
        "show the selected stage's losses and metrics",
    ),
    bind(Action::NextScalar, &[Key::char('v')], LOSSES, "value", "next value: loss, task, contrastive, ..."),
    bind(Action::PreviousScalar, &[Key::char('V')], LOSSES, "", "previous value"),
    bind(Action::LogScale, &[Key::char('l')], LOSSES, "log", "linear or logarithmic y"),
    bind(Action::XAxis, &[Key::char('x')], LOSSES, "x axis", "x by step, epoch or time"),
    bind(Action::SmoothMore, &[Key::char('+'), Key::char('=')], LOSSES, "smooth", "smooth more"),
    bind(Action::SmoothLess, &[Key::char('-')], LOSSES, "", "smooth less"),
    bind(
        Action::ClipOutliers,
        &[Key::char('u')],
        LOSSES,
        "outliers",
        "cut the y range at outliers, or show everything",
    ),
    bind(Action::Plot, &[Key::char('P')], LOSSES, "", "write these curves as a figure: SVG or PNG"),
    bind(Action::FollowStage, &[Key::char('f')], LOSSES, "", "show the stage that is being trained again"),
    bind(Action::Left, &[Key::code(KeyCode::Left), Key::char('h')], LOSSES, "", "read values: move the crosshair left"),
    bind(Action::Right, &[Key::code(KeyCode::Right)], LOSSES, "", "move the crosshair right"),
    bind(Action::Filter, &[Key::char('/')], LABELS, "filter", "filter rows, for example: |da| > 0.3 and split = train"),
    bind(Action::Left, &[Key::code(KeyCode::Left), Key::char('h')], LABELS, "", "to the column on the left"),
    bind(Action::Right, &[Key::code(KeyCode::Right), Key::char('l')], LABELS, "column", "to the column on the right"),
    bind(Action::Sort, &[Key::char('o')], LABELS, "sort", "sort by the column; again: the other way round"),
    bind(Action::SortFurther, &[Key::char('O')], LABELS, "", "sort by the column as a further key"),
    bind(Action::Reverse, &[Key::char('r')], LABELS, "", "turn the order round"),
    bind(Action::MoveColumnLeft, &[Key::char('<'), Key::char('H')], LABELS, "", "move the column to the left"),
    bind(Action::MoveColumnRight, &[Key::char('>'), Key::char('L')], LABELS, "", "move the column to the right"),
    bind(Action::HideColumn, &[Key::char('-')], LABELS, "", "hide the column"),
    bind(Action::ShowColumns, &[Key::char('+'), Key::char('=')], LABELS, "", "show all columns"),
    bind(Action::Columns, &[Key::char('C')], LABELS, "columns", "all columns: what they hold; show, hide, move"),
    bind(Action::Bars, &[Key::char('b')], LABELS, "", "bars beside the numbers, or numbers alone"),
    bind(Action::Detail, &[Key::code(KeyCode::Enter)], LABELS, "detail", "everything about the selected clip"),
    bind(Action::Review, &[Key::char('x')], LABELS, "reviewed", "mark the row as reviewed, or not"),
    bind(Action::Note, &[Key::char('n')], LABELS, "note", "note something about the row"),
    bind(Action::Export, &[Key::char('w')], LABELS, "write", "write the rows shown as CSV, Parquet, JSON lines"),
    bind(Action::CopyRow, &[Key::char('y')], LABELS, "copy", "copy the row to the clipboard (OSC 52, over SSH too)"),
    bind(Action::CopyValue, &[Key::char('Y')], LABELS, "", "copy the value in the column"),
    bind(Action::Plot, &[Key::char('P')], LABELS, "", "write a figure of what became of the labels: SVG or PNG"),
    bind(Action::SummarySplit, &[Key::char('p')], LABELS, "", "summary of the next split: train, valid, test"),
    bind(Action::Judgement, &[Key::char('#')], LABELS, "judge", "judge labels by people's: intervals, grids of signs"),
    bind(Action::Left, &[Key::code(KeyCode::Left), Key::char('h')], METRICS, "", "columns further left"),
    bind(Action::Right, &[Key::code(KeyCode::Right), Key::char('l')], METRICS, "columns", "columns further right"),
    bind(Action::Plot, &[Key::char('P')], METRICS, "figure", "write the metrics as a figure: SVG or PNG"),
    bind(
        Action::Detail,
        &[Key::code(KeyCode::Enter)],
        HEALTH,
        "in full",
        "the selected check in full: how it is measured, what it means, what to try",
    ),
    bind(Action::Detail, &[Key::code(KeyCode::Enter)], LOG, "in full", "the selected line in full"),
    bind(Action::NextScope, &[Key::char('v')], EMBEDDING, "modality", "next modality, or all three in one picture"),
    bind(Action::PreviousScope, &[Key::char('V')], EMBEDDING, "", "previous modality"),
    bind(
        Action::EarlierMoment,
        &[Key::char('['), Key::char(',')],
        EMBEDDING,
        "earlier",
        "an earlier moment of stage 1, back to before it",
    ),
    bind(
        Action::LaterMoment,
        &[Key::char(']'), Key::char('.')],
        EMBEDDING,
        "later",
        "a later moment, up to the latest",
    ),
    bind(Action::Colouring, &[Key::char('C')], EMBEDDING, "colour", "colour by kind (h, z), label, modality or split"),
    bind(Action::Tsne, &[Key::char('t')], EMBEDDING, "t-SNE", "t-SNE of at most 2000 points (esc cancels); PCA again"),
    bind(
        Action::Scaling,
        &[Key::char('n')],
        EMBEDDING,
        "",
        "rows scaled to length 1, as the loss sees them, or as they are",
    ),
    bind(Action::Dots, &[Key::char('d')], EMBEDDING, "", "symbols, or finer dots told apart by colour alone"),
    bind(
        Action::Left,
        &[Key::code(KeyCode::Left), Key::char('h')],
        EMBEDDING,
        "",
        "pick the next clip to the left (so up, right, down)",
    ),
    bind(
        Action::Right,
        &[Key::code(KeyCode::Right), Key::char('l')],
        EMBEDDING,
        "pick",
        "pick the next clip to the right",
    ),
    bind(Action::NextHere, &[Key::char('p')], EMBEDDING, "", "pick another clip at the same place"),
    bind(Action::ShowClip, &[Key::code(KeyCode::Enter)], EMBEDDING, "", "the picked clip in the label table"),
    bind(
        Action::Attach,
        &[Key::code(KeyCode::Enter)],
        RUNS,
        "attach",
        "attach to the selected run; take it up where it ended",
    ),
    bind(Action::Refresh, &[Key::char('r')], RUNS, "look again", "look for runs again"),
    bind(
        Action::Beside,
        &[Key::char('o')],
        RUNS,
        "overlay",
        "lay the selected run's curves over those of the shown run in Losses, or take them away",
    ),
    bind(
        Action::Compare,
        &[Key::char('d')],
        RUNS,
        "compare",
        "table: settings that differ and results of the shown, the overlaid and the selected run",
    ),
    bind(
        Action::Card,
        &[Key::char('i')],
        None,
        "result",
        "result card of the run (in Runs: the selected one): test figures, labels, health, how stages ended",
    ),
    bind(Action::Run, &[Key::char(' ')], None, "start/pause", "start training; pause; resume"),
    bind(
        Action::StopAfterEpoch,
        &[Key::char('s')],
        None,
        "stop after epoch",
        "end the stage after this epoch and go on with the next (asks first); again: take it back",
    ),
    bind(Action::Checkpoint, &[Key::char('c')], None, "", "write a checkpoint now"),
    bind(
        Action::RestartStage,
        &[Key::char('R')],
        None,
        "",
        "throw the stage's progress away and begin it anew (asks first)",
    ),
    bind(
        Action::ContinueStage,
        &[Key::char('M')],
        None,
        "",
        "more epochs: go on with a stage that was ended early (asks first)",
    ),
    bind(Action::StopRun, &[Key::char('S'), Key::char('X')], None, "", "end the run; it can be resumed (asks first)"),
    bind(Action::Tab(0), &[Key::char('1')], None, "", "losses and metrics of the contrastive stage"),
    bind(Action::Tab(1), &[Key::char('2')], None, "", "losses and metrics of the denoising stage"),
    bind(Action::Tab(2), &[Key::char('3')], None, "", "losses and metrics of the joint stage"),
    bind(Action::Show(Pane::Labels), &[Key::char('4')], None, "", "the table of labels, row by row"),
    bind(Action::Show(Pane::Metrics), &[Key::char('5')], None, "", "validation metrics, epoch by epoch"),
    bind(
        Action::Show(Pane::Embedding),
        &[Key::char('6'), Key::char('e')],
        None,
        "",
        "the alignment picture: h and z of every clip in the plane",
    ),
    bind(Action::Show(Pane::Health), &[Key::char('7')], None, "", "signs of failure, and what to do about them"),
    bind(Action::Show(Pane::Log), &[Key::char('8')], None, "", "what the run said, warnings among it"),
    bind(Action::NextPane, &[Key::code(KeyCode::Tab)], None, "pane", "next pane"),
    bind(Action::PreviousPane, &[Key::code(KeyCode::BackTab)], None, "", "previous pane"),
    bind(Action::Zoom, &[Key::char('z')], None, "zoom", "the pane alone on the whole screen, and back"),
    bind(Action::Up, &[Key::char('k'), Key::code(KeyCode::Up)], None, "", "up"),
    bind(Action::Down, &[Key::char('j'), Key::code(KeyCode::Down)], None, "", "down"),
    bind(Action::PageUp, &[Key::code(KeyCode::PageUp), Key::control('b')], None, "", "a page up"),
    bind(Action::PageDown, &[Key::code(KeyCode::PageDown), Key::control('f')], None, "", "a page down"),
    bind(Action::First, &[Key::char('g'), Key::code(KeyCode::Home)], None, "", "to the first row"),
    bind(Action::Last, &[Key::char('G'), Key::code(KeyCode::End)], None, "", "to the last row"),
    bind(Action::Close, &[Key::code(KeyCode::Esc)], None, "", "close what is open; clear crosshair, filter or zoom"),
    bind(Action::Mouse, &[Key::char('m')], None, "", "mouse on or off: click for focus, wheel to scroll"),
    bind(Action::Redraw, &[Key::control('l')], None, "", "draw the screen anew"),
    bind(Action::Suspend, &[Key::control('z')], None, "", "to the shell; `fg` comes back"),
    bind(Action::Help, &[Key::char('?'), Key::code(KeyCode::F(1))], None, "help", "this list"),
    bind(
        Action::Leave,
        &[Key::char('q'), Key::control('c')],
        None,
        "leave",
        "leave; the run goes on without the console",
    ),
];

/// All that keys do on a screen that has no room for panes: nothing may happen that cannot be seen.
pub const WITHOUT_PANES: [Action; 5] = [Action::Run, Action::Help, Action::Leave, Action::Redraw, Action::Suspend];

/// What a key asks for while `pane` has the focus.
pub fn find(event: &KeyEvent, pane: Pane) -> Option<Action> {
    let hit = |b: &&Binding| b.keys.iter().any(|k| k.matches(event));
    let own = BINDINGS.iter().filter(|b| b.pane == Some(pane)).find(hit);
    own.or_else(|| BINDINGS.iter().filter(|b| b.pane.is_none()).find(hit)).map(|b| b.action)
}

/// The bindings that work while `pane` has the focus, its own first.
pub fn for_pane(pane: Pane) -> impl Iterator<Item = &'static Binding> {
    let own = BINDINGS.iter().filter(move |b| b.pane == Some(pane));
    own.chain(BINDINGS.iter().filter(|b| b.pane.is_none()))
}

/// The key that gives a pane its place and the focus; empty where none does.
pub fn key_of_pane(pane: Pane) -> String {
    let binding = BINDINGS.iter().find(|b| b.action == Action::Show(pane));
    binding.and_then(|b| b.keys.first()).map(|k| k.name()).unwrap_or_default()
}

/// The names of a binding's keys, for example `k, ↑`.
pub fn key_names(binding: &Binding) -> String {
    binding.keys.iter().map(|k| k.name()).collect::<Vec<_>>().join(", ")
}

/// The table of keys as it stands in README.md.
pub fn readme_table() -> String {
    let mut table = String::from("| pane | keys | what they do |\n|---|---|---|\n");
    let panes = std::iter::once(None).chain(Pane::ALL.into_iter().map(Some));
    for pane in panes {
        for b in BINDINGS.iter().filter(|b| b.pane == pane) {
            let place = pane.map_or("any", Pane::title);
            let keys: Vec<String> = b.keys.iter().map(|k| format!("`{}`", k.name())).collect();
            table += &format!("| {place} | {} | {} |\n", keys.join(" "), b.help.replace('|', "\\|"));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)
    }

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for (i, a) in BINDINGS.iter().enumerate() {
            for b in &BINDINGS[i + 1..] {
                let shared = a.keys.iter().find(|k| b.keys.contains(k));
                assert!(a.pane != b.pane || shared.is_none(), "{shared:?}: {a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn keys_that_control_the_run_mean_the_same_in_every_pane() {
        for pane in Pane::ALL {
            for (c, action) in
                [(' ', Action::Run), ('s', Action::StopAfterEpoch), ('q', Action::Leave), ('S', Action::StopRun)]
            {
                assert_eq!(find(&event(c), pane), Some(action), "{c} in {pane:?}");
            }
        }
    }

    #[test]
    fn a_panes_own_key_wins_and_modifiers_count() {
        assert_eq!(find(&event('l'), Pane::Losses), Some(Action::LogScale));
        assert_eq!(find(&event('l'), Pane::Log), None);
        let control = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        assert_eq!(find(&control('l'), Pane::Losses), Some(Action::Redraw));
        assert_eq!(find(&control('q'), Pane::Losses), None);
        assert_eq!(find(&KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT), Pane::Log), None);
    }

    #[test]
    fn every_binding_is_named_and_in_the_readme_table() {
        let table = readme_table();
        for b in BINDINGS {
            assert!(!b.help.is_empty() && !b.keys.is_empty(), "{b:?}");
            assert!(table.contains(&b.help.replace('|', "\\|")), "{b:?}");
        }
        assert_eq!(table.lines().count(), BINDINGS.len() + 2);
        assert!(table.contains("| any | `space` | start training; pause; resume |"));
        assert!(table.contains("`shift-tab`") && table.contains("`ctrl-L`") && table.contains("`page up`"));
    }
}
