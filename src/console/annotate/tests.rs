//! Keys and screens without a terminal.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::state::Next;
use super::view::draw;
use super::*;
use crate::config::Settings;
use crate::console::terminal::decode::Input;
use crate::console::terminal::theme::finish;
use crate::device::DeviceRequest;
use crate::modality::{Modality, PerModality};
use crate::run::directory::Manifest;
use crate::run::labels;
use crate::run::rows::LabelRows;
use crate::run::survey::Answer;
use crate::split::Split;
use crate::training::events::{LabelValues, Stage};

const TEXT: &str = "the film\u{1b}[2J was \u{202e}good, and long: ";

/// An annotator of two clips of a run on labels within ±3.
fn asking(modalities: &[Modality]) -> (tempfile::TempDir, Asking) {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings::built_in("demo").unwrap();
    let manifest = Manifest::new("demo", None, DeviceRequest::Cpu, Stage::ALL.to_vec(), settings);
    let dir = RunDir::create(root.path(), Some("a"), &manifest).unwrap();
    let mut rows = LabelRows::default();
    let ids = ["v\u{1b}$_$1", "v$_$2"].map(str::to_owned);
    rows.extend(Split::Train, &ids, &[TEXT.repeat(9), TEXT.repeat(90)], &[0.123, 0.456], None).unwrap();
    rows.write(&dir.rows_path()).unwrap();
    let corrected = PerModality::from_fn(|_| vec![0.789, 1.789]);
    labels::write(&dir.path().join("labels/x.npy"), &LabelValues { corrected, ..LabelValues::default() }).unwrap();
    let modalities = Some(modalities.to_vec());
    let plan = Plan { file: "labels/x.npy".into(), run_seed: 2, modalities, ..Plan::default() };
    let asking = begin(&dir, "ann", &plan, 3.0).unwrap();
    (root, asking)
}

fn press(asking: &mut Asking, keys: &str) -> Next {
    let codes = keys.chars().map(|c| match c {
        '\n' => KeyCode::Enter,
        '<' => KeyCode::Left,
        '>' => KeyCode::Right,
        '\u{8}' => KeyCode::Backspace,
        c => KeyCode::Char(c),
    });
    let key = |code| Input::Key(KeyEvent::new(code, KeyModifiers::NONE));
    codes.map(|code| asking.take(&key(code))).last().unwrap_or(Next::Stay)
}

fn screen(asking: &Asking, width: u16, height: u16, abilities: Abilities) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(asking, buffer.area, &mut buffer);
    finish(&mut buffer, abilities);
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(line).collect::<Vec<_>>().join("\n")
}

const PLAIN: Abilities = Abilities { colour: false, unicode: true };

#[test]
fn labels_are_typed_stepped_skipped_and_taken_back() {
    let (_root, mut asking) = asking(&[Modality::Text, Modality::Audio]);
    press(&mut asking, "-1x..5\u{8}2\n");
    assert_eq!(asking.answers().get(0, Modality::Text), Some(Answer::Label(-1.2)));
    // From 0 in tenths of the range, never beyond it.
    press(&mut asking, ">><");
    assert_eq!(asking.line, "0.3");
    press(&mut asking, &">".repeat(20));
    assert_eq!(asking.line, "3");
    press(&mut asking, &"<".repeat(10));
    assert_eq!(asking.line, "0");
    press(&mut asking, "s");
    assert_eq!(asking.answers().get(0, Modality::Audio), Some(Answer::Skipped));
    press(&mut asking, "4\n");
    assert!(asking.problem.as_ref().unwrap().contains("from -3 to 3, found 4"), "{:?}", asking.problem);
    press(&mut asking, "\u{8}\n");
    assert!(asking.problem.as_ref().unwrap().contains("type a label first"));
    press(&mut asking, "uu");
    // What was taken back can be typed over.
    assert_eq!((asking.question().unwrap().clip, &*asking.line), (0, "-1.2"));
    press(&mut asking, "\n-0\n1,5\n2\nu2\n");
    assert_eq!(asking.question(), None);
    let said = |clip, m| asking.answers().get(clip, m);
    assert_eq!(said(0, Modality::Audio), Some(Answer::Label(0.0)));
    assert_eq!(said(1, Modality::Text), Some(Answer::Label(1.5)));
    assert!(screen(&asking, 80, 24, PLAIN).contains("All 2 clips are answered"));
    // Nothing more is asked, and nothing more is kept.
    assert_eq!((press(&mut asking, "1\ns>"), asking.answers().all().len()), (Next::Stay, 4));
    assert_eq!(press(&mut asking, "q"), Next::Leave);
}

#[test]
fn the_screen_shows_the_clip_and_no_label() {
    let (_root, mut asking) = asking(&Modality::ALL);
    press(&mut asking, "-0.6");
    let text = screen(&asking, 80, 24, PLAIN);
    insta::assert_snapshot!("asking_80x24", text);
    press(&mut asking, "\n");
    let voice = screen(&asking, 80, 24, PLAIN);
    assert!(!voice.contains("film") && voice.contains("the words are not shown"), "{voice}");
    for shown in [&text, &voice] {
        for hidden in ["123", "456", "789", "train", "\u{1b}", "\u{202e}"] {
            assert!(!shown.contains(hidden), "{hidden:?} in\n{shown}");
        }
    }
    let ascii = screen(&asking, 80, 24, Abilities { colour: false, unicode: false });
    assert!(ascii.is_ascii(), "{ascii}");
}

#[test]
fn a_screen_of_any_size_is_drawn() {
    let (_root, mut asking) = asking(&Modality::ALL);
    for (width, height) in [(1, 1), (10, 3), (40, 15), (80, 24), (200, 60), (41, 100), (300, 15)] {
        screen(&asking, width, height, PLAIN);
        press(&mut asking, ">");
    }
    assert!(screen(&asking, 39, 14, PLAIN).contains("40 x 15"));
    // Keys stay readable on the least screen.
    assert!(screen(&asking, 80, 15, PLAIN).contains("enter keep"));
}
