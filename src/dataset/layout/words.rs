//! Vectors for words that a file gives none for.
//!
//! Each word has a vector of its own, drawn at random and always the same: it tells words apart and says nothing about
//! what they mean. That is enough to try a file out, and too little for figures that are to be compared.

use crate::dataset::file::hash::Hash;

/// Columns of a word's vector: enough that the words of a language are nearly orthogonal.
pub const COLUMNS: usize = 128;

/// Appends the vector of a word: mean 0, standard deviation 1. Capital letters make no difference.
pub fn embed(word: &str, out: &mut Vec<f32>) {
    let mut hash = Hash::default();
    hash.update(word.to_lowercase().as_bytes());
    let mut state = hash.0;
    out.extend((0..COLUMNS).map(|_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        // SplitMix64; the upper 24 bits are exact in f32.
        let mut bits = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let share = ((bits ^ (bits >> 31)) >> 40) as f32 / (1u32 << 24) as f32;
        // Uniform with variance 1.
        (2.0 * share - 1.0) * 3f32.sqrt()
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(word: &str) -> Vec<f32> {
        let mut out = Vec::new();
        embed(word, &mut out);
        out
    }

    #[test]
    fn words_have_vectors_of_their_own() {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>() / COLUMNS as f32;
        let words = ["good", "bad", "not", "a", "b", "我", ""];
        for (i, a) in words.iter().enumerate() {
            assert!((dot(&of(a), &of(a)) - 1.0).abs() < 0.2, "{a}");
            for b in &words[i + 1..] {
                assert!(dot(&of(a), &of(b)).abs() < 0.4, "{a} {b}");
            }
        }
        assert_eq!(of("Good"), of("good"));
    }

    #[test]
    fn a_words_vector_never_changes() {
        // Runs are resumed and compared across versions.
        assert_eq!(of("good")[..3], [1.1108124, 1.6890872, 0.6023455]);
    }
}
