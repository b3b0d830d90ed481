//! What a run took of its machine, over the time in which it was measured.

use super::canvas;
use super::error::FigureError;
use super::palette::look;
use super::panel::{Axis, Figure, Layer, Panel, Ticks, columns, in_rows, stretches};
use super::request::{Draw, FigureKind, Request, Subject};
use crate::report::scale::Scale;
use crate::report::system::{axis, top, words};
use crate::run::view::{Series, System};

/// Least width of a panel in px before fewer stand side by side.
const PANEL: f64 = 200.0;
/// Places across the x range at most: see [`stretches`].
const DOTS: usize = 500;

pub static SYSTEM: FigureKind = FigureKind {
    name: "system",
    shows: "What the run took of its machine: GPU, processor, memory, threads, disk",
    choices: &[],
    draw: Draw::Run(figure),
};

/// Draws a panel for each quantity of which something is known.
///
/// # Errors
/// Nothing was measured.
fn figure(subject: &Subject<'_>, _: &Request, width: f64) -> Result<Figure, FigureError> {
    let Subject { dir, view } = *subject;
    let run = dir.name();
    let series = view.system.series();
    if series.is_empty() {
        let why = "nothing of its machine was measured; runs of older versions recorded none of it".to_owned();
        return Err(FigureError::Nothing { run: run.to_owned(), what: "system", why });
    }
    let panels: Vec<Panel> = series.iter().map(|s| panel(&view.system, s)).collect();
    let side_by_side = columns(panels.len(), width, PANEL);
    let rows = in_rows(panels, side_by_side);
    let panel_height = (width / side_by_side as f64 * 0.65).clamp(120.0, 260.0);
    let height = (panel_height * rows.len() as f64 + canvas::legend_height(&[], width) + 10.0).round();
    let description = format!("What run {run} took of its machine over time.");
    Ok(Figure { width, height, title: String::new(), legend: Vec::new(), rows, description, notes: Vec::new() })
}

fn panel(system: &System, series: &Series<'_>) -> Panel {
    let Series { quantity, values, .. } = *series;
    let most = top(quantity, f64::from(series.most), system.gpu_memory_total);
    let (factor, label) = axis(quantity, most);
    let x = Scale::new(0.0, system.measured.last().copied().unwrap_or(0.0), false);
    let y = Scale::new(0.0, most * factor, false);
    let points = system.measured.iter().zip(values).map(|(x, y)| (*x, f64::from(*y) * factor));
    let (lines, _) = stretches(points, &x, &y, DOTS);
    // The axis names the quantity: with its name a heading is too long for a panel.
    let heading = format!("mean {}, most {}", words(quantity, series.mean), words(quantity, series.most.into()));
    Panel {
        heading: vec![heading],
        x: Axis::new(x, "measured time (min:s)").with(Ticks::Clock),
        y: Axis::new(y, label),
        layers: vec![Layer::Line { stretches: lines, stroke: look(0).stroke }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure;
    use crate::report::fixture::{empty, events, write_events};
    use crate::run::directory::RunDir;

    fn measured(dir: &RunDir) {
        let mut all = events();
        for i in 0..50 {
            let memory = 400_000_000 + i * 1_000_000;
            let gpu = if i == 10 { serde_json::Value::Null } else { 0.5.into() };
            let event = serde_json::json!({"event": "system", "time": i, "stage": null, "epoch": 0, "step": 0,
                "at": 1.7e9 + f64::from(i), "memory": memory, "gpu": gpu, "cores": 1.5});
            all.insert(1 + i as usize, event);
        }
        write_events(dir, &all);
    }

    #[test]
    fn each_quantity_that_is_known_has_a_panel() {
        let (_root, dir) = empty("one", &[]);
        let request = Request::new(&SYSTEM);
        write_events(&dir, &events());
        let said = figure::figure(&dir, &request).unwrap_err().to_string();
        assert!(said.contains("older versions"), "{said}");
        measured(&dir);
        let figure = figure::figure(&dir, &request).unwrap();
        let headings: Vec<&str> = figure.panels().map(|p| &*p.heading[0]).collect();
        assert_eq!(headings[..2], ["mean 50 %, most 50 %", "mean 1.50, most 1.50"]);
        assert_eq!(headings[2..], ["mean 424 MB, most 449 MB"]);
        let Layer::Line { stretches, .. } = &figure.panels().next().unwrap().layers[0] else { panic!("no line") };
        assert_eq!(stretches.iter().map(Vec::len).collect::<Vec<_>>(), [10, 39], "what was not known is a gap");
        assert!(canvas::svg(&figure).unwrap().contains("memory (MB)"));
    }
}
