//! The demo's voice and face: sequences whose meaning lies in how two channels move together, not in their means.

use super::shape::{AUDIO_DIM, AUDIO_STEPS, VISION_DIM, VISION_STEPS};
use super::source::Source;

/// Channels behind the columns of both signals.
const CHANNELS: usize = 4;

/// Share of clips whose recording broke off after one to three steps.
const BROKEN_OFF: f32 = 0.02;

/// How the channels appear in the columns: each column shows one channel, with a weight of its own.
pub(super) struct Columns(Vec<f32>);

impl Columns {
    fn new(source: &mut Source, dim: usize) -> Self {
        let weight = |source: &mut Source| source.between(0.5, 1.1) * if source.chance(0.5) { 1.0 } else { -1.0 };
        Self((0..dim).map(|_| weight(source)).collect())
    }

    /// (steps, dim) row-major, with fresh noise of this scale on every number.
    fn show(&self, source: &mut Source, steps: &[[f32; CHANNELS]], noise: f32) -> Vec<f32> {
        let width = self.0.len() / CHANNELS;
        let mut rows = Vec::with_capacity(steps.len() * self.0.len());
        for channels in steps {
            rows.extend(self.0.iter().enumerate().map(|(i, w)| w * channels[i / width] + noise * source.normal()));
        }
        rows
    }
}

/// What stays the same in all clips of one video: how the person speaks and looks at rest, by channel.
pub(super) struct Speaker {
    voice: [f32; CHANNELS],
    face: [f32; CHANNELS],
}

impl Speaker {
    pub(super) fn new(source: &mut Source) -> Self {
        let mut rest = |scales: [f32; CHANNELS]| scales.map(|scale| scale * source.normal());
        Self { voice: rest([0.0, 0.15, 0.3, 1.0]), face: rest([0.15, 0.15, 0.3, 1.0]) }
    }
}

/// The columns of both signals.
pub(super) struct Signals {
    audio: Columns,
    vision: Columns,
}

impl Signals {
    pub(super) fn new(source: &mut Source) -> Self {
        Self { audio: Columns::new(source, AUDIO_DIM), vision: Columns::new(source, VISION_DIM) }
    }

    /// The voice of a clip, (steps, [`AUDIO_DIM`]) row-major. Channels: loudness, pitch, articulation, the speaker.
    ///
    /// Loudness is +1 or -1 in runs of two to five steps. Pitch follows value · (loudness + 0.25): raised where the voice
    /// is loud and lowered where it is hushed for a pleased speaker, the reverse for a displeased one, level for a flat
    /// voice.
    pub(super) fn voice(&self, source: &mut Source, speaker: &Speaker, value: f32) -> Vec<f32> {
        let steps = duration(source, AUDIO_STEPS);
        let mut loudness = if source.chance(0.55) { 1.0 } else { -1.0 };
        let mut left = source.whole(2, 5);
        let mut rows = Vec::with_capacity(steps);
        for _ in 0..steps {
            if left == 0 {
                left = source.whole(2, 5);
                loudness = if source.chance(0.8) { -loudness } else { loudness };
            }
            left -= 1;
            let pitch = value * (loudness + 0.25) + 0.25 * source.normal();
            rows.push(rest(&speaker.voice, [loudness, pitch, 0.7 * source.normal(), 0.0]));
        }
        self.audio.show(source, &rows, 0.3)
    }

    /// The face of a clip, (steps, [`VISION_DIM`]) row-major. Channels: mouth, eyes, head, the person.
    ///
    /// Expressions of four steps follow each other with pauses of two to four: two steps of mouth, then two of eyes, for a
    /// pleased face; eyes, then mouth, for a displeased one; as strong as the value is. A little of the value (0.15) lies
    /// in the mouth throughout.
    pub(super) fn face(&self, source: &mut Source, speaker: &Speaker, value: f32) -> Vec<f32> {
        let steps = duration(source, VISION_STEPS);
        let mut rows = vec![[0.0; CHANNELS]; steps];
        let order = if value < 0.0 { [1, 0] } else { [0, 1] };
        let mut start = source.whole(0, 2);
        while start < steps {
            let strength = value.abs() * source.between(0.85, 1.15);
            for (i, row) in rows[start..].iter_mut().take(4).enumerate() {
                row[order[i / 2]] += strength;
            }
            start += 4 + source.whole(2, 4);
        }
        for row in &mut rows {
            row[0] += 0.15 * value;
            row[2] += 0.7 * source.normal();
            *row = rest(&speaker.face, *row);
        }
        self.vision.show(source, &rows, 0.3)
    }
}

fn rest(speaker: &[f32; CHANNELS], mut channels: [f32; CHANNELS]) -> [f32; CHANNELS] {
    channels.iter_mut().zip(speaker).for_each(|(c, s)| *c += s);
    channels
}

fn duration(source: &mut Source, most: usize) -> usize {
    if source.chance(BROKEN_OFF) { source.whole(1, 3) } else { source.whole(most / 3, most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One channel of a signal, read back from its columns.
    fn channel(columns: &Columns, rows: &[f32], channel: usize) -> Vec<f32> {
        let (dim, width) = (columns.0.len(), columns.0.len() / CHANNELS);
        let own = channel * width..(channel + 1) * width;
        let squares: f32 = columns.0[own.clone()].iter().map(|w| w * w).sum();
        rows.chunks(dim).map(|row| own.clone().map(|i| row[i] * columns.0[i]).sum::<f32>() / squares).collect()
    }

    fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
        let n = values.len() as f32;
        values.sum::<f32>() / n
    }

    fn centred(values: Vec<f32>) -> Vec<f32> {
        let m = mean(values.iter().copied());
        values.into_iter().map(|v| v - m).collect()
    }

    #[test]
    fn pitch_moves_with_loudness_as_the_value_says() {
        let mut source = Source::new(11);
        let signals = Signals::new(&mut source);
        for value in [-0.8, 0.0, 0.8_f32] {
            let products = (0..200).map(|_| {
                let speaker = Speaker::new(&mut source);
                let rows = signals.voice(&mut source, &speaker, value);
                let loudness = channel(&signals.audio, &rows, 0);
                let pitch = centred(channel(&signals.audio, &rows, 1));
                mean(loudness.iter().zip(&pitch).map(|(a, b)| a * b))
            });
            assert!((mean(products) - value).abs() < 0.15, "{value}");
        }
    }

    #[test]
    fn the_order_of_mouth_and_eyes_tells_the_sign() {
        let mut source = Source::new(12);
        let signals = Signals::new(&mut source);
        for value in [-0.8, 0.8_f32] {
            let leads = (0..200).map(|_| {
                let speaker = Speaker::new(&mut source);
                let rows = signals.face(&mut source, &speaker, value);
                let mouth = centred(channel(&signals.vision, &rows, 0));
                let eyes = centred(channel(&signals.vision, &rows, 1));
                // Mouth two steps before eyes, less eyes two steps before mouth.
                (2..mouth.len()).map(|t| mouth[t - 2] * eyes[t] - eyes[t - 2] * mouth[t]).sum()
            });
            let lead: f32 = mean(leads);
            assert!(lead * value > 0.3, "{value}: {lead}");
        }
    }
}
