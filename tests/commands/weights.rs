//! `mug weights` with a cache of its own.

use std::path::Path;

use crate::support::home::{Home, said};

#[test]
fn weights_are_listed_and_checked_and_never_downloaded_unasked() {
    let home = Home::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
    let snapshot = home.path().join("cache/models--some--bert/snapshots/c0");
    std::fs::create_dir_all(&snapshot).unwrap();
    std::fs::create_dir_all(home.path().join("cache/models--some--bert/refs")).unwrap();
    std::fs::write(home.path().join("cache/models--some--bert/refs/main"), "c0").unwrap();
    for file in ["config.json", "model.safetensors", "vocab.txt"] {
        std::fs::copy(fixtures.join("small").join(file), snapshot.join(file)).unwrap();
    }
    let run = |line: &str| {
        let mut command = home.mug(line);
        command.env("HF_HUB_CACHE", home.path().join("cache")).env("HF_HUB_OFFLINE", "1").output().unwrap()
    };
    let good = |line: &str| {
        let output = run(line);
        assert!(output.status.success(), "{line}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let bad = |line: &str| {
        let output = run(line);
        assert!(!output.status.success() && output.stdout.is_empty(), "{line}: {}", said(&output));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(good("weights list").contains("some/bert  2 layers of width 8"));
    let text = good("weights check some/bert");
    for part in ["vocab.txt, 24 tokens", "37 of F32 in model.safetensors", "pooler.dense.bias", "sha256"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let text = bad("weights check other/bert");
    assert!(text.contains("`mug weights get other/bert` downloads it"), "{text}");
    assert!(bad("weights get other/bert").contains("HF_HUB_OFFLINE is set"));
    assert!(bad("weights get ../bert").contains("is no model's name"));
    // No network: nobody listens there.
    let unreached = home
        .mug("weights get other/bert")
        .env_remove("HF_HUB_OFFLINE")
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&unreached.stderr);
    let expected = "cannot download the list of its files from http://127.0.0.1:9";
    assert!(!unreached.status.success() && text.contains(expected), "{text}");
    assert!(text.contains("is the network there? Otherwise copy the model's folder here"), "{text}");
    let older = fixtures.join("older");
    assert!(good(&format!("weights check {}", older.display())).contains("each name after \"bert.\""));
    std::fs::copy(fixtures.join("evil.bin"), snapshot.join("pytorch_model.bin")).unwrap();
    std::fs::remove_file(snapshot.join("model.safetensors")).unwrap();
    assert!(bad("weights check some/bert").contains("asks for posix.system, which is refused"));
}
