//! MAG-BERT's and MISA's layout: a dict with a list of clips for each split, each clip `((words, visual, acoustic), label,
//! segment)`. Clips have as many steps as words. MISA's words are numbers, and a fourth item holds the words themselves.

use super::key::{Key, is_dict};
use super::kind::{Layout, Likeness, Splits};
use super::names;
use super::words;
use crate::config::DataSettings;
use crate::dataset::error::DatasetError;
use crate::dataset::file::error::FileError;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::dataset::pickle::{Pickle, Value};
use crate::dataset::prepare::keys::{Keys, MMSA};
use crate::dataset::prepare::labels;
use crate::dataset::prepare::parts::{Feature, Lengths, Parts};
use crate::dataset::prepare::rows::Rows;
use crate::modality::PerModality;
use crate::split::Split;

/// MAG-BERT's layout.
pub const LAYOUT: Layout = Layout {
    name: "MAG-BERT",
    about: "a dict with train, dev and test, each a list of clips ((words, visual, acoustic), label, segment)",
    likeness,
    read,
};

/// What messages call the parts of a clip.
const KEYS: Keys = Keys {
    labels: "label",
    ids: "segment",
    transcripts: "words",
    features: PerModality { text: "words", audio: "acoustic", vision: "visual" },
    ..MMSA
};

/// The parts of one clip.
struct Clip {
    /// What has a step each: the words, or their numbers.
    words: Value,
    visual: Value,
    acoustic: Value,
    label: Value,
    segment: Option<Value>,
}

impl Clip {
    /// Takes a clip apart; `None` where it is something else.
    fn of(pickle: &Pickle, value: Value) -> Option<Clip> {
        let (inputs, label, segment) = match *pickle.items(value)? {
            [inputs, label] => (inputs, label, None),
            [inputs, label, segment] => (inputs, label, Some(segment)),
            _ => return None,
        };
        let (words, visual, acoustic) = match *pickle.items(inputs)? {
            [words, visual, acoustic] | [_, visual, acoustic, words] => (words, visual, acoustic),
            _ => return None,
        };
        Some(Clip { words, visual, acoustic, label, segment })
    }
}

fn likeness(pickle: &Pickle) -> Result<Likeness, FileError> {
    let root = pickle.root();
    let holds = |value: Value| pickle.items(value).and_then(|items| Clip::of(pickle, *items.first()?)).is_some();
    if !is_dict(pickle, root) {
        // A single split.
        return Ok(if holds(root) { Likeness::Some } else { Likeness::None });
    }
    for split in Split::ALL {
        match names::first(pickle, root, split.names())? {
            Some((_, value)) if holds(value) => {}
            None if split != Split::Train => {}
            _ => return Ok(Likeness::None),
        }
    }
    Ok(Likeness::Full)
}

fn read(pickle: &Pickle, settings: &DataSettings, flaws: &mut Vec<Flaw>) -> Result<Splits, DatasetError> {
    let root = pickle.root();
    let read = |split: Split| {
        let Some((name, value)) = names::first(pickle, root, split.names())? else { return Ok(None) };
        names::note(flaws, name, split.name());
        Reader { pickle, split, column: settings.label_column, flaws }.read(value).map(Some)
    };
    Splits::read(read, || {
        let key = Key { pickle, name: Split::Train.name().to_owned() };
        let hint = "put the lists of train, dev and test into one dict under these names";
        Ok(key.error("a list of clips", format!("{} alone", pickle.describe(root)), hint))
    })
}

/// Reads a list of clips by itself, as the test split.
///
/// # Errors
/// It is something else than a list of such clips.
pub fn read_clips(
    pickle: &Pickle,
    list: Value,
    settings: &DataSettings,
    flaws: &mut Vec<Flaw>,
) -> Result<Parts, DatasetError> {
    Reader { pickle, split: Split::Test, column: settings.label_column, flaws }.read(list)
}

struct Reader<'a> {
    pickle: &'a Pickle,
    split: Split,
    /// The column of labels that have several.
    column: usize,
    flaws: &'a mut Vec<Flaw>,
}

impl<'a> Reader<'a> {
    fn at(&self, name: &str) -> Key<'a> {
        Key { pickle: self.pickle, name: format!("{}.{name}", self.split) }
    }

    fn read(mut self, list: Value) -> Result<Parts, DatasetError> {
        let clips = self.clips(list)?;
        let key = self.at(KEYS.labels);
        let found = clips.iter().map(|clip| key.nth_number(clip.label, self.column)).collect::<Result<Vec<_>, _>>()?;
        let (numbers, columns): (Vec<f64>, Vec<usize>) = found.into_iter().unzip();
        if let Some(&of) = columns.iter().max().filter(|&&of| of > 1) {
            self.note_once(KEYS.labels, FlawKind::LabelColumns { of, taken: self.column });
        }
        let ids = self.ids(&clips)?;
        let labels = labels::given(&numbers, |row, y| {
            key.error("finite numbers", format!("{y} in row {row} (id {:?})", ids[row]), "drop the clip")
        })?;
        let (text, transcripts) = self.words(&clips)?;
        let rows = |name: &str, of: fn(&Clip) -> Value| self.at(name).nested(&clips.iter().map(of).collect::<Vec<_>>());
        let feature = |rows: Rows, dtype: &str| Feature::new(rows, Lengths::Whole, dtype);
        let features = PerModality {
            text: feature(text, "words"),
            audio: feature(rows(KEYS.features.audio, |clip| clip.acoustic)?, "array"),
            vision: feature(rows(KEYS.features.vision, |clip| clip.visual)?, "array"),
        };
        let found = "a list of ((words, visual, acoustic), label, segment)".to_owned();
        Ok(Parts {
            ids,
            transcripts,
            labels,
            clean: None,
            unimodal: None,
            features,
            tokens: None,
            only_tokens: false,
            keys: KEYS,
            found,
        })
    }

    fn clips(&self, list: Value) -> Result<Vec<Clip>, DatasetError> {
        let key = Key { pickle: self.pickle, name: self.split.name().to_owned() };
        let wrong = |found: String| {
            key.error(
                "a list of clips ((words, visual, acoustic), label, segment)",
                found,
                "all splits need the same layout",
            )
        };
        let items = self.pickle.items(list).ok_or_else(|| wrong(self.pickle.describe(list)))?;
        if items.is_empty() {
            return Err(key.error("at least one clip", "none", "every split needs clips"));
        }
        let clip = |(row, &item): (usize, &Value)| {
            let found = || wrong(format!("{} at position {row}", self.pickle.describe(item)));
            Clip::of(self.pickle, item).ok_or_else(found)
        };
        items.iter().enumerate().map(clip).collect()
    }

    /// Notes something once for all splits.
    fn note_once(&mut self, key: &str, kind: FlawKind) {
        let flaw = Flaw::new(None, key, kind);
        if !self.flaws.contains(&flaw) {
            self.flaws.push(flaw);
        }
    }

    /// The segments' names; clips are numbered where one has none.
    fn ids(&mut self, clips: &[Clip]) -> Result<Vec<String>, DatasetError> {
        let segments: Option<Vec<Value>> = clips.iter().map(|clip| clip.segment).collect();
        let texts = segments.map(|segments| self.at(KEYS.ids).object_texts(&segments, clips.len())).transpose();
        match texts {
            Ok(Some(ids)) => Ok(ids),
            Err(error) if !matches!(error, DatasetError::Layout { .. }) => Err(error),
            _ => {
                let instead = "clips are numbered".to_owned();
                self.flaws.push(Flaw::new(Some(self.split), KEYS.ids, FlawKind::Absent { instead }));
                Ok((0..clips.len()).map(|row| format!("{}_{row:05}", self.split)).collect())
            }
        }
    }

    /// A vector for each word, and what the words say.
    fn words(&mut self, clips: &[Clip]) -> Result<(Rows, Vec<String>), DatasetError> {
        let key = self.at(KEYS.features.text);
        // A small file can refer to one object a million times. In an honest one a word and its vector take less than
        // eight times the bytes of its audio and vision.
        let each = (words::COLUMNS * size_of::<f32>()) as u64;
        let mut room = self.pickle.file().len().saturating_mul(8).saturating_add(64 << 20);
        let (mut data, mut starts, mut transcripts) = (Vec::new(), vec![0], Vec::new());
        for (row, clip) in clips.iter().enumerate() {
            let said = key.words(clip.words, each, &mut room)?;
            said.iter().for_each(|word| words::embed(word, &mut data));
            starts.push(starts[row] + said.len());
            transcripts.push(said.join(" "));
        }
        self.note_once(KEYS.features.text, FlawKind::WordsOnly { columns: words::COLUMNS });
        Ok((Rows::Memory { data, starts, dim: words::COLUMNS }, transcripts))
    }
}
