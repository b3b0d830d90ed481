//! Names, and that the list says what tables, filters and files do.

use super::*;

#[test]
fn every_column_is_found_by_its_own_name() {
    for (i, column) in Column::ALL.into_iter().enumerate() {
        assert_eq!(Column::parse(&column.name()), Some(column));
        assert_eq!(Column::parse(&column.name().to_uppercase()), Some(column));
        let later = &Column::ALL[i + 1..];
        assert!(later.iter().all(|c| c.name() != column.name() && c.file_name() != column.file_name()));
        let family = |c: &&Column| c.about().name != column.about().name || c.modality().is_none();
        let place = column.about().file_place;
        assert!(place.is_none() || later.iter().filter(family).all(|c| c.about().file_place != place), "{column:?}");
    }
    assert_eq!(Column::parse("ΔA"), Some(Column::Change(Modality::Audio)));
    assert_eq!(Column::parse("ŷ"), Some(Column::Predicted));
    assert_eq!(Column::parse("ŷv"), Some(Column::PredictedBy(Modality::Vision)));
    assert_eq!((Column::parse("x"), Column::parse("")), (None, None));
}

#[test]
fn messages_name_every_column_that_can_be_compared() {
    let names = Column::names();
    let named: Vec<&str> = names.split([',', ' ']).filter(|w| !matches!(*w, "" | "or")).collect();
    let compared = Column::ALL.into_iter().filter(|c| matches!(c.kind(), Kind::Text | Kind::Number));
    assert!(compared.map(Column::name).eq(named), "{names}");
    // Those of a family stand together, and the last one follows "or".
    assert!(names.starts_with("row, id, split, ") && names.contains(", dt da dv, ") && names.ends_with(" or note"));
}

#[test]
fn words_of_filters_are_those_of_the_list() {
    let words = Column::words();
    let names: Vec<&str> = words.iter().map(|(word, ..)| &**word).collect();
    assert!(names.starts_with(&["marked", "flip", "flip_t", "flip_a", "flip_v"]), "{names:?}");
    assert_eq!((words[0].1, words[3].1, words[3].2), (Column::Mark, Column::Flips, Some(Modality::Audio)));
}

#[test]
fn sentences_name_the_modality() {
    assert_eq!(Column::Change(Modality::Text).description(), "|Δ text|");
    assert_eq!(Column::Human(Modality::Vision).meaning(), "people's (or the demo's true) label of vision");
    for column in Column::ALL {
        assert!(!column.meaning().is_empty() && !column.meaning().contains('{'), "{column:?}");
        assert!(!column.heading().is_empty() && !column.description().contains('{'), "{column:?}");
    }
}
