use super::*;
use crate::report::study::outcomes::{CellState, Outcome, Outcomes, StudyMetric, TestClips, Variant};
use crate::report::study::table::Table;
use crate::run::study::LineAsked;

fn lines_asked() -> [LineAsked; 1] {
    [LineAsked { y: "test.mae".into(), x: vec!["seconds".into()], log: false }]
}

/// A made-up study: a variant that is better, one that fails once and whose correlation is never defined, one of two seeds
/// so far; each at two places of an axis but the last.
fn study() -> Table {
    let metric =
        |key: &str, name: &str, lower_is_better| StudyMetric { key: key.into(), name: name.into(), lower_is_better };
    let variant = |name: &str| Variant { name: name.into(), axes: vec![("data.label_noise".into(), "0.2".into())] };
    let cell = |state: CellState, values: [Option<f64>; 3], off: f32| Outcome {
        state,
        values: values.to_vec(),
        test: Some(TestClips {
            ids: ["a", "b", "c", "d"].map(str::to_owned).into(),
            // So that the mean absolute error is `off`.
            predicted: vec![0.5 * off, 0.1 + 1.5 * off, 0.2 + off, 0.4 - off],
            labels: vec![0.0, 0.1, 0.2, 0.4],
        }),
    };
    let done =
        |mae: f64, r: Option<f64>, seconds: f64| cell(CellState::Finished, [Some(mae), r, Some(seconds)], mae as f32);
    let none = [None; 3];
    Outcomes {
        name: "made-up".into(),
        question: "Does a_b help & at what cost?".into(),
        metrics: vec![
            metric("test.mae", "test MAE", Some(true)),
            metric("test.pearson", "test r", Some(false)),
            metric("seconds", "seconds", None),
        ],
        variants: vec![variant("copied"), variant("mucn"), variant("broken|one"), variant("young")],
        reference: Some(0),
        seeds: vec![1, 2, 3, 4],
        cells: vec![
            done(0.40, Some(0.6), 10.0),
            done(0.41, Some(0.61), 11.0),
            done(0.42, Some(0.59), 10.5),
            done(0.41, Some(0.60), 10.0),
            done(0.36, Some(0.61), 19.0),
            done(0.37, Some(0.60), 20.0),
            done(0.37, Some(0.60), 21.5),
            done(0.37, Some(0.60), 20.0),
            done(0.43, None, 12.0),
            cell(CellState::Failed { reason: "the loss is not finite\nat step 3".into() }, none, 0.0),
            done(0.39, None, 12.5),
            done(0.42, None, 12.0),
            done(0.38, Some(0.6), 9.0),
            done(0.39, Some(0.6), 9.5),
            cell(CellState::Running { share: 0.5 }, none, 0.0),
            cell(CellState::Waiting, none, 0.0),
        ],
        lines: lines_asked().to_vec(),
    }
    .table()
}

#[test]
fn every_form_says_the_same() {
    let table = study();
    for form in FORMS {
        insta::assert_snapshot!(format!("study_{}", form.name), (form.render)(&table));
    }
}

#[test]
fn lines_fit_where_they_can() {
    for width in [60, 80, 120] {
        for line in lines(&study(), width) {
            assert!(unicode_width::UnicodeWidthStr::width(&*line) <= width, "{width}: {line}");
        }
    }
}

#[test]
fn every_form_is_named_once() {
    let mut names: Vec<&str> = FORMS.iter().map(|f| f.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FORMS.len());
}

#[test]
fn a_study_of_nothing_can_be_written() {
    let empty =
        Table { name: "x".into(), question: String::new(), seeds: vec![], columns: vec![], rows: vec![], fits: vec![] };
    for form in FORMS {
        assert!((form.render)(&empty).ends_with('\n'), "{}", form.name);
    }
}

#[test]
fn a_difference_that_is_told_apart_is_not_written_as_zero() {
    let of = |values: [f64; 3]| {
        let metric = StudyMetric { key: "test.mae".into(), name: "test MAE".into(), lower_is_better: Some(true) };
        let cell = |v: f64| Outcome { state: CellState::Finished, values: vec![Some(v)], test: None };
        Outcomes {
            name: "small".into(),
            question: String::new(),
            metrics: vec![metric],
            variants: ["a", "b"].map(|name| Variant { name: name.into(), axes: vec![] }).into(),
            reference: Some(0),
            seeds: vec![1, 2, 3],
            cells: [0.4; 3].into_iter().chain(values).map(cell).collect(),
            lines: vec![],
        }
        .table()
    };
    let said = |values| lines(&of(values), 120).join("\n");
    let text = said([0.40011, 0.40012, 0.40011]);
    assert!(text.contains("+0.0001 [+0.0001, +0.0001]") && text.contains("worse, p < .001"), "{text}");
    let text = said([0.4001, 0.3999, 0.4001]);
    assert!(text.contains("0.000 [0.000, 0.000]") && text.contains("not told apart"), "{text}");
}
