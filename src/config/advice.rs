//! What to say of a settings document that does not parse as settings: which keys there are none of and what they may have
//! been meant for, and what the values of the others may be.

use super::ranges::{RULES, rule_of};
use super::settings::Settings;

/// Keys named at most.
const NAMED: usize = 3;

/// Sentences on the keys of a document that cannot be taken; empty where every one of them can.
pub(super) fn advice(document: &toml::Table) -> String {
    let mut sentences = Vec::new();
    for (key, value) in leaves(document) {
        match rule_of(&key) {
            None if is_section(&key) => {
                sentences.push(format!("{key} is a section, for example {}", example(&key).unwrap_or_default()));
            }
            None => sentences.push(unknown(&key)),
            Some(rule) if alone(&key, &value).try_into::<Settings>().is_err() => {
                sentences.push(format!("{} = {value}: expected {}", rule.key, rule.expected));
            }
            Some(_) => {}
        }
    }
    sentences.truncate(NAMED);
    sentences.join("; ")
}

/// What to say of a key that names no setting and none within a setting; `None` where it does.
pub fn key_advice(key: &str) -> Option<String> {
    match rule_of(key) {
        Some(_) => None,
        None if is_section(key) => {
            Some(format!("{key} is a section, for example {}", example(key).unwrap_or_default()))
        }
        None => Some(unknown(key)),
    }
}

fn unknown(key: &str) -> String {
    match nearest(key) {
        Some(near) => format!("there is no setting {key}; did you mean {near}?"),
        None => format!("there is no setting {key}; configs/ and a run's run.toml show those there are"),
    }
}

/// The dotted keys of a document with their values, tables taken apart as far as they are sections.
pub fn leaves(table: &toml::Table) -> Vec<(String, toml::Value)> {
    fn collect(prefix: &str, table: &toml::Table, found: &mut Vec<(String, toml::Value)>) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value {
                // The tables that are one setting's value are looked at as a whole.
                toml::Value::Table(inner) if !inner.is_empty() && rule_of(&key).is_none() => {
                    collect(&key, inner, found)
                }
                toml::Value::Table(_) if is_section(&key) => {}
                value => found.push((key, value.clone())),
            }
        }
    }
    let mut found = Vec::new();
    collect("", table, &mut found);
    found
}

/// A document that sets nothing but this.
pub(super) fn alone(key: &str, value: &toml::Value) -> toml::Table {
    key.rsplit('.')
        .fold(None, |inner: Option<toml::Table>, name| {
            let value = inner.map_or_else(|| value.clone(), toml::Value::Table);
            Some(toml::Table::from_iter([(name.to_owned(), value)]))
        })
        .unwrap_or_default()
}

fn is_section(key: &str) -> bool {
    example(key).is_some()
}

/// The first key of a section.
fn example(section: &str) -> Option<&'static str> {
    RULES.iter().map(|r| r.key).find(|k| k.strip_prefix(section).is_some_and(|rest| rest.starts_with('.')))
}

/// The key that was most likely meant: the same name in another section, or one spelled nearly the same.
fn nearest(key: &str) -> Option<&'static str> {
    let name = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    // Without its section, or with a wrong one, the name counts alone.
    let likeness = |known: &str| {
        let alike = strsim::normalized_damerau_levenshtein;
        alike(key, known).max(alike(&name(key), &name(known)) - 0.05)
    };
    let scored = RULES.iter().map(|r| (likeness(r.key), r.key));
    scored.filter(|(score, _)| *score >= 0.7).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, key)| key)
}
