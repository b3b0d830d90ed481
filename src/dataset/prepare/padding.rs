//! Finds padding where no key gives the lengths: at which end of a row it stands, and whether audio and vision are aligned
//! to the text and as long as it.
//!
//! Zeros alone are no proof of padding: a frame without a face is zeros as well, and files aligned to BERT's tokens have
//! zeros at the first and the last token, which stand for no word. So zeros at the start count as padding only where their
//! number varies from clip to clip, as lengths do, and where few clips have zeros at the end instead.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::parts::{Feature, Lengths, Padding, Parts};
use super::rows::Scratch;
use crate::dataset::error::DatasetError;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

/// Rows of the training split that are looked at.
const SAMPLED: usize = 256;

/// Settles the padded end of each modality from the training split, and the lengths of what is aligned to text; says
/// what was assumed. The end of a modality that does not tell stays as it is.
///
/// # Errors
/// The file cannot be read.
pub fn settle(splits: &mut PerSplit<Parts>, flaws: &mut Vec<Flaw>) -> Result<(), DatasetError> {
    let assumed = splits.train.features.map(|_, feature| feature.padding);
    let mut padding = assumed;
    // Modalities of as many steps come out of one alignment and have one padded end.
    let mut votes: PerModality<Votes> = PerModality::default();
    for (m, feature) in splits.train.features.iter() {
        match &feature.lengths {
            Lengths::Whole => {}
            Lengths::Inferred => votes[m] = Votes::count(feature)?,
            Lengths::Given { lengths, .. } | Lengths::Mask(lengths) | Lengths::OfText(lengths) => {
                padding[m] = of_known(feature, lengths, assumed[m])?;
            }
        }
    }
    for m in [Modality::Audio, Modality::Vision] {
        if is_aligned(&splits.train.features, m, padding.text)? {
            padding[m] = padding.text;
            for split in Split::ALL {
                follow_text(&mut splits[split].features, m);
            }
        }
    }
    let train = &splits.train.features;
    let open = |m: Modality| train[m].lengths == Lengths::Inferred;
    for m in Modality::ALL.into_iter().filter(|&m| open(m)) {
        let steps = train[m].rows.max_steps();
        let same = Modality::ALL.into_iter().filter(|&o| open(o) && train[o].rows.max_steps() == steps);
        padding[m] = same.fold(Votes::default(), |all, o| all.and(&votes[o])).end(assumed[m]);
    }
    for m in Modality::ALL {
        let any = |wanted: fn(&Lengths) -> bool| splits.iter().any(|(_, parts)| wanted(&parts.features[m].lengths));
        let mut note = |kind| flaws.push(Flaw::new(None, m.name(), kind));
        let at_start = padding[m] == Padding::Left;
        if any(|lengths| *lengths == Lengths::Inferred) {
            note(FlawKind::LengthsFound { at_start });
        } else if at_start {
            note(FlawKind::LeftPadded);
        }
        if any(|lengths| matches!(lengths, Lengths::OfText(_))) {
            note(FlawKind::LengthsOfText);
        }
        for split in Split::ALL {
            splits[split].features[m].padding = padding[m];
        }
    }
    Ok(())
}

/// Steps of zeros at the start and at the end of a row; `None` for a row of nothing else.
fn zeros_at_ends(values: &[f64], dim: usize) -> Option<(usize, usize)> {
    let holds = |step: &[f64]| step.iter().any(|&v| v != 0.0);
    let mut steps = values.chunks_exact(dim);
    let all = steps.len();
    let first = steps.clone().position(holds)?;
    let last = steps.rposition(holds)?;
    Some((first, all - 1 - last))
}

/// Calls `take` with some rows of more than one step.
fn sample(feature: &Feature, mut take: impl FnMut(usize, &[f64])) -> Result<(), DatasetError> {
    let rows = &feature.rows;
    let mut scratch = Scratch::default();
    for row in (0..rows.len()).step_by(rows.len().div_ceil(SAMPLED).max(1)).filter(|&row| rows.steps(row) > 1) {
        take(row, rows.read(row, 0..rows.steps(row), &mut scratch)?);
    }
    Ok(())
}

/// The padded end where lengths are known: the end at which all steps beyond the length are zeros; `assumed` where as many rows
/// say either.
fn of_known(feature: &Feature, lengths: &[usize], assumed: Padding) -> Result<Padding, DatasetError> {
    let dim = feature.rows.dim();
    let (mut left, mut right) = (0, 0);
    sample(feature, |row, values| {
        let steps = values.len() / dim;
        let missing = steps.saturating_sub(lengths[row]) * dim;
        if missing > 0 && missing < values.len() {
            let zeros = |part: &[f64]| part.iter().all(|&v| v == 0.0);
            match (zeros(&values[..missing]), zeros(&values[values.len() - missing..])) {
                (true, false) => left += 1,
                (false, true) => right += 1,
                _ => {}
            }
        }
    })?;
    Ok(match left.cmp(&right) {
        Ordering::Less => Padding::Right,
        Ordering::Equal => assumed,
        Ordering::Greater => Padding::Left,
    })
}

/// What rows of unknown length say of the padded end.
#[derive(Clone, Debug, Default)]
struct Votes {
    /// Rows with any value.
    rows: usize,
    /// Rows with more zeros at the start, and two at least: a single one is a token without a word.
    left: usize,
    /// Rows with more zeros at the end.
    right: usize,
    /// The numbers of steps of zeros that rows start with.
    starts: BTreeSet<usize>,
}

impl Votes {
    fn count(feature: &Feature) -> Result<Votes, DatasetError> {
        let mut votes = Votes::default();
        sample(feature, |_, values| {
            if let Some((start, end)) = zeros_at_ends(values, feature.rows.dim()) {
                votes.rows += 1;
                votes.left += usize::from(start >= 2 && start > end);
                votes.right += usize::from(end > start);
                votes.starts.insert(start);
            }
        })?;
        Ok(votes)
    }

    fn and(mut self, other: &Votes) -> Votes {
        self.rows += other.rows;
        self.left += other.left;
        self.right += other.right;
        self.starts.extend(&other.starts);
        self
    }

    /// The other end than assumed where a fifth of the rows say so, and three times as many as say what was assumed: neither guess
    /// loses a step that has a value, but a wrong one takes padding for steps.
    fn end(&self, assumed: Padding) -> Padding {
        let clear = |these: usize, others: usize| these * 5 >= self.rows.max(1) && these > 3 * others;
        match assumed {
            Padding::Right if clear(self.left, self.right) && self.starts.len() > 1 => Padding::Left,
            Padding::Left if clear(self.right, self.left) => Padding::Right,
            assumed => assumed,
        }
    }
}

/// True where a modality without lengths has text's steps, holds nothing but zeros outside of text's valid ones, and
/// reaches to the last of them (or to the one before: the last token is often no word) in half of the clips.
fn is_aligned(train: &PerModality<Feature>, m: Modality, padding: Padding) -> Result<bool, DatasetError> {
    let feature = &train[m];
    let Some(known) = train.text.lengths.known() else { return Ok(false) };
    if feature.lengths != Lengths::Inferred || !same_steps(train, m) {
        return Ok(false);
    }
    let dim = feature.rows.dim();
    let (mut rows, mut inside, mut reaching) = (0, 0, 0);
    sample(feature, |row, values| {
        let Some((start, end)) = zeros_at_ends(values, dim) else { return };
        let steps = values.len() / dim;
        let missing = steps.saturating_sub(known[row]);
        let zeros = if padding == Padding::Right { end } else { start };
        rows += 1;
        inside += usize::from(zeros >= missing);
        reaching += usize::from((missing..=missing + 1).contains(&zeros));
    })?;
    Ok(rows > 0 && inside * 20 >= rows * 19 && reaching * 2 >= rows)
}

/// True where each clip has as many steps in this modality as in text.
fn same_steps(features: &PerModality<Feature>, m: Modality) -> bool {
    let (text, own) = (&features.text.rows, &features[m].rows);
    (0..own.len()).all(|row| own.steps(row) == text.steps(row))
}

/// Takes text's lengths for a modality that has none of its own.
fn follow_text(features: &mut PerModality<Feature>, m: Modality) {
    let Some(known) = features.text.lengths.known().map(<[usize]>::to_vec) else { return };
    if features[m].lengths == Lengths::Inferred && same_steps(features, m) {
        features[m].lengths = Lengths::OfText(known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::prepare::keys::MEMORY;
    use crate::dataset::prepare::rows::Rows;

    /// Rows of one column; true stands for a value.
    fn feature(rows: &[Vec<bool>], lengths: Lengths) -> Feature {
        let steps = rows[0].len();
        let data = rows.iter().flatten().map(|&holds| if holds { 0.5 } else { 0.0 }).collect();
        let starts = (0..=rows.len()).map(|row| row * steps).collect();
        Feature::new(Rows::Memory { data, starts, dim: 1 }, lengths, "f4")
    }

    /// A row of `steps` steps with values from `first` to before `end`.
    fn row(steps: usize, first: usize, end: usize) -> Vec<bool> {
        (0..steps).map(|step| (first..end).contains(&step)).collect()
    }

    /// A split of these features; text decides how many clips there are.
    fn parts(text: Feature, audio: Feature, vision: Feature) -> Parts {
        let n = text.rows.len();
        Parts {
            ids: vec![String::new(); n],
            transcripts: vec![String::new(); n],
            labels: vec![0.0; n],
            clean: None,
            unimodal: None,
            features: PerModality { text, audio, vision },
            tokens: None,
            only_tokens: false,
            keys: MEMORY,
            found: String::new(),
        }
    }

    fn settled(make: impl Fn() -> Parts) -> (PerModality<Padding>, PerSplit<Parts>, Vec<FlawKind>) {
        let mut splits = PerSplit::from_fn(|_| make());
        let mut flaws = Vec::new();
        settle(&mut splits, &mut flaws).unwrap();
        let of = |split: Split| splits[split].features.map(|_, feature| feature.padding);
        assert!(Split::ALL.iter().all(|&split| of(split) == of(Split::Train)));
        (of(Split::Train), splits, flaws.into_iter().map(|f| f.kind).collect())
    }

    /// Lengths of clips of up to 20 steps, a third of them full.
    fn lengths() -> Vec<usize> {
        (0..48).map(|i| if i % 3 == 0 { 20 } else { 5 + i * 7 % 15 }).collect()
    }

    fn each(of: impl Fn(usize, usize) -> Vec<bool>) -> Vec<Vec<bool>> {
        lengths().into_iter().enumerate().map(|(i, n)| of(i, n)).collect()
    }

    /// The end that a modality of unknown length is settled to, beside text of another number of steps.
    fn end(rows: &[Vec<bool>]) -> Padding {
        let text = || feature(&vec![vec![true]; rows.len()], Lengths::Whole);
        let found = settled(|| parts(text(), feature(rows, Lengths::Inferred), text()));
        assert_eq!(found.2, [FlawKind::LengthsFound { at_start: found.0.audio == Padding::Left }]);
        found.0.audio
    }

    #[test]
    fn the_padded_end_is_found_however_zeros_lie() {
        // Padded at the end: plainly; with a token at each end that is no word; with the first frames missing in some.
        assert_eq!(end(&each(|_, n| row(20, 0, n))), Padding::Right);
        assert_eq!(end(&each(|_, n| row(20, 1, n.max(3) - usize::from(n < 20)))), Padding::Right);
        assert_eq!(end(&each(|_, _| row(20, 1, 20))), Padding::Right);
        assert_eq!(end(&each(|i, n| row(20, if i % 4 == 0 { 3 } else { 0 }, n))), Padding::Right);
        assert_eq!(end(&each(|i, _| row(20, if i % 8 == 0 { 2 + i % 3 } else { 0 }, 20))), Padding::Right);
        // A camera that always starts late.
        assert_eq!(end(&each(|_, _| row(20, 4, 20))), Padding::Right);
        assert_eq!(end(&each(|_, _| row(20, 0, 20))), Padding::Right);
        assert_eq!(end(&each(|_, _| row(20, 0, 0))), Padding::Right);
        // Padded at the start: plainly, and with the last frame missing in some.
        assert_eq!(end(&each(|_, n| row(20, 20 - n, 20))), Padding::Left);
        assert_eq!(end(&each(|i, n| row(20, 20 - n, 20 - usize::from(i % 5 == 0)))), Padding::Left);
    }

    #[test]
    fn modalities_of_one_alignment_have_one_padded_end() {
        // Vision alone would speak for the start; text, of as many steps, is plainly padded at the end.
        let text = || feature(&each(|_, n| row(20, 0, n)), Lengths::Inferred);
        let vision = || feature(&each(|i, _| row(20, 2 + i % 2, 20)), Lengths::Inferred);
        assert_eq!(settled(|| parts(text(), text(), vision())).0, PerModality::default());
    }

    #[test]
    fn aligned_modalities_take_the_lengths_of_the_text() {
        let text = || feature(&each(|_, _| row(20, 0, 20)), Lengths::Mask(lengths()));
        // Zeros at the first and the last token, and long clips cut.
        let aligned = || feature(&each(|_, n| row(20, 1, n - usize::from(n < 20))), Lengths::Inferred);
        let other = || feature(&each(|i, _| row(20, 0, 4 + i % 16)), Lengths::Inferred);
        let (padding, splits, flaws) = settled(|| parts(text(), aligned(), other()));
        assert_eq!(padding, PerModality::default());
        for (_, split) in splits.iter() {
            assert_eq!(split.features.audio.lengths, Lengths::OfText(lengths()));
            assert_eq!(split.features.vision.lengths, Lengths::Inferred, "as many steps, but other lengths");
        }
        assert_eq!(flaws, [FlawKind::LengthsOfText, FlawKind::LengthsFound { at_start: false }]);
        // Another number of steps is no alignment.
        let wide = || feature(&each(|_, n| row(21, 1, n)), Lengths::Inferred);
        let (_, splits, _) = settled(|| parts(text(), wide(), wide()));
        assert_eq!(splits.train.features.audio.lengths, Lengths::Inferred);
    }

    #[test]
    fn known_lengths_tell_the_end_by_what_lies_outside() {
        let given = || Lengths::Given { key: "audio_lengths", lengths: lengths() };
        let find = |rows: &[Vec<bool>]| of_known(&feature(rows, given()), &lengths(), Padding::Right).unwrap();
        assert_eq!(find(&each(|_, n| row(20, 0, n))), Padding::Right);
        assert_eq!(find(&each(|_, n| row(20, 1, n))), Padding::Right);
        assert_eq!(find(&each(|i, n| row(20, i % 5, n.max(6)))), Padding::Right);
        assert_eq!(find(&each(|_, n| row(20, 20 - n, 20))), Padding::Left);
        // Padding that is no zeros tells nothing.
        assert_eq!(find(&each(|_, _| row(20, 0, 20))), Padding::Right);
    }

    #[test]
    fn rows_that_do_not_tell_are_padded_as_assumed() {
        let settled = |rows: &[Vec<bool>], lengths: Lengths, padding: Padding| {
            let own = || Feature { padding, ..feature(rows, lengths.clone()) };
            let text = || feature(&vec![vec![true]; rows.len()], Lengths::Whole);
            self::settled(|| parts(text(), own(), text())).0.audio
        };
        let ends = [Padding::Right, Padding::Left];
        // One clip alone, with zeros at its start: padding or a camera that starts late.
        assert_eq!(ends.map(|end| settled(&[row(20, 6, 20)], Lengths::Inferred, end)), ends);
        assert_eq!(ends.map(|end| settled(&[row(20, 0, 20)], Lengths::Inferred, end)), ends);
        let given = Lengths::Given { key: "audio_lengths", lengths: vec![20] };
        assert_eq!(ends.map(|end| settled(&[row(20, 0, 20)], given.clone(), end)), ends);
        // What is plain is not assumed.
        let plain = |end: Padding| settled(&each(|_, n| row(20, 0, n)), Lengths::Inferred, end);
        assert_eq!(ends.map(plain), [Padding::Right; 2]);
        let plain = |end: Padding| settled(&each(|_, n| row(20, 20 - n, 20)), Lengths::Inferred, end);
        assert_eq!(ends.map(plain), [Padding::Left; 2]);
    }
}
