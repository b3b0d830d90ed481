//! A run as tests see it: made up, the same every time, with gaps, outliers, Chinese and hostile text.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::console::state::State;
use crate::console::state::attached::Link;
use crate::console::state::datasets::{Availability, DatasetItem, Preview};
use crate::console::state::effect::Effect;
use crate::console::state::message::Message;
use crate::console::state::pane::Pane;
use crate::console::terminal::decode::Input;
use crate::console::terminal::theme::Abilities;
use crate::console::update::update;
use crate::console::view::draw;
use crate::device::usage::{GpuUsage, Usage};
use crate::modality::{Modality, PerModality};
use crate::report::table::{Rows, Values};
use crate::run::list::{RunState, RunSummary};
use crate::run::view::Phase;
use crate::split::{PerSplit, Split};
use crate::training::events::{
    Agreement, Body, Check, CheckState, Event, Gain, LabelSummary, Level, Metrics, Prepared, Scalars, Stage, StagePlan,
    StageState,
};

pub const UNICODE: Abilities = Abilities { colour: true, unicode: true };
pub const STEPS: u32 = 43;
const TRAIN: usize = 1000;
const ROWS: usize = 1368;

/// Numbers that look random and never change.
pub fn noise(i: usize) -> f32 {
    let mut x = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 32;
    (x % 20_001) as f32 / 10_000.0 - 1.0
}

pub fn at(stage: Stage, epoch: u32, step: u64, time: f64, body: Body) -> Event {
    Event { time, stage: Some(stage), epoch, step, body }
}

pub fn scalars<const N: usize>(pairs: [(&str, f32); N]) -> Scalars {
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v.is_finite().then_some(v))).collect()
}

pub fn prepared() -> Event {
    let plan = |stage, epochs| StagePlan { stage, epochs, steps_per_epoch: STEPS };
    let body = Body::Prepared(Prepared {
        dataset: "sims".into(),
        device: "wgpu NVIDIA H100 (Vulkan)".into(),
        samples: PerSplit { train: TRAIN, valid: 184, test: 184 },
        shapes: PerModality { text: (1, 384), audio: (1, 1), vision: (1, 1) },
        label_range: 1.0,
        metric_keys: ["mae", "pearson", "acc2", "f1", "acc3", "acc5"].map(str::to_owned).to_vec(),
        unimodal_labels: true,
        plan: vec![plan(Stage::Contrastive, 10), plan(Stage::Denoising, 30), plan(Stage::Joint, 20)],
        parameters: (1_204_231, 33_411),
        findings: vec![],
        in_sample: vec![],
        label_source: Default::default(),
        modalities: Vec::new(),
    });
    Event { time: 0.0, stage: None, epoch: 0, step: 0, body }
}

fn agreement(mae: f64, pearson: f64) -> Agreement {
    Agreement {
        mae: Some(mae),
        pearson: Some(pearson),
        sign: Some(pearson),
        mae_interval: Some([mae - 0.012, mae + 0.012]),
        pearson_interval: Some([pearson - 0.03, pearson + 0.03]),
        sign_interval: Some([pearson - 0.02, pearson + 0.02]),
    }
}

fn summaries(progress: f32) -> PerSplit<PerModality<LabelSummary>> {
    PerSplit::from_fn(|_| {
        PerModality::from_fn(|m| {
            let k = 1.0 + m as u8 as f64 * 0.3;
            let progress = f64::from(progress);
            LabelSummary {
                mean_abs_change: Some(0.2 * progress * k),
                share_moved: Some(0.6 * progress),
                corrected: Some(agreement(0.34 - 0.1 * progress * k, 0.71 + 0.1 * progress * k)),
                copied: Some(agreement(0.34, 0.71)),
                gain: Some(Gain {
                    mae: Some(0.1 * progress * k),
                    mae_interval: Some([0.1 * progress * k - 0.01, 0.1 * progress * k + 0.01]),
                    ..Gain::default()
                }),
                annotated: Some(ROWS),
                copied_human: Some([[300, 40, 25], [60, 100, 55], [10, 80, 330]]),
                corrected_human: Some([[320, 30, 15], [50, 120, 45], [5, 60, 355]]),
                copied_corrected: Some([[350, 10, 5], [40, 150, 25], [0, 20, 400]]),
                ..LabelSummary::default()
            }
        })
    })
}

fn check(stage: Stage, m: Modality, state: CheckState) -> Check {
    let fails = stage == Stage::Contrastive && m == Modality::Audio && state == CheckState::Ok;
    Check {
        name: "not-aligned".into(),
        stage,
        modality: Some(m),
        measure: "L_cl in units of its value at chance, validation split".into(),
        split: None,
        interval: None,
        value: Some(if fails { 1.02 } else { 0.41 }),
        threshold: 0.95,
        fails_above: true,
        state: if fails { CheckState::Failing } else { state },
        meaning: "z_m does not find its own h_m among the clips of a batch.".into(),
        advice: "Raise contrastive.contrastive_weight (w_c), lower contrastive.temperature (τ), or train longer."
            .into(),
    }
}

/// One stage's events up to an epoch, with every step of it.
fn stage_events(stage: Stage, epochs: u32, start: f64, events: &mut Vec<Event>) -> f64 {
    let mut time = start;
    events.push(at(stage, 0, 0, time, Body::StageChanged { state: StageState::Running }));
    let mut best = f32::INFINITY;
    for epoch in 1..=epochs {
        for s in 1..=STEPS {
            let step = u64::from((epoch - 1) * STEPS + s);
            time += 0.011;
            let fall = 0.25 + 0.9 * (-(step as f32) / 130.0).exp();
            let mut loss = fall + 0.12 * noise(step as usize + 7 * stage.index());
            if step % 97 == 50 {
                loss = f32::NAN;
            }
            if step == 201 {
                loss = 6.5;
            }
            let values = match stage {
                Stage::Denoising => scalars([("loss", loss), ("unimodal", loss * 0.6), ("multimodal", loss * 0.4)]),
                Stage::Joint => scalars([("loss", loss), ("task", loss * 0.7), ("unimodal", loss * 0.3)]),
                Stage::Contrastive => scalars([
                    ("loss", loss),
                    ("task", loss * 0.5),
                    ("unimodal", loss * 0.4),
                    ("contrastive", loss * 2.0),
                ]),
            };
            events.push(at(stage, epoch, step, time, Body::Step { scalars: values }));
        }
        let step = u64::from(epoch * STEPS);
        let train = 0.25 + 0.9 * (-(step as f32) / 130.0).exp();
        let valid = train + 0.05 + 0.012 * epoch as f32 + 0.02 * noise(epoch as usize);
        let improved = valid < best;
        best = best.min(valid);
        let mut valid_scalars = scalars([("loss", valid)]);
        if stage == Stage::Contrastive {
            valid_scalars.extend(scalars([("gap_text", valid * 3.0), ("retrieval_audio", 0.04 * epoch as f32)]));
        }
        let metrics: Metrics = match stage {
            Stage::Denoising => Metrics::new(),
            _ => [("mae", 0.3 + 0.2 * f64::from(valid)), ("pearson", 0.6), ("acc2", 0.7712), ("f1", 0.7698)]
                .into_iter()
                .map(|(k, v)| (k.to_owned(), Some(v)))
                .chain([("acc5".to_owned(), None), ("acc3".to_owned(), Some(0.601))])
                .collect(),
        };
        let body = Body::Epoch {
            train: scalars([("loss", train)]),
            valid: valid_scalars,
            metrics,
            seconds: 0.47,
            samples_per_second: Some(3210.0),
            best: improved,
        };
        events.push(at(stage, epoch, step, time, body));
        let state = if epoch < epochs { CheckState::Unknown } else { CheckState::Ok };
        let checks = Modality::ALL.map(|m| check(stage, m, state)).to_vec();
        events.push(at(stage, epoch, step, time, Body::Health { checks }));
        if stage == Stage::Denoising {
            let file = format!("labels/{:04}-denoising.npy", epoch - 1);
            let summaries = summaries(epoch as f32 / 30.0);
            events.push(at(
                stage,
                epoch,
                step,
                time,
                Body::Labels { refresh: epoch - 1, file, summaries, values: None },
            ));
        }
    }
    time
}

/// A run in its second stage, once paused.
pub fn events() -> Vec<Event> {
    let mut events = vec![prepared()];
    let log = |time, level, message: &str| Event {
        time,
        stage: None,
        epoch: 0,
        step: 0,
        body: Body::Log { level, message: message.into() },
    };
    events.push(log(0.0, Level::Info, "device: wgpu NVIDIA H100 (Vulkan), chosen as the only discrete GPU"));
    events.push(log(0.0, Level::Warning, "audio: 3 values were -inf and are taken as 0 \u{1b}[31m(hostile)\u{202e}"));
    let time = stage_events(Stage::Contrastive, 8, 0.0, &mut events);
    let done = Body::StageChanged { state: StageState::Finished };
    events.push(at(Stage::Contrastive, 8, u64::from(8 * STEPS), time, done));
    let paused_at = events.len() + 250;
    stage_events(Stage::Denoising, 14, time, &mut events);
    let (stage, epoch, step, time) = match &events[paused_at] {
        Event { stage: Some(stage), epoch, step, time, .. } => (*stage, *epoch, *step, *time),
        _ => unreachable!("the place lies inside the second stage"),
    };
    events.insert(paused_at + 1, at(stage, epoch, step, time, Body::Paused));
    events.insert(paused_at + 2, at(stage, epoch, step, time, Body::Unpaused));
    events
}

/// The same run with what its machine did, two hours long, with a look in which the GPU did not answer.
pub fn measured() -> Vec<Event> {
    let mut events = events();
    let time = events.last().map_or(0.0, |e| e.time);
    for i in 0..240 {
        let wave = f64::from(noise(i));
        let gpu = GpuUsage {
            busy: Some(0.7 + 0.2 * wave),
            memory: Some(6_000_000_000 + i as u64 * 5_000_000),
            memory_total: Some(80_000_000_000),
            temperature: Some(52.0 + 4.0 * wave),
            power: Some(310.0 + 60.0 * wave),
        };
        let usage = Usage {
            cores: (i > 0).then_some(1.6 + 0.3 * wave),
            load: Some(3.1 + wave),
            memory: Some(1_900_000_000),
            memory_free: Some(96_000_000_000),
            threads: Some(41),
            disk: Some(12_000_000 + i as u64 * 9_000),
            disk_free: Some(410_000_000_000),
            gpu: if i == 100 { GpuUsage::default() } else { gpu },
        };
        let body = Body::System { at: 1.78e9 + 30.0 * i as f64, usage };
        events.push(at(Stage::Denoising, 14, u64::from(14 * STEPS), time, body));
    }
    events
}

/// The same run, finished.
pub fn finished() -> Vec<Event> {
    let mut events = events();
    let time = events.last().map_or(0.0, |e| e.time);
    let step = u64::from(14 * STEPS);
    events.push(at(Stage::Denoising, 14, step, time, Body::StageChanged { state: StageState::Finished }));
    let time = stage_events(Stage::Joint, 12, time, &mut events);
    let step = u64::from(12 * STEPS);
    events.push(at(Stage::Joint, 12, step, time, Body::StageChanged { state: StageState::Finished }));
    let body = Body::Finished { summary: Default::default() };
    events.push(Event { time, stage: None, epoch: 0, step: 0, body });
    events
}

const SENTENCES: [&str; 8] = [
    "这个电影真的很好看",
    "我不知道该说什么",
    "I really liked the ending, but the first half dragged on",
    "你怎么又迟到了，大家都在等你",
    "好",
    "sure, that went \u{1b}[2Jgreat\u{7}",
    "没关系，慢慢来，我们还有时间，不要着急，先坐下来喝杯水再说",
    "wow 😀 真棒",
];

pub fn rows() -> Rows {
    let split = |i: usize| match i {
        i if i < TRAIN => Split::Train,
        i if i < TRAIN + 184 => Split::Valid,
        _ => Split::Test,
    };
    let y: Vec<f32> = (0..ROWS).map(|i| (noise(i) * 5.0).round() / 5.0).collect();
    let human = PerModality::from_fn(|m| {
        y.iter().enumerate().map(|(i, y)| clip(y + 0.4 * noise(i + 9 * m as usize))).collect()
    });
    Rows::new(
        (0..ROWS).map(split).collect(),
        (0..ROWS).map(|i| format!("video_{:04}$_${:04}", 1 + i / 40, i % 40)).collect(),
        (0..ROWS).map(|i| SENTENCES[(i * 5 + i / 8) % 8].to_owned()).collect(),
        y,
        Some(human),
    )
}

fn clip(v: f32) -> f32 {
    v.clamp(-1.0, 1.0)
}

pub fn values(refresh: u32) -> Values {
    let rows = rows();
    let progress = (refresh + 1) as f32 / 14.0;
    PerModality::from_fn(|m| {
        let moved = |(i, y): (usize, &f32)| clip(y + progress * 0.6 * noise(i + 13 * (m as usize + 1)).powi(3));
        rows.y.iter().enumerate().map(moved).collect()
    })
}

pub fn datasets() -> Vec<DatasetItem> {
    let item = |name: &str, availability, detail: &str| DatasetItem {
        name: name.into(),
        target: name.into(),
        availability,
        detail: detail.into(),
    };
    vec![
        item("demo", Availability::BuiltIn, "built in"),
        item("mosi", Availability::Ready, "364 MB"),
        item("mosei", Availability::Missing, "looked for as /data/mosei.pkl"),
        item("sims", Availability::Ready, "3 MB"),
        item("simsv2", Availability::Missing, "looked for as /data/simsv2.pkl"),
        item("my_clips", Availability::Broken, "a Git LFS pointer, not the file itself"),
    ]
}

pub fn runs() -> Vec<RunSummary> {
    let run = |name: &str, dataset: &str, state, progress| RunSummary {
        name: name.into(),
        path: PathBuf::from("/runs").join(name),
        dataset: dataset.into(),
        state,
        stage: Some(Stage::Denoising),
        epoch: 14,
        epochs: 30,
        progress,
        created: "2026-11-23T08:00:00Z".into(),
        updated: 1_800_000_000,
        result: None,
        fault: None,
        study: None,
        tags: vec![],
        note: String::new(),
    };
    vec![
        run("2026-11-23-a", "sims", RunState::At(Phase::Training), 0.45),
        run("2026-11-22-b", "demo", RunState::Died, 0.31),
        run("mosi-baseline", "/data/mosi_ctx8_mmsa.pkl", RunState::At(Phase::Finished), 1.0),
    ]
}

/// Applies messages and collects what they ask for.
pub fn tell(state: &mut State, messages: impl IntoIterator<Item = Message>) -> Vec<Effect> {
    messages.into_iter().flat_map(|m| update(state, m)).collect()
}

pub fn key(state: &mut State, code: KeyCode) -> Vec<Effect> {
    update(state, Message::Input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE))))
}

/// Presses the keys of a text one after the other.
pub fn press(state: &mut State, keys: &str) -> Vec<Effect> {
    keys.chars().flat_map(|c| key(state, KeyCode::Char(c))).collect()
}

/// A console that has just been started: the catalogue is known, nothing runs.
pub fn fresh(width: u16, height: u16) -> State {
    let mut state = State::new(UNICODE);
    let report = [
        "made by the program, seed 1; H = 1",
        "train 1200 · valid 300 · test 300",
        "text 12 x 16, audio 20 x 8, vision 20 x 8",
        "labels -1 ▂▃▅▇█▇▅▃▂ 1",
        "true unimodal labels exist",
    ];
    let settings = ["[contrastive]", "epochs = 6", "learning_rate = 0.001"];
    let preview = Preview {
        report: report.map(str::to_owned).to_vec(),
        origin: "configs/demo.toml, which ships with mug, for the name demo".into(),
        settings: settings.map(str::to_owned).to_vec(),
        problem: None,
    };
    let preview = Message::Preview { target: "demo".into(), preview: Arc::new(preview) };
    tell(&mut state, [Message::Resize(width, height), Message::Runs(vec![]), Message::Datasets(datasets()), preview]);
    state
}

/// A console attached to the run that these events are of.
pub fn attached(width: u16, height: u16, events: Vec<Event>) -> State {
    let mut state = fresh(width, height);
    state.runs.known = false;
    tell(&mut state, [Message::Runs(runs())]);
    let attach = state.attach;
    assert_eq!(attach, 1, "the only live run is attached to");
    let messages = [
        Message::Link { attach, link: Link::Live },
        Message::Events { attach, events, caught_up: true },
        Message::Rows { attach, rows: Arc::new(rows()) },
    ];
    tell(&mut state, messages);
    tell(
        &mut state,
        (0..14).map(|r| Message::Values {
            attach,
            refresh: r,
            values: Arc::new(values(r)),
            spread: None,
            weights: None,
        }),
    );
    state.notice = None;
    state
}

pub fn buffer(state: &State) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(state.size.0, state.size.1)).unwrap();
    terminal.draw(|frame| draw(state, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// The screen as text, one line a row.
pub fn screen(state: &State) -> String {
    let buffer = buffer(state);
    let width = usize::from(state.size.0.max(1));
    let mut text = String::new();
    for row in buffer.content.chunks(width) {
        let mut skip = 0;
        for cell in row {
            if skip == 0 {
                text += cell.symbol();
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1) - 1;
            } else {
                skip -= 1;
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

/// Presses tab until the pane has the focus.
pub fn focus(state: &mut State, pane: Pane) {
    for _ in 0..Pane::ALL.len() {
        if state.focus == pane {
            return;
        }
        key(state, KeyCode::Tab);
    }
    panic!("tab never reaches {pane:?}");
}
