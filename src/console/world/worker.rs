//! Threads beside the screen. One that panics is a message on an intact screen: what was kept of the panic (see
//! [`panics`](crate::console::terminal::panics)) is said here.

use super::mailbox::Mailbox;
use crate::console::state::message::Message;
use crate::console::terminal::panics::guarded;
use crate::training::events::Level;

/// Starts a thread; where the system refuses, or the thread panics, says so.
pub fn spawn(mailbox: &Mailbox, name: &str, work: impl FnOnce() + Send + 'static) {
    let (own, own_name) = (mailbox.clone(), name.to_owned());
    let watched = move || {
        if let Err(why) = guarded(work) {
            own.send(failure(&own_name, &why));
        }
    };
    if let Err(e) = std::thread::Builder::new().name(name.to_owned()).spawn(watched) {
        mailbox.offer(Message::Notice { level: Level::Error, text: format!("cannot start a thread: {e}") });
    }
}

/// What is said of a part of the console that failed.
pub fn failure(name: &str, why: &str) -> Message {
    Message::Notice { level: Level::Error, text: format!("a part of the console failed ({name}): {why}") }
}

#[cfg(test)]
mod tests;
