//! What can be read on the screen: names of all panes, whole sentences, curves without colour, small screens.

use crossterm::event::KeyCode;
use ratatui::buffer::Cell;
use ratatui::style::Color;

use crate::console::fixture::*;
use crate::console::state::State;
use crate::console::state::attached::Link;
use crate::console::state::effect::Effect;
use crate::console::state::keys::LOWER;
use crate::console::state::message::Message;
use crate::console::state::overlay::{Overlay, Question};
use crate::console::state::pane::Pane;
use crate::console::terminal::decode::Input;
use crate::console::terminal::theme::Abilities;
use crate::training::events::{Body, Command, Event, Level, Stage};

const LONG: &str = "audio: 17 clips of the training split hold values that are not finite and are taken as 0, the first of them \
    video_0007$_$0031; 这些片段的音频特征里有不是有限数的值，全部当作零处理，请检查提取特征的程序; a check of the data with \
    mug data check shows where, and what is done about it in training is said in the run directory";

/// A console on a run that said `message` last.
fn warned(width: u16, height: u16, message: &str) -> State {
    let mut state = attached(width, height, events());
    let body = Body::Log { level: Level::Warning, message: message.into() };
    let event = Event { time: 9.0, stage: None, epoch: 0, step: 0, body };
    tell(&mut state, [Message::Events { attach: 1, events: vec![event], caught_up: true }]);
    state
}

/// True where all of a text can be read, over however many lines, in these columns of the screen.
fn reads(state: &State, words: &str, columns: std::ops::Range<usize>) -> bool {
    let buffer = buffer(state);
    let mut shown = String::new();
    for row in buffer.content.chunks(usize::from(state.size.0)) {
        shown.extend(row[columns.start..columns.end.min(row.len())].iter().flat_map(|c| c.symbol().chars()));
    }
    let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    plain(&shown).contains(&plain(words))
}

fn cell_of(state: &State, words: &str) -> Cell {
    let buffer = buffer(state);
    let text = screen(state);
    let (y, line) = text.lines().enumerate().find(|(_, l)| l.contains(words)).expect("on the screen");
    let x = line[..line.find(words).unwrap()].chars().count();
    buffer[(x as u16, y as u16)].clone()
}

#[test]
fn the_panes_of_the_lower_slot_are_named_with_their_keys_and_reached_by_them() {
    let mut state = attached(120, 36, events());
    assert!(
        screen(&state).contains("[4 Labels] 5 Metrics  6 Embedding  7 Health ✘1  8 Log  9 Studies  0 System "),
        "{}",
        screen(&state)
    );
    for (key, pane) in "4567890".chars().zip(LOWER.iter().copied()) {
        press(&mut state, &key.to_string());
        assert_eq!((state.focus, state.lower), (pane, pane));
        assert!(screen(&state).contains(&format!("[{key}▸{}", pane.title())), "{}", screen(&state));
    }
    // In a zoomed pane of a narrow screen, too.
    let mut state = attached(60, 15, events());
    press(&mut state, "7z");
    assert!(screen(&state).contains(" 4 Lab  5 Met  6 Emb [7▸Health ✘1] 8 Log  9 Stu  0 Sys "), "{}", screen(&state));
    press(&mut state, "z");
    assert!(screen(&state).contains("▸ Health ✘1  7"), "the rail names them: {}", screen(&state));
}

#[test]
fn a_click_on_a_name_shows_the_pane() {
    for (width, height, zoom) in [(120, 36, false), (200, 60, false), (80, 24, true), (80, 24, false)] {
        let mut state = attached(width, height, events());
        press(&mut state, "4");
        state.zoom = zoom;
        for pane in [Pane::Log, Pane::Metrics, Pane::Health, Pane::Embedding, Pane::Labels] {
            let text = screen(&state);
            let name = |l: &str| l.find(&format!("{} ", pane.title())).or(l.find(&pane.title()[..3]));
            let lines = || text.lines().enumerate();
            let row = lines().find(|(_, l)| l.contains("5 Met") || l.contains("5▸Met"));
            let (y, line) = row.or_else(|| lines().find(|(_, l)| name(l).is_some())).unwrap();
            let x = line[..name(line).unwrap()].chars().count();
            tell(&mut state, [Message::Input(Input::Click(x as u16, y as u16))]);
            assert_eq!(state.focus, pane, "{width}x{height}: {text}");
        }
    }
}

#[test]
fn the_focused_frame_leaves_its_neighbours_names_alone() {
    let mut state = attached(120, 36, events());
    assert_eq!(state.focus, Pane::Losses);
    assert_eq!(cell_of(&state, "Labels]").fg, Color::Reset);
    focus(&mut state, Pane::Datasets);
    assert_eq!(cell_of(&state, "Stages ─").fg, Color::Reset);
    assert_eq!(cell_of(&state, "Datasets ─").fg, Color::Cyan);
}

#[test]
fn names_of_runs_are_whole_on_wide_screens() {
    let mut state = attached(200, 60, events());
    let name = "2026-11-23-104512-mosei-large-batch-3";
    state.runs.all[1].name = name.into();
    assert!(screen(&state).contains(name), "{}", screen(&state));
    assert!(screen(&attached(80, 24, events())).contains("run 2026-11-23-a"), "the header begins with it");
}

#[test]
fn a_wide_list_of_runs_has_a_heading_and_clicks_know_of_it() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Runs);
    press(&mut state, "z");
    let text = screen(&state);
    for word in
        ["    run    ", "stage and epoch", "state", "done", "begun (UTC)", "2026-11-23 08:00", "denoising 14/30"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
    let row = text.lines().position(|l| l.contains("mosi-baseline")).unwrap() as u16;
    tell(&mut state, [Message::Input(Input::Click(20, row))]);
    assert_eq!(state.runs.list.selected, 2);
    // An overlaid run's letter stands by itself.
    press(&mut state, "o");
    assert!(screen(&state).contains("✔b mosi-baseline"), "{}", screen(&state));
    press(&mut state, "z");
    assert!(screen(&state).contains("✔b mosi-baseline"), "{}", screen(&state));
}

#[test]
fn log_lines_are_wrapped_and_can_be_read_to_their_ends() {
    for (width, height, zoom, columns) in [(80, 24, false, 26..79), (80, 24, true, 10..79), (120, 36, false, 43..119)] {
        let mut state = warned(width, height, LONG);
        press(&mut state, "8");
        state.zoom = zoom;
        tell(&mut state, [Message::Resize(width, height)]);
        assert!(reads(&state, LONG, columns), "{}", screen(&state));
    }
    // Where the pane is too low for it, enter shows all of it.
    let mut state = warned(60, 15, &LONG.repeat(3));
    press(&mut state, "8");
    assert!(screen(&state).contains("… enter shows all of it"), "{}", screen(&state));
    key(&mut state, KeyCode::Enter);
    assert!(matches!(state.overlay, Some(Overlay::Entry { of: Pane::Log, .. })));
    assert!(screen(&state).contains("warning: audio: 17"), "{}", screen(&state));
    press(&mut state, &"j".repeat(40));
    assert!(reads(&state, "in training is said in the run directory", 4..56), "{}", screen(&state));
    key(&mut state, KeyCode::Enter);
    assert!(state.overlay.is_none());
}

#[test]
fn a_line_of_the_log_is_selected_by_keys_and_clicks() {
    let mut state = warned(80, 24, LONG);
    for _ in 0..20 {
        let body = Body::Log { level: Level::Warning, message: LONG.into() };
        let event = Event { time: 9.0, stage: None, epoch: 0, step: 0, body };
        tell(&mut state, [Message::Events { attach: 1, events: vec![event], caught_up: true }]);
    }
    press(&mut state, "8");
    assert!(state.log.list.follow && state.log.list.selected == 22);
    press(&mut state, "kk");
    assert_eq!(state.log.list.selected, 20);
    let text = screen(&state);
    let rows: Vec<usize> = text.lines().enumerate().filter(|(_, l)| l.contains("warning:")).map(|(y, _)| y).collect();
    // The second row of a line is a part of it.
    tell(&mut state, [Message::Input(Input::Click(40, rows[0] as u16 + 1))]);
    assert_eq!(state.log.list.selected, state.log.list.offset);
    press(&mut state, "g");
    assert!(screen(&state).contains("device: wgpu"), "{}", screen(&state));
}

#[test]
fn what_a_check_means_can_be_read_to_its_end() {
    let mut long = finished();
    for event in &mut long {
        if let Body::Health { checks } = &mut event.body {
            checks.iter_mut().for_each(|c| (c.meaning, c.advice) = (LONG.into(), LONG.into()));
        }
    }
    let mut state = attached(80, 24, long);
    press(&mut state, "7");
    assert!(screen(&state).contains("… enter shows all of it"), "{}", screen(&state));
    key(&mut state, KeyCode::Enter);
    assert!(reads(&state, &format!("{LONG}To try: {LONG}"), 4..76), "{}", screen(&state));
    // Of usual length they are below the list, whole.
    let mut state = attached(80, 24, finished());
    press(&mut state, "7");
    assert!(reads(
        &state,
        "is measured by: L_cl in units of its value at chance, validation split; last in contrastive",
        17..79
    ));
    assert!(reads(&state, "or train longer.", 17..79));
}

#[test]
fn help_and_judgement_cut_no_sentence() {
    for (width, height) in [(120, 36), (80, 24), (60, 15), (40, 10)] {
        let mut state = attached(width, height, events());
        for opened in [Overlay::Help { scroll: 0 }, Overlay::Judgement { scroll: 0 }] {
            let help = matches!(opened, Overlay::Help { .. });
            for scroll in 0..200 {
                state.overlay = Some(match help {
                    true => Overlay::Help { scroll },
                    false => Overlay::Judgement { scroll },
                });
                let buffer = buffer(&state);
                let margin = usize::from((width - (width - 4).min(if help { 110 } else { 92 })) / 2 + 2);
                for row in buffer.content.chunks(usize::from(width)).skip(1).take(usize::from(height) - 2) {
                    let inside = &row[margin..row.len() - margin];
                    assert!(inside.iter().all(|c| c.symbol() != "…"), "{width}x{height}: {}", screen(&state));
                }
            }
        }
    }
    let mut state = attached(80, 24, events());
    press(&mut state, "?");
    let first = screen(&state);
    press(&mut state, "G");
    let last = screen(&state);
    press(&mut state, "k");
    assert!(first != last && last != screen(&state), "no key is lost beyond the end");
    let mut state = attached(120, 36, events());
    press(&mut state, "?");
    assert!(reads(&state, "cut the y range at outliers, or show everything", 30..115), "{}", screen(&state));
}

#[test]
fn notices_problems_and_the_banner_are_read_to_their_ends() {
    let mut state = attached(80, 24, events());
    let text: String = LONG.chars().take(170).collect();
    tell(&mut state, [Message::Notice { level: Level::Error, text }]);
    assert!(reads(&state, "and are taken as 0, the first of them video_0007$_$0031;", 2..79), "{}", screen(&state));
    let why = "cannot write events.jsonl in /a/folder/that/is/long/enough/to/need/more/than/one/line: No space left on device";
    tell(&mut state, [Message::Trouble { attach: 1, message: Some(why.into()) }]);
    state.notice = None;
    assert!(reads(&state, why, 0..80), "{}", screen(&state));
    focus(&mut state, Pane::Labels);
    press(&mut state, "/a long filter that leaves little room y >");
    assert!(reads(&state, "expected a value after the comparison", 0..80), "{}", screen(&state));
}

#[test]
fn curves_are_told_apart_without_colour() {
    let mut state = attached(120, 36, events());
    state.abilities = Abilities { colour: false, unicode: false };
    assert!(screen(&state).contains("# train  : raw  * valid"), "{}", screen(&state));
    press(&mut state, "u");
    let with = |abilities, state: &mut State| {
        state.abilities = abilities;
        screen(state)
    };
    let coloured = with(UNICODE, &mut state);
    let grey = with(Abilities { colour: false, unicode: true }, &mut state);
    assert_ne!(coloured, grey, "the look of the lines tells what colours told");
    let plain = with(Abilities { colour: false, unicode: false }, &mut state);
    let in_chart = |c: char| plain.lines().skip(3).take(12).any(|l| l.chars().skip(38).any(|s| s == c));
    assert!(in_chart('#') && in_chart('.') && in_chart('*'), "{plain}");
    // A bar after a number would be read as a part of it.
    assert!(plain.contains(" 0.40 ") && !plain.contains("0.40="), "{plain}");
}

#[test]
fn no_number_of_the_summary_is_cut() {
    for width in 60..130 {
        let mut state = attached(width, 24, events());
        press(&mut state, "4");
        let text = screen(&state);
        let lines: Vec<&str> = text.lines().filter(|l| l.contains("|Δ| 0.")).collect();
        assert!(lines.len() == 3 && lines.iter().all(|l| l.contains('✔') && !l.contains('…')), "{text}");
    }
}

#[test]
fn the_star_says_what_picked_its_epoch() {
    let mut state = attached(120, 36, finished());
    press(&mut state, "1");
    assert!(screen(&state).contains("★ 8: least validation task loss"), "{}", screen(&state));
    tell(&mut state, [Message::Resize(200, 60)]);
    assert!(
        screen(&state).contains("★ epoch 8 by least validation task loss (valid 0.460 there)"),
        "{}",
        screen(&state)
    );
    tell(&mut state, [Message::Resize(80, 24)]);
    assert!(screen(&state).contains("★ 8: least task loss"), "{}", screen(&state));
    tell(&mut state, [Message::Resize(120, 36)]);
    press(&mut state, "35");
    let text = screen(&state);
    assert!(text.contains("least validation MAE"), "{text}");
    assert!(text.contains("joint · validation split"), "{text}");
    // No epoch of the denoising stage is preferred.
    assert_eq!(Stage::Denoising.criterion(), None);
}

#[test]
fn a_small_screen_uses_its_rows() {
    let state = warned(40, 10, "the loss is not finite in 3 batches");
    let text = screen(&state);
    for words in [
        "▶ denoising 14/30",
        "loss 0.2",
        "valid 0.4",
        "47 %",
        "✘ fails: not-aligned of audio",
        "warning: the loss is not finite",
        "space pause · ? help · q leave",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.lines().all(|l| !l.is_empty()), "{text}");
    assert!(screen(&fresh(40, 10)).contains("train 1200 · valid 300"), "{}", screen(&fresh(40, 10)));
    for (width, height) in [(59, 14), (200, 14), (59, 60), (30, 1), (20, 3)] {
        let text = screen(&attached(width, height, events()));
        assert!(
            text.contains(if width < 40 { "space ? q" } else { "space pause · ? help" }),
            "{width}x{height}: {text}"
        );
    }
    assert!(screen(&fresh(40, 10)).contains("space train · ? help · q leave"));
}

#[test]
fn nothing_happens_unseen_on_a_small_screen() {
    let mut state = attached(59, 14, events());
    for pane in Pane::ALL {
        state.focus = pane;
        for c in ('!'..='~').filter(|c| !"q?".contains(*c)) {
            let before =
                format!("{:?}", (&state.overlay, state.zoom, &state.losses.scalar, state.labels.list, state.focus));
            assert_eq!(press(&mut state, &c.to_string()), [], "{c} in {pane:?}");
            let after =
                format!("{:?}", (&state.overlay, state.zoom, &state.losses.scalar, state.labels.list, state.focus));
            assert_eq!(before, after, "{c} in {pane:?}");
        }
        state.losses.cursor = Some(3);
        assert_eq!([KeyCode::Enter, KeyCode::Esc, KeyCode::Tab].map(|k| key(&mut state, k)), [[], [], []]);
        assert_eq!((state.losses.cursor, state.focus), (Some(3), pane));
    }
    press(&mut state, "x");
    assert!(screen(&state).contains("no panes on so small a screen"), "{}", screen(&state));
    // What the lines name is done, to the run, whatever had the focus before.
    state.focus = Pane::Datasets;
    assert_eq!(press(&mut state, " "), [Effect::Send(Command::Pause)]);
    assert_eq!(press(&mut state, "q"), [Effect::Leave]);
    tell(&mut state, [Message::Link { attach: 1, link: Link::Absent }]);
    assert!(screen(&state).contains("space take up"), "{}", screen(&state));
    assert!(matches!(&press(&mut state, " ")[..], [Effect::TakeUp { .. }]));
    press(&mut state, "?");
    assert!(screen(&state).contains("on a screen this small"), "{}", screen(&state));
    // A question is seen before it is answered.
    for (width, height) in [(59, 14), (16, 3), (12, 4)] {
        let mut state = attached(120, 36, events());
        state.overlay = Some(Overlay::Confirm(Question::Stop));
        tell(&mut state, [Message::Resize(width, height)]);
        assert!(screen(&state).contains("y yes") && screen(&state).contains("End"), "{}", screen(&state));
    }
}
