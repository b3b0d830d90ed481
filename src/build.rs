//! Before the crate is compiled: the commit that is checked out, and burn's version, for `mug --version` and for the record of
//! each run. Read from files; without a `.git` (a tarball, a package) there is no commit.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    println!("cargo::rerun-if-changed=src/build.rs");
    let (commit, read) = commit(&root);
    println!("cargo::rustc-env=MUG_COMMIT={}", commit.unwrap_or_default());
    println!("cargo::rustc-env=MUG_BURN={}", burn(&root.join("Cargo.lock")).unwrap_or_default());
    let features = ["gpu", "gpu-fast", "gpu-spirv", "cpu"].into_iter().filter(|name| {
        std::env::var_os(format!("CARGO_FEATURE_{}", name.to_ascii_uppercase().replace('-', "_"))).is_some()
    });
    println!("cargo::rustc-env=MUG_FEATURES={}", features.collect::<Vec<_>>().join(" "));
    // A file that is not there would have this run at each build.
    for file in read.into_iter().chain([root.join("Cargo.lock")]).filter(|file| file.exists()) {
        println!("cargo::rerun-if-changed={}", file.display());
    }
}

/// The commit that is checked out, and the files that say so.
fn commit(root: &Path) -> (Option<String>, Vec<PathBuf>) {
    let mut read = Vec::new();
    let Some(folder) = git_folder(&root.join(".git")) else { return (None, read) };
    let head = folder.join("HEAD");
    let text = fs::read_to_string(&head).unwrap_or_default();
    read.push(head);
    let Some(name) = text.trim().strip_prefix("ref: ") else { return (digits(&text), read) };
    // A worktree has its own HEAD; branches lie in the repository's folder.
    let shared = fs::read_to_string(folder.join("commondir")).map(|path| folder.join(path.trim()));
    let shared = shared.unwrap_or(folder);
    let loose = shared.join(name);
    let packed = shared.join("packed-refs");
    let commit = fs::read_to_string(&loose).ok().and_then(|text| digits(&text)).or_else(|| {
        let text = fs::read_to_string(&packed).ok()?;
        let line = text.lines().find(|line| line.split_once(' ').is_some_and(|(_, of)| of == name))?;
        digits(line)
    });
    read.extend([loose, packed]);
    (commit, read)
}

/// The folder that `.git` is, or, where it is a file, names.
fn git_folder(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_owned());
    }
    let text = fs::read_to_string(git).ok()?;
    Some(git.parent()?.join(text.trim().strip_prefix("gitdir: ")?))
}

/// The first digits of a commit's name, as many as tell commits apart.
fn digits(text: &str) -> Option<String> {
    let word = text.split_ascii_whitespace().next()?;
    (word.len() >= 40 && word.bytes().all(|b| b.is_ascii_hexdigit())).then(|| word[..12].to_owned())
}

/// Burn's version, as the lock file has it.
fn burn(lock: &Path) -> Option<String> {
    let text = fs::read_to_string(lock).ok()?;
    let (_, rest) = text.split_once("name = \"burn\"\nversion = \"")?;
    Some(rest.split_once('"')?.0.to_owned())
}
