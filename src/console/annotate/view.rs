//! What an annotator sees: the clip without any label but their own.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::state::{Asking, Question};
use crate::console::terminal::theme;
use crate::console::widgets::frame::{blank, float, placeholder, put, scrolled};
use crate::console::widgets::text;
use crate::modality::Modality;
use crate::run::survey::Answer;

/// Rows below the clip: a line for each modality, the scale, what is asked, what happened, keys; and empty ones between.
const BELOW: u16 = 11;
/// Least size of a screen that everything is seen on.
const LEAST: (u16, u16) = (40, 15);

/// How a modality is judged.
fn about(modality: Modality) -> &'static str {
    match modality {
        Modality::Text => "the words alone: how positive is what they say?",
        Modality::Audio => "the voice alone: how positive does it sound?",
        Modality::Vision => "the face alone: how positive does it look?",
    }
}

pub fn draw(asking: &Asking, screen: Rect, buffer: &mut Buffer) {
    blank(screen, buffer);
    if screen.width < LEAST.0 || screen.height < LEAST.1 {
        return placeholder(screen, &format!("{} x {} cells are needed; q leaves", LEAST.0, LEAST.1), buffer);
    }
    head(asking, screen, buffer);
    let clip = Rect { y: screen.y + 1, height: screen.height - 1 - BELOW, ..screen };
    let below = Rect { y: clip.bottom(), height: BELOW, ..screen };
    match asking.question() {
        Some(question) => {
            draw_clip(asking, &question, clip, buffer);
            draw_answers(asking, &question, below, buffer);
            draw_scale(asking, question.modality, below, buffer);
        }
        None => {
            let words = format!("All {} clips are answered. The answers are in {}", clips(asking), asking.file());
            placeholder(clip, &words, buffer);
        }
    }
    foot(asking, below, buffer);
}

fn clips(asking: &Asking) -> usize {
    asking.draw().clips.len()
}

fn head(asking: &Asking, screen: Rect, buffer: &mut Buffer) {
    let place = asking
        .question()
        .map_or_else(|| format!("{} clips", clips(asking)), |q| format!("clip {} of {}", q.clip + 1, clips(asking)));
    let room = screen.width.saturating_sub(text::width(&place) as u16 + 1);
    let left = format!("mug annotate · {} · {}", asking.run, asking.annotator());
    put(buffer, screen.x, screen.y, room, &left, theme::STRONG);
    put(buffer, screen.x + room + 1, screen.y, screen.width - room - 1, &place, theme::PLAIN);
}

fn draw_clip(asking: &Asking, question: &Question<'_>, area: Rect, buffer: &mut Buffer) {
    let inside = float(area, "", theme::FAINT, buffer);
    let title = format!(" {} ", question.id);
    put(buffer, area.x + 2, area.y, area.width.saturating_sub(4), &title, theme::PLAIN);
    if question.modality != Modality::Text {
        // Whoever reads the words hears them in the voice.
        let words = match asking.plays() {
            true => "the words are not shown: p plays the clip",
            false => "the words are not shown; nothing plays the clip here: look it up by its id",
        };
        return placeholder(inside, words, buffer);
    }
    if question.transcript.trim().is_empty() {
        return placeholder(inside, "the data has no transcript of this clip; s skips", buffer);
    }
    let lines = text::wrap(question.transcript, usize::from(inside.width.saturating_sub(2)));
    let first = scrolled(asking.scroll, lines.len(), inside);
    for (y, line) in (inside.top()..inside.bottom()).zip(&lines[first..]) {
        put(buffer, inside.x + 1, y, inside.width.saturating_sub(1), line, theme::PLAIN);
    }
    let more = lines.len().saturating_sub(first + usize::from(inside.height));
    if more > 0 {
        let words = format!(" ↓ {more} more ");
        let x = area.right().saturating_sub(text::width(&words) as u16 + 2);
        put(buffer, x, area.bottom() - 1, area.width, &words, theme::WARN);
    }
}

/// A line for each modality: what this person said of it.
fn draw_answers(asking: &Asking, question: &Question<'_>, below: Rect, buffer: &mut Buffer) {
    for (i, m) in asking.draw().modalities.iter().enumerate() {
        let y = below.y + i as u16;
        let asked = *m == question.modality;
        let said = match asking.answers().get(question.clip, *m) {
            _ if asked => format!("{}_", asking.line),
            Some(Answer::Label(label)) => text::number(f64::from(label), 3),
            Some(Answer::Skipped) => "skipped".to_owned(),
            None if asking.draw().clips[question.clip].lacks.contains(m) => "the clip has none".to_owned(),
            None => "·".to_owned(),
        };
        let (sign, style) = if asked { ("▸", theme::FOCUS) } else { (" ", theme::FAINT) };
        put(buffer, below.x + 1, y, 1, sign, style);
        put(buffer, below.x + 3, y, 8, m.name(), style);
        put(buffer, below.x + 12, y, below.width.saturating_sub(13), &said, if asked { theme::STRONG } else { style });
    }
}

/// The labels' range, with the place of what is typed.
fn draw_scale(asking: &Asking, modality: Modality, below: Rect, buffer: &mut Buffer) {
    let h = f64::from(asking.label_range);
    let (low, high) = (text::number(-h, 1), text::number(h, 1));
    let (left, right) = (text::width(&low) as u16 + 2, text::width(&high) as u16 + 2);
    let cells = below.width.saturating_sub(left + right + 2).min(61);
    // An odd number, so that 0 has a cell.
    let cells = usize::from(cells - (cells + 1) % 2);
    let y = below.y + 5;
    let mut scale: Vec<char> = vec!['─'; cells];
    scale[cells / 2] = '┼';
    let style = match asking.typed() {
        Some(label) => {
            let share = (f64::from(label) / h + 1.0) / 2.0;
            scale[(share * (cells - 1) as f64).round() as usize] = '●';
            theme::FOCUS
        }
        None => Style::new(),
    };
    put(buffer, below.x + 1, y, left, &low, theme::FAINT);
    put(buffer, below.x + left, y, cells as u16, &scale.into_iter().collect::<String>(), style);
    put(buffer, below.x + left + cells as u16 + 1, y, right, &high, theme::FAINT);
    let words = format!("{} {low} most negative, 0 neutral, {high} most positive", about(modality));
    for (i, line) in text::wrap(&words, usize::from(below.width.saturating_sub(2))).iter().take(2).enumerate() {
        put(buffer, below.x + 1, y + 1 + i as u16, below.width.saturating_sub(2), line, theme::PLAIN);
    }
}

fn foot(asking: &Asking, below: Rect, buffer: &mut Buffer) {
    let width = below.width.saturating_sub(2);
    let (words, style) = match (&asking.problem, &asking.notice) {
        (Some(problem), _) => (problem.as_str(), theme::BAD),
        (None, Some(notice)) => (notice.as_str(), theme::FAINT),
        (None, None) => ("", theme::PLAIN),
    };
    // Two lines: a disk that refuses says where.
    for (i, line) in text::wrap(words, usize::from(width)).iter().take(2).enumerate() {
        put(buffer, below.x + 1, below.bottom() - 3 + i as u16, width, line, style);
    }
    let play = if asking.plays() { "p play  " } else { "" };
    let keys = match asking.question() {
        Some(_) => format!("0-9 . - type  ← → move  enter keep  s skip  u undo  {play}q leave"),
        None => "u undo  q leave".to_owned(),
    };
    put(buffer, below.x + 1, below.bottom() - 1, width, &keys, theme::KEY);
}
