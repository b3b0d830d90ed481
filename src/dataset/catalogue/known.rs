//! The field's datasets, and how a path tells which of them it holds.

use std::path::Path;

/// The field's datasets: name, description, and where MMSA puts their files, the preferred one first.
pub const KNOWN: [(&str, &str, [&str; 2]); 4] = [
    (
        "mosi",
        "CMU-MOSI: 2199 English opinion clips, labels in [-3, 3]",
        ["MOSI/Processed/unaligned_50.pkl", "MOSI/Processed/aligned_50.pkl"],
    ),
    (
        "mosei",
        "CMU-MOSEI: 22856 English opinion clips, labels in [-3, 3]",
        ["MOSEI/Processed/unaligned_50.pkl", "MOSEI/Processed/aligned_50.pkl"],
    ),
    (
        "sims",
        "CH-SIMS: 2281 Chinese film clips with human unimodal labels, labels in [-1, 1]",
        ["SIMS/Processed/unaligned_39.pkl", "SIMS/unaligned_39.pkl"],
    ),
    (
        "simsv2",
        "CH-SIMS v2: 4403 Chinese film clips with human unimodal labels, labels in [-1, 1]",
        ["SIMSV2/Processed/unaligned.pkl", "ch-simsv2s.pkl"],
    ),
];

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
    for (i, word) in words.iter().enumerate() {
        let word = word.strip_prefix("cmu").or_else(|| word.strip_prefix("ch")).unwrap_or(word);
        match word {
            "mosi" => return Some("mosi"),
            "mosei" => return Some("mosei"),
            "sims" if words.get(i + 1).is_some_and(|next| next.starts_with("v2")) => return Some("simsv2"),
            "sims" | "simsv1" => return Some("sims"),
            _ if word.starts_with("simsv2") => return Some("simsv2"),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

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
