//! What training can do without is never fatal, and what is assumed in its place is said.

use super::written::*;
use super::*;

fn opened(bytes: Vec<u8>) -> Dataset {
    open_bytes(bytes, &raw()).unwrap_or_else(|e| panic!("{e}"))
}

fn refusal(bytes: Vec<u8>) -> String {
    open_bytes(bytes, &raw()).unwrap_err().to_string()
}

/// The findings about a key, of all splits or of one.
fn kinds(d: &Dataset, split: Option<Split>, key: &str) -> Vec<FlawKind> {
    d.flaws.iter().filter(|f| f.split == split && f.key == key).map(|f| f.kind.clone()).collect()
}

fn ignored(d: &Dataset, split: Split, key: &str) -> String {
    match kinds(d, Some(split), key).as_slice() {
        [FlawKind::Ignored { why, instead }] => format!("{why}; {instead}"),
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn aligned_clips_are_as_long_as_their_text() {
    // The first and the last token are no words, and half of the clips are cut.
    let tokens = [8, 5, 8, 4, 8, 6];
    let mask = tokens.iter().flat_map(|&n| (0..24).map(move |i| f32::from(u8::from((8..8 + n).contains(&i)))));
    let mask = Made::floats(&[CLIPS, 3, 8], mask);
    let words = tokens.map(|n| (1, if n == 8 { 8 } else { n - 1 }));
    let bytes = file(|_, entries| {
        set(entries, "text", features(&[(0, 8); CLIPS], 8, 3));
        set(entries, "text_bert", mask.clone());
        set(entries, "audio", features(&words, 8, 2));
        set(entries, "vision", features(&words, 8, 2));
    });
    let d = opened(bytes);
    for split in Split::ALL {
        for m in Modality::ALL {
            assert_eq!(d.lengths(split, m), tokens, "{split} {m}");
        }
    }
    for m in ["audio", "vision"] {
        assert_eq!(kinds(&d, None, m), [FlawKind::LengthsOfText]);
    }
}

#[test]
fn lengths_of_the_uncut_sequences_are_cut_and_counted() {
    let lengths = [1, 4, 5, 2, 900, 3].map(Made::Int).to_vec();
    let d = opened(with("audio_lengths", Made::List(lengths)));
    assert_eq!(d.lengths(Split::Test, Modality::Audio), [1, 4, 4, 2, 4, 3]);
    let cut = FlawKind::LengthsCut { clips: 2, longest: 900, steps: 4 };
    assert_eq!(kinds(&d, Some(Split::Train), "audio_lengths"), [cut]);
}

#[test]
fn lengths_that_are_none_are_ignored() {
    let few = Made::List(vec![Made::Int(2); CLIPS - 1]);
    let negative = Made::List([1, 2, -1, 2, 2, 2].map(Made::Int).to_vec());
    let half = Made::List([1.0, 2.5, 1.0, 2.0, 2.0, 2.0].map(Made::Float).to_vec());
    let nothing = Made::List(vec![Made::None; CLIPS]);
    for (value, why) in
        [(few, "a list of 5"), (negative, "-1 in row 2"), (half, "2.5 in row 1"), (nothing, "NaN in row 0")]
    {
        let d = opened(with("audio_lengths", value));
        let text = ignored(&d, Split::Valid, "audio_lengths");
        assert!(text.contains(why) && text.contains("looked for in the values"), "{text}");
        assert_eq!(d.lengths(Split::Valid, Modality::Audio), [4; CLIPS]);
    }
}

#[test]
fn ids_of_every_form_name_clips_and_others_are_ignored() {
    let ints = |shape: Vec<i64>, values: &[i64]| {
        Made::Array("i8", shape, false, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    };
    let large = [i64::MAX, i64::MAX - 1, 3, 4, 5, -6];
    let d = opened(with("id", ints(vec![CLIPS as i64], &large)));
    assert_eq!(d.ids(Split::Train)[..2], [i64::MAX.to_string(), (i64::MAX - 1).to_string()]);
    // Columns of clip and video, in both orders of storing.
    let d = opened(with("id", ints(vec![CLIPS as i64, 2], &[1, 7, 2, 7, 3, 7, 1, 8, 2, 8, 3, 8])));
    assert_eq!(d.ids(Split::Test)[3], "1$_$8");
    let columns: Vec<u8> = [1i64, 2, 3, 1, 2, 3, 7, 7, 7, 8, 8, 8].iter().flat_map(|v| v.to_le_bytes()).collect();
    let d = opened(with("id", Made::Array("i8", vec![CLIPS as i64, 2], true, columns)));
    assert_eq!(d.ids(Split::Test)[3], "1$_$8");
    for value in [Made::texts(["one".to_owned()]), Made::Float(1.0), Made::List(vec![Made::Dict(vec![]); CLIPS])] {
        let d = opened(with("id", value));
        assert_eq!(d.ids(Split::Train)[1], "train_00001");
        assert!(ignored(&d, Split::Train, "id").contains("clips are numbered"));
    }
    let d = opened(with("raw_text", Made::Int(3)));
    assert_eq!(d.transcripts(Split::Train)[0], "");
    assert!(ignored(&d, Split::Train, "raw_text").contains("transcripts are empty"));
}

/// Unimodal labels: half of y, but `none` for the first `missing` clips.
fn unimodal(missing: usize, none: f32) -> Made {
    Made::floats(&[CLIPS], labels().into_iter().enumerate().map(|(i, y)| if i < missing { none } else { y * 0.5 }))
}

#[test]
fn clips_that_nobody_judged_do_no_harm() {
    let d = opened(file(|_, entries| {
        set(entries, "regression_labels_T", unimodal(0, 0.0));
        set(entries, "regression_labels_A", unimodal(CLIPS, f32::NAN));
        set(entries, "regression_labels_V", unimodal(2, f32::INFINITY));
    }));
    let human = d.unimodal_labels(Split::Train).unwrap();
    let known = |m: Modality| human[m].iter().filter(|y| y.is_finite()).count();
    assert_eq!(Modality::ALL.map(known), [CLIPS, 0, CLIPS - 2]);
    assert!(human.iter().all(|(_, values)| values.iter().all(|y| !y.is_infinite())));
    let missing = |clips| [FlawKind::UnimodalMissing { clips, of: CLIPS }];
    assert_eq!(kinds(&d, Some(Split::Test), "regression_labels_A"), missing(CLIPS));
    assert_eq!(kinds(&d, Some(Split::Test), "regression_labels_V"), missing(2));
    // A key too few, and one of another number of clips.
    let d = opened(file(|_, entries| {
        set(entries, "regression_labels_T", unimodal(0, 0.0));
        set(entries, "regression_labels_A", Made::floats(&[2], [0.0, 1.0]));
    }));
    assert!(ignored(&d, Split::Train, "regression_labels_A").contains("audio is not judged"));
    let absent = FlawKind::Absent { instead: "vision is not judged".to_owned() };
    assert_eq!(kinds(&d, Some(Split::Train), "regression_labels_V"), [absent]);
    assert!(d.unimodal_labels(Split::Train).unwrap().vision.iter().all(|y| y.is_nan()));
    // Nothing to judge by at all.
    let d = opened(with("regression_labels_T", unimodal(CLIPS, f32::NAN)));
    assert!(d.unimodal_labels(Split::Train).is_none());
    let copies = opened(with("regression_labels_A", Made::floats(&[CLIPS], labels())));
    assert!(copies.unimodal_labels(Split::Train).is_none());
}

#[test]
fn human_labels_of_one_split_are_reported_as_such() {
    let bytes = file(|split, entries| {
        if split == Split::Train {
            for key in ["regression_labels_T", "regression_labels_A", "regression_labels_V"] {
                set(entries, key, unimodal(1, f32::NAN));
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.pkl");
    std::fs::write(&path, bytes).unwrap();
    let report = Report::of(&Source::File(path)).unwrap();
    assert!(report.unimodal_labels && report.splits.test.unimodal.is_none());
    assert_eq!(report.splits.train.unimodal.as_ref().unwrap().audio.labelled, CLIPS - 1);
    let text = report.to_string();
    for part in ["judge by: in train only", "5 of 6 clips", "test.regression_labels_T/_A/_V: human labels in other"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn token_ids_are_not_trained_on() {
    let tokens = |row: usize| [101.0, 2000.0 + row as f32, 102.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let bert = Made::floats(&[CLIPS, 3, 4], (0..CLIPS).flat_map(tokens));
    let only = |value: Made| {
        file(move |_, entries| {
            entries.retain(|(key, _)| *key != "text");
            set(entries, "text_bert", value.clone());
        })
    };
    // What it is, and what to set.
    for bytes in [with("text", bert.clone()), only(bert.clone())] {
        let text = refusal(bytes);
        for part in [
            "train.text",
            "last_hidden_state",
            "LSTM",
            "token ids, mask and segments",
            "model.text.encoder=bert",
            "model.text.weights=",
        ] {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    }
    // Ids without a mask, and a mask without ids, are nothing that an encoder takes in.
    let ids = Made::floats(&[CLIPS, 4], (0..CLIPS).flat_map(|row| [101.0, 2000.0 + row as f32, 102.0, 0.0]));
    let text = refusal(with("text", ids));
    for part in ["train.text", "token ids, ", "(6, 4)", "text_bert", "(N, 3, tokens)"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    let text = refusal(only(Made::floats(&[CLIPS, 2, 4], [1.0; CLIPS * 8])));
    assert!(text.contains("train.text") && text.contains("text_bert is no (N, 3, tokens)"), "{text}");
}

#[test]
fn labels_that_tell_nothing_are_found() {
    let classes = Made::floats(&[CLIPS], [0.0, 1.0, 2.0, 2.0, 1.0, 0.0]);
    let d = opened(with("regression_labels", classes));
    assert_eq!(kinds(&d, Some(Split::Train), "regression_labels"), [FlawKind::ClassLabels { largest: 2 }]);
    let d = opened(file(|split, entries| {
        if split == Split::Test {
            set(entries, "regression_labels", Made::floats(&[CLIPS], [1.5; CLIPS]));
        }
    }));
    assert_eq!(kinds(&d, Some(Split::Test), "regression_labels"), [FlawKind::ConstantLabels { value: 1.5 }]);
    assert!(kinds(&d, Some(Split::Train), "regression_labels").is_empty());
}

#[test]
fn refusals_say_what_to_try() {
    let hidden = file(|split, entries| entries.retain(|(k, _)| split != Split::Test || *k != "regression_labels"));
    let nan = Made::floats(&[CLIPS], [f32::NAN; CLIPS]);
    let unknown = file(|split, entries| {
        if split == Split::Test {
            set(entries, "regression_labels", nan.clone());
        }
    });
    // Trained all the same: there is nothing to measure then.
    for d in [opened(hidden), opened(unknown)] {
        assert!(d.labels(Split::Test).iter().all(|y| y.is_nan()));
        assert!(d.flaws.iter().any(|flaw| flaw.split == Some(Split::Test)), "{:?}", d.flaws);
    }
    let only = |names: &[&'static str]| {
        Made::Dict(names.iter().map(|&name| (name, Made::Dict(vec![("text", Made::None)]))).collect()).pickle()
    };
    let text = refusal(Made::Dict(vec![("train", Made::Dict(vec![])), ("test", Made::Dict(vec![]))]).pickle());
    assert!(text.contains("train.regression_labels"), "{text}");
    assert!(refusal(only(&["unsup"])).contains("cannot be trained on"));
    let layout = refusal(only(&["x"]));
    assert!(layout.contains("regression_labels of shape (N,)") && layout.contains("\"Your own data\""), "{layout}");
}

#[test]
fn a_defaultdict_is_a_dict() {
    // collections.defaultdict(list), filled as Python does.
    let mut bytes = b"\x80\x02ccollections\ndefaultdict\n(c__builtin__\nlist\ntR(".to_vec();
    bytes.extend(b"U\x01aK\x01U\x01bK\x02u.");
    let pickle = pickle::parse(&Arc::new(DataFile::from_bytes("x", bytes))).unwrap();
    assert_eq!(pickle.get(pickle.root(), "b").unwrap(), Some(pickle::Value::Int(2)));
    // Nothing is ever made by calling what it names.
    let call = b"\x80\x02c__builtin__\nlist\n(tR.".to_vec();
    assert!(pickle::parse(&Arc::new(DataFile::from_bytes("x", call))).is_err());
}

/// Axes of arrays as a hostile file may announce them.
fn axis() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(CLIPS as i64),
        0..8i64,
        any::<i64>(),
        (0u32..63).prop_map(|bit| 1 << bit),
        Just(i64::MAX),
    ]
}

/// Bytes of an element of a type.
fn pickle_size(dtype: &str) -> usize {
    file::dtype::DType::parse(dtype).size
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Whatever shape and type an array announces: an error or data, but never a panic and never more memory than a
    /// file of this size can need.
    #[test]
    fn hostile_shapes_never_panic(
        key in proptest::sample::select(vec![
            "text", "audio", "vision", "regression_labels", "id", "raw_text", "audio_lengths", "text_bert",
            "regression_labels_T",
        ]),
        dtype in proptest::sample::select(vec!["f4", "f8", "i1", "b1", "U0", "S0", "U9", "S2305843009213693951", "V8", "O8"]),
        mut shape in proptest::collection::vec(axis(), 0..5),
        count_first in any::<bool>(),
        fortran in any::<bool>(),
        fits in any::<bool>(),
        length in 0usize..200,
    ) {
        if count_first && let Some(first) = shape.first_mut() {
            *first = CLIPS as i64;
        }
        let objects = Made::Objects(shape.clone(), vec![Made::Int(1); length % 13]);
        // Half of the arrays hold what they announce, where that is little.
        let product = shape.iter().try_fold(1i64, |n, &axis| n.checked_mul(axis)).and_then(|n| usize::try_from(n).ok());
        let honest = product.and_then(|n| n.checked_mul(pickle_size(dtype))).filter(|&n| fits && n < 4096);
        let elements = vec![0; honest.unwrap_or(length)];
        let array = if dtype == "O8" { objects } else { Made::Array(dtype, shape, fortran, elements) };
        let bytes = with(key, array);
        if let Ok(d) = open_bytes(bytes, &raw()) {
            for split in Split::ALL {
                let rows: Vec<usize> = (0..d.len(split)).collect();
                d.batch(split, &rows).unwrap();
            }
        }
    }
}

#[test]
fn arrays_without_a_value_are_refused_before_anything_is_reserved() {
    let n = CLIPS as i64;
    for shape in [vec![n, 0, i64::MAX], vec![n, 0, 1 << 40], vec![n, 1 << 40, 0], vec![n, 0], vec![n, 0, 0]] {
        for key in ["text", "audio", "vision"] {
            let text = refusal(with(key, Made::Array("f4", shape.clone(), false, Vec::new())));
            assert!(text.contains(&format!("train.{key}")), "{text}");
        }
        let d = opened(with("text_bert", Made::Array("f4", shape, true, Vec::new())));
        assert_eq!(d.lengths(Split::Train, Modality::Text), [4; CLIPS]);
    }
    // The same in lists: rows whose arrays have no step.
    let row = Made::Array("f4", vec![0, 1 << 50], false, Vec::new());
    assert!(refusal(with("audio", Made::List(vec![row; CLIPS]))).contains("rows without a single step"));
}
