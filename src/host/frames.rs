//! Frames as they come in over a socket, in whatever pieces.

use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt;
use tokio::net::unix::OwnedReadHalf;
use tokio::time::Instant;

use super::wire::{self, WireError};

/// How long a viewer may take to say hello, or to send the rest of a message it began.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The connection is over.
pub(super) struct Gone;

impl From<std::io::Error> for Gone {
    fn from(_: std::io::Error) -> Gone {
        Gone
    }
}

impl From<WireError> for Gone {
    fn from(_: WireError) -> Gone {
        Gone
    }
}

/// Reads frames; dropping a pending [`next`](Self::next) loses nothing.
pub(super) struct Frames {
    reader: OwnedReadHalf,
    bytes: Vec<u8>,
    /// By when the message that has begun must be whole.
    due: Option<Instant>,
}

impl Frames {
    pub fn new(reader: OwnedReadHalf) -> Frames {
        Frames { reader, bytes: Vec::new(), due: None }
    }

    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<T, Gone> {
        loop {
            let mut needed = wire::HEAD;
            if let Some(head) = self.bytes.first_chunk::<{ wire::HEAD }>() {
                needed += wire::body_length(*head)?;
                if self.bytes.len() >= needed {
                    let message = wire::decode(&self.bytes[wire::HEAD..needed])?;
                    self.bytes.drain(..needed);
                    self.due = None;
                    return Ok(message);
                }
            }
            if !self.bytes.is_empty() {
                self.due.get_or_insert_with(|| Instant::now() + PATIENCE);
            }
            let mut part = [0u8; 4096];
            // No more than this message: what comes after it stays with the kernel, which makes the sender wait.
            let room = (needed - self.bytes.len()).min(part.len());
            let read = self.reader.read(&mut part[..room]);
            let count = match self.due {
                Some(due) => tokio::time::timeout_at(due, read).await.map_err(|_| Gone)??,
                None => read.await?,
            };
            if count == 0 {
                return Err(Gone);
            }
            self.bytes.extend_from_slice(&part[..count]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::UnixStream;

    use super::super::wire::Down;
    use super::*;
    use crate::training::events::{Command, Stage};

    /// What a host reads from these bytes, which come in pieces of these lengths and then end.
    fn read(bytes: &[u8], pieces: &[usize]) -> Vec<Down> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let send = async move {
                let (mut rest, mut pieces) = (bytes, pieces.iter().cycle());
                while !rest.is_empty() {
                    let (piece, later) = rest.split_at(rest.len().min(*pieces.next().unwrap_or(&1)));
                    // The reader may have had enough.
                    if theirs.write_all(piece).await.is_err() {
                        return;
                    }
                    tokio::task::yield_now().await;
                    rest = later;
                }
            };
            let receive = async move {
                let mut frames = Frames::new(ours.into_split().0);
                let mut messages = Vec::new();
                while let Ok(message) = frames.next::<Down>().await {
                    messages.push(message);
                    assert!(frames.bytes.is_empty(), "more was taken than the message");
                }
                assert!(frames.bytes.len() <= wire::HEAD + wire::MOST);
                messages
            };
            tokio::join!(send, receive).1
        })
    }

    fn messages() -> Vec<Down> {
        let hello = Down::Hello { version: "0.1 中".into(), read_only: true };
        let commands = [Command::Pause, Command::RestartStage { stage: Stage::Joint }, Command::StopNow];
        let numbered = (0..).zip(commands).map(|(number, command)| Down::Command { number, command });
        std::iter::once(hello).chain(numbered).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn messages_come_whole_in_whatever_pieces(pieces in proptest::collection::vec(1usize..40, 1..20)) {
            let bytes: Vec<u8> = messages().iter().flat_map(|m| wire::encode(m).unwrap()).collect();
            prop_assert_eq!(read(&bytes, &pieces), messages());
        }

        #[test]
        fn a_message_that_is_cut_or_damaged_is_the_last(
            cut in 0usize..1000,
            at in 0usize..1000,
            mask in 0u8..=255,
            garbage in proptest::collection::vec(any::<u8>(), 0..3000),
            piece in 1usize..5000,
        ) {
            let whole: Vec<u8> = messages().iter().flat_map(|m| wire::encode(m).unwrap()).collect();
            let cut_off = read(&whole[..cut % whole.len()], &[piece]);
            prop_assert!(cut_off.len() < messages().len() && messages().starts_with(&cut_off));
            let mut damaged = whole.clone();
            damaged[at % whole.len()] ^= mask;
            damaged.extend(&garbage);
            prop_assert!(read(&damaged, &[piece]).len() <= messages().len() + garbage.len() / wire::HEAD);
            read(&garbage, &[piece]);
        }
    }
}
