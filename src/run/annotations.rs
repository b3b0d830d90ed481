//! Unimodal labels that people gave to some clips, from a CSV file in one of the forms that `forms` lists.
//!
//! To add a form: write a `Form` there and enter it in its list.

mod forms;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::FileError;
use super::csv_line::LineError;
use super::rows::LabelRows;
use crate::modality::{Modality, PerModality};
use forms::{Form, Given};

/// What is wrong with a file of annotations.
#[derive(Debug, thiserror::Error)]
pub enum AnnotationsError {
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("{path} is {found} bytes long, where at most {most} are expected; is it the right file?")]
    TooLong { path: PathBuf, found: u64, most: u64 },
    #[error(
        "{path}: no label in it: {rows} rows below the heading; expected rows such as video_1$_$3,audio,-0.4 below \
         id,modality,label"
    )]
    Empty { path: PathBuf, rows: u64 },
    #[error("{path}: none of its {count} ids is in the run's data ({example}, ...); is it of another dataset?")]
    NoneKnown { path: PathBuf, count: usize, example: String },
    #[error(transparent)]
    File(#[from] FileError),
}

/// What is expected of the file.
const FORM: &str = "a CSV file with the heading id,modality,label, for example video_1$_$3,audio,-0.4, or MMSA's label.csv \
                    (video_id,clip_id,text,label,label_T,label_A,label_V,...)";

/// Annotations brought to a run's rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// One value a row of the label table, NaN where nobody gave one.
    pub labels: PerModality<Vec<f32>>,
    /// Ids that no row has, each once, in order.
    pub unknown: Vec<String>,
}

/// Longest file that is read.
const MOST: u64 = 256 << 20;

/// Reads annotations of these rows; labels lie in [-`label_range`, `label_range`]. An id that several rows have goes for
/// all of them.
///
/// # Errors
/// A file that is missing or of another form, a label that is not a number or out of range, a second label for the same
/// id and modality (each with its line), no label at all, or no id of these rows.
pub fn read(path: &Path, rows: &LabelRows, label_range: f32) -> Result<Annotations, AnnotationsError> {
    let file = crate::files::open(path).map_err(FileError::new("read", path))?;
    let found = file.metadata().map_err(FileError::new("read", path))?.len();
    if found > MOST {
        return Err(AnnotationsError::TooLong { path: path.to_owned(), found, most: MOST });
    }
    let bad = |line: u64, message: String| LineError::new(path, line, message, FORM);
    let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let head = table.headers().map_err(|e| bad(1, e.to_string()))?;
    let (form, columns) = Form::of(head).map_err(|name| bad(1, format!("no column \"{name}\"")))?;
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (row, id) in rows.id.iter().enumerate() {
        places.entry(id).or_default().push(row);
    }
    let mut given: HashMap<(String, Modality), u64> = HashMap::new();
    let mut unknown = BTreeSet::new();
    let mut labels = PerModality::from_fn(|_| vec![f32::NAN; rows.len()]);
    let mut record = csv::StringRecord::new();
    let mut count = 0;
    loop {
        let line = table.position().line();
        if !table.read_record(&mut record).map_err(|e| bad(line, e.to_string()))? {
            break;
        }
        count += 1;
        let cells: Vec<&str> = columns.iter().map(|i| record.get(*i).unwrap_or_default()).collect();
        let Given { id, labels: texts } = (form.read)(&cells).map_err(|message| bad(line, message))?;
        for (m, text) in texts {
            let value = text.parse::<f32>().ok().filter(|v| v.is_finite());
            let value = value.ok_or_else(|| bad(line, format!("\"{}\" is no number", text.escape_debug())))?;
            if value.abs() > label_range {
                let message = format!("{value} lies outside of the data's labels, -{label_range} to {label_range}");
                return Err(bad(line, message).into());
            }
            if let Some(before) = given.insert((id.clone(), m), line) {
                let id = id.escape_debug();
                let message = format!("{id} has a label for {m} already, in line {before}");
                return Err(bad(line, message).into());
            }
            match places.get(&*id) {
                Some(rows) => rows.iter().for_each(|&row| labels[m][row] = value),
                None => {
                    unknown.insert(id.clone());
                }
            }
        }
    }
    if given.is_empty() {
        return Err(AnnotationsError::Empty { path: path.to_owned(), rows: count });
    }
    let nothing = labels.iter().all(|(_, l)| l.iter().all(|v| v.is_nan()));
    match unknown.first() {
        Some(example) if nothing => Err(AnnotationsError::NoneKnown {
            path: path.to_owned(),
            count: unknown.len(),
            example: example.escape_debug().to_string(),
        }),
        _ => Ok(Annotations { labels, unknown: unknown.into_iter().collect() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::Split;

    fn rows() -> LabelRows {
        let mut rows = LabelRows::default();
        let ids = ["a$_$1", "b,2", "电影", "a$_$1"].map(str::to_owned);
        rows.extend(Split::Train, &ids, &ids, &[0.0; 4], None).unwrap();
        rows
    }

    fn message(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("human.csv");
        std::fs::write(&path, text).unwrap();
        read(&path, &rows(), 1.0).unwrap_err().to_string()
    }

    #[test]
    fn labels_come_to_their_rows_and_unknown_ids_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("human.csv");
        let text =
            "\u{feff}Modality, note ,label,ID\r\ntext,x,0.5,a$_$1\nV,,-1,\"b,2\"\naudio,,0.25,电影\ntext,,0,gone\n";
        std::fs::write(&path, text).unwrap();
        let found = read(&path, &rows(), 1.0).unwrap();
        assert_eq!((found.labels.text[0], found.labels.text[3], found.labels.vision[1]), (0.5, 0.5, -1.0));
        assert_eq!(found.labels.audio[2], 0.25);
        let given = |v: &Vec<f32>| v.iter().filter(|v| v.is_finite()).count();
        assert_eq!(Modality::ALL.map(|m| given(&found.labels[m])), [2, 1, 1]);
        assert_eq!(found.unknown, ["gone"]);
    }

    #[test]
    fn mmsas_own_label_file_is_known_by_its_heading() {
        let mut rows = LabelRows::default();
        let ids = ["video_0001$_$0001", "video_0001$_$1", "video_0002$_$0007"].map(str::to_owned);
        rows.extend(Split::Train, &ids, &ids, &[0.0; 3], None).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("label.csv");
        let head = "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode\n";
        let text = "video_0001,0001,我不想嫁给李茶,-1.0,-1.0,-0.8,-0.6,Negative,train\n\
                    video_0002,0007,\"a, b\",0.2,,0.4,,Positive,valid\nvideo_0009,0001,x,0,0,0,0,Neutral,test\n";
        std::fs::write(&path, format!("\u{feff}{head}{text}")).unwrap();
        let found = read(&path, &rows, 1.0).unwrap();
        assert_eq!(Modality::ALL.map(|m| found.labels[m][0]), [-1.0, -0.8, -0.6]);
        assert!(Modality::ALL.iter().all(|m| found.labels[*m][1].is_nan()), "0001 is not 1");
        assert_eq!(found.labels.audio[2], 0.4);
        assert!(found.labels.text[2].is_nan() && found.labels.vision[2].is_nan(), "nobody gave them");
        assert_eq!(found.unknown, ["video_0009$_$0001"]);
        std::fs::write(&path, format!("{head}video_0001,0001,x,1,2.5,,,Positive,train\n")).unwrap();
        assert!(read(&path, &rows, 1.0).unwrap_err().to_string().contains("line 2: 2.5 lies outside"));
        // CMU-MOSI's file has the columns and nothing in them.
        std::fs::write(&path, format!("{head}video_0001,0001,x,1,,,,Positive,train\n")).unwrap();
        let error = read(&path, &rows, 1.0).unwrap_err().to_string();
        assert!(error.contains("no label in it: 1 rows below the heading"), "{error}");
    }

    #[test]
    fn a_file_without_rows_judges_nothing_and_says_so() {
        assert!(message("id,modality,label\n").contains("no label in it: 0 rows below the heading"));
        assert!(message("").contains("no column \"id\""));
    }

    #[test]
    fn faults_are_named_with_their_line() {
        let head = "id,modality,label\na$_$1,text,0.5\n";
        assert!(message("id,label\n").contains("line 1: no column \"modality\""));
        for (line, fault) in [
            ("a$_$1,smell,0", "\"smell\" is no modality"),
            ("a$_$1,audio,much", "\"much\" is no number"),
            ("a$_$1,audio,nan", "\"nan\" is no number"),
            ("a$_$1,audio,3", "3 lies outside of the data's labels, -1 to 1"),
            ("a$_$1,t,0.1", "has a label for text already, in line 2"),
            ("a$_$1,audio", "line 3"),
        ] {
            let found = message(&format!("{head}{line}\n"));
            assert!(found.contains("human.csv, line 3") && found.contains(fault), "{found}");
        }
        let found = message("id,modality,label\nx\u{1b},text,0\ny,text,0\n");
        assert!(found.contains("none of its 2 ids") && found.contains("x\\u{1b}"), "{found}");
    }

    proptest::proptest! {
        #[test]
        fn nothing_in_a_file_panics(bytes: Vec<u8>, lines in "(id|modality|label|text|a|,|\"|\n|0\\.5|é){0,60}") {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("human.csv");
            for content in [bytes, lines.clone().into_bytes(), format!("id,modality,label\n{lines}").into_bytes()] {
                std::fs::write(&path, content).unwrap();
                let _ = read(&path, &rows(), 1.0);
            }
        }
    }
}
