//! What the figures hold: points, gaps, axes, legends, and that nothing in the data can break them.

use std::path::Path;

use super::palette::lightness;
use super::panel::{Axis, Layer, Panel};
use super::*;
use crate::report::fixture::{EPOCHS, STEPS, empty, events, events_with_rates, finished, write_events};
use crate::report::scale::Scale;
use crate::split::Split;
use crate::training::events::Stage;

fn drawn(dir: &RunDir, change: impl Fn(&mut Request), what: &'static FigureKind) -> (Figure, String) {
    let mut request = Request::new(what);
    change(&mut request);
    let figure = figure(dir, &request).unwrap();
    let svg = canvas::svg(&figure).unwrap();
    (figure, svg)
}

fn lines(panel: &Panel) -> Vec<&Vec<Vec<(f64, f64)>>> {
    panel
        .layers
        .iter()
        .filter_map(|l| if let Layer::Line { stretches, .. } = l { Some(stretches) } else { None })
        .collect()
}

/// The texts of a document in order.
fn texts(svg: &str) -> Vec<String> {
    let inside =
        |part: &str| part.split_once('>').and_then(|(_, rest)| Some(rest.split_once("</text>")?.0.trim().to_owned()));
    svg.split("<text").skip(1).filter_map(inside).collect()
}

#[test]
fn losses_have_every_point_and_gaps_are_gaps() {
    let (_root, dir) = finished("a", &[]);
    let (figure, svg) = drawn(&dir, |_| {}, &LOSSES);
    let panels: Vec<&Panel> = figure.panels().collect();
    assert_eq!(panels.len(), 3);
    for (i, panel) in panels.iter().enumerate() {
        // Raw, smoothed, training by epoch (none here), validation.
        let points: Vec<usize> = lines(panel).iter().map(|l| l.concat().len()).collect();
        let steps = (STEPS * EPOCHS) as usize - usize::from(i == 0);
        let epochs = EPOCHS as usize + usize::from(i == 0);
        assert_eq!(points, [steps, steps, 0, epochs], "panel {i}");
        let stretches = if i == 0 { 2 } else { 1 };
        assert_eq!(lines(panel)[0].len(), stretches, "a value that is not finite parts the line");
    }
    assert_eq!(lines(panels[0])[0][0].len(), 6);
    assert!(figure.notes.iter().any(|n| n.contains("contrastive: 1 values are not finite")), "{:?}", figure.notes);
    let words = texts(&svg);
    for word in [
        "Stage 1: contrastive",
        "Stage 3: joint",
        "epoch",
        "loss",
        "validation",
        "epoch handed on (least validation task loss | MAE)",
        "training, each step",
    ] {
        assert!(words.iter().any(|w| w == word), "{word} in {words:?}");
    }
    // The best epoch is marked in each panel.
    assert!(panels.iter().all(|p| p.layers.iter().any(|l| matches!(l, Layer::Upright { x, .. } if *x == 3.0))));
}

#[test]
fn learning_rates_have_a_line_a_group() {
    let (_root, dir) = finished("a", &[]);
    let error = figure(&dir, &Request::new(&RATES)).unwrap_err().to_string();
    assert!(error.contains("no learning rate of any stage is recorded"), "{error}");
    write_events(&dir, &events_with_rates());
    let (figure, svg) = drawn(&dir, |_| {}, &RATES);
    let panels: Vec<&Panel> = figure.panels().collect();
    assert_eq!(panels.len(), 3);
    let steps = (STEPS * EPOCHS) as usize;
    let points = |panel: &Panel| lines(panel).iter().map(|l| l.concat().len()).collect::<Vec<_>>();
    assert_eq!((points(panels[0]), points(panels[2])), (vec![steps, steps], vec![steps]));
    // Of the two groups, bert comes first: it rises to its rate and falls to 0.
    let bert: Vec<f64> = lines(panels[0])[0].concat().iter().map(|p| p.1).collect();
    assert!((bert[4] - 5e-5).abs() < 1e-9 && bert[0] < bert[1] && bert[10] > bert[11] && bert[steps - 1] == 0.0);
    assert!(lines(panels[2])[0].concat().iter().all(|p| (p.1 - 1e-3).abs() < 1e-9));
    for word in ["network", "bert", "learning rate", "Stage 1: contrastive"] {
        assert!(texts(&svg).iter().any(|w| w == word), "{word} in {svg}");
    }
    let (figure, _) = drawn(&dir, |r| (r.stage, r.log, r.x) = (Some(Stage::Contrastive), true, XAxis::Time), &RATES);
    assert!(figure.panels().count() == 1 && figure.panels().all(|p| p.y.scale.log && p.x.scale.hi > 1.0));
}

#[test]
fn what_is_asked_for_is_drawn() {
    let (_root, dir) = finished("a", &[]);
    let (figure, svg) = drawn(&dir, |r| (r.stage, r.log, r.x) = (Some(Stage::Joint), true, XAxis::Step), &LOSSES);
    assert_eq!(figure.panels().count(), 1);
    assert!(figure.panels().all(|p| p.y.scale.log) && texts(&svg).contains(&"optimiser step".to_owned()));
    let (figure, svg) = drawn(&dir, |r| (r.value, r.x) = ("task".into(), XAxis::Time), &LOSSES);
    assert!(texts(&svg).contains(&"task".to_owned()) && texts(&svg).contains(&"training time (min:s)".to_owned()));
    assert!(figure.panels().all(|p| lines(p)[3].is_empty()), "task has no validation value here");
    let (figure, _) = drawn(&dir, |r| (r.width, r.height, r.title) = (Some(300.0), Some(500.0), true), &LOSSES);
    assert_eq!((figure.width, figure.height, figure.rows.len(), &*figure.title), (300.0, 500.0, 3, "a (demo)"));
}

#[test]
fn metrics_go_on_from_stage_to_stage() {
    let (_root, dir) = finished("a", &[]);
    let (figure, svg) = drawn(&dir, |_| {}, &METRICS);
    let panels: Vec<&Panel> = figure.panels().collect();
    assert_eq!(panels.len(), 3, "MAE, Pearson r, shares");
    let mae = lines(panels[0])[0];
    assert_eq!(mae.iter().map(Vec::len).collect::<Vec<_>>(), [5, 4], "two stages, not joined, the first from epoch 0");
    assert_eq!((mae[0][0], mae[1][0]), ((1.0, 1.25), (6.0, 1.0)));
    let words = texts(&svg);
    for word in [
        "Validation MAE; test 0.360",
        "validation MAE (labels in ±1)",
        "validation Pearson r",
        "share of validation clips (%)",
        "Acc2 (non0)",
        "F1",
        "epoch (contrastive | joint)",
    ] {
        assert!(words.iter().any(|w| w == word), "{word} in {words:?}");
    }
    assert!(lines(panels[2])[1].is_empty(), "an undefined metric has no points");
    let (figure, _) = drawn(&dir, |r| r.stage = Some(Stage::Joint), &METRICS);
    assert_eq!(lines(figure.panels().next().unwrap())[0].len(), 1);
}

#[test]
fn labels_are_counted_and_judged() {
    let (_root, dir) = finished("a", &[]);
    let (figure, svg) = drawn(&dir, |_| {}, &LABELS);
    assert_eq!(figure.rows.iter().map(|(_, r)| r.len()).collect::<Vec<_>>(), [3, 3, 3]);
    let words = texts(&svg);
    for word in
        ["label y", "corrected label, audio", "clips (%)", "true label, vision", "mean |change| 0.200, 90 % moved"]
    {
        assert!(words.iter().any(|w| w == word), "{word} in {words:?}");
    }
    assert!(
        words.contains(&"corrected: r 0.900, MAE 0.100".to_owned())
            && words.contains(&"copies of y: r 0.800, MAE 0.200".to_owned())
    );
    let narrow = |width| {
        let (figure, svg) = drawn(&dir, |r| r.width = Some(width), &LABELS);
        assert!(figure.notes[0].contains("450 px or more"), "{:?}", figure.notes);
        (figure.rows.iter().map(|(_, r)| r.len()).collect::<Vec<_>>(), texts(&svg).contains(&"clips (%)".to_owned()))
    };
    assert_eq!((narrow(320.0), narrow(200.0)), ((vec![2, 2, 2], false), (vec![1, 1, 1], false)));
    let mut request = Request::new(&LABELS);
    request.split = Split::Test;
    assert!(super::figure(&dir, &request).unwrap_err().to_string().contains("no row is in the test split"));
}

#[test]
fn nothing_in_the_data_becomes_markup() {
    let (_root, dir) = finished("a", &[]);
    let (_, svg) = drawn(&dir, |r| r.value = "a<b>&\u{1b}".into(), &LOSSES);
    assert!(svg.contains("a&lt;b&gt;&amp;\u{fffd}") && !svg.contains('\u{1b}') && !svg.contains("<b>"), "{svg}");
    assert!(resvg::usvg::Tree::from_str(&svg, &Default::default()).is_ok());
}

#[test]
fn what_is_missing_is_said() {
    let (_root, dir) = empty("new", &[]);
    let message = |dir: &RunDir, what, stage| {
        let mut request = Request::new(what);
        request.stage = stage;
        figure(dir, &request).unwrap_err().to_string()
    };
    assert_eq!(message(&dir, &LOSSES, None), "run new has no losses to show: no step of any stage is recorded");
    assert!(message(&dir, &METRICS, None).contains("no epoch of the contrastive or the joint stage is finished"));
    assert!(message(&dir, &LABELS, None).contains("reads corrected labels after its first epochs"));
    write_events(&dir, &events()[..4]);
    assert!(message(&dir, &LOSSES, Some(Stage::Joint)).contains("no step of the joint stage"));
    assert!(message(&dir, &METRICS, Some(Stage::Denoising)).contains("trains no prediction"));
    let mut request = Request::new(&LOSSES);
    request.value = "accuracy".into();
    let text = figure(&dir, &request).unwrap_err().to_string();
    assert!(text.contains("\"accuracy\"") && text.contains("loss, task"), "{text}");
}

#[test]
fn a_run_of_no_step_or_of_one_can_be_drawn() {
    let (_root, dir) = empty("new", &[]);
    for (log, n) in [(false, 2), (true, 3), (false, 3)] {
        write_events(&dir, &events()[..n]);
        let (figure, svg) = drawn(&dir, |r| r.log = log, &LOSSES);
        assert_eq!(figure.panels().count(), 1);
        assert!(image::png(&svg, 1.0).is_ok());
    }
}

#[test]
fn files_are_whole_and_of_the_form_that_their_name_says() {
    let (root, dir) = finished("a", &[]);
    let out = root.path().join("x.PNG");
    write(figure(&dir, &Request::new(&METRICS)).unwrap(), &out, 0.5).unwrap();
    assert!(std::fs::read(&out).unwrap().starts_with(b"\x89PNG"));
    write(figure(&dir, &Request::new(&LABELS)).unwrap(), &root.path().join("x.svg"), 1.0).unwrap();
    let bad = |path: &Path| write(figure(&dir, &Request::new(&LOSSES)).unwrap(), path, 1.0).unwrap_err().to_string();
    assert!(bad(Path::new("x.pdf")).contains(".svg or .png") && bad(Path::new("x")).contains(".svg or .png"));
    let text = bad(&root.path().join("none/x.svg"));
    assert!(text.contains("cannot write") && text.contains("none/x.svg"), "{text}");
    for (width, height) in [(10.0, None), (f64::NAN, None), (300.0, Some(1e9))] {
        let request = Request { width: Some(width), height, ..Request::new(&LOSSES) };
        assert!(matches!(figure(&dir, &request), Err(FigureError::Size { .. })));
    }
}

#[test]
fn every_size_is_drawn_and_no_text_leaves_the_page() {
    let (_root, dir) = finished("a", &[]);
    for what in [&LOSSES, &METRICS, &LABELS] {
        for (width, height) in [(150.0, 150.0), (150.0, 900.0), (321.0, 200.0), (680.0, 150.0), (2000.0, 1500.0)] {
            let (_, svg) = drawn(&dir, |r| (r.width, r.height) = (Some(width), Some(height)), what);
            let tree = resvg::usvg::Tree::from_str(&svg, &Default::default()).unwrap();
            assert_eq!((f64::from(tree.size().width()), f64::from(tree.size().height())), (width, height));
        }
    }
}

#[test]
fn axes_have_ticks_that_keep_their_distance() {
    for (lo, hi) in [(0.0, 1.0), (-1e-9, 1e-9), (0.0, 12345.0), (1e6, 1e9)] {
        for length in [30.0, 100.0, 600.0] {
            for upright in [true, false] {
                let axis = Axis::new(Scale::new(lo, hi, false), "x");
                let ticks = canvas::ticks(&axis, length, upright);
                let need = |l: &str| if upright { 9.0 } else { writing::width_of(l, 9.0) };
                let apart = |w: &[(f64, String)]| (w[1].0 - w[0].0) * length >= (need(&w[0].1) + need(&w[1].1)) / 2.0;
                assert!(ticks.windows(2).all(apart), "{lo} {hi} {length} {upright} {ticks:?}");
            }
        }
    }
}

#[test]
fn training_and_validation_differ_in_grey() {
    let (train, valid) = (palette::look(0), palette::look(1));
    assert!((lightness(train.stroke.colour) - lightness(valid.stroke.colour)).abs() > 15.0);
    assert!(train.stroke.dash != valid.stroke.dash && train.marker != valid.marker);
}
