//! Tests of the settings' ways in.

use super::*;

#[test]
fn shipped_files_parse_and_round_trip() {
    for (name, _) in BUILT_IN {
        let settings = Settings::built_in(name).unwrap();
        let text = settings.to_toml().unwrap();
        assert_eq!(Settings::parse(&text, "round trip", &[]).unwrap(), settings, "{name}");
    }
}

#[test]
fn unknown_key_is_named_with_its_line() {
    let error = Settings::parse("[joint]\nepochs = 3\nunimodel_weight = 1\n", "my.toml", &[]).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("my.toml") && text.contains("line 3") && text.contains("unimodel_weight"), "{text}");
}

#[test]
fn overrides_are_checked_like_the_file() {
    let set = |s: &str| Settings::parse("[joint]\nepochs = 3\n", "x", &[s.to_owned()]);
    assert_eq!(set("joint.unimodal_weight=0").unwrap().joint.unimodal_weight, 0.0);
    assert_eq!(set("denoising.objective=first-order").unwrap().denoising.objective, Objective::FirstOrder);
    assert_eq!(
        set("denoising.corruption={permute=0.2}").unwrap().denoising.corruption,
        Corruption::Permute(0.2).into()
    );
    assert!(set("joint.weight=1").unwrap_err().to_string().contains("weight"));
    assert!(set("joint").unwrap_err().to_string().contains("key=value"));
    assert!(set("training.batch_size=1").unwrap_err().to_string().contains("training.batch_size"));
    assert!(set("model.dropout=nan").is_err());
}

#[test]
fn corruptions_are_one_or_a_list_on_every_way_in() {
    let mixed = Corruptions::from(vec![Corruption::Permute(0.3), Corruption::Gaussian(0.1)]);
    for (text, expected) in [
        ("{ permute = 0.3 }", Corruptions::from(Corruption::Permute(0.3))),
        ("[{ permute = 0.3 }]", Corruption::Permute(0.3).into()),
        ("[{permute=0.3},{gaussian=0.1}]", mixed),
    ] {
        for found in ways_in("denoising.corruption", text) {
            let found = found.unwrap();
            assert_eq!(found.denoising.corruption, expected, "{text}");
            assert_eq!(Settings::parse(&found.to_toml().unwrap(), "round trip", &[]).unwrap(), found, "{text}");
        }
    }
    let hostile =
        ["[]", "[{ permute = 1.5 }]", "[{ permute = 0.3 }, { gaussian = nan }]", "{ permute = 0.1, uniform = 0.1 }"];
    for text in hostile.map(str::to_owned).into_iter().chain([format!("[{}]", "{uniform=0.1},".repeat(9))]) {
        for found in ways_in("denoising.corruption", &text) {
            let message = found.unwrap_err();
            assert!(message.contains("{ permute = p }"), "{text}: {message}");
        }
    }
    let file =
        Settings::parse("[denoising]\ncorruption = { permuted = 0.3 }\n", "my.toml", &[]).unwrap_err().to_string();
    assert!(file.contains("line 2") && file.contains("or a list of 1 to 8"), "{file}");
}

#[test]
fn members_are_a_number_or_networks_and_correctors() {
    let both = |networks, correctors| Members { networks, correctors };
    for (text, expected) in [
        ("3", both(1, 3)),
        ("{ networks = 5 }", both(5, 1)),
        ("{ networks = 2, correctors = 4 }", both(2, 4)),
        ("{ networks = 1, correctors = 4 }", both(1, 4)),
    ] {
        for found in ways_in("denoising.members", text) {
            let found = found.unwrap();
            assert_eq!(
                (found.denoising.members, expected.count()),
                (expected, expected.networks * expected.correctors)
            );
            assert_eq!(Settings::parse(&found.to_toml().unwrap(), "round trip", &[]).unwrap(), found, "{text}");
        }
    }
    for text in
        ["0", "33", "{ networks = 0 }", "{ networks = 17 }", "{ networks = 8, correctors = 5 }", "{ correctors = 2 }"]
    {
        for found in ways_in("denoising.members", text) {
            let message = found.unwrap_err();
            assert!(message.contains("{ networks = N }"), "{text}: {message}");
        }
    }
}

#[test]
fn grids_are_named_or_a_step() {
    for (text, expected) in
        [("\"auto\"", Grid::Auto), ("\"off\"", Grid::Off), ("0.2", Grid::Step(0.2)), ("1", Grid::Step(1.0))]
    {
        for found in ways_in("labels.grid", text) {
            let found = found.unwrap();
            assert_eq!(found.labels.grid, expected, "{text}");
            assert_eq!(Settings::parse(&found.to_toml().unwrap(), "round trip", &[]).unwrap(), found, "{text}");
        }
    }
    for text in ["0", "-0.2", "nan", "1e300", "\"on\"", "[0.2]", "true"] {
        for found in ways_in("labels.grid", text) {
            let message = found.unwrap_err();
            assert!(message.contains("\"off\" or a number"), "{text}: {message}");
        }
    }
}

#[test]
fn a_record_of_an_older_version_keeps_what_it_did() {
    let read = |text: &str| {
        let record: toml::Table = toml::from_str(text).unwrap();
        toml::from_str::<Settings>(text).unwrap().as_recorded(&record)
    };
    let old = read("[denoising]\nepochs = 3\ncorruption = { gaussian = 0.5 }\n");
    assert_eq!((old.denoising.members, old.labels.grid), (1.into(), Grid::Off));
    for settings in
        [Settings::default(), Settings::parse("labels.grid = 0.5\ndenoising.members = 7\n", "x", &[]).unwrap()]
    {
        assert_eq!(read(&settings.to_toml().unwrap()), settings);
    }
}

/// Every dotted key of all settings, with its value; those set that are unset by default.
fn every_key() -> Vec<(String, toml::Value)> {
    fn collect(prefix: &str, value: &toml::Value, found: &mut Vec<(String, toml::Value)>) {
        match value {
            toml::Value::Table(table) => {
                let dot = if prefix.is_empty() { "" } else { "." };
                table.iter().for_each(|(k, v)| collect(&format!("{prefix}{dot}{k}"), v, found));
            }
            value => found.push((prefix.to_owned(), value.clone())),
        }
    }
    let mut settings = Settings::default();
    settings.data.label_range = Some(1.0);
    settings.data.metrics = Some(MetricSet::Sims);
    settings.data.label_noise = Some(Corruption::Flip(0.1).into());
    settings.data.keys.text = Some("glove".into());
    settings.data.valid_share = Some(0.1);
    let mut found = Vec::new();
    collect("", &toml::Value::try_from(&settings).unwrap(), &mut found);
    found
}

#[test]
fn every_setting_has_a_rule_and_every_rule_a_setting() {
    let keys = every_key();
    for (key, _) in &keys {
        assert!(ranges::rule_of(key).is_some(), "no rule for {key}");
    }
    for rule in ranges::RULES {
        let own = |k: &str| k == rule.key || k.starts_with(&format!("{}.", rule.key));
        assert!(keys.iter().any(|(k, _)| own(k)), "no setting {}", rule.key);
        assert!(rule.expected.len() > 5);
    }
}

/// The same value by a settings file, by `--set` and in a run's settings that are only deserialised, as run.toml is.
fn ways_in(key: &str, value: &str) -> [Result<Settings, String>; 3] {
    let file = Settings::parse(&format!("{key} = {value}\n"), "a.toml", &[]).map_err(|e| e.to_string());
    let set = Settings::parse("", "defaults", &[format!("{key}={value}")]).map_err(|e| e.to_string());
    let run = toml::from_str::<Settings>(&format!("{key} = {value}\n")).map_err(|e| e.to_string());
    let run = run.and_then(|s| s.check().map(|()| s).map_err(|e| e.to_string()));
    [file, set, run]
}

#[test]
fn hostile_numbers_are_refused_on_every_way_in() {
    let hostile = ["nan", "inf", "-inf", "-1", "-0.5", "1e300", "1e-400", "0", "0.0", "1.5", "18446744073709551616"];
    let mut numeric = 0;
    for (key, value) in every_key() {
        if !matches!(value, toml::Value::Integer(_) | toml::Value::Float(_)) {
            continue;
        }
        numeric += 1;
        for value in hostile {
            let found = ways_in(&key, value);
            let taken = found.each_ref().map(|f| f.as_ref().ok());
            assert!(taken[0] == taken[1] && taken[1] == taken[2], "{key} = {value}: {found:?}");
            // Thresholds of the health checks may be negative, or so large that they never fail.
            let free = key.starts_with("health.") && key != "health.grace";
            let never =
                ["nan", "inf", "-inf", "18446744073709551616"].contains(&value) || !free && value.starts_with('-');
            assert!(!never || (found[0].is_err() && found[1].is_err()), "{key} = {value} was taken");
            if let Err(text) = &found[1] {
                let known = ["denoising.corruption", "data.label_noise", "data.missing"].into_iter().chain([&*key]);
                assert!(known.into_iter().any(|key| text.contains(key)), "{key}={value}: {text}");
            }
        }
    }
    assert!(numeric > 35, "{numeric}");
    for (key, value) in [
        ("training.batch_size", "0"),
        ("model.hidden", "0"),
        ("model.dropout", "1.5"),
        ("training.gradient_clip", "-1"),
        ("denoising.refresh_epochs", "0"),
        ("contrastive.learning_rate", "1e-400"),
        ("joint.unimodal_weight", "1e300"),
    ] {
        assert!(ways_in(key, value).iter().all(Result::is_err), "{key} = {value}");
    }
}

#[test]
fn a_wrong_value_is_told_what_is_expected() {
    let set = |s: &str| Settings::parse("", "x", &[s.to_owned()]).unwrap_err().to_string();
    for (entry, expected) in [
        ("joint.epochs=-1", "from 0 to 4294967295"),
        ("joint.epochs=2.5", "a whole number"),
        ("denoising.objective=bi", "\"first-order\""),
        ("denoising.corruption=gaussian", "{ gaussian = σ }"),
        ("denoising.decay=1", "true or false"),
        ("labels.source=human_labels", "\"momentum\""),
        ("data.label_noise={flp=0.1}", "{ flip = p }"),
        ("data.label_noise={flip=1.1}", "{ flip = p } with p from 0 to 1"),
        ("data.label_noise_splits=[\"training\"]", "\"valid\""),
        ("data.metrics=mosei", "\"mosi\" or \"sims\""),
        ("joint.learning_rate=fast", "above 0 and below 10"),
        ("data.label_range=-1", "data.label_range = -1: expected a number above 0"),
    ] {
        let text = set(entry);
        assert!(text.contains(entry.split_once('=').unwrap().0) && text.contains(expected), "{entry}: {text}");
    }
    let file = Settings::parse("[joint]\nepochs = -1\n", "my.toml", &[]).unwrap_err().to_string();
    assert!(file.contains("line 2") && file.contains("from 0 to 4294967295"), "{file}");
    // The one at fault is named, not those beside it.
    let several = ["joint.epochs=3".to_owned(), "joint.patience=x".to_owned()];
    let text = Settings::parse("", "x", &several).unwrap_err().to_string();
    assert!(text.contains("joint.patience") && !text.contains("joint.epochs"), "{text}");
}

#[test]
fn numbers_are_read_as_people_type_them() {
    let rate = |s: &str| Settings::parse("", "x", &[format!("joint.learning_rate={s}")]).unwrap().joint.learning_rate;
    assert_eq!([rate(".001"), rate("1e-3"), rate("1."), rate("1")], [0.001, 0.001, 1.0, 1.0]);
}

#[test]
fn an_unknown_key_is_told_the_nearest() {
    let set = |s: &str| Settings::parse("", "x", &[s.to_owned()]).unwrap_err().to_string();
    for (entry, near) in [
        ("joint.epoch=3", "joint.epochs"),
        ("batch_size=3", "training.batch_size"),
        ("joint.temperature=3", "contrastive.temperature"),
        ("train.batch_size=3", "training.batch_size"),
        ("contrastive.lerning_rate=1", "contrastive.learning_rate"),
    ] {
        let text = set(entry);
        assert!(text.contains(&format!("did you mean {near}?")), "{entry}: {text}");
    }
    assert!(!set("x=.001").contains("did you mean") && set("x=.001").contains("no setting x"));
    let file = Settings::parse("[joint]\nepoch = 3\n", "my.toml", &[]).unwrap_err().to_string();
    assert!(file.contains("line 2") && file.contains("did you mean joint.epochs?"), "{file}");
    assert!(set("joint=3").contains("joint is a section"), "{}", set("joint=3"));
}
