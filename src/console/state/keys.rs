//! The one table of keys: what every key does, where, and what it is called. Key handling, the `?` screen, the footer's
//! hints and the README's table are all read from it. A pane's own keys stand in its file; those of any pane here.

use std::borrow::Cow;
use std::sync::LazyLock;

use crossterm::event::{KeyCode, KeyEvent};

use super::action::{Action, Binding, Key, bind};
use super::pane::{Pane, panes};
use super::spec::{Slot, Spec};

macro_rules! specs {
    ($($name:ident $module:ident,)*) => {
        /// What a pane says of itself.
        pub fn spec(pane: Pane) -> &'static Spec {
            match pane {
                $(Pane::$name => &super::$module::PANE,)*
            }
        }
    };
}
panes!(specs);

/// The panes that share the lower slot, in the order of their tabs.
pub static LOWER: LazyLock<Vec<Pane>> = LazyLock::new(|| {
    let lower = |p: &Pane| matches!(spec(*p).slot, Slot::Lower { .. });
    Pane::ALL.into_iter().filter(lower).collect()
});

/// Keys of any pane that stand before those that show a pane.
const RUN: &[Binding] = &[
    bind(
        Action::Card,
        &[Key::char('i')],
        "result",
        "result card of the run (in Runs: the selected one): test figures, labels, health, how stages ended",
    ),
    bind(Action::Run, &[Key::char(' ')], "start/pause", "start training; pause; resume"),
    bind(
        Action::StopAfterEpoch,
        &[Key::char('s')],
        "stop after epoch",
        "end the stage after this epoch and go on with the next (asks first); again: take it back",
    ),
    bind(Action::Checkpoint, &[Key::char('c')], "", "write a checkpoint now"),
    bind(Action::RestartStage, &[Key::char('R')], "", "throw the stage's progress away and begin it anew (asks first)"),
    bind(
        Action::ContinueStage,
        &[Key::char('M')],
        "",
        "more epochs: go on with a stage that was ended early (asks first)",
    ),
    bind(
        Action::SetSetting,
        &[Key::char('E')],
        "",
        "change a setting for the rest of the run: learning rates, epochs, patience, weights of losses",
    ),
    bind(Action::StopRun, &[Key::char('S'), Key::char('X')], "", "end the run; it can be resumed (asks first)"),
    bind(Action::Tab(0), &[Key::char('1')], "", "losses and metrics of the contrastive stage"),
    bind(Action::Tab(1), &[Key::char('2')], "", "losses and metrics of the denoising stage"),
    bind(Action::Tab(2), &[Key::char('3')], "", "losses and metrics of the joint stage"),
];

/// Keys of any pane that stand after them.
const SCREEN: &[Binding] = &[
    bind(Action::NextPane, &[Key::code(KeyCode::Tab)], "pane", "next pane"),
    bind(Action::PreviousPane, &[Key::code(KeyCode::BackTab)], "", "previous pane"),
    bind(Action::Zoom, &[Key::char('z')], "zoom", "the pane alone on the whole screen, and back"),
    bind(Action::Up, &[Key::char('k'), Key::code(KeyCode::Up)], "", "up"),
    bind(Action::Down, &[Key::char('j'), Key::code(KeyCode::Down)], "", "down"),
    bind(Action::PageUp, &[Key::code(KeyCode::PageUp), Key::control('b')], "", "a page up"),
    bind(Action::PageDown, &[Key::code(KeyCode::PageDown), Key::control('f')], "", "a page down"),
    bind(Action::First, &[Key::char('g'), Key::code(KeyCode::Home)], "", "to the first row"),
    bind(Action::Last, &[Key::char('G'), Key::code(KeyCode::End)], "", "to the last row"),
    bind(Action::Close, &[Key::code(KeyCode::Esc)], "", "close what is open; clear crosshair, filter or zoom"),
    bind(Action::Mouse, &[Key::char('m')], "", "mouse on or off: click for focus, wheel to scroll"),
    bind(Action::Redraw, &[Key::control('l')], "", "draw the screen anew"),
    bind(Action::Suspend, &[Key::control('z')], "", "to the shell; `fg` comes back"),
    bind(Action::Help, &[Key::char('?'), Key::code(KeyCode::F(1))], "help", "this list"),
    bind(Action::Leave, &[Key::char('q'), Key::control('c')], "leave", "leave; the run goes on without the console"),
];

/// The keys of the lower slot's panes: the digits after those of the three stages, 0 at last.
fn show_lower() -> impl Iterator<Item = Binding> {
    ('4'..='9').chain(['0']).zip(LOWER.iter()).filter_map(|(digit, pane)| {
        let Slot::Lower { shows, also } = spec(*pane).slot else { return None };
        let keys = std::iter::once(Key::char(digit)).chain(also.iter().copied()).collect();
        Some(Binding { keys: Cow::Owned(keys), ..bind(Action::Show(*pane), &[], "", shows) })
    })
}

/// All bindings. A pane's own come before those of any pane, and win.
pub static BINDINGS: LazyLock<Vec<Binding>> = LazyLock::new(|| {
    let own = |pane: Pane| spec(pane).bindings.iter().map(move |b| Binding { pane: Some(pane), ..b.clone() });
    let any = RUN.iter().cloned().chain(show_lower()).chain(SCREEN.iter().cloned());
    Pane::ALL.into_iter().flat_map(own).chain(any).collect()
});

/// All that keys do on a screen that has no room for panes: nothing may happen that cannot be seen.
pub const WITHOUT_PANES: [Action; 5] = [Action::Run, Action::Help, Action::Leave, Action::Redraw, Action::Suspend];

/// What a key asks for while `pane` has the focus.
pub fn find(event: &KeyEvent, pane: Pane) -> Option<Action> {
    let hit = |b: &&Binding| b.keys.iter().any(|k| k.matches(event));
    let own = BINDINGS.iter().filter(|b| b.pane == Some(pane)).find(hit);
    own.or_else(|| BINDINGS.iter().filter(|b| b.pane.is_none()).find(hit)).map(|b| b.action)
}

/// The bindings that work while `pane` has the focus, its own first.
pub fn for_pane(pane: Pane) -> impl Iterator<Item = &'static Binding> {
    let own = BINDINGS.iter().filter(move |b| b.pane == Some(pane));
    own.chain(BINDINGS.iter().filter(|b| b.pane.is_none()))
}

/// The key that gives a pane its place and the focus; empty where none does.
pub fn key_of_pane(pane: Pane) -> String {
    let binding = BINDINGS.iter().find(|b| b.action == Action::Show(pane));
    binding.and_then(|b| b.keys.first()).map(|k| k.name()).unwrap_or_default()
}

/// The names of a binding's keys, for example `k, ↑`.
pub fn key_names(binding: &Binding) -> String {
    binding.keys.iter().map(|k| k.name()).collect::<Vec<_>>().join(", ")
}

/// The table of keys as it stands in README.md.
pub fn readme_table() -> String {
    let mut table = String::from("| pane | keys | what they do |\n|---|---|---|\n");
    let panes = std::iter::once(None).chain(Pane::ALL.into_iter().map(Some));
    for pane in panes {
        for b in BINDINGS.iter().filter(|b| b.pane == pane) {
            let place = pane.map_or("any", Pane::title);
            let keys: Vec<String> = b.keys.iter().map(|k| format!("`{}`", k.name())).collect();
            table += &format!("| {place} | {} | {} |\n", keys.join(" "), b.help.replace('|', "\\|"));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyModifiers;

    use super::*;

    fn event(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)
    }

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for (i, a) in BINDINGS.iter().enumerate() {
            for b in &BINDINGS[i + 1..] {
                let shared = a.keys.iter().find(|k| b.keys.contains(k));
                assert!(a.pane != b.pane || shared.is_none(), "{shared:?}: {a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn keys_that_control_the_run_mean_the_same_in_every_pane() {
        for pane in Pane::ALL {
            for (c, action) in
                [(' ', Action::Run), ('s', Action::StopAfterEpoch), ('q', Action::Leave), ('S', Action::StopRun)]
            {
                assert_eq!(find(&event(c), pane), Some(action), "{c} in {pane:?}");
            }
        }
    }

    #[test]
    fn a_panes_own_key_wins_and_modifiers_count() {
        assert_eq!(find(&event('l'), Pane::Losses), Some(Action::LogScale));
        assert_eq!(find(&event('l'), Pane::Log), None);
        let control = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        assert_eq!(find(&control('l'), Pane::Losses), Some(Action::Redraw));
        assert_eq!(find(&control('q'), Pane::Losses), None);
        assert_eq!(find(&KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT), Pane::Log), None);
    }

    #[test]
    fn every_binding_is_named_and_in_the_readme_table() {
        let table = readme_table();
        for b in BINDINGS.iter() {
            assert!(!b.help.is_empty() && !b.keys.is_empty(), "{b:?}");
            assert!(table.contains(&b.help.replace('|', "\\|")), "{b:?}");
        }
        assert_eq!(table.lines().count(), BINDINGS.len() + 2);
        assert!(table.contains("| any | `space` | start training; pause; resume |"));
        assert!(table.contains("`shift-tab`") && table.contains("`ctrl-L`") && table.contains("`page up`"));
    }
}
