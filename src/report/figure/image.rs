//! From the SVG of a figure to a PNG, with the font that the program carries.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};

use super::FigureError;

/// DejaVu Sans; its licence lies beside it.
const FONT: &[u8] = include_bytes!("../../../assets/fonts/DejaVuSans.ttf");
/// The most pixels of a picture: 400 MB while it is drawn.
const PIXELS: f64 = 1e8;

/// The picture of an SVG document with `scale` pixels to each of its px.
///
/// # Errors
/// More than a hundred million pixels, or a document that cannot be drawn.
pub fn png(svg: &str, scale: f64) -> Result<Vec<u8>, FigureError> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(FONT.to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    let options = usvg::Options { fontdb: Arc::new(fonts), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|e| FigureError::Drawing(e.to_string()))?;
    let pixels = |length: f32| (f64::from(length) * scale).round();
    let (width, height) = (pixels(tree.size().width()), pixels(tree.size().height()));
    let most = f64::from(u16::MAX);
    if !(width >= 1.0 && height >= 1.0 && width <= most && height <= most && width * height <= PIXELS) {
        return Err(FigureError::Pixels { width, height });
    }
    let mut picture = Pixmap::new(width as u32, height as u32).ok_or(FigureError::Pixels { width, height })?;
    resvg::render(&tree, Transform::from_scale(scale as f32, scale as f32), &mut picture.as_mut());
    picture.encode_png().map_err(|e| FigureError::Drawing(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dark(svg: &str) -> usize {
        let bytes = png(svg, 2.0).unwrap();
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

    #[test]
    fn absurd_sizes_are_refused() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10000\" height=\"10000\"/>";
        assert!(matches!(png(svg, 2.0), Err(FigureError::Pixels { .. })));
        assert!(png("<svg", 1.0).is_err());
    }
}
