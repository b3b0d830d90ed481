//! Every layout of the list: the same data as in MMSA's layout, number for number.

use super::written::*;
use super::*;
use crate::dataset::layout::list::LAYOUTS;

fn opened(bytes: Vec<u8>) -> Dataset {
    open_bytes(bytes, &raw()).unwrap_or_else(|e| panic!("{e}"))
}

fn refusal(bytes: Vec<u8>) -> String {
    open_bytes(bytes, &raw()).unwrap_err().to_string()
}

/// The findings that a file has and the same data in MMSA's layout has not.
fn said(d: &Dataset) -> Vec<String> {
    let plain = opened(file(|_, _| {}));
    d.flaws.iter().filter(|flaw| !plain.flaws.contains(flaw)).map(ToString::to_string).collect()
}

/// Checks that a dataset holds what [`file`] does.
fn same(d: &Dataset, modalities: &[Modality]) {
    let plain = opened(file(|_, _| {}));
    let rows: Vec<usize> = (0..CLIPS).collect();
    assert_eq!((d.label_range, d.metrics), (plain.label_range, plain.metrics));
    for split in Split::ALL {
        assert_eq!(d.labels(split), plain.labels(split));
        let (found, expected) = (d.batch(split, &rows).unwrap(), plain.batch(split, &rows).unwrap());
        for &m in modalities {
            assert_eq!(d.lengths(split, m), plain.lengths(split, m), "{split} {m}");
            assert_eq!(found.sequences[m], expected.sequences[m], "{split} {m}");
        }
    }
}

/// [`file`] with other names of keys; `split` names the splits.
fn renamed(names: &[(&'static str, &'static str)], split: fn(Split) -> &'static str) -> Vec<u8> {
    let entries = |s: Split| {
        let rename = |(key, value): (&'static str, Made)| {
            (names.iter().find(|(old, _)| *old == key).map_or(key, |&(_, new)| new), value)
        };
        (split(s), Made::Dict(entries(s).into_iter().map(rename).collect()))
    };
    Made::Dict(Split::ALL.map(entries).to_vec()).pickle()
}

#[test]
fn names_of_layouts_differ() {
    let names: std::collections::BTreeSet<&str> = LAYOUTS.iter().map(|layout| layout.name).collect();
    assert_eq!(names.len(), LAYOUTS.len());
}

#[test]
fn mult() {
    let parts = |i: usize| ["video".to_owned(), format!("{i}.0"), format!("{i}.5")].map(Made::Text);
    let bytes = file(|_, entries| {
        entries.retain(|(key, _)| !matches!(*key, "id" | "raw_text" | "regression_labels"));
        entries.push(("labels", Made::floats(&[CLIPS, 1, 1], labels())));
        entries.push(("id", Made::Objects(vec![CLIPS as i64, 3], (0..CLIPS).flat_map(parts).collect())));
    });
    let d = opened(bytes);
    same(&d, &Modality::ALL);
    // The video alone would not tell clips apart.
    assert_eq!(d.ids(Split::Valid)[2], "video$_$2.0$_$2.5");
    let joined = Flaw { split: Some(Split::Train), key: "id".to_owned(), kind: FlawKind::JoinedIds { parts: 3 } };
    assert!(d.flaws.contains(&joined));
    let said = said(&d);
    assert!(said.contains(&"layout: MulT".to_owned()) && said.iter().any(|s| s.contains("raw_text")), "{said:?}");
}

#[test]
fn padding_at_the_start_is_found_in_mults_files() {
    let lengths = [8, 5, 3, 7, 2, 6];
    let left = features(&lengths.map(|n| (8 - n, 8)), 8, 2);
    let bytes = file(|_, entries| {
        entries.retain(|(key, _)| *key != "regression_labels");
        for key in ["text", "audio", "vision"] {
            set(entries, key, left.clone());
        }
        entries.push(("labels", Made::floats(&[CLIPS, 1, 1], labels())));
    });
    let d = opened(bytes);
    for m in Modality::ALL {
        assert_eq!(d.lengths(Split::Valid, m), lengths, "{m}");
    }
}

#[test]
fn lmf() {
    let names = [("text", "glove"), ("audio", "covarep"), ("vision", "facet"), ("regression_labels", "label")];
    let d = opened(renamed(&names, Split::name));
    same(&d, &Modality::ALL);
    assert_eq!(said(&d), ["layout: LMF"]);
}

#[test]
fn splits_and_keys_of_other_names() {
    let names = [("text", "language"), ("audio", "acoustic"), ("vision", "visual"), ("regression_labels", "labels")];
    let d = opened(renamed(&names, |split| ["train", "dev", "test"][split as usize]));
    same(&d, &Modality::ALL);
    assert_eq!(d.ids(Split::Valid)[1], "valid_1");
    assert_eq!(
        said(&d),
        [
            "layout: MMSA with other names",
            "labels: taken for regression_labels",
            "language: taken for text",
            "acoustic: taken for audio",
            "visual: taken for vision",
            "dev: taken for valid",
        ]
    );
    // One other name is enough.
    let d = opened(renamed(&[], |split| ["train", "validation", "test"][split as usize]));
    same(&d, &Modality::ALL);
    assert_eq!(said(&d), ["layout: MMSA with other names", "validation: taken for valid"]);
    // A part that has no name we know: what is missing is told by MMSA's names.
    let text = refusal(renamed(&[("vision", "pictures")], Split::name));
    assert!(text.contains("train.vision") && text.contains("pictures"), "{text}");
    let text = refusal(renamed(&[("vision", "pictures"), ("regression_labels", "label")], Split::name));
    assert!(text.contains("rename \"label\" to \"regression_labels\""), "{text}");
    // A validation split that lacks something is never replaced by clips of train.
    let split = |(name, split): (&'static str, Split)| {
        let all = entries(split).into_iter().filter(|(key, _)| name != "val" || *key != "vision");
        (name, Made::Dict(all.collect()))
    };
    let splits = [("train", Split::Train), ("val", Split::Valid), ("test", Split::Test)].map(split);
    let text = refusal(Made::Dict(splits.to_vec()).pickle());
    assert!(text.contains("rename \"val\" to \"valid\""), "{text}");
}

/// The clips of a split as MAG-BERT has them.
fn clips(split: Split, label: fn(f32) -> Made, inputs: fn(Made, Made, Made) -> Made) -> Made {
    let row = |key: &str, i: usize| {
        let Some((_, Made::Array(dtype, shape, fortran, bytes))) = entries(split).into_iter().find(|(k, _)| *k == key)
        else {
            panic!("{key} is an array");
        };
        let size = bytes.len() / CLIPS;
        Made::Array(dtype, shape[1..].to_vec(), fortran, bytes[i * size..(i + 1) * size].to_vec())
    };
    let words = |i: usize| Made::texts(["so", "Good", "a", "clip"].map(str::to_owned).into_iter().take(1 + i % 4));
    let clip = |(i, y): (usize, f32)| {
        let segment = Made::Text(format!("video[{i}]"));
        Made::Tuple(vec![inputs(words(i), row("vision", i), row("audio", i)), label(y), segment])
    };
    Made::List(labels().into_iter().enumerate().map(clip).collect())
}

fn mag_bert(label: fn(f32) -> Made, inputs: fn(Made, Made, Made) -> Made) -> Vec<u8> {
    let name = |split: Split| ["train", "dev", "test"][split as usize];
    Made::Dict(Split::ALL.map(|split| (name(split), clips(split, label, inputs))).to_vec()).pickle()
}

#[test]
fn mag_berts_lists() {
    let three = |words, visual, acoustic| Made::Tuple(vec![words, visual, acoustic]);
    let d = opened(mag_bert(|y| Made::floats(&[1, 1], [y]), three));
    same(&d, &[Modality::Audio, Modality::Vision]);
    assert_eq!(d.ids(Split::Test)[2], "video[2]");
    assert_eq!(d.transcripts(Split::Train)[2], "so Good a");
    assert_eq!(d.lengths(Split::Train, Modality::Text), [1, 2, 3, 4, 1, 2]);
    let said = said(&d).join("\n");
    for part in ["layout: MAG-BERT", "dev: taken for valid", "words: words without vectors"] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    // The same word has the same vector in every clip and split.
    let text = |split, row| d.batch(split, &[row]).unwrap().sequences.text.data.clone();
    let dim = d.shapes.text.1;
    assert_eq!(text(Split::Train, 0)[..dim], text(Split::Test, 3)[..dim]);
    assert_ne!(text(Split::Train, 1)[..dim], text(Split::Train, 1)[dim..]);
}

#[test]
fn misas_words_and_seven_labels() {
    let four = |words, visual, acoustic| Made::Tuple(vec![Made::List(vec![Made::Int(7)]), visual, acoustic, words]);
    let d = opened(mag_bert(|y| Made::floats(&[1, 7], [y, 0.0, 1.0, 2.0, 3.0, 0.0, 0.0]), four));
    same(&d, &[Modality::Audio, Modality::Vision]);
    assert_eq!(d.transcripts(Split::Valid)[3], "so Good a clip");
    let said = said(&d).join("\n");
    assert!(said.contains("label: 7 columns; the first is taken"), "{said}");
}

#[test]
fn a_single_split_of_clips_says_what_to_do() {
    let three = |words, visual, acoustic| Made::Tuple(vec![words, visual, acoustic]);
    let text = refusal(clips(Split::Train, Made::of, three).pickle());
    assert!(text.contains("a list of 6 alone") && text.contains("train, dev and test into one dict"), "{text}");
}

#[test]
fn a_file_of_no_layout_is_told_the_layouts_there_are() {
    let text = refusal(Made::texts(["nothing".to_owned()]).pickle());
    for layout in &LAYOUTS {
        assert!(text.contains(layout.name), "{} is not in {text}", layout.name);
    }
    assert!(text.contains("found a list of 1"), "{text}");
}

#[test]
fn a_clip_that_is_referred_to_a_million_times_exhausts_nothing() {
    // One clip of 200 words, and a list that names it again and again: 2 bytes for each further clip.
    let words = Made::texts((0..200).map(|i| i.to_string()));
    let nothing = Made::Array("f4", vec![0, 1], false, Vec::new());
    let inputs = Made::Tuple(vec![words, nothing.clone(), nothing]);
    let clip = Made::Tuple(vec![inputs, Made::Float(0.5), Made::Text("x".to_owned())]);
    let mut bytes = b"\x80\x03}(".to_vec();
    for split in ["train", "dev", "test"] {
        Made::Text(split.to_owned()).put(&mut bytes);
        bytes.extend(b"](");
        clip.put(&mut bytes);
        bytes.extend(b"q\x00");
        bytes.extend(b"h\x00".repeat(100_000));
        bytes.push(b'e');
    }
    bytes.extend(b"u.");
    let text = refusal(bytes);
    assert!(text.contains("no more words than"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Damage anywhere in a file of any layout is an error or other data, never a panic.
    #[test]
    fn damaged_files_of_every_layout_never_panic(
        which in 0usize..4,
        edits in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..4),
    ) {
        let three = |words, visual, acoustic| Made::Tuple(vec![words, visual, acoustic]);
        let mut bytes = match which {
            0 => renamed(&[("regression_labels", "labels")], Split::name),
            1 => renamed(&[("vision", "visual")], |split| ["train", "dev", "test"][split as usize]),
            2 => mag_bert(Made::of, three),
            _ => mag_bert(|y| Made::floats(&[1, 7], [y, 0.0, 1.0, 2.0, 3.0, 0.0, 0.0]), three),
        };
        for (at, byte) in edits {
            let len = bytes.len();
            bytes[at as usize % len] = byte;
        }
        if let Ok(d) = open_bytes(bytes, &DataSettings::default()) {
            for split in Split::ALL {
                let rows: Vec<usize> = (0..d.len(split)).collect();
                for (_, s) in d.batch(split, &rows).unwrap().sequences.iter() {
                    prop_assert!(s.data.iter().all(|v| v.is_finite()));
                    prop_assert_eq!(s.data.len(), s.lengths.iter().sum::<usize>() * s.dim);
                }
            }
        }
    }
}
