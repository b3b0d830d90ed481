//! Keys that ask something of the run, in every state that a run can be in.

use crate::console::fixture::*;
use crate::console::state::message::Message;
use crate::console::update::control::*;
use crate::training::events::{Body, Event};

/// Something that happens where the run stands.
fn happen(state: &mut State, body: Body) {
    let view = &state.run.as_ref().unwrap().view;
    let stage = view.stage.unwrap();
    let (epoch, step, time) = (view.stage(stage).epoch, view.stage(stage).step, view.time);
    let event = Event { time, stage: Some(stage), epoch, step, body };
    tell(state, [Message::Events { attach: 1, events: vec![event], caught_up: true }]);
}

fn notice(state: &State) -> &str {
    state.notice.as_ref().map_or("", |n| &n.text)
}

/// The run in its second stage, which was ended early; the third is trained.
fn cut() -> State {
    let mut state = attached(120, 36, events());
    happen(&mut state, Body::StageCut { cut: Cut::Asked });
    happen(&mut state, Body::StageChanged { state: StageState::Finished });
    happen(&mut state, Body::StageCut { cut: Cut::Done });
    let joint = at(Stage::Joint, 1, 0, 9.0, Body::StageChanged { state: StageState::Running });
    tell(&mut state, [Message::Events { attach: 1, events: vec![joint], caught_up: true }]);
    state
}

#[test]
fn ending_a_stage_is_asked_says_what_happens_and_can_be_taken_back() {
    let mut state = attached(120, 36, events());
    assert_eq!(press(&mut state, "s"), []);
    assert!(screen(&state).contains("End the denoising stage after epoch 14?"), "{}", screen(&state));
    let (_, detail) = crate::console::view::prompt::words(&Question::EndStage(Stage::Denoising), &state);
    for part in ["14 of 30 epochs", "the joint stage begins", "s takes it back", "--continue denoising"] {
        assert!(detail.contains(part), "{part}: {detail}");
    }
    assert_eq!(press(&mut state, "n"), []);
    assert_eq!(press(&mut state, "sy"), [Effect::Send(Command::StopAfterEpoch)]);
    happen(&mut state, Body::StageCut { cut: Cut::Asked });
    press(&mut state, "j");
    let text = screen(&state);
    assert!(text.contains("ends after this epoch") && text.contains("keep stage"), "{text}");
    assert_eq!(press(&mut state, "s"), [Effect::Send(Command::KeepStage)]);
    happen(&mut state, Body::StageCut { cut: Cut::TakenBack });
    assert!(!screen(&state).contains("ends after this epoch"));
    // A yes that comes when the stage has ended already ends no other stage.
    press(&mut state, "s");
    let joint = at(Stage::Joint, 1, 0, 9.0, Body::StageChanged { state: StageState::Running });
    tell(&mut state, [Message::Events { attach: 1, events: vec![joint], caught_up: true }]);
    assert_eq!(press(&mut state, "y"), []);
    assert!(notice(&state).contains("has ended meanwhile"), "{}", notice(&state));
}

#[test]
fn a_stage_that_was_ended_early_is_gone_on_with() {
    let mut state = attached(120, 36, events());
    assert_eq!(press(&mut state, "M"), []);
    assert!(state.overlay.is_none() && notice(&state).contains("no stage of this run was ended early"));
    let mut state = cut();
    assert_eq!(press(&mut state, "M"), []);
    let text = screen(&state);
    assert!(text.contains("Go on with the denoising stage?") && text.contains("thrown away"), "{text}");
    assert_eq!(press(&mut state, "y"), [Effect::Send(Command::ContinueStage { stage: Stage::Denoising })]);
    tell(&mut state, [Message::Link { attach: 1, link: Link::Absent }]);
    let path = std::path::PathBuf::from("/runs/2026-11-23-a");
    let taken = Effect::TakeUp { path, begin: Begin::AfterCut(Stage::Denoising) };
    assert_eq!(press(&mut state, "My"), [taken]);
}

#[test]
fn the_stage_that_is_shown_is_the_one_that_is_begun_anew() {
    let mut state = attached(120, 36, events());
    press(&mut state, "1R");
    assert!(screen(&state).contains("Begin the contrastive stage anew?"), "{}", screen(&state));
    assert_eq!(press(&mut state, "y"), [Effect::Send(Command::RestartStage { stage: Stage::Contrastive })]);
    press(&mut state, "fR");
    assert!(screen(&state).contains("Begin the denoising stage anew?"));
}

#[test]
fn advice_is_right_in_each_state() {
    for (link, keys) in [(Link::Absent, " scSX"), (Link::Live, " scSX")] {
        let mut state = attached(120, 36, finished());
        tell(&mut state, [Message::Link { attach: 1, link: link.clone() }]);
        for key in keys.chars() {
            assert_eq!(press(&mut state, &key.to_string()), [], "{key}");
            let text = notice(&state);
            assert!(text.contains("is finished: R begins a stage anew"), "{key} {link:?}: {text}");
            assert!(!text.contains("space") && state.overlay.is_none(), "{key}: {text}");
        }
    }
    // What is advised works: without a process R and M get one.
    let mut state = attached(120, 36, finished());
    tell(&mut state, [Message::Link { attach: 1, link: Link::Absent }]);
    assert!(matches!(press(&mut state, "Ry")[..], [Effect::TakeUp { begin: Begin::Anew(Stage::Joint), .. }]));
    // Ended and not finished: space takes it up.
    let mut state = attached(120, 36, events());
    happen(&mut state, Body::Stopped);
    press(&mut state, "s");
    assert!(notice(&state).contains("is ending"), "{}", notice(&state));
    tell(&mut state, [Message::Link { attach: 1, link: Link::Absent }]);
    press(&mut state, "s");
    assert!(notice(&state).contains("space, or mug resume"), "{}", notice(&state));
    assert!(matches!(press(&mut state, " ")[..], [Effect::TakeUp { begin: Begin::LastCheckpoint, .. }]));
    // Nothing is trained yet.
    let mut state = attached(120, 36, vec![prepared()]);
    assert_eq!(press(&mut state, "s"), []);
    assert!(notice(&state).contains("no stage is being trained yet"));
}

#[test]
fn what_was_announced_goes_when_it_has_happened() {
    let mut state = attached(120, 36, events());
    press(&mut state, " ");
    assert!(screen(&state).contains("pausing:"));
    happen(&mut state, Body::Paused);
    assert!(!screen(&state).contains("pausing:"), "{}", screen(&state));
    press(&mut state, " ");
    assert!(screen(&state).contains("resuming"));
    happen(&mut state, Body::Unpaused);
    assert!(!screen(&state).contains("resuming"));
    // What speaks of something else stays.
    press(&mut state, "m");
    happen(&mut state, Body::Paused);
    assert!(screen(&state).contains("mouse on"));
}
