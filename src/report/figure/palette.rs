//! Colours, dashes and markers that stay apart for the colour-blind and in grey.
//!
//! The colours are Okabe and Ito's. No meaning hangs on a colour alone: each series has its own dash and marker too.

/// Red, green, blue.
pub type Colour = (u8, u8, u8);

pub const BLACK: Colour = (0, 0, 0);
pub const BLUE: Colour = (0, 114, 178);
pub const VERMILLION: Colour = (213, 94, 0);
pub const GREEN: Colour = (0, 158, 115);
pub const PURPLE: Colour = (204, 121, 167);
pub const ORANGE: Colour = (230, 159, 0);
pub const SKY: Colour = (86, 180, 233);
/// Text and axes: softer than black on paper and screen.
pub const INK: Colour = (38, 38, 38);
/// Grid lines.
pub const FAINT: Colour = (225, 225, 225);
/// Marks that stand behind the data.
pub const GREY: Colour = (120, 120, 120);

/// How a line is drawn; widths and dashes in px (1/96 inch).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    pub colour: Colour,
    pub width: f64,
    /// Lengths of dash and gap; `None`: solid.
    pub dash: Option<(f64, f64)>,
    /// In [0, 1].
    pub opacity: f64,
}

impl Stroke {
    /// A solid line.
    pub const fn solid(colour: Colour, width: f64) -> Self {
        Self { colour, width, dash: None, opacity: 1.0 }
    }

    /// A dashed line.
    pub const fn dashed(colour: Colour, width: f64, dash: f64, gap: f64) -> Self {
        Self { colour, width, dash: Some((dash, gap)), opacity: 1.0 }
    }

    /// The same line, fainter.
    pub const fn faded(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    Disc,
    /// A disc with a white inside.
    Ring,
    Square,
    Diamond,
    Triangle,
    Cross,
    Star,
}

/// A series' looks: colour, dash and marker, no two alike in any of the three.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub stroke: Stroke,
    pub marker: Marker,
}

/// The looks of the series of one panel, in order; they repeat after the last.
pub fn look(i: usize) -> Look {
    const LOOKS: [Look; 6] = [
        Look { stroke: Stroke::solid(BLUE, 1.4), marker: Marker::Disc },
        Look { stroke: Stroke::dashed(VERMILLION, 1.4, 5.0, 2.5), marker: Marker::Square },
        Look { stroke: Stroke::dashed(GREEN, 1.4, 1.6, 1.8), marker: Marker::Triangle },
        Look { stroke: Stroke::dashed(PURPLE, 1.4, 8.0, 3.0), marker: Marker::Diamond },
        Look { stroke: Stroke::dashed(BLACK, 1.2, 3.0, 3.0), marker: Marker::Cross },
        Look { stroke: Stroke::dashed(ORANGE, 1.4, 5.0, 1.2), marker: Marker::Ring },
    ];
    LOOKS[i % LOOKS.len()]
}

/// Counts and densities: `share` in [0, 1] from a pale to a dark blue whose lightness falls all the way, so that it reads
/// in grey.
pub fn ramp(share: f64) -> Colour {
    const STOPS: [(f64, f64, f64); 4] =
        [(222.0, 235.0, 247.0), (133.0, 188.0, 220.0), (33.0, 113.0, 181.0), (8.0, 29.0, 88.0)];
    blend(&STOPS, share)
}

/// Signed values: `share` in [0, 1] from vermillion over a pale grey to blue; the ends differ in lightness, too.
pub fn diverging(share: f64) -> Colour {
    const STOPS: [(f64, f64, f64); 3] = [(213.0, 94.0, 0.0), (225.0, 225.0, 225.0), (0.0, 68.0, 136.0)];
    blend(&STOPS, share)
}

fn blend(stops: &[(f64, f64, f64)], share: f64) -> Colour {
    let at = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 } * (stops.len() - 1) as f64;
    let i = (at as usize).min(stops.len() - 2);
    let (a, b, t) = (stops[i], stops[i + 1], at - i as f64);
    let mix = |a: f64, b: f64| (a + (b - a) * t).round() as u8;
    (mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// How light a colour looks in grey, 0 to 255 (Rec. 709 weights).
pub fn lightness(colour: Colour) -> f64 {
    0.2126 * f64::from(colour.0) + 0.7152 * f64::from(colour.1) + 0.0722 * f64::from(colour.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_differ_without_colour() {
        for i in 0..6 {
            for j in 0..i {
                assert_ne!(look(i).marker, look(j).marker);
                assert_ne!(look(i).stroke.dash, look(j).stroke.dash);
            }
        }
        assert_eq!(look(6), look(0));
    }

    #[test]
    fn the_ramp_darkens_all_the_way() {
        let greys: Vec<f64> = (0..=20).map(|i| lightness(ramp(f64::from(i) / 20.0))).collect();
        assert!(greys.windows(2).all(|w| w[0] > w[1]), "{greys:?}");
        assert_eq!(ramp(f64::NAN), ramp(0.0));
        assert!((lightness(diverging(0.0)) - lightness(diverging(1.0))).abs() > 40.0);
    }
}
