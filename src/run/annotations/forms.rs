//! The forms of CSV files that labels of people come in. Columns stand in any order; others are left alone.

use crate::modality::Modality;

/// A form of files.
pub struct Form {
    /// The columns that a file of this form has.
    columns: &'static [&'static str],
    /// The clip that a row is about and its labels, from the cells of these columns, or what is wrong with the row.
    pub read: for<'a> fn(&[&'a str]) -> Result<Given<'a>, String>,
}

/// Labels of one clip, as they are written.
pub struct Given<'a> {
    pub id: String,
    pub labels: Vec<(Modality, &'a str)>,
}

/// Every form that is read. A file is of the first one whose columns it has; what is missing is told by the last.
const FORMS: &[Form] = &[MMSA, PLAIN];

/// A row for each clip, as MMSA's `label.csv` has it: `video_id$_$clip_id` is its id, both as they are written (`0001` is
/// not 1). An empty cell is no label.
const MMSA: Form = Form {
    columns: &["video_id", "clip_id", "label_T", "label_A", "label_V"],
    read: |cells| {
        let [video, clip, labels @ ..] = cells else { return Err("too few cells".into()) };
        let given = Modality::ALL.into_iter().zip(labels.iter().copied()).filter(|(_, text)| !text.is_empty());
        Ok(Given { id: format!("{video}$_${clip}"), labels: given.collect() })
    },
};

/// A row for each label; one without a label says that somebody skipped the question.
const PLAIN: Form = Form {
    columns: &["id", "modality", "label"],
    read: |cells| {
        let [id, name, label] = cells else { return Err("too few cells".into()) };
        let m = modality_of(name);
        let m = m.ok_or_else(|| format!("\"{}\" is no modality (text, audio, vision)", name.escape_debug()))?;
        let labels = if label.is_empty() { Vec::new() } else { vec![(m, *label)] };
        Ok(Given { id: (*id).to_owned(), labels })
    },
};

impl Form {
    /// The form of a heading and the places of its columns, or the column that is missing.
    pub fn of(head: &csv::StringRecord) -> Result<(&'static Form, Vec<usize>), &'static str> {
        let column = |name: &&'static str| {
            // Spreadsheets begin their files with a byte order mark.
            let is = |h: &str| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name);
            head.iter().position(is).ok_or(*name)
        };
        let mut missing = "id";
        for form in FORMS {
            match form.columns.iter().map(column).collect() {
                Ok(places) => return Ok((form, places)),
                Err(name) => missing = name,
            }
        }
        Err(missing)
    }
}

/// A modality by its name or letter; `visual` and `video` are what some call vision.
fn modality_of(name: &str) -> Option<Modality> {
    match name.to_ascii_lowercase().as_str() {
        "text" | "t" | "language" | "l" => Some(Modality::Text),
        "audio" | "a" | "acoustic" => Some(Modality::Audio),
        "vision" | "v" | "visual" | "video" => Some(Modality::Vision),
        _ => None,
    }
}
