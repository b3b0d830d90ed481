//! Which steps of a batch are valid, packed so that nothing else is computed.
//!
//! Sequences are dealt into a fixed number of groups (threads work on groups; the number does not depend on the
//! machine, so that sums have one order and results are the same bits on any number of threads). Within a group they
//! are sorted by falling length and laid out step by step, as PyTorch's packed sequences are: the rows of step t are
//! the `counts[t]` longest sequences.

use std::ops::Range;

use crate::dataset::Sequences;
use crate::model::product::BLOCK;

/// The most groups of sequences that are run beside each other.
const GROUPS: usize = 8;
/// Sequences that make a group worth having: with few rows at a time the matrix product waits for the weights.
const SMALLEST_GROUP: usize = 16;

/// Rows that are worked on together: a block of the products that sum over them.
const TOGETHER: usize = BLOCK;

/// One group of sequences of a batch.
#[derive(Debug, Clone)]
pub struct Group {
    /// Rows of the batch, longest sequence first; sequences of length 0 are left out.
    pub rows: Vec<usize>,
    /// For each step, how many of `rows` are that long.
    pub counts: Vec<usize>,
    /// For each packed row, which of the batch's valid steps it is: a row of [`Sequences::data`].
    pub sources: Vec<usize>,
}

/// Steps of a group that follow each other.
#[derive(Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Of these steps.
    pub counts: &'a [usize],
    /// The packed rows of them.
    pub rows: Range<usize>,
}

impl Group {
    /// The group's steps in pieces of at most [`TOGETHER`] rows, or of one step: what is done with a piece before the next
    /// one finds its rows in the second-level cache.
    pub fn chunks(&self) -> Vec<Chunk<'_>> {
        let (mut chunks, mut first, mut from, mut to) = (Vec::new(), 0, 0, 0);
        for (step, &count) in self.counts.iter().enumerate() {
            if to > from && to - from + count > TOGETHER {
                chunks.push(Chunk { counts: &self.counts[first..step], rows: from..to });
                (first, from) = (step, to);
            }
            to += count;
        }
        chunks.push(Chunk { counts: &self.counts[first..], rows: from..to });
        chunks
    }
}

/// The packed layout of a batch.
#[derive(Debug, Clone)]
pub struct Packing {
    pub groups: Vec<Group>,
    /// Sequences in the batch, empty ones included.
    pub batch: usize,
}

impl Packing {
    /// The layout of a batch of one modality.
    pub fn new(sequences: &Sequences) -> Self {
        let (lengths, starts) = (&sequences.lengths, sequences.starts());
        let mut order: Vec<usize> = (0..lengths.len()).filter(|&row| lengths[row] > 0).collect();
        order.sort_by(|&a, &b| lengths[b].cmp(&lengths[a]).then(a.cmp(&b)));
        let groups = (order.len() / SMALLEST_GROUP).clamp(1, GROUPS);
        let groups = (0..groups)
            .map(|g| {
                // Dealt like cards, so that every group gets long and short ones.
                let rows: Vec<usize> = order.iter().copied().skip(g).step_by(groups).collect();
                let longest = rows.first().map_or(0, |&row| lengths[row]);
                let counts: Vec<usize> = (0..longest).map(|t| rows.partition_point(|&row| lengths[row] > t)).collect();
                let steps = counts.iter().enumerate();
                let sources = steps.flat_map(|(t, &n)| rows[..n].iter().map(move |&row| (t, row)));
                let sources = sources.map(|(t, row)| starts[row] + t).collect();
                Group { rows, counts, sources }
            })
            .collect();
        Self { groups, batch: lengths.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packing(lengths: &[usize]) -> Packing {
        let data = vec![0.0; lengths.iter().sum()];
        Packing::new(&Sequences { data, dim: 1, lengths: lengths.to_vec() })
    }

    #[test]
    fn packs_valid_steps_only_longest_first() {
        let packing = packing(&[2, 0, 3]);
        assert_eq!((packing.groups.len(), packing.batch), (1, 3));
        let group = &packing.groups[0];
        assert_eq!(group.rows, [2, 0]);
        assert_eq!(group.counts, [2, 2, 1]);
        // Clip 0 has the valid steps 0 and 1, clip 2 those from 2 to 4.
        assert_eq!(group.sources, [2, 0, 3, 1, 4]);
    }

    #[test]
    fn groups_cover_every_valid_step_once() {
        let lengths: Vec<usize> = (0..137).map(|i| (i * 7) % 11).collect();
        let packing = packing(&lengths);
        assert_eq!(packing.groups.len(), 7);
        let sorted = |of: fn(&Group) -> &Vec<usize>| {
            let mut all: Vec<usize> = packing.groups.iter().flat_map(|g| of(g).clone()).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(sorted(|g| &g.sources), (0..lengths.iter().sum()).collect::<Vec<_>>());
        assert_eq!(sorted(|g| &g.rows), (0..137).filter(|&i| lengths[i] > 0).collect::<Vec<_>>());
    }

    #[test]
    fn chunks_are_all_steps_in_order() {
        for lengths in [vec![3], vec![100; 16], (0..32).map(|i| 7 * i + 1).collect(), vec![5; 16 * 200]] {
            for group in &packing(&lengths).groups {
                let chunks = group.chunks();
                assert_eq!(chunks.iter().flat_map(|c| c.counts).copied().collect::<Vec<_>>(), group.counts);
                assert!(chunks.windows(2).all(|c| c[0].rows.end == c[1].rows.start));
                assert_eq!((chunks[0].rows.start, chunks[chunks.len() - 1].rows.end), (0, group.sources.len()));
                for Chunk { counts, rows } in chunks {
                    assert_eq!(counts.iter().sum::<usize>(), rows.len());
                    assert!(rows.len() <= TOGETHER || counts.len() == 1);
                }
            }
        }
    }

    #[test]
    fn a_batch_of_empty_sequences_has_nothing_to_compute() {
        let packing = packing(&[0, 0]);
        assert_eq!(packing.batch, 2);
        assert!(packing.groups.iter().all(|g| g.rows.is_empty() && g.sources.is_empty()));
    }
}
