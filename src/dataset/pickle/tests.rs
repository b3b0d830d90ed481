//! The reader against pickles that Python wrote, against damage, and against ill will.

use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::dataset::DatasetError;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(name)).unwrap()
}

fn read(bytes: impl Into<Vec<u8>>) -> Result<Pickle, DatasetError> {
    let file = Arc::new(DataFile::from_bytes("test.pkl", bytes.into()));
    parse(&file).map_err(|error| DatasetError::of_pickle(file.path(), error))
}

fn message(bytes: impl Into<Vec<u8>>) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn plain_values() {
    let of = |bytes: &[u8]| read(bytes).unwrap().root();
    assert_eq!(of(b"N."), Value::None);
    assert_eq!(of(b"\x80\x05\x88."), Value::Bool(true));
    assert_eq!(of(b"K\xff."), Value::Int(255));
    assert_eq!(of(b"M\x00\x01."), Value::Int(256));
    assert_eq!(of(b"J\xfe\xff\xff\xff."), Value::Int(-2));
    assert_eq!(of(b"I-17\n."), Value::Int(-17));
    assert_eq!(of(b"I01\n."), Value::Bool(true));
    assert_eq!(of(b"L123L\n."), Value::Int(123));
    assert_eq!(of(b"L99999999999999999999L\n."), Value::BigInt);
    assert_eq!(of(b"\x8a\x00."), Value::Int(0));
    assert_eq!(of(b"\x8a\x01\xff."), Value::Int(-1));
    assert_eq!(of(b"\x8a\x03\x00\x00\x80."), Value::Int(-8_388_608));
    assert_eq!(of(b"\x8a\x09123456789."), Value::BigInt);
    assert_eq!(of(b"G\x3f\xf8\x00\x00\x00\x00\x00\x00."), Value::Float(1.5));
    assert_eq!(of(b"F-2.5\n."), Value::Float(-2.5));
}

#[test]
fn containers_and_memo() {
    // {'a': [1, 2], 'b': the same list}, the second key set again to None.
    let pickle = read(*b"}(U\x01a](K\x01K\x02eq\x00U\x01bh\x00U\x01bNu.").unwrap();
    let root = pickle.root();
    let list = pickle.get(root, "a").unwrap().unwrap();
    assert_eq!(pickle.items(list).unwrap(), [Value::Int(1), Value::Int(2)]);
    assert_eq!(pickle.get(root, "b").unwrap(), Some(Value::None));
    assert_eq!(pickle.get(root, "c").unwrap(), None);
    assert_eq!(pickle.keys(root).unwrap().unwrap(), "a, b, b");
}

#[test]
fn everything_outside_the_list_is_refused_by_name_and_offset() {
    let text = message(*b"\x80\x02cposix\nsystem\nU\x02ls\x85R.");
    assert!(text.contains("posix.system") && text.contains("byte 2") && text.contains("test.pkl"), "{text}");
    let text = message(*b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93.");
    assert!(text.contains("builtins.eval"), "{text}");
    for (bytes, word) in [
        (&b"cnumpy\nload\n."[..], "numpy.load"),
        (b"ccollections\nOrderedDict\n)\x81.", "NEWOBJ"),
        (b"U\x01xQ.", "PERSID"),
        (b"\x82\x01.", "EXT"),
        (b"(cos\nsystem\no.", "os.system"),
        (b"(ios\nsystem\n.", "INST"),
        (b"\x97.", "NEXT_BUFFER"),
        (b"\x8f.", "set"),
        (b"]N\x86b.", "BUILD"),
    ] {
        let text = message(bytes);
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn encode_takes_latin_1_only() {
    let text = message(*b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aU\x03hex\x86R.");
    assert!(text.contains("_codecs.encode") && text.contains("refused"), "{text}");
}

#[test]
fn lengths_are_checked_before_anything_is_allocated() {
    for bytes in [
        &b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f."[..],
        b"B\xff\xff\xff\xff.",
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc.",
        b"\x95\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"\x8b\xff\xff\xff\x7f.",
        b"U\x10abc.",
        b"",
        b"N",
    ] {
        let text = message(bytes);
        assert!(text.contains("ends too early"), "{text}");
    }
    assert!(message(*b"T\xff\xff\xff\xff.").contains("BINSTRING"));
}

#[test]
fn damage_is_named() {
    for (bytes, word) in [
        (&b"."[..], "STOP"),
        (b"h\x07.", "index 7"),
        (b"\x80\x09N.", "protocol"),
        (b"\x01.", "0x01"),
        (b"t.", "mark"),
        (b"(K\x01d.", "keys with values"),
        (b"NNa.", "a list to append to"),
        (b"N)R.", "a callable"),
    ] {
        let text = message(bytes);
        assert!(text.contains(word), "{bytes:?}: {text}");
    }
    // A value below a mark is out of reach.
    assert!(message(*b"N(\x85.").contains("a value on the stack"));
}

#[test]
fn arrays_must_fit_their_shape() {
    let array = |shape: &[u8], bytes: &[u8]| {
        let mut p =
            b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01".to_vec();
        p.extend(shape);
        p.extend(b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U");
        p.push(bytes.len() as u8);
        p.extend(bytes);
        p.extend(b"tb.");
        p
    };
    let good = read(array(b"K\x02K\x01\x86", &[0; 8])).unwrap();
    let (found, _) = good.array(good.root()).unwrap();
    assert_eq!((found.shape.as_slice(), found.dtype.size, found.fortran), (&[2, 1][..], 4, false));
    let text = message(array(b"K\x03K\x01\x86", &[0; 8]));
    assert!(text.contains("(3, 1)") && text.contains("12 bytes") && text.contains("8 bytes"), "{text}");
    // 2^40 x 2^40 elements would overflow.
    let huge = b"\x8a\x06\x00\x00\x00\x00\x00\x01\x8a\x06\x00\x00\x00\x00\x00\x01\x86";
    assert!(message(array(huge, &[0; 8])).contains("more elements than a file can hold"));
    assert!(message(array(b"J\xff\xff\xff\xff\x85", &[0; 8])).contains("a shape"));
}

#[test]
fn deep_nesting_and_cycles_are_harmless() {
    let mut deep = b"]".repeat(300_000);
    deep.extend(b"a".repeat(299_999));
    deep.push(b'.');
    drop(read(deep).unwrap());
    // l = []; l.append(l)
    let cycle = read(*b"]q\x00h\x00a.").unwrap();
    assert_eq!(cycle.items(cycle.root()).unwrap(), [cycle.root()]);
}

#[test]
fn objects_are_paid_for() {
    // Each byte makes a list of 48 bytes: 1.2 GB of them would take 58 GB.
    let text = message(b"]".repeat(200_000));
    assert!(text.contains("more Python objects"), "{text}");
}

#[test]
fn all_fixtures_parse() {
    let mut count = 0;
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "pkl") {
            let pickle = read(std::fs::read(&path).unwrap()).unwrap();
            assert_eq!(pickle.describe(pickle.root()), "a dict of 3 keys", "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 15, "{count} fixtures");
}

/// Goes over everything in a pickle as a reader would.
fn walk(pickle: &Pickle) {
    let root = pickle.root();
    let _ = pickle.keys(root);
    let mut todo = vec![(root, 0)];
    while let Some((value, depth)) = todo.pop() {
        let _ = (pickle.describe(value), pickle.number(value), pickle.text(value, 1 << 20));
        if let Some((array, payload)) = pickle.array(value) {
            let total = array.shape.iter().product::<usize>() * array.dtype.size;
            let mut seen = 0;
            let whole = pickle.stream(payload, array.dtype.size, total, |bytes| seen += bytes.len()).unwrap();
            assert!(!whole || seen == total);
        }
        if let Some(Node::Dict(pairs)) = pickle.node(value)
            && depth < 4
        {
            todo.extend(pairs.iter().take(50).flat_map(|&(k, v)| [(k, depth + 1), (v, depth + 1)]));
        }
        if depth < 4 {
            todo.extend(pickle.items(value).unwrap_or_default().iter().take(50).map(|&v| (v, depth + 1)));
        }
    }
}

#[test]
fn every_truncation_is_an_error() {
    for name in ["numpy2_p4.pkl", "numpy2_p2.pkl", "py2_p0.pkl"] {
        let whole = fixture(name);
        for end in (0..whole.len()).step_by(if whole.len() > 10_000 { 7 } else { 1 }) {
            assert!(read(&whole[..end]).is_err(), "{name} cut at {end}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(pickle) = read(bytes) {
            walk(&pickle);
        }
    }

    /// Strings of valid opcodes get much further than arbitrary bytes.
    #[test]
    fn arbitrary_opcodes_never_panic(
        ops in proptest::collection::vec(
            prop_oneof![
                proptest::sample::select(b"NK((])}t\x85\x86\x87aesuhq0120lRb\x94\x88".to_vec()).prop_map(|b| vec![b]),
                any::<u8>().prop_map(|b| vec![b]),
                Just(b"cnumpy\nndarray\n".to_vec()),
                Just(b"cnumpy\ndtype\n".to_vec()),
                Just(b"U\x02f4".to_vec()),
                Just(b"U\x02O8".to_vec()),
                Just(b"U\x01<".to_vec()),
                Just(b"cnumpy.core.multiarray\n_reconstruct\n".to_vec()),
                Just(b"cnumpy.core.multiarray\nscalar\n".to_vec()),
                Just(b"cnumpy.core.numeric\n_frombuffer\n".to_vec()),
                Just(b"c_codecs\nencode\nX\x02\x00\x00\x00\xc3\xa9U\x06latin1\x86R".to_vec()),
                Just(b"ccollections\nOrderedDict\n)R".to_vec()),
            ],
            0..80,
        )
    ) {
        let mut bytes = ops.concat();
        bytes.push(b'.');
        if let Ok(pickle) = read(bytes) {
            walk(&pickle);
        }
    }

    #[test]
    fn damaged_pickles_never_panic(
        which in 0usize..6,
        edits in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..6),
    ) {
        let name =
            ["numpy2_p2.pkl", "numpy2_p5.pkl", "py2_p2.pkl", "lists.pkl", "types.pkl", "py2_p0.pkl"][which];
        let mut bytes = fixture(name);
        for (at, byte) in edits {
            let len = bytes.len();
            bytes[at as usize % len] = byte;
        }
        if let Ok(pickle) = read(bytes) {
            walk(&pickle);
        }
    }
}

/// A tensor as PyTorch writes it into a pickle: `elements` under a storage class of `torch`, seen with a shape and strides.
fn tensor(class: &str, elements: &[u8], count: u32, first: u8, shape: &[u8], strides: &[u8]) -> Vec<u8> {
    let mut storage = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}q\x00.".to_vec();
    storage.extend(b"\x80\x02(X\x07\x00\x00\x00storageq\x00ctorch\n");
    storage.extend(class.as_bytes());
    storage.extend(b"\nq\x01X\x01\x00\x00\x007q\x02X\x03\x00\x00\x00cpuq\x03J");
    storage.extend(count.to_le_bytes());
    storage.extend(b"Ntq\x04Q.\x80\x02]q\x00X\x01\x00\x00\x007q\x01a.");
    storage.extend(u64::from(count).to_le_bytes());
    storage.extend(elements);
    let mut bytes = b"\x80\x04ctorch._utils\n_rebuild_tensor_v2\n(ctorch.storage\n_load_from_bytes\nB".to_vec();
    bytes.extend((storage.len() as u32).to_le_bytes());
    bytes.extend(storage);
    bytes.extend([0x85, b'R', b'K', first]);
    for axes in [shape, strides] {
        bytes.push(b'(');
        axes.iter().for_each(|&n| bytes.extend([b'K', n]));
        bytes.push(b't');
    }
    bytes.extend(b"\x89ccollections\nOrderedDict\n)RtR.");
    bytes
}

#[test]
fn tensors_are_arrays() {
    let elements: Vec<u8> = (0..8).flat_map(|i| (i as f32 + 0.5).to_le_bytes()).collect();
    let values = |bytes: Vec<u8>| {
        let pickle = read(bytes).unwrap();
        let (array, payload) = pickle.array(pickle.root()).unwrap();
        let mut out = Vec::new();
        let count: usize = array.shape.iter().product();
        let whole = pickle.stream(payload, array.dtype.size, count * array.dtype.size, |part| {
            let from = out.len();
            out.resize(from + part.len() / array.dtype.size, 0.0);
            assert!(array.dtype.decode(part, &mut out[from..]));
        });
        assert!(whole.unwrap());
        (array.shape.clone(), array.fortran, out)
    };
    let float = |first, shape: &[u8], strides: &[u8]| tensor("FloatStorage", &elements, 8, first, shape, strides);
    assert_eq!(values(float(0, &[2, 4], &[4, 1])), (vec![2, 4], false, (0..8).map(|i| f64::from(i) + 0.5).collect()));
    // A part of a storage, an axis of one element, a scalar, and a transposed matrix.
    assert_eq!(values(float(3, &[2, 1, 2], &[2, 9, 1])), (vec![2, 1, 2], false, vec![3.5, 4.5, 5.5, 6.5]));
    assert_eq!(values(float(7, &[], &[])), (vec![], false, vec![7.5]));
    assert_eq!(values(float(0, &[2, 3], &[1, 2])), (vec![2, 3], true, vec![0.5, 1.5, 2.5, 3.5, 4.5, 5.5]));
    assert_eq!(values(tensor("LongStorage", &7i64.to_le_bytes(), 1, 0, &[1], &[1])), (vec![1], false, vec![7.0]));
}

#[test]
fn tensors_that_do_not_fit_are_refused() {
    let elements = [0; 32];
    let float =
        |first, shape: &[u8], strides: &[u8]| message(tensor("FloatStorage", &elements, 8, first, shape, strides));
    assert!(float(0, &[2, 2], &[4, 1]).contains("gaps (strides (4, 1)"));
    assert!(float(0, &[3, 3], &[3, 1]).contains("a storage of 32 bytes"));
    assert!(float(7, &[2], &[1]).contains("a storage of 32 bytes"));
    assert!(float(0, &[255; 40], &[1; 40]).contains("a storage of 32 bytes"));
    assert!(message(tensor("FloatStorage", &elements, 9, 0, &[8], &[1])).contains("9 elements in 32 bytes"));
    assert!(message(tensor("Tensor", &elements, 8, 0, &[8], &[1])).contains("torch.Tensor"));
    // Persistent ids mean nothing outside of a storage.
    assert!(message(b"(NtQ.".to_vec()).contains("a persistent object"));
    let whole = tensor("FloatStorage", &elements, 8, 0, &[8], &[1]);
    for cut in 0..whole.len() {
        assert!(read(&whole[..cut]).is_err(), "{cut}");
    }
}

proptest! {
    /// A tensor of any shape and strides is refused, or it is what PyTorch would show: the elements that its strides name.
    #[test]
    fn tensors_hold_what_their_strides_name(
        first in 0u8..10,
        axes in proptest::collection::vec((0u8..5, 0u8..7), 0..4),
        contiguous in any::<bool>(),
    ) {
        let elements: Vec<u8> = (0..8).flat_map(|i| (i as f32).to_le_bytes()).collect();
        let shape: Vec<u8> = axes.iter().map(|axis| axis.0).collect();
        let mut strides: Vec<u8> = axes.iter().map(|axis| axis.1).collect();
        if contiguous {
            let mut next = 1;
            for (stride, len) in strides.iter_mut().zip(&shape).rev() {
                *stride = next;
                next *= (*len).max(1);
            }
        }
        let Ok(pickle) = read(tensor("FloatStorage", &elements, 8, first, &shape, &strides)) else { return Ok(()) };
        let (array, payload) = pickle.array(pickle.root()).unwrap();
        let count: usize = shape.iter().map(|&n| usize::from(n)).product();
        let mut found = vec![0.0; count];
        let mut at = 0;
        let whole = pickle.stream(payload, 4, count * 4, |part| {
            let next = at + part.len() / 4;
            assert!(array.dtype.decode(part, &mut found[at..next]));
            at = next;
        });
        prop_assert!(whole.unwrap());
        // The element at each place, in C order, lies where the strides say.
        for place in 0..count {
            let (mut rest, mut from, mut within, mut step) = (place, usize::from(first), 0, 1);
            let mut indices = Vec::new();
            for (len, stride) in shape.iter().zip(&strides).rev() {
                let index = rest % usize::from(*len);
                (rest, from) = (rest / usize::from(*len), from + index * usize::from(*stride));
                indices.push(index);
            }
            indices.reverse();
            let order: Vec<usize> = if array.fortran { (0..shape.len()).collect() } else { (0..shape.len()).rev().collect() };
            for axis in order {
                within += indices[axis] * step;
                step *= usize::from(shape[axis]);
            }
            prop_assert_eq!(found[within], from as f64);
        }
    }

    /// Damage anywhere in a tensor is an error or other data, never a panic.
    #[test]
    fn damaged_tensors_never_panic(at in 0usize..300, byte in any::<u8>()) {
        let mut bytes = tensor("FloatStorage", &[0; 32], 8, 0, &[2, 4], &[4, 1]);
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(bytes);
    }
}
