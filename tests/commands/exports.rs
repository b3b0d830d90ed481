//! Numbers for other programs: one tidy table, and the event file of TensorBoard, which TensorBoard itself reads.

use std::path::PathBuf;
use std::process::Command;

use crate::{good, home, read};

#[test]
fn numbers_are_exported_in_one_table() {
    let table = good("export one --csv -");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["stage", "epoch", "step", "time", "split", "name", "value"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let losses = rows.iter().filter(|r| &r[0] == "contrastive" && &r[4] == "step" && &r[5] == "loss").count();
    let events = String::from_utf8(read("runs/one/events.jsonl")).unwrap();
    let steps = events.lines().filter(|l| l.contains("\"event\":\"step\"") && l.contains("\"stage\":\"contrastive\""));
    assert_eq!(losses, steps.count());
    assert!(rows.iter().any(|r| &r[4] == "test" && &r[5] == "mae" && r[6].parse::<f64>().is_ok()));
    let said = good("export one --csv all.csv");
    assert!(said.contains(&format!("{} rows written to all.csv", rows.len())), "{said}");
    assert_eq!(String::from_utf8(read("all.csv")).unwrap(), table);
}

/// The interpreter that MUG_TEST_PYTHON names, with the package that is to read a file back.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("MUG_TEST_PYTHON").map(PathBuf::from);
    if named.is_none() {
        let why = "skipped: MUG_TEST_PYTHON names no interpreter that has the tensorboard package";
        assert!(!std::env::var("MUG_TEST_REQUIRE").is_ok_and(|r| r.contains("python")), "{why}");
        eprintln!("{why}");
    }
    named
}

/// Prints a line `tag step bits` for every scalar that TensorBoard finds.
const READ: &str = "
import struct, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0})
events.Reload()
for tag in events.Tags()['scalars']:
    for event in events.Scalars(tag):
        print(tag, event.step, struct.pack('>f', event.value).hex(), event.wall_time)
";

#[test]
fn tensorboard_itself_reads_the_event_file() {
    let said = good("export one --tensorboard board");
    assert!(said.contains("numbers written to board/one/events.out.tfevents."), "{said}");
    let Some(python) = python() else { return };
    let output = Command::new(python).args(["-c", READ, "board/one"]).current_dir(home().path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found: Vec<(String, String, String)> = text
        .lines()
        .map(|l| {
            let parts: Vec<&str> = l.split(' ').collect();
            assert!(parts[3].parse::<f64>().unwrap() > 1.7e9, "a wall time: {l}");
            (parts[0].to_owned(), parts[1].to_owned(), parts[2].to_owned())
        })
        .collect();
    let table = good("export one --csv -");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let mut expected: Vec<(String, String, String)> = reader
        .records()
        .map(Result::unwrap)
        .map(|r| {
            let tag =
                if &r[4] == "step" { format!("{}/{}", &r[0], &r[5]) } else { format!("{}/{}/{}", &r[0], &r[4], &r[5]) };
            let value = if r[6].is_empty() { f32::NAN } else { r[6].parse::<f64>().unwrap() as f32 };
            (tag, r[2].to_owned(), format!("{:08x}", value.to_bits()))
        })
        .collect();
    found.sort();
    expected.sort();
    assert!(expected.len() > 500);
    assert_eq!(found, expected);
}
