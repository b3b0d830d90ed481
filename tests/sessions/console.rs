//! The built program on a pseudo-terminal: what a person does at a console, and what happens when the terminal goes.

use std::path::Path;

use crate::support::home::Home;
use crate::support::picture;
use crate::support::settings::{LONG, SHORT};
use crate::support::terminal::Console;

#[test]
fn start_pause_resume_sort_resize_and_leave() {
    let home = Home::new();
    let mut console = Console::training(home.path(), LONG, 120, 36, &[]);
    console.wait_for("1500 rows ");
    console.press(" ");
    console.wait_for("‖ paused, contrastive");
    assert_eq!(home.state(), "paused");
    console.press("\t");
    console.wait_for("▸Labels");
    console.press("o");
    console.wait_for("sorted by y ↑");
    console.press("r");
    console.wait_for("sorted by y ↓");
    console.press("/y > 0.5\r");
    console.wait_for("of 1500 rows · y > 0.5");
    console.resize(40, 10);
    console.wait_for("space resume · ? help · q leave");
    console.resize(120, 36);
    console.wait_for("sorted by y ↓");
    console.press(" ");
    console.wait_for("▶ contrastive");
    assert_eq!(home.state(), "training");
    console.leave();
    console.wait_for("goes on; `mug attach");
    assert_eq!(home.state(), "training");
    let sent = String::from_utf8_lossy(&console.sent()).into_owned();
    for query in ["\x1b[6n", "\x1b[c", "\x1b[>c", "\x1b[?u", "\x1b]11;?"] {
        assert!(!sent.contains(query), "{query:?} was asked of the terminal");
    }
    assert!(sent.contains("\x1b[?1049l") && sent.contains("\x1b[?25h"), "the screen is given back");
}

#[test]
fn the_alignment_picture_is_laid_out_and_tsne_is_cancelled() {
    let home = Home::new();
    let mut console = Console::open(home.path(), SHORT, 120, 36, &[]);
    console.wait_for("space trains on demo");
    console.press("e");
    console.wait_for("comes with a run");
    console.press(" ");
    console.wait_for("✔ finished");
    console.press("e");
    console.wait_for("after stage 1");
    console.wait_for("⊗ both");
    console.press("z[");
    console.wait_for("during stage 1 (epoch");
    console.wait_for("validation");
    console.press("g");
    console.wait_for("before stage 1 1/");
    console.press("l");
    console.wait_for("· y ");
    console.press("t");
    console.wait_for("esc cancels");
    console.press("\x1b");
    console.wait_for("t-SNE cancelled");
    console.wait_for("text · PCA");
    console.leave();
}

#[test]
fn plain_terminals_get_plain_text() {
    let home = Home::new();
    let console = Console::open(home.path(), "--ascii", 120, 36, &[("NO_COLOR", "1"), ("TERM", "xterm")]);
    console.wait_for("space trains on demo");
    console.quiet();
    let sent = console.sent();
    assert!(sent.is_ascii(), "{}", console.text());
    let sent = String::from_utf8(sent).unwrap();
    let colours = sent.split("\x1b[").skip(1).filter_map(|s| s.split_once('m')).filter(|(codes, _)| {
        codes.split(';').all(|c| c.parse::<u8>().is_ok())
            && codes.split(';').any(|c| c.parse::<u8>().is_ok_and(|c| c >= 30))
    });
    assert_eq!(colours.count(), 0);
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_gets_lines_and_is_told_why() {
    let home = Home::new();
    for (term, why) in [("dumb", "TERM=dumb cannot move a cursor"), ("", "TERM is not set")] {
        let mut console = Console::open(home.path(), "", 120, 36, &[("TERM", term)]);
        console.wait_for(why);
        console.wait_for("as with --plain");
        console.wait_for("no run is live");
        console.ended();
        assert!(!console.sent().contains(&0x1b), "{}", console.text());
    }
}

#[test]
fn the_kernels_console_gets_no_signs_that_its_font_lacks() {
    let home = Home::new();
    let console = Console::open(home.path(), "", 120, 36, &[("TERM", "linux"), ("LC_ALL", "en_US.UTF-8")]);
    console.wait_for("space trains on demo");
    console.quiet();
    assert!(console.sent().is_ascii(), "{}", console.text());
}

/// The README's picture, from a real run: `cargo test --release --test sessions -- --ignored picture`.
#[test]
#[ignore = "writes assets/console.svg"]
fn picture() {
    let home = Home::new();
    let mut console = Console::open(home.path(), "--device cpu --set joint.patience=0", 120, 36, &[]);
    console.wait_for("space trains on demo");
    console.press(" ");
    console.wait_for("[▶ 3 joint]");
    console.press("1\tllojj");
    console.wait_for("sorted by |Δ audio|");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("console.svg"), console.screen(picture::svg)).unwrap();
}
