//! Where the words go: into pipes that nobody reads to the end, past names that no terminal should be sent.

use crate::home;

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    for line in [
        "labels one",
        "labels one --format jsonl",
        "labels one --format parquet",
        "labels one --json",
        "export one --csv -",
        "show one",
        "compare one two",
        "runs",
        "devices --device cpu",
        "data list",
    ] {
        let mut child = home().mug(line).spawn().unwrap();
        // Gone before a byte was written.
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{line}: {output:?}");
    }
}

#[test]
fn names_of_files_do_not_steer_the_terminal() {
    let name = "e\u{1b}[31m\u{202e}x.csv";
    let mut labels = home().mug("labels one -o");
    let output = labels.arg(name).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
    assert!(home().path().join(name).exists());
}
