//! Why weights cannot be used. Every message says what was expected, what was found, where, and what to try.

use std::io;
use std::path::PathBuf;

/// Why the weights of a text encoder cannot be found, read or downloaded.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// Neither a folder nor a model in the cache.
    #[error(
        "no weights are called {name:?}: expected a folder that holds config.json and model.safetensors (or pytorch_model.bin), \
         or a model's name on the Hugging Face Hub; {looked}; {hint}"
    )]
    Unknown { name: String, looked: String, hint: String },
    /// A folder that lacks a file.
    #[error("{folder}: expected {expected}, found {found}; {hint}")]
    Folder { folder: PathBuf, expected: &'static str, found: String, hint: String },
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    /// A value of `config.json` that is not computed here, or that cannot be.
    #[error("{path}: {key}: expected {expected}, found {found}; {hint}")]
    Config { path: PathBuf, key: &'static str, expected: String, found: String, hint: &'static str },
    /// A file that is not what its name says.
    #[error("{path}: expected {expected}, found {found}; {hint}")]
    Damaged { path: PathBuf, expected: &'static str, found: String, hint: &'static str },
    /// A pickle that asks for something else than tensors.
    #[error(
        "{path}: the pickle asks for {asked}, which is refused: nothing of a file is ever run, and weights are tensors alone; \
         take weights from another place, or the model.safetensors of the same model"
    )]
    Refused { path: PathBuf, asked: String },
    /// Tensors that are missing or have another shape than `config.json` says.
    #[error(
        "{path} does not hold what its config.json says: {}; give the config.json that belongs to these weights",
        told(.problems)
    )]
    Tensors { path: PathBuf, problems: Vec<String> },
    /// The tokenizer cannot be used.
    #[error("{path}: expected the tokenizer of a BERT, found {found}; {hint}")]
    Tokenizer { path: PathBuf, found: String, hint: &'static str },
    /// A download that the environment forbids.
    #[error(
        "{name} is not downloaded: HF_HUB_OFFLINE is set; unset it, or copy the model's folder here and give its path"
    )]
    Offline { name: String },
    /// A name that no model can have.
    #[error("{name:?} is no model's name: expected NAME or OWNER/NAME of letters, digits, '-', '_' and '.'")]
    Name { name: String },
    /// A download that failed.
    #[error("{name}: cannot download {file} from {endpoint}: {why}; {hint}")]
    Download { name: String, file: &'static str, endpoint: String, why: String, hint: &'static str },
}

/// Problems that a message names before it counts the rest.
const NAMED: usize = 4;

fn told(problems: &[String]) -> String {
    let mut text = problems.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    if problems.len() > NAMED {
        text.push_str(&format!("; and {} more", problems.len() - NAMED));
    }
    text
}

impl WeightsError {
    /// What to call with the error of a file at `path`.
    pub(super) fn read(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> WeightsError {
        let path = path.into();
        move |source| WeightsError::Read { path, source }
    }
}
