//! The built program: figures, exports and comparisons of runs, and what it says where there is nothing to show.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// A folder with two finished runs (`one`, `two`) and one of the first stage only (`first`); made once.
fn home() -> &'static Path {
    static HOME: OnceLock<tempfile::TempDir> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        let small =
            "--dataset demo --device cpu --set contrastive.epochs=2 --set denoising.epochs=2 --set joint.epochs=2";
        for line in [
            format!("train --run one {small}"),
            format!("train --run two {small} --set joint.unimodal_weight=0"),
            format!("train --run first {small} --stage contrastive"),
        ] {
            let output = command(home.path(), &line).output().unwrap();
            assert!(output.status.success(), "mug {line}: {}", String::from_utf8_lossy(&output.stderr));
        }
        home
    })
    .path()
}

fn command(home: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mug"));
    command.args(line.split_whitespace()).env("MUG_RUNS_DIR", home.join("runs")).env("MUG_RUNTIME_DIR", home.join("s"));
    command.current_dir(home).stdin(Stdio::null());
    command
}

fn output(line: &str) -> Output {
    command(home(), line).output().unwrap()
}

/// Standard output of a command that must succeed.
fn good(line: &str) -> String {
    let output = output(line);
    assert!(output.status.success(), "mug {line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that must fail says: one line, no more.
fn bad(line: &str) -> String {
    let output = output(line);
    assert!(!output.status.success(), "mug {line} succeeded: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(home().join(name)).unwrap()
}

#[test]
fn figures_are_drawn_as_svg_and_png() {
    for what in ["losses", "metrics", "labels"] {
        let said = good(&format!("plot one --what {what} -o {what}.svg"));
        assert!(said.contains(&format!("{what} of run one drawn to {what}.svg")), "{said}");
        let svg = String::from_utf8(read(&format!("{what}.svg"))).unwrap();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
        assert!(svg.contains("DejaVu Sans, Noto Sans CJK SC, ") && svg.matches("<text").count() > 20);
        good(&format!("plot one --what {what} -o {what}.png --width 90mm --scale 1"));
        assert!(read(&format!("{what}.png")).starts_with(b"\x89PNG"));
    }
    let narrow = good("plot one --what labels --split test -o joint.svg --title --height 400px");
    assert!(narrow.contains("labels of run one"), "{narrow}");
    assert!(String::from_utf8(read("joint.svg")).unwrap().contains("one (demo)"));
    // One that has only begun is drawn as far as it is.
    good("plot first -o first.svg --value contrastive --log --x step --smooth 0");
    assert!(String::from_utf8(read("first.svg")).unwrap().contains("optimiser step"));
}

#[test]
fn what_cannot_be_drawn_is_said() {
    for (line, words) in [
        ("plot none -o x.svg", "no run \"none\""),
        ("plot one -o x.pdf", "x.pdf: expected a file name that ends in .svg or .png"),
        ("plot one -o nowhere/x.svg", "cannot write nowhere/x.svg"),
        ("plot first --what labels -o x.svg", "reads corrected labels after its first epochs"),
        ("plot first --stage joint -o x.svg", "no step of the joint stage is recorded"),
        ("plot one --what metrics --stage denoising -o x.svg", "the denoising stage trains no prediction"),
        ("plot one --value accuracy -o x.svg", "it reports loss"),
        ("plot one --width 1mm -o x.svg", "change --width or --height"),
        ("plot one --width 3furlongs -o x.svg", "expected a length such as 180mm"),
        ("plot one --what pie -o x.svg", "possible values"),
        ("plot one --scale 50 --width 9000 --height 9000 -o x.png", "choose a smaller --scale"),
        ("export one", "--tensorboard"),
        ("export none --csv x.csv", "no run \"none\""),
        ("export one --csv nowhere/x.csv", "cannot write nowhere/x.csv"),
        ("export one --tensorboard runs/one/run.toml", "cannot make the folder runs/one/run.toml"),
        ("compare one", "RUN"),
        ("compare one none", "no run \"none\""),
    ] {
        let said = bad(line);
        assert!(said.contains(words), "mug {line}: {said}");
        assert!(!said.contains("panicked"), "mug {line}: {said}");
    }
    assert!(!home().join("x.svg").exists() && !home().join("x.png").exists());
    let empty = home().join("runs/empty");
    std::fs::create_dir_all(&empty).unwrap();
    std::fs::copy(home().join("runs/one/run.toml"), empty.join("run.toml")).unwrap();
    assert!(bad("plot empty -o x.svg").contains("no step of any stage is recorded"));
    assert!(bad("export empty --csv x.csv").contains("no numbers to export"));
}

#[test]
fn runs_stand_side_by_side() {
    let table = good("compare one two first");
    for words in
        ["joint.unimodal_weight", "stages", "test MAE", "labels audio: Pearson r", "results (* best)", "finished"]
    {
        assert!(table.contains(words), "{words} in\n{table}");
    }
    assert!(!table.contains("model.hidden"), "what is the same is left out\n{table}");
    let json: serde_json::Value = serde_json::from_str(&good("compare one two --json")).unwrap();
    assert_eq!(json["settings"][0]["key"], "joint.unimodal_weight");
    assert_eq!(json["settings"][0]["values"], serde_json::json!(["0.3", "0.0"]));
    let mae = json["results"].as_array().unwrap().iter().find(|r| r["name"] == "test mae").unwrap();
    let listed = String::from_utf8(read("runs/one/events.jsonl")).unwrap();
    let finished: serde_json::Value = serde_json::from_str(listed.lines().last().unwrap()).unwrap();
    assert_eq!(mae["values"][0], finished["summary"]["metrics"]["test"]["mae"]);
}

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
    let output = Command::new(python).args(["-c", READ, "board/one"]).current_dir(home()).output().unwrap();
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
