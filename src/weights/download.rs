//! Downloads a model into the Hub's local cache, where Hugging Face's own programs find it as well.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use hf_hub::Cache;
use hf_hub::api::sync::{ApiBuilder, ApiError, ApiRepo};

use super::config::BertConfig;
use super::error::WeightsError;
use super::found::{CONFIG, TENSORS, Weights};
use super::hub::Hub;
use crate::digest;

/// What is downloaded besides the shape and the tensors, where the model has it.
const ASIDE: [&str; 3] = ["tokenizer.json", "vocab.txt", "tokenizer_config.json"];
/// The longest file that is downloaded, in bytes: some times the weights of the largest BERT there is.
const LONGEST: u64 = 32 << 30;
/// The length of a SHA-256 in hexadecimal digits: large files are named by it.
const SHA256: usize = 64;

/// How far a file's download is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub file: String,
    /// Bytes that are there.
    pub done: u64,
    /// Bytes of the whole file.
    pub bytes: u64,
}

impl Hub {
    /// Downloads a model's files and gives its weights. `tell` is called as bytes arrive. What is there as it should be is
    /// not downloaded again, and a download that was cut off goes on where it ended.
    ///
    /// # Errors
    /// The environment forbids it, the server cannot be reached or has no such model, or the model is no BERT.
    pub fn download(&self, name: &str, tell: &mut dyn FnMut(&Progress)) -> Result<Weights, WeightsError> {
        if !Self::is_name(name) {
            return Err(WeightsError::Name { name: name.to_owned() });
        }
        if self.offline {
            return Err(WeightsError::Offline { name: name.to_owned() });
        }
        let fail = |file: &str, why: String| self.error(name, file, why);
        // The crate links files by relative paths, which it makes of absolute ones.
        let folder = std::path::absolute(&self.folder).map_err(WeightsError::read(&self.folder))?;
        let cache = Cache::new(folder);
        // The crate asserts what it expects of a server.
        let guarded = |file: &str, ask: &mut dyn FnMut() -> Result<PathBuf, ApiError>| {
            catch_unwind(AssertUnwindSafe(ask))
                .unwrap_or_else(|_| Err(ApiError::InvalidHeader("something that the server sent")))
                .map_err(|e| fail(file, e.to_string()))
        };
        let api = ApiBuilder::from_cache(cache.clone()).with_endpoint(self.endpoint.clone()).with_progress(false);
        let api = match std::env::var("HF_TOKEN") {
            Ok(token) if !token.is_empty() => api.with_token(Some(token)),
            _ => api,
        };
        let api = api.build().map_err(|e| fail("anything", e.to_string()))?;
        let repo = api.model(name.to_owned());
        let info = repo.info().map_err(|e| fail("the list of its files", e.to_string()))?;
        let there: Vec<&str> = info.siblings.iter().map(|file| file.rfilename.as_str()).collect();
        let tensors = TENSORS.into_iter().find(|file| there.contains(file));
        let (true, Some(tensors)) = (there.contains(&CONFIG), tensors) else {
            return Err(fail(CONFIG, format!("the model has no {CONFIG} or neither of {}", TENSORS.join(", "))));
        };
        let mut get = |file: &str| -> Result<PathBuf, WeightsError> {
            // Asked first, so that nothing that the server says becomes part of a path unseen.
            let url = repo.url(file);
            let meta = api.metadata(&url).map_err(|e| fail(file, e.to_string()))?;
            let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            if !plain(meta.etag()) || !plain(meta.commit_hash()) || meta.size() as u64 > LONGEST {
                let found = format!("etag {:?}, {} bytes", meta.etag(), meta.size());
                return Err(fail(file, format!("the server answers with what no Hub sends ({found})")));
            }
            let held = cache.model(name.to_owned()).get(file);
            if let Some(path) = held.filter(|path| is_blob(path, meta.etag(), meta.size() as u64)) {
                return Ok(path);
            }
            let told = Told { file, done: 0, bytes: 0, tell: &mut *tell };
            fetch(&repo, file, told, &guarded)
        };
        let config = get(CONFIG)?;
        // Before the weights are downloaded: they may be of something else, and large.
        BertConfig::read(&config)?;
        for file in ASIDE.into_iter().filter(|file| there.contains(file)) {
            get(file)?;
        }
        let path = get(tensors)?;
        whole(&path).map_err(|why| fail(tensors, why))?;
        Weights::find_in(name, self)
    }

    fn error(&self, name: &str, file: &str, why: String) -> WeightsError {
        let hint = if why.contains("401") || why.contains("403") || why.contains("404") {
            "is the name right? A model that is not public needs HF_TOKEN"
        } else {
            "is the network there? Otherwise copy the model's folder here and give its path"
        };
        let endpoint = self.endpoint.clone();
        WeightsError::Download { name: name.to_owned(), file: file.to_owned(), endpoint, why, hint }
    }
}

type Guarded<'g> = dyn Fn(&str, &mut dyn FnMut() -> Result<PathBuf, ApiError>) -> Result<PathBuf, WeightsError> + 'g;

/// A file of the cache, downloaded where it is not there.
fn fetch(repo: &ApiRepo, file: &str, told: Told, guarded: &Guarded) -> Result<PathBuf, WeightsError> {
    let mut told = Some(told);
    guarded(file, &mut || match told.take() {
        Some(told) => repo.download_with_progress(file, told),
        None => Err(ApiError::InvalidResume),
    })
}

/// Whether a file of the cache is the one that the server has, in full.
fn is_blob(path: &Path, etag: &str, bytes: u64) -> bool {
    let blob = std::fs::canonicalize(path).ok();
    blob.is_some_and(|blob| blob.ends_with(etag) && std::fs::metadata(&blob).is_ok_and(|m| m.len() == bytes))
}

/// Passes the crate's progress on.
struct Told<'a> {
    file: &'a str,
    done: u64,
    bytes: u64,
    tell: &'a mut dyn FnMut(&Progress),
}

impl Told<'_> {
    fn tell(&mut self) {
        (self.tell)(&Progress { file: self.file.to_owned(), done: self.done, bytes: self.bytes });
    }
}

impl hf_hub::api::Progress for Told<'_> {
    // Called again where a download goes on.
    fn init(&mut self, size: usize, _: &str) {
        (self.done, self.bytes) = (0, size as u64);
    }

    fn update(&mut self, size: usize) {
        self.done = self.done.saturating_add(size as u64);
        self.tell();
    }

    fn finish(&mut self) {
        self.done = self.bytes;
        self.tell();
    }
}

/// Compares a large file with the SHA-256 that it is named by in the cache; takes it away where it is another.
fn whole(path: &Path) -> Result<(), String> {
    let blob = std::fs::canonicalize(path).map_err(|e| e.to_string())?;
    let Some(known) = blob.file_name().and_then(|name| name.to_str()).filter(|name| name.len() == SHA256) else {
        return Ok(());
    };
    let found = digest::sha256(&blob, || true).map_err(|e| e.to_string())?.unwrap_or_default();
    if found == known {
        return Ok(());
    }
    // Kept, it would be taken for the model from now on.
    let _ = std::fs::remove_file(&blob);
    let _ = std::fs::remove_file(path);
    Err(format!("what arrived has the SHA-256 {found}, not {known}; it was taken away"))
}
