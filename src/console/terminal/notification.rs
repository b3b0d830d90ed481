//! Telling whoever sits at the terminal, over SSH and inside tmux too: the bell, and the escape sequence with which a terminal
//! shows a notification on its desktop.
//!
//! There are three, and no terminal says which it has: it is guessed from the variables that terminals set. Sent is one only,
//! since those that know several would show as many. Inside tmux it is wrapped so that tmux passes it on, which it does where
//! `allow-passthrough` is on; the bell it passes on in any case.

use crate::notify::Terminal;
use crate::sanitise;

/// How this terminal is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notifier {
    /// Never [`Terminal::Auto`].
    form: Terminal,
    tmux: bool,
}

/// The longest text in characters; terminals cut longer ones.
const LONGEST: usize = 200;

impl Notifier {
    /// As a person asked for it; where they leave it to the program, by the terminal's variables.
    pub fn new(asked: Terminal, var: impl Fn(&str) -> Option<String>) -> Notifier {
        let there = |name: &str| var(name).is_some_and(|v| !v.is_empty());
        let form = match asked {
            Terminal::Auto => detect(&there, &var),
            asked => asked,
        };
        Notifier { form, tmux: there("TMUX") }
    }

    /// The bytes that tell a text; none where nobody wants to be told.
    pub fn bytes(self, title: &str, text: &str) -> Vec<u8> {
        // A semicolon parts the fields of a sequence.
        let plain = |text: &str| sanitise::clean(text).replace(';', ",").chars().take(LONGEST).collect::<String>();
        let (title, text) = (plain(title), plain(text));
        let sequence = match self.form {
            Terminal::Off => return Vec::new(),
            Terminal::Auto | Terminal::Bell => String::new(),
            Terminal::Osc9 => format!("\x1b]9;{title}: {text}\x1b\\"),
            Terminal::Osc777 => format!("\x1b]777;notify;{title};{text}\x1b\\"),
            Terminal::Osc99 => {
                format!("\x1b]99;i=mug:d=0:p=title;{title}\x1b\\\x1b]99;i=mug:d=1:p=body;{text}\x1b\\")
            }
        };
        let sequence = match (self.tmux, sequence.is_empty()) {
            (true, false) => format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")),
            _ => sequence,
        };
        format!("\x07{sequence}").into_bytes()
    }
}

/// The sequence of the terminal that the variables tell of. Inside tmux they are those of the terminal that it was begun in.
fn detect(there: &dyn Fn(&str) -> bool, var: &dyn Fn(&str) -> Option<String>) -> Terminal {
    let term = var("TERM").unwrap_or_default();
    let program = var("TERM_PROGRAM").unwrap_or_default().to_ascii_lowercase();
    if there("KITTY_WINDOW_ID") || term.contains("kitty") {
        Terminal::Osc99
    } else if term.starts_with("foot") || term.starts_with("rxvt") || term.contains("ghostty") || program == "ghostty" {
        Terminal::Osc777
    } else if there("VTE_VERSION") {
        // GNOME's terminals know it where their distribution has patched it in, and pass over it elsewhere.
        Terminal::Osc777
    } else if matches!(term.as_str(), "linux" | "dumb" | "") {
        Terminal::Bell
    } else {
        // iTerm2, WezTerm, ConEmu and most others; those that do not know it pass over it.
        Terminal::Osc9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(asked: Terminal, variables: &[(&str, &str)]) -> Notifier {
        Notifier::new(asked, |name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn the_terminal_is_guessed_from_its_variables() {
        for (variables, form) in [
            (&[("TERM", "xterm-kitty")][..], Terminal::Osc99),
            (&[("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1")], Terminal::Osc99),
            (&[("TERM", "foot")], Terminal::Osc777),
            (&[("TERM", "xterm-256color"), ("VTE_VERSION", "7600")], Terminal::Osc777),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], Terminal::Osc9),
            (&[("TERM", "xterm-256color")], Terminal::Osc9),
            (&[("TERM", "linux")], Terminal::Bell),
        ] {
            assert_eq!(of(Terminal::Auto, variables).form, form, "{variables:?}");
        }
        assert_eq!(of(Terminal::Bell, &[("TERM", "xterm-kitty")]).form, Terminal::Bell);
    }

    #[test]
    fn each_form_has_its_bytes() {
        let bytes = |asked, variables: &[(&str, &str)]| {
            String::from_utf8(of(asked, variables).bytes("mug", "run a; is\u{1b}[2J done")).unwrap()
        };
        assert_eq!(bytes(Terminal::Off, &[]), "");
        assert_eq!(bytes(Terminal::Bell, &[("TMUX", "/tmp/x,1,0")]), "\x07");
        let shown = sanitise::clean("run a, is\u{1b}[2J done");
        assert!(!shown.contains('\x1b'));
        assert_eq!(bytes(Terminal::Osc9, &[]), format!("\x07\x1b]9;mug: {shown}\x1b\\"));
        assert_eq!(bytes(Terminal::Osc777, &[]), format!("\x07\x1b]777;notify;mug;{shown}\x1b\\"));
        assert!(bytes(Terminal::Osc99, &[]).contains(&format!("p=body;{shown}\x1b\\")));
        let wrapped = bytes(Terminal::Osc9, &[("TMUX", "/tmp/x,1,0")]);
        assert_eq!(wrapped, format!("\x07\x1bPtmux;\x1b\x1b]9;mug: {shown}\x1b\x1b\\\x1b\\"));
        assert!(of(Terminal::Osc9, &[]).bytes("mug", &"电".repeat(10_000)).len() < 1000);
    }
}
