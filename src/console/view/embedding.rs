//! The alignment picture: h and z of every clip as points in the plane, beside the measures of the gap between them
//! ([the method](crate::book::method), stage 1).

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::frame::frame;
use super::marks::Marks;
use crate::console::layout::embedding::{Places, axes, missing, plane};
use crate::console::state::State;
use crate::console::state::embedding::Request;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{placeholder, put};
use crate::console::widgets::text;
use crate::modality::Modality;
use crate::report::projection::gap::{Measure as Gap, before_and_at};
use crate::report::projection::{Measure, Method, Picture, Scaling, Scope};
use crate::training::events::{Moment, Stage};

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let inside = frame(state, Pane::Embedding, title(state), area, buffer);
    let shown = match (&state.embedding.shown, missing(state)) {
        (Some(shown), None) => shown,
        (_, words) => return placeholder(inside, &words.unwrap_or_else(|| "laying points out".into()), buffer),
    };
    if inside.height < 5 || inside.width < 20 {
        return;
    }
    let places = Places::of(inside);
    let (request, picture) = (&shown.0, &*shown.1);
    let marks = Marks { state, colouring: state.embedding.colouring };
    match places.side {
        Some(side) => {
            let lines =
                measures(state, request).into_iter().chain([Line::default()]).chain(about(state, request, picture));
            for (y, line) in (side.top()..side.bottom()).zip(lines) {
                buffer.set_line(side.x, y, &line, side.width);
            }
        }
        None => {
            let top = places.top;
            put(buffer, top.x, top.y, top.width, &measures_in_a_line(state, request, top.width), theme::PLAIN);
        }
    }
    let legend = marks.legend(picture);
    buffer.set_line(places.legend.x, places.legend.y, &legend, places.legend.width);
    let mut hint = String::new();
    if places.side.is_none() {
        let room = places.legend.width.saturating_sub(legend.width() as u16 + 2);
        let words = about_in_a_line(request, picture, usize::from(room));
        let x = places.legend.right() - text::width(&words) as u16;
        put(buffer, x, places.legend.y, room, &words, theme::FAINT);
        if words.is_empty() {
            // How the picture was made is said somewhere at every size.
            hint = format!(" · {}", about_in_a_line(request, picture, usize::from(inside.width.saturating_sub(24))));
        }
    }
    let below = places.readout;
    put(buffer, below.x, below.y, below.width, &readout(state, picture, &hint), theme::PLAIN);
    let Some(plane) = plane(state, inside) else { return };
    if request.method == Method::Pca {
        axes(picture).draw(places.plot, buffer);
    }
    marks.draw(picture, &plane, buffer);
}

fn title(state: &State) -> Vec<Span<'static>> {
    let own = &state.embedding;
    let entries = state.moments();
    // What is shown, not what is on its way.
    let Some(request) = own.shown.as_ref().map(|(r, _)| r).or(own.asked.as_ref()).filter(|_| !entries.is_empty())
    else {
        return Vec::new();
    };
    let method = if request.method == Method::Tsne { "t-SNE" } else { "PCA" };
    let entry = &request.entry;
    let epoch = if entry.moment == Moment::During { format!(" (epoch {})", entry.epoch) } else { String::new() };
    let at = entries.iter().position(|e| e.file == entry.file).map_or(0, |i| i + 1);
    let place = format!(" {at}/{}", entries.len());
    let words = format!("{} · {method} · {} stage 1{epoch}{place} ", request.scope.name(), entry.moment.name());
    let mut spans = vec![Span::styled(words, theme::PLAIN)];
    let awaits = own.asked.as_ref().is_some_and(|r| r.method == Method::Tsne);
    if own.is_busy() {
        let done = own.progress.map_or("0 %".to_owned(), |p| p.to_string());
        spans.push(Span::styled(format!("▶ t-SNE {done}, esc cancels "), theme::WARN));
    } else if own.is_behind() && own.problem.is_none() && !awaits {
        spans.push(Span::styled("… ", theme::FAINT));
    }
    spans
}

/// The gap before stage 1 and at the moment shown, by the validation split: heading, then a line for each measure.
fn measures(state: &State, request: &Request) -> Vec<Line<'static>> {
    let Some(run) = &state.run else { return Vec::new() };
    let view = run.view.stage(Stage::Contrastive);
    let now = match request.entry.moment {
        Moment::Before => "now",
        moment => moment.name(),
    };
    let mut lines = vec![Line::styled(format!("{:<17}{:>6}{now:>8}", "validation", "before"), theme::FAINT)];
    for m in request.scope.modalities() {
        for gap in Gap::ALL {
            let (before, at) = before_and_at(view, &request.entry, gap, *m);
            let number = |v: f32| text::number(f64::from(v), 3);
            let name = format!("{:<7}{:<10}", if gap == Gap::Cosine { m.name() } else { "" }, gap.name());
            let value = format!("{:>6}  {:>6}", number(before), number(at));
            lines.push(Line::from(vec![Span::styled(name, theme::FAINT), Span::styled(value, theme::PLAIN)]));
        }
    }
    lines
}

/// The same in one line.
fn measures_in_a_line(state: &State, request: &Request, width: u16) -> String {
    let Some(run) = &state.run else { return String::new() };
    let view = run.view.stage(Stage::Contrastive);
    let value = |gap: Gap, m: Modality| {
        let (before, at) = before_and_at(view, &request.entry, gap, m);
        let number = |v: f32| text::number(f64::from(v), 2);
        format!("{}→{}", number(before), number(at))
    };
    match request.scope {
        Scope::One(m) => {
            let all: Vec<String> = Gap::ALL.iter().map(|g| format!("{} {}", g.name(), value(*g, m))).collect();
            let (all, words) = (all.join(" · "), "before → now, validation: ");
            if text::width(&all) + text::width(words) <= usize::from(width) { format!("{words}{all}") } else { all }
        }
        Scope::All => {
            let of = |g: Gap| Modality::ALL.map(|m| format!("{} {}", m.letter(), value(g, m))).join(" ");
            let gap = format!("gap {}", of(Gap::Distance));
            let both = format!("{gap} · cosine {}", of(Gap::Cosine));
            if text::width(&both) <= usize::from(width) { both } else { gap }
        }
    }
}

/// What the picture is of, and how it was made.
fn about(state: &State, request: &Request, picture: &Picture) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut say = |words: String| lines.push(Line::styled(words, theme::FAINT));
    match picture.measure {
        Measure::Pca { explained: [0.0, _] } => say("all points in one place, of".into()),
        Measure::Pca { explained } => {
            let percent = explained.map(|e| format!("{:.0} %", e * 100.0));
            say(format!("PCA, axes {} and {}", percent[0], percent[1]));
            say("of the variance, fitted to".into());
        }
        Measure::Tsne { divergence, perplexity } => {
            say(format!("t-SNE, KL {divergence:.2}, perplexity {perplexity:.0},"));
            say("laid out together:".into());
        }
    }
    say(match request.scope {
        Scope::One(m) => format!("h and z of {m}"),
        Scope::All => "h and z of all modalities".into(),
    });
    say(match request.scaling {
        Scaling::Direction => "rows scaled to length 1".into(),
        Scaling::Raw => "rows as they are".into(),
    });
    let of = state.labels.table.rows.len().max(picture.clips);
    say(format!("{} of {of} clips, {} points", picture.clips, picture.items.len()));
    if picture.left_out > 0 {
        say(format!("{} points undefined, left out", picture.left_out));
    }
    lines
}

/// The same in one line: as much of it as there is room for, what matters most first.
fn about_in_a_line(request: &Request, picture: &Picture, room: usize) -> String {
    let measure = match picture.measure {
        // A share of nothing is undefined.
        Measure::Pca { explained: [0.0, _] } => "all points in one place".into(),
        Measure::Pca { explained } => format!("axes {:.0} % + {:.0} %", explained[0] * 100.0, explained[1] * 100.0),
        Measure::Tsne { divergence, .. } => format!("KL {divergence:.2}"),
    };
    let scaling = match request.scaling {
        Scaling::Direction => " · rows of length 1",
        Scaling::Raw => " · rows as they are",
    };
    let together = match request.scope {
        Scope::One(_) => ", h and z together",
        Scope::All => ", all fitted together",
    };
    let longest = [format!("{measure}{together}{scaling}"), format!("{measure}{scaling}"), measure];
    longest.into_iter().find(|w| text::width(w) <= room).unwrap_or_default()
}

/// The clip under the cursor; without one, how many clips there are, and `hint`.
fn readout(state: &State, picture: &Picture, hint: &str) -> String {
    let Some(pick) = state.embedding.pick.filter(|p| picture.items.contains(p)) else {
        let of = state.labels.table.rows.len().max(picture.clips);
        return format!("{} of {of} clips{hint} · arrow keys pick one", picture.clips);
    };
    let what = format!("{} of {}", pick.kind.name(), pick.modality);
    let row = pick.row as usize;
    if row >= state.labels.table.rows.len() {
        return format!("{what} · row {row}");
    }
    let clip = state.labels.table.row(row);
    let number = |v: f32| text::signed(f64::from(v), 2);
    let corrected = match clip.corrected(pick.modality) {
        v if v.is_nan() => String::new(),
        v => format!(" → {} {}", pick.modality.letter(), number(v)),
    };
    let id = text::clip_middle(clip.id(), 20);
    format!("{what} · {id} {} · y {}{corrected} · {}", clip.split(), number(clip.label()), clip.transcript())
}
