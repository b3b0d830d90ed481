//! Files of every layout: opened, checked, written anew and trained on for an epoch. Each time it is, bit for bit, as with the
//! same clips in MMSA's layout. `tests/fixtures/layouts.py` makes the files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mug::config::Settings;
use mug::dataset::{Dataset, Report, Source, TextInput};
use mug::modality::Modality;
use mug::split::Split;
use mug::training::text::prepare;
use mug::weights::Weights;

use crate::stages::{Record, cpu, job, run};

/// What the same clips in MMSA's layout are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plain {
    /// `mmsa.pkl`, in all splits.
    Whole,
    /// `mmsa.pkl` but for the vectors of the text, of which the file has none.
    NoVectors,
    /// `mmsa.pkl` as a text encoder reads it.
    Encoded,
    /// What `mug data convert` makes of the file: no other has the same splits.
    Own,
}

/// The files: each with what has to be said of it, the settings that it needs, and what it is compared with.
const FILES: [(&str, &str, &str, Plain); 27] = [
    ("mult.pkl", "layout: MulT", "", Plain::Whole),
    ("lmf.pkl", "layout: LMF", "", Plain::Whole),
    ("lmf_bytes.pkl", "layout: LMF", "", Plain::Whole),
    ("names.pkl", "dev: taken for valid", "", Plain::Whole),
    ("features.pkl", "text_features: taken for text", "", Plain::Whole),
    (
        "own_names.pkl",
        "how_good: taken for regression_labels",
        "data.keys.text=said data.keys.audio=heard data.keys.vision=seen data.keys.labels=how_good",
        Plain::Whole,
    ),
    ("magbert.pkl", "words without vectors", "", Plain::NoVectors),
    ("misa.pkl", "7 columns; the first", "", Plain::NoVectors),
    ("columns.pkl", "7 columns; the first", "", Plain::Whole),
    ("third_column.pkl", "7 columns; data.label_column takes the one at 2", "data.label_column=2", Plain::Whole),
    ("integer_ids.pkl", "with an id of the training split", "", Plain::Whole),
    ("no_valid.pkl", "of train stand in", "", Plain::Own),
    ("no_test.pkl", "nothing is tested", "", Plain::Own),
    ("hidden.pkl", "no clip has a label", "", Plain::Own),
    ("nan.pkl", "no clip has a label", "", Plain::Own),
    ("none.pkl", "no clip has a label", "", Plain::Own),
    ("unlabelled.pkl", "12 of 24 clips without a label", "", Plain::Whole),
    ("sims2.pkl", "12 of 24 clips without a label", "", Plain::Whole),
    ("human.pkl", "without a human label", "", Plain::Whole),
    ("defaults.pkl", "nothing odd found", "", Plain::Whole),
    ("scalars.pkl", "Python lists", "", Plain::Whole),
    ("longer.pkl", "up to 40 of 5", "", Plain::Whole),
    ("tensors.pkl", "nothing odd found", "", Plain::Whole),
    ("half.pt", "a file of torch.save", "", Plain::Whole),
    ("legacy.pt", "a file of torch.save, as PyTorch wrote it before 1.6", "", Plain::Whole),
    ("legacy_half.pt", "bf16", "", Plain::Whole),
    ("bert_as_text.pkl", "text holds token ids", "", Plain::Encoded),
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn layout(name: &str) -> Source {
    Source::File(fixtures().join("layouts").join(name))
}

fn settings(set: &str) -> Settings {
    let sets: Vec<String> = set.split_whitespace().map(str::to_owned).collect();
    Settings::parse("", "the test's settings", &sets).unwrap()
}

fn weights() -> Weights {
    Weights::in_folder("small", &fixtures().join("bert/small")).unwrap()
}

/// The data as a run has it; for a text encoder where its settings ask for one.
fn open(source: &Source, set: &str) -> Arc<Dataset> {
    let (settings, weights) = (settings(set), weights());
    let input = TextInput { weights: &weights, max_length: 50, tokenize: false };
    let text = settings.model.text.is_bert().then_some(&input);
    Arc::new(Dataset::open_for(source, &settings.data, text).unwrap_or_else(|e| panic!("{e}")))
}

/// Checks that two datasets hold the same clips; their names and texts, too, where both have some.
fn same(name: &str, found: &Dataset, expected: &Dataset, vectors: bool) {
    for split in Split::ALL {
        assert_eq!(found.len(split), expected.len(split), "{name} {split}");
        let rows: Vec<usize> = (0..found.len(split)).collect();
        let (one, other) = (found.batch(split, &rows).unwrap(), expected.batch(split, &rows).unwrap());
        let bits = |labels: &[f32]| labels.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
        // NaN, a label that is not there, is one NaN in all files.
        assert_eq!(bits(&one.labels), bits(&other.labels), "{name} {split}");
        for m in Modality::ALL {
            assert_eq!(found.lengths(split, m), expected.lengths(split, m), "{name} {split} {m}");
            if vectors || m != Modality::Text {
                assert_eq!(one.sequences[m], other.sequences[m], "{name} {split} {m}");
            }
        }
        assert_eq!(one.tokens, other.tokens, "{name} {split}");
    }
}

/// One epoch of each stage.
fn trained(source: &Source, set: &str) -> Trained {
    let set = format!("{set} contrastive.epochs=1 denoising.epochs=1 joint.epochs=1");
    let (folder, device, settings) = (tempfile::tempdir().unwrap(), cpu(), settings(&set));
    let mut data = open(source, &set);
    let mut text = None;
    if settings.model.text.is_bert() {
        let own = Arc::into_inner(data).unwrap();
        let (read, encoder) = prepare(own, &settings.model.text, &weights(), &device.device, &mut |_, _| ()).unwrap();
        (data, text) = (Arc::new(read), Some(encoder));
    }
    let mut job = job(&data, &set, device, folder.path(), false);
    job.text = text;
    Trained(run(job))
}

/// What a run computed. A label that is not there, NaN, equals another such.
struct Trained(Record);

impl PartialEq for Trained {
    fn eq(&self, other: &Trained) -> bool {
        // Every finite number is written so that it is read back bit for bit.
        format!("{:?}", self.0) == format!("{:?}", other.0)
    }
}

#[test]
fn a_file_of_any_layout_is_what_it_is_in_mmsas() {
    let folder = tempfile::tempdir().unwrap();
    let bert = format!("model.text.encoder=bert model.text.weights={}", fixtures().join("bert/small").display());
    let plain = [("", trained(&layout("mmsa.pkl"), "")), (bert.as_str(), trained(&layout("mmsa.pkl"), &bert))];
    let losses = |encoded: bool| &plain[usize::from(encoded)].1;
    for (name, said, set, kind) in FILES {
        let source = layout(name);
        let encoded = kind == Plain::Encoded;
        let set = if encoded { bert.as_str() } else { set };
        let report = Report::with_settings(&source, &settings(set).data).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(report.to_string().contains(said), "{said} is not said of {name}:\n{report}");
        source.check(&settings(set)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let found = open(&source, set);
        // Written in MMSA's layout it is the same, with names and texts.
        let path = folder.path().join(name).with_extension("pkl");
        source.convert(&settings(set).data, &mut std::fs::File::create(&path).unwrap()).unwrap();
        let written = Source::File(path);
        let set_written = if encoded { bert.as_str() } else { "" };
        let anew = open(&written, set_written);
        same(name, &anew, &found, true);
        for split in Split::ALL {
            assert_eq!(
                (anew.ids(split), anew.transcripts(split)),
                (found.ids(split), found.transcripts(split)),
                "{name}"
            );
        }
        let record = trained(&source, set);
        assert!(record == trained(&written, set_written), "{name} is trained otherwise than written in MMSA's layout");
        if kind != Plain::Own {
            same(name, &found, &open(&layout("mmsa.pkl"), set_written), kind != Plain::NoVectors);
        }
        if matches!(kind, Plain::Whole | Plain::Encoded) {
            let expected = losses(encoded);
            assert!(record.0.losses == expected.0.losses, "{name} is trained otherwise than in MMSA's layout");
            assert!(record.0.labels == expected.0.labels, "{name} has other labels than in MMSA's layout");
        }
    }
}

#[test]
fn token_ids_alone_are_trained_on_as_those_beside_vectors() {
    let bert = format!("model.text.encoder=bert model.text.weights={}", fixtures().join("bert/small").display());
    assert!(trained(&layout("only_bert.pkl"), &bert) == trained(&layout("mmsa.pkl"), &bert));
}

#[test]
fn a_folder_of_the_sdk_is_what_it_is_in_mmsas_layout() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixtures().join("sdk")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    for (list, videos) in [("train", "video0\nvideo2\n"), ("valid", "video1\n"), ("test", "video4\nvideo5\n")] {
        std::fs::write(folder.path().join(format!("{list}.txt")), videos).unwrap();
    }
    let written = Source::File(folder.path().join("written.pkl"));
    let out = std::fs::File::create(folder.path().join("written.pkl"));
    let sdk = Source::File(folder.path().to_owned());
    assert!(Report::of(&sdk).unwrap().to_string().contains("layout: CMU Multimodal SDK"));
    sdk.convert(&settings("").data, &mut out.unwrap()).unwrap();
    let (found, expected) = (open(&written, ""), open(&layout("sdk.pkl"), ""));
    same("sdk", &found, &expected, true);
    for split in Split::ALL {
        assert_eq!(found.ids(split), expected.ids(split));
        assert_eq!(found.transcripts(split), expected.transcripts(split));
    }
    let expected = trained(&layout("sdk.pkl"), "");
    assert!(trained(&written, "") == expected);
    assert!(trained(&sdk, "") == expected);
}
