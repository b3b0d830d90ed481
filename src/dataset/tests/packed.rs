//! Files around files: the same data compressed, in archives, and as numpy, joblib and PyTorch write it.

use super::*;

/// [`fixture`]s that hold what `numpy2_p4.pkl` does.
const PACKED: [(&str, &str); 12] = [
    ("gzip.pkl.gz", "a gzip file"),
    ("xz.pkl.xz", "an xz file"),
    ("zstd.pkl.zst", "a zstd file"),
    ("zlib.pkl.z", "a zlib file"),
    ("zip.zip", "a zip archive"),
    ("dicts.npz", "a numpy npz file"),
    ("flat.npz", "a numpy npz file"),
    ("flat_compressed.npz", "a numpy npz file"),
    ("object.npy", "a numpy npy file"),
    ("plain.joblib", ""),
    ("zlib.joblib", "a zlib file"),
    ("torch.pt", "a file of torch.save"),
];

/// Files of other data that PyTorch and joblib wrote.
const OTHERS: [&str; 5] =
    ["objects.joblib", "layouts/half.pt", "layouts/legacy.pt", "layouts/legacy_half.pt", "layouts/tensors.pkl"];

fn assert_same(found: &Dataset, expected: &Dataset, name: &str) {
    let rows: Vec<usize> = (0..3).collect();
    for split in Split::ALL {
        assert_eq!(found.ids(split), expected.ids(split), "{name}");
        assert_eq!(found.transcripts(split), expected.transcripts(split), "{name}");
        assert_eq!(found.labels(split), expected.labels(split), "{name}");
        assert_eq!(found.unimodal_labels(split), expected.unimodal_labels(split), "{name}");
        for m in Modality::ALL {
            assert_eq!(found.lengths(split, m), expected.lengths(split, m), "{name} {split} {m}");
        }
        assert_eq!(found.batch(split, &rows).unwrap(), expected.batch(split, &rows).unwrap(), "{name} {split}");
    }
}

#[test]
fn every_packing_holds_the_same_data_and_is_named() {
    let expected = open("numpy2_p4.pkl");
    for (name, what) in PACKED {
        let found = open(name);
        assert_same(&found, &expected, name);
        let said = found.flaws.iter().find(|flaw| flaw.key == "file").map(ToString::to_string);
        assert_eq!(said.is_some(), !what.is_empty(), "{name}: {said:?}");
        assert!(said.unwrap_or_default().contains(what), "{name}");
    }
    assert_same(&open("objects.joblib"), &expected, "objects.joblib");
}

#[test]
fn cut_and_foreign_archives_say_what_they_are() {
    let refusal = |bytes: Vec<u8>| open_bytes(bytes, &raw()).unwrap_err().to_string();
    for (name, what) in &PACKED[..5] {
        let mut bytes = fixture(name);
        bytes.truncate(bytes.len() / 2);
        let said = refusal(bytes);
        assert!(said.contains(what) && said.contains("incomplete"), "{name}: {said}");
    }
    // An archive without a pickle: the central directory of no file.
    let said = refusal([&b"PK\x05\x06"[..], &[0; 18]].concat());
    assert!(said.contains("a zip archive of 0 files") && said.contains("numpy.savez"), "{said}");
    // What is not on the list stays refused in a pickle within.
    let mut evil = b"\x80\x02cposix\nsystem\nU\x02ls\x85R.".to_vec();
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    let header = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }                                        \n";
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header);
    npy.append(&mut evil);
    let said = refusal(npy);
    assert!(said.contains("posix.system"), "{said}");
    // A header that nests brackets is not parsed.
    let deep = [&b"\x93NUMPY\x01\x00\x00\x04"[..], &b"[".repeat(1024)].concat();
    assert!(refusal(deep).contains("header"), "brackets");
}

#[test]
fn what_is_written_anew_is_the_same_in_mmsas_layout() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["numpy2_p4.pkl", "flat_compressed.npz", "torch.pt", "types.pkl", "fortran.pkl"] {
        let source = Source::File(fixtures().join(name));
        let mut bytes = Vec::new();
        let counts = source.convert(&DataSettings::default(), &mut bytes).unwrap();
        assert_eq!(counts, PerSplit { train: 6, valid: 3, test: 3 });
        let path = folder.path().join("plain.pkl");
        std::fs::write(&path, &bytes).unwrap();
        let written = Dataset::open(&Source::File(path), &DataSettings::default()).unwrap();
        assert_same(&written, &open(name), name);
    }
    // numpy itself reads it, where there is one.
    let Some(python) = std::env::var_os("MUG_TEST_PYTHON") else { return };
    let mut bytes = Vec::new();
    Source::File(fixtures().join("torch.pt")).convert(&DataSettings::default(), &mut bytes).unwrap();
    let path = folder.path().join("read.pkl");
    std::fs::write(&path, &bytes).unwrap();
    let program = "import pickle, sys; d = pickle.load(open(sys.argv[1], 'rb')); t = d['test']\n\
                   print(list(d), t['audio'].shape, t['audio'].dtype, t['regression_labels'].tolist(), t['id'], \
                   t['text_lengths'].tolist(), t['vision'][2, 0].tolist())";
    let output = std::process::Command::new(python).args(["-c", program]).arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected =
        "['train', 'valid', 'test'] (3, 5, 2) float64 [0.5, -2.5, 1.0] ['v33$_$0', 'v33$_$1', 'v33$_$2'] [1, 2, 3] [";
    assert!(said.starts_with(expected), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// An npy file with this header.
fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn a_file_of_torch_save_before_1_6_must_be_whole() {
    let whole = fixture("layouts/legacy.pt");
    open_bytes(whole.clone(), &raw()).unwrap();
    for cut in (0..whole.len()).step_by(97) {
        assert!(open_bytes(whole[..cut].to_vec(), &raw()).is_err(), "{cut}");
    }
    // An announced storage that lies nowhere, and one of other bytes than announced.
    let at = whole.windows(13).position(|w| w == b"FloatStorage\n").unwrap();
    let mut other = whole;
    other[at..at + 12].copy_from_slice(b"ShortStorage");
    let said = open_bytes(other, &raw()).unwrap_err().to_string();
    assert!(said.contains("torch.save") || said.contains("PyTorch"), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever an npy's header says, the array has as many elements as the file, or is refused.
    #[test]
    fn hostile_npy_headers_never_panic(
        descr in proptest::sample::select(vec!["'<f4'", "'>f8'", "'|b1'", "'<U3'", "'|S0'", "'|O'", "'|V7'", "'<c8'", "[('a', '<f4')]", "None"]),
        fortran in proptest::sample::select(vec!["True", "False", "1"]),
        shape in proptest::collection::vec(any::<u64>().prop_map(|n| n >> (n % 64)), 0..5),
        length in 0usize..200,
        fits in any::<bool>(),
    ) {
        let axes: String = shape.iter().map(|axis| format!("{axis},")).collect();
        let header = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': ({axes}), }}\n");
        let count = shape.iter().try_fold(1u64, |n, &axis| n.checked_mul(axis)).filter(|&n| fits && n < 100);
        let data = vec![1; count.map_or(length, |n| n as usize * 4)];
        let file = Arc::new(DataFile::from_bytes("x.npy", npy(&header, &data)));
        if let Ok(pickle) = pickle::parse_npy(&file)
            && let Some((array, _)) = pickle.array(pickle.root())
        {
            let bytes = array.shape.iter().try_fold(array.dtype.size, |n, &axis| n.checked_mul(axis));
            prop_assert!(!array.dtype.is_number() || bytes == Some(data.len()), "{header}");
        }
    }

    #[test]
    fn damaged_packings_never_panic(
        which in 0usize..PACKED.len() + OTHERS.len(),
        edits in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..4),
        keep in 0.0..1.0f64,
        cut in any::<bool>(),
    ) {
        let mut bytes = fixture(PACKED.get(which).map_or_else(|| OTHERS[which - PACKED.len()], |(name, _)| name));
        for (at, byte) in edits {
            let len = bytes.len();
            bytes[at as usize % len] = byte;
        }
        if cut {
            bytes.truncate((bytes.len() as f64 * keep) as usize);
        }
        if let Ok(d) = open_bytes(bytes, &DataSettings::default()) {
            for split in Split::ALL {
                let rows: Vec<usize> = (0..d.len(split)).collect();
                let batch = d.batch(split, &rows).unwrap();
                for (_, s) in batch.sequences.iter() {
                    prop_assert!(s.data.iter().all(|v| v.is_finite()));
                }
            }
        }
    }
}
