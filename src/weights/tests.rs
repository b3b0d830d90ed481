//! What weights are found, read and refused. What they compute is tested where the model loads them.

use std::path::Path;

use burn::store::bridge;

use super::made::{self, Made};
use super::*;

fn problems(change: impl FnOnce(&mut std::collections::BTreeMap<String, Made>)) -> String {
    let folder = made::changed(change);
    let weights = Weights::in_folder("changed", folder.path()).unwrap();
    match weights.tensors() {
        Err(error @ WeightsError::Tensors { .. }) => error.to_string(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("these weights are complete"),
    }
}

#[test]
fn both_forms_hold_the_same_tensors() {
    let [new, old] = ["small", "older"].map(|name| made::small(name).tensors().unwrap());
    assert_eq!((new.prefix.as_str(), old.prefix.as_str()), ("", "bert."));
    assert_eq!(new.ignored, ["pooler.dense.bias", "pooler.dense.weight"]);
    assert_eq!(
        old.ignored,
        [
            "bert.embeddings.position_ids",
            "bert.pooler.dense.bias",
            "bert.pooler.dense.weight",
            "cls.predictions.bias",
            "cls.seq_relationship.weight"
        ]
    );
    assert_eq!((new.len(), &new.dtypes, new.is_empty()), (5 + 2 * 16, &vec!["F32".to_owned()], false));
    for (new, old) in new.into_tensors().into_iter().zip(old.into_tensors()) {
        assert_eq!(new.name, old.name);
        assert_eq!(bridge::into_data(new).unwrap(), bridge::into_data(old).unwrap());
    }
}

#[test]
fn a_folder_says_what_it_holds_and_what_it_lacks() {
    let weights = Weights::find(made::fixture("small").to_str().unwrap()).unwrap();
    assert!(weights.file.ends_with("small/model.safetensors"));
    assert_eq!((weights.config.hidden_size, weights.sha256.len()), (8, 64));
    let folder = made::changed(|_| {});
    let refused = || Weights::in_folder("w", folder.path()).unwrap_err().to_string();
    std::fs::rename(folder.path().join("model.safetensors"), folder.path().join("model-00001-of-00002.safetensors"))
        .unwrap();
    assert!(refused().contains("or the index of their parts, found config.json, model-00001"), "{}", refused());
    std::fs::remove_file(folder.path().join("config.json")).unwrap();
    assert!(refused().contains("expected config.json"), "{}", refused());
    std::fs::write(folder.path().join("config.json"), "{").unwrap();
    assert!(refused().contains("expected the config.json of a BERT"), "{}", refused());
}

/// A folder with the small weights in two files and their index, some of which is changed.
fn cut(change: impl FnOnce(&mut serde_json::Value)) -> tempfile::TempDir {
    let mut all = std::collections::BTreeMap::new();
    let folder = made::changed(|tensors| all = tensors.clone());
    std::fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let last = all.split_off("encoder.layer.1.attention.output.dense.bias");
    let mut index = serde_json::json!({"metadata": {"total_size": 1}, "weight_map": {}});
    for (name, part) in names.into_iter().zip([all, last]) {
        part.keys().for_each(|tensor| index["weight_map"][tensor] = name.into());
        std::fs::write(folder.path().join(name), made::safetensors(&part)).unwrap();
    }
    change(&mut index);
    std::fs::write(folder.path().join("model.safetensors.index.json"), index.to_string()).unwrap();
    folder
}

#[test]
fn weights_in_several_files_are_the_same_weights() {
    let folder = cut(|_| {});
    let weights = Weights::in_folder("cut", folder.path()).unwrap();
    assert!(weights.file.ends_with("model.safetensors.index.json"));
    let whole = made::small("small");
    let [found, expected] = [&weights, &whole].map(|weights| weights.tensors().unwrap());
    assert_eq!(found.ignored, expected.ignored);
    for (found, expected) in found.into_tensors().into_iter().zip(expected.into_tensors()) {
        assert_eq!(found.name, expected.name);
        assert_eq!(bridge::into_data(found).unwrap(), bridge::into_data(expected).unwrap());
    }
    // Their checksum is of what they hold: another byte, another checksum.
    let part = folder.path().join("model-00002-of-00002.safetensors");
    let mut bytes = std::fs::read(&part).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&part, bytes).unwrap();
    let changed = Weights::in_folder("cut", folder.path()).unwrap();
    assert!(changed.sha256.len() == 64 && changed.sha256 != weights.sha256);
    std::fs::remove_file(&part).unwrap();
    let refused = Weights::in_folder("cut", folder.path()).unwrap_err().to_string();
    assert!(refused.contains("1 of its 2 files missing: model-00002-of-00002.safetensors"), "{refused}");
}

#[test]
fn an_index_leads_out_of_no_folder() {
    let refused = |index: &str| {
        let folder = cut(|found| *found = serde_json::from_str(index).unwrap());
        Weights::in_folder("cut", folder.path()).unwrap_err().to_string()
    };
    for name in ["../model.safetensors", "/etc/passwd", "a/b.bin", ".bin", "config.json", ""] {
        let error = refused(&serde_json::json!({"weight_map": {"a": name}}).to_string());
        assert!(error.contains("an index names files of its own folder"), "{name}: {error}");
    }
    assert!(refused(r#"{"weight_map": {}}"#).contains("found no file"));
    assert!(refused("[]").contains("expected the index of weights in several files"));
}

#[test]
fn what_is_missing_or_misshapen_is_named() {
    let told = problems(|tensors| {
        tensors.remove("encoder.layer.1.output.dense.bias");
        tensors.get_mut("encoder.layer.0.intermediate.dense.weight").unwrap().shape = vec![8, 16];
    });
    for part in [
        "encoder.layer.1.output.dense.bias, 8, is missing",
        "layer.0.intermediate.dense.weight should be 16 x 8, is 8 x 16",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(told.matches("intermediate").count(), 1, "what has another shape is not missing: {told}");
    let bias =
        |tensors: &std::collections::BTreeMap<String, Made>| tensors["encoder.layer.0.output.dense.bias"].clone();
    let told = problems(|tensors| {
        let bias = bias(tensors);
        tensors.insert("encoder.layer.2.output.dense.bias".into(), bias);
    });
    assert!(told.contains("encoder.layer.2.output.dense.bias is not of a BERT of 2 layers"), "{told}");
    let told = problems(|tensors| {
        let bias = bias(tensors);
        tensors.insert("embeddings.LayerNorm.gamma".into(), bias);
    });
    assert!(told.contains("embeddings.LayerNorm.weight is there twice"), "{told}");
    let told = problems(|tensors| tensors.get_mut("encoder.layer.0.output.dense.bias").unwrap().dtype = "I32".into());
    assert!(told.contains("should hold floating-point numbers, holds I32"), "{told}");
    let told = problems(|tensors| {
        let words = tensors["embeddings.word_embeddings.weight"].clone();
        tensors.insert("other.embeddings.word_embeddings.weight".into(), words);
    });
    assert!(told.contains("more than one BERT"), "{told}");
    let told = problems(|tensors| {
        tensors.remove("embeddings.word_embeddings.weight");
    });
    assert!(told.contains("none of its") && told.contains("embeddings.LayerNorm.bias"), "{told}");
}

#[test]
fn a_prefix_of_any_project_is_taken_off() {
    let folder = made::changed(|tensors| {
        *tensors = tensors.iter().map(|(name, of)| (format!("0.auto_model.{name}"), of.clone())).collect();
    });
    let tensors = Weights::in_folder("prefixed", folder.path()).unwrap().tensors().unwrap();
    assert_eq!((tensors.prefix.as_str(), tensors.len()), ("0.auto_model.", 37));
}

/// The error of a file in place of the small weights'.
fn of_file(name: &str, bytes: &[u8]) -> Result<Tensors, WeightsError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(made::fixture("small/config.json"), folder.path().join("config.json")).unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    Weights::in_folder("w", folder.path()).unwrap().tensors()
}

#[test]
fn files_cut_anywhere_are_refused() {
    for (from, name) in
        [("small/model.safetensors", "model.safetensors"), ("older/pytorch_model.bin", "pytorch_model.bin")]
    {
        let bytes = std::fs::read(made::fixture(from)).unwrap();
        for length in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
            let error = of_file(name, &bytes[..length]).err().map(|e| e.to_string());
            assert!(error.is_some_and(|e| e.contains(name)), "{name} cut to {length} bytes");
        }
    }
}

#[test]
fn no_byte_of_a_file_makes_it_panic() {
    for (from, name) in
        [("small/model.safetensors", "model.safetensors"), ("older/pytorch_model.bin", "pytorch_model.bin")]
    {
        let bytes = std::fs::read(made::fixture(from)).unwrap();
        for at in (0..bytes.len()).step_by(53) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            // Numbers may be any; what names and lengths are made of is refused or taken.
            if let Ok(tensors) = of_file(name, &changed) {
                assert_eq!(tensors.len(), 37);
            }
        }
    }
}

#[test]
fn a_pickle_that_asks_for_code_is_refused_by_name() {
    let evil = std::fs::read(made::fixture("evil.bin")).unwrap();
    let error = of_file("pytorch_model.bin", &evil).err().unwrap();
    assert!(matches!(&error, WeightsError::Refused { asked, .. } if asked == "posix.system"), "{error}");
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1263486152\n";
    assert!(of_file("model.safetensors", pointer).err().unwrap().to_string().contains("git lfs pull"));
}

#[test]
fn ids_are_those_of_transformers() {
    for folder in ["small", "older"] {
        let tokenizer = made::small(folder).tokenizer().unwrap();
        assert_eq!((tokenizer.len(), tokenizer.is_empty()), (24, false));
        for made::Text { text, small, .. } in made::texts() {
            let (ids, types) = tokenizer.encode(&text, 50).unwrap();
            assert_eq!(ids, small, "{folder}: {text:?}");
            assert_eq!(types, vec![0; ids.len()]);
        }
        assert_eq!(tokenizer.encode("good film", 3).unwrap().0, [2, 7, 3]);
        assert_eq!(tokenizer.encode("good film", 2).unwrap().0, [2, 3]);
        assert_eq!(tokenizer.encode("good film", 1).unwrap().0, [2]);
    }
    let Some(real) = made::real() else { return };
    // By tokenizer.json, and by vocab.txt alone.
    let alone = tempfile::tempdir().unwrap();
    for file in ["vocab.txt", "tokenizer_config.json"] {
        std::fs::copy(real.join(file), alone.path().join(file)).unwrap();
    }
    for folder in [real.as_path(), alone.path()] {
        let tokenizer = Tokenizer::read(folder).unwrap().unwrap();
        for made::Text { text, ids, .. } in made::texts() {
            assert_eq!(tokenizer.encode(&text, 50).unwrap().0, ids, "{text:?}");
        }
    }
}

#[test]
fn tokenizers_of_other_kinds_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let read = || Tokenizer::read(folder.path()).map(|found| found.is_some()).map_err(|e| e.to_string());
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    assert_eq!(read(), Ok(false));
    write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\nthe\n");
    assert!(read().unwrap_err().contains("no [SEP] among its tokens"));
    write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\n");
    assert_eq!(read(), Ok(true));
    write("tokenizer_config.json", r#"{"tokenizer_class": "BertJapaneseTokenizer"}"#);
    assert!(read().unwrap_err().contains("BertJapaneseTokenizer"));
    write("tokenizer.json", "{");
    assert!(read().unwrap_err().contains("tokenizer.json: expected the tokenizer of a BERT"));
    let small = std::fs::read_to_string(made::fixture("small/tokenizer.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&small).unwrap();
    json["post_processor"] = serde_json::Value::Null;
    write("tokenizer.json", &json.to_string());
    assert!(read().unwrap_err().contains("[CLS] before and [SEP] behind"));
}

#[test]
fn names_are_looked_for_in_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub { folder: folder.path().join("hub"), endpoint: "http://localhost:9".into(), offline: true };
    let refused = |name: &str| Weights::find_in(name, &hub).unwrap_err().to_string();
    assert!(hub.list().is_empty());
    assert!(refused("a/b").contains("`mug weights get a/b`"), "{}", refused("a/b"));
    assert!(refused("/no/such/folder").contains("no such folder is here"), "{}", refused("/no/such/folder"));
    let snapshot = hub.folder.join("models--a--b/snapshots/0123abc");
    std::fs::create_dir_all(&snapshot).unwrap();
    std::fs::create_dir_all(hub.folder.join("models--a--b/refs")).unwrap();
    std::fs::write(hub.folder.join("models--a--b/refs/main"), "0123abc").unwrap();
    std::fs::create_dir_all(hub.folder.join("models--gpt2")).unwrap();
    std::os::unix::fs::symlink(made::fixture("small/config.json"), snapshot.join("config.json")).unwrap();
    assert!(refused("a/b").contains("`mug weights get a/b` downloads what is missing"), "{}", refused("a/b"));
    std::os::unix::fs::symlink(made::fixture("small/model.safetensors"), snapshot.join("model.safetensors")).unwrap();
    let found = Weights::find_in("a/b", &hub).unwrap();
    assert_eq!((found.name.as_str(), found.dir.as_path(), found.sha256.len()), ("a/b", snapshot.as_path(), 64));
    let [ab, gpt2] = &hub.list()[..] else { panic!("{:?}", hub.list()) };
    assert_eq!((ab.name.as_str(), ab.state.as_ref().unwrap().0.num_hidden_layers), ("a/b", 2));
    assert_eq!((gpt2.name.as_str(), gpt2.folder.as_deref()), ("gpt2", None::<&Path>));
    assert!(gpt2.state.as_ref().unwrap_err().contains("config.json"));
    let offline = hub.download("a/b", &mut |_| {}).unwrap_err();
    assert!(matches!(offline, WeightsError::Offline { .. }), "{offline}");
}
