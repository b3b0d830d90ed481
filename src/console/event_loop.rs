//! The console's one loop: waits for keys, messages and signals, updates the state, draws.
//!
//! It sleeps without a timer while nothing happens and writes nothing where nothing changed. News of the run are drawn at
//! most `fps` times a second; what a key changes is drawn at once, within [`KEYS_PER_SECOND`].

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::console::annotate;
use crate::console::state::State;
use crate::console::state::effect::{Backend, Effect};
use crate::console::state::message::Message;
use crate::console::terminal::clipboard;
use crate::console::terminal::decode::{Decoder, Input};
use crate::console::terminal::notification::Notifier;
use crate::console::terminal::screen::Screen;
use crate::console::terminal::signals::Signals;
use crate::console::terminal::tty::{Read, Tty, is_gone};
use crate::console::update::flood::FLOOD;
use crate::console::update::update;
use crate::console::view::draw;
use crate::console::world::mailbox::Inbox;
use crate::run::directory::RunDir;
use crate::run::survey::Plan;
use crate::training::events::Level;

/// Frames a second that keys may cause.
const KEYS_PER_SECOND: u32 = 30;
/// How long after a flood of keys what comes still belongs to it.
const EBB: Duration = Duration::from_millis(500);
/// How long a notice stands that needs no attention.
const NOTICE: Duration = Duration::from_secs(8);
/// Messages taken before keys are looked at again.
const MESSAGES: usize = 32;

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Someone left.
    Left,
    /// The terminal is gone, or a signal asked for the end.
    Gone,
}

/// The loop and what it holds.
pub struct EventLoop<'a, B> {
    tty: Tty,
    terminal: Terminal<Screen>,
    inbox: Inbox,
    signals: Signals,
    backend: &'a mut B,
    decoder: Decoder,
    /// When bytes came last, and when more keys than anybody types.
    heard: Instant,
    flooded: Option<Instant>,
    fps: u32,
    tmux: bool,
    notifier: Notifier,
    /// Something may have changed since the last frame; a key may have done it.
    dirty: bool,
    urgent: bool,
    /// Messages may be left in the mailbox.
    more: bool,
    last_frame: Option<Instant>,
    /// Which notice stands, and until when.
    notice: (u64, Instant),
    ended: Option<Ended>,
}

impl<'a, B: Backend> EventLoop<'a, B> {
    /// Takes the terminal.
    ///
    /// # Errors
    /// There is no terminal.
    pub fn new(
        mut tty: Tty,
        inbox: Inbox,
        backend: &'a mut B,
        fps: u8,
        tmux: bool,
        notifier: Notifier,
    ) -> io::Result<Self> {
        let signals = Signals::new()?;
        tty.enter()?;
        let (width, height) = tty.size();
        let terminal = Terminal::new(Screen::new(width, height))?;
        Ok(Self {
            tty,
            terminal,
            inbox,
            signals,
            backend,
            decoder: Decoder::default(),
            heard: Instant::now(),
            flooded: None,
            fps: u32::from(fps.max(1)),
            tmux,
            notifier,
            dirty: true,
            urgent: true,
            more: false,
            last_frame: None,
            notice: (0, Instant::now()),
            ended: None,
        })
    }

    /// Runs until someone leaves or the terminal is gone. The first frame is drawn before `first` is begun.
    pub fn run(mut self, state: &mut State, first: Vec<Effect>) -> Ended {
        state.size = self.tty.size();
        self.frame(state);
        self.perform(first, state);
        while self.ended.is_none() {
            self.turn(state);
        }
        self.ended.unwrap_or(Ended::Gone)
    }

    fn turn(&mut self, state: &mut State) {
        let timeout =
            self.timeout(state).map(|t| Timespec { tv_sec: t.as_secs() as i64, tv_nsec: i64::from(t.subsec_nanos()) });
        let mut waits = [
            PollFd::new(&self.tty, PollFlags::IN),
            PollFd::new(&self.inbox, PollFlags::IN),
            PollFd::new(&self.signals, PollFlags::IN),
        ];
        match poll(&mut waits, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            // A descriptor that cannot be waited on: better to end than to spin.
            Err(_) => return self.ended = Some(Ended::Gone),
        }
        let [keys, news, signals] = waits.map(|w| w.revents());
        if is_gone(keys) {
            return self.ended = Some(Ended::Gone);
        }
        if !signals.is_empty() {
            self.mind_signals(state);
        }
        if keys.contains(PollFlags::IN) {
            self.read_keys(state);
        } else if self.until_given_up().is_some_and(|t| t.is_zero()) {
            let mut inputs = Vec::new();
            self.decoder.give_up(&mut inputs);
            self.take_inputs(inputs, state);
        }
        if self.until_notice_over(state).is_some_and(|t| t.is_zero()) {
            self.apply(Message::NoticeOver, state);
        }
        if !news.is_empty() {
            self.inbox.quiet();
        }
        self.more = false;
        for i in 0..MESSAGES {
            let Some(message) = self.inbox.next() else { break };
            self.apply(message, state);
            // Their wake-ups are taken already: the next turn looks again without waiting.
            self.more = i + 1 == MESSAGES;
        }
        if self.dirty && self.until_frame().is_zero() && self.ended.is_none() {
            self.frame(state);
        }
    }

    /// How long to sleep; `None`: until something happens.
    fn timeout(&self, state: &State) -> Option<Duration> {
        if self.more {
            return Some(Duration::ZERO);
        }
        let frame = self.dirty.then(|| self.until_frame());
        [self.until_given_up(), frame, self.until_notice_over(state)].into_iter().flatten().min()
    }

    /// Time until what the last bytes began is given up.
    fn until_given_up(&self) -> Option<Duration> {
        self.decoder.patience().map(|patience| patience.saturating_sub(self.heard.elapsed()))
    }

    /// Time until the next frame may be drawn.
    fn until_frame(&self) -> Duration {
        let rate = if self.urgent { KEYS_PER_SECOND.max(self.fps) } else { self.fps };
        let pause = Duration::from_secs(1) / rate;
        self.last_frame.map_or(Duration::ZERO, |at| pause.saturating_sub(at.elapsed()))
    }

    fn frame(&mut self, state: &mut State) {
        (self.dirty, self.urgent) = (false, false);
        self.last_frame = Some(Instant::now());
        // Drawing into memory does not fail.
        let drawn = self.terminal.draw(|frame| draw(state, frame));
        if drawn.is_err() {
            return self.ended = Some(Ended::Gone);
        }
        let bytes = self.terminal.backend_mut().take();
        self.write(&bytes);
    }

    fn write(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() && self.tty.write(bytes).is_err() {
            self.ended = Some(Ended::Gone);
        }
    }

    fn read_keys(&mut self, state: &mut State) {
        let mut buffer = [0; 4096];
        match self.tty.read(&mut buffer) {
            Read::Gone => self.ended = Some(Ended::Gone),
            Read::Nothing => {}
            Read::Bytes(n) => {
                self.heard = Instant::now();
                let mut inputs = Vec::new();
                self.decoder.feed(&buffer[..n], &mut inputs);
                self.take_inputs(inputs, state);
            }
        }
    }

    fn take_inputs(&mut self, inputs: Vec<Input>, state: &mut State) {
        self.urgent |= !inputs.is_empty();
        if inputs.len() > FLOOD || (self.flooded.is_some_and(|at| at.elapsed() < EBB) && !inputs.is_empty()) {
            self.apply(Message::Flood(inputs), state);
            return self.flooded = Some(Instant::now());
        }
        for input in inputs {
            self.apply(Message::Input(input), state);
            if self.ended.is_some() {
                return;
            }
        }
    }

    fn apply(&mut self, message: Message, state: &mut State) {
        self.dirty = true;
        let effects = update(state, message);
        if state.notices != self.notice.0 {
            self.notice = (state.notices, Instant::now() + NOTICE);
        }
        self.perform(effects, state);
    }

    /// Time until a notice goes by itself; warnings and errors stay until a key.
    fn until_notice_over(&self, state: &State) -> Option<Duration> {
        let passing = state.notice.as_ref().is_some_and(|n| n.level == Level::Info);
        passing.then(|| self.notice.1.saturating_duration_since(Instant::now()))
    }

    fn perform(&mut self, effects: Vec<Effect>, state: &mut State) {
        for effect in effects {
            match effect {
                Effect::Leave => self.ended = Some(Ended::Left),
                Effect::Suspend => self.suspend(state),
                Effect::Annotate { path, refresh, file, label_range } => {
                    let plan = Plan { refresh, file, ..Plan::default() };
                    if let Err(error) = self.annotate(&path, plan, label_range, state) {
                        self.apply(Message::Notice { level: Level::Warning, text: error.to_string() }, state);
                    }
                }
                Effect::Redraw => self.redraw(state),
                Effect::Mouse(on) => {
                    if self.tty.mouse(on).is_err() {
                        self.ended = Some(Ended::Gone);
                    }
                }
                Effect::Copy(text) => {
                    let bytes = clipboard::osc52(&text, self.tmux);
                    self.write(&bytes);
                    self.backend.perform(Effect::Copy(text));
                }
                Effect::Tell(text) => self.write(&self.notifier.bytes("mug", &text)),
                other => self.backend.perform(other),
            }
        }
    }

    fn mind_signals(&mut self, state: &mut State) {
        self.signals.quiet();
        if self.signals.ends() {
            return self.ended = Some(Ended::Gone);
        }
        if self.signals.stops() {
            self.suspend(state);
        }
        if self.signals.continues() {
            self.come_back(state);
        }
        if self.signals.resizes() {
            self.urgent = true;
            self.resize(state);
        }
    }

    fn resize(&mut self, state: &mut State) {
        let (width, height) = self.tty.size();
        if (width, height) != state.size {
            self.terminal.backend_mut().set_size(width, height);
            self.apply(Message::Resize(width, height), state);
        }
    }

    fn redraw(&mut self, state: &mut State) {
        if self.terminal.clear().is_err() {
            self.ended = Some(Ended::Gone);
        }
        (self.dirty, self.urgent) = (true, true);
        self.resize(state);
    }

    /// Lends the terminal to an annotator. What the run says meanwhile waits.
    fn annotate(&mut self, path: &Path, plan: Plan, label_range: f32, state: &mut State) -> color_eyre::Result<()> {
        let dir = RunDir::open(path)?;
        let plan = Plan { run_seed: dir.manifest().seed, ..plan };
        let mut asking = annotate::begin(&dir, &annotate::default_name(), &plan, label_range)?;
        let (tty, terminal) = (&mut self.tty, &mut self.terminal);
        let ended = annotate::work(tty, terminal, &mut self.signals, state.abilities, &mut asking);
        match ended {
            annotate::Ended::Left => self.redraw(state),
            annotate::Ended::Gone => self.ended = Some(Ended::Gone),
        }
        Ok(())
    }

    /// Gives the terminal back and stops, as the shell expects of Ctrl-Z; comes back with SIGCONT.
    fn suspend(&mut self, state: &mut State) {
        self.signals.suspend();
        self.come_back(state);
    }

    fn come_back(&mut self, state: &mut State) {
        if self.tty.enter().is_err() || (state.mouse && self.tty.mouse(true).is_err()) {
            return self.ended = Some(Ended::Gone);
        }
        self.terminal.backend_mut().forget();
        self.redraw(state);
    }
}
