//! The element types of numpy arrays and their conversion to numbers.

use std::fmt;

use half::{bf16, f16};

/// What the bytes of one element mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int,
    UInt,
    Float,
    /// PyTorch's bfloat16, which numpy does not have.
    BFloat,
    /// Fixed-width UTF-32 text, numpy's `U`.
    Text,
    /// Fixed-width byte strings, numpy's `S`.
    Bytes,
    /// References to Python objects.
    Object,
    /// Anything else (complex numbers, dates, records): may lie in a file, cannot be used.
    Other,
}

/// A numpy element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DType {
    pub kind: Kind,
    /// Bytes of one element in the file; 0 for objects.
    pub size: usize,
    /// Most significant byte first.
    pub big_endian: bool,
}

impl DType {
    /// Reads numpy's short form: `f4`, `<f8`, `|b1`, `U12`, `O`; also `bf16`, for which numpy has none. Unknown forms become [`Kind::Other`].
    pub fn parse(text: &str) -> DType {
        let other = DType { kind: Kind::Other, size: 0, big_endian: false };
        let (big_endian, rest) = match text.as_bytes().first() {
            Some(b'>') => (true, &text[1..]),
            Some(b'<' | b'|' | b'=') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "bf16" {
            return DType { kind: Kind::BFloat, size: 2, big_endian };
        }
        let Some(letter) = rest.chars().next() else { return other };
        let digits = &rest[letter.len_utf8()..];
        let number: Option<usize> = if digits.is_empty() { Some(0) } else { digits.parse().ok() };
        let Some(number) = number else { return other };
        let (kind, size) = match (letter, number) {
            ('b', 1) => (Kind::Bool, 1),
            ('i', 1 | 2 | 4 | 8) => (Kind::Int, number),
            ('u', 1 | 2 | 4 | 8) => (Kind::UInt, number),
            ('f', 2 | 4 | 8) => (Kind::Float, number),
            ('U', n) if n <= usize::MAX / 4 => (Kind::Text, 4 * n),
            ('S' | 'a', n) => (Kind::Bytes, n),
            ('O', _) => (Kind::Object, 0),
            _ => (Kind::Other, number),
        };
        DType { kind, size, big_endian }
    }

    /// True where elements are numbers (or truth values).
    pub fn is_number(self) -> bool {
        matches!(self.kind, Kind::Bool | Kind::Int | Kind::UInt | Kind::Float | Kind::BFloat)
    }

    /// Converts elements to f64; `bytes` holds `out.len()` of them. False where this type is not a number or the
    /// lengths do not agree.
    pub fn decode(self, bytes: &[u8], out: &mut [f64]) -> bool {
        if !self.is_number() || Some(bytes.len()) != out.len().checked_mul(self.size) {
            return false;
        }
        macro_rules! convert {
            ($n:literal, $read:expr) => {{
                let read = $read;
                // The usual byte order has a plain loop of its own, which the compiler turns into vector instructions.
                let words = &bytes.as_chunks::<$n>().0[..out.len()];
                if self.big_endian {
                    for (i, to) in out.iter_mut().enumerate() {
                        let mut word = words[i];
                        word.reverse();
                        *to = read(word);
                    }
                } else {
                    for (i, to) in out.iter_mut().enumerate() {
                        *to = read(words[i]);
                    }
                }
            }};
        }
        match (self.kind, self.size) {
            (Kind::Bool, _) => convert!(1, |b: [u8; 1]| f64::from(u8::from(b[0] != 0))),
            (Kind::Int, 1) => convert!(1, |b| f64::from(i8::from_le_bytes(b))),
            (Kind::Int, 2) => convert!(2, |b| f64::from(i16::from_le_bytes(b))),
            (Kind::Int, 4) => convert!(4, |b| f64::from(i32::from_le_bytes(b))),
            (Kind::Int, _) => convert!(8, |b| i64::from_le_bytes(b) as f64),
            (Kind::UInt, 1) => convert!(1, |b| f64::from(u8::from_le_bytes(b))),
            (Kind::UInt, 2) => convert!(2, |b| f64::from(u16::from_le_bytes(b))),
            (Kind::UInt, 4) => convert!(4, |b| f64::from(u32::from_le_bytes(b))),
            (Kind::UInt, _) => convert!(8, |b| u64::from_le_bytes(b) as f64),
            (Kind::BFloat, _) => convert!(2, |b| f64::from(bf16::from_le_bytes(b))),
            (_, 2) => convert!(2, |b| f64::from(f16::from_le_bytes(b))),
            (_, 4) => convert!(4, |b| f64::from(f32::from_le_bytes(b))),
            (_, _) => convert!(8, f64::from_le_bytes),
        }
        true
    }

    /// One number as it is written, whole numbers exactly; `None` for other types and other lengths.
    pub fn digits(self, bytes: &[u8]) -> Option<String> {
        if matches!(self.kind, Kind::Int | Kind::UInt) && bytes.len() == self.size && (1..=8).contains(&self.size) {
            let mut word = [0; 8];
            word[..self.size].copy_from_slice(bytes);
            if self.big_endian {
                word[..self.size].reverse();
            }
            let shift = 64 - 8 * self.size as u32;
            return Some(match self.kind {
                // Shifting up and back extends the sign.
                Kind::Int => ((i64::from_le_bytes(word) << shift) >> shift).to_string(),
                _ => u64::from_le_bytes(word).to_string(),
            });
        }
        let mut out = [0.0];
        self.decode(bytes, &mut out).then(|| out[0].to_string())
    }

    /// One element of fixed-width text, without the zeros that fill it up; `None` for other types.
    pub fn decode_text(self, bytes: &[u8]) -> Option<String> {
        match self.kind {
            Kind::Text => {
                let chars = bytes.chunks_exact(4).map(|c| {
                    let word = [c[0], c[1], c[2], c[3]];
                    let code = if self.big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) };
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                });
                let text: String = chars.collect();
                Some(text.trim_end_matches('\0').to_owned())
            }
            Kind::Bytes => {
                let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
                Some(text_of(&bytes[..end]))
            }
            _ => None,
        }
    }
}

/// Bytes as text: UTF-8 where they are, else Latin-1, as Python 2 programs wrote them.
pub fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = if self.big_endian { ">" } else { "" };
        match self.kind {
            Kind::Bool => f.write_str("bool"),
            Kind::Int => write!(f, "{order}i{}", self.size),
            Kind::UInt => write!(f, "{order}u{}", self.size),
            Kind::Float => write!(f, "{order}f{}", self.size),
            Kind::BFloat => f.write_str("bf16"),
            Kind::Text => write!(f, "{order}U{}", self.size / 4),
            Kind::Bytes => write!(f, "S{}", self.size),
            Kind::Object => f.write_str("object"),
            Kind::Other => f.write_str("unsupported type"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(name: &str, bytes: &[u8]) -> Vec<f64> {
        let dtype = DType::parse(name);
        let mut out = vec![0.0; bytes.len() / dtype.size];
        assert!(dtype.decode(bytes, &mut out), "{name}");
        out
    }

    #[test]
    fn numbers_of_every_type() {
        assert_eq!(decode("f2", &[0x00, 0x3c, 0x00, 0xc1]), [1.0, -2.5]);
        assert_eq!(decode("bf16", &[0x80, 0x3f, 0x20, 0xc0]), [1.0, -2.5]);
        assert_eq!(decode("<f4", &1.5f32.to_le_bytes()), [1.5]);
        assert_eq!(decode(">f4", &1.5f32.to_be_bytes()), [1.5]);
        assert_eq!(decode("f8", &(-0.1f64).to_le_bytes()), [-0.1]);
        assert_eq!(decode("i1", &[0xff, 2]), [-1.0, 2.0]);
        assert_eq!(decode(">i4", &[0xff, 0xff, 0xff, 0xfe]), [-2.0]);
        assert_eq!(decode("i8", &(-5i64).to_le_bytes()), [-5.0]);
        assert_eq!(decode("u1", &[255]), [255.0]);
        assert_eq!(decode("u2", &[1, 1]), [257.0]);
        assert_eq!(decode("b1", &[0, 1, 7]), [0.0, 1.0, 1.0]);
    }

    #[test]
    fn wrong_lengths_and_types_are_refused() {
        assert!(!DType::parse("f4").decode(&[0; 7], &mut [0.0; 2]));
        for name in ["", "O", "c8", "M8[ns]", "f16", "f", "U3", "ß4", "f99999999999999999999"] {
            assert!(!DType::parse(name).decode(&[], &mut []), "{name}");
        }
    }

    #[test]
    fn whole_numbers_are_written_exactly() {
        let digits = |name: &str, bytes: &[u8]| DType::parse(name).digits(bytes);
        assert_eq!(digits("i8", &i64::MIN.to_le_bytes()).unwrap(), i64::MIN.to_string());
        assert_eq!(digits(">u8", &u64::MAX.to_be_bytes()).unwrap(), u64::MAX.to_string());
        assert_eq!(digits(">i2", &(-300i16).to_be_bytes()).unwrap(), "-300");
        assert_eq!(digits("f4", &2.5f32.to_le_bytes()).unwrap(), "2.5");
        assert_eq!(digits("f8", &7f64.to_le_bytes()).unwrap(), "7");
        assert_eq!((digits("i8", &[0; 4]), digits("U1", &[0; 4])), (None, None));
    }

    #[test]
    fn text_loses_its_padding_only() {
        let wide: Vec<u8> = "héß\0\0".chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
        assert_eq!(DType::parse("<U5").decode_text(&wide).unwrap(), "héß");
        assert_eq!(DType::parse("S4").decode_text(b"ab\0\0").unwrap(), "ab");
        assert_eq!(DType::parse("S2").decode_text(&[0xe9, 0]).unwrap(), "é");
        assert_eq!(DType::parse(">U1").decode_text(&[0, 0, 0, b'x']).unwrap(), "x");
        assert_eq!(DType::parse("f4").decode_text(&[0; 4]), None);
    }
}
