//! By what points are told apart: what they are, or what is known of their clip.

use super::{Item, Kind};
use crate::split::Split;

/// Share of H within which a label counts as neutral.
pub const NEUTRAL: f32 = 0.1;

/// What the colour of a point says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colouring {
    /// h or z.
    #[default]
    Kind,
    /// The sign of y.
    Label,
    Modality,
    Split,
}

/// What is known of a point's clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clip {
    /// The multimodal label y; NaN where there is none.
    pub label: f32,
    pub split: Option<Split>,
}

impl Colouring {
    /// In the order of the key that walks through them.
    pub const ALL: [Colouring; 4] = [Colouring::Kind, Colouring::Label, Colouring::Modality, Colouring::Split];

    pub fn name(self) -> &'static str {
        match self {
            Colouring::Kind => "kind",
            Colouring::Label => "label",
            Colouring::Modality => "modality",
            Colouring::Split => "split",
        }
    }

    /// The groups' names.
    pub fn groups(self) -> &'static [&'static str] {
        match self {
            Colouring::Kind => &["h", "z"],
            Colouring::Label => &["negative", "neutral", "positive"],
            Colouring::Modality => &["text", "audio", "vision"],
            Colouring::Split => &["train", "valid", "test"],
        }
    }

    /// The group of a point, a position in [`groups`](Self::groups); `None` where it is not known. `range`: H.
    pub fn group(self, item: Item, clip: Clip, range: f32) -> Option<usize> {
        match self {
            Colouring::Kind => Some(usize::from(item.kind == Kind::Z)),
            Colouring::Modality => Some(item.modality as usize),
            Colouring::Split => clip.split.map(|s| s as usize),
            Colouring::Label if clip.label.is_nan() => None,
            Colouring::Label if clip.label.abs() <= NEUTRAL * range => Some(1),
            Colouring::Label => Some(if clip.label < 0.0 { 0 } else { 2 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modality::Modality;

    #[test]
    fn every_point_has_the_group_that_its_name_says() {
        let item = Item { row: 0, kind: Kind::Z, modality: Modality::Vision };
        let name = |c: Colouring, label: f32| {
            let clip = Clip { label, split: Some(Split::Test) };
            c.group(item, clip, 3.0).map(|g| c.groups()[g])
        };
        assert_eq!(Colouring::ALL.map(|c| name(c, -0.4)), [Some("z"), Some("negative"), Some("vision"), Some("test")]);
        assert_eq!(
            [-0.2, 0.3, 3.0].map(|y| name(Colouring::Label, y)),
            [Some("neutral"), Some("neutral"), Some("positive")]
        );
        assert_eq!(name(Colouring::Label, f32::NAN), None);
        let unknown = Clip { label: 0.0, split: None };
        assert_eq!(Colouring::Split.group(item, unknown, 1.0), None);
    }
}
