use super::*;
use crate::report::fixture::{empty, events, finished, parameters, write_events};
use crate::run::tail::read_view;

fn card(dir: &RunDir) -> Card {
    Card::new(dir, &read_view(&dir.events_path()).unwrap())
}

#[test]
fn a_finished_run_shows_what_it_came_to_and_how() {
    let (_root, dir) = finished("one", &["joint.unimodal_weight=0.7", "training.seed=9"]);
    let card = card(&dir);
    assert_eq!(card.picked, Some(Picked { stage: Stage::Joint, epoch: 3, rule: "least validation MAE".into() }));
    let mae = &card.figures[0];
    assert_eq!((&*mae.key, mae.valid, mae.test), ("mae", Some(0.333), Some(0.36)));
    assert_eq!(card.figures[3], Figure { key: "f1".into(), valid: None, test: None });
    assert_eq!(card.headline().unwrap(), "test MAE 0.3600");
    let weight = card.settings.iter().find(|s| s.key == "joint.unimodal_weight").unwrap();
    assert_eq!((&*weight.value, weight.shipped.is_some()), ("0.7", true));
    assert!(card.settings.iter().all(|s| s.key != "training.seed") && card.seed == 9);
    let text = card.lines().join("\n");
    for line in [
        "run one · demo · finished",
        "figures of joint epoch 3 (least validation MAE)",
        "  MAE                 0.3330    0.3600",
        "  F1               undefined undefined",
        "labels of epoch 4, train split, against people's",
        "health: no checks yet",
        "  contrastive      0:05        100      456 MB        1.2T",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    assert!(card.lines().iter().all(|l| l.chars().count() <= 78), "{text}");
    let json = serde_json::to_value(&card).unwrap();
    assert_eq!(json["figures"][3]["test"], serde_json::Value::Null);
    assert_eq!(json["picked"]["rule"], "least validation MAE");
}

#[test]
fn how_a_stage_ended_is_told() {
    let (_root, dir) = empty("one", &["joint.patience=2", "contrastive.patience=1"]);
    let mut all = events();
    let with = |stage: Stage, planned: u64, all: &mut Vec<serde_json::Value>| {
        all[0]["plan"][stage.index()]["epochs"] = planned.into();
        let finished = serde_json::json!({"event": "stage_changed", "time": 9.0, "stage": stage, "epoch": 4, "step": 20, "state": "finished"});
        let end = all.len() - 1;
        all.insert(end, finished);
    };
    // The best epoch is the third of four.
    with(Stage::Contrastive, 30, &mut all);
    with(Stage::Denoising, 4, &mut all);
    with(Stage::Joint, 30, &mut all);
    write_events(&dir, &all);
    let card = card(&dir);
    let ended: Vec<_> = card.stages.iter().map(|s| s.ended).collect();
    assert_eq!(ended, [Some(Ending::NoBetterEpoch { patience: 1 }), Some(Ending::AllEpochs), Some(Ending::AsAsked)]);
    let text = card.lines().join("\n");
    assert!(text.contains("4/30 epochs  best 3") && text.contains("stopped early: none better in 1 epochs"), "{text}");
    assert!(text.contains("ended by hand"), "{text}");
}

#[test]
fn a_run_that_has_not_got_far_is_shown_as_far_as_it_is() {
    let (_root, dir) = empty("one", &[]);
    let bare = card(&dir);
    assert!(bare.figures.is_empty() && bare.picked.is_none() && bare.headline().is_none());
    assert!(bare.reason.as_ref().is_some_and(|r| r.contains("mug resume one")), "{:?}", bare.reason);
    let text = bare.lines().join("\n");
    assert!(text.contains("none yet") && text.contains("not corrected yet"), "{text}");
    // In the middle there are validation figures of the best epoch so far and none of the test split.
    write_events(&dir, &events()[..30]);
    let card = card(&dir);
    assert!(card.figures[0].valid.is_some() && card.figures[0].test.is_none());
    assert!(card.lines().iter().any(|l| l.starts_with("  MAE") && l.ends_with('–')), "{:#?}", card.lines());
}

#[test]
fn what_fails_and_what_was_warned_of_is_named() {
    let (_root, dir) = finished("one", &[]);
    let mut all = events();
    let check = serde_json::json!({"name": "no-signal", "stage": "joint", "measure": "r", "value": null, "threshold": 0.2,
        "fails_above": false, "state": "failing", "meaning": "m", "advice": "a"});
    let end = all.len() - 1;
    let at = serde_json::json!({"time": 9.0, "stage": "joint", "epoch": 4, "step": 20});
    for body in [
        serde_json::json!({"event": "health", "checks": [check]}),
        serde_json::json!({"event": "log", "level": "warning", "message": "health: joint no-signal"}),
        serde_json::json!({"event": "log", "level": "warning", "message": "audio: 3 values were -inf"}),
        serde_json::json!({"event": "log", "level": "warning", "message": "audio: 3 values were -inf"}),
    ] {
        let mut event = at.clone();
        event.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        all.insert(end, event);
    }
    write_events(&dir, &all);
    let card = card(&dir);
    assert_eq!((card.health.checks, card.health.failing.len()), (1, 1));
    assert_eq!(card.warnings, ["audio: 3 values were -inf"]);
    let text = card.lines().join("\n");
    assert!(text.contains("health: 1 of 1 checks fail"), "{text}");
    assert!(text.contains("✘ joint no-signal: undefined, expected at least 0.2"), "{text}");
}

#[test]
fn a_card_says_whose_labels_stage_3_learns() {
    let text = |set: &str, change: &dyn Fn(&mut Vec<serde_json::Value>)| {
        let (_root, dir) = finished("one", &[set]);
        let mut all = events();
        change(&mut all);
        write_events(&dir, &all);
        card(&dir).lines().join("\n")
    };
    let labels = |event: &serde_json::Value| event["event"] == "labels";
    let corrected = text("labels.source=corrected", &|_| {});
    assert!(corrected.contains("labels of epoch 4, train split, against") && !corrected.contains("labels.source)"));
    // Stage 2 was trained, too: its labels are shown, and that they are not learned.
    let copied = text("labels.source=copied", &|_| {});
    assert!(copied.contains("  stage 3 learns copies of y (labels.source), not these"), "{copied}");
    let alone = text("labels.source=human", &|all| all.retain(|event| !labels(event)));
    assert!(alone.contains("labels: stage 3 learns the file's own labels of each modality"), "{alone}");
    let momentum = text("labels.source=momentum", &|all| {
        all.iter_mut().filter(|event| labels(event)).for_each(|event| event["stage"] = "joint".into());
    });
    assert!(momentum.contains("momentum labels of epoch 4") && !momentum.contains("not these"), "{momentum}");
    assert!(momentum.contains("  momentum    copied"), "{momentum}");
}

#[test]
fn parameters_stand_in_a_table_by_part_and_stage() {
    let (_root, dir) = finished("one", &[]);
    assert!(card(&dir).parameter_lines().is_empty(), "older versions recorded none");
    let mut all = events();
    let text = ("text", 25_000_000, 85_054_464);
    all.insert(1, parameters(Stage::Contrastive, &[text, ("fusion", 12_345, 0)]));
    let of_stage_2 =
        parameters(Stage::Denoising, &[("text", 0, 110_054_464), ("fusion", 0, 12_345), ("corrector", 950, 0)]);
    let at = all.iter().position(|e| e["stage"] == "denoising").unwrap();
    all.insert(at, of_stage_2);
    write_events(&dir, &all);
    let text = card(&dir).lines().join("\n");
    let table = "\
parameters
                       contrastive           denoising
  text            25M + 85M frozen         110M frozen
  fusion                       12k          12k frozen
  corrector                      –                 950
  in all          25M + 85M frozen   950 + 110M frozen";
    assert!(text.contains(table), "{text}");
    assert!(card(&dir).lines().iter().all(|l| l.chars().count() <= 78), "{text}");
    let json = serde_json::to_value(card(&dir)).unwrap();
    assert_eq!(json["stages"][0]["parameters"][0]["frozen"], 85_054_464);
}
