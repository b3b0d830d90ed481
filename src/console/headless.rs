//! The console without a terminal, a thread or a file: what a frame and a key cost, for benchmarks.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;

use crate::console::made_up;
use crate::console::state::State;
use crate::console::state::effect::{Arrangement, Effect};
use crate::console::state::message::Message;
use crate::console::state::pane::Pane;
use crate::console::terminal::decode::Input;
use crate::console::terminal::screen::Screen;
use crate::console::terminal::theme::Abilities;
use crate::console::update::attach::attach;
use crate::console::update::focus::focus;
use crate::console::update::update;
use crate::console::view::draw;
use crate::report::table::{Rows, Values};
use crate::run::rows::LabelRows;
use crate::training::events::Event;

/// A console that is attached to a run of the caller's making.
#[derive(Debug)]
pub struct Headless {
    state: State,
    terminal: Terminal<Screen>,
    pending: Option<Arrangement>,
}

impl Headless {
    /// A screen of this size, in colour and Unicode, attached to a run of which nothing is known yet.
    ///
    /// # Errors
    /// None that drawing into memory has.
    pub fn new(width: u16, height: u16) -> io::Result<Self> {
        let mut state = State::new(Abilities { colour: true, unicode: true });
        state.size = (width, height);
        attach(&mut state, PathBuf::from("headless"), true, &mut Vec::new());
        let terminal = Terminal::new(Screen::new(width, height))?;
        Ok(Self { state, terminal, pending: None })
    }

    fn tell(&mut self, message: Message) {
        for effect in update(&mut self.state, message) {
            if let Effect::Arrange(arrangement) = effect {
                self.pending = Some(arrangement);
            }
        }
    }

    /// Takes in events of the run.
    pub fn events(&mut self, events: Vec<Event>) {
        self.tell(Message::Events { attach: self.state.attach, events, caught_up: true });
    }

    /// Takes in the label table's rows.
    pub fn rows(&mut self, rows: LabelRows) {
        self.tell(Message::Rows { attach: self.state.attach, rows: Arc::new(Rows::from(rows)) });
    }

    /// Takes in the corrected labels of a refresh that the events spoke of.
    pub fn labels(&mut self, refresh: u32, values: Values) {
        self.tell(Message::Values {
            attach: self.state.attach,
            refresh,
            values: Arc::new(values),
            spread: None,
            weights: None,
        });
    }

    /// Gives the label table the focus.
    pub fn look_at_labels(&mut self) {
        focus(&mut self.state, Pane::Labels);
    }

    /// Gives the studies the focus, and has one of so many variants and seeds open.
    pub fn look_at_study(&mut self, variants: usize, seeds: usize) {
        focus(&mut self.state, Pane::Studies);
        let study = made_up::study("large", variants, seeds);
        self.tell(Message::Studies(vec![study.line.clone()]));
        self.press("\n");
        self.tell(Message::Study(Arc::new(study)));
    }

    /// Gives the list of runs the focus, with so many runs in studies of a hundred cells.
    pub fn look_at_runs(&mut self, count: usize) {
        focus(&mut self.state, Pane::Runs);
        self.tell(Message::Runs(made_up::runs(count)));
    }

    /// Presses the keys of a text one after the other. A large table's order is asked for and not waited for: see
    /// [`arrange`](Self::arrange).
    pub fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            let code = match c {
                '\n' => KeyCode::Enter,
                '\u{8}' => KeyCode::Backspace,
                '\u{1b}' => KeyCode::Esc,
                c => KeyCode::Char(c),
            };
            self.tell(Message::Input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE))));
        }
    }

    /// Does what a thread does in the console: computes the order that was asked for last, and shows it. Returns the
    /// number of rows that are shown.
    pub fn arrange(&mut self) -> usize {
        if let Some(asked) = self.pending.take() {
            self.tell(Message::Arranged { number: asked.number, index: asked.order() });
        }
        self.state.labels.index.len()
    }

    /// Draws; returns the bytes that the terminal would be sent.
    ///
    /// # Errors
    /// None that drawing into memory has.
    pub fn frame(&mut self) -> io::Result<usize> {
        self.terminal.draw(|frame| draw(&self.state, frame))?;
        Ok(self.terminal.backend_mut().take().len())
    }
}
