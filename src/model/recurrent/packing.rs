//! Which steps of a batch are valid, packed so that nothing else is computed.
//!
//! Sequences are dealt into a fixed number of groups (threads work on groups; the number does not depend on the
//! machine, so that sums have one order and results are the same bits on any number of threads). Within a group they
//! are sorted by falling length and laid out step by step, as PyTorch's packed sequences are: the rows of step t are
//! the `counts[t]` longest sequences.

use crate::dataset::Sequences;

/// The most groups of sequences that are run beside each other.
const GROUPS: usize = 8;
/// Sequences that make a group worth having: with few rows at a time the matrix product waits for the weights.
const SMALLEST_GROUP: usize = 16;

/// One group of sequences of a batch.
#[derive(Debug, Clone)]
pub struct Group {
    /// Rows of the batch, longest sequence first; sequences of length 0 are left out.
    pub rows: Vec<usize>,
    /// For each step, how many of `rows` are that long.
    pub counts: Vec<usize>,
    /// Packed rows of the whole batch that lie before this group's.
    pub start: usize,
    /// Packed rows of this group.
    pub len: usize,
}

/// The packed layout of a batch.
#[derive(Debug, Clone)]
pub struct Packing {
    pub groups: Vec<Group>,
    /// Packed rows in all, the batch's number of valid steps.
    pub len: usize,
    /// Sequences in the batch, empty ones included.
    pub batch: usize,
}

impl Packing {
    /// The layout for sequences of these lengths.
    pub fn new(lengths: &[usize]) -> Self {
        let mut order: Vec<usize> = (0..lengths.len()).filter(|&row| lengths[row] > 0).collect();
        order.sort_by(|&a, &b| lengths[b].cmp(&lengths[a]).then(a.cmp(&b)));
        let groups = (order.len() / SMALLEST_GROUP).clamp(1, GROUPS);
        let mut start = 0;
        let groups = (0..groups)
            .map(|g| {
                // Dealt like cards, so that every group gets long and short ones.
                let rows: Vec<usize> = order.iter().copied().skip(g).step_by(groups).collect();
                let longest = rows.first().map_or(0, |&row| lengths[row]);
                let counts: Vec<usize> = (0..longest).map(|t| rows.partition_point(|&row| lengths[row] > t)).collect();
                let len = counts.iter().sum();
                let group = Group { rows, counts, start, len };
                start += len;
                group
            })
            .collect();
        Self { groups, len: start, batch: lengths.len() }
    }

    /// Copies a batch's steps into packed order, (len, D).
    pub fn pack(&self, sequences: &Sequences) -> Vec<f32> {
        let (dim, starts) = (sequences.dim, sequences.starts());
        let mut packed = Vec::with_capacity(self.len * dim);
        for group in &self.groups {
            for (t, &count) in group.counts.iter().enumerate() {
                for &row in &group.rows[..count] {
                    let at = (starts[row] + t) * dim;
                    packed.extend_from_slice(&sequences.data[at..at + dim]);
                }
            }
        }
        packed
    }

    /// Cuts a packed buffer with `width` values a row into the groups' parts.
    pub fn split<'a>(&self, mut buffer: &'a mut [f32], width: usize) -> Vec<&'a mut [f32]> {
        self.groups
            .iter()
            .map(|group| {
                let (part, rest) = std::mem::take(&mut buffer).split_at_mut(group.len * width);
                buffer = rest;
                part
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_valid_steps_only_longest_first() {
        let packing = Packing::new(&[2, 0, 3]);
        assert_eq!((packing.len, packing.batch, packing.groups.len()), (5, 3, 1));
        let group = &packing.groups[0];
        assert_eq!(group.rows, [2, 0]);
        assert_eq!(group.counts, [2, 2, 1]);
        // One value a step: ten times the row plus the step.
        let sequences = Sequences { data: vec![0., 1., 20., 21., 22.], dim: 1, lengths: vec![2, 0, 3] };
        assert_eq!(packing.pack(&sequences), [20., 0., 21., 1., 22.]);
    }

    #[test]
    fn groups_cover_every_valid_step_once() {
        let lengths: Vec<usize> = (0..137).map(|i| (i * 7) % 11).collect();
        let packing = Packing::new(&lengths);
        assert_eq!(packing.groups.len(), 7);
        assert_eq!(packing.len, lengths.iter().sum::<usize>());
        let mut rows: Vec<usize> = packing.groups.iter().flat_map(|g| g.rows.clone()).collect();
        rows.sort_unstable();
        let expected: Vec<usize> = (0..137).filter(|&i| lengths[i] > 0).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_batch_of_empty_sequences_has_nothing_to_compute() {
        let packing = Packing::new(&[0, 0]);
        assert_eq!((packing.len, packing.batch), (0, 2));
        assert!(packing.pack(&Sequences { data: vec![], dim: 2, lengths: vec![0, 0] }).is_empty());
    }
}
