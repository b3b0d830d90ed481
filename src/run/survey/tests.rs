use proptest::prelude::*;

use super::*;
use crate::config::Settings;
use crate::device::DeviceRequest;
use crate::modality::PerModality;
use crate::run::annotations;
use crate::run::directory::Manifest;
use crate::split::Split;
use crate::training::events::{LabelValues, Stage};

/// A run of 60 clips, some of them with hostile ids, and its rows.
fn run() -> (tempfile::TempDir, RunDir, LabelRows) {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings::built_in("demo").unwrap();
    let manifest = Manifest::new("demo", None, DeviceRequest::Cpu, Stage::ALL.to_vec(), settings);
    let dir = RunDir::create(root.path(), Some("a"), &manifest).unwrap();
    let mut rows = LabelRows::default();
    for (split, n) in [(Split::Train, 40), (Split::Valid, 12), (Split::Test, 8)] {
        let ids: Vec<String> = (0..n).map(|i| format!("{split},\"{i}\"\u{1b}$_$\n{i}")).collect();
        let y: Vec<f32> = (0..n).map(|i| i as f32 / n as f32).collect();
        rows.extend(split, &ids, &ids, &y, None).unwrap();
    }
    let corrected = PerModality::from_fn(|m| {
        rows.y.iter().enumerate().map(|(i, y)| y - (i % 7) as f32 * 0.1 * (m as usize + 1) as f32 / 3.0).collect()
    });
    labels::write(&dir.path().join("labels/x.npy"), &LabelValues { corrected, ..LabelValues::default() }).unwrap();
    (root, dir, rows)
}

fn plan(count: usize) -> Plan {
    let modalities = Some(vec![Modality::Audio, Modality::Text]);
    Plan { file: "labels/x.npy".into(), count: Some(count), run_seed: 5, modalities, ..Plan::default() }
}

fn open(dir: &RunDir, rows: &LabelRows, plan: &Plan) -> Result<Session, SurveyError> {
    Drawn::new(dir, "ann", plan, rows, 1.0)?.begin()
}

#[test]
fn answers_are_kept_taken_back_and_taken_up() {
    let (_root, dir, rows) = run();
    let mut session = open(&dir, &rows, &plan(10)).unwrap();
    assert_eq!((session.draw().clips.len(), session.draw().seed), (10, 5));
    assert_eq!(session.open_question(), Some((0, Modality::Text)), "in the usual order");
    session.answer(0, Modality::Text, Answer::Label(-0.4)).unwrap();
    session.answer(0, Modality::Audio, Answer::Skipped).unwrap();
    session.answer(1, Modality::Text, Answer::Label(1.0 / 3.0)).unwrap();
    assert_eq!(session.undo().unwrap().unwrap().answer, Answer::Label(1.0 / 3.0));
    session.answer(1, Modality::Text, Answer::Label(0.7)).unwrap();
    let before = session.answers().clone();
    assert!(matches!(open(&dir, &rows, &plan(10)), Err(SurveyError::Busy { .. })));
    drop(session);
    let mut session = open(&dir, &rows, &Plan { count: None, modalities: None, ..plan(0) }).unwrap();
    assert_eq!(session.answers(), &before);
    assert_eq!(session.open_question(), Some((1, Modality::Audio)));
    // What was answered last is what is taken back, after a break, too.
    assert_eq!(session.undo().unwrap().unwrap().clip, 1);
    drop(session);
    assert_eq!(annotators(&dir), ["ann"]);
    let found = read(&dir, "ann", &rows, 1.0).unwrap().unwrap();
    assert_eq!((found.answers.label(0, Modality::Text), found.answers.label(0, Modality::Audio)), (Some(-0.4), None));
    assert!(read(&dir, "bob", &rows, 1.0).unwrap().is_none());
    assert!(read(&dir, "../x", &rows, 1.0).is_err());
}

#[test]
fn nobody_is_asked_about_what_a_clip_lacks() {
    let (_root, dir, rows) = run();
    let path = dir.path().join("labels/x.npy");
    let mut values = labels::read(&path).unwrap();
    values.corrected[Modality::Audio].iter_mut().skip(1).for_each(|label| *label = f32::NAN);
    labels::write(&path, &values).unwrap();
    let mut session = open(&dir, &rows, &plan(60)).unwrap();
    let mut asked = 0;
    while let Some((clip, m)) = session.open_question() {
        assert!(m == Modality::Text || session.draw().clips[clip].row == 0, "{m} of clip {clip}");
        session.answer(clip, m, Answer::Skipped).unwrap();
        asked += 1;
    }
    assert_eq!(asked, 60 + 1);
    drop(session);
    // A draw remembers it.
    assert!(open(&dir, &rows, &plan(60)).unwrap().open_question().is_none());
}

#[test]
fn the_answers_are_a_file_to_judge_by() {
    let (_root, dir, rows) = run();
    let mut session = open(&dir, &rows, &plan(4)).unwrap();
    session.answer(2, Modality::Audio, Answer::Label(0.25)).unwrap();
    session.answer(3, Modality::Text, Answer::Skipped).unwrap();
    let row = session.draw().clips[2].row;
    let found = annotations::read(session.path(), &rows, 1.0).unwrap();
    assert_eq!(found.labels.audio[row], 0.25);
    assert_eq!(found.labels.iter().map(|(_, l)| l.iter().filter(|v| v.is_finite()).count()).sum::<usize>(), 1);
}

#[test]
fn more_clips_come_after_those_that_were_drawn() {
    let (_root, dir, rows) = run();
    let first = open(&dir, &rows, &plan(10)).unwrap().draw().clips.clone();
    let more = open(&dir, &rows, &plan(25)).unwrap().draw().clips.clone();
    assert_eq!((more.len(), &more[..10]), (25, &first[..]));
    assert_eq!(open(&dir, &rows, &plan(3)).unwrap().draw().clips, more, "none are taken away");
    // All there are.
    assert_eq!(open(&dir, &rows, &plan(1000)).unwrap().draw().clips.len(), 60);
    // Another seed would be another draw.
    let other = open(&dir, &rows, &Plan { seed: Some(6), ..plan(10) }).unwrap_err().to_string();
    assert!(other.contains("ann has drawn with another seed already (5, not 6)"), "{other}");
    let other = open(&dir, &rows, &Plan { splits: Some(vec![Split::Test]), ..plan(10) }).unwrap_err().to_string();
    assert!(other.contains("train, valid, test, not test"), "{other}");
}

#[test]
fn clips_are_not_drawn_by_labels_that_changed() {
    let (_root, dir, rows) = run();
    open(&dir, &rows, &plan(10)).unwrap();
    let corrected = PerModality::from_fn(|_| rows.y.iter().map(|y| y * 0.5).collect());
    labels::write(&dir.path().join("labels/x.npy"), &LabelValues { corrected, ..LabelValues::default() }).unwrap();
    assert!(matches!(open(&dir, &rows, &plan(25)), Err(SurveyError::Changed { .. })));
    assert!(open(&dir, &rows, &plan(10)).is_ok(), "those that were drawn stay");
}

#[test]
fn a_draw_of_another_run_is_named() {
    let (_root, dir, rows) = run();
    let session = open(&dir, &rows, &plan(10)).unwrap();
    let path = dir.annotations_dir().join("ann.json");
    drop(session);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["clips"][1] = json["clips"][0].clone();
    for (changed, fault) in [
        (json.to_string(), "drawn twice"),
        (text.replacen("\"row\": ", "\"row\": 9", 1), "is not"),
        (text.replacen("labels/x.npy", "../../x.npy", 1), "is no file of the run's labels"),
        (text.replacen("\"version\": 1", "\"version\": 2", 1), "version 2"),
        (text.replacen("\"stratum\": ", "\"stratum\": 9", 1), "in no stratum"),
        ("{".to_owned(), "EOF"),
    ] {
        std::fs::write(&path, changed).unwrap();
        let found = read(&dir, "ann", &rows, 1.0).unwrap_err().to_string();
        assert!(found.contains(fault) && found.contains("ann.json"), "{found}");
    }
}

#[test]
fn faults_of_the_answers_are_named_with_their_line() {
    let (_root, dir, rows) = run();
    let mut session = open(&dir, &rows, &plan(10)).unwrap();
    session.answer(0, Modality::Text, Answer::Label(0.5)).unwrap();
    let path = session.path().to_owned();
    drop(session);
    let text = std::fs::read_to_string(&path).unwrap();
    let row = text.split_once('\n').unwrap().1;
    for (changed, fault) in [
        (text.replace("text,0.5", "text,2.5"), "\"2.5\" is no label within ±1"),
        (text.replace("text,0.5", "text,nan"), "\"nan\" is no label"),
        (text.replace("text,0.5", "vision,0.5"), "none of the modalities"),
        (text.replace("id,modality", "id,mod"), "the columns are others"),
        (format!("{text}{row}"), "has an answer already"),
    ] {
        assert_ne!(changed, text);
        std::fs::write(&path, changed).unwrap();
        let found = read(&dir, "ann", &rows, 1.0).unwrap_err().to_string();
        assert!(found.contains("ann.csv, line ") && found.contains(fault), "{found}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_in_the_files_panics(
        bytes: Vec<u8>,
        lines in "(id|text|audio|a|,|\"|\n|0\\.5|é|3|train){0,60}",
        json in "[{}\\[\\]\":,0-9a-z]{0,80}",
    ) {
        let (_root, dir, rows) = run();
        let session = open(&dir, &rows, &plan(10)).unwrap();
        let path = session.path().to_owned();
        drop(session);
        let head = "id,modality,label,row,split,stratum,time\n";
        for content in [bytes.clone(), lines.clone().into_bytes(), format!("{head}{lines}").into_bytes()] {
            std::fs::write(&path, content).unwrap();
            let _ = read(&dir, "ann", &rows, 1.0);
        }
        for content in [bytes, json.into_bytes()] {
            std::fs::write(dir.annotations_dir().join("ann.json"), content).unwrap();
            let _ = read(&dir, "ann", &rows, 1.0);
        }
    }

    #[test]
    fn answers_come_back_as_they_were_given(
        given in proptest::collection::vec((0usize..10, any::<bool>(), proptest::option::of(-1.0f32..=1.0)), 0..40),
    ) {
        let (_root, dir, rows) = run();
        let mut session = open(&dir, &rows, &plan(10)).unwrap();
        for (clip, text, label) in given {
            let modality = if text { Modality::Text } else { Modality::Audio };
            session.answer(clip, modality, label.map_or(Answer::Skipped, Answer::Label)).unwrap();
        }
        let found = read(&dir, "ann", &rows, 1.0).unwrap().unwrap();
        prop_assert_eq!(&found.answers, session.answers());
    }
}
