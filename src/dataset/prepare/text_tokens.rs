//! Token ids of all clips, for a text encoder: those of the file, or made of the transcripts.

use super::parts::Parts;
use super::rows::{Rows, Scratch};
use crate::dataset::error::DatasetError;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::dataset::tokens::Tokens;
use crate::files;
use crate::split::{PerSplit, Split};
use crate::weights::{BertConfig, Tokenizer, Weights};

/// The text encoder that a dataset is opened for.
#[derive(Clone, Copy, Debug)]
pub struct TextInput<'a> {
    /// Their vocabulary bounds the ids, and their tokenizer makes ids where the file has none.
    pub weights: &'a Weights,
    /// Tokens of a clip, the special ones counted, where ids are made of transcripts and the file does not tell.
    pub max_length: usize,
    /// Make ids of the transcripts even where the file has some.
    pub tokenize: bool,
}

/// Token ids of all splits.
#[derive(Debug)]
pub struct TextTokens {
    pub tokens: PerSplit<Tokens>,
    /// The most tokens that a clip can have.
    pub longest: usize,
    /// What tells ids that were made apart from others; `None` for those of the file.
    pub sum: Option<String>,
}

/// The ids of a dataset called `name`.
///
/// # Errors
/// Ids, types or a mask that the encoder cannot take; ids have to be made and there is no transcript or no tokenizer; or the
/// file cannot be read.
pub fn read(
    name: &str,
    splits: &PerSplit<Parts>,
    input: &TextInput,
    flaws: &mut Vec<Flaw>,
) -> Result<TextTokens, DatasetError> {
    let config = &input.weights.config;
    // Of one file, all splits: ids of two origins would not fit together.
    let mut given: PerSplit<Option<&Rows>> = PerSplit::default();
    for (split, parts) in splits.iter() {
        given[split] = match &parts.tokens {
            Some(Err(why)) if !input.tokenize => {
                let hint = "or make ids of the transcripts: --set data.tokenize=true";
                return Err(error(name, split, parts, None, "token ids, mask and segments".into(), why.clone(), hint));
            }
            Some(Ok(rows)) => Some(rows),
            _ => None,
        };
    }
    let all = given.iter().all(|(_, rows)| rows.is_some());
    let width = given.iter().filter_map(|(_, rows)| rows.map(Rows::dim)).max();
    if all && !input.tokenize {
        let tokens = PerSplit::try_from_fn(|split| match given[split] {
            Some(rows) => of_rows(name, split, &splits[split], rows, config),
            None => Ok(Tokens::default()),
        })?;
        // A mask without a single token is a placeholder.
        if tokens.iter().any(|(_, tokens)| !tokens.ids.is_empty()) {
            let longest = tokens.iter().flat_map(|(_, tokens)| tokens.lengths()).max().unwrap_or(0);
            return Ok(TextTokens { tokens, longest, sum: None });
        }
    }
    let longest = width.unwrap_or(input.max_length).min(config.max_position_embeddings);
    let tokenizer = input.weights.tokenizer()?;
    let tokens =
        PerSplit::try_from_fn(|split| of_texts(name, split, &splits[split], &tokenizer, config, longest, flaws))?;
    let sum = sum(&tokens);
    Ok(TextTokens { tokens, longest, sum: Some(sum) })
}

/// Takes all tokens of some clips away.
pub fn take_away(tokens: &mut Tokens, clips: &[usize]) {
    if clips.is_empty() {
        return;
    }
    let mut left = Tokens { starts: vec![0], ..Tokens::default() };
    let gone: std::collections::HashSet<_> = clips.iter().collect();
    for clip in 0..tokens.clips() {
        let at = if gone.contains(&clip) { 0..0 } else { tokens.starts[clip]..tokens.starts[clip + 1] };
        left.push(&tokens.ids[at.clone()], &tokens.types[at]);
    }
    *tokens = left;
}

/// The ids that a file holds: of each clip those that its mask has a 1 for, in order.
fn of_rows(name: &str, split: Split, parts: &Parts, rows: &Rows, config: &BertConfig) -> Result<Tokens, DatasetError> {
    let mut tokens = Tokens { starts: vec![0], ..Tokens::default() };
    let mut scratch = Scratch::default();
    let (mut ids, mut types) = (Vec::new(), Vec::new());
    let width = rows.dim();
    for row in 0..rows.len() {
        let wrong = |expected: String, found: String, hint| error(name, split, parts, Some(row), expected, found, hint);
        let values = rows.read(row, 0..3, &mut scratch)?;
        ids.clear();
        types.clear();
        for at in 0..width {
            let (id, mask, kind) = (values[at], values[width + at], values[2 * width + at]);
            if mask == 0.0 {
                continue;
            }
            if mask != 1.0 {
                let found = format!("{mask} for token {at}");
                return Err(wrong("a mask of 0 and 1".into(), found, "text_bert is (N, 3, L): ids, mask, segments"));
            }
            let Some(id) = whole(id, config.vocab_size) else {
                let expected =
                    format!("token ids from 0 to below {}, the vocabulary of the weights", config.vocab_size);
                return Err(wrong(
                    expected,
                    format!("{id} as token {at}"),
                    "take the weights that the ids were made for",
                ));
            };
            let Some(kind) = whole(kind, config.type_vocab_size) else {
                let expected = format!("segments from 0 to below {}", config.type_vocab_size);
                return Err(wrong(
                    expected,
                    format!("{kind} for token {at}"),
                    "text_bert is (N, 3, L): ids, mask, segments",
                ));
            };
            ids.push(id);
            types.push(kind);
        }
        if ids.len() > config.max_position_embeddings {
            let expected = format!("at most {} tokens, as the weights have positions", config.max_position_embeddings);
            return Err(wrong(
                expected,
                ids.len().to_string(),
                "cut the text, or make ids anew: --set data.tokenize=true",
            ));
        }
        tokens.push(&ids, &types);
    }
    Ok(tokens)
}

/// A whole number from 0 to below `end`.
fn whole(value: f64, end: usize) -> Option<u32> {
    // A NaN is none.
    let is_whole = value >= 0.0 && value.fract() == 0.0 && value < end as f64;
    is_whole.then_some(value as u32)
}

/// Ids made of the transcripts.
fn of_texts(
    name: &str,
    split: Split,
    parts: &Parts,
    tokenizer: &Tokenizer,
    config: &BertConfig,
    longest: usize,
    flaws: &mut Vec<Flaw>,
) -> Result<Tokens, DatasetError> {
    let key = parts.keys.transcripts;
    let wrong = |row, expected: String, found: String, hint| error(name, split, parts, row, expected, found, hint);
    if parts.transcripts.iter().all(|text| text.trim().is_empty()) {
        let expected = format!("{key}, what is said in each clip, to make token ids of");
        let hint = "give the file text_bert or raw_text, or take model.text.encoder = \"lstm\"";
        return Err(wrong(None, expected, "no word in any clip".into(), hint));
    }
    let mut tokens = Tokens { starts: vec![0], ..Tokens::default() };
    let mut cut = 0;
    for (row, text) in parts.transcripts.iter().enumerate() {
        // One more than fits tells that there are more.
        let (mut ids, mut types) = tokenizer.encode(text, longest.saturating_add(1))?;
        if ids.len() > longest {
            (ids, types) = tokenizer.encode(text, longest)?;
            cut += 1;
        }
        let beyond =
            |(id, kind): (&u32, &u32)| *id as usize >= config.vocab_size || *kind as usize >= config.type_vocab_size;
        if let Some((id, kind)) = ids.iter().zip(&types).find(|&token| beyond(token)) {
            let expected = format!("token ids below {} and types below {}", config.vocab_size, config.type_vocab_size);
            let found = format!("id {id} of type {kind} by {}", tokenizer.path.display());
            return Err(wrong(Some(row), expected, found, "put the tokenizer of these weights beside them"));
        }
        tokens.push(&ids, &types);
    }
    flaws.push(Flaw::new(Some(split), key, FlawKind::TokensMade { cut, longest }));
    Ok(tokens)
}

fn sum(tokens: &PerSplit<Tokens>) -> String {
    let mut bytes = Vec::new();
    for (_, tokens) in tokens.iter() {
        bytes.extend(tokens.lengths().flat_map(|length| (length as u64).to_le_bytes()));
        bytes.extend(tokens.ids.iter().chain(&tokens.types).flat_map(|id| id.to_le_bytes()));
    }
    files::checksum(&bytes)
}

fn error(
    name: &str,
    split: Split,
    parts: &Parts,
    row: Option<usize>,
    expected: String,
    found: String,
    hint: &'static str,
) -> DatasetError {
    let row = row.map_or_else(String::new, |row| {
        format!(", row {row} (id {:?})", parts.ids.get(row).map_or("", String::as_str))
    });
    let (row, expected, found) = (row.into(), expected.into(), found.into());
    DatasetError::Tokens { name: name.into(), split, row, expected, found, hint }
}
