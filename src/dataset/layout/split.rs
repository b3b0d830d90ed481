//! One split that a file keeps in a dict, under the keys of its layout. An optional key never makes a file unusable: where
//! it is missing or holds something else, a default is used and a finding says so.

use super::hints;
use super::key::Key;
use super::texts::Texts;
use super::tokens::{self, Encoded};
use crate::config::DataSettings;
use crate::dataset::error::DatasetError;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::dataset::pickle::{Pickle, Value};
use crate::dataset::prepare::keys::Keys;
use crate::dataset::prepare::labels;
use crate::dataset::prepare::parts::{Feature, Lengths, Parts};
use crate::dataset::prepare::rows::{Rows, Scratch};
use crate::modality::{Modality, PerModality};
use crate::split::Split;

/// What is expected of the text.
const VECTORS: &str = "vectors of the words (GloVe's, or BERT's last_hidden_state), shape (N, steps, columns)";

/// The text of a split.
struct Text {
    feature: Feature,
    tokens: Option<Result<Rows, String>>,
    only_tokens: bool,
}

/// Reads one split, a dict.
///
/// # Errors
/// Features or labels are missing, hold something else, or do not belong together.
pub fn read(
    pickle: &Pickle,
    split: Split,
    dict: Value,
    keys: Keys,
    settings: &DataSettings,
    flaws: &mut Vec<Flaw>,
) -> Result<Parts, DatasetError> {
    Reader { pickle, split, dict, keys, column: settings.label_column, flaws }.read()
}

struct Reader<'a> {
    pickle: &'a Pickle,
    split: Split,
    dict: Value,
    keys: Keys,
    /// The column of labels that have several.
    column: usize,
    flaws: &'a mut Vec<Flaw>,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Result<Parts, DatasetError> {
        let found = self.pickle.keys(self.dict)?.unwrap_or_default();
        let key = self.at(self.keys.labels);
        let numbers = self.labels(&found)?;
        let count = numbers.len();
        if count == 0 {
            return Err(key.error("at least one clip", "none", "every split needs clips"));
        }
        let ids = self.texts(self.keys.ids, count, "clips are numbered")?;
        let ids = ids.unwrap_or_else(|| (0..count).map(|row| format!("{}_{row:05}", self.split)).collect());
        let transcripts = self.texts(self.keys.transcripts, count, "transcripts are empty")?;
        let transcripts = transcripts.unwrap_or_else(|| vec![String::new(); count]);
        let labels = labels::given(&numbers, |row, y| {
            key.error("finite numbers", format!("{y} in row {row} (id {:?})", ids[row]), "drop the clip")
        })?;
        let unimodal = self.unimodal(&labels)?;
        let Text { feature, tokens, only_tokens } = self.text(count, &found)?;
        let (audio, vision) =
            (self.feature(Modality::Audio, count, &found)?, self.feature(Modality::Vision, count, &found)?);
        let features = PerModality { text: feature, audio, vision };
        let keys = self.keys;
        Ok(Parts { ids, transcripts, labels, clean: None, unimodal, features, tokens, only_tokens, keys, found })
    }

    /// Vectors of the words, and a text encoder's input. The latter stands in for vectors that are not there, whether it lies
    /// under its own key or under that of the vectors.
    fn text(&mut self, count: usize, found: &str) -> Result<Text, DatasetError> {
        let (name, own) = (self.keys.features.text, self.keys.encoder_input);
        let tokens = self.tokens(count)?;
        let (key, input) = match (self.get(name)?, tokens) {
            (None, Some(Ok(input))) => (own, input),
            (None, _) => return Err(self.need(name, VECTORS, found).err().unwrap_or_else(|| self.at(name).damaged())),
            (Some(value), tokens) => {
                let read = self.at(name).rows(value, count)?;
                match tokens::find(&read.0)? {
                    None => {
                        return Ok(Text {
                            feature: self.with_lengths(Modality::Text, read)?,
                            tokens,
                            only_tokens: false,
                        });
                    }
                    Some(Encoded::Ids) => {
                        let found = format!("token ids, {}", self.pickle.describe(value));
                        return Err(self.at(name).error(VECTORS, found, hints::ENCODE));
                    }
                    Some(Encoded::Input) => (name, read.0),
                }
            }
        };
        let flaw = Flaw::new(None, name, FlawKind::OnlyTokens { key: key.to_owned() });
        if !self.flaws.contains(&flaw) {
            self.flaws.push(flaw);
        }
        Ok(Text { feature: tokens::column(&input)?, tokens: Some(Ok(input)), only_tokens: true })
    }

    /// The encoder's input, which is looked at only where text is encoded from it: what is wrong with it is no error here.
    fn tokens(&self, count: usize) -> Result<Option<Result<Rows, String>>, DatasetError> {
        let name = self.keys.encoder_input;
        let Some(value) = self.get(name)? else { return Ok(None) };
        Ok(Some(match self.at(name).rows(value, count) {
            Ok((rows, _, _)) if (0..rows.len()).all(|row| rows.steps(row) == 3) => Ok(rows),
            Ok(_) => {
                Err(format!("expected {name} of shape ({count}, 3, tokens), found {}", self.pickle.describe(value)))
            }
            Err(error) => Err(error.to_string()),
        }))
    }

    /// One label for each clip, NaN where it has none.
    fn labels(&mut self, found: &str) -> Result<Vec<f64>, DatasetError> {
        let name = self.keys.labels;
        let value = match self.get(name)? {
            // Labels of the test split are often hidden.
            None | Some(Value::None) if self.split == Split::Test => return self.hidden(found),
            _ => self.need(name, "one label for each clip, shape (N,)", found)?,
        };
        let (mut numbers, of) = self.at(name).labels(value, self.column)?;
        if of > 1 {
            self.note(name, FlawKind::LabelColumns { of, taken: self.column });
        }
        if let Some(mask) = self.keys.mask
            && let Some(value) = self.get(mask)?
        {
            let has = self.at(mask).numbers(value, Some(numbers.len()))?;
            numbers.iter_mut().zip(has).filter(|(_, has)| *has == 0.0).for_each(|(y, _)| *y = f64::NAN);
        }
        Ok(numbers)
    }

    /// No label for as many clips as have text.
    fn hidden(&mut self, found: &str) -> Result<Vec<f64>, DatasetError> {
        let text = match self.get(self.keys.encoder_input)? {
            Some(input) if self.get(self.keys.features.text)?.is_none() => input,
            _ => self.need(self.keys.features.text, VECTORS, found)?,
        };
        let array = self.pickle.array_shape(text).map(|shape| shape.first().copied().unwrap_or(0));
        let count = array.or_else(|| self.pickle.items(text).map(<[Value]>::len)).unwrap_or(0);
        // What the array holds is looked at later; until then each clip of it takes at least a byte of an honest file.
        if count as u64 > self.pickle.file().len() {
            return Err(self.at(self.keys.features.text).damaged());
        }
        Ok(vec![f64::NAN; count])
    }

    fn at(&self, name: &str) -> Key<'a> {
        Key { pickle: self.pickle, name: format!("{}.{name}", self.split) }
    }

    fn get(&self, name: &str) -> Result<Option<Value>, DatasetError> {
        Ok(self.pickle.get(self.dict, name)?)
    }

    fn need(&self, name: &str, what: &str, found: &str) -> Result<Value, DatasetError> {
        match self.get(name)? {
            Some(value) => Ok(value),
            None => {
                let hint = hints::missing_key(self.pickle, self.dict, &self.keys, name)?;
                Err(self.at(name).error(what, format!("only the keys {found}"), hint))
            }
        }
    }

    fn note(&mut self, key: impl Into<String>, kind: FlawKind) {
        self.flaws.push(Flaw::new(Some(self.split), key, kind));
    }

    /// Texts under an optional key.
    fn texts(&mut self, name: &str, count: usize, instead: &str) -> Result<Option<Vec<String>>, DatasetError> {
        let instead = instead.to_owned();
        let Some(value) = self.get(name)? else {
            self.note(name, FlawKind::Absent { instead });
            return Ok(None);
        };
        match optional(self.at(name).texts(value, count))? {
            Ok(Texts { texts, parts }) => {
                if parts > 1 {
                    self.note(name, FlawKind::JoinedIds { parts });
                }
                Ok(Some(texts))
            }
            Err(why) => {
                self.note(name, FlawKind::Ignored { why, instead });
                Ok(None)
            }
        }
    }

    /// Human unimodal labels, NaN where a clip has none; `None` where there are none or all are copies of y.
    fn unimodal(&mut self, labels: &[f32]) -> Result<Option<PerModality<Vec<f32>>>, DatasetError> {
        let keys = self.keys.unimodal;
        let name = |m: Modality| keys[m];
        let found = PerModality::try_from_fn(|m| self.get(name(m)))?;
        if found.iter().all(|(_, value)| value.is_none()) {
            return Ok(None);
        }
        let first = self.flaws.len();
        let mut unimodal = PerModality::from_fn(|_| vec![f32::NAN; labels.len()]);
        for (m, value) in found.iter() {
            let instead = format!("{m} is not judged");
            let Some(value) = *value else {
                self.note(name(m), FlawKind::Absent { instead });
                continue;
            };
            match optional(self.at(name(m)).numbers(value, Some(labels.len())))? {
                Ok(numbers) => {
                    let known = |y: f64| if (y as f32).is_finite() { y as f32 } else { f32::NAN };
                    unimodal[m] = numbers.into_iter().map(known).collect();
                    let clips = unimodal[m].iter().filter(|y| y.is_nan()).count();
                    if clips > 0 {
                        self.note(name(m), FlawKind::UnimodalMissing { clips, of: labels.len() });
                    }
                }
                Err(why) => self.note(name(m), FlawKind::Ignored { why, instead }),
            }
        }
        let given = |(_, values): (Modality, &Vec<f32>)| values.iter().any(|y| !y.is_nan());
        let copies =
            |values: &Vec<f32>| values.iter().zip(labels).all(|(own, y)| own.is_nan() || y.is_nan() || own == y);
        let why = if !unimodal.iter().any(given) {
            "no clip has one".to_owned()
        } else if unimodal.iter().all(|(_, values)| copies(values)) {
            format!("all of them are copies of {}", self.keys.labels)
        } else {
            return Ok(Some(unimodal));
        };
        // One finding for all three is enough.
        self.flaws.truncate(first);
        self.note(self.keys.all_unimodal, FlawKind::UnimodalIgnored { why });
        Ok(None)
    }

    fn feature(&mut self, m: Modality, count: usize, found: &str) -> Result<Feature, DatasetError> {
        let name = self.keys.features[m];
        let value = self.need(name, "features, shape (N, steps, columns)", found)?;
        let read = self.at(name).rows(value, count)?;
        self.with_lengths(m, read)
    }

    /// Features that were read, with how many steps of each clip are valid.
    fn with_lengths(
        &mut self,
        m: Modality,
        (rows, dtype, held): (Rows, String, Option<FlawKind>),
    ) -> Result<Feature, DatasetError> {
        if let Some(kind) = held {
            self.note(m.name(), kind);
        }
        let lengths = self.lengths(m, &rows)?;
        Ok(Feature::new(rows, lengths, dtype))
    }

    /// The number of valid steps: from the length key, else from text's mask, else to be found in the values.
    fn lengths(&mut self, m: Modality, rows: &Rows) -> Result<Lengths, DatasetError> {
        let name = self.keys.lengths[m];
        if let Some(value) = self.get(name)? {
            match optional(self.at(name).numbers(value, Some(rows.len())))?.and_then(|numbers| whole(&numbers)) {
                Ok(lengths) => return Ok(Lengths::Given { key: name, lengths: self.cut(name, rows, lengths) }),
                Err(why) => {
                    let instead = "lengths are looked for in the values".to_owned();
                    self.note(name, FlawKind::Ignored { why, instead });
                }
            }
        }
        if m == Modality::Text
            && let Some(lengths) = self.mask_lengths(rows)?
        {
            return Ok(Lengths::Mask(lengths));
        }
        // Rows of different length have no padding, and a single step is no padding either.
        let ragged = matches!(rows, Rows::Memory { .. }) && (1..rows.len()).any(|r| rows.steps(r) != rows.steps(0));
        Ok(if ragged || rows.max_steps() <= 1 { Lengths::Whole } else { Lengths::Inferred })
    }

    /// Cuts lengths to the steps there are: some files give those of the sequences before they were cut.
    fn cut(&mut self, name: &str, rows: &Rows, lengths: Vec<u64>) -> Vec<usize> {
        let steps = |row: usize| rows.steps(row);
        let longer = |row: &usize| lengths[*row] > steps(*row) as u64;
        let clips = (0..lengths.len()).filter(longer).count();
        if let Some(row) = (0..lengths.len()).filter(longer).max_by_key(|&row| lengths[row]) {
            self.note(name, FlawKind::LengthsCut { clips, longest: lengths[row], steps: steps(row) });
        }
        lengths
            .iter()
            .enumerate()
            .map(|(row, &n)| usize::try_from(n).map_or(steps(row), |n| n.min(steps(row))))
            .collect()
    }

    /// The number of tokens of each clip, from the mask of the encoder's input, where that array has as many steps as the
    /// text. Nothing else is taken from it, so one that cannot be used is no error.
    fn mask_lengths(&self, text: &Rows) -> Result<Option<Vec<usize>>, DatasetError> {
        let Some(value) = self.get(self.keys.encoder_input)? else { return Ok(None) };
        let same = |rows: &Rows| rows.dim() == text.max_steps() && (0..rows.len()).all(|row| rows.steps(row) == 3);
        let mask = match optional(self.at(self.keys.encoder_input).rows(value, text.len()))? {
            Ok((rows, _, _)) if same(&rows) => rows,
            _ => return Ok(None),
        };
        let mut scratch = Scratch::default();
        let mut lengths = Vec::with_capacity(mask.len());
        for row in 0..mask.len() {
            let ones = mask.read(row, 1..2, &mut scratch)?.iter().filter(|&&v| v > 0.0).count();
            lengths.push(ones.min(text.steps(row)));
        }
        // A mask without a single token is a placeholder.
        Ok(lengths.iter().any(|&n| n > 0).then_some(lengths))
    }
}

/// Separates what an optional key may lack (the inner error, which becomes a finding) from a file that cannot be read (the
/// outer error).
fn optional<T>(result: Result<T, DatasetError>) -> Result<Result<T, String>, DatasetError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(DatasetError::Layout { expected, found, .. }) => Ok(Err(format!("expected {expected}, found {found}"))),
        Err(error) => Err(error),
    }
}

/// Lengths from the numbers of a file.
fn whole(numbers: &[f64]) -> Result<Vec<u64>, String> {
    let length = |(row, &n): (usize, &f64)| {
        // A NaN is neither.
        if n >= 0.0 && n.fract() == 0.0 {
            Ok(n as u64)
        } else {
            Err(format!("expected whole numbers from 0 on, found {n} in row {row}"))
        }
    };
    numbers.iter().enumerate().map(length).collect()
}
