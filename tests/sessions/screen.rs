//! What a terminal is sent, and how it is left: for slow lines, for the clipboard, for the shell.

use std::time::Duration;

use crate::support::home::{Home, until};
use crate::support::settings::{FIRST, LONG};
use crate::support::terminal::Console;

/// A run that is parked, with a console on it.
fn parked(home: &Home, env: &[(&str, &str)]) -> Console {
    let mut console = Console::training(home.path(), LONG, 120, 36, env);
    console.wait_for("1500 rows ");
    console.press(" ");
    console.wait_for("‖ paused, contrastive");
    console.press("\x1b");
    console.quiet();
    console
}

#[test]
fn a_console_with_nothing_new_to_show_sends_nothing() {
    let home = Home::new();
    let mut console = parked(&home, &[]);
    let before = console.sent().len();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(console.sent().len(), before);
    // Nor after the run has ended.
    console.press("X");
    console.wait_for("y yes");
    console.press("y");
    console.wait_for("○ stopped");
    console.press("\x1b");
    console.quiet();
    let before = console.sent().len();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(console.sent().len(), before);
}

#[test]
fn everything_drawn_lies_within_synchronized_updates_and_nothing_is_asked() {
    let home = Home::new();
    let mut console = parked(&home, &[]);
    console.press(" ");
    console.wait_for("▶ contrastive");
    console.leave();
    console.wait_for("goes on; `mug attach");
    let sent = String::from_utf8_lossy(&console.sent()).into_owned();
    for query in [
        "\x1b[6n",
        "\x1b[5n",
        "\x1b[c",
        "\x1b[0c",
        "\x1b[>",
        "\x1b[?u",
        "\x1b[?2026$p",
        "\x1b]10;?",
        "\x1b]11;?",
        "\x1bP+q",
    ] {
        assert!(!sent.contains(query), "{query:?} was asked of the terminal");
    }
    assert!(!sent.contains("\x1b[?1000h"), "the mouse is off until it is asked for");
    let mut outside = String::new();
    let mut frames = 0;
    let mut rest = &sent[..];
    while let Some(begin) = rest.find("\x1b[?2026h") {
        outside += &rest[..begin];
        let end = rest[begin..].find("\x1b[?2026l").expect("every update ends");
        assert!(end > 8, "an update without content");
        rest = &rest[begin + end + 8..];
        frames += 1;
    }
    outside += rest;
    assert!(frames > 3);
    // What is left: taking the terminal, giving it back, the last words.
    let taken = "\x1b[?1049h\x1b[?25l\x1b[?2004h";
    assert!(outside.starts_with(taken), "{outside:?}");
    let given = outside[taken.len()..].find("\x1b[?1049l").expect("the screen is given back");
    assert!(given < 60 && outside.contains("\x1b[?25h") && outside.contains("\x1b[?2004l"), "{outside:?}");
}

#[test]
fn the_mouse_is_reported_only_while_it_is_asked_for() {
    let home = Home::new();
    let mut console = Console::open(home.path(), "", 80, 24, &[]);
    console.wait_for("space train");
    let count = |c: &Console, what: &str| String::from_utf8_lossy(&c.sent()).matches(what).count();
    console.press("m");
    until("mouse on", || count(&console, "\x1b[?1000h") == 1, || console.text());
    console.press("m");
    until("mouse off", || count(&console, "\x1b[?1000l") == 1, || console.text());
}

#[test]
fn a_row_is_copied_to_the_clipboard_of_whoever_sits_at_the_terminal() {
    let home = Home::new();
    home.good(&format!("train --dataset demo {FIRST} --run x"));
    let sent = |c: &Console| String::from_utf8_lossy(&c.sent()).into_owned();
    for (env, begin) in [(&[][..], "\x1b]52;c;"), (&[("TMUX", "/nowhere,1,0")][..], "\x1bPtmux;\x1b\x1b]52;c;")] {
        let mut console = Console::open(home.path(), "attach x", 120, 36, env);
        console.wait_for("1500 rows ");
        console.press("\t");
        console.wait_for("▸Labels");
        console.press("y");
        until("a copy", || sent(&console).contains(begin), || console.text());
        let text = sent(&console);
        let content = text.split(begin).nth(1).unwrap().split('\x07').next().unwrap();
        // Base64 of "demo", the beginning of the first row's id, whatever it is: printable and without line breaks.
        assert!(
            content.len() > 40 && content.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)),
            "{content}"
        );
    }
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_the_screen_back() {
    let home = Home::new();
    let mut first = parked(&home, &[]);
    first.leave();
    let shell = ["--norc", "--noprofile", "-i"];
    let mut console = Console::open_program(home.path(), "bash", shell, 120, 36, &[("PS1", "shell> ")]);
    console.wait_for("shell>");
    console.press(&format!("{} attach\r", env!("CARGO_BIN_EXE_mug")));
    console.wait_for("‖ paused");
    console.wait_for("1500 rows ");
    console.quiet();
    let before = console.text();
    assert!(console.screen(|s| s.alternate_screen() && s.hide_cursor() && s.bracketed_paste()));
    console.press("\x1a");
    console.wait_for("Stopped");
    assert!(console.screen(|s| !s.alternate_screen() && !s.hide_cursor()));
    // The shell's terminal again: lines, echo, Enter.
    console.press("echo $((40 + 2)) at the shell\r");
    console.wait_for("42 at the shell");
    console.press("fg\r");
    until("the same screen", || console.text() == before, || console.text());
    assert!(console.screen(|s| s.alternate_screen() && s.hide_cursor()));
    console.press("?");
    until("the help", || console.text() != before, || console.text());
    console.press("\x1b");
    until("no help", || console.text() == before, || console.text());
    console.press("q");
    console.wait_for("goes on; `mug attach");
    assert!(console.screen(|s| !s.alternate_screen() && !s.hide_cursor()));
    console.press("exit\r");
    console.ended();
}
