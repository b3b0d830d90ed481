//! Numbers and escapes of the text protocols (0 and 1), and bytes written as Latin-1 text.

use super::opcodes as op;
use super::values::Value;

/// Undoes Python 2's `repr` of a byte string, quotes included; `None` where it is none.
pub fn unescape_string(line: &[u8]) -> Option<Vec<u8>> {
    let (&quote, rest) = line.split_first()?;
    let (&end, inner) = rest.split_last()?;
    if quote != end || !matches!(quote, b'\'' | b'"') {
        return None;
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut at = inner.iter().copied();
    while let Some(byte) = at.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match at.next()? {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'x' => {
                let high = char::from(at.next()?).to_digit(16)?;
                let low = char::from(at.next()?).to_digit(16)?;
                out.push((high * 16 + low) as u8);
            }
            other @ (b'\\' | b'\'' | b'"') => out.push(other),
            _ => return None,
        }
    }
    Some(out)
}

/// Undoes Python's `raw-unicode-escape`: Latin-1 bytes with `\uXXXX` and `\UXXXXXXXX` between them.
pub fn unescape_unicode(line: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        let digits = match (byte, line.get(at + 1)) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                out.push(char::from(byte));
                at += 1;
                continue;
            }
        };
        let hex = std::str::from_utf8(line.get(at + 2..at + 2 + digits)?).ok()?;
        let code = u32::from_str_radix(hex, 16).ok()?;
        out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        at += 2 + digits;
    }
    Some(out)
}

/// Turns UTF-8 text whose characters all lie below U+0100 into the bytes of those numbers, piece by piece.
#[derive(Default)]
pub struct Latin1 {
    /// The first byte of a character that the last piece ended in.
    lead: Option<u8>,
}

impl Latin1 {
    /// Appends the bytes that `piece` stands for; false where it is no such text.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) -> bool {
        for &byte in piece {
            match (self.lead.take(), byte) {
                (None, 0..=0x7f) => out.push(byte),
                (None, 0xc2 | 0xc3) => self.lead = Some(byte),
                (Some(lead), 0x80..=0xbf) => out.push((lead & 0x03) << 6 | byte & 0x3f),
                _ => return false,
            }
        }
        true
    }

    /// True where no character is left open.
    pub fn is_complete(&self) -> bool {
        self.lead.is_none()
    }
}

/// A name as it may stand in a message: short, and without control characters.
pub fn shown(name: &str) -> String {
    name.chars().take(80).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The number that a line of the text protocols stands for: a float, a truth value or a whole number.
pub fn number(code: u8, text: &str) -> Option<Value> {
    match code {
        op::FLOAT => text.parse().map(Value::Float).ok(),
        op::INT if text == "00" => Some(Value::Bool(false)),
        op::INT if text == "01" => Some(Value::Bool(true)),
        _ => {
            let digits = text.strip_suffix('L').unwrap_or(text);
            let plain = digits.strip_prefix('-').unwrap_or(digits);
            let number = !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_digit());
            number.then(|| digits.parse().map_or(Value::BigInt, Value::Int))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_2_strings() {
        assert_eq!(unescape_string(br"'a\x00\xff\n\\\'b'").unwrap(), b"a\x00\xff\n\\'b");
        assert_eq!(unescape_string(b"\"it's\"").unwrap(), b"it's");
        for bad in [&b""[..], b"'", b"'a", b"'a\"", br"'\x4'", br"'\q'", br"'\'"] {
            assert_eq!(unescape_string(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn unicode_lines() {
        assert_eq!(unescape_unicode(b"a\\u6211\xe9").unwrap(), "a我é");
        assert_eq!(unescape_unicode(br"\U0001f600\n").unwrap(), "\u{1f600}\\n");
        assert_eq!(unescape_unicode(br"\u62"), None);
    }

    #[test]
    fn latin1_across_pieces() {
        let all: Vec<u8> = (0..=255).collect();
        let text: String = all.iter().map(|&b| char::from(b)).collect();
        let (mut decoder, mut out) = (Latin1::default(), Vec::new());
        for piece in text.as_bytes().chunks(7) {
            assert!(decoder.push(piece, &mut out));
        }
        assert!(decoder.is_complete());
        assert_eq!(out, all);
        assert!(!Latin1::default().push("我".as_bytes(), &mut Vec::new()));
        assert!(!Latin1::default().push(&[0x80], &mut Vec::new()));
    }
}
