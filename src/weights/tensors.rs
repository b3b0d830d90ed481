//! The tensors of a BERT: what a file must hold by its `config.json`, and what it does hold.
//!
//! Files are read by burn's own readers, which map them: a tensor's numbers are read when the model takes them. A pickle is
//! interpreted as data; what it would have Python run is never run, and refused by name.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use burn::store::burn_pack::Tensor;
use burn::store::pytorch_reader::{PickleValue, PytorchReader};
use burn::store::{ModuleStore, PytorchStore, SafetensorsStore, bridge};
use burn::tensor::DType;

use super::config::BertConfig;
use super::error::WeightsError;
use super::shards;
use crate::files;

/// The files that hold a model's tensors, the preferred one first.
pub const FILES: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];
/// The tensor that every BERT has, whatever its file puts before the names.
const ANCHOR: &str = "embeddings.word_embeddings.weight";
/// Buffers of some releases, which hold no parameters.
const BUFFERS: [&str; 2] = ["embeddings.position_ids", "embeddings.token_type_ids"];
/// What a Git LFS pointer begins with.
const POINTER: &[u8] = b"version https://git-lfs";

/// What of Python a pickle of tensors may name besides tensors: nothing of it does anything. A name that ends with a dot is
/// all that begins so.
const HARMLESS: [&str; 16] = [
    "torch.Tensor",
    "torch.TypedStorage",
    "torch.UntypedStorage",
    "torch.FloatStorage",
    "torch.device",
    "torch.Size",
    "torch.dtype",
    "torch.float16",
    "torch.bfloat16",
    "torch.float32",
    "torch.float64",
    "torch.int64",
    "torch.nn.parameter.",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "int",
];

/// The tensors of a BERT as its file holds them: in PyTorch's layout, as f32 once they are read, by the names that
/// Hugging Face's `BertModel` gives them.
#[derive(Clone)]
pub struct Tensors {
    tensors: BTreeMap<String, Tensor>,
    /// Names in the file of what the model does not take: heads, buffers.
    pub ignored: Vec<String>,
    /// What stands before all names in the file, such as "bert."; mostly nothing.
    pub prefix: String,
    /// The types of the numbers in the file, such as F32, each once.
    pub dtypes: Vec<String>,
}

impl Tensors {
    /// Opens a file of weights, `model.safetensors` or `pytorch_model.bin`, or the index of several, and checks names and
    /// shapes against the shape of the BERT. The older names `gamma` and `beta`, a prefix before all names, and heads are accepted.
    ///
    /// # Errors
    /// The file is damaged or no such file, asks for code, or lacks tensors or has them in other shapes: all are named.
    pub fn open(path: &Path, config: &BertConfig) -> Result<Tensors, WeightsError> {
        let all = read(path)?;
        let fail = |problems: Vec<String>| WeightsError::Tensors { path: path.to_owned(), problems };
        let prefix = prefix(all.keys()).map_err(|problem| fail(vec![problem]))?;
        // Each is taken out once it is met, in whatever shape; what is left is missing.
        let mut left = expected(config);
        let mut found = Tensors { tensors: BTreeMap::new(), ignored: Vec::new(), prefix, dtypes: Vec::new() };
        let mut problems = Vec::new();
        for (name, tensor) in all {
            let Some(own) = name.strip_prefix(&found.prefix).map(newer) else {
                found.ignored.push(name);
                continue;
            };
            let Some(shape) = left.remove(&own) else {
                if found.tensors.contains_key(&own) {
                    problems.push(format!("{own} is there twice, by its older name too"));
                } else if is_of_the_encoder(&own) {
                    problems.push(format!("{name} is not of a BERT of {}", layers(config)));
                } else {
                    found.ignored.push(name);
                }
                continue;
            };
            if tensor.shape.as_slice() != shape.as_slice() {
                problems.push(format!("{name} should be {}, is {}", product(&shape), product(tensor.shape.as_slice())));
                continue;
            }
            if !tensor.dtype.is_float() {
                problems.push(format!("{name} should hold floating-point numbers, holds {:?}", tensor.dtype));
                continue;
            }
            let dtype = format!("{:?}", tensor.dtype);
            if !found.dtypes.contains(&dtype) {
                found.dtypes.push(dtype);
            }
            found.tensors.insert(own.clone(), named(tensor, &own));
        }
        problems.extend(left.iter().map(|(name, shape)| format!("{name}, {}, is missing", product(shape))));
        if problems.is_empty() { Ok(found) } else { Err(fail(problems)) }
    }

    /// The tensors, each by its name in `BertModel`; the numbers are read, and made f32, when they are asked for.
    pub fn into_tensors(self) -> Vec<Tensor> {
        self.tensors.into_values().collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// True where there are none, which [`open`](Self::open) refuses.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }
}

/// The names of a BERT's tensors in `BertModel`, without pooler, with their shapes in PyTorch's layout.
pub fn expected(config: &BertConfig) -> BTreeMap<String, Vec<usize>> {
    let (width, inner) = (config.hidden_size, config.intermediate_size);
    let mut all = BTreeMap::new();
    let mut add = |name: String, shape: &[usize]| {
        all.insert(name, shape.to_vec());
    };
    for (name, rows) in [
        ("word_embeddings", config.vocab_size),
        ("position_embeddings", config.max_position_embeddings),
        ("token_type_embeddings", config.type_vocab_size),
    ] {
        add(format!("embeddings.{name}.weight"), &[rows, width]);
    }
    add("embeddings.LayerNorm.weight".into(), &[width]);
    add("embeddings.LayerNorm.bias".into(), &[width]);
    for layer in 0..config.num_hidden_layers {
        for (name, to, from) in [
            ("attention.self.query", width, width),
            ("attention.self.key", width, width),
            ("attention.self.value", width, width),
            ("attention.output.dense", width, width),
            ("intermediate.dense", inner, width),
            ("output.dense", width, inner),
        ] {
            add(format!("encoder.layer.{layer}.{name}.weight"), &[to, from]);
            add(format!("encoder.layer.{layer}.{name}.bias"), &[to]);
        }
        for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
            add(format!("encoder.layer.{layer}.{name}.weight"), &[width]);
            add(format!("encoder.layer.{layer}.{name}.bias"), &[width]);
        }
    }
    all
}

/// All tensors of a file, or of the files of an index, by their names there.
fn read(path: &Path) -> Result<BTreeMap<String, Tensor>, WeightsError> {
    if !shards::is_index(path) {
        return read_one(path);
    }
    let mut all = BTreeMap::new();
    for part in shards::of(path)? {
        all.extend(read_one(&part)?);
    }
    Ok(all)
}

/// All tensors of one file.
fn read_one(path: &Path) -> Result<BTreeMap<String, Tensor>, WeightsError> {
    let damaged =
        |expected, found: String, hint| WeightsError::Damaged { path: path.to_owned(), expected, found, hint };
    let mut head = [0; POINTER.len()];
    let mut file = files::open(path).map_err(WeightsError::read(path))?;
    if file.read_exact(&mut head).is_ok() && head == *POINTER {
        return Err(damaged("weights", "a Git LFS pointer".to_owned(), "fetch the file itself: git lfs pull"));
    }
    if path.extension().is_some_and(|extension| extension == "safetensors") {
        let mut store = SafetensorsStore::from_file(path);
        let all = store.get_all_tensors().map_err(|e| {
            damaged("a whole safetensors file", e.to_string(), "copy or download it again; it may have been cut off")
        })?;
        return Ok(all.clone());
    }
    let pickle =
        |e: String| damaged("a whole file of PyTorch's", e, "copy or download it again; it may have been cut off");
    let content = PytorchReader::read_pickle_data(path, None).map_err(|e| pickle(e.to_string()))?;
    if let Some(asked) = asked_for(&content) {
        return Err(WeightsError::Refused { path: path.to_owned(), asked: asked.to_owned() });
    }
    // Gaps in the numbers of layers are told, not closed.
    let mut store = PytorchStore::from_file(path).map_indices_contiguous(false);
    Ok(store.get_all_tensors().map_err(|e| pickle(e.to_string()))?.clone())
}

/// What of Python a pickle asks for that is neither a tensor nor harmless.
fn asked_for(value: &PickleValue) -> Option<&str> {
    match value {
        PickleValue::Unsupported(name) => {
            let harmless = |known: &&str| name == known || (known.ends_with('.') && name.starts_with(*known));
            (!HARMLESS.iter().any(harmless)).then_some(name.as_str())
        }
        PickleValue::List(items) => items.iter().find_map(asked_for),
        PickleValue::Dict(items) => items.values().find_map(asked_for),
        _ => None,
    }
}

/// What stands before the names of the one BERT in a file.
fn prefix<'a>(names: impl Iterator<Item = &'a String> + Clone) -> Result<String, String> {
    let before = |name: &'a String| name.strip_suffix(ANCHOR).filter(|p| p.is_empty() || p.ends_with('.'));
    let found: Vec<&str> = names.clone().filter_map(before).collect();
    match *found.as_slice() {
        [only] => Ok(only.to_owned()),
        [] => {
            let count = names.clone().count();
            let some = names.take(3).cloned().collect::<Vec<_>>().join(", ");
            Err(format!(
                "none of its {count} tensors is {ANCHOR} (there are {some}{})",
                if count > 3 { ", ..." } else { "" }
            ))
        }
        _ => Err(format!("it holds more than one BERT: {}", found.join(" and "))),
    }
}

/// A tensor's name as it is called today.
fn newer(name: &str) -> String {
    for (older, newer) in [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")] {
        if let Some(start) = name.strip_suffix(older) {
            return format!("{start}{newer}");
        }
    }
    name.to_owned()
}

/// Whether a name is one of the encoder itself, so that it may not be passed over.
fn is_of_the_encoder(name: &str) -> bool {
    (name.starts_with("encoder.") || name.starts_with("embeddings.")) && !BUFFERS.contains(&name)
}

/// The tensor by another name, its numbers as f32.
fn named(mut tensor: Tensor, name: &str) -> Tensor {
    if tensor.dtype == DType::F32 {
        tensor.name = name.to_owned();
        return tensor;
    }
    let shape = tensor.shape.clone();
    bridge::map_data(tensor, name.to_owned(), DType::F32, shape, |data| data.convert_dtype(DType::F32))
}

fn layers(config: &BertConfig) -> String {
    match config.num_hidden_layers {
        1 => "1 layer".to_owned(),
        n => format!("{n} layers"),
    }
}

fn product(shape: &[usize]) -> String {
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")
}
