//! The three modalities and values kept once for each ([the method](crate::book::method), notation).

use std::fmt;
use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

/// One of the three input channels of a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    Text,
    Audio,
    Vision,
}

impl Modality {
    /// All modalities, in the order in which the field writes them.
    pub const ALL: [Modality; 3] = [Modality::Text, Modality::Audio, Modality::Vision];

    /// The name used in files, settings and JSON keys.
    pub fn name(self) -> &'static str {
        match self {
            Modality::Text => "text",
            Modality::Audio => "audio",
            Modality::Vision => "vision",
        }
    }

    /// The single letter used in narrow table headings.
    pub fn letter(self) -> char {
        match self {
            Modality::Text => 'T',
            Modality::Audio => 'A',
            Modality::Vision => 'V',
        }
    }
}

impl fmt::Display for Modality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One value for each modality; indexed by [`Modality`], serialised with the modalities' names as keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerModality<T> {
    pub text: T,
    pub audio: T,
    pub vision: T,
}

impl<T> PerModality<T> {
    /// Calls `f` once for each modality, in the order text, audio, vision.
    pub fn from_fn(mut f: impl FnMut(Modality) -> T) -> Self {
        Self { text: f(Modality::Text), audio: f(Modality::Audio), vision: f(Modality::Vision) }
    }

    /// As [`from_fn`](Self::from_fn), stopping at the first error.
    pub fn try_from_fn<E>(mut f: impl FnMut(Modality) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self { text: f(Modality::Text)?, audio: f(Modality::Audio)?, vision: f(Modality::Vision)? })
    }

    /// The three values with their modality, in the order text, audio, vision.
    pub fn iter(&self) -> impl Iterator<Item = (Modality, &T)> {
        Modality::ALL.into_iter().map(move |m| (m, &self[m]))
    }

    /// A new set of values, each made from this one's.
    pub fn map<U>(&self, mut f: impl FnMut(Modality, &T) -> U) -> PerModality<U> {
        PerModality::from_fn(|m| f(m, &self[m]))
    }
}

impl<T> PerModality<Option<T>> {
    /// The values that are there, with their modality.
    pub fn known(&self) -> impl Iterator<Item = (Modality, &T)> {
        self.iter().filter_map(|(m, value)| value.as_ref().map(|value| (m, value)))
    }
}

impl<T> Index<Modality> for PerModality<T> {
    type Output = T;

    fn index(&self, m: Modality) -> &T {
        match m {
            Modality::Text => &self.text,
            Modality::Audio => &self.audio,
            Modality::Vision => &self.vision,
        }
    }
}

impl<T> IndexMut<Modality> for PerModality<T> {
    fn index_mut(&mut self, m: Modality) -> &mut T {
        match m {
            Modality::Text => &mut self.text,
            Modality::Audio => &mut self.audio,
            Modality::Vision => &mut self.vision,
        }
    }
}
