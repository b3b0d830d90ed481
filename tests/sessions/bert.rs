//! A network of BERT-base's size on the CPU: trained, killed after a checkpoint of gigabytes, and taken up again.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::json;

use crate::support::home::{Home, Watch, within};
use crate::support::outcome::Outcome;

/// Bytes that a test of this size wants to find free in memory: weights, their gradients and AdamW's two moments, and what
/// is written.
const MEMORY: u64 = 6 << 30;

/// True where there is that much; says so where there is not.
fn has_memory() -> bool {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")?.split_whitespace().next());
    let free = 1024 * kilobytes.and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    let why = format!("skipped: a network of BERT-base's size wants {MEMORY} bytes of memory, {free} are free");
    let has = free >= MEMORY;
    assert!(has || !std::env::var("MUG_TEST_REQUIRE").is_ok_and(|r| r.contains("memory")), "{why}");
    if !has {
        println!("{why}");
    }
    has
}

/// Names and shapes of BERT-base's tensors.
fn tensors() -> Vec<(String, Vec<usize>)> {
    let (width, inner) = (768, 3072);
    let mut all: Vec<(String, Vec<usize>)> = Vec::new();
    let mut add = |name: String, shape: &[usize]| all.push((name, shape.to_vec()));
    for (name, rows) in [("word", 30522), ("position", 512), ("token_type", 2)] {
        add(format!("embeddings.{name}_embeddings.weight"), &[rows, width]);
    }
    let mut norm = |name: String| ["weight", "bias"].iter().for_each(|part| add(format!("{name}.{part}"), &[width]));
    norm("embeddings.LayerNorm".to_owned());
    for n in 0..12 {
        norm(format!("encoder.layer.{n}.attention.output.LayerNorm"));
        norm(format!("encoder.layer.{n}.output.LayerNorm"));
    }
    for n in 0..12 {
        let own = ["query", "key", "value"].map(|name| (format!("attention.self.{name}"), [width, width]));
        let others = [
            ("attention.output.dense".to_owned(), [width, width]),
            ("intermediate.dense".to_owned(), [inner, width]),
            ("output.dense".to_owned(), [width, inner]),
        ];
        for (name, [to, from]) in own.into_iter().chain(others) {
            add(format!("encoder.layer.{n}.{name}.weight"), &[to, from]);
            add(format!("encoder.layer.{n}.{name}.bias"), &[to]);
        }
    }
    all
}

/// A folder of made-up weights.
fn write_weights(folder: &Path) {
    let config = json!({"model_type": "bert", "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12,
        "num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 512, "type_vocab_size": 2,
        "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu"});
    std::fs::create_dir(folder).unwrap();
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let (mut header, mut end) = (serde_json::Map::new(), 0);
    let tensors = tensors();
    for (name, shape) in &tensors {
        let start = end;
        end += 4 * shape.iter().product::<usize>();
        header.insert(name.clone(), json!({"dtype": "F32", "shape": shape, "data_offsets": [start, end]}));
    }
    let header = serde_json::to_vec(&header).unwrap();
    let mut file = BufWriter::new(File::create(folder.join("model.safetensors")).unwrap());
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(&header).unwrap();
    let mut noise = 1u32;
    for (name, shape) in &tensors {
        // A norm's gain is 1.
        let gain = f32::from(u8::from(name.contains("LayerNorm.weight")));
        for _ in 0..shape.iter().product() {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let value = gain + 0.04 * ((noise >> 8) as f32 / (1u32 << 24) as f32 - 0.5);
            file.write_all(&value.to_le_bytes()).unwrap();
        }
    }
    file.flush().unwrap();
}

#[test]
fn a_network_of_berts_size_is_trained_killed_and_taken_up_again() {
    if !has_memory() {
        return;
    }
    let home = Home::new();
    let weights = home.path().join("bert-base");
    write_weights(&weights);
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/layouts/only_bert.pkl");
    let settings = format!(
        "--dataset {data} --device cpu --stage contrastive --set contrastive.epochs=3 --set contrastive.patience=0 \
         --set training.batch_size=4 --set model.text.encoder=bert --set model.text.weights={}",
        weights.display()
    );
    home.good(&format!("train {settings} --run whole"));
    let whole = Outcome::of(&home.run());
    home.good("runs rm whole --yes");

    let mut host = home.start(&format!("train {settings} --run x"));
    let mut watch = Watch::new(&home.runs().join("x/events.jsonl"));
    // It is written while training goes on: what comes after it has to be computed again.
    let written = || {
        watch.look();
        assert!(host.try_wait().unwrap().is_none(), "the run ended before a checkpoint was written");
        watch.view.checkpoints > 0
    };
    within(5, "a checkpoint", written, String::new);
    host.kill().unwrap();
    assert!(!host.wait().unwrap().success());
    home.wait_for_state("died");
    home.good("train --resume x");
    Outcome::of(&home.run()).assert_same(&whole, "killed after a checkpoint");
}
