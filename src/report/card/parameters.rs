//! How large the network is, part by part, in a table with a column a stage.

use super::{Card, StageCard};
use crate::report::numbers::parameters_in_words;
use crate::training::events::PartSize;

impl Card {
    /// None where the record does not say.
    pub(super) fn parameter_lines(&self) -> Vec<String> {
        let known: Vec<&StageCard> = self.stages.iter().filter(|s| !s.parameters.is_empty()).collect();
        let mut parts: Vec<&str> = Vec::new();
        for size in known.iter().flat_map(|s| &s.parameters) {
            if !parts.contains(&&*size.part) {
                parts.push(&size.part);
            }
        }
        if parts.is_empty() {
            return Vec::new();
        }
        let row = |name: &str, cells: Vec<String>| {
            let cells: String = cells.iter().map(|cell| format!("{cell:>20}")).collect();
            format!("  {name:<12}{cells}")
        };
        let of = |part: &str| {
            let cell = |s: &&StageCard| {
                s.parameters.iter().find(|p| p.part == part).map_or("–".to_owned(), parameters_in_words)
            };
            row(part, known.iter().map(cell).collect())
        };
        let all = |s: &&StageCard| {
            let sum = |of: fn(&PartSize) -> u64| s.parameters.iter().map(of).sum();
            parameters_in_words(&PartSize {
                part: String::new(),
                trained: sum(|p| p.trained),
                frozen: sum(|p| p.frozen),
            })
        };
        let head = row("", known.iter().map(|s| s.stage.name().to_owned()).collect());
        let in_all = row("in all", known.iter().map(all).collect());
        let parts = parts.into_iter().map(of);
        ["parameters".to_owned(), head].into_iter().chain(parts).chain([in_all]).collect()
    }
}
