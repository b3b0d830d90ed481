//! Token ids of clips, for text encoders.

use std::ops::Range;

/// Token ids of B clips, one after the other without padding: padded tokens are neither held nor computed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Of all clips' valid tokens, below the vocabulary's size.
    pub ids: Vec<u32>,
    /// Token types (segments), as many as `ids`; 0 or 1 for BERT.
    pub types: Vec<u32>,
    /// Where each clip begins in these, and behind the last the number of all tokens: B + 1 numbers, from 0, rising.
    pub starts: Vec<usize>,
}

impl Tokens {
    /// B, the number of clips.
    pub fn clips(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Numbers of tokens of the clips, B.
    pub fn lengths(&self) -> impl Iterator<Item = usize> + '_ {
        self.starts.windows(2).map(|at| at[1] - at[0])
    }

    /// Some of the clips.
    pub fn of(&self, clips: Range<usize>) -> Tokens {
        let at = self.starts[clips.start]..self.starts[clips.end];
        let starts = self.starts[clips.start..=clips.end].iter().map(|start| start - at.start).collect();
        Tokens { ids: self.ids[at.clone()].to_vec(), types: self.types[at].to_vec(), starts }
    }

    /// Adds a clip of these tokens.
    pub fn push(&mut self, ids: &[u32], types: &[u32]) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.ids.extend_from_slice(ids);
        self.types.extend_from_slice(types);
        self.starts.push(self.ids.len());
    }
}
