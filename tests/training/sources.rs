//! What stage 3 learns: each source of labels through the whole of a run, noise in the data's labels, and parts of the method
//! left out.

use std::sync::Arc;
use std::sync::mpsc::channel;

use mug::config::{DataSettings, Settings};
use mug::dataset::demo;
use mug::dataset::{Dataset, Source};
use mug::modality::Modality;
use mug::split::Split;
use mug::training::control::Control;
use mug::training::events::{Body, CheckState, Event, LabelValues, Level, Stage};
use mug::training::{Job, Outcome, train};

use crate::stages::{Record, cpu, dataset, job, record, run, run_until};
use crate::support::clips::{cut, demo_clips};

const WITHOUT_DENOISING: [Stage; 2] = [Stage::Contrastive, Stage::Joint];

fn with_stages(job: Job, stages: &[Stage]) -> Job {
    Job { stages: stages.to_vec(), ..job }
}

fn of(data: &Arc<Dataset>, set: &str, stages: &[Stage]) -> Record {
    run(with_stages(job(data, set, cpu(), tempfile::tempdir().unwrap().path(), false), stages))
}

/// Every event of a run that finishes.
fn events(data: &Arc<Dataset>, set: &str, stages: &[Stage]) -> Vec<Event> {
    let folder = tempfile::tempdir().unwrap();
    let (sender, events) = channel::<Event>();
    let job = with_stages(job(data, set, cpu(), folder.path(), false), stages);
    assert_eq!(train(job, &Control::new(), &sender).unwrap(), Outcome::Finished);
    drop(sender);
    events.iter().collect()
}

fn joint(record: &Record) -> Vec<&String> {
    record.losses.iter().filter(|l| l.0 == Stage::Joint).map(|l| &l.2).collect()
}

/// Labels by their bits: those of some rows are NaN, which is not the same as itself.
fn bits(labels: &LabelValues) -> Vec<Vec<u32>> {
    Modality::ALL.map(|m| labels.corrected[m].iter().map(|y| y.to_bits()).collect()).to_vec()
}

#[test]
fn every_source_trains_the_joint_stage_in_its_own_way_with_and_without_the_denoising_stage() {
    let data = dataset(40);
    let corrected = of(&data, "", &Stage::ALL);
    let mut all = vec![joint(&corrected)];
    let others = ["copied", "human", "momentum"].map(|source| {
        let set = format!("labels.source={source}");
        (of(&data, &set, &WITHOUT_DENOISING), of(&data, &set, &Stage::ALL))
    });
    for (without, with) in &others {
        assert!(joint(without) == joint(with), "the denoising stage has a part in it");
        assert!(without.losses.iter().all(|l| l.0 != Stage::Denoising));
        all.push(joint(without));
    }
    for (i, own) in all.iter().enumerate() {
        assert!(all[..i].iter().all(|other| own[0] != other[0]), "two sources begin with the same step");
        assert_eq!(own.len(), 2 * 5 + 2);
    }
    let [(copied, both), (human, _), (momentum, _)] = &others;
    assert!(copied.labels.is_none() && human.labels.is_none() && copied.summary.labels.is_none());
    assert!(momentum.summary.labels.is_some());
    // A stage 2 that nothing builds on shows its labels all the same.
    assert!(both.labels.is_some());
}

#[test]
fn momentum_labels_begin_as_copies_move_from_the_second_epoch_on_and_are_recorded() {
    let data = dataset(40);
    let set = "labels.source=momentum joint.epochs=3 joint.patience=0";
    let events = events(&data, set, &WITHOUT_DENOISING);
    let refreshes: Vec<(Option<Stage>, u32, Arc<LabelValues>)> = events
        .iter()
        .filter_map(|event| match &event.body {
            Body::Labels { values: Some(values), .. } => Some((event.stage, event.epoch, values.clone())),
            _ => None,
        })
        .collect();
    let at: Vec<(Option<Stage>, u32)> = refreshes.iter().map(|(stage, epoch, _)| (*stage, *epoch)).collect();
    assert_eq!(at, [1, 2, 3].map(|epoch| (Some(Stage::Joint), epoch)));
    let y = data.labels(Split::Train);
    for (m, first) in refreshes[0].2.corrected.iter() {
        assert_eq!(&first[..40], y);
        assert!(first[40..].iter().all(|y| y.is_nan()) && first.len() == 80, "no representations, no labels");
        let (second, third) = (&refreshes[1].2.corrected[m], &refreshes[2].2.corrected[m]);
        assert!(second[..40] != *y && second[..40] != third[..40]);
        assert!(third[..40].iter().all(|y| y.abs() <= data.label_range));
    }
    // The weights of the losses are 0 as long as no label has moved.
    let unimodal = |epoch: u32| {
        let of = |event: &Event| match &event.body {
            Body::Epoch { train, .. } if event.stage == Some(Stage::Joint) && event.epoch == epoch => train["unimodal"],
            _ => None,
        };
        events.iter().find_map(of).unwrap()
    };
    assert!(unimodal(1) == 0.0 && unimodal(2) == 0.0 && unimodal(3) > 0.0);
    // Signs of a corrector that fails are no signs of these labels.
    let judged = |event: &Event| match &event.body {
        Body::Health { checks } => checks.iter().any(|check| check.stage == Stage::Denoising),
        _ => false,
    };
    assert!(!events.iter().any(judged));
}

#[test]
fn a_run_with_momentum_labels_is_resumed_bit_for_bit() {
    let data = dataset(80);
    let set = "labels.source=momentum joint.epochs=4 joint.patience=0";
    let whole = of(&data, set, &WITHOUT_DENOISING);
    // Within the first epoch, the second and the last, and near its beginning.
    for nth in [3, 14, 21, 35] {
        let folder = tempfile::tempdir().unwrap();
        let part = |resume| with_stages(job(&data, set, cpu(), folder.path(), resume), &WITHOUT_DENOISING);
        let (outcome, mut events) = run_until(part(false), Stage::Joint, nth);
        assert_eq!(outcome.unwrap(), Outcome::Stopped, "{nth}");
        let (outcome, rest) = run_until(part(true), Stage::Joint, usize::MAX);
        assert_eq!(outcome.unwrap(), Outcome::Finished);
        events.extend(rest);
        let resumed = record(&events);
        assert!(resumed.losses == whole.losses && resumed.summary == whole.summary, "stopped at about step {nth}");
        assert!(bits(resumed.labels.as_ref().unwrap()) == bits(whole.labels.as_ref().unwrap()), "{nth}");
    }
}

#[test]
fn human_labels_may_be_missing_of_some_clips_but_not_of_all() {
    let settings = Settings::default();
    let with = |labelled: usize, valid: bool| {
        let mut splits = demo::generate(3);
        for (split, keep) in [(&mut splits.train, 40), (&mut splits.valid, 20), (&mut splits.test, 20)] {
            cut(split, keep);
        }
        let audio = &mut splits.train.unimodal.as_mut().unwrap().audio;
        audio[labelled..].fill(f32::NAN);
        if !valid {
            splits.valid.unimodal = None;
        }
        Arc::new(Dataset::from_memory("partly labelled", splits, demo::LABEL_RANGE, &settings.data).unwrap())
    };
    let set = "labels.source=human";
    let whole = of(&with(40, true), set, &WITHOUT_DENOISING);
    let partly = of(&with(15, true), set, &WITHOUT_DENOISING);
    assert!(joint(&whole) != joint(&partly));
    // Validation without such labels is of the task alone.
    let unjudged = of(&with(40, false), set, &WITHOUT_DENOISING);
    assert!(joint(&whole).last().unwrap().contains("{\"loss\": Some(") && joint(&whole) != joint(&unjudged));
    let folder = tempfile::tempdir().unwrap();
    let (sender, events) = channel::<Event>();
    let error = train(job(&with(0, true), set, cpu(), folder.path(), false), &Control::new(), &sender);
    let error = error.unwrap_err().to_string();
    drop(sender);
    assert!(error.contains("labels.source") && error.contains("found none of audio"), "{error}");
    assert_eq!(events.iter().count(), 0, "before training begins");
}

fn noisy(set: &str) -> Dataset {
    let sets: Vec<String> = set.split_whitespace().map(str::to_owned).collect();
    let settings = Settings::parse("", "the test's settings", &sets).unwrap();
    Dataset::open(&Source::Demo { seed: 1, disagreement: demo::DISAGREEMENT }, &settings.data).unwrap()
}

#[test]
fn noise_is_the_same_again_stays_in_its_splits_and_keeps_the_clean_labels() {
    let clean = noisy("");
    let flipped = noisy("data.label_noise={flip=0.3}");
    let differ =
        |a: &Dataset, b: &Dataset, split| a.labels(split).iter().zip(b.labels(split)).filter(|(a, b)| a != b).count();
    let moved = differ(&clean, &flipped, Split::Train) as f64 / clean.len(Split::Train) as f64;
    assert!((0.2..0.4).contains(&moved), "{moved}");
    assert_eq!(flipped.clean_labels(Split::Train), Some(clean.labels(Split::Train)));
    for split in [Split::Valid, Split::Test] {
        assert_eq!((differ(&clean, &flipped, split), flipped.clean_labels(split)), (0, None));
    }
    assert!(clean.clean_labels(Split::Train).is_none() && !clean.fingerprint.contains("noise"));
    // People's labels are theirs, whatever is put into y.
    assert_eq!(clean.unimodal_labels(Split::Train), flipped.unimodal_labels(Split::Train));
    let again = noisy("data.label_noise={flip=0.3}");
    assert_eq!((again.labels(Split::Train), &again.fingerprint), (flipped.labels(Split::Train), &flipped.fingerprint));
    let others = [
        "data.label_noise={flip=0.3} data.label_noise_seed=2",
        "data.label_noise={flip=0.2}",
        "data.label_noise={permute=0.3}",
        "data.label_noise=[{flip=0.3},{gaussian=0.1}]",
        "data.label_noise={flip=0.3} data.label_noise_splits=[\"train\",\"test\"]",
        "data.label_noise={flip=0.3} data.label_noise_splits=[]",
    ];
    let mut known = vec![clean.fingerprint.clone(), flipped.fingerprint.clone()];
    for set in &others[..5] {
        let other = noisy(set);
        assert!(!known.contains(&other.fingerprint), "{set}");
        known.push(other.fingerprint);
    }
    let both = noisy(others[4]);
    assert!(differ(&clean, &both, Split::Test) > 0 && differ(&clean, &both, Split::Valid) == 0);
    assert_eq!(noisy(others[5]).fingerprint, clean.fingerprint);
    let said: Vec<String> = flipped.flaws.iter().map(ToString::to_string).collect();
    let line = said.iter().find(|line| line.contains("label_noise")).unwrap();
    assert!(line.contains("train") && line.contains("flip 0.3, seed 1") && line.contains("labels"), "{line}");
    assert_eq!(DataSettings::default().label_noise, None);
}

/// Lines of the log that warn of a sign of failure, and the names of the checks that were judged.
fn signs(data: &Arc<Dataset>, set: &str) -> (Vec<String>, Vec<String>) {
    let (mut warnings, mut judged) = (Vec::new(), Vec::new());
    for event in events(data, set, &Stage::ALL) {
        match event.body {
            Body::Log { level: Level::Warning, message } => warnings.push(message),
            Body::Health { checks } => {
                judged.extend(checks.into_iter().filter(|c| c.state != CheckState::Unknown).map(|c| c.name));
            }
            _ => {}
        }
    }
    (warnings, judged)
}

#[test]
fn alignment_is_not_judged_where_it_is_not_trained() {
    let data = demo_clips(40, 20, &Settings::default(), |_| {});
    let (_, judged) = signs(&data, "");
    assert!(judged.iter().any(|name| name == "not-aligned"));
    let (warnings, judged) = signs(&data, "contrastive.contrastive_weight=0");
    assert!(!judged.iter().any(|name| name == "not-aligned"));
    assert!(!warnings.iter().any(|line| line.contains("not-aligned")), "{warnings:?}");
}

#[test]
fn parts_of_the_method_are_left_out_by_settings_and_change_what_they_should() {
    let data = dataset(40);
    let whole = of(&data, "", &Stage::ALL);
    let first = |record: &Record, stage: Stage| record.losses.iter().find(|l| l.0 == stage).unwrap().2.clone();
    let without = [
        ("contrastive.contrastive_weight=0", Stage::Contrastive),
        ("model.projection=false", Stage::Contrastive),
        ("denoising.objective=unimodal-only", Stage::Denoising),
        ("denoising.objective=first-order", Stage::Denoising),
        ("denoising.virtual_step=0", Stage::Denoising),
        ("joint.unimodal_weight=0", Stage::Joint),
    ];
    for (set, stage) in without {
        let record = of(&data, set, &Stage::ALL);
        let same = |l: &&(Stage, u64, String)| l.0 < stage;
        let before = |r: &Record| r.losses.iter().filter(same).cloned().collect::<Vec<_>>();
        assert!(before(&record) == before(&whole), "{set} changes a stage before its own");
        if set == "denoising.objective=first-order" {
            // The same losses from the same weights; the first step differs.
            assert_eq!(first(&record, stage), first(&whole, stage));
            let losses = |r: &Record| r.losses.iter().filter(|l| l.0 == stage).map(|l| l.2.clone()).collect::<Vec<_>>();
            assert!(losses(&record) != losses(&whole));
        } else {
            assert!(first(&record, stage) != first(&whole, stage), "{set} changes nothing");
        }
    }
}
