//! `annotations/`: what people said of clips that were drawn for them, a pair of files for each annotator.
//!
//! `NAME.json` is the draw: seed, strata and the clips in their order (see `draw`). `NAME.csv` has the answers, a row for
//! each, with the columns `id,modality,label,row,split,stratum,time` (see `answers`): [`annotations`](super::annotations)
//! reads it as any other file of labels. After each answer the whole file is written anew, so that whoever is killed loses
//! nothing; `NAME.lock` keeps a second program from writing the same.

mod answers;
mod draw;
mod error;

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::directory::{RunDir, check_name};
use super::rows::LabelRows;
use super::{FileError, labels};
use crate::modality::Modality;

pub use answers::{Answer, Answered, Answers};
pub use draw::{Draw, DrawnClip, Plan};
pub use error::SurveyError;

/// One annotator's draw and answers, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    pub draw: Draw,
    pub answers: Answers,
}

/// The names of the annotators of a run, in alphabetical order.
pub fn annotators(dir: &RunDir) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir.annotations_dir()) else { return Vec::new() };
    let name = |path: PathBuf| {
        let name = path.file_stem()?.to_str()?.to_owned();
        (path.extension()? == "json" && check_name(&name).is_ok()).then_some(name)
    };
    let mut names: Vec<String> = entries.flatten().filter_map(|e| name(e.path())).collect();
    names.sort_unstable();
    names
}

/// Reads what an annotator drew and answered; `None` where there is no such annotator.
///
/// # Errors
/// A name that cannot be one, or files that are damaged or of another run.
pub fn read(dir: &RunDir, name: &str, rows: &LabelRows, label_range: f32) -> Result<Option<Survey>, SurveyError> {
    check(name)?;
    let place = Place::of(dir, name);
    let Some(draw) = Draw::read(&place.draw, rows)? else { return Ok(None) };
    let answers = Answers::read(&place.answers, &draw, label_range)?;
    Ok(Some(Survey { draw, answers }))
}

/// A name that can be part of a file's.
fn check(name: &str) -> Result<(), SurveyError> {
    check_name(name).map_err(|_| SurveyError::Name { name: name.chars().take(80).collect() })
}

/// The files of an annotator.
#[derive(Clone, Debug)]
struct Place {
    draw: PathBuf,
    answers: PathBuf,
    lock: PathBuf,
}

impl Place {
    fn of(dir: &RunDir, name: &str) -> Place {
        let file = |ending: &str| dir.annotations_dir().join(format!("{name}.{ending}"));
        Place { draw: file("json"), answers: file("csv"), lock: file("lock") }
    }
}

/// A survey that is being answered. Nobody else writes its files meanwhile.
#[derive(Debug)]
pub struct Session {
    survey: Survey,
    name: String,
    place: Place,
    _lock: File,
}

/// A survey that can be answered, and whose clips are not kept yet: whoever cannot ask has drawn none.
#[derive(Debug)]
pub struct Drawn(Session);

impl Drawn {
    /// Takes an annotator's survey up, or draws one as the plan says. Where the plan asks for more clips than were drawn
    /// before, they are drawn now; what it leaves open is as it was.
    ///
    /// # Errors
    /// A name that cannot be one, a second program, a plan that another draw was made by, labels that are no longer those
    /// that the clips were drawn by, or a file system that refuses.
    pub fn new(
        dir: &RunDir,
        name: &str,
        plan: &Plan,
        rows: &LabelRows,
        label_range: f32,
    ) -> Result<Drawn, SurveyError> {
        check(name)?;
        let folder = dir.annotations_dir();
        std::fs::create_dir_all(&folder).map_err(FileError::new("make the folder", &folder))?;
        let place = Place::of(dir, name);
        let lock = take_lock(&place.lock, name)?;
        let known = Draw::read(&place.draw, rows)?;
        let (refresh, file) = match &known {
            Some(draw) => (draw.refresh, draw.file.clone()),
            None => (plan.refresh, plan.file.clone()),
        };
        let draw = match known {
            Some(mut draw) => {
                draw.agrees_with(name, plan)?;
                if plan.count.is_some_and(|n| n > draw.clips.len()) {
                    let values = labels::read(&dir.path().join(&draw.file))?;
                    draw.extend(plan, rows, &values, &place.draw)?;
                }
                draw.take_player(plan);
                draw
            }
            None => {
                let values = labels::read(&dir.path().join(&file))?;
                Draw::new(refresh, file, plan, rows, &values)?
            }
        };
        let answers = Answers::read(&place.answers, &draw, label_range)?;
        Ok(Drawn(Session { survey: Survey { draw, answers }, name: name.to_owned(), place, _lock: lock }))
    }

    pub fn draw(&self) -> &Draw {
        self.0.draw()
    }

    /// Keeps the draw, so that answers can follow.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn begin(self) -> Result<Session, SurveyError> {
        self.0.survey.draw.write(&self.0.place.draw)?;
        Ok(self.0)
    }
}

impl Session {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn draw(&self) -> &Draw {
        &self.survey.draw
    }

    pub fn answers(&self) -> &Answers {
        &self.survey.answers
    }

    /// The first question without an answer: a place in the draw and a modality that the clip has.
    pub fn open_question(&self) -> Option<(usize, Modality)> {
        let Survey { draw, answers } = &self.survey;
        let all = (0..draw.clips.len()).flat_map(|clip| draw.modalities.iter().map(move |m| (clip, *m)));
        let asked = |clip: usize, m: Modality| !draw.clips[clip].lacks.contains(&m);
        all.into_iter().find(|(clip, m)| asked(*clip, *m) && answers.get(*clip, *m).is_none())
    }

    /// Keeps an answer, on the disk when this returns.
    ///
    /// # Errors
    /// The file system refuses; the answer is not kept then.
    pub fn answer(&mut self, clip: usize, modality: Modality, answer: Answer) -> Result<(), SurveyError> {
        let mut answers = self.survey.answers.clone();
        answers.push(Answered { clip, modality, answer, time: super::clock::timestamp(std::time::SystemTime::now()) });
        self.keep(answers)
    }

    /// Takes the last answer back; what it was, where there is one.
    ///
    /// # Errors
    /// The file system refuses; the answer stands then.
    pub fn undo(&mut self) -> Result<Option<Answered>, SurveyError> {
        let mut answers = self.survey.answers.clone();
        let last = answers.pop();
        if last.is_some() {
            self.keep(answers)?;
        }
        Ok(last)
    }

    fn keep(&mut self, answers: Answers) -> Result<(), SurveyError> {
        answers.write(&self.place.answers, &self.survey.draw)?;
        self.survey.answers = answers;
        Ok(())
    }

    /// The file of the answers.
    pub fn path(&self) -> &Path {
        &self.place.answers
    }
}

fn take_lock(path: &Path, name: &str) -> Result<File, SurveyError> {
    let file = crate::files::open_to_append(path).map_err(FileError::new("open", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SurveyError::Busy { name: name.to_owned() }),
        // Some network file systems have no locks: better without one than not at all.
        Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(e)) => Err(FileError::new("lock", path)(e).into()),
    }
}

#[cfg(test)]
mod tests;
