//! A small writer of pickles, for files that a test makes by itself.

use super::*;

/// A Python object to write.
#[derive(Clone, Debug)]
pub enum Made {
    None,
    Text(String),
    Int(i64),
    Float(f64),
    List(Vec<Made>),
    Tuple(Vec<Made>),
    Dict(Entries),
    /// A numpy array of this type and shape; its bytes need not fit.
    Array(&'static str, Vec<i64>, bool, Vec<u8>),
    /// A numpy array of objects.
    Objects(Vec<i64>, Vec<Made>),
}

/// What a dict holds.
pub type Entries = Vec<(&'static str, Made)>;

impl Made {
    /// A list of texts.
    pub fn texts(texts: impl IntoIterator<Item = String>) -> Made {
        Made::List(texts.into_iter().map(Made::Text).collect())
    }

    /// An array of f4.
    pub fn floats(shape: &[usize], values: impl IntoIterator<Item = f32>) -> Made {
        let bytes = values.into_iter().flat_map(f32::to_le_bytes).collect();
        Made::Array("f4", shape.iter().map(|&n| n as i64).collect(), false, bytes)
    }

    /// The whole pickle.
    pub fn pickle(&self) -> Vec<u8> {
        let mut out = b"\x80\x03".to_vec();
        self.put(&mut out);
        out.push(b'.');
        out
    }

    /// A number.
    pub fn of(value: f32) -> Made {
        Made::Float(value.into())
    }

    /// Writes the object.
    pub fn put(&self, out: &mut Vec<u8>) {
        match self {
            Made::None => out.push(b'N'),
            Made::Text(text) => {
                out.push(b'X');
                out.extend((text.len() as u32).to_le_bytes());
                out.extend(text.bytes());
            }
            Made::Int(n) => {
                out.extend(b"\x8a\x08");
                out.extend(n.to_le_bytes());
            }
            Made::Float(v) => {
                out.push(b'G');
                out.extend(v.to_be_bytes());
            }
            Made::List(items) => {
                out.extend(b"](");
                items.iter().for_each(|item| item.put(out));
                out.push(b'e');
            }
            Made::Tuple(items) => {
                out.push(b'(');
                items.iter().for_each(|item| item.put(out));
                out.push(b't');
            }
            Made::Dict(entries) => {
                out.extend(b"}(");
                for (key, value) in entries {
                    Made::Text((*key).to_owned()).put(out);
                    value.put(out);
                }
                out.push(b'u');
            }
            Made::Array(dtype, shape, fortran, bytes) => {
                let mut data = b"B".to_vec();
                data.extend((bytes.len() as u32).to_le_bytes());
                data.extend(bytes);
                array(out, dtype, shape, *fortran, &data);
            }
            Made::Objects(shape, items) => {
                let mut data = Vec::new();
                Made::List(items.clone()).put(&mut data);
                array(out, "O8", shape, false, &data);
            }
        }
    }
}

/// An array as numpy writes it; `data` is the object that holds its elements.
fn array(out: &mut Vec<u8>, dtype: &str, shape: &[i64], fortran: bool, data: &[u8]) {
    out.extend(b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR(K\x01");
    Made::Tuple(shape.iter().map(|&n| Made::Int(n)).collect()).put(out);
    out.extend(b"cnumpy\ndtype\n(");
    Made::Text(dtype.to_owned()).put(out);
    out.extend(b"K\x00K\x01tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb");
    out.push(if fortran { 0x88 } else { 0x89 });
    out.extend(data);
    out.extend(b"tb");
}

/// Clips of each split of [`file`].
pub const CLIPS: usize = 6;

/// Labels of a split of [`file`].
pub fn labels() -> Vec<f32> {
    (0..CLIPS).map(|i| i as f32 * 0.7 - 1.5).collect()
}

/// Features (N, steps, dim) of clips that have values from step `first` to before step `end`.
pub fn features(clips: &[(usize, usize)], steps: usize, dim: usize) -> Made {
    let value = |(row, step, column): (usize, usize, usize)| {
        let (first, end) = clips[row];
        if (first..end).contains(&step) { 0.25 + (row * 7 + step * 3 + column) as f32 % 5.0 } else { 0.0 }
    };
    let places = (0..clips.len()).flat_map(|r| (0..steps).flat_map(move |s| (0..dim).map(move |c| (r, s, c))));
    Made::floats(&[clips.len(), steps, dim], places.map(value))
}

/// The keys of a split of [`file`].
pub fn entries(split: Split) -> Entries {
    let full = [(0, 4); CLIPS];
    vec![
        ("text", features(&full, 4, 3)),
        ("audio", features(&full, 4, 2)),
        ("vision", features(&full, 4, 2)),
        ("regression_labels", Made::floats(&[CLIPS], labels())),
        ("id", Made::texts((0..CLIPS).map(|i| format!("{split}_{i}")))),
        ("raw_text", Made::texts((0..CLIPS).map(|i| format!("clip {i}")))),
    ]
}

/// A file of the MMSA layout with what can be done without left out; `change` alters the keys of each split.
pub fn file(change: impl Fn(Split, &mut Entries)) -> Vec<u8> {
    let split = |split: Split| {
        let mut entries = entries(split);
        change(split, &mut entries);
        (split.name(), Made::Dict(entries))
    };
    Made::Dict(Split::ALL.map(split).to_vec()).pickle()
}

/// Sets a key in all splits.
pub fn with(key: &'static str, value: Made) -> Vec<u8> {
    file(|_, entries| set(entries, key, value.clone()))
}

/// Sets a key of a split.
pub fn set(entries: &mut Entries, key: &'static str, value: Made) {
    entries.retain(|(k, _)| *k != key);
    entries.push((key, value));
}
