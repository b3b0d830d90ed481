//! The figure of a pane: asks where it shall go.

use super::say::say;
use crate::console::state::State;
use crate::console::state::overlay::Overlay;
use crate::report::figure::Request;
use crate::training::events::Level;

/// Asks for the file of a figure; `name` is proposed for it, below the run's own folder.
pub fn ask(state: &mut State, request: Request, name: &str) {
    let Some(run) = &state.run else { return say(state, Level::Info, "no run to draw a figure of") };
    let path = run.path.join("figures").join(format!("{name}.svg"));
    state.overlay = Some(Overlay::Figure { line: path.display().to_string().into(), request });
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use std::path::PathBuf;

    use super::*;
    use crate::console::fixture::*;
    use crate::console::state::effect::Effect;
    use crate::console::state::pane::Pane;
    use crate::console::update::focus::focus;
    use crate::report::figure;
    use crate::report::figure::XAxis;
    use crate::training::events::Stage;

    /// What is drawn after `P` and enter, and where.
    fn drawn(state: &mut State) -> (Request, String) {
        press(state, "P");
        match &key(state, KeyCode::Enter)[..] {
            [Effect::Draw { run, request, path }] => {
                assert_eq!(run, &PathBuf::from("/runs/2026-11-23-a"));
                (request.clone(), path.clone())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_figure_shows_what_its_pane_shows() {
        let mut state = attached(120, 36, finished());
        press(&mut state, "1vlx");
        let (request, path) = drawn(&mut state);
        let expected = Request {
            stage: Some(Stage::Contrastive),
            value: "contrastive".into(),
            log: true,
            x: XAxis::Time,
            smoothing: 0.6,
            ..Request::new(&figure::LOSSES)
        };
        assert_eq!((request, &*path), (expected, "/runs/2026-11-23-a/figures/contrastive-contrastive.svg"));
        focus(&mut state, Pane::Metrics);
        press(&mut state, "3");
        assert_eq!(drawn(&mut state).0, Request { stage: Some(Stage::Joint), ..Request::new(&figure::METRICS) });
        focus(&mut state, Pane::Labels);
        press(&mut state, "p");
        let (request, path) = drawn(&mut state);
        assert_eq!((request.what, request.split.name()), (&figure::LABELS, "valid"));
        assert!(path.ends_with("figures/labels-valid.svg"));
    }

    #[test]
    fn the_path_can_be_changed_and_has_to_end_well() {
        let mut state = attached(120, 36, finished());
        press(&mut state, "P");
        assert!(
            screen(&state).contains("figure (.svg or .png): /runs/2026-11-23-a/figures/loss-joint.svg"),
            "{}",
            screen(&state)
        );
        for _ in 0..3 {
            key(&mut state, KeyCode::Backspace);
        }
        assert_eq!(press(&mut state, "pdf"), []);
        assert_eq!(key(&mut state, KeyCode::Enter), []);
        assert!(state.notice.as_ref().unwrap().text.contains("ends in .svg or .png") && state.overlay.is_some());
        key(&mut state, KeyCode::Esc);
        assert!(state.overlay.is_none());
        let mut state = fresh(120, 36);
        focus(&mut state, Pane::Losses);
        press(&mut state, "P");
        assert!(state.overlay.is_none() && state.notice.is_some());
    }
}
