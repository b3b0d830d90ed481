//! The demo's words: sentences from templates, what they are worth, and their word vectors.

use super::shape::TEXT_DIM;
use super::source::Source;

/// What a word does to the value of its clause.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    /// Nothing.
    Filler,
    /// Turns the clause's value around.
    Negation,
    /// Makes the clause's value larger.
    Strong,
    /// Makes the clause's value smaller.
    Weak,
    /// Says what the clause is worth.
    Verdict(f32),
}

/// A language's words. Every list is a choice; within an entry a space separates words of one step each.
struct Lexicon {
    openers: &'static [&'static str],
    subjects: &'static [&'static str],
    /// "is", which Chinese leaves out.
    verbs: &'static [&'static str],
    negations: &'static [&'static str],
    strong: &'static [&'static str],
    weak: &'static [&'static str],
    verdicts: &'static [(&'static str, f32)],
    /// Join clauses of like and of opposite value.
    joins: (&'static str, &'static str),
    /// Between words.
    space: &'static str,
    comma: &'static str,
    stop: &'static str,
}

const ENGLISH: Lexicon = Lexicon {
    openers: &["well", "honestly", "you know", "so"],
    subjects: &[
        "the plot",
        "the acting",
        "her voice",
        "the ending",
        "this film",
        "the dinner",
        "the music",
        "the service",
        "his speech",
        "the trip",
    ],
    verbs: &["is", "was", "seemed"],
    negations: &["not", "hardly", "scarcely"],
    strong: &["really", "truly"],
    weak: &["somewhat", "slightly"],
    verdicts: &[
        ("wonderful", 0.9),
        ("brilliant", 0.9),
        ("great", 0.65),
        ("lovely", 0.65),
        ("nice", 0.4),
        ("pleasant", 0.4),
        ("dull", -0.4),
        ("odd", -0.4),
        ("poor", -0.65),
        ("annoying", -0.65),
        ("awful", -0.9),
        ("terrible", -0.9),
    ],
    joins: ("and", "but"),
    space: " ",
    comma: ", ",
    stop: ".",
};

const CHINESE: Lexicon = Lexicon {
    openers: &["嗯", "说真的", "其实"],
    subjects: &["这部 电影", "剧情", "她的 声音", "结局", "晚饭", "音乐", "服务", "这次 旅行"],
    verbs: &[],
    negations: &["不", "并不", "一点也不"],
    strong: &["非常", "真的 很"],
    weak: &["有点", "比较"],
    verdicts: &[
        ("精彩", 0.9),
        ("完美", 0.9),
        ("出色", 0.65),
        ("有趣", 0.65),
        ("舒服", 0.4),
        ("舒心", 0.4),
        ("平淡", -0.4),
        ("奇怪", -0.4),
        ("无聊", -0.65),
        ("差劲", -0.65),
        ("糟糕", -0.9),
        ("可怕", -0.9),
    ],
    joins: ("而且", "但是"),
    space: "",
    comma: "，",
    stop: "。",
};

/// A clip's words.
pub(super) struct Sentence {
    pub(super) transcript: String,
    /// What the words alone say, in [-1, 1].
    pub(super) value: f32,
    words: Vec<(&'static str, Role)>,
}

/// Draws sentences and keeps the one whose value is nearest to `target`: words cannot say everything exactly.
pub(super) fn sentence(source: &mut Source, chinese: bool, target: f32) -> Sentence {
    let lexicon = if chinese { &CHINESE } else { &ENGLISH };
    let mut best = draw(source, lexicon);
    for _ in 1..6 {
        let other = draw(source, lexicon);
        if (other.value - target).abs() < (best.value - target).abs() {
            best = other;
        }
    }
    best
}

fn draw(source: &mut Source, lexicon: &'static Lexicon) -> Sentence {
    let mut text = Writer { lexicon, transcript: String::new(), words: Vec::new() };
    let mut values: Vec<f32> = Vec::new();
    // A bare verdict ("Great.") is the shortest clip; it has one step.
    let clauses = if source.chance(0.04) { 0 } else { source.whole(1, 3) };
    if clauses == 0 {
        let (word, worth) = source.pick(lexicon.verdicts);
        text.say(word, Role::Verdict(worth));
        values.push(worth);
    } else if source.chance(0.2) {
        text.say(source.pick(lexicon.openers), Role::Filler);
        text.comma();
    }
    // Three subjects of one sentence differ: no list is as short as twice the longest stride.
    let (mut subject, stride) = (source.whole(0, 99), source.whole(1, 3));
    for _ in 0..clauses {
        let (word, worth) = source.pick(lexicon.verdicts);
        let kind = source.uniform();
        let (role, choices, factor) = if kind < 0.4 {
            (Role::Negation, lexicon.negations, -0.8)
        } else if kind < 0.55 {
            (Role::Strong, lexicon.strong, 1.25)
        } else if kind < 0.7 {
            (Role::Weak, lexicon.weak, 0.6)
        } else {
            (Role::Filler, &[][..], 1.0)
        };
        if let Some(previous) = values.last() {
            let (like, opposite) = lexicon.joins;
            text.comma();
            text.say(if previous * worth * factor > 0.0 { like } else { opposite }, Role::Filler);
        }
        text.say(lexicon.subjects[subject % lexicon.subjects.len()], Role::Filler);
        subject += stride;
        if !lexicon.verbs.is_empty() {
            text.say(source.pick(lexicon.verbs), Role::Filler);
        }
        if !choices.is_empty() {
            text.say(source.pick(choices), role);
        }
        text.say(word, Role::Verdict(worth));
        values.push(factor * worth);
    }
    let value = values.iter().sum::<f32>() / values.len() as f32;
    text.finish(value.clamp(-1.0, 1.0))
}

/// Writes a sentence and keeps its words.
struct Writer {
    lexicon: &'static Lexicon,
    transcript: String,
    words: Vec<(&'static str, Role)>,
}

impl Writer {
    fn say(&mut self, entry: &'static str, role: Role) {
        for word in entry.split(' ') {
            let begins = self.transcript.is_empty() || self.transcript.ends_with([' ', '，']);
            self.transcript.push_str(if begins { "" } else { self.lexicon.space });
            self.transcript.push_str(word);
            self.words.push((word, role));
        }
    }

    fn comma(&mut self) {
        self.transcript.push_str(self.lexicon.comma);
    }

    fn finish(mut self, value: f32) -> Sentence {
        self.transcript.push_str(self.lexicon.stop);
        // Only the Latin script has capitals; a Chinese character is longer than one byte.
        if let Some(first) = self.transcript.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        Sentence { transcript: self.transcript, value, words: self.words }
    }
}

/// The directions of the word-vector space, shared by both languages.
pub(super) struct WordVectors {
    verdict: Vec<f32>,
    negation: Vec<f32>,
    strong: Vec<f32>,
    weak: Vec<f32>,
    /// A word's own part, by word; made when first met.
    own: std::collections::BTreeMap<&'static str, Vec<f32>>,
}

impl WordVectors {
    pub(super) fn new(source: &mut Source) -> Self {
        let mut direction = || source.normals(TEXT_DIM, 0.6);
        let (verdict, negation, strong, weak) = (direction(), direction(), direction(), direction());
        Self { verdict, negation, strong, weak, own: std::collections::BTreeMap::new() }
    }

    /// The word vectors of a sentence, (steps, [`TEXT_DIM`]) row-major, with fresh noise on every number.
    pub(super) fn embed(&mut self, source: &mut Source, sentence: &Sentence) -> Vec<f32> {
        let mut rows = Vec::with_capacity(sentence.words.len() * TEXT_DIM);
        for &(word, role) in &sentence.words {
            let own = self.own.entry(word).or_insert_with(|| source.normals(TEXT_DIM, 0.35));
            let (scale, direction) = match role {
                Role::Filler => (0.0, &self.verdict),
                Role::Negation => (1.2, &self.negation),
                Role::Strong => (1.0, &self.strong),
                Role::Weak => (1.0, &self.weak),
                Role::Verdict(worth) => (1.5 * worth, &self.verdict),
            };
            rows.extend(own.iter().zip(direction).map(|(own, d)| own + scale * d + 0.35 * source.normal()));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_worth_what_they_say() {
        let mut source = Source::new(3);
        let mut negated = 0;
        for i in 0..2000 {
            let s = sentence(&mut source, i % 2 == 0, 0.5);
            assert!((1..=crate::dataset::demo::shape::TEXT_STEPS).contains(&s.words.len()), "{}", s.transcript);
            // The value worked out anew from the words.
            let (mut factor, mut values) = (1.0, Vec::new());
            for (_, role) in &s.words {
                match role {
                    Role::Filler => {}
                    Role::Negation => factor = -0.8,
                    Role::Strong => factor = 1.25,
                    Role::Weak => factor = 0.6,
                    Role::Verdict(worth) => values.push(std::mem::replace(&mut factor, 1.0) * worth),
                }
            }
            let value = values.iter().sum::<f32>() / values.len() as f32;
            assert!((value.clamp(-1.0, 1.0) - s.value).abs() < 1e-6, "{}: {} and {value}", s.transcript, s.value);
            let text: String = s.words.iter().map(|(word, _)| *word).collect();
            let kept: String = s.transcript.chars().filter(|c| !" ,.，。".contains(*c)).collect();
            assert_eq!(text.to_lowercase(), kept.to_lowercase());
            negated += usize::from(s.words.iter().any(|(_, role)| *role == Role::Negation));
        }
        assert!(negated > 800, "{negated}");
    }

    #[test]
    fn sentences_come_near_their_target() {
        let mut source = Source::new(4);
        let miss = (0..1000).map(|i| {
            let target = source.between(-0.8, 0.8);
            (sentence(&mut source, i % 3 == 0, target).value - target).abs()
        });
        assert!(miss.sum::<f32>() / 1000.0 < 0.15);
    }
}
