//! People judge clips of a run on a terminal: kept through kills, judged, compared, exported.

use std::os::unix::fs::PermissionsExt;

use crate::support::home::Home;
use crate::support::settings::SHORT;
use crate::support::terminal::Console;

/// A finished run.
fn trained() -> Home {
    let home = Home::new();
    home.good(&format!("train --dataset demo {SHORT} --run x"));
    home
}

fn answers(home: &Home, name: &str) -> String {
    std::fs::read_to_string(home.runs().join(format!("x/annotations/{name}.csv"))).unwrap_or_default()
}

#[test]
fn clips_are_judged_killed_taken_up_and_reported() {
    let home = trained();
    // One clip of each of the twelve strata, and twice as many for an estimate.
    let line = "annotate x --as ann --clips 24 --modalities text,audio";
    let mut console = Console::open(home.path(), line, 80, 24, &[("NO_COLOR", "1")]);
    console.wait_for("clip 1 of 24");
    console.press("0.4\r");
    console.wait_for("kept: text 0.4");
    console.press("s");
    console.wait_for("clip 2 of 24");
    console.press("9\r");
    console.wait_for("expected a number from -1 to 1, found 9");
    console.press("\x7f-.5\r");
    console.wait_for("kept: text -0.5");
    // A second program would write the same file.
    let busy = home.bad("annotate x --as ann");
    assert!(busy.contains("ann is annotating this run in another program already"), "{busy}");
    console.signal("-KILL");
    console.ended();
    let kept = answers(&home, "ann");
    assert_eq!(kept.lines().count(), 4, "{kept}");
    let mut console = Console::open(home.path(), "annotate x --as ann", 80, 24, &[("NO_COLOR", "1")]);
    console.wait_for("clip 2 of 24");
    assert!(console.text().contains("▸ audio"), "{}", console.text());
    console.press("u");
    console.wait_for("taken back: text of clip 2");
    console.press("\r");
    console.wait_for("kept: text -0.5");
    console.press("\x1b[C\r");
    console.wait_for("clip 3 of 24");
    // The rest at once: whoever types fast loses nothing.
    console.press(&"0.2\r-.2\r".repeat(22));
    console.wait_for("All 24 clips are answered");
    console.press("q");
    console.ended();
    console.wait_for("all clips are answered; mug annotate x --report");
    assert!(!console.screen(|s| s.alternate_screen()));

    let report = home.good("annotate x --report --as ann");
    for words in
        ["judged by ann", "47 labels and 1 skipped on 24 clips", "all splits text: 24 clips judged", "against copied:"]
    {
        assert!(report.contains(words), "{words} in {report}");
    }
    let json = home.json("annotate x --json");
    let part = &json["annotators"][0]["estimates"][0]["modalities"]["audio"];
    assert_eq!((&part["clips"], &json["annotators"][0]["seed"]), (&23.into(), &1.into()));
    let rows: u64 =
        json["annotators"][0]["strata"].as_array().unwrap().iter().map(|s| s["rows"].as_u64().unwrap()).sum();
    assert_eq!(part["rows"], rows);
    assert!(part["gain"]["mae"].is_f64() && part["standard_error"].as_f64().unwrap() > 0.0);
    // The file is one of those that labels are judged by, and an exported one, too.
    let file = home.runs().join("x/annotations/ann.csv");
    let judged = home.json(&format!("labels x --json --against {}", file.display()));
    let counts = ["train", "valid", "test"].map(|s| judged["labels"][s]["text"]["annotated"].as_u64().unwrap());
    assert_eq!(counts.iter().sum::<u64>(), 24);
    let exported = home.path().join("given.csv");
    assert!(home.good(&format!("annotate x --export {}", exported.display())).contains("47 labels"));
    assert_eq!(home.json(&format!("labels x --json --against {}", exported.display()))["labels"], judged["labels"]);
}

#[test]
fn two_annotators_get_the_same_clips_and_are_compared() {
    let home = trained();
    assert!(home.bad("annotate x --report").contains("nobody has annotated run x yet"));
    for (name, keys) in [("ann", "0.5\r0\r-1\r"), ("bob", "0.5\r0.5\rs")] {
        let mut console = Console::open(home.path(), &format!("annotate x --as {name}"), 80, 24, &[]);
        console.wait_for("clip 1 of 100");
        console.press(keys);
        console.wait_for("clip 4 of 100");
        // Killed by the terminal or by name: the terminal is as it was.
        console.signal("-TERM");
        console.ended();
        console.wait_for("97 clips are left");
        assert!(!console.screen(|s| s.alternate_screen()), "{}", console.text());
    }
    let lines = home.good("annotate x --agreement");
    assert!(lines.contains("ann and bob, text: 2 clips  MAE 0.250") && lines.contains("same label 0.500"), "{lines}");
    let json = home.json("annotate x --json");
    assert_eq!(json["agreement"][0]["modalities"]["text"]["exact"], 0.5);
    let said = home.bad("annotate x --as cleo --report");
    assert!(said.contains("these have: ann, bob"), "{said}");
    assert!(home.bad("annotate x --as ../ann --clips 3").contains("cannot name an annotator"));
    assert!(home.bad("annotate x --as ann --seed 7").contains("drawn with another seed already (1, not 7)"));
}

#[test]
fn a_player_opens_the_clip_that_is_asked_about() {
    let home = trained();
    let (media, told, player) = (home.path().join("media"), home.path().join("told"), home.path().join("player"));
    std::fs::create_dir(&media).unwrap();
    let text = format!(
        "#!/bin/sh\nprintf '%s %s' \"$MUG_MODALITY\" \"$1\" > {0}.new; mv {0}.new {0}\nexec sleep 100\n",
        told.display()
    );
    std::fs::write(&player, text).unwrap();
    std::fs::set_permissions(&player, PermissionsExt::from_mode(0o755)).unwrap();
    let line = format!("annotate x --as ann --clips 2 --player {} --media {}", player.display(), media.display());
    let mut console = Console::open(home.path(), &line, 80, 24, &[]);
    console.wait_for("▸ text");
    console.press("p");
    console.wait_for("the text is judged by itself");
    console.press("0\r");
    console.wait_for("▸ audio");
    console.press("p");
    console.wait_for("no file of this clip");
    let draw = std::fs::read_to_string(home.runs().join("x/annotations/ann.json")).unwrap();
    let draw: serde_json::Value = serde_json::from_str(&draw).unwrap();
    let id = draw["clips"][0]["id"].as_str().unwrap();
    std::fs::write(media.join(format!("{}.mp4", id.replace("$_$", "_"))), "").unwrap();
    console.press("p");
    console.wait_for("playing");
    crate::support::home::until("the player", || told.exists(), || console.text());
    assert!(std::fs::read_to_string(&told).unwrap().starts_with("audio /"));
    console.press("q");
    console.ended();
    // The next time it is known.
    let mut console = Console::open(home.path(), "annotate x --as ann", 80, 24, &[]);
    console.wait_for("p play");
    console.leave();
}

#[test]
fn the_label_table_has_a_key_for_it() {
    let home = trained();
    let mut console = Console::open(home.path(), "attach x", 120, 36, &[("USER", "ann")]);
    console.wait_for("1500 rows ");
    console.press("\t");
    console.wait_for("▸Labels");
    console.press("A");
    console.wait_for("mug annotate · x · ann");
    console.press("-1\r");
    console.wait_for("kept: text -1");
    console.press("q");
    console.wait_for("1500 rows ");
    console.press("A");
    console.wait_for("clip 2 of 100");
    console.press("q");
    console.wait_for("1500 rows ");
    console.leave();
    assert_eq!(answers(&home, "ann").lines().count(), 2);
}
