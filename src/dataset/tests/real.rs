//! The real data, where it is at hand; figures by numpy.

use std::path::Path;

use super::*;

// By numpy: `sum` over the valid steps of the arrays as f32, then as f64.
const SIMS_TEXT: f64 = 231.270513;
const SIMS_AUDIO: f64 = -81.0033593;
const MOSI_AUDIO: f64 = 322376.159;
const MOSI_VISION: f64 = 782204.322;
const MMMO_TEXT: f64 = -1264.77221;
const MMMO_VISION: f64 = -391.620718;
const PY2_AUDIO: f64 = 274101.116;
const VIDEO_INFINITE: usize = 195;

/// The real data, or `None`, said aloud, where it is not at hand.
pub fn real(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("MUG_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("skipped: {} is not here; set MUG_TEST_DATA", path.display());
    None
}

/// Sum of all values of one modality of one split.
fn sum(d: &Dataset, split: Split, m: Modality) -> f64 {
    let rows: Vec<usize> = (0..d.len(split)).collect();
    d.batch(split, &rows).unwrap().sequences[m].data.iter().map(|&v| f64::from(v)).sum()
}

#[test]
fn real_sims() {
    let Some(path) = real("sims_v1_mmsa.pkl") else { return };
    let d = Dataset::open(&Source::File(path), &raw()).unwrap();
    assert_eq!(PerSplit::from_fn(|s| d.len(s)), PerSplit { train: 1368, valid: 456, test: 457 });
    assert_eq!(d.shapes, PerModality { text: (1, 384), audio: (1, 1), vision: (1, 1) });
    assert_eq!((d.label_range, d.metrics), (1.0, MetricSet::Sims));
    assert!(d.unimodal_labels(Split::Train).is_some());
    assert_eq!(d.transcripts(Split::Train)[0], "我不想嫁给李茶");
    assert_eq!(d.ids(Split::Test)[0], "video_0001$_$0003");
    close(sum(&d, Split::Train, Modality::Text), SIMS_TEXT);
    close(sum(&d, Split::Test, Modality::Audio), SIMS_AUDIO);
}

#[test]
fn real_mosi() {
    let Some(path) = real("mosi_ctx8_mmsa.pkl") else { return };
    let source = Source::File(path);
    let d = Dataset::open(&source, &raw()).unwrap();
    assert_eq!(PerSplit::from_fn(|s| d.len(s)), PerSplit { train: 1194, valid: 253, test: 752 });
    assert_eq!(d.shapes, PerModality { text: (8, 384), audio: (8, 73), vision: (8, 100) });
    assert_eq!((d.label_range, d.metrics), (3.0, MetricSet::Mosi));
    assert!(d.unimodal_labels(Split::Train).is_none());
    close(sum(&d, Split::Valid, Modality::Audio), MOSI_AUDIO);
    close(sum(&d, Split::Test, Modality::Vision), MOSI_VISION);
    let constant = Flaw {
        split: Some(Split::Train),
        key: "vision".to_owned(),
        kind: FlawKind::ConstantColumns { columns: 32, of: 100 },
    };
    assert!(d.flaws.contains(&constant), "{:?}", d.flaws);
    let normalised = Dataset::open(&source, &DataSettings::default()).unwrap();
    let rows: Vec<usize> = (0..normalised.len(Split::Train)).collect();
    let batch = normalised.batch(Split::Train, &rows).unwrap();
    assert!(batch.sequences.iter().all(|(_, s)| s.data.iter().all(|v| v.abs() <= 5.0)));
}

#[test]
fn real_mmmo() {
    let Some(path) = real("mmmo_aligned20_mmsa.pkl") else { return };
    let d = Dataset::open(&Source::File(path), &raw()).unwrap();
    assert_eq!(PerSplit::from_fn(|s| d.len(s)), PerSplit { train: 80, valid: 20, test: 20 });
    assert_eq!((d.label_range, d.metrics), (2.0, MetricSet::Mosi));
    close(sum(&d, Split::Train, Modality::Text), MMMO_TEXT);
    close(sum(&d, Split::Valid, Modality::Vision), MMMO_VISION);
}

#[test]
fn real_files_of_other_layouts_are_refused_but_readable() {
    let (Some(py2), Some(video)) = (real("loader/mosi_audio_py2.pickle"), real("loader/mosei_video_val.pkl")) else {
        return;
    };
    let message =
        |path: &PathBuf| Dataset::open(&Source::File(path.clone()), &DataSettings::default()).unwrap_err().to_string();
    let text = message(&py2);
    assert!(text.contains("train, valid and test") && text.contains("a tuple of 7"), "{text}");
    let text = message(&video);
    assert!(text.contains("language, acoustic, visual, labels"), "{text}");
    let values = |path: &PathBuf, at: usize, key: &str| {
        let pickle = pickle::parse(&Arc::new(DataFile::open(path).unwrap())).unwrap();
        let value = match pickle.items(pickle.root()) {
            Some(items) => items[at],
            None => pickle.get(pickle.root(), key).unwrap().unwrap(),
        };
        let (array, payload) = pickle.array(value).unwrap();
        let count = array.shape.iter().product::<usize>();
        let mut all = Vec::new();
        let dtype = array.dtype;
        let whole = pickle.stream(payload, dtype.size, count * dtype.size, |bytes| {
            let from = all.len();
            all.resize(from + bytes.len() / dtype.size, 0.0);
            assert!(dtype.decode(bytes, &mut all[from..]));
        });
        assert!(whole.unwrap());
        (array.shape.clone(), all)
    };
    let (shape, audio) = values(&py2, 0, "");
    assert_eq!((shape, audio[0]), (vec![62, 63, 73], 212.83));
    close(audio.iter().sum(), PY2_AUDIO);
    let (shape, audio) = values(&video, 0, "acoustic");
    assert_eq!(shape, [264, 40]);
    assert_eq!(audio.iter().filter(|v| **v == f64::NEG_INFINITY).count(), VIDEO_INFINITE);
}

#[test]
fn other_formats_say_what_they_are() {
    let Some(npz) = real("loader/mosi_label.npz") else { return };
    let text = Dataset::open(&Source::File(npz), &DataSettings::default()).unwrap_err().to_string();
    assert!(text.contains("npz"), "{text}");
    let Some(csv) = real("sims_v1_label.csv") else { return };
    let text = Dataset::open(&Source::File(csv), &DataSettings::default()).unwrap_err().to_string();
    assert!(text.contains("plain text"), "{text}");
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{found} is not {expected}");
}
