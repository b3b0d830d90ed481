//! The figure of a pane: asks where it shall go, and has it drawn.

use std::path::{Path, PathBuf};

use super::state::{Overlay, Pane, State, WEIGHTS};
use super::update::say;
use crate::report::figure::{self, Request};
use crate::run::FileError;
use crate::run::directory::RunDir;
use crate::training::events::{Level, Stage};

/// Pixels to the px of a PNG.
const SCALE: f64 = 3.0;

/// Asks for the file of a figure that shows what the focused pane shows.
pub fn ask(state: &mut State) {
    let Some(run) = &state.run else { return say(state, Level::Info, "no run to draw a figure of") };
    let stage = state.shown_stage();
    let losses = &state.losses;
    let (request, name) = match state.focus {
        Pane::Labels => {
            let split = state.labels.summary;
            (Request { split, ..Request::new(&figure::LABELS) }, format!("labels-{split}"))
        }
        // The denoising stage has none of its own.
        Pane::Metrics if stage == Stage::Denoising => (Request::new(&figure::METRICS), "metrics".into()),
        Pane::Metrics => (Request { stage: Some(stage), ..Request::new(&figure::METRICS) }, format!("metrics-{stage}")),
        _ => {
            let request = Request {
                stage: Some(stage),
                value: losses.scalar.clone(),
                log: losses.log,
                x: losses.x,
                smoothing: WEIGHTS[losses.smoothing.min(WEIGHTS.len() - 1)],
                ..Request::new(&figure::LOSSES)
            };
            (request, format!("{}-{stage}", file_name(&losses.scalar)))
        }
    };
    let path = run.path.join("figures").join(format!("{name}.svg"));
    state.overlay = Some(Overlay::Figure { line: path.display().to_string().into(), request });
}

/// A value's name as part of a file's name.
fn file_name(value: &str) -> String {
    value.chars().take(60).map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

/// Draws the figure to a file; on a thread of its own. Returns what to say.
///
/// # Errors
/// As [`figure::write`], in words.
pub fn draw(run: &Path, request: &Request, path: PathBuf) -> Result<String, String> {
    let dir = RunDir::open(run).map_err(|e| e.to_string())?;
    let own = dir.path().join("figures");
    // The run's own folder is made when it is first needed; others have to be there.
    if path.parent() == Some(&own) && !own.is_dir() {
        std::fs::create_dir(&own).map_err(|e| FileError::new("make the folder", &own)(e).to_string())?;
    }
    let notes = figure::write(&dir, request, &path, SCALE).map_err(|e| e.to_string())?;
    let mut words = format!("drawn: {}", path.display());
    for note in notes {
        words += &format!("; {note}");
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::super::backend::Effect;
    use super::super::fixture::*;
    use super::super::keys::focus;
    use super::*;
    use crate::report::figure::XAxis;

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

    #[test]
    fn the_runs_own_folder_is_made_and_others_are_not() {
        let (root, dir) = crate::report::fixture::finished("a", &[]);
        let path = dir.path().join("figures/x.svg");
        assert!(draw(dir.path(), &Request::new(&figure::LOSSES), path.clone()).unwrap().starts_with("drawn: "));
        assert!(path.is_file());
        let error = draw(dir.path(), &Request::new(&figure::LOSSES), root.path().join("none/x.svg")).unwrap_err();
        assert!(error.contains("cannot write"), "{error}");
    }
}
