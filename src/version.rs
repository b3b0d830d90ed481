//! What this program is: its version, the commit that it was built from, its features, and burn's version. `src/build.rs` finds
//! them out.

use std::sync::LazyLock;

/// The program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The first digits of the commit that was checked out when the program was built; `None` where it was built without a
/// repository. Changes that were not committed are not told.
pub const COMMIT: Option<&str> = known(env!("MUG_COMMIT"));

/// The features that it was built with, separated by spaces.
pub const FEATURES: &str = env!("MUG_FEATURES");

/// The version of burn that it was built with.
pub const BURN: Option<&str> = known(env!("MUG_BURN"));

const fn known(text: &str) -> Option<&str> {
    if text.is_empty() { None } else { Some(text) }
}

/// Version and commit: `0.1.0 (bf08d58a1c3e)`.
pub fn named() -> String {
    COMMIT.map_or_else(|| VERSION.to_owned(), |commit| format!("{VERSION} ({commit})"))
}

/// What `mug --version` says behind the program's name.
pub static ALL: LazyLock<String> = LazyLock::new(|| {
    let features = if FEATURES.is_empty() { "none" } else { FEATURES };
    let commit = COMMIT.unwrap_or("unknown: built without a repository");
    format!("{VERSION}\ncommit: {commit}\nfeatures: {features}\nburn: {}", BURN.unwrap_or("unknown"))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_built_is_told() {
        assert!(BURN.is_some_and(|burn| burn.starts_with("0.")), "{BURN:?}");
        assert!(COMMIT.is_none_or(|c| c.len() == 12 && c.bytes().all(|b| b.is_ascii_hexdigit())), "{COMMIT:?}");
        assert_eq!(FEATURES.split(' ').any(|f| f == "gpu"), cfg!(feature = "gpu"));
        assert!(named().starts_with(VERSION) && ALL.lines().count() == 4, "{}", *ALL);
    }
}
