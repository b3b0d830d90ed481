//! What an annotator said, in the order in which it was said.

use std::collections::HashMap;
use std::path::Path;

use super::draw::Draw;
use super::error::SurveyError;
use crate::modality::Modality;
use crate::run::csv_line::LineError;
use crate::run::{FileError, write_atomically};

const HEAD: [&str; 7] = ["id", "modality", "label", "row", "split", "stratum", "time"];
/// What is expected of the file.
const FORM: &str = "the columns id,modality,label,row,split,stratum,time as mug annotate writes them";
/// Longest file that is read, in bytes.
const MOST: u64 = 256 << 20;

/// What somebody says of a clip's modality.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    Label(f32),
    /// It cannot be told; in the file an empty label.
    Skipped,
}

/// An answer and what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// Position in the draw.
    pub clip: usize,
    pub modality: Modality,
    pub answer: Answer,
    /// RFC 3339, UTC.
    pub time: String,
}

/// All answers of an annotator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    all: Vec<Answered>,
    by_question: HashMap<(usize, Modality), Answer>,
}

impl Answers {
    /// The answers in the order in which they were given.
    pub fn all(&self) -> &[Answered] {
        &self.all
    }

    /// What was said of a clip's modality.
    pub fn get(&self, clip: usize, modality: Modality) -> Option<Answer> {
        self.by_question.get(&(clip, modality)).copied()
    }

    /// The label that a clip's modality was given.
    pub fn label(&self, clip: usize, modality: Modality) -> Option<f32> {
        match self.get(clip, modality) {
            Some(Answer::Label(label)) => Some(label),
            _ => None,
        }
    }

    /// Adds an answer; one to the same question before it is void.
    pub(super) fn push(&mut self, answered: Answered) {
        let question = (answered.clip, answered.modality);
        if self.by_question.insert(question, answered.answer).is_some() {
            self.all.retain(|a| (a.clip, a.modality) != question);
        }
        self.all.push(answered);
    }

    pub(super) fn pop(&mut self) -> Option<Answered> {
        let last = self.all.pop()?;
        self.by_question.remove(&(last.clip, last.modality));
        Some(last)
    }

    pub(super) fn write(&self, path: &Path, draw: &Draw) -> Result<(), FileError> {
        write_atomically(path, |w| {
            let mut table = csv::Writer::from_writer(w);
            table.write_record(HEAD)?;
            for Answered { clip, modality, answer, time } in &self.all {
                let drawn = &draw.clips[*clip];
                let label = match answer {
                    Answer::Label(label) => label.to_string(),
                    Answer::Skipped => String::new(),
                };
                let split = draw.strata[drawn.stratum].split.name();
                let (row, stratum) = (drawn.row.to_string(), drawn.stratum.to_string());
                table.write_record([&drawn.id, modality.name(), &label, &row, split, &stratum, time])?;
            }
            table.flush()
        })
    }

    /// Reads the answers to a draw; none where there is no file. Labels lie in [-`label_range`, `label_range`].
    pub(super) fn read(path: &Path, draw: &Draw, label_range: f32) -> Result<Answers, SurveyError> {
        let file = match crate::files::open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Answers::default()),
            Err(e) => return Err(FileError::new("read", path)(e).into()),
        };
        let length = file.metadata().map_err(FileError::new("read", path))?.len();
        let bad = |line: u64, message: String| LineError::new(path, line, message, FORM);
        if length > MOST {
            return Err(bad(1, format!("the file is {length} bytes long")).into());
        }
        let places: HashMap<usize, usize> = draw.clips.iter().enumerate().map(|(at, clip)| (clip.row, at)).collect();
        let mut table = csv::Reader::from_reader(file);
        let head = table.headers().map_err(|e| bad(1, e.to_string()))?;
        if !head.iter().eq(HEAD) {
            return Err(bad(1, "the columns are others".to_owned()).into());
        }
        let mut answers = Answers::default();
        let mut record = csv::StringRecord::new();
        loop {
            let line = table.position().line();
            if !table.read_record(&mut record).map_err(|e| bad(line, e.to_string()))? {
                return Ok(answers);
            }
            let answered = answered(&record, &places, draw, label_range).map_err(|message| bad(line, message))?;
            if answers.get(answered.clip, answered.modality).is_some() {
                return Err(bad(line, "the clip's modality has an answer already".to_owned()).into());
            }
            answers.push(answered);
        }
    }
}

/// The answer in a row of the file, or what is wrong with it.
fn answered(
    record: &csv::StringRecord,
    places: &HashMap<usize, usize>,
    draw: &Draw,
    label_range: f32,
) -> Result<Answered, String> {
    let cell = |i: usize| record.get(i).unwrap_or_default();
    let quoted = |i: usize| format!("\"{}\"", cell(i).escape_debug());
    let clip = cell(3).parse::<usize>().ok().and_then(|row| places.get(&row)).copied();
    let clip = clip.ok_or_else(|| format!("row {} was not drawn", quoted(3)))?;
    if draw.clips[clip].id != cell(0) {
        return Err(format!("row {} is not {}", cell(3), quoted(0)));
    }
    let modality = draw.modalities.iter().find(|m| m.name() == cell(1)).copied();
    let modality = modality.ok_or_else(|| format!("{} is none of the modalities that are asked about", quoted(1)))?;
    let answer = match cell(2) {
        "" => Answer::Skipped,
        text => {
            let label = text.parse::<f32>().ok().filter(|label| label.abs() <= label_range);
            Answer::Label(label.ok_or_else(|| format!("{} is no label within ±{label_range}", quoted(2)))?)
        }
    };
    Ok(Answered { clip, modality, answer, time: cell(6).to_owned() })
}
