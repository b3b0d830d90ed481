//! Exit statuses are those that the page of scripts promises.

use crate::support::home::{Home, said};
use crate::{good, home};

#[test]
fn what_cannot_be_done_as_it_was_asked_for_is_refused() {
    for line in [
        "plot",
        "show nothing-of-this-name",
        "train --dataset no-such-file.pkl --run a",
        "train --dataset demo --set joint.learning_rat=1 --run a",
        "train --dataset demo --set joint.epochs=-3 --run a",
        "resume one",
        "pause one",
        "labels one --filter y>>",
        "annotate one",
        "plot one --value nothing -o a.svg",
        "study show nothing",
        "config check no-such-file.toml",
        "help nothing",
    ] {
        let output = home().output(line);
        assert_eq!(output.status.code(), Some(2), "mug {line}: {}", said(&output));
    }
}

#[test]
fn what_is_done_or_fails_is_told_apart() {
    good("show one");
    good("stop one");
    // A disk that refuses is no fault of what was asked for.
    let output = home().output("labels one --format csv -o /dev/full");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let spoilt = Home::new();
    spoilt.good(&format!("train --dataset demo --run x {}", crate::support::settings::FIRST));
    let events = spoilt.run().events_path();
    let text = std::fs::read_to_string(&events).unwrap().replacen("\"step\":2,", "\"step\":3,", 1);
    std::fs::write(&events, text).unwrap();
    assert_eq!(spoilt.output("verify x").status.code(), Some(1));
}

#[test]
fn a_mistyped_key_or_value_is_answered_with_the_nearest_and_the_range() {
    let text = home().bad("train --dataset demo --set joint.learning_rat=1 --run a");
    assert!(text.contains("did you mean joint.learning_rate?"), "{text}");
    let text = home().bad("train --dataset demo --set joint.epochs=-3 --run a");
    assert!(text.contains("joint.epochs = -3: expected"), "{text}");
}
