//! `mug labels`: the label table of a run as CSV, or judged by people's labels (see judge.rs).

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::args::LabelsArgs;
use super::{judge, say};
use crate::modality::Modality;
use crate::run::directory::RunDir;
use crate::run::rows::{LabelRows, number};
use crate::run::tail::read_view;
use crate::run::view::LabelRefresh;
use crate::run::{labels, write_atomically};
use crate::training::events::LabelValues;

/// Writes the table.
pub fn run(args: &LabelsArgs, root: &Path) -> Result<ExitCode> {
    if args.json || args.against.is_some() {
        return judge::run(args, root);
    }
    let dir = RunDir::find(root, &args.run)?;
    let refresh = find_refresh(&dir, args.refresh)?;
    let values = labels::read(&dir.path().join(&refresh.file))?;
    let rows = LabelRows::read(&dir.rows_path())?;
    let found = values.corrected.text.len();
    if found != rows.len() {
        return Err(eyre!("{} has {found} rows, where the data has {}", refresh.file, rows.len()));
    }
    // The command line parser has made sure that there is one.
    let csv = args.csv.as_deref().unwrap_or(Path::new("-"));
    if csv == Path::new("-") {
        write(&mut io::stdout().lock(), &rows, &values)?;
    } else {
        write_atomically(csv, |w| write(w, &rows, &values))?;
        say(&format!(
            "{found} rows of refresh {} (epoch {}) written to {}",
            refresh.refresh,
            refresh.epoch,
            csv.display()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn find_refresh(dir: &RunDir, wanted: Option<u32>) -> Result<LabelRefresh> {
    let view = read_view(&dir.events_path())?;
    let found = match wanted {
        Some(n) => view.labels.iter().rfind(|l| l.refresh == n),
        None => view.labels.last(),
    };
    found.cloned().ok_or_else(|| match view.labels.last() {
        Some(last) => eyre!("run {} has refreshes up to {} of its labels", dir.name(), last.refresh),
        None => eyre!(
            "run {} has no corrected labels yet: the denoising stage reads them after its first epochs",
            dir.name()
        ),
    })
}

fn write(out: &mut impl Write, rows: &LabelRows, values: &LabelValues) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    let mut head: Vec<String> = ["split", "id", "text", "y"].map(str::to_owned).to_vec();
    head.extend(Modality::ALL.map(|m| format!("y_{m}")));
    if rows.human.is_some() {
        head.extend(Modality::ALL.map(|m| format!("human_{m}")));
    }
    table.write_record(&head)?;
    for i in 0..rows.len() {
        let mut record =
            vec![rows.split[i].name().to_owned(), rows.id[i].clone(), rows.transcript[i].clone(), number(rows.y[i])];
        record.extend(Modality::ALL.map(|m| number(values.corrected[m][i])));
        if let Some(human) = &rows.human {
            record.extend(Modality::ALL.map(|m| number(human[m][i])));
        }
        table.write_record(&record)?;
    }
    table.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modality::PerModality;
    use crate::split::Split;

    #[test]
    fn one_line_a_row_with_human_labels_where_there_are_some() {
        let per = |a: f32| PerModality { text: vec![a], audio: vec![a + 1.0], vision: vec![f32::NAN] };
        let mut rows = LabelRows::default();
        rows.extend(Split::Train, &["a$_$1".into()], &["x, \"y\"".into()], &[0.1], Some(&per(-1.0))).unwrap();
        let mut out = Vec::new();
        write(&mut out, &rows, &LabelValues { corrected: per(0.5) }).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "split,id,text,y,y_text,y_audio,y_vision,human_text,human_audio,human_vision\n\
             train,a$_$1,\"x, \"\"y\"\"\",0.1,0.5,1.5,,-1,0,\n"
        );
    }
}
