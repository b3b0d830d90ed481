//! What is written comes back, damage is found, and an interrupted write leaves what was there.

use super::verify::verify;
use super::writer::Writer;
use std::sync::Arc;

use super::contents::{OPTIMIZER, WEIGHTS};
use super::*;

fn checkpoint(step: u64) -> Checkpoint {
    let progress = Progress { stage: Some(Stage::Denoising), epoch: 2, step, time: 0.1 + 0.2, ..Progress::default() };
    Checkpoint {
        progress,
        state: Some(State { weights: vec![1], optimizer: vec![2, 3], best: Some(Arc::new(vec![4])), labels: None }),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn step(folder: &Path) -> Option<u64> {
    Store::open(folder).unwrap().load().unwrap().map(|f| f.checkpoint.progress.step)
}

#[test]
fn the_newest_checkpoint_comes_back_whole_and_the_one_before_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    assert!(store.load().unwrap().is_none());
    for n in 0..4 {
        assert_eq!(store.save(&checkpoint(5 + n)).unwrap(), format!("latest-{n}"));
    }
    assert_eq!(names(folder.path()), ["latest-2", "latest-3"]);
    let found = Store::open(folder.path()).unwrap().load().unwrap().unwrap();
    assert!(found.passed_over.is_none());
    assert_eq!(found.checkpoint.progress, Progress { format: MEMBERS, ..checkpoint(8).progress });
    assert_eq!(found.checkpoint.state.unwrap().optimizer, [2, 3]);
    assert_eq!(Store::open(folder.path()).unwrap().save(&checkpoint(9)).unwrap(), "latest-4");
}

#[test]
fn an_interrupted_write_leaves_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    Store::open(folder.path()).unwrap().save(&checkpoint(5)).unwrap();
    fs::create_dir(folder.path().join(ASIDE)).unwrap();
    fs::write(folder.path().join(ASIDE).join(PROGRESS), "{").unwrap();
    assert_eq!(step(folder.path()), Some(5));
    assert!(!folder.path().join(ASIDE).exists());
}

#[test]
fn a_result_counts_once_a_checkpoint_names_it_and_goes_with_the_last_that_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let error = store.result(&Progress::default(), Stage::Joint, Stage::Denoising).unwrap_err().to_string();
    assert!(error.contains("stage joint needs the result of stage denoising"), "{error}");
    let part = store.save_result(Stage::Denoising, &[7]).unwrap();
    store.save(&checkpoint(1)).unwrap();
    assert!(!names(folder.path()).contains(&part.name), "no checkpoint names it");
    let part = store.save_result(Stage::Denoising, &[7]).unwrap();
    let mut named = checkpoint(2);
    named.progress.results.insert(Stage::Denoising, part.clone());
    store.save(&named).unwrap();
    store.save(&checkpoint(3)).unwrap();
    let found = Store::open(folder.path()).unwrap().load().unwrap().unwrap().checkpoint.progress;
    assert!(found.results.is_empty() && names(folder.path()).contains(&part.name), "the one before names it");
    assert_eq!(store.result(&named.progress, Stage::Joint, Stage::Denoising).unwrap(), [7]);
    store.save(&checkpoint(4)).unwrap();
    assert!(!names(folder.path()).contains(&part.name));
    assert!(store.result(&named.progress, Stage::Joint, Stage::Denoising).is_err());
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let mut first = checkpoint(1);
    let part = store.save_result(Stage::Contrastive, &[9; 64]).unwrap();
    first.progress.results.insert(Stage::Contrastive, part.clone());
    store.save(&first).unwrap();
    let mut second = checkpoint(2);
    second.progress.results = first.progress.results.clone();
    store.save(&second).unwrap();
    assert_eq!(verify(folder.path()).1, Vec::<String>::new());
    let newest = folder.path().join("latest-1");
    for name in names(&newest) {
        let path = newest.join(&name);
        let whole = fs::read(&path).unwrap();
        for bit in (0..whole.len() * 8).step_by(7) {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, changed).unwrap();
            assert_eq!(step(folder.path()), Some(1), "{name}, bit {bit}");
        }
        for end in 0..whole.len() {
            fs::write(&path, &whole[..end]).unwrap();
            assert_eq!(step(folder.path()), Some(1), "{name} cut at {end}");
        }
        fs::remove_file(&path).unwrap();
        let found = Store::open(folder.path()).unwrap().load().unwrap().unwrap();
        let why = found.passed_over.unwrap();
        assert!(why.contains(&name) && why.contains("latest-0"), "{why}");
        assert_eq!(verify(folder.path()).1.len(), 1, "{name}");
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(step(folder.path()), Some(2));
    // Both need the result: there is nothing to go on from.
    fs::write(folder.path().join(&part.name), [8; 64]).unwrap();
    let error = Store::open(folder.path()).unwrap().load().err().unwrap().to_string();
    assert!(error.contains(&part.name) && error.contains("checksum"), "{error}");
}

#[test]
fn a_try_that_failed_after_the_rename_does_not_stand_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    store.save(&checkpoint(1)).unwrap();
    // As after a rename whose folder could not be synced.
    store.next += 1;
    fs::rename(folder.path().join("latest-0"), folder.path().join("latest-1")).unwrap();
    store.save(&checkpoint(2)).unwrap();
    assert_eq!(step(folder.path()), Some(2));
}

#[test]
fn checkpoints_of_an_older_version_are_gone_on_from() {
    let folder = tempfile::tempdir().unwrap();
    let latest = folder.path().join("latest-3");
    fs::create_dir(&latest).unwrap();
    let mut bytes = Vec::new();
    ciborium::into_writer(&checkpoint(6).progress, &mut bytes).unwrap();
    fs::write(latest.join(PROGRESS), bytes).unwrap();
    fs::write(latest.join(WEIGHTS), [1]).unwrap();
    fs::write(latest.join(OPTIMIZER), [2]).unwrap();
    fs::write(folder.path().join("contrastive.bpk"), [5]).unwrap();
    // Left by a process that was killed between the two: stage 2 is not done.
    fs::write(folder.path().join("denoising.bpk"), [6]).unwrap();
    let found = Store::open(folder.path()).unwrap().load().unwrap().unwrap().checkpoint;
    assert_eq!(found.progress.results.keys().copied().collect::<Vec<_>>(), [Stage::Contrastive]);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.result(&found.progress, Stage::Denoising, Stage::Contrastive).unwrap(), [5]);
}

#[test]
fn an_older_version_left_stages_that_cannot_be_gone_on_with_only_within_the_first_two() {
    let at = |stage, format, within: bool| {
        let mut found = checkpoint(1);
        (found.progress.stage, found.progress.format) = (stage, format);
        found.state = found.state.filter(|_| within);
        found.outdated()
    };
    for stage in [Stage::Contrastive, Stage::Denoising] {
        assert_eq!(at(Some(stage), 1, true), Some(stage));
        assert_eq!((at(Some(stage), FORMAT, true), at(Some(stage), 1, false)), (None, None));
    }
    assert_eq!((at(Some(Stage::Joint), 1, true), at(None, 0, false)), (None, None));
    // What this version writes is its own, wherever it is read.
    let folder = tempfile::tempdir().unwrap();
    Store::open(folder.path()).unwrap().save(&checkpoint(5)).unwrap();
    let found = Store::open(folder.path()).unwrap().load().unwrap().unwrap();
    assert_eq!(found.checkpoint.outdated(), None);
}

/// What a running stage would hand to be written.
fn snapshot() -> Snapshot {
    let optimizer = crate::training::optimizer::AdamW::new(0.1, 1.0, crate::training::optimizer::Clipping::Tensors);
    let module = burn::nn::LinearConfig::new(40, 30).init(&burn::tensor::Device::flex());
    let records =
        crate::training::records::Trained::records(&crate::training::records::Trainee::new(module, optimizer, "x"));
    Snapshot { records, best: Some(Arc::new(vec![4])), labels: Some(vec![5]) }
}

#[test]
fn a_snapshot_is_written_as_the_documents_that_it_packs_into() {
    let folder = tempfile::tempdir().unwrap();
    let taken = snapshot();
    let mut store = Store::open(folder.path()).unwrap();
    let progress = checkpoint(5).progress;
    assert_eq!(store.save_snapshot(&progress, taken).unwrap(), "latest-0");
    let found = store.load().unwrap().unwrap().checkpoint;
    let state = found.state.unwrap();
    let weights = burn::store::ModuleRecord::from_bytes(burn::tensor::Bytes::from_bytes_vec(state.weights)).unwrap();
    assert_eq!((weights.len(), found.progress.step), (2, 5));
    assert_eq!((state.best.unwrap().as_slice(), state.labels.unwrap().as_slice()), (&[4][..], &[5][..]));
    assert_eq!(names(&folder.path().join("latest-0")).len(), 6);
    assert_eq!(verify(folder.path()).1, Vec::<String>::new());
}

#[test]
fn a_writer_tells_once_what_became_of_each_and_is_waited_for_where_the_store_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(Store::open(folder.path()).unwrap());
    assert!(!writer.is_busy() && writer.land().is_none() && writer.poll().is_none());
    for step in 1..=3 {
        writer.begin(checkpoint(step).progress, snapshot());
        assert!(writer.is_busy());
        // Nobody sees the store before it is written.
        assert_eq!(writer.store().load().unwrap().unwrap().checkpoint.progress.step, step);
        assert!(writer.is_busy());
        assert_eq!(writer.poll().unwrap().file.unwrap(), format!("latest-{}", step - 1));
        assert!(!writer.is_busy() && writer.poll().is_none());
    }
    // One that is begun while another is being written comes after it.
    writer.begin(checkpoint(4).progress, snapshot());
    writer.begin(checkpoint(5).progress, snapshot());
    assert_eq!(writer.land().unwrap().file.unwrap(), "latest-4");
    writer.begin(checkpoint(6).progress, snapshot());
    drop(writer);
    assert_eq!((step(folder.path()), names(folder.path())), (Some(6), vec!["latest-4".into(), "latest-5".into()]));
}

#[test]
fn a_writer_whose_disk_refuses_says_so_and_the_checkpoint_before_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(Store::open(folder.path()).unwrap());
    writer.begin(checkpoint(1).progress, snapshot());
    assert!(writer.land().unwrap().file.is_ok());
    // Where the next would be put together lies something that cannot be removed as a folder.
    fs::write(folder.path().join(ASIDE), "a file").unwrap();
    writer.begin(checkpoint(2).progress, snapshot());
    let error = writer.land().unwrap().file.unwrap_err().to_string();
    assert!(error.contains("latest-1") && error.contains("has room"), "{error}");
    assert_eq!(writer.store().load().unwrap().unwrap().checkpoint.progress.step, 1);
    fs::remove_file(folder.path().join(ASIDE)).unwrap();
    writer.begin(checkpoint(3).progress, snapshot());
    assert!(writer.land().unwrap().file.is_ok());
    assert_eq!(step(folder.path()), Some(3));
}

#[test]
fn without_room_for_three_the_oldest_goes_first_and_without_room_for_two_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    for step in 1..=2 {
        store.save(&checkpoint(step)).unwrap();
    }
    let error = store.make_room(2_000_000_000, Some(300_000_000)).unwrap_err().to_string();
    assert!(error.contains("needs 2.0 GB") && error.contains("found 300 MB"), "{error}");
    assert_eq!(names(folder.path()), ["latest-0", "latest-1"]);
    let (needed, all) = (room::needed(1000), Parts::read(&folder.path().join("latest-0")).unwrap().files);
    store.make_room(1000, Some(needed)).unwrap();
    store.make_room(1000, None).unwrap();
    assert_eq!(names(folder.path()), ["latest-0", "latest-1"]);
    let oldest: u64 = all.iter().map(|part| part.bytes).sum();
    assert!(store.make_room(1000, Some(needed - oldest - 1)).is_err());
    store.make_room(1000, Some(needed - oldest)).unwrap();
    assert_eq!(names(folder.path()), ["latest-1"]);
    // The last one stays, whatever it would free.
    assert!(store.make_room(1000, Some(needed - 1)).is_err());
    assert_eq!(step(folder.path()), Some(2));
}
