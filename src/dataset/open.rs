//! An open dataset: labels and texts in memory, features in memory or in the file, ready to be read in batches.

use std::fmt;
use std::sync::Arc;

use super::catalogue::source::Source;
use super::contents::{self, Contents};
use super::error::DatasetError;
use super::file::bytes::DataFile;
use super::flaw::Flaw;
use super::prepare::batch::{Batch, Sequences};
use super::prepare::memory::MemorySplit;
use super::prepare::normalise::Normaliser;
use super::prepare::parts::{Feature, Padding, Parts};
use super::prepare::rows::{Rows, Scratch};
use super::prepare::text_tokens::{self, TextInput};
use super::prepare::{look, missing, scan};
use super::tokens::Tokens;
use crate::config::{DataSettings, MetricSet};
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

/// Features are normalised once and held in memory if all valid steps take no more than this many bytes as f32.
pub const RESIDENT_BYTES: usize = 256 << 20;

/// A dataset that is ready for training. It can be shared between threads.
///
/// Opening a pickle in one of the known layouts, and reading its splits:
///
/// ```
/// use mug::config::DataSettings;
/// use mug::dataset::{Dataset, Source};
/// use mug::modality::Modality;
/// use mug::split::Split;
///
/// let source = Source::File("tests/fixtures/numpy2_p4.pkl".into());
/// let data = Dataset::open(&source, &DataSettings::default())?;
///
/// assert_eq!(data.len(Split::Train), 6);
/// assert_eq!(data.shapes[Modality::Text], (4, 3)); // steps, columns
/// assert_eq!(data.labels(Split::Test), [0.5, -2.5, 1.0]);
/// assert_eq!(data.ids(Split::Test)[0], "v33$_$0");
/// assert_eq!(data.lengths(Split::Train, Modality::Text), [1, 2, 3, 4, 1, 2]);
///
/// // Human labels of each modality, where the file has some.
/// let unimodal = data.unimodal_labels(Split::Test).expect("this file has unimodal labels");
/// assert_eq!(unimodal[Modality::Audio], [0.0, -3.0, 0.5]);
///
/// // Normalised features of two clips, valid steps only.
/// let batch = data.batch(Split::Train, &[3, 0])?;
/// let text = &batch.sequences[Modality::Text];
/// assert_eq!(text.lengths, [4, 1]);
/// assert_eq!(text.data.len(), (4 + 1) * 3);
///
/// // What had to be assumed, one sentence each.
/// for flaw in &data.flaws {
///     println!("{flaw}");
/// }
/// # Ok::<(), mug::dataset::DatasetError>(())
/// ```
pub struct Dataset {
    /// The catalogue's name or the file's stem.
    pub name: String,
    /// H: labels lie in [-H, H].
    pub label_range: f32,
    /// The metrics that go with these labels.
    pub metrics: MetricSet,
    /// (T_m, D_m): the largest number of steps that any split has room for, and the columns; the most tokens and 0 for text
    /// that is encoded from token ids.
    pub shapes: PerModality<(usize, usize)>,
    /// Differs between data of different content, what the settings made of it included; the run directory keeps it.
    pub fingerprint: String,
    /// What is odd about the data in any split: the list that [`Report`](super::Report) shows.
    pub flaws: Vec<Flaw>,
    splits: PerSplit<Held>,
    /// Where text is encoded from token ids.
    tokens: Option<PerSplit<Tokens>>,
    normalisers: PerModality<Normaliser>,
}

/// One split.
struct Held {
    ids: Vec<String>,
    transcripts: Vec<String>,
    labels: Vec<f32>,
    clean: Option<Vec<f32>>,
    unimodal: Option<PerModality<Vec<f32>>>,
    lengths: PerModality<Vec<usize>>,
    features: PerModality<Store>,
}

/// Where features are.
enum Store {
    /// Normalised, valid steps only; row i from step `starts[i]` to step `starts[i + 1]`.
    Resident { data: Vec<f32>, starts: Vec<usize> },
    /// In the file, as they are.
    File(Rows, Padding),
}

impl Dataset {
    /// Opens a dataset: reads labels and texts, and the training split's features once for their statistics.
    ///
    /// # Errors
    /// The file is missing, is no pickle of a known layout, is damaged, or its parts do not agree; see
    /// [`DatasetError`].
    pub fn open(source: &Source, settings: &DataSettings) -> Result<Dataset, DatasetError> {
        Self::open_for(source, settings, None)
    }

    /// As [`open`](Self::open), for a model whose text encoder reads token ids: [`Batch`] then has tokens in place of text's
    /// features, and text's lengths are numbers of tokens.
    ///
    /// # Errors
    /// As [`open`](Self::open), and where the encoder cannot take the ids, or none are there and none can be made.
    pub fn open_for(
        source: &Source,
        settings: &DataSettings,
        text: Option<&TextInput>,
    ) -> Result<Dataset, DatasetError> {
        Self::from_contents(source.display_name(), source.contents(settings)?, settings, text, RESIDENT_BYTES)
    }

    /// A dataset with clips of another one in place of its test split, which may have no labels: normalised as the training
    /// split says, to be predicted. `wanted` names the split of `clips`; where it is none, the test split or the only one.
    ///
    /// # Errors
    /// As [`open`](Self::open), and clips that do not look like those of the dataset.
    pub fn open_with_clips(
        source: &Source,
        clips: &Source,
        wanted: Option<&str>,
        settings: &DataSettings,
        text: Option<&TextInput>,
    ) -> Result<Dataset, DatasetError> {
        let contents = source.contents_with_clips(clips, wanted, settings)?;
        Self::from_contents(clips.display_name(), contents, settings, text, RESIDENT_BYTES)
    }

    /// As [`open`](Self::open), from a file that is open already; `catalogue` is its name in the catalogue, if any.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_file(
        name: &str,
        file: &Arc<DataFile>,
        catalogue: Option<&str>,
        settings: &DataSettings,
    ) -> Result<Dataset, DatasetError> {
        Self::from_contents(name.to_owned(), Contents::read(file, catalogue, settings)?, settings, None, RESIDENT_BYTES)
    }

    /// A dataset from splits that were made in memory. `label_range` is H, unless the settings have their own.
    ///
    /// # Errors
    /// The parts of a split do not agree with each other, or a label lies outside [-H, H].
    pub fn from_memory(
        name: &str,
        splits: PerSplit<MemorySplit>,
        label_range: f32,
        settings: &DataSettings,
    ) -> Result<Dataset, DatasetError> {
        let range = settings.label_range.unwrap_or(label_range);
        let contents = Contents::from_memory(name, splits, Some(range), settings)?;
        Self::from_contents(name.to_owned(), contents, settings, None, RESIDENT_BYTES)
    }

    pub(super) fn from_contents(
        name: String,
        contents: Contents,
        settings: &DataSettings,
        text: Option<&TextInput>,
        resident_bytes: usize,
    ) -> Result<Dataset, DatasetError> {
        if text.is_none() {
            contents.need_vectors(name.as_ref())?;
        }
        let Contents { splits, label_range, metrics, fingerprint, mut flaws, .. } = contents;
        // The training split is looked through for its statistics, all of them for their lengths and for what is odd.
        let scanned = look::look(&splits, &mut flaws)?;
        let active = settings.normalise;
        let active = PerModality { text: active.text, audio: active.audio, vision: active.vision };
        let normalisers =
            PerModality::from_fn(|m| Normaliser::new(&scanned.train[m].moments, active[m], settings.clip));
        let mut lengths = PerSplit::from_fn(|split| scanned[split].map(|_, found| found.lengths.clone()));
        let taken = missing::apply(&mut lengths, &settings.missing, &mut flaws);
        let mut fingerprint = contents::with(fingerprint, "missing", taken.sum);
        let mut shapes = PerModality::from_fn(|m| {
            let steps = splits.iter().map(|(_, s)| s.features[m].rows.max_steps()).max().unwrap_or(0);
            (steps, splits.train.features[m].rows.dim())
        });
        let mut tokens = None;
        if let Some(input) = text {
            let mut made = text_tokens::read(&name, &splits, input, &mut flaws)?;
            for split in Split::ALL {
                text_tokens::take_away(&mut made.tokens[split], &taken.text[split]);
                lengths[split].text = made.tokens[split].lengths().collect();
            }
            fingerprint = contents::with(fingerprint, "tokens", made.sum);
            // Nobody asks for text's features, so that none are held or read.
            shapes.text = (made.longest, 0);
            tokens = Some(made.tokens);
        }
        let has_features = |m: Modality| shapes[m].1 > 0;
        let values = |(_, of): (Split, &PerModality<Vec<usize>>)| {
            of.iter().map(|(m, n)| n.iter().sum::<usize>().saturating_mul(shapes[m].1)).fold(0, usize::saturating_add)
        };
        let values = lengths.iter().map(values).fold(0, usize::saturating_add);
        let fits = values.saturating_mul(size_of::<f32>()) <= resident_bytes;
        let hold = |parts: Parts, lengths: PerModality<Vec<usize>>| -> Result<Held, DatasetError> {
            let Parts { ids, transcripts, labels, clean, unimodal, features, .. } = parts;
            let store = |m: Modality, Feature { rows, padding, .. }: Feature| match rows {
                _ if !has_features(m) => Ok(Store::Resident { data: Vec::new(), starts: vec![0; labels.len() + 1] }),
                Rows::Disk { .. } if !fits => Ok(Store::File(rows, padding)),
                _ => scan::load(rows, &lengths[m], padding, &normalisers[m])
                    .map(|(data, starts)| Store::Resident { data, starts }),
            };
            let features = PerModality {
                text: store(Modality::Text, features.text)?,
                audio: store(Modality::Audio, features.audio)?,
                vision: store(Modality::Vision, features.vision)?,
            };
            Ok(Held { ids, transcripts, labels, clean, unimodal, lengths, features })
        };
        let splits = PerSplit {
            train: hold(splits.train, lengths.train)?,
            valid: hold(splits.valid, lengths.valid)?,
            test: hold(splits.test, lengths.test)?,
        };
        Ok(Dataset { name, label_range, metrics, shapes, fingerprint, flaws, splits, tokens, normalisers })
    }

    /// The same data with a vector of this width in place of each clip's text, as it is, where the clip has text: (N, width)
    /// row-major for each split.
    #[must_use]
    pub fn with_text_vectors(mut self, vectors: PerSplit<Vec<f32>>, width: usize) -> Dataset {
        for (split, all) in vectors.iter() {
            let held = &mut self.splits[split];
            let (mut data, mut starts) = (Vec::with_capacity(all.len()), vec![0]);
            for (vector, length) in all.chunks(width).zip(&mut held.lengths.text) {
                if *length > 0 {
                    *length = 1;
                    data.extend_from_slice(vector);
                }
                starts.push(data.len() / width);
            }
            held.features.text = Store::Resident { data, starts };
        }
        self.shapes.text = (1, width);
        self.tokens = None;
        self
    }

    /// The same data with these token ids in place of the clips' text, as where it was opened for an encoder that reads them:
    /// one clip each for every clip. Ids that were made by hand, for tests and benchmarks.
    #[must_use]
    pub fn with_tokens(mut self, tokens: PerSplit<Tokens>) -> Dataset {
        let mut longest = 0;
        for (split, tokens) in tokens.iter() {
            let held = &mut self.splits[split];
            held.lengths.text = tokens.lengths().collect();
            held.features.text = Store::Resident { data: Vec::new(), starts: vec![0; held.labels.len() + 1] };
            longest = tokens.lengths().fold(longest, usize::max);
        }
        self.shapes.text = (longest, 0);
        self.tokens = Some(tokens);
        self
    }

    /// Number of clips of a split.
    pub fn len(&self, split: Split) -> usize {
        self.splits[split].labels.len()
    }

    /// True where a split has no clips, which [`open`](Self::open) refuses.
    pub fn is_empty(&self, split: Split) -> bool {
        self.len(split) == 0
    }

    /// The clips' names, `video$_$clip` in MMSA files.
    pub fn ids(&self, split: Split) -> &[String] {
        &self.splits[split].ids
    }

    /// What is said in each clip, as the file has it: it may hold any character, control characters included.
    pub fn transcripts(&self, split: Split) -> &[String] {
        &self.splits[split].transcripts
    }

    /// y, the multimodal labels, in [-H, H]; with noise where the settings put some into them.
    pub fn labels(&self, split: Split) -> &[f32] {
        &self.splits[split].labels
    }

    /// The labels before noise, to look at only; `None` where the settings put none into them.
    pub fn clean_labels(&self, split: Split) -> Option<&[f32]> {
        self.splits[split].clean.as_deref()
    }

    /// Human (in the demo: true) unimodal labels, NaN where nobody gave one: to judge corrected labels by, and to train on
    /// only where the settings say so (`labels.source = "human"`). Some splits may have them and others not.
    pub fn unimodal_labels(&self, split: Split) -> Option<&PerModality<Vec<f32>>> {
        self.splits[split].unimodal.as_ref()
    }

    /// The token ids of a split's clips, where the data was opened for an encoder of these.
    pub fn tokens(&self, split: Split) -> Option<&Tokens> {
        self.tokens.as_ref().map(|tokens| &tokens[split])
    }

    /// Valid steps of each clip, from 0 to T; 0 where the clip lacks the modality.
    pub fn lengths(&self, split: Split, m: Modality) -> &[usize] {
        &self.splits[split].lengths[m]
    }

    /// True where batches are read from the data file rather than from memory.
    pub fn reads_file(&self) -> bool {
        self.splits
            .iter()
            .any(|(_, held)| held.features.iter().any(|(_, store)| matches!(store, Store::File(Rows::Disk { .. }, _))))
    }

    /// Bytes of features and token ids held in memory; 0 where all of them are read from the file as needed.
    pub fn resident_bytes(&self) -> usize {
        let of = |store: &Store| match store {
            Store::Resident { data, .. } => size_of_val(data.as_slice()),
            Store::File(..) => 0,
        };
        let features: usize =
            self.splits.iter().flat_map(|(_, held)| Modality::ALL.map(|m| of(&held.features[m]))).sum();
        let tokens = self.tokens.iter().flat_map(PerSplit::iter).map(|(_, tokens)| tokens.bytes());
        features + tokens.sum::<usize>()
    }

    /// Reads some clips of a split, in the order of `rows`; a row may occur more than once.
    ///
    /// # Errors
    /// A row that the split does not have, or the file can no longer be read.
    pub fn batch(&self, split: Split, rows: &[usize]) -> Result<Batch, DatasetError> {
        let held = &self.splits[split];
        let len = held.labels.len();
        if let Some(&row) = rows.iter().find(|&&row| row >= len) {
            return Err(DatasetError::Row { split, row, len });
        }
        let sequences = Arc::new(PerModality::try_from_fn(|m| self.sequences(held, m, rows))?);
        let tokens = self.tokens.as_ref().map(|tokens| Arc::new(tokens[split].gather(rows)));
        Ok(Batch { sequences, tokens, labels: rows.iter().map(|&row| held.labels[row]).collect() })
    }

    fn sequences(&self, held: &Held, m: Modality, rows: &[usize]) -> Result<Sequences, DatasetError> {
        let dim = self.shapes[m].1;
        let lengths: Vec<usize> = rows.iter().map(|&row| held.lengths[m][row]).collect();
        let mut data = Vec::with_capacity(lengths.iter().sum::<usize>() * dim);
        let mut scratch = Scratch::default();
        for (&row, &length) in rows.iter().zip(&lengths) {
            match &held.features[m] {
                Store::Resident { data: all, starts } => {
                    data.extend_from_slice(&all[starts[row] * dim..starts[row + 1] * dim]);
                }
                Store::File(rows, padding) => {
                    let window = padding.window(length, rows.steps(row));
                    let at = data.len();
                    data.resize(at + length * dim, 0.0);
                    self.normalisers[m].apply(rows.read(row, window, &mut scratch)?, &mut data[at..]);
                }
            }
        }
        Ok(Sequences { data, dim, lengths })
    }
}

impl fmt::Debug for Dataset {
    /// Leaves the data itself out, which would fill the screen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("name", &self.name)
            .field("samples", &PerSplit::from_fn(|split| self.len(split)))
            .field("shapes", &self.shapes)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}
