//! From the SVG of a figure to a PNG, with the font that the program carries; the system's fonts serve for what it lacks.

use std::collections::BTreeSet;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, FontResolver, fontdb};

use super::error::FigureError;

/// DejaVu Sans; its licence lies beside it.
const FONT: &[u8] = include_bytes!("../../../assets/fonts/DejaVuSans.ttf");
/// The most pixels of a picture: 400 MB while it is drawn.
const PIXELS: f64 = 1e8;

/// A picture, and the characters of its words that no font on this machine has: they are drawn as �.
#[derive(Debug)]
pub struct Picture {
    pub bytes: Vec<u8>,
    pub missing: BTreeSet<char>,
}

/// The picture of an SVG document with `scale` pixels to each of its px.
///
/// # Errors
/// More than a hundred million pixels, or a document that cannot be drawn.
pub fn png(svg: &str, scale: f64) -> Result<Picture, FigureError> {
    // Looked through only where they are needed: there can be thousands.
    draw(svg, scale, fontdb::Database::load_system_fonts)
}

/// As [`png`]; `more` loads the fonts that serve for what the program's own lacks.
fn draw(svg: &str, scale: f64, more: impl FnOnce(&mut fontdb::Database)) -> Result<Picture, FigureError> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(FONT.to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    let mut missing = lacking(&fonts, words(svg));
    if !missing.is_empty() {
        more(&mut fonts);
        missing = lacking(&fonts, missing);
    }
    // Where one character of a text has no font, the library would not look for the others' any more.
    let svg = match missing.is_empty() {
        true => svg.to_owned(),
        false => svg.replace(|c| missing.contains(&c), "\u{fffd}"),
    };
    let options = usvg::Options { fontdb: Arc::new(fonts), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(&svg, &options).map_err(|e| FigureError::Drawing(e.to_string()))?;
    let pixels = |length: f32| (f64::from(length) * scale).round();
    let (width, height) = (pixels(tree.size().width()), pixels(tree.size().height()));
    let most = f64::from(u16::MAX);
    if !(width >= 1.0 && height >= 1.0 && width <= most && height <= most && width * height <= PIXELS) {
        return Err(FigureError::Pixels { width, height });
    }
    let mut picture = Pixmap::new(width as u32, height as u32).ok_or(FigureError::Pixels { width, height })?;
    resvg::render(&tree, Transform::from_scale(scale as f32, scale as f32), &mut picture.as_mut());
    let bytes = picture.encode_png().map_err(|e| FigureError::Drawing(e.to_string()))?;
    Ok(Picture { bytes, missing })
}

/// The characters of a document's words that are not ASCII; its markup is.
fn words(svg: &str) -> BTreeSet<char> {
    let drawn = svg.split_once("</desc>").map_or(svg, |(_, drawn)| drawn);
    drawn.chars().filter(|c| !c.is_ascii() && !c.is_whitespace()).collect()
}

/// Those of some characters that no font has.
fn lacking(fonts: &fontdb::Database, characters: BTreeSet<char>) -> BTreeSet<char> {
    // The library looks for a font beside one that lacks the character, as it does when it sets the words. So the
    // program's own font is there twice.
    let mut twice = fonts.clone();
    twice.load_font_data(FONT.to_vec());
    let Some(own) = twice.faces().next().map(|face| face.id) else { return characters };
    let (select, mut fonts) = (FontResolver::default_fallback_selector(), Arc::new(twice));
    characters.into_iter().filter(|c| select(*c, &[own], &mut fonts).is_none()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dark(svg: &str) -> usize {
        let Picture { bytes, missing } = png(svg, 2.0).unwrap();
        assert!(missing.is_empty());
        let picture = Pixmap::decode_png(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (200, 100));
        picture.pixels().iter().filter(|p| p.alpha() > 0 && p.red() < 100).count()
    }

    #[test]
    fn text_is_set_in_the_embedded_font() {
        let text = |family: &str| {
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"50\"><text x=\"5\" y=\"30\" \
                 font-size=\"20\" font-family=\"{family}\">Δ loss</text></svg>"
            )
        };
        let own = dark(&text("DejaVu Sans, sans-serif"));
        assert!(own > 200, "{own} dark pixels");
        assert_eq!(dark(&text("no such font, sans-serif")), own);
    }

    /// The embedded font with 情 in place of a character of its own.
    fn with_a_chinese_character() -> Vec<u8> {
        let mut font = FONT.to_vec();
        let long = |font: &[u8], at: usize| u32::from_be_bytes(font[at..at + 4].try_into().unwrap()) as usize;
        let short = |font: &[u8], at: usize| usize::from(u16::from_be_bytes(font[at..at + 2].try_into().unwrap()));
        let cmap =
            (0..).map(|i| 12 + 16 * i).find(|at| font[*at..at + 4] == *b"cmap").map(|at| long(&font, at + 8)).unwrap();
        let tables = (0..short(&font, cmap + 2)).map(|i| cmap + long(&font, cmap + 8 + 8 * i));
        let groups = tables.into_iter().find(|at| short(&font, *at) == 12).unwrap();
        let group = (0..long(&font, groups + 12)).map(|i| groups + 16 + 12 * i);
        // The groups stay in order.
        let next = group.into_iter().find(|at| long(&font, *at) > '情' as usize).unwrap();
        let code = ('情' as u32).to_be_bytes();
        font[next..next + 4].copy_from_slice(&code);
        font[next + 4..next + 8].copy_from_slice(&code);
        font
    }

    #[test]
    fn what_the_embedded_font_lacks_is_taken_from_others_or_told() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"50\"><desc>電</desc><text x=\"5\" \
                   y=\"30\" font-size=\"20\" font-family=\"DejaVu Sans\">Δ 情感</text></svg>";
        let missing = |picture: &Picture| picture.missing.iter().collect::<String>();
        let none = draw(svg, 2.0, |_| {}).unwrap();
        assert_eq!(missing(&none), "情感");
        let font = with_a_chinese_character();
        let one = draw(svg, 2.0, |fonts| fonts.load_font_data(font)).unwrap();
        assert_eq!(missing(&one), "感");
        assert_ne!(one.bytes, none.bytes, "drawn, though the one beside it cannot be");
        // What the embedded font has needs no other.
        draw(&svg.replace("情感", "loss"), 2.0, |_| panic!("fonts are looked for")).unwrap();
    }

    #[test]
    fn absurd_sizes_are_refused() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10000\" height=\"10000\"/>";
        assert!(matches!(png(svg, 2.0), Err(FigureError::Pixels { .. })));
        assert!(png("<svg", 1.0).is_err());
    }
}
