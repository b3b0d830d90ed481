//! Attention of packed clips, clip by clip on all threads. Scores are not kept for the backward pass but computed again:
//! they are a fiftieth of a layer's work, and grow with the square of the lengths.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::model::bert::clips::Clips;
use crate::model::bert::dropout::Mask;
use crate::model::elementwise::exp;
use crate::model::product::{Panels, Rows, multiply_add, multiply_add_transposed};
use crate::model::simd::dispatch;

/// What all clips share.
#[derive(Clone, Copy)]
pub struct Attention<'a> {
    pub clips: &'a Clips,
    pub heads: usize,
    /// W
    pub width: usize,
    pub mask: Mask,
}

impl Attention<'_> {
    /// softmax(q kᵀ / √(W/A)) v in each clip and head, (queries, W), of queries (queries, W) and of keys and values side by
    /// side, (keys, 2W).
    pub fn forward(&self, q: &[f32], kv: &[f32], out: &mut [f32]) {
        let out = cut(out, &self.clips.queries, self.width);
        out.into_par_iter().enumerate().with_max_len(1).for_each(|(clip, out)| {
            let q = &q[scaled(&self.clips.queries[clip], self.width)];
            let kv = &kv[scaled(&self.clips.keys[clip], 2 * self.width)];
            dispatch(Forward { all: *self, clip, q, kv, out });
        });
    }

    /// The gradients of queries, keys and values, in place of these, given that of what came out.
    pub fn backward(&self, q: &mut [f32], kv: &mut [f32], d: &[f32]) {
        let q = cut(q, &self.clips.queries, self.width);
        let kv = cut(kv, &self.clips.keys, 2 * self.width);
        q.into_par_iter().zip(kv).enumerate().with_max_len(1).for_each(|(clip, (q, kv))| {
            let d = &d[scaled(&self.clips.queries[clip], self.width)];
            dispatch(Backward { all: *self, clip, q, kv, d });
        });
    }

    /// Numbers a head.
    fn size(&self) -> usize {
        self.width / self.heads
    }
}

fn scaled(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start * by..range.end * by
}

/// Each clip's part of what all clips' rows are one behind the other.
fn cut<'a>(mut rows: &'a mut [f32], ranges: &[Range<usize>], width: usize) -> Vec<&'a mut [f32]> {
    let part = |range: &Range<usize>| {
        let (part, rest) = std::mem::take(&mut rows).split_at_mut(range.len() * width);
        rows = rest;
        part
    };
    ranges.iter().map(part).collect()
}

/// A head's columns of rows.
#[derive(Clone, Copy)]
struct Columns {
    start: usize,
    size: usize,
    /// Of the rows.
    width: usize,
}

impl Columns {
    /// The columns as rows of their own, multiplied.
    #[inline(always)]
    fn take(self, rows: &[f32], factor: f32, to: &mut Vec<f32>) {
        to.clear();
        for row in rows.chunks_exact(self.width) {
            to.extend(row[self.start..self.start + self.size].iter().map(|x| x * factor));
        }
    }

    /// Writes rows into the columns.
    #[inline(always)]
    fn put(self, from: &[f32], rows: &mut [f32], factor: f32) {
        for (row, from) in rows.chunks_exact_mut(self.width).zip(from.chunks_exact(self.size)) {
            for (to, from) in row[self.start..self.start + self.size].iter_mut().zip(from) {
                *to = from * factor;
            }
        }
    }
}

/// The transpose of rows of this width.
#[inline(always)]
fn turn(rows: &[f32], width: usize, to: &mut Vec<f32>) {
    let count = rows.len() / width;
    to.resize(rows.len(), 0.0);
    for (at, row) in rows.chunks_exact(width).enumerate() {
        for (column, x) in row.iter().enumerate() {
            to[column * count + at] = *x;
        }
    }
}

/// What a thread works with: one head of one clip.
#[derive(Default)]
struct Head {
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    turned: Vec<f32>,
    /// softmax of the scores, (queries, keys), before dropout.
    shares: Vec<f32>,
    /// The mask's factors, (queries, keys); empty where nothing is dropped.
    factors: Vec<f32>,
}

impl Head {
    /// Reads a head and computes its shares. The bias of keys adds the same to all scores of a query: it is left out.
    #[inline(always)]
    fn fill<S: Simd>(
        &mut self,
        simd: S,
        all: &Attention<'_>,
        place: (usize, usize),
        q: &[f32],
        kv: &[f32],
        scores: &mut Panels<S>,
    ) {
        let (clip, head) = place;
        let size = all.size();
        let at = |start, width| Columns { start: start + head * size, size, width };
        at(0, all.width).take(q, (size as f32).sqrt().recip(), &mut self.q);
        at(0, 2 * all.width).take(kv, 1.0, &mut self.k);
        at(all.width, 2 * all.width).take(kv, 1.0, &mut self.v);
        turn(&self.k, size, &mut self.turned);
        let keys = self.k.len() / size;
        self.shares.clear();
        self.shares.resize(self.q.len() / size * keys, 0.0);
        scores.fill(&self.turned);
        multiply_add(simd, Rows { data: &self.q, width: size, order: None }, scores, &mut self.shares);
        for row in self.shares.chunks_exact_mut(keys) {
            softmax(row);
        }
        if all.mask.drops() {
            self.factors.resize(self.shares.len(), 0.0);
            all.mask.fill(clip * all.heads + head, &mut self.factors);
        }
    }

    /// Multiplies by the mask's factors.
    #[inline(always)]
    fn drop(&self, shares: &mut [f32]) {
        for (share, factor) in shares.iter_mut().zip(&self.factors) {
            *share *= factor;
        }
    }
}

/// In strands, as sums in order would be computed one number at a time.
#[inline(always)]
fn softmax(row: &mut [f32]) {
    const STRANDS: usize = 16;
    let mut greatest = [f32::MIN; STRANDS];
    let mut sums = [0.0f32; STRANDS];
    for chunk in row.chunks(STRANDS) {
        for (greatest, x) in greatest.iter_mut().zip(chunk) {
            *greatest = if *x > *greatest { *x } else { *greatest };
        }
    }
    let greatest = greatest.into_iter().fold(f32::MIN, f32::max);
    for chunk in row.chunks_mut(STRANDS) {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *x = exp(*x - greatest);
            *sum += *x;
        }
    }
    let factor = sums.iter().sum::<f32>().recip();
    for x in row {
        *x *= factor;
    }
}

struct Forward<'a> {
    all: Attention<'a>,
    clip: usize,
    q: &'a [f32],
    kv: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { all, clip, q, kv, out } = self;
        let (size, keys) = (all.size(), kv.len() / (2 * all.width));
        let mut head = Head::default();
        let (mut scores, mut values) = (Panels::<S>::new(&[], keys), Panels::<S>::new(&[], size));
        let mut found = Vec::new();
        for at in 0..all.heads {
            head.fill(simd, &all, (clip, at), q, kv, &mut scores);
            let mut shares = std::mem::take(&mut head.shares);
            head.drop(&mut shares);
            values.fill(&head.v);
            found.clear();
            found.resize(head.q.len(), 0.0);
            multiply_add(simd, Rows { data: &shares, width: keys, order: None }, &values, &mut found);
            Columns { start: at * size, size, width: all.width }.put(&found, out, 1.0);
            head.shares = shares;
        }
    }
}

struct Backward<'a> {
    all: Attention<'a>,
    clip: usize,
    q: &'a mut [f32],
    kv: &'a mut [f32],
    d: &'a [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { all, clip, q, kv, d } = self;
        let (size, width) = (all.size(), all.width);
        let keys = kv.len() / (2 * width);
        let mut head = Head::default();
        let (mut wide, mut narrow) = (Panels::<S>::new(&[], keys), Panels::<S>::new(&[], size));
        let (mut own, mut of_shares, mut dropped, mut found) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let zeros = |to: &mut Vec<f32>, len: usize| {
            to.clear();
            to.resize(len, 0.0);
        };
        for at in 0..all.heads {
            head.fill(simd, &all, (clip, at), q, kv, &mut wide);
            let queries = Columns { start: at * size, size, width };
            let of_keys = Columns { start: at * size, size, width: 2 * width };
            let of_values = Columns { start: width + at * size, size, width: 2 * width };
            queries.take(d, 1.0, &mut own);
            // Values: the shares, as they were after dropout, transposed, times what came in.
            dropped.clear();
            dropped.extend_from_slice(&head.shares);
            head.drop(&mut dropped);
            zeros(&mut found, keys * size);
            let shares = Rows { data: &dropped, width: keys, order: None };
            multiply_add_transposed(simd, shares, &own, size, &mut found);
            of_values.put(&found, kv, 1.0);
            // Shares, and through the softmax.
            turn(&head.v, size, &mut head.turned);
            wide.fill(&head.turned);
            zeros(&mut of_shares, head.shares.len());
            multiply_add(simd, Rows { data: &own, width: size, order: None }, &wide, &mut of_shares);
            head.drop(&mut of_shares);
            for (d, share) in of_shares.chunks_exact_mut(keys).zip(head.shares.chunks_exact(keys)) {
                through_softmax(d, share);
            }
            // Queries and keys; the queries were scaled when they were read.
            let of_scores = Rows { data: &of_shares, width: keys, order: None };
            zeros(&mut found, keys * size);
            multiply_add_transposed(simd, of_scores, &head.q, size, &mut found);
            of_keys.put(&found, kv, 1.0);
            narrow.fill(&head.k);
            zeros(&mut found, head.q.len());
            multiply_add(simd, of_scores, &narrow, &mut found);
            queries.put(&found, q, (size as f32).sqrt().recip());
        }
    }
}

/// d with respect to shares becomes that with respect to scores.
#[inline(always)]
fn through_softmax(d: &mut [f32], shares: &[f32]) {
    const STRANDS: usize = 16;
    let mut sums = [0.0f32; STRANDS];
    for (d, share) in d.chunks(STRANDS).zip(shares.chunks(STRANDS)) {
        for ((sum, d), share) in sums.iter_mut().zip(d).zip(share) {
            *sum += d * share;
        }
    }
    let mean = sums.iter().sum::<f32>();
    for (d, share) in d.iter_mut().zip(shares) {
        *d = share * (*d - mean);
    }
}
