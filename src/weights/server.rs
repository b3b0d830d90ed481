//! A Hub of one model on this machine, for tests of downloads.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

/// The only commit of the model.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A server that answers until the test's process ends.
pub struct Server {
    pub endpoint: String,
    /// Files of `a/b`, each with what is sent of it.
    pub files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    /// Paths that were asked for, with the first byte.
    pub asked: Arc<Mutex<Vec<(String, usize)>>>,
}

impl Server {
    /// Serves files under the name `a/b`; their etags are the SHA-256 of what they were at first.
    pub fn start(files: BTreeMap<String, Vec<u8>>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let sum = |bytes: &Vec<u8>| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let etags: BTreeMap<_, _> = files.iter().map(|(name, bytes)| (name.clone(), sum(bytes))).collect();
        let (files, asked) = (Arc::new(Mutex::new(files)), Arc::new(Mutex::new(Vec::new())));
        let (served, noted) = (Arc::clone(&files), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up in the middle is its own affair.
                let _ = answer(stream, &served.lock().unwrap().clone(), &etags, &noted);
            }
        });
        Server { endpoint, files, asked }
    }
}

fn answer(
    mut stream: TcpStream,
    files: &BTreeMap<String, Vec<u8>>,
    etags: &BTreeMap<String, String>,
    asked: &Mutex<Vec<(String, usize)>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut start, mut end) = (0, usize::MAX);
    for line in lines {
        let line = line?.to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some((from, to)) = line.strip_prefix("range: bytes=").and_then(|range| range.split_once('-')) {
            start = from.parse().unwrap_or(0);
            end = to.parse().map_or(usize::MAX, |to: usize| to + 1);
        }
    }
    asked.lock().unwrap().push((path.clone(), start));
    if path == "/api/models/a/b/revision/main" {
        let siblings: Vec<_> = files.keys().map(|name| serde_json::json!({ "rfilename": name })).collect();
        let body = serde_json::json!({"sha": COMMIT, "siblings": siblings}).to_string();
        return write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    }
    let Some((name, bytes)) = path.strip_prefix("/a/b/resolve/main/").and_then(|name| files.get_key_value(name)) else {
        return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let part = &bytes[start.min(bytes.len())..end.min(bytes.len())];
    write!(
        stream,
        "HTTP/1.1 206 Partial Content\r\nContent-Length: {}\r\nContent-Range: bytes {start}-{}/{}\r\nETag: \"{}\"\r\n\
         X-Repo-Commit: {COMMIT}\r\nConnection: close\r\n\r\n",
        part.len(),
        start + part.len(),
        bytes.len(),
        etags[name]
    )?;
    stream.write_all(part)
}
