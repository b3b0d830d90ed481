//! What is asked, what is being typed, and what keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::media::Media;
use crate::console::terminal::decode::Input;
use crate::modality::Modality;
use crate::run::survey::{Answer, Answers, Draw, Session};

/// Steps of the arrow keys from 0 to the end of the labels' range.
const STEPS: f32 = 10.0;
/// Characters of a label, at most.
const LONGEST: usize = 8;

/// What a key asks of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Stay,
    Leave,
    Suspend,
    Redraw,
}

/// An annotator at work.
#[derive(Debug)]
pub struct Asking {
    pub run: String,
    session: Session,
    /// By row of the label table.
    transcripts: Vec<String>,
    pub label_range: f32,
    media: Option<Media>,
    /// The label that is being typed.
    pub line: String,
    /// `line` is a label that was taken back: what is typed takes its place.
    taken_back: bool,
    /// What went wrong, until the next key.
    pub problem: Option<String>,
    /// What was done last.
    pub notice: Option<String>,
    /// First line of the transcript that is shown.
    pub scroll: usize,
}

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// Position in the draw.
    pub clip: usize,
    pub modality: Modality,
    pub id: &'a str,
    pub transcript: &'a str,
}

impl Asking {
    pub fn new(
        run: &str,
        session: Session,
        transcripts: Vec<String>,
        label_range: f32,
        media: Option<Media>,
    ) -> Asking {
        Asking {
            run: run.to_owned(),
            session,
            transcripts,
            label_range,
            media,
            line: String::new(),
            taken_back: false,
            problem: None,
            notice: None,
            scroll: 0,
        }
    }

    pub fn annotator(&self) -> &str {
        self.session.name()
    }

    pub fn draw(&self) -> &Draw {
        self.session.draw()
    }

    pub fn answers(&self) -> &Answers {
        self.session.answers()
    }

    /// The file that the answers are kept in.
    pub fn file(&self) -> String {
        self.session.path().display().to_string()
    }

    pub fn plays(&self) -> bool {
        self.media.is_some()
    }

    /// What is asked now; `None` where everything is answered.
    pub fn question(&self) -> Option<Question<'_>> {
        let (clip, modality) = self.session.open_question()?;
        let drawn = &self.draw().clips[clip];
        let transcript = self.transcripts.get(drawn.row).map_or("", String::as_str);
        Some(Question { clip, modality, id: &drawn.id, transcript })
    }

    /// The label that the line says, where it says one.
    pub fn typed(&self) -> Option<f32> {
        self.line.parse::<f32>().ok().filter(|label| label.abs() <= self.label_range)
    }

    /// Does what a person asked for.
    pub fn take(&mut self, input: &Input) -> Next {
        match input {
            Input::Key(key) => self.press(*key),
            // A label is quickly typed; anything else would go the same way.
            Input::Paste(_) | Input::Click(..) => Next::Stay,
            Input::Wheel(_, _, by) => {
                self.scroll_by(isize::from(*by));
                Next::Stay
            }
        }
    }

    fn press(&mut self, key: KeyEvent) -> Next {
        self.problem = None;
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c' | 'd') => Next::Leave,
                KeyCode::Char('z') => Next::Suspend,
                KeyCode::Char('l') => Next::Redraw,
                _ => Next::Stay,
            };
        }
        match key.code {
            KeyCode::Char('q') => return Next::Leave,
            KeyCode::Esc if self.line.is_empty() => return Next::Leave,
            KeyCode::Esc => self.line.clear(),
            KeyCode::Char('u') => self.undo(),
            KeyCode::Char('s') => self.answer(Answer::Skipped),
            KeyCode::Char('p') => self.play(),
            KeyCode::Enter => self.confirm(),
            KeyCode::Backspace => {
                self.taken_back = false;
                self.line.pop();
            }
            KeyCode::Left => self.step(-1.0),
            KeyCode::Right => self.step(1.0),
            KeyCode::Up => self.scroll_by(-1),
            KeyCode::Down => self.scroll_by(1),
            KeyCode::Char(c) => self.type_character(c),
            _ => {}
        }
        Next::Stay
    }

    fn type_character(&mut self, c: char) {
        if std::mem::take(&mut self.taken_back) {
            self.line.clear();
        }
        // Some write decimals with a comma.
        let c = if c == ',' { '.' } else { c };
        let sign = matches!(c, '-' | '+') && self.line.is_empty();
        let point = c == '.' && !self.line.contains('.');
        if (sign || point || c.is_ascii_digit()) && self.line.len() < LONGEST && self.question().is_some() {
            self.line.push(c);
        }
    }

    /// Moves the label along its range.
    fn step(&mut self, by: f32) {
        if self.question().is_none() {
            return;
        }
        let step = self.label_range / STEPS;
        // From 0, where nothing is typed that a step could go on from.
        let steps = (self.typed().unwrap_or(0.0) / step).round() + by;
        let label = steps.clamp(-STEPS, STEPS) * step;
        self.line = format!("{}", (label * 1000.0).round() / 1000.0 + 0.0);
    }

    fn scroll_by(&mut self, by: isize) {
        self.scroll = self.scroll.saturating_add_signed(by);
    }

    fn confirm(&mut self) {
        if self.question().is_none() {
            return;
        }
        match self.typed() {
            // No negative zero.
            Some(label) => self.answer(Answer::Label(label + 0.0)),
            None if self.line.is_empty() => self.problem = Some("type a label first, or s to skip".into()),
            None => {
                let (h, line) = (self.label_range, &self.line);
                self.problem = Some(format!("expected a number from -{h} to {h}, found {line}"));
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        let Some((clip, modality)) = self.session.open_question() else { return };
        match self.session.answer(clip, modality, answer) {
            Ok(()) => {
                self.notice = Some(match answer {
                    Answer::Label(label) => format!("kept: {modality} {label}"),
                    Answer::Skipped => format!("skipped: {modality}"),
                });
                self.turn();
            }
            Err(error) => self.problem = Some(format!("not kept: {error}")),
        }
    }

    fn undo(&mut self) {
        match self.session.undo() {
            Ok(None) => self.notice = Some("nothing to take back".into()),
            Ok(Some(last)) => {
                self.turn();
                self.notice = Some(format!("taken back: {} of clip {}", last.modality, last.clip + 1));
                if let Answer::Label(label) = last.answer {
                    self.line = label.to_string();
                    self.taken_back = true;
                }
            }
            Err(error) => self.problem = Some(format!("not taken back: {error}")),
        }
    }

    /// Another question comes.
    fn turn(&mut self) {
        self.line.clear();
        self.taken_back = false;
        self.scroll = 0;
        if let Some(media) = &mut self.media {
            media.stop();
        }
    }

    fn play(&mut self) {
        let Some((clip, modality)) = self.session.open_question() else { return };
        let id = self.draw().clips[clip].id.clone();
        let played = match &mut self.media {
            None => Err("nothing plays clips: mug annotate RUN --player PROGRAM --media FOLDER".to_owned()),
            Some(_) if modality == Modality::Text => {
                Err("the text is judged by itself, before anything is played".into())
            }
            Some(media) => media.play(&id, modality).map_err(|e| e.to_string()),
        };
        match played {
            Ok(()) => self.notice = Some("playing".into()),
            Err(why) => self.problem = Some(why),
        }
    }
}
