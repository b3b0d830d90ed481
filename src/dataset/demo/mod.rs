//! The built-in demo: clips whose modalities disagree in a known way.
//!
//! Real datasets rarely tell what the words, the voice and the face of a clip say by themselves. Here it is known,
//! because each was generated from its own value, so that one can see whether MUG recovers it from the multimodal label
//! alone.
//!
//! # The generating process
//!
//! Everything comes from one ChaCha8 stream seeded with the given number; see `source.rs` for why it is the same on every
//! machine. N(s) stands for nearly normal noise with standard deviation s, U(a, b) for a uniform draw. H = 1.
//!
//! 1. **World.** Directions in word-vector space for verdict, negation, strong and weak; a vector of its own for each
//!    word; a weight for each audio and vision column.
//! 2. **Video.** 2 to 10 clips of one person: a language (30 % Chinese, else English) and a resting voice and face, added
//!    to every step. No video is in two splits.
//! 3. **Clip.** A feeling s = ±U(0.15, 0.9) (in 15 % of clips U(-0.15, 0.15)), and a kind: in 46 % plain, text,
//!    voice and face all show s; sarcasm (15 %): the words say -s · U(0.5, 1); forced cheer (8 %): the voice does; mask
//!    (9 %): the face does; deadpan (11 %): the voice shows U(-0.12, 0.12); still face (11 %): the face does. Each of the
//!    three values then gets N(0.08) and is clipped to [-1, 1].
//! 4. **Unimodal truth.** Voice and face: their value. Text: the value of the sentence, out of six drawn, that comes
//!    nearest to the text's value. A sentence has one to three clauses; a clause's verdict word is worth ±0.4, ±0.65 or
//!    ±0.9; a negation (40 %) multiplies it by -0.8, a strong adverb (15 %) by 1.25, a weak one (15 %) by 0.6; the
//!    sentence is worth the mean of its clauses. 4 % are a bare verdict word. All truths are rounded to 0.01.
//! 5. **Multimodal label.** Where the words contradict both voice and face (|words| and |mean of the two| at least 0.15),
//!    the listener believes the two: their mean. Else the mean of text (0.4), voice (0.3) and face (0.3), leaving out
//!    what is flat (below 0.15), or the plain mean where all three are flat. Then N(0.08), clipping, and rounding to
//!    multiples of 0.2, as if five annotators had been asked.
//! 6. **Sequences.** Text: one vector a word: the word's own, plus its role's direction, plus N(0.35). Voice: loudness
//!    alternates between ±1 in runs of two to five steps, and pitch follows value · (loudness + 0.25) + N(0.25). Face:
//!    expressions of four steps with pauses of two to four, mouth before eyes for a positive value and eyes before mouth
//!    for a negative one, as strong as the value, plus 0.15 · value in the mouth throughout. Articulation and head movements are noise, and every
//!    column has N(0.3) on top. Voices have a third of the steps up to all of them, and so have faces, except for 2 %
//!    broken off after one to three steps.
//!
//! So no linear model on means, spreads or last steps reads the values well: negation and the interplay of pitch and
//! loudness are products, and an expression's sign lies in an order. And copying the multimodal label is a decent guess
//! of the unimodal truth, right wherever nobody disagrees.

#[cfg(test)]
mod difficulty;
mod sentences;
mod shape;
mod signals;
mod source;

use sentences::WordVectors;
use signals::{Signals, Speaker};
use source::Source;

use crate::dataset::prepare::memory::{MemorySequences, MemorySplit};
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

pub use shape::{AUDIO_DIM, AUDIO_STEPS, CLIPS, LABEL_RANGE, TEXT_DIM, TEXT_STEPS, VISION_DIM, VISION_STEPS};

/// Below this a modality is flat, and listeners leave it out.
const FLAT: f32 = 0.15;

/// How the modalities of a clip relate to its feeling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    /// The words say the opposite.
    Sarcasm,
    /// The voice says the opposite.
    ForcedCheer,
    /// The face says the opposite.
    Mask,
    /// The voice says nothing.
    Deadpan,
    /// The face says nothing.
    StillFace,
}

/// Percent of the clips that are not plain, where nothing else is asked for: the sum of the shares of all kinds.
pub const DISAGREEMENT: u8 = 54;

/// Each kind but the plain one, with its share of the clips.
const SHARES: [(Kind, f32); 5] = [
    (Kind::Sarcasm, 0.15),
    (Kind::ForcedCheer, 0.08),
    (Kind::Mask, 0.09),
    (Kind::Deadpan, 0.11),
    (Kind::StillFace, 0.11),
];

/// Generates the demo; the same seed gives the same bits on every machine.
///
/// Labels lie in [-[`LABEL_RANGE`], [`LABEL_RANGE`]], and the true unimodal labels are given. Ids are
/// `demo_VIDEO$_$CLIP`, as in MMSA files.
///
/// ```
/// use mug::dataset::demo;
///
/// let splits = demo::generate(1);
/// assert_eq!(splits.train.labels.len(), demo::CLIPS.train);
/// let truth = splits.train.unimodal.expect("the demo knows the truth of each modality");
/// println!("label {}, words alone {}", splits.train.labels[0], truth.text[0]);
/// ```
pub fn generate(seed: u64) -> PerSplit<MemorySplit> {
    generate_with(seed, DISAGREEMENT)
}

/// The same with another share of clips, in percent (0 to 100), in which one modality says something else than the others;
/// the kinds of disagreement keep their shares of it.
pub fn generate_with(seed: u64, disagreement: u8) -> PerSplit<MemorySplit> {
    let mut world = World::new(seed, disagreement);
    PerSplit::from_fn(|split: Split| world.split(CLIPS[split]))
}

struct World {
    source: Source,
    words: WordVectors,
    signals: Signals,
    /// Videos so far.
    videos: usize,
    /// By what the shares of the kinds are multiplied.
    disagreement: f32,
}

impl World {
    fn new(seed: u64, disagreement: u8) -> Self {
        let mut source = Source::new(seed);
        let words = WordVectors::new(&mut source);
        let signals = Signals::new(&mut source);
        Self { source, words, signals, videos: 0, disagreement: f32::from(disagreement) / f32::from(DISAGREEMENT) }
    }

    fn split(&mut self, clips: usize) -> MemorySplit {
        let empty = |steps, dim| MemorySequences { data: Vec::new(), steps, dim, lengths: Vec::new() };
        let mut split = MemorySplit {
            sequences: PerModality {
                text: empty(TEXT_STEPS, TEXT_DIM),
                audio: empty(AUDIO_STEPS, AUDIO_DIM),
                vision: empty(VISION_STEPS, VISION_DIM),
            },
            ..MemorySplit::default()
        };
        let mut truths = PerModality::<Vec<f32>>::default();
        while split.ids.len() < clips {
            self.videos += 1;
            let chinese = self.source.chance(0.3);
            let speaker = Speaker::new(&mut self.source);
            let last = self.source.whole(2, 10).min(clips - split.ids.len());
            for clip in 1..=last {
                let truth = self.clip(&mut split, chinese, &speaker);
                split.ids.push(format!("demo_{:04}$_${clip}", self.videos));
                split.labels.push(annotate(&mut self.source, &truth));
                for m in Modality::ALL {
                    truths[m].push(truth[m]);
                }
            }
        }
        split.unimodal = Some(truths);
        split
    }

    /// Adds the words, voice and face of one clip; returns what each says.
    fn clip(&mut self, split: &mut MemorySplit, chinese: bool, speaker: &Speaker) -> PerModality<f32> {
        let source = &mut self.source;
        let feeling = if source.chance(0.15) {
            source.between(-FLAT, FLAT)
        } else {
            source.between(FLAT, 0.9) * if source.chance(0.5) { 1.0 } else { -1.0 }
        };
        let kind = draw_kind(source, self.disagreement);
        let mut value = PerModality { text: feeling, audio: feeling, vision: feeling };
        let odd = match kind {
            Kind::Plain => None,
            Kind::Sarcasm => Some((Modality::Text, -feeling * source.between(0.5, 1.0))),
            Kind::ForcedCheer => Some((Modality::Audio, -feeling * source.between(0.5, 1.0))),
            Kind::Mask => Some((Modality::Vision, -feeling * source.between(0.5, 1.0))),
            Kind::Deadpan => Some((Modality::Audio, source.between(-0.12, 0.12))),
            Kind::StillFace => Some((Modality::Vision, source.between(-0.12, 0.12))),
        };
        if let Some((m, odd)) = odd {
            value[m] = odd;
        }
        let value = value.map(|_, v| (v + 0.08 * source.normal()).clamp(-LABEL_RANGE, LABEL_RANGE));

        let sentence = sentences::sentence(source, chinese, value.text);
        let truth = PerModality { text: sentence.value, ..value }.map(|_, v| rounded(*v, 100.0));
        let rows = PerModality {
            text: self.words.embed(source, &sentence),
            audio: self.signals.voice(source, speaker, truth.audio),
            vision: self.signals.face(source, speaker, truth.vision),
        };
        split.transcripts.push(sentence.transcript);
        for (m, rows) in rows.iter() {
            let sequences = &mut split.sequences[m];
            sequences.lengths.push(rows.len() / sequences.dim);
            sequences.data.extend_from_slice(rows);
            sequences.data.resize(sequences.lengths.len() * sequences.steps * sequences.dim, 0.0);
        }
        truth
    }
}

fn draw_kind(source: &mut Source, disagreement: f32) -> Kind {
    let mut at = source.uniform();
    for (kind, share) in SHARES {
        let share = share * disagreement;
        if at < share {
            return kind;
        }
        at -= share;
    }
    Kind::Plain
}

/// The multimodal label that listeners give (step 5 of the process).
fn annotate(source: &mut Source, truth: &PerModality<f32>) -> f32 {
    let label = perceived(truth) + 0.08 * source.normal();
    rounded(label.clamp(-LABEL_RANGE, LABEL_RANGE), 5.0)
}

/// What a listener makes of words, voice and face, before any noise.
fn perceived(truth: &PerModality<f32>) -> f32 {
    let shown = (truth.audio + truth.vision) / 2.0;
    let contradicted = truth.text * truth.audio < 0.0 && truth.text * truth.vision < 0.0;
    if contradicted && truth.text.abs() >= FLAT && shown.abs() >= FLAT {
        return shown;
    }
    let weight = PerModality { text: 0.4, audio: 0.3, vision: 0.3 };
    let (mut sum, mut total) = (0.0, 0.0);
    for (m, value) in truth.iter().filter(|(_, v)| v.abs() >= FLAT) {
        sum += weight[m] * value;
        total += weight[m];
    }
    if total > 0.0 { sum / total } else { (truth.text + truth.audio + truth.vision) / 3.0 }
}

/// Rounded to multiples of 1 / `parts`, without a negative zero.
fn rounded(value: f32, parts: f32) -> f32 {
    (value * parts).round() / parts + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modalities_disagree_in_as_many_clips_as_asked_for() {
        let differing = |disagreement| {
            let split = generate_with(3, disagreement).train;
            let truth = split.unimodal.expect("the demo knows the truth");
            let apart =
                |m: Modality| (0..CLIPS.train).filter(|i| (truth[m][*i] - split.labels[*i]).abs() > 0.4).count();
            Modality::ALL.into_iter().map(apart).sum::<usize>()
        };
        let found = [0, 15, 54, 100].map(differing);
        assert!(found.is_sorted() && found[1] > 2 * found[0] && found[3] > found[1] * 3, "{found:?}");
    }

    /// FNV-1a over everything that was generated.
    fn checksum(demo: &PerSplit<MemorySplit>) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut eat = |bytes: &[u8]| {
            for byte in bytes {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for (_, split) in demo.iter() {
            split.ids.iter().chain(&split.transcripts).for_each(|s| eat(s.as_bytes()));
            split.labels.iter().for_each(|v| eat(&v.to_le_bytes()));
            for (m, sequences) in split.sequences.iter() {
                sequences.lengths.iter().for_each(|n| eat(&(*n as u64).to_le_bytes()));
                sequences.data.iter().chain(&truth(split)[m]).for_each(|v| eat(&v.to_le_bytes()));
            }
        }
        hash
    }

    fn truth(split: &MemorySplit) -> &PerModality<Vec<f32>> {
        split.unimodal.as_ref().unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_bits() {
        let demo = generate(1);
        assert_eq!(demo, generate(1));
        assert_ne!(checksum(&demo), checksum(&generate(2)));
        // If the process is changed on purpose, change this too: figures in the README come from these bits.
        assert_eq!(checksum(&demo), 0xf842_be0d_8b42_e360);
    }

    #[test]
    fn shapes_lengths_and_labels_are_in_bounds() {
        let demo = generate(7);
        for (s, split) in demo.iter() {
            let n = CLIPS[s];
            assert_eq!((split.ids.len(), split.transcripts.len(), split.labels.len()), (n, n, n));
            for (m, q) in split.sequences.iter() {
                assert_eq!((q.lengths.len(), q.data.len()), (n, n * q.steps * q.dim), "{s} {m}");
                assert!(q.lengths.iter().all(|l| (1..=q.steps).contains(l)), "{s} {m}");
                assert!(q.lengths.iter().any(|l| *l <= 3) && q.lengths.iter().any(|l| *l + 4 > q.steps), "{s} {m}");
                for (clip, length) in q.data.chunks(q.steps * q.dim).zip(&q.lengths) {
                    assert!(clip.iter().all(|v| v.is_finite()));
                    assert!(clip[..length * q.dim].chunks(q.dim).all(|step| step.iter().any(|v| *v != 0.0)));
                    assert!(clip[length * q.dim..].iter().all(|v| *v == 0.0));
                }
            }
            let inside = |v: &f32| (-LABEL_RANGE..=LABEL_RANGE).contains(v) && !(*v == 0.0 && v.is_sign_negative());
            assert!(split.labels.iter().all(|y| inside(y) && *y == (y * 5.0).round() / 5.0));
            assert!(truth(split).iter().all(|(_, values)| values.len() == n && values.iter().all(inside)));
        }
    }

    #[test]
    fn ids_are_unique_and_no_video_is_in_two_splits() {
        let demo = generate(1);
        let mut videos = std::collections::BTreeMap::new();
        let mut ids = std::collections::BTreeSet::new();
        for (s, split) in demo.iter() {
            for id in &split.ids {
                assert!(ids.insert(id.clone()), "{id}");
                let video = id.split_once("$_$").unwrap().0;
                assert_eq!(*videos.entry(video.to_owned()).or_insert(s), s, "{id}");
            }
        }
        assert_eq!(demo.train.ids[0], "demo_0001$_$1");
        let chinese = demo.train.transcripts.iter().filter(|t| t.chars().any(|c| c > '\u{4e00}')).count();
        assert!((150..450).contains(&chinese), "{chinese} of 1000 Chinese");
        assert!(demo.train.transcripts.iter().all(|t| !t.chars().any(char::is_control)));
    }

    #[test]
    fn sarcasm_is_there_and_listeners_see_through_it() {
        let demo = generate(1);
        let (truth, labels) = (truth(&demo.train), &demo.train.labels);
        let sarcastic: Vec<usize> = (0..labels.len())
            .filter(|i| {
                let (t, a, v) = (truth.text[*i], truth.audio[*i], truth.vision[*i]);
                a * v > 0.0 && t * a < 0.0 && t.abs().min(a.abs()).min(v.abs()) >= FLAT
            })
            .collect();
        assert!((90..200).contains(&sarcastic.len()), "{} of 1000 sarcastic", sarcastic.len());
        for i in sarcastic {
            let shown = (truth.audio[i] + truth.vision[i]) / 2.0;
            // Annotation noise is within 3.47 · 0.08, rounding within 0.1.
            assert!((labels[i] - shown).abs() < 0.38, "{}: {} and {shown}", demo.train.ids[i], labels[i]);
        }
    }

    #[test]
    fn listeners_leave_out_what_is_flat() {
        let hear = |text, audio, vision| perceived(&PerModality { text, audio, vision });
        let near = |a: f32, b: f32| (a - b).abs() < 1e-6;
        assert!(near(hear(-0.8, 0.4, 0.6), 0.5));
        assert!(near(hear(0.5, 0.5, 0.0), 0.5));
        assert!(near(hear(0.5, -0.5, 0.5), 0.4 * 0.5));
        assert!(near(hear(0.1, -0.1, 0.03), 0.01));
    }
}
