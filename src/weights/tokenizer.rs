//! Token ids of texts, by a model's own tokenizer.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::tokenizer::TruncationDirection;
use tokenizers::{AddedToken, Model, PostProcessor};

use super::error::WeightsError;
use crate::files;

/// The longest vocabulary or `tokenizer.json` that is read, in bytes.
const LONGEST: u64 = 64 << 20;
/// The special tokens of a BERT: unknown, end, padding, start, masked.
const SPECIAL: [&str; 5] = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"];
/// The only special tokens that stand in a text's ids: one at each end.
const ADDED: usize = 2;

/// A tokenizer of a BERT.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// The file that it was read from.
    pub path: PathBuf,
}

/// What of `tokenizer_config.json` decides how a vocabulary is used.
#[derive(Deserialize, Default)]
struct Config {
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: Option<bool>,
    tokenizer_class: Option<String>,
}

impl Tokenizer {
    /// Reads the tokenizer of a model's folder: `tokenizer.json`, or else `vocab.txt` with what `tokenizer_config.json` says;
    /// `None` where the folder has neither.
    ///
    /// # Errors
    /// A file is damaged, or of another kind of tokenizer.
    pub fn read(folder: &Path) -> Result<Option<Tokenizer>, WeightsError> {
        let path = folder.join("tokenizer.json");
        if path.is_file() {
            let bytes = files::read(&path, LONGEST).map_err(WeightsError::read(&path))?;
            let hint = "copy or download it again, or take it away: vocab.txt is then used";
            let wrong = |found: String| WeightsError::Tokenizer { path: path.clone(), found, hint };
            let inner = tokenizers::Tokenizer::from_bytes(&bytes).map_err(|e| wrong(e.to_string()))?;
            return Tokenizer { inner, path: path.clone() }.checked().map(Some);
        }
        let path = folder.join("vocab.txt");
        if !path.is_file() {
            return Ok(None);
        }
        let inner = from_vocabulary(folder, &path)?;
        Tokenizer { inner, path }.checked().map(Some)
    }

    /// Ids and types of one text: `[CLS]`, as many of the text's tokens as fit from its start, `[SEP]`; at most `longest` in
    /// all, no padding. As `BertTokenizer` with `max_length` and `truncation` gives them; MMSA's `text_bert` is made so.
    ///
    /// # Errors
    /// The tokenizer cannot take the text.
    pub fn encode(&self, text: &str, longest: usize) -> Result<(Vec<u32>, Vec<u32>), WeightsError> {
        let wrong = |e: tokenizers::Error| self.error(e.to_string());
        let mut encoding = self.inner.encode_fast(text, false).map_err(wrong)?;
        encoding.truncate(longest.saturating_sub(ADDED), 0, TruncationDirection::Right);
        let encoding = self.inner.post_process(encoding, None, true).map_err(wrong)?;
        let mut encoded = (encoding.get_ids().to_vec(), encoding.get_type_ids().to_vec());
        // A length that the special tokens themselves do not fit in.
        encoded.0.truncate(longest);
        encoded.1.truncate(longest);
        Ok(encoded)
    }

    /// The number of its tokens.
    pub fn len(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// True where it has none, which [`read`](Self::read) refuses.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Without padding and cuts of its own, after a look at what it makes of an empty text.
    fn checked(mut self) -> Result<Tokenizer, WeightsError> {
        self.inner.with_padding(None);
        if let Err(e) = self.inner.with_truncation(None) {
            return Err(self.error(e.to_string()));
        }
        let added = self.inner.get_post_processor().map_or(0, |processor| processor.added_tokens(false));
        let ends = [self.inner.token_to_id("[CLS]"), self.inner.token_to_id("[SEP]")];
        let (empty, _) = self.encode("", usize::MAX)?;
        let empty: Vec<_> = empty.into_iter().map(Some).collect();
        if added != ADDED || ends.contains(&None) || empty != ends {
            return Err(self.error("one that does not put [CLS] before and [SEP] behind a text".to_owned()));
        }
        Ok(self)
    }

    fn error(&self, found: String) -> WeightsError {
        WeightsError::Tokenizer {
            path: self.path.clone(),
            found,
            hint: "take the files of the model that the weights are of",
        }
    }
}

/// The tokenizer that `BertTokenizer` makes of a vocabulary, one token a line.
fn from_vocabulary(folder: &Path, path: &Path) -> Result<tokenizers::Tokenizer, WeightsError> {
    let wrong = |found: String, hint| WeightsError::Tokenizer { path: path.to_owned(), found, hint };
    let config = config(&folder.join("tokenizer_config.json"))?;
    if let Some(class) =
        config.tokenizer_class.filter(|class| !matches!(class.as_str(), "BertTokenizer" | "BertTokenizerFast"))
    {
        return Err(wrong(format!("the vocabulary of a {class}"), "save it with transformers as tokenizer.json"));
    }
    let text = files::read(path, LONGEST).map_err(WeightsError::read(path))?;
    let hint = "copy or download it again: one token a line, [CLS] and [SEP] among them";
    let vocabulary = WordPiece::read_bytes(&text).map_err(|e| wrong(e.to_string(), hint))?;
    let model = WordPiece::builder().vocab(vocabulary).unk_token(SPECIAL[0].to_owned()).build();
    let model = model.map_err(|e| wrong(e.to_string(), hint))?;
    let special = |token: &'static str| {
        let id = model.token_to_id(token).ok_or_else(|| wrong(format!("no {token} among its tokens"), hint))?;
        Ok((token.to_owned(), id))
    };
    special(SPECIAL[0])?;
    let (sep, cls) = (special("[SEP]")?, special("[CLS]")?);
    let (chinese, lower) = (config.tokenize_chinese_chars.unwrap_or(true), config.do_lower_case.unwrap_or(true));
    let mut inner = tokenizers::Tokenizer::new(model);
    inner.with_normalizer(Some(BertNormalizer::new(true, chinese, config.strip_accents, lower)));
    inner.with_pre_tokenizer(Some(BertPreTokenizer));
    inner.with_post_processor(Some(BertProcessing::new(sep, cls)));
    let known = SPECIAL.into_iter().filter(|token| inner.token_to_id(token).is_some());
    let known: Vec<_> = known.map(|token| AddedToken::from(token, true)).collect();
    inner.add_special_tokens(&known);
    Ok(inner)
}

/// What `tokenizer_config.json` says; what `transformers` takes where there is none.
fn config(path: &Path) -> Result<Config, WeightsError> {
    if !path.is_file() {
        return Ok(Config::default());
    }
    let text = files::read_text(path, files::LONGEST_TEXT).map_err(WeightsError::read(path))?;
    serde_json::from_str(&text).map_err(|e| WeightsError::Tokenizer {
        path: path.to_owned(),
        found: e.to_string(),
        hint: "copy or download it again",
    })
}
