//! The channel from the world to the screen: bounded, and waking the loop that waits for keys.
//!
//! Owner: the loop. Capacity: [`CAPACITY`] messages. When it is full the sender (a thread that reads files or the socket)
//! waits, so that a slow terminal slows reading down and nothing is dropped. The loop's own thread only [`offer`](Mailbox::offer)s.

use std::io;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::console::state::message::Message;

const CAPACITY: usize = 64;

/// The sending end; one for each thread.
#[derive(Clone, Debug)]
pub struct Mailbox {
    sender: SyncSender<Message>,
    waker: Arc<UnixStream>,
}

/// The receiving end. Readable as a descriptor when there may be messages.
#[derive(Debug)]
pub struct Inbox {
    receiver: Receiver<Message>,
    woken: UnixStream,
}

/// Both ends.
///
/// # Errors
/// No descriptors are left.
pub fn channel() -> io::Result<(Mailbox, Inbox)> {
    let (sender, receiver) = sync_channel(CAPACITY);
    let (waker, woken) = UnixStream::pair()?;
    waker.set_nonblocking(true)?;
    woken.set_nonblocking(true)?;
    Ok((Mailbox { sender, waker: Arc::new(waker) }, Inbox { receiver, woken }))
}

impl Mailbox {
    /// Sends a message; false where the screen is gone.
    pub fn send(&self, message: Message) -> bool {
        // Woken before too: a full mailbox is emptied by a loop that may be asleep.
        self.wake();
        let sent = self.sender.send(message).is_ok();
        self.wake();
        sent
    }

    /// Sends a message where there is room, without waiting: for the loop's own thread, which would wait for itself.
    pub fn offer(&self, message: Message) {
        let _ = self.sender.try_send(message);
        self.wake();
    }

    fn wake(&self) {
        // Full: then a wake-up is on its way already.
        let _ = (&*self.waker).write(&[1]);
    }
}

impl Inbox {
    /// A message, if one is there.
    pub fn next(&self) -> Option<Message> {
        self.receiver.try_recv().ok()
    }

    /// Takes the wake-ups; call it before emptying the mailbox.
    pub fn quiet(&mut self) {
        let mut buffer = [0; 256];
        while matches!(self.woken.read(&mut buffer), Ok(n) if n == buffer.len()) {}
    }
}

impl AsFd for Inbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_arrives_though_the_mailbox_is_small() {
        let (mailbox, mut inbox) = channel().unwrap();
        let sender = std::thread::spawn(move || (0..500).all(|i| mailbox.send(Message::Resize(i, 0))));
        let mut seen = Vec::new();
        while seen.len() < 500 {
            inbox.quiet();
            while let Some(Message::Resize(i, _)) = inbox.next() {
                seen.push(i);
            }
            std::thread::yield_now();
        }
        assert!(sender.join().unwrap() && seen == (0..500).collect::<Vec<_>>());
    }

    #[test]
    fn senders_learn_that_the_screen_is_gone() {
        let (mailbox, inbox) = channel().unwrap();
        drop(inbox);
        assert!(!mailbox.send(Message::Resize(1, 1)));
    }
}
