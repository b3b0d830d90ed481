//! Ids and transcripts out of the objects of a pickle.

use super::key::Key;
use crate::dataset::error::DatasetError;
use crate::dataset::file::dtype::Kind;
use crate::dataset::pickle::Value;

/// Longest id or transcript.
const TEXT: u64 = 1 << 20;
/// Most parts of an id, and what joins them, as in MMSA's own.
const PARTS: usize = 4;
const JOINT: &str = "$_$";

/// One text for each clip.
pub struct Texts {
    pub texts: Vec<String>,
    /// Parts that each was joined from; 1 for plain ones.
    pub parts: usize,
}

impl Key<'_> {
    /// One text for each clip: a numpy array of strings, numbers or objects, or a list. Numbers become digits; the parts
    /// of an id that is a tuple, or a row of an array, are joined by `$_$`.
    ///
    /// # Errors
    /// Another count, elements that are no text, or more text than the file could hold.
    pub fn texts(&self, value: Value, count: usize) -> Result<Texts, DatasetError> {
        let wrong = |found: String| self.error(format!("{count} strings"), found, "each clip needs exactly one");
        if let Some((shape, items)) = self.pickle.array_shape(value).map(|shape| (shape, self.pickle.objects(value))) {
            let parts = match *shape {
                [n] if n == count => 1,
                [n, parts] if n == count && (1..=PARTS).contains(&parts) => parts,
                _ => return Err(wrong(self.pickle.describe(value))),
            };
            if parts > 1 || items.is_none() {
                let texts = match items {
                    Some(items) => self.object_texts(items, count * parts)?,
                    None => self.element_texts(value, count * parts)?,
                };
                let texts = texts.chunks(parts).map(|row| row.join(JOINT)).collect();
                return Ok(Texts { texts, parts });
            }
        }
        let Some(items) = self.pickle.objects(value).or_else(|| self.pickle.items(value)) else {
            return Err(wrong(self.pickle.describe(value)));
        };
        let parts = |&item: &Value| self.pickle.items(item).map_or(1, <[Value]>::len);
        let texts = self.object_texts(items, count)?;
        Ok(Texts { texts, parts: items.iter().map(parts).max().unwrap_or(1) })
    }

    /// One text for each element of an array that holds no objects.
    fn element_texts(&self, value: Value, count: usize) -> Result<Vec<String>, DatasetError> {
        let wrong = || self.error("strings or numbers", self.pickle.describe(value), "each clip needs exactly one");
        let Some((array, payload)) = self.pickle.array(value) else { return Err(wrong()) };
        let dtype = array.dtype;
        if !dtype.is_number() && !matches!(dtype.kind, Kind::Text | Kind::Bytes) {
            return Err(wrong());
        }
        if dtype.size == 0 {
            return Ok(vec![String::new(); count]);
        }
        let mut out = Vec::new();
        let whole = self.pickle.stream(payload, dtype.size, count * dtype.size, |bytes| {
            let text = |b: &[u8]| dtype.decode_text(b).or_else(|| dtype.digits(b)).unwrap_or_default();
            out.extend(bytes.chunks_exact(dtype.size).map(text));
        })?;
        if !whole || out.len() != count {
            return Err(self.damaged());
        }
        // Elements in Fortran order run down the columns.
        if array.fortran
            && let [n, parts] = *array.shape.as_slice()
        {
            out = (0..count).map(|i| std::mem::take(&mut out[i % parts * n + i / parts])).collect();
        }
        Ok(out)
    }

    /// The words of one clip: an array or a list of texts, or of numbers. They and `each` bytes for every one of them are
    /// taken from `room`.
    ///
    /// # Errors
    /// Something else than words, or more than there is room for.
    pub fn words(&self, value: Value, each: u64, room: &mut u64) -> Result<Vec<String>, DatasetError> {
        let wrong = || self.error("the words of a clip", self.pickle.describe(value), "each clip needs a list of them");
        let count = match (self.pickle.array_shape(value), self.pickle.items(value)) {
            (Some(&[n] | &[n, 1]), _) => n,
            (None, Some(items)) => items.len(),
            _ => return Err(wrong()),
        };
        let bytes = self.pickle.array(value).map_or(1, |(array, _)| array.dtype.size.max(1));
        let needed = (count as u64).saturating_mul(each.saturating_add(bytes as u64));
        let few = || {
            self.error("no more words than the features have steps", self.pickle.describe(value), "the file is damaged")
        };
        *room = room.checked_sub(needed).ok_or_else(few)?;
        match self.pickle.objects(value).or_else(|| self.pickle.items(value)) {
            Some(items) => self.object_texts(items, count),
            None => self.element_texts(value, count),
        }
    }

    /// One text for each object.
    ///
    /// # Errors
    /// Another count, objects that are no text, or more text than the file could hold.
    pub fn object_texts(&self, items: &[Value], count: usize) -> Result<Vec<String>, DatasetError> {
        let wrong = |found: String| self.error(format!("{count} strings"), found, "each clip needs exactly one");
        if items.len() != count {
            return Err(wrong(format!("{} objects", items.len())));
        }
        // Equal strings are often one object that is referred to many times; that is fine within reason.
        let mut left = self.pickle.file().len().saturating_mul(8).saturating_add(TEXT);
        let mut out = Vec::new();
        for (row, &item) in items.iter().enumerate() {
            let text = self.text(item)?;
            let text = text.ok_or_else(|| wrong(format!("{} at position {row}", self.pickle.describe(item))))?;
            left = left.checked_sub(text.len() as u64).ok_or_else(|| wrong("far too much text".to_owned()))?;
            out.push(text);
        }
        Ok(out)
    }

    fn text(&self, item: Value) -> Result<Option<String>, DatasetError> {
        let plain = |item: Value| -> Result<Option<String>, DatasetError> {
            Ok(match item {
                Value::Int(i) => Some(i.to_string()),
                Value::Float(f) => Some(f.to_string()),
                // What pandas puts in place of an empty cell.
                Value::None => Some(String::new()),
                _ => self.pickle.text(item, TEXT)?,
            })
        };
        if let Some(text) = plain(item)? {
            return Ok(Some(text));
        }
        match self.pickle.items(item) {
            Some(parts) if (1..=PARTS).contains(&parts.len()) => {
                let parts = parts.iter().map(|&p| plain(p)).collect::<Result<Option<Vec<_>>, _>>()?;
                Ok(parts.map(|p| p.join(JOINT)))
            }
            _ => Ok(None),
        }
    }
}
