//! Runs side by side, and a run's card.

use crate::{good, home, read};

#[test]
fn runs_stand_side_by_side() {
    let alone = good("compare one");
    assert!(alone.contains("test MAE") && alone.contains("joint.unimodal_weight"), "{alone}");
    let table = good("compare one two first");
    for words in
        ["joint.unimodal_weight", "stages", "test MAE", "labels audio: Pearson r", "results (* best)", "finished"]
    {
        assert!(table.contains(words), "{words} in\n{table}");
    }
    assert!(!table.contains("model.hidden"), "what is the same is left out\n{table}");
    let json = home().json("compare one two --json");
    assert_eq!(json["settings"][0]["key"], "joint.unimodal_weight");
    assert_eq!(json["settings"][0]["values"], serde_json::json!(["0.3", "0.0"]));
    let mae = json["results"].as_array().unwrap().iter().find(|r| r["name"] == "test mae").unwrap();
    let listed = String::from_utf8(read("runs/one/events.jsonl")).unwrap();
    let finished: serde_json::Value = serde_json::from_str(listed.lines().last().unwrap()).unwrap();
    assert_eq!(mae["values"][0], finished["summary"]["metrics"]["test"]["mae"]);
}

#[test]
fn a_runs_card_and_the_list_carry_its_test_figures() {
    let text = good("show one");
    assert!(text.contains("(least validation MAE)") && text.contains("corrected") && text.contains("stages"), "{text}");
    let card = home().json("show one --json");
    let runs = home().json("runs --json");
    let run = runs.as_array().unwrap().iter().find(|r| r["name"] == "one").unwrap();
    let mae = &card["figures"][0];
    assert_eq!((mae["key"].as_str(), mae["test"].is_number()), (Some("mae"), true));
    assert_eq!((&run["result"]["test"]["mae"], &run["result"]["valid"]["mae"]), (&mae["test"], &mae["valid"]));
    assert_eq!(run["result"]["epoch"], card["picked"]["epoch"]);
    // What two commands call validation MAE is one number.
    let health: serde_json::Value =
        serde_json::from_slice(&home().output("health one --baseline two --json").stdout).unwrap();
    let beside = health["baseline"]["valid_mae"][0].as_f64().unwrap();
    assert!((beside - mae["valid"].as_f64().unwrap()).abs() < 1e-6, "{beside}, {mae}");
    assert!(good("compare one").contains("test MAE"));
}
