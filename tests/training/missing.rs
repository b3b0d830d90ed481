//! Modalities that clips lack, or that the network has no encoder of: through the whole of a run.

use std::sync::Arc;
use std::sync::mpsc::channel;

use mug::config::Settings;
use mug::dataset::{Dataset, demo};
use mug::modality::{Modality, PerModality};
use mug::split::Split;
use mug::training::control::Control;
use mug::training::events::{Body, Event, Stage};
use mug::training::{Outcome, train};

use crate::stages::{cpu, job, record, run, run_until};
use crate::support::clips::{cut, demo_clips};

const MISSING: &str = "data.missing.text=0.3 data.missing.audio=0.5";

fn settings(set: &str) -> Settings {
    Settings::parse("", "the test", &set.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).unwrap()
}

fn dataset(set: &str) -> Arc<Dataset> {
    demo_clips(40, 20, &settings(set), |_| {})
}

/// Whether each row of the label table has a modality.
fn has(data: &Dataset) -> PerModality<Vec<bool>> {
    PerModality::from_fn(|m| Split::ALL.iter().flat_map(|&s| data.lengths(s, m)).map(|&n| n > 0).collect())
}

fn events(data: &Arc<Dataset>, set: &str) -> Vec<Event> {
    let folder = tempfile::tempdir().unwrap();
    let (sender, events) = channel::<Event>();
    assert_eq!(
        train(job(data, set, cpu(), folder.path(), false), &Control::new(), &sender).unwrap(),
        Outcome::Finished
    );
    drop(sender);
    events.iter().collect()
}

#[test]
fn what_a_clip_lacks_has_no_label_and_no_prediction_and_everything_else_has() {
    let data = dataset(MISSING);
    let events = events(&data, MISSING);
    let has = has(&data);
    let (mut labels, mut predictions) = (0, 0);
    for event in &events {
        match &event.body {
            Body::Labels { values: Some(values), summaries, .. } => {
                for (m, own) in values.corrected.iter().chain(values.spread.iter().flat_map(PerModality::iter)) {
                    assert!(own.iter().zip(&has[m]).all(|(y, has)| y.is_finite() == *has), "{m}");
                    let train = has[m][..40].iter().filter(|has| **has).count();
                    assert_eq!(summaries.train[m].annotated, Some(train), "{m}: judged is what is there");
                }
                labels += 1;
            }
            Body::Predictions { values: Some(values), .. } => {
                assert!(values.multimodal.iter().all(|p| p.is_finite()));
                for (m, own) in values.unimodal.iter() {
                    assert!(own.iter().zip(&has[m]).all(|(y, has)| y.is_finite() == *has), "{m}");
                }
                predictions += 1;
            }
            Body::Step { scalars, .. } => assert!(scalars.values().all(Option::is_some), "{scalars:?}"),
            Body::Epoch { valid, .. } => assert!(valid.values().all(Option::is_some), "{valid:?}"),
            Body::Prepared(prepared) => {
                let said = prepared.findings.iter().filter(|f| f.contains("data.missing")).count();
                assert_eq!(said, 6, "{:?}", prepared.findings);
                assert!(prepared.findings.iter().any(|f| f.contains("20 of 40 clips")), "{:?}", prepared.findings);
            }
            _ => {}
        }
    }
    assert!(labels >= 3 && predictions == 2);
}

#[test]
fn a_run_with_missing_modalities_goes_on_as_if_it_had_not_been_stopped() {
    let data = dataset(MISSING);
    // Written out: undefined values are not the same as themselves.
    let text = |record| format!("{record:?}");
    let whole = text(run(job(&data, MISSING, cpu(), tempfile::tempdir().unwrap().path(), false)));
    for (stage, nth) in [(Stage::Contrastive, 7), (Stage::Denoising, 8), (Stage::Joint, 6)] {
        let folder = tempfile::tempdir().unwrap();
        let (outcome, mut all) = run_until(job(&data, MISSING, cpu(), folder.path(), false), stage, nth);
        assert_eq!(outcome.unwrap(), Outcome::Stopped);
        let (sender, rest) = channel::<Event>();
        let resumed = job(&data, MISSING, cpu(), folder.path(), true);
        assert_eq!(train(resumed, &Control::new(), &sender).unwrap(), Outcome::Finished);
        drop(sender);
        all.extend(rest.iter());
        assert!(text(record(&all)) == whole, "stopped in {stage}");
    }
}

#[test]
fn a_clip_of_zero_length_is_a_clip_whose_modality_was_taken_away() {
    let raw = "data.normalise={text=false,audio=false,vision=false}";
    let set = format!("{raw} {MISSING}");
    let taken = dataset(&set);
    let mut splits = demo::generate(3);
    for (split, keep) in [(&mut splits.train, 40), (&mut splits.valid, 20), (&mut splits.test, 20)] {
        cut(split, keep);
    }
    for split in Split::ALL {
        for m in Modality::ALL {
            for (row, length) in taken.lengths(split, m).iter().enumerate() {
                if *length == 0 {
                    splits[split].sequences[m].lengths[row] = 0;
                }
            }
        }
    }
    let empty = Dataset::from_memory("small demo", splits, demo::LABEL_RANGE, &settings(raw).data).unwrap();
    assert_ne!(empty.fingerprint, taken.fingerprint);
    let of = |data: &Arc<Dataset>, set: &str| {
        format!("{:?}", run(job(data, set, cpu(), tempfile::tempdir().unwrap().path(), false)))
    };
    assert!(of(&Arc::new(empty), raw) == of(&taken, &set));
}

#[test]
fn a_network_of_one_modality_says_nothing_of_the_others() {
    let set = "model.modalities=[\"audio\"]";
    let data = dataset(set);
    let found = events(&data, set);
    let mut checks = 0;
    for event in &found {
        match &event.body {
            Body::Prepared(prepared) => assert_eq!(prepared.modalities(), [Modality::Audio]),
            Body::Step { scalars, .. } => {
                assert!(!scalars.contains_key("contrastive") && scalars.values().all(Option::is_some), "{scalars:?}");
            }
            Body::Epoch { valid, .. } => {
                assert!(valid.keys().all(|key| !key.contains("contrastive") && !key.contains("gap")), "{valid:?}");
            }
            Body::Labels { values: Some(values), summaries, .. } => {
                let there = values.corrected.map(|_, own| own.iter().filter(|y| y.is_finite()).count());
                assert_eq!(there, PerModality { text: 0, audio: 80, vision: 0 });
                assert!(summaries.train.text.mean_abs_change.is_none() && summaries.train.audio.gain.is_some());
            }
            Body::Health { checks: all } => {
                assert!(all.iter().all(|c| c.modality.is_none_or(|m| m == Modality::Audio)), "{all:?}");
                assert!(all.iter().all(|c| c.name != "not-aligned"), "{all:?}");
                checks += all.len();
            }
            _ => {}
        }
    }
    assert!(checks > 0);
    let said =
        |event: &&Event| matches!(&event.body, Body::Log { message, .. } if message.contains("L_cl is left out"));
    assert_eq!(found.iter().filter(said).count(), 1);
}

#[test]
fn two_modalities_are_aligned_and_every_source_and_form_of_the_corrector_trains() {
    let pair = "model.modalities=[\"text\",\"vision\"] data.missing.vision=0.4 model.corrector_shared=true";
    let all = "data.missing.vision=1 data.missing.text=0.9 model.projection=false";
    for set in [pair, all] {
        for source in ["corrected", "copied", "human", "momentum"] {
            let set = format!("{set} labels.source={source} denoising.members={{networks=2,correctors=2}}");
            let record = run(job(&dataset(&set), &set, cpu(), tempfile::tempdir().unwrap().path(), false));
            assert!(record.losses.iter().any(|(stage, _, text)| {
                *stage == Stage::Contrastive
                    && text.contains("contrastive_text")
                    && text.contains("contrastive_audio") != set.starts_with("model")
            }));
            assert!(record.losses.iter().all(|(_, _, text)| !text.contains("None")), "{set}");
        }
    }
}
