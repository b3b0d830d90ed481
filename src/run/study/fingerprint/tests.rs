//! Tests of what is the same and what is not.

use super::*;
use crate::device::DeviceRequest;
use crate::run::study::Definition;
use crate::run::study::plan::Ground;

fn plan() -> Plan {
    let text = "question = \"?\"\nmetrics = [\"test.mae\"]\n[[variants]]\nname = \"a\"\n";
    let ground = Ground {
        dataset: "demo".into(),
        source: None,
        fingerprint: Some("memory-1".into()),
        data: None,
        device: DeviceRequest::Cpu,
        settings: Settings::built_in("demo").unwrap(),
        settings_from: "a test".into(),
    };
    Plan::new(&Definition::parse(text, "x").unwrap(), "x", ground)
}

fn with(entry: &str) -> Settings {
    let text = Settings::built_in("demo").unwrap().to_toml().unwrap();
    Settings::parse(&text, "demo", &[entry.to_owned()]).unwrap()
}

fn of(settings: &Settings, last: Stage) -> String {
    of_stages(settings, &plan(), "CPU", last).unwrap()
}

#[test]
fn what_is_named_as_later_exists_and_everything_else_counts() {
    let table = toml::Table::try_from(Settings::default()).unwrap();
    let keys: Vec<String> = leaves(&table).into_iter().map(|(key, _)| key).collect();
    for key in NOT_OF_STAGE_1.iter().chain(NOT_OF_STAGE_2) {
        assert!(keys.iter().any(|k| k == key), "there is no setting {key}");
    }
    let base = with("joint.epochs=8");
    for (entry, stage_1, stages_1_and_2) in [
        ("joint.epochs=9", true, true),
        ("joint.unimodal_weight=0", true, true),
        ("denoising.epochs=3", true, false),
        ("denoising.members={ networks = 1, correctors = 3 }", true, false),
        ("denoising.members={ networks = 2, correctors = 3 }", false, false),
        ("labels.grid=0.5", true, false),
        ("contrastive.contrastive_weight=0", false, false),
        ("data.clip=4", false, false),
        ("data.label_noise={ uniform = 0.1 }", false, false),
        ("data.label_range=2", false, false),
        ("training.seed=2", false, false),
        ("health.grace=0.1", false, false),
    ] {
        let other = with(entry);
        let same = |last| of(&base, last) == of(&other, last);
        assert_eq!((same(Stage::Contrastive), same(Stage::Denoising)), (stage_1, stages_1_and_2), "{entry}");
    }
}

#[test]
fn data_device_and_program_count_and_unknown_data_is_like_no_other() {
    let (settings, plan) = (with("joint.epochs=8"), plan());
    let of = |plan: &Plan, device: &str| of_stages(&settings, plan, device, Stage::Contrastive);
    let other = Plan { fingerprint: Some("memory-2".into()), ..plan.clone() };
    let unknown = Plan { fingerprint: None, ..plan.clone() };
    assert!(of(&plan, "CPU") == of(&plan, "CPU") && of(&plan, "CPU") != of(&plan, "GPU"));
    assert!(of(&plan, "CPU") != of(&other, "CPU") && of(&unknown, "CPU").is_none());
}

#[test]
fn a_run_is_the_cells_until_data_stages_or_a_setting_differ() {
    let (settings, plan) = (with("joint.epochs=8"), plan());
    let mut run = Manifest::new("demo", None, DeviceRequest::Cpu, Stage::ALL.to_vec(), settings.clone());
    let differs = |run: &Manifest, wanted: &Settings| difference(run, wanted, &plan);
    assert_eq!(differs(&run, &settings), None, "not opened yet");
    // What opening the data settles is no difference.
    run.fingerprint = Some("memory-1".into());
    run.settings.data.label_range = Some(1.0);
    assert_eq!(differs(&run, &settings), None);
    let text = differs(&run, &with("joint.epochs=9")).unwrap();
    assert_eq!(text, "its joint.epochs is 8, now 9");
    let copied = with("labels.source=copied");
    assert!(
        differs(&run, &copied).unwrap().contains("its stages are contrastive,denoising,joint, now contrastive,joint")
    );
    run.fingerprint = Some("memory-2".into());
    assert!(differs(&run, &settings).unwrap().contains("data"));
}
