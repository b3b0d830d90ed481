//! What is done before a run can train, in words.

use crate::report::numbers::bytes;
use crate::training::events::{Preparing, Work};

/// One line: `reading weights of bert-base-chinese: 120 MB of 412 MB (29 %)`.
pub fn preparing_in_words(now: &Preparing) -> String {
    let Preparing { work, of, done, total } = now;
    let (head, amount): (_, fn(u64) -> String) = match work {
        Work::Data => ("reading data", bytes),
        Work::Download => ("downloading weights", bytes),
        Work::Weights => ("reading weights", bytes),
        Work::Encoding => ("encoding clips with", |clips| clips.to_string()),
    };
    let link = if *work == Work::Encoding { "" } else { " of" };
    let name = if of.is_empty() { head.to_owned() } else { format!("{head}{link} {of}") };
    match total {
        Some(total) if *total > 0 => {
            let percent = (*done as f64 / *total as f64 * 100.0).min(100.0);
            format!("{name}: {} of {} ({percent:.0} %)", amount(*done), amount(*total))
        }
        _ if *done > 0 => format!("{name}: {}", amount(*done)),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_said() {
        let words =
            |work, of: &str, done, total| preparing_in_words(&Preparing { work, of: of.to_owned(), done, total });
        assert_eq!(words(Work::Data, "mosi.pkl", 0, None), "reading data of mosi.pkl");
        assert_eq!(
            words(Work::Weights, "bert-base-chinese", 120_000_000, Some(412_000_000)),
            "reading weights of bert-base-chinese: 120 MB of 412 MB (29 %)"
        );
        assert_eq!(words(Work::Download, "x", 5_000, None), "downloading weights of x: 5 KB");
        assert_eq!(words(Work::Encoding, "x", 9, Some(3)), "encoding clips with x: 9 of 3 (100 %)");
        assert_eq!(words(Work::Data, "", 0, Some(0)), "reading data");
    }
}
