//! Names in a row, for messages.

/// The names with commas, and the last one behind a word: `train, valid or test`.
pub fn listed<S: AsRef<str>>(names: &[S], word: &str) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match &names[..] {
        [before @ .., last] if !before.is_empty() => format!("{} {word} {last}", before.join(", ")),
        all => all.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_stands_behind_the_word() {
        assert_eq!(listed(&["a", "b", "c"], "or"), "a, b or c");
        assert_eq!((listed(&["a", "b"], "and"), listed(&["a"], "or")), ("a and b".into(), "a".into()));
        assert_eq!(listed::<&str>(&[], "or"), "");
    }
}
