//! Tests of what a run is made from.

use super::*;

#[test]
fn stages_need_those_before_them() {
    let root = tempfile::tempdir().unwrap();
    let create =
        |stages: &[Stage]| RunRequest { stages: stages.to_vec(), ..RunRequest::new("demo") }.create(root.path());
    let text = create(&[Stage::Denoising]).unwrap_err().to_string();
    assert!(text.contains("stage denoising") && text.contains("--stage contrastive,denoising"), "{text}");
    assert!(create(&[Stage::Joint, Stage::Contrastive]).unwrap_err().to_string().contains("stage denoising,"));
    assert!(!root.path().join("x").exists() && std::fs::read_dir(root.path()).unwrap().next().is_none());
    let mut dir = create(&[Stage::Contrastive]).unwrap();
    let added = |stage, device| Amendment { stages: vec![stage], device, dataset: None };
    amend(&mut dir, &added(Stage::Denoising, Some(DeviceRequest::Cpu))).unwrap();
    let manifest = RunDir::open(dir.path()).unwrap().manifest().clone();
    assert_eq!(manifest.stages, [Stage::Contrastive, Stage::Denoising]);
    assert_eq!(manifest.device, DeviceRequest::Cpu);
    let mut alone = create(&[Stage::Contrastive]).unwrap();
    let text = amend(&mut alone, &added(Stage::Joint, None)).unwrap_err().to_string();
    assert!(text.contains("stage joint builds on the result of stage denoising"), "{text}");
    assert_eq!(RunDir::open(alone.path()).unwrap().manifest().stages, [Stage::Contrastive]);
    let text = check_restart(&alone, Stage::Joint).unwrap_err().to_string();
    assert!(text.contains("made of the stages contrastive, so joint cannot"), "{text}");
}

#[test]
fn without_stages_a_run_has_those_that_its_source_of_labels_needs() {
    let root = tempfile::tempdir().unwrap();
    let create = |set: &str, stages: &[Stage]| {
        let (overrides, stages) = (vec![set.to_owned()], stages.to_vec());
        RunRequest { overrides, stages, ..RunRequest::new("demo") }
            .create(root.path())
            .map(|dir| dir.manifest().stages.clone())
    };
    assert_eq!(create("labels.source=corrected", &[]).unwrap(), Stage::ALL);
    let without = [Stage::Contrastive, Stage::Joint];
    for source in ["copied", "human", "momentum"] {
        let set = format!("labels.source={source}");
        assert_eq!(create(&set, &[]).unwrap(), without);
        assert_eq!(create(&set, &without).unwrap(), without);
        assert_eq!(create(&set, &Stage::ALL).unwrap(), Stage::ALL);
        let text = create(&set, &[Stage::Joint]).unwrap_err().to_string();
        assert!(text.contains("needs") || text.contains("--stage contrastive,joint"), "{text}");
    }
    assert!(create("labels.source=corrected", &without).is_err());
}

#[test]
fn human_labels_are_asked_for_before_a_run_is_made() {
    let root = tempfile::tempdir().unwrap();
    let create = |path: &str| {
        let overrides = vec!["labels.source=human".to_owned()];
        RunRequest { overrides, ..RunRequest::new(path) }.create(root.path())
    };
    let whole = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/numpy2_p4.pkl");
    assert!(create(whole).is_ok());
    // The same file with another name for the labels of vision, which nobody knows.
    let (known, unknown) = (b"regression_labels_V", b"regression_labels_X");
    let mut bytes = std::fs::read(whole).unwrap();
    let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(known)).collect();
    assert!(!places.is_empty());
    places.into_iter().for_each(|at| bytes[at..at + known.len()].copy_from_slice(unknown));
    let folder = tempfile::tempdir().unwrap();
    let lacking = folder.path().join("lacking.pkl");
    std::fs::write(&lacking, bytes).unwrap();
    let text = create(lacking.to_str().unwrap()).unwrap_err().to_string();
    assert!(text.contains("labels.source") && text.contains("found none"), "{text}");
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1, "and leaves no directory");
}

#[test]
fn settings_come_from_the_dataset_then_from_overrides_and_the_seed() {
    let mut request = RunRequest::new("sims");
    assert_eq!(request.settings().unwrap().settings, Settings::built_in("sims").unwrap());
    request.overrides = vec!["joint.epochs=3".into(), "training.seed=4".into()];
    request.seed = Some(5);
    let settings = request.settings().unwrap().settings;
    assert_eq!((settings.joint.epochs, settings.training.seed), (3, 5));
    request.seed = Some(u64::MAX);
    assert!(request.settings().is_err(), "a seed that a settings file cannot hold");
    request = RunRequest { overrides: vec!["a.b=1".into()], ..RunRequest::new("some/file.pkl") };
    assert!(request.settings().is_err());
}

#[test]
fn which_settings_were_taken_and_why_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.pkl");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/numpy2_p4.pkl"), &file).unwrap();
    let link = folder.path().join("sims_of_mine.pkl");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let config = folder.path().join("my.toml");
    std::fs::write(&config, "[joint]\nepochs = 3\n").unwrap();
    let of = |dataset: &str| RunRequest::new(dataset).settings().unwrap();
    let (demo, plain, linked) = (of("demo"), of(file.to_str().unwrap()), of(link.to_str().unwrap()));
    assert_eq!(demo.origin, "configs/demo.toml, which ships with mug, for the name demo");
    assert!(plain.origin.starts_with("mug's defaults") && plain.settings == Settings::default(), "{}", plain.origin);
    assert!(linked.origin.starts_with("configs/sims.toml") && linked.origin.contains("sims_of_mine.pkl says sims"));
    assert_eq!(linked.settings, Settings::built_in("sims").unwrap());
    let given = RunRequest { config: Some(config), ..RunRequest::new("demo") }.settings().unwrap();
    assert!(given.origin.ends_with("my.toml, given by --config") && given.settings.joint.epochs == 3);
    // The name that was given is the one that is kept, so that a resumed run reads the file as the first one did.
    let root = tempfile::tempdir().unwrap();
    let overrides = vec!["data.label_range=3".to_owned()];
    let request = RunRequest { overrides, ..RunRequest::new(link.to_str().unwrap()) };
    let dir = request.create(root.path()).unwrap();
    assert_eq!(dir.manifest().source.as_deref(), Some(link.as_path()));
    assert_eq!(dir.manifest().settings_from.as_ref(), Some(&linked.origin));
    // Where the settings that the name stands for do not fit the data, the message says whose they are.
    let text = RunRequest::new(link.to_str().unwrap()).create(root.path()).unwrap_err().to_string();
    assert!(text.contains("labels within [-1, 1]") && text.contains("settings: configs/sims.toml"), "{text}");
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1, "and leaves no directory");
}
