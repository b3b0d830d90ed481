//! `mug predict`: what a run says of clips of another file is what it says of the same clips in its own data.

use crate::support::home::{Home, said};
use crate::support::settings::SHORT;

/// Standard output of a command that must succeed.
fn table(home: &Home, line: &str) -> String {
    let output = home.output(line);
    assert!(output.status.success(), "mug {line}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn clips_of_a_file_are_predicted_as_the_runs_own() {
    let home = Home::new();
    home.good(&format!("train --dataset demo --run x {SHORT}"));
    home.good("data convert demo clips.pkl");
    let columns = "--columns id,text,y,t,a,v,p";
    let own = table(&home, &format!("labels x --filter split=test {columns}"));
    assert_eq!(table(&home, &format!("predict x clips.pkl {columns}")), own);
    // The training split of the file, as JSON lines.
    let said = home.good("predict x clips.pkl --split train -o train.jsonl");
    assert!(said.contains("clips written to train.jsonl") && said.contains("MAE"), "{said}");
    let said = home.bad("predict x clips.pkl --split nowhere");
    assert!(said.contains("nowhere") && said.contains("train, valid, test"), "{said}");
    let said = home.bad("data convert demo clips.pkl");
    assert!(said.contains("clips.pkl is there already"), "{said}");
}

#[test]
fn a_run_of_data_without_a_test_split_is_trained_and_not_tested() {
    let home = Home::new();
    home.good("data convert demo whole.pkl");
    let mut bytes = std::fs::read(home.path().join("whole.pkl")).unwrap();
    let name = |bytes: &[u8]| bytes.windows(9).position(|w| w == b"X\x04\0\0\0test");
    let at = name(&bytes).unwrap();
    bytes[at + 5..at + 9].copy_from_slice(b"rest");
    std::fs::write(home.path().join("cut.pkl"), bytes).unwrap();
    home.good(&format!("train --dataset cut.pkl --run x {SHORT}"));
    assert_eq!(home.state(), "finished");
    let view = home.view();
    let tested = &view.summary.as_ref().unwrap().metrics.test;
    assert!(tested.values().all(Option::is_none), "{tested:?}");
    assert!(view.summary.as_ref().unwrap().metrics.valid["mae"].is_some());
    // The clips that it never saw are predicted, by the name of their split.
    let shown = table(&home, "predict x cut.pkl --split rest --columns id,p");
    assert!(shown.lines().count() > 50, "{shown}");
}
