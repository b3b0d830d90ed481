//! The Hugging Face Hub's cache on this machine, laid out and named as Hugging Face's own programs do it.

use std::env;
use std::path::{Path, PathBuf};

use hf_hub::Cache;

use super::config::{self, BertConfig};
use super::{shards, tensors};

/// The Hub, where no variable names another server.
const ENDPOINT: &str = "https://huggingface.co";
/// Models of a cache that are listed.
const MOST: usize = 10_000;

/// The Hub as the environment has it: its cache here, its server, whether it may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    /// The folder of the cache: `HF_HUB_CACHE`, or `hub` in `HF_HOME`, or `~/.cache/huggingface/hub`.
    pub folder: PathBuf,
    /// The server: `HF_ENDPOINT`, or huggingface.co.
    pub endpoint: String,
    /// Nothing may be downloaded: `HF_HUB_OFFLINE`.
    pub offline: bool,
}

/// A model in the cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Cached {
    pub name: String,
    /// Where its files lie; `None` where it is not there as a whole.
    pub folder: Option<PathBuf>,
    /// The shape of the BERT and the bytes of its weights; why it cannot be used where it cannot.
    pub state: Result<(BertConfig, u64), String>,
}

impl Hub {
    /// As the environment says.
    pub fn from_env() -> Hub {
        Self::from_variables(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from_variables(get: impl Fn(&str) -> Option<String>) -> Hub {
        let home = || {
            let cache = get("XDG_CACHE_HOME").map(PathBuf::from);
            let cache = cache.unwrap_or_else(|| env::home_dir().unwrap_or_default().join(".cache"));
            get("HF_HOME").map_or_else(|| cache.join("huggingface"), PathBuf::from)
        };
        let folder = get("HF_HUB_CACHE").or_else(|| get("HUGGINGFACE_HUB_CACHE"));
        let is_true = |value: String| matches!(value.to_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE");
        Hub {
            folder: folder.map_or_else(|| home().join("hub"), PathBuf::from),
            endpoint: get("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned()),
            offline: get("HF_HUB_OFFLINE").or_else(|| get("TRANSFORMERS_OFFLINE")).is_some_and(is_true),
        }
    }

    /// Whether a text can be a model's name, so that it may become part of a path or an address.
    pub fn is_name(text: &str) -> bool {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                && !part.contains("--")
                && !part.contains("..")
        };
        text.len() <= 96 && text.split('/').count() <= 2 && text.split('/').all(part)
    }

    /// The folder that a model's files lie in, as last downloaded; `None` where it is not in the cache.
    pub fn folder_of(&self, name: &str) -> Option<PathBuf> {
        if !Self::is_name(name) {
            return None;
        }
        let config = Cache::new(self.folder.clone()).model(name.to_owned()).get(config::FILE)?;
        config.parent().map(Path::to_owned)
    }

    /// The models in the cache, by name.
    pub fn list(&self) -> Vec<Cached> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| {
            let name = entry.file_name().to_str()?.strip_prefix("models--")?.replacen("--", "/", 1);
            Self::is_name(&name).then_some(name)
        });
        let mut names: Vec<_> = names.take(MOST).collect();
        names.sort();
        names.into_iter().map(|name| self.cached(name)).collect()
    }

    fn cached(&self, name: String) -> Cached {
        let folder = self.folder_of(&name);
        let state = match &folder {
            Some(folder) => look(folder),
            None => Err(format!("without its {}", config::FILE)),
        };
        Cached { name, folder, state }
    }
}

/// The shape and the size of the weights in a folder, without reading them.
fn look(folder: &Path) -> Result<(BertConfig, u64), String> {
    let config = BertConfig::read(&folder.join(config::FILE)).map_err(|e| e.to_string())?;
    let bytes = |path: &Path| std::fs::metadata(path).map(|of| of.len()).ok();
    if let Some(bytes) = tensors::FILES.iter().find_map(|file| bytes(&folder.join(file))) {
        return Ok((config, bytes));
    }
    let index = shards::INDEXES.iter().map(|index| folder.join(index)).find(|path| path.is_file());
    let index = index.ok_or_else(|| format!("without {}", tensors::FILES.join(" or ")))?;
    let parts = shards::of(&index).map_err(|e| e.to_string())?;
    Ok((config, parts.iter().filter_map(|part| bytes(part)).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_the_variables_say() {
        let of = |set: &[(&str, &str)]| {
            Hub::from_variables(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| value.to_string()))
        };
        assert_eq!(of(&[("HF_HOME", "/a")]).folder, Path::new("/a/hub"));
        assert_eq!(of(&[("HF_HOME", "/a"), ("HF_HUB_CACHE", "/b")]).folder, Path::new("/b"));
        assert_eq!(of(&[("XDG_CACHE_HOME", "/c")]).folder, Path::new("/c/huggingface/hub"));
        assert!(of(&[]).folder.ends_with(".cache/huggingface/hub"));
        assert_eq!(of(&[]).endpoint, ENDPOINT);
        assert!(!of(&[("HF_HUB_OFFLINE", "0")]).offline && of(&[("HF_HUB_OFFLINE", "True")]).offline);
    }

    #[test]
    fn names_cannot_leave_the_cache() {
        for name in ["bert-base-uncased", "sentence-transformers/all-MiniLM-L6-v2", "a/B_c.d"] {
            assert!(Hub::is_name(name), "{name}");
        }
        for name in ["", "/etc", "a/b/c", "../a", "a/..", "a//b", "a--b/c", "a b", "a/b\n", ".hidden", "~/x", "a\0"] {
            assert!(!Hub::is_name(name), "{name}");
        }
    }
}
