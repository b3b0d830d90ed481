//! Tests of what a study's text may hold.

use proptest::prelude::*;

use super::*;
use crate::run::study::shipped::{SHIPPED, shipped};

const TEXT: &str = r#"
question = "Does it?"
seeds = 2
reference = "a"
metrics = ["test.mae", "labels.text.copies"]
[settings]
joint.epochs = 3
[axes]
"joint.unimodal_weight" = [0.0, 0.5]
[[variants]]
name = "a"
[[variants]]
name = "b"
set = { "denoising.objective" = "first-order", contrastive = { epochs = 2 } }
"#;

fn with(from: &str, to: &str) -> String {
    assert!(TEXT.contains(from), "{from}");
    Definition::parse(&TEXT.replace(from, to), "x.toml").map(|d| panic!("{d:?}")).unwrap_err().to_string()
}

#[test]
fn what_people_write() {
    let study = Definition::parse(TEXT, "x.toml").unwrap();
    assert_eq!(study.seeds.list(), [1, 2]);
    assert_eq!(study.axes()[0].1.len(), 2);
    let set = leaves(&study.variants[1].set);
    let keys: Vec<&str> = set.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["contrastive.epochs", "denoising.objective"], "dotted keys and tables are the same");
}

#[test]
fn what_is_wrong_is_named_with_what_was_meant() {
    for (from, to, expected) in [
        ("question", "qestion", "did you mean question?"),
        ("joint.epochs", "joint.epoch", "did you mean joint.epochs?"),
        ("\"joint.unimodal_weight\"", "joint.unimodal_wait", "axes: there is no setting joint.unimodal_wait"),
        ("denoising.objective", "denoising.objectiv", "variant b: there is no setting denoising.objectiv"),
        ("reference = \"a\"", "reference = \"c\"", "there is no variant c; expected one of a, b"),
        ("name = \"b\"", "name = \"a\"", "two named a"),
        ("name = \"b\"", "name = \"../b\"", "cannot name a variant"),
        ("\"test.mae\"", "\"text.mae\"", "names nothing that is measured"),
        ("[0.0, 0.5]", "[]", "has no value"),
        (
            "[[variants]]\nname = \"a\"",
            "[[lines]]\ny = \"seconds\"\nx = []\n[[variants]]\nname = \"a\"",
            "lines: y: expected one",
        ),
        ("[0.0, 0.5]", "[0.5, 0.5]", "twice"),
        ("seeds = 2", "seeds = 0", "expected 1 to 1000 seeds"),
        ("seeds = 2", "seeds = [-1]", "a list of seeds"),
        ("joint.epochs = 3", "training.seed = 3", "set by `seeds`"),
        ("\"denoising.objective\"", "\"joint.unimodal_weight\"", "set by variant b, too"),
        ("seeds = 2", "seeds = 2\nstages = [\"joint\"]", "stages: expected contrastive"),
        ("[0.0, 0.5]", &format!("{:?}", (0..600).map(f64::from).collect::<Vec<_>>()), "expected at most"),
    ] {
        let text = with(from, to);
        assert!(text.starts_with("x.toml: ") && text.contains(expected), "{from} -> {to}: {text}");
    }
}

#[test]
fn seeds_are_a_number_or_a_list() {
    let list = |text| Seeds::parse(text).map(|s| s.list());
    assert_eq!(list("3"), Ok(vec![1, 2, 3]));
    assert_eq!(list("7,1,7"), Ok(vec![1, 7]));
    assert_eq!(list("7,"), Ok(vec![7]));
    for bad in ["", ",", "0", "-1", "1.5", "a", "2000", "1,99999999999999999999"] {
        assert!(Seeds::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn every_shipped_study_is_one_and_begins_with_its_question() {
    for (name, text) in SHIPPED {
        let study = shipped(name).unwrap().unwrap();
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("# ") && first.ends_with(study.question.trim()), "{name}: {first}");
    }
    assert!(shipped("none").is_none());
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = Definition::parse(&text, "x");
    }

    #[test]
    fn no_change_of_a_study_panics(at in 0..TEXT.len(), with in "[\\[\\]{}=\".,a-z0-9\n -]{0,6}") {
        let mut text = TEXT.to_owned();
        text.insert_str(at, &with);
        if let Ok(study) = Definition::parse(&text, "x") {
            // What is taken can be written and is taken again.
            let again = toml::to_string(&study).unwrap();
            prop_assert_eq!(Definition::parse(&again, "x").unwrap(), study);
        }
    }
}
