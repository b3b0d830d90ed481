//! Rings: files of which each is needed by the next, and the first by the last.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

use crate::imports::Imports;

/// The files of a ring, in the order of their names.
pub type Ring = BTreeSet<String>;

/// The rings of files, each as large as it is: files of which each reaches each other by way of imports.
pub fn rings(imports: &Imports) -> Vec<Ring> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in imports.keys() {
        next.entry(from).or_default().push(to);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> = next.keys().map(|&file| (file, reach(&next, file))).collect();
    let mut found = Vec::<Ring>::new();
    for (&file, of_file) in &reached {
        if of_file.contains(file) && !found.iter().any(|ring| ring.contains(file)) {
            let back = |other: &&&str| reached.get(**other).is_some_and(|of_other| of_other.contains(file));
            found.push(of_file.iter().filter(back).map(|&other| other.to_owned()).collect());
        }
    }
    found
}

/// The files that one file's imports lead to, near and far.
fn reach<'a>(next: &BTreeMap<&'a str, Vec<&'a str>>, file: &'a str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut queue = VecDeque::from([file]);
    while let Some(at) = queue.pop_front() {
        for &to in next.get(at).into_iter().flatten() {
            if seen.insert(to) {
                queue.push_back(to);
            }
        }
    }
    seen
}

/// The ring's files, and for each arrow what ties it, and where.
pub fn told(ring: &Ring, imports: &Imports) -> String {
    let mut out = format!("a ring of {} files: {}\n", ring.len(), ring.iter().cloned().collect::<Vec<_>>().join(", "));
    if ring.len() > 2 {
        let _ = writeln!(out, "  the shortest way round: {}", shortest(ring, imports).join(" > "));
    }
    for ((from, to), names) in imports {
        if ring.contains(from) && ring.contains(to) {
            let _ = writeln!(out, "  {}", arrow(from, to, names));
        }
    }
    out
}

/// The fewest files of a ring that are a ring by themselves, each of which imports of the next; the first stands at the end
/// again.
fn shortest(ring: &Ring, imports: &Imports) -> Vec<String> {
    let next = |of: &str| -> Vec<&String> {
        let within = imports.keys().filter(|(from, to)| from == of && ring.contains(to));
        within.map(|(_, to)| to).collect()
    };
    let round = |first: &String| -> Option<Vec<String>> {
        let mut ways = VecDeque::from([vec![first.clone()]]);
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop_front() {
            for file in next(way.last()?) {
                if file == first || seen.insert(file) {
                    let longer = [way.as_slice(), std::slice::from_ref(file)].concat();
                    if file == first {
                        return Some(longer);
                    }
                    ways.push_back(longer);
                }
            }
        }
        None
    };
    ring.iter().filter_map(round).min_by_key(Vec::len).unwrap_or_default()
}

/// `from.rs imports of to.rs: Name (line 3), other (line 4)`
pub fn arrow(from: &str, to: &str, names: &BTreeMap<String, usize>) -> String {
    let names: Vec<String> = names.iter().map(|(name, line)| format!("{name} (line {line})")).collect();
    format!("src/{from} imports of src/{to}: {}", names.join(", "))
}
