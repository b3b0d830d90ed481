//! Waits for keys and signals, and draws what they change.

use ratatui::Terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::state::{Asking, Next};
use super::view::draw;
use crate::console::terminal::decode::{Decoder, Input};
use crate::console::terminal::screen::Screen;
use crate::console::terminal::signals::Signals;
use crate::console::terminal::theme::{Abilities, finish};
use crate::console::terminal::tty::{Read, Tty, is_gone};

/// How the work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Somebody left.
    Left,
    /// The terminal is gone, or a signal asked for the end.
    Gone,
}

/// Asks until somebody leaves. The terminal has been entered, and is left to whoever entered it.
pub fn work(
    tty: &mut Tty,
    terminal: &mut Terminal<Screen>,
    signals: &mut Signals,
    abilities: Abilities,
    asking: &mut Asking,
) -> Ended {
    let mut work = Work { tty, terminal, signals, abilities, decoder: Decoder::default() };
    match work.until_left(asking) {
        Some(()) => Ended::Left,
        None => Ended::Gone,
    }
}

struct Work<'a> {
    tty: &'a mut Tty,
    terminal: &'a mut Terminal<Screen>,
    signals: &'a mut Signals,
    abilities: Abilities,
    decoder: Decoder,
}

impl Work<'_> {
    /// `None` where the terminal is gone.
    fn until_left(&mut self, asking: &mut Asking) -> Option<()> {
        self.redraw()?;
        loop {
            self.frame(asking)?;
            for input in self.wait()? {
                match asking.take(&input) {
                    Next::Stay => {}
                    Next::Leave => return Some(()),
                    Next::Redraw => self.redraw()?,
                    Next::Suspend => {
                        self.signals.suspend();
                        self.come_back()?;
                    }
                }
            }
        }
    }

    fn frame(&mut self, asking: &Asking) -> Option<()> {
        let abilities = self.abilities;
        let drawn = self.terminal.draw(|frame| {
            let area = frame.area();
            draw(asking, area, frame.buffer_mut());
            finish(frame.buffer_mut(), abilities);
        });
        drawn.ok()?;
        let bytes = self.terminal.backend_mut().take();
        self.tty.write(&bytes).ok()
    }

    fn redraw(&mut self) -> Option<()> {
        let (width, height) = self.tty.size();
        self.terminal.backend_mut().set_size(width, height);
        self.terminal.clear().ok()
    }

    fn come_back(&mut self) -> Option<()> {
        self.tty.enter().ok()?;
        self.terminal.backend_mut().forget();
        self.redraw()
    }

    /// What was pressed next; nothing where only a signal came.
    fn wait(&mut self) -> Option<Vec<Input>> {
        let patience = self.decoder.patience();
        let timeout = patience.map(|t| Timespec { tv_sec: t.as_secs() as i64, tv_nsec: i64::from(t.subsec_nanos()) });
        let mut waits = [PollFd::new(&*self.tty, PollFlags::IN), PollFd::new(&*self.signals, PollFlags::IN)];
        match poll(&mut waits, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            // A descriptor that cannot be waited on: better to end than to spin.
            Err(_) => return None,
        }
        let [keys, signals] = waits.map(|w| w.revents());
        if is_gone(keys) {
            return None;
        }
        if !signals.is_empty() {
            self.mind_signals()?;
        }
        let mut inputs = Vec::new();
        if keys.contains(PollFlags::IN) {
            let mut buffer = [0; 4096];
            match self.tty.read(&mut buffer) {
                Read::Gone => return None,
                Read::Nothing => {}
                Read::Bytes(n) => self.decoder.feed(&buffer[..n], &mut inputs),
            }
        } else if signals.is_empty() {
            self.decoder.give_up(&mut inputs);
        }
        Some(inputs)
    }

    fn mind_signals(&mut self) -> Option<()> {
        self.signals.quiet();
        if self.signals.ends() {
            return None;
        }
        if self.signals.stops() {
            self.signals.suspend();
            self.come_back()?;
        }
        if self.signals.continues() {
            self.come_back()?;
        }
        if self.signals.resizes() {
            self.redraw()?;
        }
        Some(())
    }
}
