//! The signals that whoever draws on the terminal minds, as flags and a wake-up; and stopping as the shell expects of Ctrl-Z.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Signal, kill_current_process_group};

use super::tty::give_back;

/// Signals that came. Waiting on it wakes up when one does.
pub struct Signals {
    woken: UnixStream,
    resized: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
    end: Arc<AtomicBool>,
}

impl Signals {
    /// From now on these signals end nothing by themselves.
    ///
    /// # Errors
    /// The system refuses.
    pub fn new() -> io::Result<Self> {
        let (waker, woken) = UnixStream::pair()?;
        waker.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let signals = Self {
            woken,
            resized: Arc::default(),
            stop: Arc::default(),
            continued: Arc::default(),
            end: Arc::default(),
        };
        for (signal, flag) in [
            (Signal::WINCH, &signals.resized),
            (Signal::TSTP, &signals.stop),
            (Signal::CONT, &signals.continued),
            (Signal::TERM, &signals.end),
            (Signal::INT, &signals.end),
            (Signal::HUP, &signals.end),
        ] {
            // The flag is registered first, so that it stands when the wake-up comes.
            signal_hook::flag::register(signal.as_raw(), flag.clone())?;
            signal_hook::low_level::pipe::register(signal.as_raw(), waker.try_clone()?)?;
        }
        Ok(signals)
    }

    /// Takes the wake-ups; the flags stay.
    pub fn quiet(&mut self) {
        let mut buffer = [0; 64];
        while matches!(io::Read::read(&mut self.woken, &mut buffer), Ok(n) if n == buffer.len()) {}
    }

    /// True where the program is to end, from now on.
    pub fn ends(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// True once after somebody stopped the program.
    pub fn stops(&self) -> bool {
        self.stop.swap(false, Ordering::Relaxed)
    }

    /// True once after the program was continued.
    pub fn continues(&self) -> bool {
        self.continued.swap(false, Ordering::Relaxed)
    }

    /// True once after the terminal got another size.
    pub fn resizes(&self) -> bool {
        self.resized.swap(false, Ordering::Relaxed)
    }

    /// Gives the terminal back and stops; returns with SIGCONT, when the terminal is to be taken again.
    pub fn suspend(&self) {
        give_back();
        // The whole group, so that what started the program (cargo run) stops with it.
        let _ = kill_current_process_group(Signal::STOP);
        self.continued.store(false, Ordering::Relaxed);
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }
}
