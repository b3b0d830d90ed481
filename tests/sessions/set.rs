//! `mug set`: a run whose settings were changed is killed and taken up, and computes what it would have computed.

use crate::support::home::{Home, signal, until};
use crate::support::outcome::Outcome;
use crate::support::settings::SMALL;
use crate::support::terminal::Console;

#[test]
fn settings_are_changed_for_the_rest_of_a_run_kill_or_not() {
    let home = Home::new();
    let mut host = home.start(&format!("train {SMALL} --set training.checkpoint_seconds=1 --run x"));
    home.wait_for_state("training");
    home.good("pause x");
    home.good("set x joint.unimodal_weight=0.125 joint.epochs=3 contrastive.learning_rate=2e-3");
    let told = home.bad("set x joint.epochs=0.5");
    assert!(told.contains("expected"), "{told}");
    let told = home.bad("set x model.hidden=8");
    assert!(told.contains("holds for a whole run"), "{told}");
    until("the changes", || home.view().changes.len() == 3, || format!("{:?}", home.view().changes));
    // A second run that stands where this one does, changes and all.
    until("the checkpoints", || home.view().checkpoints >= 4, || home.view().checkpoints.to_string());
    let copied = std::process::Command::new("cp").args(["-r", "x", "y"]).current_dir(home.runs()).status().unwrap();
    assert!(copied.success());
    signal(host.id(), "-KILL");
    host.wait().unwrap();
    let mut outcomes = Vec::new();
    for (run, kill) in [("x", true), ("y", false)] {
        let mut host = home.start(&format!("train --resume {run}"));
        if kill {
            home.wait_for_state("training");
            until("some steps", || home.view().stages[1].step > 40, || format!("{:?}", home.view().stages[1].step));
            signal(host.id(), "-KILL");
            host.wait().unwrap();
            host = home.start(&format!("train --resume {run}"));
        }
        assert!(host.wait().unwrap().success());
        let dir = mug::run::directory::RunDir::find(&home.runs(), run).unwrap();
        outcomes.push(Outcome::of(&dir));
        let view = mug::run::tail::read_view(&dir.events_path()).unwrap();
        assert_eq!(view.stages[2].epoch, 3);
        let changes: Vec<String> = view.changes.iter().map(|c| c.change.to_string()).collect();
        assert_eq!(changes, ["joint.unimodal_weight=0.125", "joint.epochs=3", "contrastive.learning_rate=0.002"]);
        assert!(home.good(&format!("show {run}")).contains("changed while it trained"));
    }
    outcomes[0].assert_same(&outcomes[1], "killed and not killed");
    assert_eq!(home.output("set x joint.epochs=9").status.code(), Some(2));
}

#[test]
fn a_key_of_the_console_changes_a_setting() {
    let home = Home::new();
    let mut console =
        Console::training(home.path(), "--dataset demo --device cpu --set contrastive.epochs=5000", 120, 36, &[]);
    console.press("E");
    console.wait_for("for the rest of the run: contrastive.learning_rate=");
    console.press("x\r");
    console.wait_for("expected a number");
    console.press("\x7f0.002\r");
    until("the change", || home.view().changes.len() == 1, || console.text());
    assert_eq!(home.view().changes[0].change.value, 0.002);
}
