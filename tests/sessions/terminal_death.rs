//! The terminal goes: the console ends, the run does not, and whoever comes back sees what one that stayed sees.

use mug::training::events::Stage;

use crate::support::home::{Home, until};
use crate::support::settings::LONG;
use crate::support::terminal::Console;

fn same_screens(one: &Console, other: &Console) {
    until("the same screens", || one.body() == other.body(), || format!("{}\n\n{}", one.body(), other.body()));
}

#[test]
fn in_every_stage_the_run_goes_on_and_a_late_viewer_sees_what_one_that_stayed_sees() {
    let home = Home::new();
    let mut first = Console::open(home.path(), LONG, 80, 24, &[]);
    first.wait_for("● demo");
    first.wait_for("train  1000 clips");
    first.press(" ");
    first.wait_for("▶ contrastive");
    let mut stayed = Console::open(home.path(), "attach", 120, 36, &[]);
    let mut leaver = Some(first);
    for stage in Stage::ALL {
        let running = format!("▶ {stage}");
        stayed.wait_for(&running);
        let mut cut = leaver.take().unwrap_or_else(|| Console::open(home.path(), "attach", 80, 24, &[]));
        cut.wait_for(&running);
        cut.cut();
        // One that went on without its terminal, spinning or not, would never end.
        cut.ended();
        let step = home.view().stage(stage).step;
        until("more steps", || home.view().stage(stage).step > step + 20, String::new);
        let mut late = Console::open(home.path(), "attach", 120, 36, &[]);
        late.wait_for(&running);
        late.wait_for("1500 rows ");
        late.press(" ");
        let parked = format!("‖ paused, {stage}");
        late.wait_for(&parked);
        stayed.wait_for(&parked);
        same_screens(&late, &stayed);
        late.press(" ");
        late.wait_for(&running);
        late.leave();
        late.wait_for("goes on; `mug attach");
        stayed.wait_for(&running);
        // The stage ends with its epoch; the key asks first.
        stayed.press("sy");
    }
    stayed.wait_for("✔ finished");
    let mut late = Console::open(home.path(), &format!("attach {}", home.run().name()), 120, 36, &[]);
    late.wait_for("✔ finished");
    for stage in ["1", "2", "3"] {
        late.press(stage);
        stayed.press(stage);
        same_screens(&late, &stayed);
    }
}
