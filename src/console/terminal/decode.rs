//! From the terminal's bytes to keys: decoded here rather than by crossterm's reader, which never returns once the
//! terminal is gone (version 0.29 reads end-of-file forever) and cannot be told so in time.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Longest escape sequence that is taken for one; what is longer is thrown away.
const SEQUENCE: usize = 64;
/// Most bytes of one paste that are kept.
const PASTE: usize = 64 << 10;
const PASTE_END: &[u8] = b"\x1b[201~";
/// Ctrl-C, which no terminal leaves in what it pastes: someone who wants to leave.
const INTERRUPT: u8 = 0x03;
/// How long a lone ESC is waited on: the start of a sequence arrives faster, over slow lines too.
const ESCAPE: Duration = Duration::from_millis(60);
/// How long the rest of a paste is waited for. Its end may have been lost, and keys would be taken for its text.
const PAUSE: Duration = Duration::from_secs(2);

/// What a person did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Key(KeyEvent),
    Paste(String),
    /// Left button pressed at column, row.
    Click(u16, u16),
    /// Wheel turned at column, row: -1 up, 1 down.
    Wheel(u16, u16, i8),
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
    Input::Key(KeyEvent::new(code, modifiers))
}

fn plain(code: KeyCode) -> Input {
    key(code, KeyModifiers::NONE)
}

/// What one look at the buffer's start gives.
enum Step {
    /// So many bytes are done with.
    Done(usize, Option<Input>),
    /// The rest has not arrived yet.
    Incomplete,
}

/// Collects bytes and gives out what they mean.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// The text of a paste that has not ended yet.
    paste: Option<Vec<u8>>,
}

impl Decoder {
    /// Takes in bytes as they were read and appends what they mean.
    pub fn feed(&mut self, bytes: &[u8], inputs: &mut Vec<Input>) {
        self.buffer.extend_from_slice(bytes);
        let mut at = 0;
        while at < self.buffer.len() {
            if let Some(paste) = &mut self.paste {
                let rest = &self.buffer[at..];
                let end = rest.windows(PASTE_END.len()).position(|w| w == PASTE_END);
                let interrupt = rest[..end.unwrap_or(rest.len())].iter().position(|b| *b == INTERRUPT);
                if let Some(interrupt) = interrupt {
                    self.paste = None;
                    at += interrupt;
                    continue;
                }
                // Without the end, its first bytes may already stand at the end of what has arrived.
                let taken = end.unwrap_or_else(|| rest.len().saturating_sub(PASTE_END.len() - 1));
                let room = PASTE.saturating_sub(paste.len());
                paste.extend_from_slice(&rest[..taken.min(room)]);
                at += taken;
                if end.is_none() {
                    break;
                }
                at += PASTE_END.len();
                let text = self.paste.take().unwrap_or_default();
                inputs.push(Input::Paste(String::from_utf8_lossy(&text).into_owned()));
                continue;
            }
            match step(&self.buffer[at..]) {
                Step::Done(used, input) => {
                    if &self.buffer[at..at + used] == b"\x1b[200~" {
                        self.paste = Some(Vec::new());
                    }
                    at += used;
                    inputs.extend(input);
                }
                Step::Incomplete => break,
            }
        }
        self.buffer.drain(..at);
    }

    /// How long more bytes are waited for after the last ones: these could be the Escape key or the start of a longer
    /// sequence, or belong to a paste; `None` where they are complete.
    pub fn patience(&self) -> Option<Duration> {
        match &self.paste {
            Some(_) => Some(PAUSE),
            None => (!self.buffer.is_empty()).then_some(ESCAPE),
        }
    }

    /// No more bytes came in time: a paste has ended, a lone ESC is the Escape key, anything else half-done is thrown away.
    pub fn give_up(&mut self, inputs: &mut Vec<Input>) {
        if let Some(mut paste) = self.paste.take() {
            let room = PASTE.saturating_sub(paste.len());
            paste.extend_from_slice(&self.buffer[..self.buffer.len().min(room)]);
            inputs.push(Input::Paste(String::from_utf8_lossy(&paste).into_owned()));
        } else if self.buffer == [0x1b] {
            inputs.push(plain(KeyCode::Esc));
        }
        self.buffer.clear();
    }
}

/// Decodes what stands at the start of a non-empty buffer.
fn step(bytes: &[u8]) -> Step {
    match bytes[0] {
        0x1b => escape(bytes),
        byte => character(bytes, byte),
    }
}

fn escape(bytes: &[u8]) -> Step {
    match bytes.get(1) {
        None => Step::Incomplete,
        Some(b'[') => control_sequence(bytes),
        Some(b'O') => match bytes.get(2) {
            None => Step::Incomplete,
            Some(&last) => Step::Done(3, named(last).map(plain)),
        },
        // Escape pressed twice, or Escape and then a sequence.
        Some(0x1b) => Step::Done(1, Some(plain(KeyCode::Esc))),
        Some(&byte) => match character(&bytes[1..], byte) {
            Step::Done(used, Some(Input::Key(mut event))) => {
                event.modifiers |= KeyModifiers::ALT;
                Step::Done(used + 1, Some(Input::Key(event)))
            }
            Step::Done(used, other) => Step::Done(used + 1, other),
            Step::Incomplete => Step::Incomplete,
        },
    }
}

/// A key that is not part of an escape sequence.
fn character(bytes: &[u8], first: u8) -> Step {
    let control = |c: u8| Some(key(KeyCode::Char(char::from(c)), KeyModifiers::CONTROL));
    let one = match first {
        0x00 => control(b' '),
        b'\t' => Some(plain(KeyCode::Tab)),
        b'\r' | b'\n' => Some(plain(KeyCode::Enter)),
        0x08 | 0x7f => Some(plain(KeyCode::Backspace)),
        0x01..=0x1a => control(first - 1 + b'a'),
        0x1c..=0x1f => control(first - 0x1c + b'4'),
        b' '..=b'~' => Some(plain(KeyCode::Char(char::from(first)))),
        _ => {
            let length = match first {
                0xc2..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf4 => 4,
                _ => return Step::Done(1, None),
            };
            let Some(whole) = bytes.get(..length) else {
                // A byte that cannot go on the sequence ends it at once.
                let broken = bytes[1..].iter().any(|b| b & 0xc0 != 0x80);
                return if broken { Step::Done(1, None) } else { Step::Incomplete };
            };
            return match std::str::from_utf8(whole).ok().and_then(|s| s.chars().next()) {
                Some(c) => Step::Done(length, Some(plain(KeyCode::Char(c)))),
                None => Step::Done(1, None),
            };
        }
    };
    Step::Done(1, one)
}

/// The key of a sequence's last letter.
fn named(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    })
}

/// `ESC [ parameters final`.
fn control_sequence(bytes: &[u8]) -> Step {
    let body = &bytes[2..];
    // A letter ends the sequence; a control character inside breaks it off; too long a one is none.
    let end = match body.iter().take(SEQUENCE).position(|b| *b < 0x20 || (0x40..=0x7e).contains(b)) {
        Some(at) if body[at] < 0x20 => return Step::Done(2 + at, None),
        Some(at) => at,
        None if body.len() >= SEQUENCE => return Step::Done(2 + SEQUENCE, None),
        None => return Step::Incomplete,
    };
    let (parameters, last) = (&body[..end], body[end]);
    let used = end + 3;
    if last == b'M' && parameters.is_empty() {
        // The old mouse report: three more bytes, not asked for and thrown away.
        return if bytes.len() < used + 3 { Step::Incomplete } else { Step::Done(used + 3, None) };
    }
    if parameters.first() == Some(&b'<') {
        return Step::Done(used, mouse(&parameters[1..], last));
    }
    let text = std::str::from_utf8(parameters).unwrap_or_default();
    let mut numbers = text.split(';').map(|p| p.split(':').next().unwrap_or_default().parse::<u32>().unwrap_or(0));
    let (first, second) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let bits = second.saturating_sub(1);
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL)] {
        if bits & bit != 0 {
            modifiers |= modifier;
        }
    }
    let code = match last {
        b'Z' => Some(KeyCode::BackTab),
        b'~' => match first {
            1 | 7 => Some(KeyCode::Home),
            2 => Some(KeyCode::Insert),
            3 => Some(KeyCode::Delete),
            4 | 8 => Some(KeyCode::End),
            5 => Some(KeyCode::PageUp),
            6 => Some(KeyCode::PageDown),
            11..=15 => Some(KeyCode::F(first as u8 - 10)),
            17..=21 => Some(KeyCode::F(first as u8 - 11)),
            23 | 24 => Some(KeyCode::F(first as u8 - 12)),
            _ => None,
        },
        b'u' => match char::from_u32(first) {
            Some('\r') => Some(KeyCode::Enter),
            Some('\t') => Some(KeyCode::Tab),
            Some('\u{1b}') => Some(KeyCode::Esc),
            Some('\u{7f}') => Some(KeyCode::Backspace),
            Some(c) if !c.is_control() => Some(KeyCode::Char(c)),
            _ => None,
        },
        _ => named(last),
    };
    Step::Done(used, code.map(|c| key(c, modifiers)))
}

/// An SGR mouse report: `button;column;row`, `M` for pressed.
fn mouse(parameters: &[u8], last: u8) -> Option<Input> {
    let text = std::str::from_utf8(parameters).ok()?;
    let mut numbers = text.split(';').map(str::parse::<u16>);
    let mut next = || numbers.next().and_then(Result::ok);
    let (button, column, row) = (next()?, next()?, next()?);
    let (column, row) = (column.checked_sub(1)?, row.checked_sub(1)?);
    match (button, last) {
        (0, b'M') => Some(Input::Click(column, row)),
        (64, b'M') => Some(Input::Wheel(column, row, -1)),
        (65, b'M') => Some(Input::Wheel(column, row, 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(bytes: &[u8]) -> Vec<Input> {
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        decoder.feed(bytes, &mut inputs);
        decoder.give_up(&mut inputs);
        inputs
    }

    fn char(c: char) -> Input {
        plain(KeyCode::Char(c))
    }

    #[test]
    fn keys_of_all_kinds() {
        let ctrl = |c| key(KeyCode::Char(c), KeyModifiers::CONTROL);
        for (bytes, want) in [
            (&b"q"[..], char('q')),
            (b"\x03", ctrl('c')),
            (b"\x1a", ctrl('z')),
            (b"\r", plain(KeyCode::Enter)),
            (b"\x7f", plain(KeyCode::Backspace)),
            (b"\x1b", plain(KeyCode::Esc)),
            (b"\x1b[A", plain(KeyCode::Up)),
            (b"\x1bOB", plain(KeyCode::Down)),
            (b"\x1b[1;5C", key(KeyCode::Right, KeyModifiers::CONTROL)),
            (b"\x1b[Z", plain(KeyCode::BackTab)),
            (b"\x1b[5~", plain(KeyCode::PageUp)),
            (b"\x1b[15~", plain(KeyCode::F(5))),
            (b"\x1bOP", plain(KeyCode::F(1))),
            (b"\x1b[97;5u", ctrl('a')),
            (b"\x1bx", key(KeyCode::Char('x'), KeyModifiers::ALT)),
            ("电".as_bytes(), char('电')),
            (b"\x1b[<0;10;5M", Input::Click(9, 4)),
            (b"\x1b[<65;1;1M", Input::Wheel(0, 0, 1)),
        ] {
            assert_eq!(decode(bytes), [want], "{bytes:?}");
        }
        assert_eq!(decode(b"\x1b\x1b[B"), [plain(KeyCode::Esc), plain(KeyCode::Down)]);
        assert_eq!(decode(b"\x1b[<0;10;5m\x1b[I\xff\x1b[M !!j"), [char('j')]);
        assert_eq!(decode(b"\x1b[<0;0;0M"), []);
    }

    #[test]
    fn a_paste_is_one_input_and_its_escapes_are_no_keys() {
        assert_eq!(decode(b"\x1b[200~/a b\x1b[A.pkl\x1b[201~q"), [Input::Paste("/a b\x1b[A.pkl".into()), char('q')]);
        let mut long = b"\x1b[200~".to_vec();
        long.extend(vec![b'x'; 3 * PASTE]);
        long.extend(b"\x1b[201~q");
        let got = decode(&long);
        assert!(matches!(&got[0], Input::Paste(p) if p.len() == PASTE) && got[1] == char('q'));
    }

    #[test]
    fn half_a_sequence_waits_and_is_given_up_in_the_end() {
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        decoder.feed(b"\x1b[1;", &mut inputs);
        assert!(inputs.is_empty() && decoder.patience() == Some(ESCAPE));
        decoder.give_up(&mut inputs);
        decoder.feed(b"q", &mut inputs);
        assert_eq!(inputs, [char('q')]);
        assert_eq!(decoder.patience(), None);
    }

    #[test]
    fn a_paste_that_never_ends_does_not_keep_the_keys() {
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        decoder.feed(b"\x1b[200~text", &mut inputs);
        decoder.feed(b"qq\x1b[20", &mut inputs);
        assert!(inputs.is_empty() && decoder.patience() == Some(PAUSE));
        decoder.give_up(&mut inputs);
        decoder.feed(b"q", &mut inputs);
        assert_eq!(inputs, [Input::Paste("textqq\x1b[20".into()), char('q')]);
        assert_eq!(decoder.patience(), None);
        // Ctrl-C ends it at once.
        let interrupt = key(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(decode(b"\x1b[200~text\x03q"), [interrupt, char('q')]);
        let mut long = b"\x1b[200~".to_vec();
        long.extend(vec![b'x'; 3 * PASTE]);
        assert!(matches!(&decode(&long)[..], [Input::Paste(p)] if p.len() == PASTE));
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_mean_the_same(
            bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0x1b), Just(b'['), Just(b'<'), Just(b'~'),
                Just(b';'), b'0'..=b'9', Just(b'M'), 0x80u8..0xf5], 0..200),
            cut in 0usize..200,
            pasted in any::<bool>(),
        ) {
            let bytes = if pasted { [b"\x1b[200~", &bytes[..]].concat() } else { bytes };
            let cut = cut.min(bytes.len());
            let mut decoder = Decoder::default();
            let mut pieces = Vec::new();
            decoder.feed(&bytes[..cut], &mut pieces);
            decoder.feed(&bytes[cut..], &mut pieces);
            decoder.give_up(&mut pieces);
            prop_assert_eq!(pieces, decode(&bytes));
        }

        #[test]
        fn text_comes_through(text in "[a-zà-üぁ-ん ]{0,40}") {
            let want: Vec<_> = text.chars().map(char).collect();
            prop_assert_eq!(decode(text.as_bytes()), want);
        }
    }
}
