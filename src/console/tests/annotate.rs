//! The label table's key for judging clips.

use crate::console::fixture::*;
use crate::console::state::effect::Effect;
use crate::console::state::pane::Pane;

#[test]
fn clips_are_drawn_by_the_last_labels_and_nobody_who_only_reads_draws_any() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    let asked = press(&mut state, "A");
    let last = state.run.as_ref().unwrap().view.labels.last().unwrap();
    let [Effect::Annotate { path, refresh, file, label_range }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(path.to_str(), Some("/runs/2026-11-23-a"));
    assert_eq!((*refresh, file, *label_range), (last.refresh, &last.file, 1.0));
    state.read_only = true;
    assert!(press(&mut state, "A").is_empty());
    assert!(screen(&state).contains("read-only"), "{}", screen(&state));
    // Without corrected labels there is nothing to draw by.
    let mut early = attached(120, 36, vec![prepared()]);
    focus(&mut early, Pane::Labels);
    assert!(press(&mut early, "A").is_empty());
    assert!(screen(&early).contains("no corrected labels yet"), "{}", screen(&early));
}
