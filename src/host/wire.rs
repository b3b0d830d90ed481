//! The socket's messages and their frames.
//!
//! A frame is eight bytes of head and a body of JSON: `m`, `g`, the protocol version (u16), the body's length (u32), both
//! big-endian. A version that is not ours is refused by name in the head, so that an old console facing a new host gets a
//! sentence and not garbage. Down go commands; up go acknowledgements and the news that more was recorded: the record
//! itself is read from the run directory (run/tail.rs), so nothing here is ever large.

use serde::{Deserialize, Serialize};

use crate::training::events::Command;

/// Changes whenever a message changes its meaning.
pub const PROTOCOL: u16 = 1;
/// The largest body that is taken.
pub const MOST: usize = 64 * 1024;
/// Bytes of a frame's head.
pub const HEAD: usize = 8;

/// From a viewer to the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "down")]
pub enum Down {
    /// First message of a viewer's connection.
    Hello {
        /// Program version.
        version: String,
        /// The host refuses commands of this connection.
        read_only: bool,
    },
    /// First message of a connection that is there for a command and shows nobody anything; it is let in however many
    /// viewers there are.
    Errand {
        /// Program version.
        version: String,
    },
    /// A request; answered by `Accepted` or `Refused` with the same number.
    Command { number: u64, command: Command },
}

/// From the host to a viewer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "up")]
pub enum Up {
    /// First message of every connection.
    Hello {
        /// Program version.
        version: String,
        /// The run's name.
        run: String,
        pid: u32,
        /// Length of `events.jsonl` now.
        recorded: u64,
    },
    /// `events.jsonl` has grown to this length. News in between may be left out, the last one never is.
    Recorded {
        bytes: u64,
    },
    /// Training has been told.
    Accepted {
        number: u64,
        command: Command,
    },
    Refused {
        number: u64,
        command: Command,
        reason: String,
    },
    /// Events cannot be written: the run is paused until they can; `None`: over.
    Trouble {
        message: Option<String>,
    },
    /// Nothing follows: the run ended.
    Ended {
        reason: String,
    },
}

/// Why bytes are no frame; the connection that sent them is closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("expected a message of mug, found other bytes")]
    Garbage,
    #[error(
        "the other side speaks protocol {0}, this program {PROTOCOL}: use the same version of mug on both sides (a run \
         keeps the version it was started with until it is stopped and resumed)"
    )]
    Version(u16),
    #[error("a message of {0} bytes, where at most {MOST} are expected")]
    Oversized(usize),
    #[error("a message that this version does not understand: {0}")]
    Message(String),
}

/// A frame's bytes.
///
/// # Errors
/// A message larger than [`MOST`]: a text in it is far longer than any of ours.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, WireError> {
    let mut frame = vec![0; HEAD];
    serde_json::to_writer(&mut frame, message).map_err(|e| WireError::Message(e.to_string()))?;
    let length = frame.len() - HEAD;
    if length > MOST {
        return Err(WireError::Oversized(length));
    }
    frame[..2].copy_from_slice(b"mg");
    frame[2..4].copy_from_slice(&PROTOCOL.to_be_bytes());
    // At most 65536, as just checked.
    frame[4..HEAD].copy_from_slice(&(length as u32).to_be_bytes());
    Ok(frame)
}

/// The length of the body that follows a head.
///
/// # Errors
/// Anything but a head of this protocol that announces a body of at most [`MOST`] bytes.
pub fn body_length(head: [u8; HEAD]) -> Result<usize, WireError> {
    if &head[..2] != b"mg" {
        return Err(WireError::Garbage);
    }
    let version = u16::from_be_bytes([head[2], head[3]]);
    if version != PROTOCOL {
        return Err(WireError::Version(version));
    }
    let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
    if length > MOST { Err(WireError::Oversized(length)) } else { Ok(length) }
}

/// The message in a body.
///
/// # Errors
/// Bytes that are no message of the expected kind.
pub fn decode<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, WireError> {
    serde_json::from_slice(body).map_err(|e| WireError::Message(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use crate::training::events::Stage;

    /// Splits bytes into messages as a reader of a stream does; stops at the first fault or at a frame that is cut off.
    fn read_all<T: for<'a> Deserialize<'a>>(mut bytes: &[u8]) -> Result<Vec<T>, WireError> {
        let mut messages = Vec::new();
        while let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() {
            let length = body_length(*head)?;
            let Some((body, rest)) = rest.split_at_checked(length) else { break };
            messages.push(decode(body)?);
            bytes = rest;
        }
        Ok(messages)
    }

    fn some_messages() -> Vec<Up> {
        let command = Command::RestartStage { stage: Stage::Joint };
        vec![
            Up::Hello { version: "0.1".into(), run: "x".into(), pid: 3, recorded: u64::MAX },
            Up::Recorded { bytes: 0 },
            Up::Accepted { number: 1, command },
            Up::Refused { number: 2, command: Command::Pause, reason: "\"\n\u{0}中".into() },
            Up::Trouble { message: None },
            Up::Ended { reason: String::new() },
        ]
    }

    #[test]
    fn messages_come_back_from_a_stream() {
        let bytes: Vec<u8> = some_messages().iter().flat_map(|m| encode(m).unwrap()).collect();
        assert_eq!(read_all::<Up>(&bytes).unwrap(), some_messages());
        for cut in 0..bytes.len() {
            assert!(read_all::<Up>(&bytes[..cut]).unwrap().len() < some_messages().len(), "cut at {cut}");
        }
    }

    #[test]
    fn faults_have_names() {
        let good = encode(&Up::Recorded { bytes: 5 }).unwrap();
        let with = |at: usize, byte: u8| {
            let mut frame = good.clone();
            frame[at] = byte;
            read_all::<Up>(&frame).unwrap_err()
        };
        assert_eq!(with(0, b'G'), WireError::Garbage);
        assert_eq!(with(3, 9), WireError::Version(9));
        assert_eq!(with(5, 2), WireError::Oversized(0x20000 + good.len() - HEAD));
        assert!(matches!(with(8, b'['), WireError::Message(_)));
        assert!(matches!(read_all::<Down>(&good), Err(WireError::Message(_))));
        let long = Up::Ended { reason: "x".repeat(MOST) };
        assert!(matches!(encode(&long), Err(WireError::Oversized(_))));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
            let _ = read_all::<Down>(&bytes);
            let _ = decode::<Down>(&bytes);
        }

        #[test]
        fn arbitrary_bodies_behind_a_good_head_do_no_harm(
            body in proptest::collection::vec(any::<u8>(), 0..512),
            at in 0usize..200,
            byte in any::<u8>(),
        ) {
            let mut frame = encode(&Down::Command { number: 1, command: Command::Pause }).unwrap();
            let at = at % frame.len();
            frame[at] = byte;
            frame.extend(&body);
            if let Ok(messages) = read_all::<Down>(&frame) {
                prop_assert!(messages.len() <= frame.len() / HEAD);
            }
        }
    }
}
