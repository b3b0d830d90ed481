//! Colours by role, from the terminal's own 16, and the last pass over a frame that makes it fit the terminal: without
//! colour where none is wanted, in ASCII where nothing else can be shown.
//!
//! Panes are written once, with Unicode and colour; [`finish`] translates. Every meaning is carried by a symbol, a word
//! or a place as well, never by colour alone.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

use crate::sanitise::is_harmless;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    pub colour: bool,
    pub unicode: bool,
}

impl Abilities {
    /// From the environment: `NO_COLOR` (any value but empty), `TERM`, and the character set of `LC_ALL`, `LC_CTYPE` or
    /// `LANG`, the first that is set. Where none is set (containers), UTF-8 is taken for granted except on terminals
    /// known to lack it. On Linux' own console only ASCII is sure to be in the font.
    pub fn detect(var: impl Fn(&str) -> Option<String>, ascii: bool) -> Self {
        let var = |name: &str| var(name).filter(|v| !v.is_empty());
        let term = var("TERM").unwrap_or_default();
        let bare = term == "dumb" || term.starts_with("vt");
        // The kernel's own console: its font of 256 or 512 signs has neither braille nor most of our symbols, whatever the
        // locale says.
        let console = term == "linux";
        let utf8 = match ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|n| var(n)) {
            Some(locale) => {
                let locale = locale.to_ascii_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            }
            None => !bare,
        };
        Self { colour: var("NO_COLOR").is_none() && !bare, unicode: utf8 && !console && !ascii }
    }
}

pub const PLAIN: Style = Style::new();
/// What stands back: frames, units, raw curves.
pub const FAINT: Style = Style::new().fg(Color::DarkGray);
pub const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// The frame and title of the pane that keys go to.
pub const FOCUS: Style = Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD);
pub const GOOD: Style = Style::new().fg(Color::Green);
pub const WARN: Style = Style::new().fg(Color::Yellow);
pub const BAD: Style = Style::new().fg(Color::LightRed).add_modifier(Modifier::BOLD);
pub const KEY: Style = Style::new().fg(Color::Cyan);
/// The selected row.
pub const SELECTED: Style = Style::new().add_modifier(Modifier::REVERSED);
pub const TRAIN: Style = Style::new().fg(Color::Cyan);
pub const VALID: Style = Style::new().fg(Color::LightYellow).add_modifier(Modifier::BOLD);
/// Curves of runs beside the attached one.
pub const BESIDE: [Style; 7] = [
    Style::new().fg(Color::LightGreen),
    Style::new().fg(Color::LightBlue),
    Style::new().fg(Color::LightRed),
    Style::new().fg(Color::LightMagenta),
    Style::new().fg(Color::Green),
    Style::new().fg(Color::Blue),
    Style::new().fg(Color::Yellow),
];
pub const MARK: Style = Style::new().fg(Color::Magenta);
pub const CURSOR: Style = Style::new().fg(Color::Gray);
/// Labels moved up and down.
pub const UP: Style = Style::new().fg(Color::Green);
pub const DOWN: Style = Style::new().fg(Color::LightRed);

/// One ASCII character for one narrow symbol of the panes.
fn ascii(c: char) -> char {
    match c {
        '─' | '━' | '═' | '–' | '—' | '┄' => '-',
        '│' | '┃' | '║' | '┊' => '|',
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '┏' | '┓' | '┗' | '┛' | '┣' | '┫' | '┳' | '┻' | '╋' => {
            '+'
        }
        '▸' | '▶' | '→' | '›' => '>',
        '◂' | '←' | '‹' => '<',
        '↑' | '▴' => '^',
        '↓' | '▾' => 'v',
        '✔' => '+',
        '✘' => 'x',
        '‖' => '=',
        '○' => 'o',
        '⊗' => '8',
        '●' => '*',
        '✎' => '"',
        'ŷ' => 'p',
        '★' => '*',
        '…' => '~',
        '·' => '.',
        '×' => 'x',
        '≤' => '<',
        '≥' => '>',
        '≈' => '~',
        'Δ' => 'd',
        '²' => '2',
        '°' => 'o',
        '█' | '▇' => '#',
        '▆' => '*',
        '▅' => '+',
        '▄' => '=',
        '▃' => '-',
        '▂' | '░' => '.',
        '▒' => ':',
        '▓' => '%',
        '±' => '~',
        '▁' => '_',
        // Braille dots by the half of the cell that they fill.
        '\u{2800}'..='\u{28ff}' => {
            let dots = c as u32 - 0x2800;
            match (dots & 0b0001_1011 != 0, dots & 0b1110_0100 != 0) {
                (false, false) => ' ',
                (true, false) => '\'',
                (false, true) => '.',
                (true, true) => ':',
            }
        }
        _ => '?',
    }
}

/// The last pass over a frame: translates symbols and strips colours as the terminal needs it, and stands guard once
/// more against characters that could do harm.
pub fn finish(buffer: &mut Buffer, abilities: Abilities) {
    let mut wide = 0;
    for cell in &mut buffer.content {
        if wide > 0 {
            // The second cell of a wide character that was replaced.
            cell.set_symbol("?");
            wide -= 1;
        } else if let [b' '..=b'~'] = cell.symbol().as_bytes() {
            // Most cells: nothing to translate.
        } else if !cell.symbol().is_ascii() {
            if !abilities.unicode {
                wide = cell.symbol().width().saturating_sub(1);
                let c = cell.symbol().chars().next().map_or('?', ascii);
                cell.set_char(c);
            } else if !cell.symbol().chars().all(is_harmless) {
                cell.set_symbol("?");
            }
        } else if cell.symbol().bytes().any(|b| b.is_ascii_control()) {
            cell.set_symbol("?");
        }
        if !abilities.colour {
            if cell.fg == Color::DarkGray {
                cell.modifier.insert(Modifier::DIM);
            }
            cell.fg = Color::Reset;
            cell.bg = Color::Reset;
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    fn detect(vars: &[(&str, &str)], ascii: bool) -> (bool, bool) {
        let find = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let a = Abilities::detect(find, ascii);
        (a.colour, a.unicode)
    }

    #[test]
    fn the_environment_decides() {
        assert_eq!(detect(&[("TERM", "xterm"), ("LANG", "en_US.UTF-8")], false), (true, true));
        assert_eq!(detect(&[("TERM", "xterm"), ("LANG", "C")], false), (true, false));
        assert_eq!(detect(&[("LC_ALL", "C.utf8"), ("LANG", "C")], false), (true, true));
        assert_eq!(detect(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], false), (false, true));
        assert_eq!(detect(&[("NO_COLOR", "")], false), (true, true));
        assert_eq!(detect(&[("TERM", "linux")], false), (true, false));
        assert_eq!(
            detect(&[("TERM", "linux"), ("LANG", "en_US.UTF-8")], false),
            (true, false),
            "no braille in its font"
        );
        assert_eq!(detect(&[("TERM", "vt100"), ("LANG", "en_US.UTF-8")], false), (false, true));
        assert_eq!(detect(&[("TERM", "vt100")], false), (false, false));
        for term in ["screen", "tmux-256color", "xterm-256color", "somethingnew"] {
            assert_eq!(detect(&[("TERM", term), ("LC_ALL", "C.UTF-8")], false), (true, true), "{term}");
        }
        assert_eq!(detect(&[("LANG", "de_DE.UTF-8")], true), (true, false));
    }

    #[test]
    fn ascii_keeps_every_width() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 14, 1));
        buffer.set_string(0, 0, "│✔ 电影…⠁⡇x", FAINT);
        finish(&mut buffer, Abilities { colour: false, unicode: false });
        let text: String = buffer.content.iter().map(|c| c.symbol()).collect();
        assert_eq!(text, "|+ ????~':x   ");
        assert!(buffer.content[0].modifier.contains(Modifier::DIM) && buffer.content[0].fg == Color::Reset);
    }

    #[test]
    fn a_dangerous_cell_is_defused() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        buffer.content[0].set_symbol("\u{1b}");
        buffer.content[1].set_symbol("\u{202e}");
        finish(&mut buffer, Abilities { colour: true, unicode: true });
        assert_eq!(buffer.content.iter().map(|c| c.symbol()).collect::<String>(), "?? ");
    }
}
