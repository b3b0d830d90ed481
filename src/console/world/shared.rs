//! What an attachment's threads share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::Thread;
use std::time::Duration;

use super::mailbox::Mailbox;
use crate::console::state::message::Message;
use crate::host::client;
use crate::run::directory::RunDir;
use crate::training::events::Level;

/// How often the events are looked at without being told that there are new ones.
pub const LOOK: Duration = Duration::from_millis(250);
/// What an attachment's threads share.
#[derive(Debug)]
pub struct Shared {
    pub number: u64,
    pub mailbox: Mailbox,
    /// Known once the directory was opened.
    pub dir: OnceLock<RunDir>,
    pub stop: AtomicBool,
    pub link: Mutex<Option<client::Link>>,
    pub tail: OnceLock<Thread>,
    /// Looks at the events that found nothing more.
    pub looks: AtomicU64,
}

impl Shared {
    /// True once nobody wants to hear of the run any more.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Says something to the person at the screen.
    pub fn note(&self, level: Level, text: String) {
        self.mailbox.send(Message::Notice { level, text });
    }

    /// Has the run directory looked at now.
    pub fn wake_tail(&self) {
        if let Some(tail) = self.tail.get() {
            tail.unpark();
        }
    }
}
