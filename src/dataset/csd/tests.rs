//! A folder as the SDK writes it, made by `tests/fixtures/make.py csd`.

use proptest::prelude::*;

use super::*;
use crate::dataset::{Dataset, Report, Source};
use crate::folder::features;
use crate::split::Split;

fn sdk() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sdk")
}

/// The folder's files in another folder, with lists of videos.
fn copied(lists: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for path in features(&sdk()).unwrap() {
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    for (name, videos) in lists {
        std::fs::write(folder.path().join(name), videos).unwrap();
    }
    folder
}

fn raw() -> DataSettings {
    let normalise = crate::config::PerModalityFlag { text: false, audio: false, vision: false };
    DataSettings { normalise, clip: 0.0, ..DataSettings::default() }
}

const LISTS: [(&str, &str); 3] =
    [("train.txt", "video0\nvideo2\n"), ("valid.txt", "video1\n"), ("test.txt", "video5\nvideo4\nnone\n")];

#[test]
fn clips_are_cut_by_the_labels_intervals() {
    let folder = copied(&LISTS);
    let d = Dataset::open(&Source::File(folder.path().to_owned()), &raw()).unwrap();
    assert_eq!(PerSplit::from_fn(|s| d.len(s)), PerSplit { train: 8, valid: 4, test: 8 });
    assert_eq!(d.ids(Split::Train)[5], "video2$_$1");
    // (second + video) mod 5, less 2.
    assert_eq!(d.labels(Split::Train), [-2.0, -1.0, 0.0, 1.0, 0.0, 1.0, 2.0, -2.0]);
    assert_eq!(d.transcripts(Split::Train)[..3], ["w1", "w2 w3", "w5"]);
    let batch = d.batch(Split::Train, &[5]).unwrap();
    assert_eq!(batch.sequences.text.data, [201.0, 201.1, 201.5, 201.6]);
    assert_eq!(batch.sequences.audio.data, [201.0, 201.1, 201.25, 201.35, 201.5, 201.6, 201.75, 201.85]);
    assert_eq!(batch.sequences.vision.data, [201.0, 201.1]);
    assert!(d.flaws.iter().any(|f| f.to_string().contains("7 columns")));
    // "none" is a video that no file has, and video3 one that no list has.
    let said: Vec<String> = d.flaws.iter().filter(|f| f.key == "splits").map(|f| f.to_string()).collect();
    assert_eq!(
        said,
        ["splits: not used: 1 video of the lists, which no file has", "splits: not used: 1 video that no list has"]
    );
}

#[test]
fn lists_are_all_there_or_none_and_each_video_stands_in_one() {
    let open = |lists: &[(&str, &str)]| {
        let folder = copied(lists);
        Dataset::open(&Source::File(folder.path().to_owned()), &raw())
    };
    let refusal = |lists: &[(&str, &str)]| open(lists).unwrap_err().to_string();
    let said = refusal(&LISTS[..2]);
    assert!(said.contains("no test.txt") && said.contains("standard_folds"), "{said}");
    let twice = [LISTS[0], ("dev.txt", "video2\n"), LISTS[2]];
    assert!(refusal(&twice).contains("\"video2\" in those of train and valid"));
    let other = open(&[LISTS[0], ("dev.txt", "\n  video1 \r\n"), LISTS[2]]).unwrap();
    assert_eq!((other.len(Split::Valid), other.ids(Split::Valid)[0].as_str()), (4, "video1$_$0"));
}

#[test]
fn written_as_a_pickle_it_is_the_same() {
    let folder = copied(&LISTS);
    let source = Source::File(folder.path().to_owned());
    assert!(!source.check(&crate::config::Settings::default()).unwrap(), "nobody labelled the modalities");
    let path = folder.path().join("out.pkl");
    source.convert(&DataSettings::default(), &mut std::fs::File::create(&path).unwrap()).unwrap();
    let (d, written) = (Dataset::open(&source, &raw()).unwrap(), Dataset::open(&Source::File(path), &raw()).unwrap());
    for split in Split::ALL {
        let rows: Vec<usize> = (0..d.len(split)).collect();
        assert_eq!(written.batch(split, &rows).unwrap(), d.batch(split, &rows).unwrap(), "{split}");
        assert_eq!((written.ids(split), written.transcripts(split)), (d.ids(split), d.transcripts(split)));
    }
}

#[test]
fn its_fingerprint_tells_every_byte_and_name_and_no_other_file() {
    let folder = copied(&LISTS);
    let source = Source::File(folder.path().to_owned());
    let of = || Dataset::open(&source, &raw()).unwrap().fingerprint;
    let first = of();
    assert_eq!(crate::dataset::fingerprint_at(folder.path()).unwrap(), crate::dataset::fingerprint_of_file(&first));
    std::fs::write(folder.path().join("notes.md"), "x").unwrap();
    assert_eq!(of(), first);
    std::fs::write(folder.path().join("train.txt"), "video2\nvideo0\n").unwrap();
    assert_ne!(of(), first);
}

#[test]
fn its_clips_can_be_predicted_by_a_run_on_other_data() {
    let folder = copied(&LISTS);
    let (source, sdk) = (Source::File(sdk()), Source::File(folder.path().to_owned()));
    let open = |split: Option<&str>| Dataset::open_with_clips(&source, &sdk, split, &raw(), None);
    let ids = |split: Option<&str>| open(split).unwrap().ids(Split::Test).to_vec();
    assert_eq!(ids(None)[0], "video4$_$0");
    assert_eq!(ids(Some("dev")).len(), 4);
    let Err(error) = open(Some("dev2")) else { panic!("there is no such split") };
    assert!(error.to_string().contains("dev2") && error.to_string().contains("--split"), "{error}");
}

#[test]
fn videos_without_lists_are_divided_by_the_seed_and_it_is_said() {
    let of = |seed: u64| {
        let settings = DataSettings { valid_seed: seed, ..raw() };
        let d = Dataset::open(&Source::File(sdk()), &settings).unwrap();
        let said = d.flaws.iter().find(|f| f.key == "splits").unwrap().to_string();
        (Split::ALL.map(|s| d.ids(s).to_vec()), said)
    };
    let (first, said) = of(1);
    assert!(said.contains("4 / 1 / 1 videos") && said.contains("train.txt"), "{said}");
    assert_eq!(of(1).0, first);
    assert!((2..9).any(|seed| of(seed).0 != first));
    let report = Report::of(&Source::File(sdk())).unwrap();
    assert!(report.to_string().contains("COVAREP") && report.bytes > 10_000, "{report}");
}

#[test]
fn what_is_missing_is_named() {
    let folder = copied(&[]);
    std::fs::remove_file(folder.path().join("CMU_MADE_COVAREP.csd")).unwrap();
    let error = Dataset::open(&Source::File(folder.path().to_owned()), &raw()).unwrap_err().to_string();
    assert!(error.contains("audio") && error.contains("covarep") && error.contains("CMU_MADE_Labels.csd"), "{error}");
    // A file by itself says where it belongs.
    let error = Dataset::open(&Source::File(sdk().join("CMU_MADE_COVAREP.csd")), &raw()).unwrap_err().to_string();
    assert!(error.contains("HDF5") && error.contains("folder"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn damaged_files_never_panic(
        which in 0usize..5,
        edits in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..4),
        cut in any::<bool>(),
    ) {
        let folder = copied(&LISTS);
        let path = features(folder.path()).unwrap()[which].clone();
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, byte) in edits {
            let len = bytes.len();
            bytes[at as usize % len] = byte;
        }
        if cut {
            bytes.truncate(bytes.len() / 2);
        }
        std::fs::write(&path, bytes).unwrap();
        // Fine or refused, never worse.
        let _ = Dataset::open(&Source::File(folder.path().to_owned()), &raw());
    }
}
