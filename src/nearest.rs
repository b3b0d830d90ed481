//! What was most likely meant by a name that is none.

/// The name that was most likely meant: one of which the other is the beginning, or one spelled nearly the same.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let length = typed.chars().count();
    // Of very short words nearly every other one is spelled nearly the same.
    let most = match length {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    let distance = |name: &str| match name.len() {
        0..=2 => usize::MAX,
        _ if name.starts_with(&typed) || typed.starts_with(name) => 0,
        _ => strsim::damerau_levenshtein(&typed, name),
    };
    let scored = names.into_iter().map(|name| (distance(name), name));
    scored.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// The name that was most likely meant, as the end of a message: `; did you mean split?`, or nothing.
pub fn meant<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(typed, names).map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        for (typed, meant) in [
            ("trian", Some("train")),
            ("Tran", Some("train")),
            ("val", Some("valid")),
            ("validation", Some("valid")),
            ("tset", Some("test")),
            ("dev", None),
            ("t", None),
            ("", None),
            ("电影", None),
        ] {
            assert_eq!(nearest(typed, ["train", "valid", "test"]), meant, "{typed}");
        }
        assert_eq!(meant("spilt", ["split", "y"]), "; did you mean split?");
        assert_eq!(meant("z", ["split", "y"]), "");
    }
}
