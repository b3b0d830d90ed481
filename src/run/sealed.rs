//! Lines of JSON that carry their number in the file and a checksum, so that one that was changed, lost or doubled is
//! noticed: `{"event":"paused",...,"n":17,"crc":"0a1b2c3d"}`.
//!
//! `n` counts the file's lines from 0; `crc` is the CRC-32C of the bytes before `,"crc"`, as eight hexadecimal digits. A
//! line that a dying process left torn has no number: the next one takes it, so that nothing is missed. Files that an
//! older version began have lines without either; they are taken as they are, up to the first one that has them.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use serde::Serialize;

use crate::files;

const CRC: &[u8] = b",\"crc\":\"";
const NUMBER: &[u8] = b",\"n\":";
/// Bytes from the comma before `"crc"` to the line's end.
const TAIL: usize = CRC.len() + 8 + 2;

/// Adds number and checksum to a JSON object that holds something; no newline at its end.
pub fn seal(line: &mut Vec<u8>, number: u64) {
    debug_assert!(line.ends_with(b"}") && line.len() > 2);
    line.pop();
    line.extend_from_slice(NUMBER);
    line.extend_from_slice(number.to_string().as_bytes());
    let sum = files::checksum(line);
    line.extend_from_slice(CRC);
    line.extend_from_slice(format!("{sum}\"}}").as_bytes());
}

/// What a line says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seal {
    /// As it was written, with this number.
    Sound(u64),
    /// Written by a version that sealed nothing.
    None,
    /// Torn, changed or no line of ours.
    Broken,
}

fn seal_of(line: &[u8]) -> Seal {
    let holds = |part: &[u8]| line.windows(part.len()).any(|w| w == part);
    let Some((body, tail)) = line.len().checked_sub(TAIL).map(|at| line.split_at(at)) else {
        return if line.ends_with(b"}") && !holds(NUMBER) { Seal::None } else { Seal::Broken };
    };
    let digits = tail.strip_prefix(CRC).and_then(|t| t.strip_suffix(b"\"}")).and_then(|t| std::str::from_utf8(t).ok());
    let Some(digits) = digits else {
        // Quotes inside of JSON's strings are escaped: these bytes stand nowhere but in a seal.
        return if line.ends_with(b"}") && !holds(CRC) && !holds(NUMBER) { Seal::None } else { Seal::Broken };
    };
    if digits != files::checksum(body) {
        return Seal::Broken;
    }
    let number = body.windows(NUMBER.len()).rposition(|w| w == NUMBER).map(|at| &body[at + NUMBER.len()..]);
    match number.and_then(|n| std::str::from_utf8(n).ok()).and_then(|n| n.parse().ok()) {
        Some(number) => Seal::Sound(number),
        None => Seal::Broken,
    }
}

/// True for a line that is torn or was changed, as far as it tells by itself.
pub fn is_broken(line: &[u8]) -> bool {
    seal_of(line) == Seal::Broken
}

/// True for a line that is as it was sealed with this number.
pub fn is_sound(line: &[u8], number: u64) -> bool {
    seal_of(line) == Seal::Sound(number)
}

/// What is wrong with the lines of a file, in numbers of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// Changed after they were written; they are skipped.
    pub damaged: u64,
    /// Missing.
    pub lost: u64,
    /// There twice; the second is skipped.
    pub repeated: u64,
    /// Left half written by a process that died. Nothing is missed: what follows took their place.
    pub torn: u64,
    /// 1 where the file ends in the middle of a line: its process died, or is writing it now. It is skipped.
    pub unended: u64,
}

impl Damage {
    /// True where nothing is missing or changed; a torn line is no damage, and neither is an end that is missing.
    pub fn is_none(&self) -> bool {
        self.damaged + self.lost + self.repeated == 0
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.damaged, "damaged and skipped"),
            (self.lost, "lost"),
            (self.repeated, "repeated and skipped"),
            (self.torn, "torn by a process that died, and skipped"),
            (self.unended, "without an end, the last one, which is skipped"),
        ];
        let words = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
        let words: Vec<String> = words.collect();
        write!(f, "lines: {}", if words.is_empty() { "all sound".to_owned() } else { words.join(", ") })
    }
}

/// The lines of a file in their order.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    /// The number of the next line.
    next: u64,
    /// A line with a seal was seen.
    sealed: bool,
    /// Broken lines since the last sound one: torn, unless the next sound line says that some are missed.
    broken: u64,
    damage: Damage,
}

impl Sequence {
    /// Looks at the next line, without its newline; true where it is to be taken.
    pub fn take(&mut self, line: &[u8]) -> bool {
        match seal_of(line) {
            Seal::Sound(number) => {
                self.sealed = true;
                let Some(missed) = number.checked_sub(self.next) else {
                    self.damage.repeated += 1;
                    return false;
                };
                let damaged = missed.min(self.broken);
                self.damage.damaged += damaged;
                self.damage.torn += self.broken - damaged;
                self.damage.lost += missed - damaged;
                self.broken = 0;
                self.next = number.saturating_add(1);
                true
            }
            // A file that is sealed is so to its end.
            Seal::None if !self.sealed => {
                self.next += 1;
                true
            }
            Seal::None | Seal::Broken => {
                self.broken += 1;
                false
            }
        }
    }

    /// Says that a line could not be taken for what it is (too long, no event).
    pub fn skip(&mut self) {
        self.broken += 1;
    }

    /// What is wrong so far. Lines at the end that are broken are damaged: a torn one has no newline before the next line
    /// is written, so it does not come here by itself. (Who wrote old files did not hold to that.)
    pub fn damage(&self) -> Damage {
        let Damage { damaged, torn, .. } = self.damage;
        if self.sealed {
            Damage { damaged: damaged + self.broken, ..self.damage }
        } else {
            Damage { torn: torn + self.broken, ..self.damage }
        }
    }

    /// The number of the line to be written next.
    pub fn next(&self) -> u64 {
        self.next
    }
}

/// Bytes at a file's end that are looked at for its last line.
const LOOK: u64 = 1 << 20;

/// The number of the line that is to be appended to a file.
///
/// # Errors
/// The file cannot be read.
pub fn next_number(file: &mut File) -> io::Result<u64> {
    // Asked of the file and no more: a device (`/dev/full`) can be read for ever.
    let length = file.metadata()?.len();
    let from = length.saturating_sub(LOOK);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    Read::by_ref(file).take(length - from).read_to_end(&mut end)?;
    let last = end.split(|b| *b == b'\n').rev().find_map(|line| match seal_of(line) {
        Seal::Sound(number) => Some(number),
        _ => None,
    });
    if let Some(number) = last {
        return Ok(number.saturating_add(1));
    }
    // A file of an older version, or one whose end is damaged.
    file.seek(SeekFrom::Start(0))?;
    let mut lines = BufReader::new(Read::by_ref(file).take(length));
    let (mut sequence, mut line) = (Sequence::default(), Vec::new());
    loop {
        line.clear();
        if Read::by_ref(&mut lines).take(LOOK).read_until(b'\n', &mut line)? == 0 {
            return Ok(sequence.next());
        }
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        if !line.trim_ascii().is_empty() {
            sequence.take(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::io::Write;

    fn line(number: u64) -> Vec<u8> {
        let mut line = format!(r#"{{"event":"log","message":"a \"n\":{number},\"crc\":\"x\" 电影"}}"#).into_bytes();
        seal(&mut line, number);
        line
    }

    fn damage(lines: &[Vec<u8>]) -> Damage {
        let mut sequence = Sequence::default();
        lines.iter().for_each(|l| {
            sequence.take(l);
        });
        sequence.damage()
    }

    #[test]
    fn sealed_lines_are_json_and_say_their_number() {
        let value: serde_json::Value = serde_json::from_slice(&line(7)).unwrap();
        assert_eq!(value["n"], 7);
        assert_eq!(seal_of(&line(7)), Seal::Sound(7));
        assert_eq!(seal_of(br#"{"event":"paused"}"#), Seal::None);
    }

    #[test]
    fn every_changed_bit_breaks_a_line() {
        let whole = line(3);
        for at in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[at / 8] ^= 1 << (at % 8);
            assert_eq!(seal_of(&changed), Seal::Broken, "{}", String::from_utf8_lossy(&changed));
        }
        for end in 1..whole.len() {
            assert_eq!(seal_of(&whole[..end]), Seal::Broken, "{}", String::from_utf8_lossy(&whole[..end]));
        }
    }

    #[test]
    fn what_happened_to_the_lines_is_told() {
        let all: Vec<_> = (0..5).map(line).collect();
        assert!(damage(&all).is_none());
        let without = |gone: usize| [&all[..gone], &all[gone + 1..]].concat();
        assert_eq!(damage(&without(0)), Damage { lost: 1, ..Damage::default() });
        assert_eq!(damage(&without(2)), Damage { lost: 1, ..Damage::default() });
        let mut changed = all.clone();
        changed[2][5] ^= 1;
        assert_eq!(damage(&changed), Damage { damaged: 1, ..Damage::default() });
        let twice = [&all[..3], &all[2..]].concat();
        assert_eq!(damage(&twice), Damage { repeated: 1, ..Damage::default() });
        let mut changed = all.clone();
        changed[4][5] ^= 1;
        assert_eq!(damage(&changed), Damage { damaged: 1, ..Damage::default() });
        // Torn, and the next process goes on with the number that it had.
        let torn = [&all[..2], &[all[2][..9].to_vec()], &all[2..]].concat();
        assert_eq!(damage(&torn), Damage { torn: 1, ..Damage::default() });
        assert!(damage(&torn).is_none() && damage(&torn).to_string().contains("1 torn"));
    }

    #[test]
    fn lines_of_an_older_version_come_before_sealed_ones_only() {
        let old = br#"{"event":"paused"}"#.to_vec();
        assert!(damage(&[old.clone(), old.clone(), line(2), line(3)]).is_none());
        assert_eq!(damage(&[old.clone(), line(1), old, line(3)]).damaged, 1);
    }

    #[test]
    fn a_file_is_gone_on_with_where_it_ends() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.jsonl");
        let mut file = File::options().read(true).append(true).create(true).open(&path).unwrap();
        assert_eq!(next_number(&mut file).unwrap(), 0);
        file.write_all(b"{\"event\":\"paused\"}\n{\"event\":\"paused\"}\n").unwrap();
        assert_eq!(next_number(&mut file).unwrap(), 2);
        file.write_all(&[line(2), b"\n".to_vec(), line(3)[..20].to_vec()].concat()).unwrap();
        assert_eq!(next_number(&mut file).unwrap(), 3);
    }
}
