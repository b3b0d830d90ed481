//! Weights for tests: the small ones of `tests/fixtures/bert`, changed as a test likes, and the real ones where they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::found::Weights;

/// A file of the fixtures.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert").join(name)
}

/// The small weights in one of their two forms, "small" or "older".
pub fn small(name: &str) -> Weights {
    Weights::in_folder(name, &fixture(name)).unwrap()
}

/// The folder of all-MiniLM-L6-v2, or `None`, said aloud, where it is not at hand.
pub fn real() -> Option<PathBuf> {
    let here = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/ci-weights/all-MiniLM-L6-v2");
    let folder = std::env::var_os("MUG_TEST_WEIGHTS").map_or_else(here, PathBuf::from);
    if folder.join("model.safetensors").is_file() {
        return Some(folder);
    }
    let why = format!("skipped: all-MiniLM-L6-v2 is not in {}; set MUG_TEST_WEIGHTS", folder.display());
    println!("{why}");
    assert!(!std::env::var("MUG_TEST_REQUIRE").is_ok_and(|r| r.contains("weights")), "{why}");
    None
}

/// A text and its token ids by `transformers`, of at most 50 tokens.
#[derive(Deserialize)]
pub struct Text {
    pub text: String,
    /// By all-MiniLM-L6-v2's tokenizer.
    pub ids: Vec<u32>,
    /// By the small one's.
    pub small: Vec<u32>,
}

pub fn texts() -> Vec<Text> {
    serde_json::from_str(&std::fs::read_to_string(fixture("texts.json")).unwrap()).unwrap()
}

/// Numbers that `transformers` computed.
pub fn floats(name: &str) -> Vec<f32> {
    let bytes = std::fs::read(fixture(name)).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// What PyTorch computed in ten steps of AdamW on the texts: `make.py` of the fixtures says of what.
#[derive(Deserialize)]
pub struct Steps {
    /// Before each step.
    pub losses: Vec<f32>,
    /// Of the first step and of each parameter of BERT: its name, the sum of its gradient times cos(0.9 i), and its norm.
    pub gradients: Vec<(String, f64, f64)>,
}

/// Of the BERT "small" or "minilm".
pub fn steps(name: &str) -> Steps {
    let mut all: BTreeMap<String, Steps> =
        serde_json::from_str(&std::fs::read_to_string(fixture("steps.json")).unwrap()).unwrap();
    all.remove(name).unwrap()
}

/// A tensor of a safetensors file.
#[derive(Clone, Debug)]
pub struct Made {
    pub dtype: String,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl Made {
    /// The same numbers in half precision, "F16" or "BF16".
    pub fn halve(&mut self, dtype: &str) {
        let values = self.bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b));
        let bytes =
            |v: f32| if dtype == "F16" { f16::from_f32(v).to_le_bytes() } else { bf16::from_f32(v).to_le_bytes() };
        self.bytes = values.flat_map(bytes).collect();
        self.dtype = dtype.to_owned();
    }
}

/// A folder with the small weights, some of whose tensors were changed.
pub fn changed(change: impl FnOnce(&mut BTreeMap<String, Made>)) -> TempDir {
    let bytes = std::fs::read(fixture("small/model.safetensors")).unwrap();
    let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header: BTreeMap<String, Value> = serde_json::from_slice(header).unwrap();
    let tensor = |of: &Value| {
        let at = |i: usize| of["data_offsets"][i].as_u64().unwrap() as usize;
        let shape = of["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
        Made { dtype: of["dtype"].as_str().unwrap().to_owned(), shape, bytes: data[at(0)..at(1)].to_vec() }
    };
    let mut tensors: BTreeMap<_, _> = header
        .iter()
        .filter(|(name, _)| *name != "__metadata__")
        .map(|(name, of)| (name.clone(), tensor(of)))
        .collect();
    change(&mut tensors);
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "vocab.txt", "tokenizer.json"] {
        std::fs::copy(fixture("small").join(file), folder.path().join(file)).unwrap();
    }
    std::fs::write(folder.path().join("model.safetensors"), safetensors(&tensors)).unwrap();
    folder
}

/// The bytes of a safetensors file.
pub fn safetensors(tensors: &BTreeMap<String, Made>) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, Made { dtype, shape, bytes }) in tensors {
        let end = data.len() + bytes.len();
        header.insert(name.clone(), json!({"dtype": dtype, "shape": shape, "data_offsets": [data.len(), end]}));
        data.extend_from_slice(bytes);
    }
    let header = serde_json::to_vec(&header).unwrap();
    [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
}
