//! Weights that lie on this machine: a folder as `transformers` saves it, or a model in the Hub's local cache.

use std::io;
use std::path::{Path, PathBuf};

use super::config::{self, BertConfig};
use super::error::WeightsError;
use super::hub::Hub;
use super::shards;
use super::tensors::{self, Tensors};
use super::tokenizer::Tokenizer;
use crate::digest;

/// Files of a folder that a message names.
const NAMED: usize = 8;

/// The weights of a pre-trained text encoder.
///
/// ```no_run
/// use mug::weights::Weights;
///
/// let weights = Weights::find("sentence-transformers/all-MiniLM-L6-v2")?;
/// println!("{} parameters, SHA-256 {}", weights.config.parameters(), weights.sha256);
/// # Ok::<(), mug::weights::WeightsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// As they were asked for.
    pub name: String,
    /// The folder that they lie in.
    pub dir: PathBuf,
    /// The file of the tensors, in that folder; where they lie in several, the index of these.
    pub file: PathBuf,
    pub config: BertConfig,
    /// Of `file`, in hexadecimal digits, as the Hub publishes it; of several files, of their checksums one after the other.
    pub sha256: String,
}

impl Weights {
    /// Finds the weights that a name stands for: a folder that holds `config.json` and `model.safetensors` or
    /// `pytorch_model.bin`, in one piece or cut into several files with an index, or a model's name whose files lie in the Hub's local cache. Nothing is downloaded.
    ///
    /// # Errors
    /// Nothing of this name is there, it lacks a file, or it is no BERT that can be computed.
    pub fn find(name: &str) -> Result<Weights, WeightsError> {
        Self::find_in(name, &Hub::from_env())
    }

    /// As [`find`](Self::find), with another cache than the environment's.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn find_in(name: &str, hub: &Hub) -> Result<Weights, WeightsError> {
        if !name.is_empty() && Path::new(name).is_dir() {
            return Self::in_folder(name, Path::new(name));
        }
        let is_name = Hub::is_name(name);
        match hub.folder_of(name) {
            Some(folder) => Self::in_folder(name, &folder),
            None => Err(WeightsError::Unknown {
                name: name.to_owned(),
                looked: if is_name {
                    format!("no such folder is here, and it is not in the cache {}", hub.folder.display())
                } else {
                    "no such folder is here".to_owned()
                },
                hint: match is_name {
                    true => format!("`mug weights get {name}` downloads it, `mug weights list` shows what is there"),
                    false => "`mug weights list` shows what is in the cache".to_owned(),
                },
            }),
        }
    }

    /// The weights in a folder; `name` is what they are called.
    ///
    /// # Errors
    /// The folder lacks a file, or holds no BERT that can be computed.
    pub fn in_folder(name: &str, dir: &Path) -> Result<Weights, WeightsError> {
        let lacks = |expected| WeightsError::Folder {
            folder: dir.to_owned(),
            expected,
            found: listed(dir),
            hint: if Hub::is_name(name) && !Path::new(name).is_dir() {
                format!("`mug weights get {name}` downloads what is missing")
            } else {
                "give the folder that transformers' save_pretrained wrote, or a copy of the model's files".to_owned()
            },
        };
        if !dir.join(config::FILE).is_file() {
            return Err(lacks("config.json and the weights"));
        }
        let config = BertConfig::read(&dir.join(config::FILE))?;
        let names = tensors::FILES.into_iter().chain(shards::INDEXES);
        let file = names.map(|file| dir.join(file)).find(|path| path.is_file());
        let file = file.ok_or_else(|| lacks("model.safetensors or pytorch_model.bin, or the index of their parts"))?;
        let sum = |file: &Path| {
            let sum = digest::sha256(file, || true).and_then(|sum| sum.ok_or_else(|| io::Error::other("given up")));
            sum.map_err(WeightsError::read(file))
        };
        let sha256 = match shards::is_index(&file) {
            true => {
                let each = shards::of(&file)?.iter().map(|part| sum(part)).collect::<Result<Vec<_>, _>>()?;
                shards::checksum(&each)
            }
            false => sum(&file)?,
        };
        Ok(Weights { name: name.to_owned(), dir: dir.to_owned(), file, config, sha256 })
    }

    /// The tokenizer that belongs to them.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub fn tokenizer(&self) -> Result<Tokenizer, WeightsError> {
        Tokenizer::read(&self.dir)?.ok_or_else(|| WeightsError::Folder {
            folder: self.dir.clone(),
            expected: "tokenizer.json or vocab.txt, to make token ids of texts",
            found: listed(&self.dir),
            hint: "put the model's there, or use a data file that holds token ids (text_bert)".to_owned(),
        })
    }

    /// Their tensors, checked against `config`.
    ///
    /// # Errors
    /// As [`Tensors::open`].
    pub fn tensors(&self) -> Result<Tensors, WeightsError> {
        Tensors::open(&self.file, &self.config)
    }
}

/// What is in a folder, in words.
fn listed(dir: &Path) -> String {
    let Ok(entries) = std::fs::read_dir(dir) else { return "a folder that cannot be read".to_owned() };
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    match names.len() {
        0 => "an empty folder".to_owned(),
        count if count > NAMED => format!("{} and {} more files", names[..NAMED].join(", "), count - NAMED),
        _ => names.join(", "),
    }
}
