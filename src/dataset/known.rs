//! The field's datasets, one entry each, and how a path tells which of them it holds.

use std::path::Path;

/// A dataset that the field knows by name.
pub struct Known {
    /// The name in the catalogue and of its file in `configs/`.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// Where MMSA puts its files, the preferred one first.
    pub files: [&'static str; 2],
    /// H: labels lie in [-H, H].
    pub range: f32,
    /// Whether a word of a path, in small letters and without `cmu` or `ch` before it, stands for the dataset; with the word
    /// that follows, empty after the last.
    is: fn(&str, &str) -> bool,
}

/// The field's datasets.
pub const KNOWN: [Known; 4] = [
    Known {
        name: "mosi",
        about: "CMU-MOSI: 2199 English opinion clips, labels in [-3, 3]",
        files: ["MOSI/Processed/unaligned_50.pkl", "MOSI/Processed/aligned_50.pkl"],
        range: 3.0,
        is: |word, _| word == "mosi",
    },
    Known {
        name: "mosei",
        about: "CMU-MOSEI: 22856 English opinion clips, labels in [-3, 3]",
        files: ["MOSEI/Processed/unaligned_50.pkl", "MOSEI/Processed/aligned_50.pkl"],
        range: 3.0,
        is: |word, _| word == "mosei",
    },
    Known {
        name: "sims",
        about: "CH-SIMS: 2281 Chinese film clips with human unimodal labels, labels in [-1, 1]",
        files: ["SIMS/Processed/unaligned_39.pkl", "SIMS/unaligned_39.pkl"],
        range: 1.0,
        is: |word, next| word == "simsv1" || word == "sims" && !next.starts_with("v2"),
    },
    Known {
        name: "simsv2",
        about: "CH-SIMS v2: 4403 Chinese film clips with human unimodal labels, labels in [-1, 1]",
        files: ["SIMSV2/Processed/unaligned.pkl", "ch-simsv2s.pkl"],
        range: 1.0,
        is: |word, next| word.starts_with("simsv2") || word == "sims" && next.starts_with("v2"),
    },
];

/// A file that MMSA publishes.
pub struct Published {
    /// What it is.
    pub what: &'static str,
    /// The first digits of its SHA-256.
    digest: &'static str,
    /// Clips of its training split.
    pub train: usize,
}

/// The files that MMSA publishes.
pub const PUBLISHED: [Published; 5] = [
    Published { what: "MMSA's CMU-MOSI aligned_50", digest: "d3994fd2", train: 1284 },
    Published { what: "MMSA's CMU-MOSI unaligned_50", digest: "78e0f8b5", train: 1284 },
    Published { what: "MMSA's CMU-MOSEI aligned_50", digest: "45eccfb7", train: 16326 },
    Published { what: "MMSA's CMU-MOSEI unaligned_50", digest: "ad8b23d5", train: 16326 },
    Published { what: "MMSA's CH-SIMS unaligned_39", digest: "c9e20c13", train: 1368 },
];

/// The published file of that SHA-256.
pub fn published(digest: &str) -> Option<&'static Published> {
    PUBLISHED.iter().find(|file| digest.starts_with(file.digest))
}

/// H of the dataset of that name.
pub fn range_of(name: &str) -> Option<f32> {
    KNOWN.iter().find(|known| known.name == name).map(|known| known.range)
}

/// The file's name without its extension.
pub fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| path.display().to_string(), |stem| stem.to_string_lossy().into_owned())
}

/// The dataset that a path names, by its stem or by one of the two folders above it.
pub fn name_of(path: &Path) -> Option<&'static str> {
    let folders = path.ancestors().skip(1).take(2).filter_map(|p| p.file_name());
    let names = path.file_stem().into_iter().chain(folders);
    names.into_iter().find_map(|name| known_word(&name.to_string_lossy()))
}

/// The dataset that the words of a name stand for: `ch-simsv2s`, `CMU-MOSI`, `sims_v1_mmsa`.
fn known_word(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    words.iter().enumerate().find_map(|(i, word)| {
        let word = word.strip_prefix("cmu").or_else(|| word.strip_prefix("ch")).unwrap_or(word);
        let next = words.get(i + 1).copied().unwrap_or_default();
        KNOWN.iter().find(|known| (known.is)(word, next)).map(|known| known.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_files_are_known_by_their_digests() {
        let digest = format!("c9e20c13{}", "0".repeat(56));
        assert_eq!(published(&digest).map(|file| file.what), Some("MMSA's CH-SIMS unaligned_39"));
        assert!(published(&"0".repeat(64)).is_none());
    }

    #[test]
    fn names_are_recognised_by_words() {
        for (path, name) in [
            ("/x/mosi_ctx8_mmsa.pkl", Some("mosi")),
            ("MOSEI/Processed/aligned_50.pkl", Some("mosei")),
            ("sims_v1_mmsa.pkl", Some("sims")),
            ("ch-simsv2s.pkl", Some("simsv2")),
            ("SIMS_v2.pickle", Some("simsv2")),
            ("CH-SIMS/unaligned_39.pkl", Some("sims")),
            ("cmumosi.pkl", Some("mosi")),
            ("/home/mosier/a/b/mmmo_aligned20.pkl", None),
            ("demo.pkl", None),
        ] {
            assert_eq!(name_of(Path::new(path)), name, "{path}");
        }
    }
}
