//! Token ids for text encoders: those of the file, those made of its transcripts, and what of them is refused.

use super::real::real;
use super::written::*;
use super::*;
use crate::dataset::tokens::Tokens;
use crate::weights::{Weights, made};

fn opened(bytes: Vec<u8>, settings: &DataSettings, weights: &Weights) -> Result<Dataset, DatasetError> {
    let file = Arc::new(DataFile::from_bytes("test.pkl", bytes));
    let input = TextInput { weights, max_length: 5, tokenize: settings.tokenize };
    let contents = Contents::read(&file, None, settings)?;
    Dataset::from_contents("test".into(), contents, settings, Some(&input), RESIDENT_BYTES)
}

fn open_with(bytes: Vec<u8>, settings: &DataSettings) -> Dataset {
    opened(bytes, settings, &made::small("small")).unwrap_or_else(|e| panic!("{e}"))
}

fn refusal(bytes: Vec<u8>) -> String {
    opened(bytes, &raw(), &made::small("small")).unwrap_err().to_string()
}

fn tokenize() -> DataSettings {
    DataSettings { tokenize: true, ..raw() }
}

fn tokens(d: &Dataset, split: Split, rows: &[usize]) -> Tokens {
    d.batch(split, rows).unwrap().tokens.unwrap().as_ref().clone()
}

/// The encoder's input (N, 3, 4) of clips that have so many tokens; 3 columns of ids, the rest padding of 0.
fn bert(lengths: [usize; CLIPS], shift: usize) -> Vec<f32> {
    let row = |(clip, length): (usize, usize)| {
        let valid = move |at: usize| (shift..shift + length).contains(&at);
        let ids = (0..4).map(move |at| if valid(at) { (5 + clip + at) as f32 } else { 0.0 });
        let mask = (0..4).map(move |at| f32::from(u8::from(valid(at))));
        let types = (0..4).map(move |at| f32::from(u8::from(valid(at) && at > 1)));
        ids.chain(mask).chain(types).collect::<Vec<_>>()
    };
    lengths.into_iter().enumerate().flat_map(row).collect()
}

const LENGTHS: [usize; CLIPS] = [3, 1, 2, 3, 0, 2];

fn with_bert(values: Vec<f32>) -> Vec<u8> {
    with("text_bert", Made::floats(&[CLIPS, 3, 4], values))
}

#[test]
fn ids_of_the_file_are_taken_without_padding() {
    let d = open_with(with_bert(bert(LENGTHS, 0)), &raw());
    let expected = Tokens { ids: vec![7, 8, 5, 6, 7], types: vec![0, 0, 0, 0, 1], starts: vec![0, 2, 2, 5] };
    assert_eq!(tokens(&d, Split::Valid, &[2, 4, 0]), expected);
    assert_eq!(d.lengths(Split::Train, Modality::Text), LENGTHS);
    // Text's features are neither held nor read; the other modalities' are as they were.
    let batch = d.batch(Split::Train, &[0, 4]).unwrap();
    assert_eq!((d.shapes.text, batch.sequences.text.lengths.as_slice()), ((3, 0), &[3, 0][..]));
    assert!(batch.sequences.text.data.is_empty() && batch.sequences.text.padded().is_empty());
    let without = open_bytes(with_bert(bert(LENGTHS, 0)), &raw()).unwrap();
    assert_eq!(without.batch(Split::Train, &[0, 4]).unwrap().sequences.audio, batch.sequences.audio);
    assert!(without.batch(Split::Train, &[0]).unwrap().tokens.is_none());
    assert_eq!((without.shapes.text, &without.fingerprint), ((4, 3), &d.fingerprint));
    assert!(d.resident_bytes() > 0);
    // Padded at the start, whole numbers of another type, ids as objects: the same tokens.
    let shifted = open_with(with_bert(bert([3, 1, 2, 3, 0, 2], 1)), &raw());
    assert_eq!(tokens(&shifted, Split::Test, &[1]).ids, [7]);
    let bytes = bert(LENGTHS, 0).into_iter().flat_map(|v| (v as i64).to_le_bytes()).collect();
    let whole = open_with(with("text_bert", Made::Array("i8", vec![CLIPS as i64, 3, 4], false, bytes)), &raw());
    assert_eq!(tokens(&whole, Split::Valid, &[2, 4, 0]), expected);
}

/// A file whose text is this.
fn with_text(text: Made) -> Vec<u8> {
    with("text", text)
}

#[test]
fn text_that_holds_token_ids_is_read_as_text_bert() {
    let plain = open_with(with_bert(bert(LENGTHS, 0)), &raw());
    let rows: Vec<usize> = (0..CLIPS).collect();
    let shape = || vec![CLIPS as i64, 3, 4];
    let whole = |size: usize| {
        bert(LENGTHS, 0).into_iter().flat_map(|v| (v as i64).to_le_bytes()[..size].to_vec()).collect::<Vec<u8>>()
    };
    let doubles = bert(LENGTHS, 0).into_iter().flat_map(|v| f64::from(v).to_le_bytes()).collect();
    let lists = |values: &[f32]| Made::List(values.iter().map(|&v| Made::Int(v as i64)).collect());
    let clip = |values: &[f32]| Made::List(values.chunks(4).map(lists).collect());
    let files = [
        with_text(Made::floats(&[CLIPS, 3, 4], bert(LENGTHS, 0))),
        with_text(Made::Array("f8", shape(), false, doubles)),
        with_text(Made::Array("i8", shape(), false, whole(8))),
        with_text(Made::Array("i4", shape(), false, whole(4))),
        with_text(Made::List(bert(LENGTHS, 0).chunks(12).map(clip).collect())),
        // Under its own name, and nothing under that of the vectors.
        file(|_, entries| {
            entries.retain(|(key, _)| *key != "text");
            set(entries, "text_bert", Made::floats(&[CLIPS, 3, 4], bert(LENGTHS, 0)));
        }),
        // By another layout's names.
        file(|_, entries| {
            entries.retain(|(key, _)| *key != "text");
            entries.iter_mut().filter(|(key, _)| *key == "vision").for_each(|(key, _)| *key = "visual");
            set(entries, "language", Made::floats(&[CLIPS, 3, 4], bert(LENGTHS, 0)));
        }),
    ];
    for (i, bytes) in files.into_iter().enumerate() {
        let d = open_with(bytes, &raw());
        for split in Split::ALL {
            assert_eq!(d.batch(split, &rows).unwrap(), plain.batch(split, &rows).unwrap(), "{i} {split}");
            assert_eq!(d.lengths(split, Modality::Text), LENGTHS, "{i} {split}");
        }
        assert_eq!(d.shapes, plain.shapes, "{i}");
        let said = d.flaws.iter().filter(|flaw| matches!(flaw.kind, FlawKind::OnlyTokens { .. })).count();
        assert_eq!(said, 1, "{i}: {:?}", d.flaws);
    }
    // Where a file has both, vectors and ids, nothing stands in for anything.
    assert!(!plain.flaws.iter().any(|flaw| matches!(flaw.kind, FlawKind::OnlyTokens { .. })));
}

#[test]
fn token_ids_are_checked_converted_and_predicted_without_vectors() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Source::File(path)
    };
    let only = put("only.pkl", with_text(Made::floats(&[CLIPS, 3, 4], bert(LENGTHS, 0))));
    let both = put("both.pkl", with_bert(bert(LENGTHS, 0)));
    // A run is refused before it begins unless it has an encoder of ids.
    let mut settings = crate::config::Settings::default();
    let error = only.check(&settings).unwrap_err().to_string();
    assert!(error.contains("only.pkl") && error.contains("model.text.encoder=bert"), "{error}");
    settings.model.text.encoder = crate::config::TextEncoder::Bert;
    only.check(&settings).unwrap();
    let report = Report::of(&only).unwrap().to_string();
    for part in ["text    4 x 1       ids   steps 0..3", "text: no vectors of the words; text holds token ids"] {
        assert!(report.contains(part), "{part} is not in\n{report}");
    }
    // Written anew, the ids are there, and nothing that looks like vectors.
    let weights = made::small("small");
    let input = TextInput { weights: &weights, max_length: 5, tokenize: false };
    let rows: Vec<usize> = (0..CLIPS).collect();
    let plain = Dataset::open_for(&both, &raw(), Some(&input)).unwrap();
    for source in [&only, &both] {
        let mut bytes = Vec::new();
        source.convert(&DataSettings::default(), &mut bytes).unwrap();
        let vectors = bytes.windows(9).any(|w| w == b"X\x04\0\0\0text");
        assert_eq!(vectors, source == &both);
        let written = put("written.pkl", bytes);
        let d = Dataset::open_for(&written, &raw(), Some(&input)).unwrap();
        assert_eq!(d.batch(Split::Test, &rows).unwrap(), plain.batch(Split::Test, &rows).unwrap());
    }
    // Either file's clips are predicted by a run of the other's.
    for (run, clips) in [(&only, &both), (&both, &only)] {
        let d = Dataset::open_with_clips(run, clips, None, &raw(), Some(&input)).unwrap();
        assert_eq!(d.batch(Split::Test, &rows).unwrap(), plain.batch(Split::Test, &rows).unwrap());
    }
    let error = Dataset::open_with_clips(&both, &only, None, &raw(), None).unwrap_err().to_string();
    assert!(error.contains("test.text") && error.contains("token ids"), "{error}");
}

#[test]
fn ids_that_the_encoder_cannot_take_name_their_row() {
    let changed = |row: usize, at: usize, value: f32| {
        let mut values = bert(LENGTHS, 0);
        values[row * 12 + at] = value;
        refusal(with_bert(values))
    };
    for (row, at, value, parts) in [
        (2, 1, 24.0, ["below 24", "found 24 as token 1"]),
        (0, 0, -1.0, ["from 0", "found -1 as token 0"]),
        (0, 2, 6.5, ["token ids", "found 6.5 as token 2"]),
        (0, 2, f32::NAN, ["token ids", "found NaN as token 2"]),
        (3, 4, 0.5, ["a mask of 0 and 1", "found 0.5 for token 0"]),
        (5, 9, 2.0, ["segments from 0 to below 2", "found 2 for token 1"]),
    ] {
        let text = changed(row, at, value);
        let place = format!("the train split, row {row} (id \"train_{row}\")");
        assert!(parts.iter().all(|part| text.contains(part)) && text.contains(&place), "{text}");
    }
    // What the mask hides may be anything.
    let mut values = bert(LENGTHS, 0);
    values[3] = 1e9;
    open_with(with_bert(values), &raw());
    let flat = with("text_bert", Made::floats(&[CLIPS, 2, 4], bert(LENGTHS, 0).into_iter().take(CLIPS * 8)));
    let text = refusal(flat.clone());
    assert!(text.contains("of shape (6, 3, tokens)") && text.contains("data.tokenize=true"), "{text}");
    open_with(flat, &tokenize());
    let long = with("text_bert", Made::floats(&[CLIPS, 3, 65], vec![1.0; CLIPS * 3 * 65]));
    assert!(refusal(long).contains("at most 64 tokens, as the weights have positions, found 65"));
}

#[test]
fn ids_are_made_of_transcripts_where_the_file_has_none() {
    let texts = ["a good film", "", "the film was not good at all", "bad!", "film", "我 不"];
    let set_texts = |entries: &mut Entries| set(entries, "raw_text", Made::texts(texts.map(str::to_owned)));
    let d = open_with(file(|_, entries| set_texts(entries)), &raw());
    let encode = |text: &str, longest| made::small("small").tokenizer().unwrap().encode(text, longest).unwrap().0;
    for (row, text) in texts.iter().enumerate() {
        assert_eq!(tokens(&d, Split::Train, &[row]).ids, encode(text, 5), "{text}");
    }
    assert_eq!(d.shapes.text, (5, 0));
    let made = d.flaws.iter().find(|f| f.kind == FlawKind::TokensMade { cut: 1, longest: 5 });
    assert!(made.is_some_and(|flaw| flaw.key == "raw_text"), "{:?}", d.flaws);
    // The ids belong to the data: other texts, other data, and those of a file without them are told apart.
    assert!(d.fingerprint.contains("+tokens-"));
    // As long as the file's own, where these are there and not wanted; a placeholder is no input either.
    let both = |values: Vec<f32>| {
        let bert = Made::floats(&[CLIPS, 3, 4], values);
        file(move |_, entries| {
            set_texts(entries);
            set(entries, "text_bert", bert.clone());
        })
    };
    let again = open_with(both(bert(LENGTHS, 0)), &tokenize());
    assert_eq!(tokens(&again, Split::Test, &[2]).ids, encode(texts[2], 4));
    let placeholder = open_with(both(vec![0.0; CLIPS * 12]), &raw());
    assert_eq!(tokens(&placeholder, Split::Test, &[2]).ids, encode(texts[2], 4));
    let silent = file(|_, entries| entries.retain(|(key, _)| *key != "raw_text"));
    let text = refusal(silent);
    assert!(text.contains("raw_text") && text.contains("no word in any clip") && text.contains("lstm"), "{text}");
    // Weights without a tokenizer.
    let folder = made::changed(|_| {});
    for file in ["vocab.txt", "tokenizer.json"] {
        std::fs::remove_file(folder.path().join(file)).unwrap();
    }
    let weights = Weights::in_folder("w", folder.path()).unwrap();
    let error = opened(file(|_, entries| set_texts(entries)), &raw(), &weights).unwrap_err().to_string();
    assert!(error.contains("tokenizer.json or vocab.txt"), "{error}");
    assert!(opened(with_bert(bert(LENGTHS, 0)), &raw(), &weights).is_ok());
}

#[test]
fn clips_that_lost_their_text_have_no_tokens_and_copies_have_the_same() {
    let missing = crate::config::Missing { text: 0.5, ..Default::default() };
    let d = open_with(with_bert(bert([3; CLIPS], 0)), &DataSettings { missing, ..raw() });
    let lengths = d.lengths(Split::Train, Modality::Text);
    assert_eq!(lengths.iter().filter(|&&n| n == 0).count(), CLIPS / 2);
    let all: Vec<usize> = (0..CLIPS).collect();
    assert_eq!(tokens(&d, Split::Train, &all).lengths().collect::<Vec<_>>(), lengths);
    let twice = open_with(with_bert(bert(LENGTHS, 0)), &DataSettings { repeat: 2, ..raw() });
    assert_eq!(twice.len(Split::Train), 2 * CLIPS);
    assert_eq!(tokens(&twice, Split::Train, &[3]), tokens(&twice, Split::Train, &[3 + CLIPS]));
}

#[test]
fn the_real_ids_are_made_again_one_by_one() {
    let (Some(path), Some(folder)) = (real("mosi_ctx8_mmsa.pkl"), made::real()) else { return };
    let weights = Weights::in_folder("real", &folder).unwrap();
    let open = |tokenize| {
        let input = TextInput { weights: &weights, max_length: 50, tokenize };
        Dataset::open_for(&Source::File(path.clone()), &DataSettings { tokenize, ..raw() }, Some(&input)).unwrap()
    };
    let (given, made) = (open(false), open(true));
    let mut clips = 0;
    for split in Split::ALL {
        for row in 0..given.len(split) {
            let [given, made] = [&given, &made].map(|d| tokens(d, split, &[row]));
            assert_eq!(given, made, "{split} {row}");
            assert!(!given.ids.is_empty());
            clips += 1;
        }
    }
    assert_eq!(clips, 2199);
}
