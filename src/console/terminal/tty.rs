//! The terminal itself: raw mode and the alternate screen, given back whatever happens; reading and writing by our own
//! descriptors, so that a terminal that is gone is noticed at once.

use std::fs::File;
use std::io;
use std::io::{IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::queue;
use crossterm::style::ResetColor;
use crossterm::terminal::{EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// Mouse reports that are asked for: buttons and wheel, in the form without limits.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// What has to be given back; here rather than in [`Tty`], so that the panic hook finds it.
static BORROWED: Mutex<Option<Borrowed>> = Mutex::new(None);

struct Borrowed {
    input: OwnedFd,
    output: File,
    mode: Termios,
}

/// The terminal as the console uses it.
#[derive(Debug)]
pub struct Tty {
    input: OwnedFd,
    output: File,
}

/// What came from the terminal.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    Bytes(usize),
    /// Nothing at the moment.
    Nothing,
    /// The terminal is gone.
    Gone,
}

/// Why there is no terminal to draw on.
#[derive(Debug, thiserror::Error)]
pub enum NoTerminal {
    #[error("standard output is no terminal")]
    Output,
    #[error("no terminal to read keys from")]
    Input,
    #[error("the terminal cannot be used")]
    Unusable(#[from] io::Error),
}

impl Tty {
    /// The terminal that the program was started on.
    ///
    /// # Errors
    /// Standard output is no terminal, or there is none to read keys from.
    pub fn open() -> Result<Self, NoTerminal> {
        let output = io::stdout();
        if !output.is_terminal() {
            return Err(NoTerminal::Output);
        }
        let output = File::from(output.as_fd().try_clone_to_owned()?);
        let input = io::stdin();
        let input = if input.is_terminal() {
            input.as_fd().try_clone_to_owned()?
        } else {
            // What the system says of it is no more than that.
            OwnedFd::from(File::options().read(true).write(true).open("/dev/tty").map_err(|_| NoTerminal::Input)?)
        };
        Ok(Self { input, output })
    }

    /// Takes the terminal: raw mode, alternate screen, no cursor.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn enter(&mut self) -> io::Result<()> {
        let mode = tcgetattr(&self.input)?;
        let mut raw = mode.clone();
        raw.make_raw();
        let mut kept = BORROWED.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() {
            *kept = Some(Borrowed { input: self.input.try_clone()?, output: self.output.try_clone()?, mode });
        }
        drop(kept);
        tcsetattr(&self.input, OptionalActions::Now, &raw)?;
        let mut bytes = Vec::new();
        queue!(bytes, EnterAlternateScreen, Hide, EnableBracketedPaste)?;
        self.write(&bytes)
    }

    /// Columns and rows; what a terminal without a size is taken for.
    pub fn size(&self) -> (u16, u16) {
        match tcgetwinsize(&self.output) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
            _ => (80, 24),
        }
    }

    /// Writes all bytes; waits while a slow line takes no more.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.output.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => bytes = &bytes[n..],
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    // Someone made the terminal non-blocking (it is shared with other programs).
                    let mut wait = [PollFd::new(&self.output, PollFlags::OUT)];
                    match poll(&mut wait, None) {
                        Ok(_) if is_gone(wait[0].revents()) => return Err(io::ErrorKind::BrokenPipe.into()),
                        Ok(_) | Err(Errno::INTR) => {}
                        Err(e) => return Err(e.into()),
                    }
                }
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Turns mouse reports on or off.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.write(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Reads what is there; call it when the descriptor is readable.
    pub fn read(&self, buffer: &mut [u8]) -> Read {
        match rustix::io::read(&self.input, buffer) {
            Ok(0) => Read::Gone,
            Ok(n) => Read::Bytes(n),
            Err(Errno::INTR | Errno::AGAIN) => Read::Nothing,
            Err(_) => Read::Gone,
        }
    }
}

impl AsFd for Tty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }
}

/// True where poll's answer says that a descriptor's other end is gone.
pub fn is_gone(answer: PollFlags) -> bool {
    answer.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// Gives the terminal back as it was found; does nothing where it is not held.
pub fn give_back() {
    let Some(mut held) = BORROWED.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let mut bytes = Vec::new();
    // Into memory: these do not fail. A panic can come in the middle of a frame, so its update is ended first.
    let _ = queue!(bytes, EndSynchronizedUpdate);
    bytes.extend_from_slice(MOUSE_OFF);
    let _ = queue!(bytes, DisableBracketedPaste, ResetColor, LeaveAlternateScreen, Show);
    // A terminal that is gone needs nothing back.
    let _ = held.output.write_all(&bytes).and_then(|()| held.output.flush());
    let _ = tcsetattr(&held.input, OptionalActions::Now, &held.mode);
}

/// Gives the terminal back when the console ends in whatever way.
#[derive(Debug)]
pub struct Guard;

impl Guard {
    /// From now on a panic of this thread, which draws, is printed on a terminal that shows it. One of any other thread is
    /// kept while the console holds the terminal: it is no reason to lose the screen, and whoever waits for the thread
    /// says it.
    pub fn new() -> Self {
        static HOOK: std::sync::Once = std::sync::Once::new();
        HOOK.call_once(|| {
            let former = std::panic::take_hook();
            let drawing = std::thread::current().id();
            std::panic::set_hook(Box::new(move |panic| {
                let held = BORROWED.lock().unwrap_or_else(PoisonError::into_inner).is_some();
                if held && std::thread::current().id() != drawing {
                    return super::panics::keep(panic);
                }
                give_back();
                former(panic);
            }));
        });
        Self
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}
