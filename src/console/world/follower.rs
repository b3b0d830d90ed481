//! Reading a run beside the attached one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::mailbox::Mailbox;
use super::worker::spawn;
use crate::console::state::message::Message;
use crate::run::tail::{EventTail, TailError};
use crate::training::events::Level;

/// How often their events are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// The thread that reads a run beside the attached one; it ends when this is dropped.
#[derive(Debug)]
pub struct Follower {
    pub path: PathBuf,
    stop: Arc<AtomicBool>,
}

impl Follower {
    pub fn new(path: PathBuf, mailbox: &Mailbox) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (own, own_stop, own_mailbox) = (path.clone(), stop.clone(), mailbox.clone());
        spawn(mailbox, "beside", move || follow(&own, &own_stop, &own_mailbox));
        Self { path, stop }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn follow(path: &Path, stop: &AtomicBool, mailbox: &Mailbox) {
    let mut tail = EventTail::open(path.join("events.jsonl"));
    let mut complained = false;
    while !stop.load(Ordering::Relaxed) {
        let (events, restarted) = match tail.poll() {
            Ok(events) => (events, false),
            Err(TailError::Restarted { .. }) => (Vec::new(), true),
            Err(e) => {
                if !std::mem::replace(&mut complained, true) {
                    mailbox.send(Message::Notice { level: Level::Error, text: e.to_string() });
                }
                (Vec::new(), false)
            }
        };
        let news = restarted || !events.is_empty();
        if news && !mailbox.send(Message::Beside { path: path.to_owned(), events, restarted }) {
            return;
        }
        if tail.caught_up() {
            std::thread::sleep(LOOK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture::events;

    #[test]
    fn a_run_is_followed_on_the_disk() {
        let root = tempfile::tempdir().unwrap();
        let (mailbox, inbox) = crate::console::world::mailbox::channel().unwrap();
        std::fs::write(root.path().join("events.jsonl"), serde_json::to_string(&events()[0]).unwrap() + "\n").unwrap();
        let follower = Follower::new(root.path().to_owned(), &mailbox);
        let mut found = None;
        for _ in 0..6000 {
            found = inbox.next();
            if found.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(matches!(found, Some(Message::Beside { events, restarted: false, .. }) if events.len() == 1));
        drop(follower);
    }
}
