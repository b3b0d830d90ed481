//! Stage 2's other learners: each through the whole of a run, and after a resume.

use std::sync::Arc;
use std::sync::mpsc::channel;

use mug::config::Settings;
use mug::dataset::Dataset;
use mug::modality::Modality;
use mug::split::Split;
use mug::training::calibration::Calibrator;
use mug::training::control::Control;
use mug::training::events::{Body, Event, Stage};
use mug::training::{Outcome, TrainingError, train};

use crate::stages::{Record, cpu, dataset, job, record, run, run_until};

const MLC: &str = "denoising.learner=mlc denoising.members=1";
/// Looks ahead over steps whose number divides neither an epoch nor the stage.
const MLC_FAR: &str = "denoising.learner=mlc denoising.members=1 denoising.look_ahead=3";
const META_WEIGHT: &str = "denoising.learner=meta-weight denoising.members=1";

fn of(data: &Arc<Dataset>, set: &str) -> Record {
    run(job(data, set, cpu(), tempfile::tempdir().unwrap().path(), false))
}

fn losses(record: &Record, stage: Stage) -> Vec<&String> {
    record.losses.iter().filter(|l| l.0 == stage).map(|l| &l.2).collect()
}

#[test]
fn every_learner_is_resumed_bit_for_bit() {
    let data = dataset(80);
    for set in [MLC, MLC_FAR, META_WEIGHT] {
        let whole = of(&data, set);
        // Steps 4 and 11 lie in the middle of what MLC remembers.
        for (stage, nth) in [(Stage::Denoising, 4), (Stage::Denoising, 11), (Stage::Joint, 3)] {
            let folder = tempfile::tempdir().unwrap();
            let (outcome, mut events) = run_until(job(&data, set, cpu(), folder.path(), false), stage, nth);
            assert_eq!(outcome.unwrap(), Outcome::Stopped, "{set}: {stage} {nth}");
            let (outcome, rest) = run_until(job(&data, set, cpu(), folder.path(), true), stage, usize::MAX);
            assert_eq!(outcome.unwrap(), Outcome::Finished);
            events.extend(rest);
            assert!(
                record(&events) == whole,
                "{set}: stopped in {stage} at about step {nth}, then other numbers came out"
            );
        }
    }
}

#[test]
fn every_learner_leaves_other_labels_and_another_third_stage_but_the_same_first() {
    let data = dataset(60);
    let all = ["denoising.members=1", MLC, MLC_FAR, META_WEIGHT].map(|set| of(&data, set));
    for (k, one) in all.iter().enumerate() {
        for other in &all[..k] {
            assert!(losses(one, Stage::Contrastive) == losses(other, Stage::Contrastive));
            assert!(losses(one, Stage::Denoising) != losses(other, Stage::Denoising));
            assert!(losses(one, Stage::Joint) != losses(other, Stage::Joint));
            assert!(one.labels != other.labels);
        }
    }
}

#[test]
fn meta_weight_net_keeps_y_and_weighs_every_clip_in_every_modality() {
    let data = dataset(60);
    let record = of(&data, META_WEIGHT);
    let labels = record.labels.as_ref().unwrap();
    let y: Vec<f32> = Split::ALL.iter().flat_map(|&s| data.labels(s)).copied().collect();
    let weights = labels.weights.as_ref().unwrap();
    for m in Modality::ALL {
        assert!(labels.corrected[m] == y && weights[m].len() == y.len(), "{m}");
        assert!(weights[m].iter().all(|w| *w > 0.0 && *w < 1.0), "{m}");
        let (least, most) = weights[m].iter().fold((1.0f32, 0.0f32), |(a, b), w| (a.min(*w), b.max(*w)));
        assert!(most - least > 1e-4, "{m}: all clips count the same, {least}");
    }
    assert_ne!(weights.text, weights.audio);
}

#[test]
fn only_correctors_are_judged_as_such_and_the_record_says_what_a_learner_does() {
    let data = dataset(30);
    for (set, judged, word) in [("", true, None), (MLC, true, Some("mlc")), (META_WEIGHT, false, Some("meta-weight"))] {
        let (sender, events) = channel::<Event>();
        let folder = tempfile::tempdir().unwrap();
        train(job(&data, set, cpu(), folder.path(), false), &Control::new(), &sender).unwrap();
        drop(sender);
        let events: Vec<Event> = events.iter().filter(|e| e.stage == Some(Stage::Denoising)).collect();
        assert_eq!(events.iter().any(|e| matches!(e.body, Body::Health { .. })), judged, "{set}");
        let says = |word: &str| {
            let learner = format!("denoising.learner = {word}:");
            events.iter().any(|e| matches!(&e.body, Body::Log { message, .. } if message.starts_with(&learner)))
        };
        assert!(["mucn", "mlc", "meta-weight"].iter().all(|w| says(w) == (word == Some(*w))), "{set}");
        // There is nothing for a calibration to choose between.
        let calibrator = Calibrator::open(job(&data, set, cpu(), folder.path(), true));
        assert_eq!(matches!(calibrator, Err(TrainingError::NoCalibration(_))), word.is_some(), "{set}");
    }
}

#[test]
fn a_learner_that_trains_encoders_takes_one_member() {
    let parse = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
        Settings::parse("", "", &sets).map_err(|e| e.to_string())
    };
    for learner in ["denoising.learner=mlc", "denoising.learner=meta-weight"] {
        let error = parse(&[learner]).unwrap_err();
        assert!(error.contains("together with denoising.members = 1"), "{error}");
        assert!(parse(&[learner, "denoising.members=1"]).is_ok());
        assert!(parse(&[learner, "denoising.members={networks=2}"]).is_err());
    }
    assert!(parse(&["denoising.look_ahead=0", "denoising.members=1"]).unwrap_err().contains("from 1 to 1000"));
}
