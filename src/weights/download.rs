//! Downloads a model into the Hub's local cache, where Hugging Face's own programs find it as well.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use hf_hub::Cache;
use hf_hub::api::sync::{ApiBuilder, ApiError, ApiRepo};

use super::config::{BertConfig, FILE as CONFIG};
use super::error::WeightsError;
use super::found::Weights;
use super::hub::Hub;
use super::shards::INDEXES;
use super::tensors::FILES as TENSORS;
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
        let fail = |file: &'static str, why: String| self.error(name, file, why);
        // The crate links files by relative paths, which it makes of absolute ones.
        let folder = std::path::absolute(&self.folder).map_err(WeightsError::read(&self.folder))?;
        let cache = Cache::new(folder);
        // The crate asserts what it expects of a server.
        let guarded = |file: &'static str, ask: &mut dyn FnMut() -> Result<PathBuf, ApiError>| {
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
        if let Some(index) = INDEXES.into_iter().find(|index| tensors.is_none() && there.contains(index)) {
            let advice = "its weights are cut into several files, which are not downloaded here";
            return Err(fail(index, advice.to_owned()));
        }
        let (true, Some(tensors)) = (there.contains(&CONFIG), tensors) else {
            return Err(fail(CONFIG, format!("the model has no {CONFIG} or neither of {}", TENSORS.join(", "))));
        };
        let mut get = |file: &'static str| -> Result<PathBuf, WeightsError> {
            // Asked first, so that nothing that the server says becomes part of a path unseen.
            let url = repo.url(file);
            let meta = api.metadata(&url).map_err(|e| fail(file, e.to_string()))?;
            let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            // Those of small files may be weak ones.
            let etag = meta.etag().strip_prefix("W/").unwrap_or(meta.etag());
            if !plain(etag) || !plain(meta.commit_hash()) || meta.size() as u64 > LONGEST {
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

    fn error(&self, name: &str, file: &'static str, why: String) -> WeightsError {
        let hint = if ["401", "403", "404"].iter().any(|status| why.contains(status)) {
            "is the name right? A model that is not public needs HF_TOKEN"
        } else if why.contains("request error") {
            "is the network there? Otherwise copy the model's folder here and give its path"
        } else {
            "copy the model's folder here from another place and give its path"
        };
        let endpoint = self.endpoint.clone();
        WeightsError::Download { name: name.to_owned(), file, endpoint, why, hint }
    }
}

type Guarded<'g> =
    dyn Fn(&'static str, &mut dyn FnMut() -> Result<PathBuf, ApiError>) -> Result<PathBuf, WeightsError> + 'g;

/// A file of the cache, downloaded where it is not there.
fn fetch(repo: &ApiRepo, file: &'static str, told: Told, guarded: &Guarded) -> Result<PathBuf, WeightsError> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::weights::made;
    use crate::weights::server::{COMMIT, Server};

    fn served() -> (Server, tempfile::TempDir, Hub) {
        let files = ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"];
        let file = |name: &str| (name.to_owned(), std::fs::read(made::fixture("small").join(name)).unwrap());
        let server = Server::start(files.map(file).into_iter().chain([("README.md".into(), vec![b'x'])]).collect());
        let folder = tempfile::tempdir().unwrap();
        let hub = Hub { folder: folder.path().join("hub"), endpoint: server.endpoint.clone(), offline: false };
        (server, folder, hub)
    }

    #[test]
    fn a_model_is_downloaded_once_with_what_it_needs() {
        let (server, _folder, hub) = served();
        let mut told: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut tell = |p: &Progress| {
            told.insert(p.file.clone(), (p.done, p.bytes));
        };
        let weights = hub.download("a/b", &mut tell).unwrap();
        assert_eq!(weights, Weights::find_in("a/b", &hub).unwrap());
        assert!(weights.dir.ends_with(format!("hub/models--a--b/snapshots/{COMMIT}")));
        assert_eq!(weights.sha256, made::small("small").sha256);
        assert_eq!(weights.tensors().unwrap().len(), 37);
        assert!(weights.tokenizer().is_ok() && !weights.dir.join("README.md").exists());
        let bytes = std::fs::metadata(&weights.file).unwrap().len();
        assert_eq!((told["model.safetensors"], told.len()), ((bytes, bytes), 4));
        // Nothing is asked of a file that is there but whether it still is the same: one byte each.
        server.asked.lock().unwrap().clear();
        told.clear();
        let mut tell = |p: &Progress| {
            told.insert(p.file.clone(), (p.done, p.bytes));
        };
        hub.download("a/b", &mut tell).unwrap();
        assert!(told.is_empty() && server.asked.lock().unwrap().len() == 5);
    }

    #[test]
    fn what_was_cut_off_goes_on_and_what_is_another_file_is_taken_away() {
        let (server, _folder, hub) = served();
        // As an earlier attempt left it.
        let blobs = hub.folder.join("models--a--b/blobs");
        std::fs::create_dir_all(&blobs).unwrap();
        let bytes = server.files.lock().unwrap()["model.safetensors"].clone();
        let part = blobs.join(format!("{}.part", made::small("small").sha256));
        std::fs::write(part, &bytes[..1000]).unwrap();
        let weights = hub.download("a/b", &mut |_| {}).unwrap();
        assert_eq!(weights.sha256, made::small("small").sha256);
        assert!(server.asked.lock().unwrap().contains(&("/a/b/resolve/main/model.safetensors".into(), 1000)));
        // The server sends other bytes than it says.
        let (server, _folder, hub) = served();
        server.files.lock().unwrap().get_mut("model.safetensors").unwrap()[5000] ^= 1;
        let error = hub.download("a/b", &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("model.safetensors") && error.contains("was taken away"), "{error}");
        assert!(Weights::find_in("a/b", &hub).is_err());
    }

    #[test]
    fn what_cannot_be_had_is_told_before_the_weights_are_downloaded() {
        let (server, _folder, hub) = served();
        let config = made::fixture("small/config.json");
        let other = std::fs::read_to_string(config).unwrap().replace("\"bert\"", "\"t5\"").into_bytes();
        server.files.lock().unwrap().insert("config.json".into(), other);
        let error = hub.download("a/b", &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("model_type") && error.contains("\"t5\""), "{error}");
        let asked = server.asked.lock().unwrap().clone();
        assert!(!asked.iter().any(|(path, _)| path.contains("safetensors")), "{asked:?}");
        let error = hub.download("c/d", &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("404") && error.contains("is the name right?"), "{error}");
        server.files.lock().unwrap().remove("model.safetensors");
        let error = hub.download("a/b", &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("pytorch_model.bin"), "{error}");
        server.files.lock().unwrap().insert("model.safetensors.index.json".into(), b"{}".to_vec());
        let error = hub.download("a/b", &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("cut into several files") && error.contains("copy the model's folder here"), "{error}");
        let name = hub.download("../a", &mut |_| {}).unwrap_err();
        assert!(matches!(name, WeightsError::Name { .. }), "{name}");
        let away = Hub { endpoint: "http://127.0.0.1:1".into(), ..hub };
        assert!(away.download("a/b", &mut |_| {}).unwrap_err().to_string().contains("is the network there?"));
    }
}
