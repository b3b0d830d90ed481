//! Tests of run directories and their names.

use std::path::PathBuf;

use super::create::suffix;
use super::run_dir::SEAL;
use super::*;
use crate::config::Settings;
use crate::device::DeviceRequest;
use crate::digest::Stamp;
use crate::training::events::Stage;

fn manifest() -> Manifest {
    Manifest::new("demo", None, DeviceRequest::Auto, Stage::ALL.to_vec(), Settings::built_in("demo").unwrap())
}

#[test]
fn names_count_up_and_the_manifest_comes_back() {
    let root = tempfile::tempdir().unwrap();
    let mut wanted = manifest();
    wanted.source = Some(PathBuf::from("/data/a b.pkl"));
    wanted.settings_from = Some("configs/sims.toml".into());
    wanted.data = Some(DataRecord { stamp: Stamp { bytes: 3, modified: -1 }, sha256: "ba78".into() });
    let a = RunDir::create(root.path(), None, &wanted).unwrap();
    let b = RunDir::create(root.path(), None, &wanted).unwrap();
    assert!(a.name().ends_with("-a") && b.name().ends_with("-b"), "{} {}", a.name(), b.name());
    let again = RunDir::find(root.path(), a.name()).unwrap();
    assert_eq!(again.manifest(), &wanted);
    assert_eq!(again.path(), a.path());
    assert_eq!(RunDir::find(root.path(), b.path().to_str().unwrap()).unwrap().name(), b.name());
    assert_eq!((suffix(0), suffix(25), suffix(26), suffix(27)), ("a".into(), "z".into(), "aa".into(), "ab".into()));
}

#[test]
fn set_manifest_is_read_back() {
    let root = tempfile::tempdir().unwrap();
    let mut dir = RunDir::create(root.path(), Some("x"), &manifest()).unwrap();
    let mut changed = manifest();
    changed.fingerprint = Some("abc".into());
    dir.set_manifest(changed.clone()).unwrap();
    assert_eq!(RunDir::open(dir.path()).unwrap().manifest(), &changed);
}

#[test]
fn bad_names_and_taken_names_are_refused() {
    let root = tempfile::tempdir().unwrap();
    for bad in ["", ".", "..", "../x", "a/b", "-x", ".hidden", "a b", "naïve", "a\n", &"x".repeat(65)] {
        assert!(matches!(RunDir::create(root.path(), Some(bad), &manifest()), Err(RunError::Name { .. })), "{bad}");
    }
    RunDir::create(root.path(), Some("x"), &manifest()).unwrap();
    assert!(matches!(RunDir::create(root.path(), Some("x"), &manifest()), Err(RunError::Exists { .. })));
    assert!(matches!(RunDir::find(root.path(), "nope"), Err(RunError::NotFound { .. })));
    assert!(matches!(RunDir::find(root.path(), "/"), Err(RunError::NotARun { .. })));
    RunDir::create(root.path(), Some("baseline"), &manifest()).unwrap();
    let said = |name: &str| RunDir::find(root.path(), name).unwrap_err().to_string();
    assert!(said("basline").contains("did you mean baseline?") && !said("other").contains("did you mean"));
}

#[test]
fn a_folder_that_is_no_run_keeps_its_name_and_nothing_is_left_aside() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("x/labels")).unwrap();
    let text = RunDir::create(root.path(), Some("x"), &manifest()).unwrap_err().to_string();
    assert!(text.contains("is no run: it has no run.toml") && !text.contains("--resume"), "{text}");
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);
    // One that holds nothing is as good as none.
    std::fs::create_dir(root.path().join("y")).unwrap();
    assert_eq!(RunDir::create(root.path(), Some("y"), &manifest()).unwrap().name(), "y");
}

#[test]
fn a_changed_manifest_is_noticed_and_one_without_checksum_is_not() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create(root.path(), Some("x"), &manifest()).unwrap();
    assert_eq!(dir.verify_manifest().unwrap(), None);
    let path = dir.path().join("run.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("batch_size = 32", "batch_size = 33")).unwrap();
    assert!(RunDir::open(dir.path()).unwrap().verify_manifest().unwrap().unwrap().contains("changed"));
    std::fs::write(&path, &text[..text.find(SEAL).unwrap()]).unwrap();
    assert_eq!(dir.verify_manifest().unwrap(), None);
}

#[test]
fn a_broken_manifest_is_named() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create(root.path(), Some("x"), &manifest()).unwrap();
    std::fs::write(dir.path().join("run.toml"), "version = 3\n").unwrap();
    let text = RunDir::open(dir.path()).unwrap_err().to_string();
    assert!(text.contains("run.toml") && text.contains("version"), "{text}");
}

#[test]
fn what_a_killed_process_left_is_removed_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create(root.path(), Some("x"), &manifest()).unwrap();
    let left = [dir.path().join(".run.toml.aB3.part"), dir.labels_dir().join(".rows.csv.part")];
    let stays = [dir.path().join("run.toml"), dir.labels_dir().join("x.part"), dir.labels_dir().join(".x")];
    left.iter().chain(&stays[1..]).for_each(|p| std::fs::write(p, "").unwrap());
    dir.remove_parts();
    assert!(left.iter().all(|p| !p.exists()) && stays.iter().all(|p| p.exists()));
}
