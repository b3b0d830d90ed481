//! Dates for names and files, in UTC: the calendar without a library.

use std::time::{SystemTime, UNIX_EPOCH};

/// Year, month and day of a number of days since 1970-01-01 (proleptic Gregorian calendar).
fn civil(days: i64) -> (i64, u32, u32) {
    // Days are counted in eras of 400 years (146097 days) that begin on 1 March, so that a leap day comes last.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Whole seconds since 1970; 0 for a clock before that.
pub fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map(|d| d.as_secs()).unwrap_or(0)
}

/// `2026-11-23`, in UTC.
pub fn date(time: SystemTime) -> String {
    let (year, month, day) = civil((unix_seconds(time) / 86_400) as i64);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2026-11-23T10:46:00Z` (RFC 3339).
pub fn timestamp(time: SystemTime) -> String {
    let second = unix_seconds(time) % 86_400;
    format!("{}T{:02}:{:02}:{:02}Z", date(time), second / 3600, second / 60 % 60, second % 60)
}

/// Days since 1970-01-01 of a date of the Gregorian calendar; the way back of [`civil`].
fn days_of(year: i64, month: u32, day: u32) -> i64 {
    let from_march = i64::from((month + 9) % 12);
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * from_march + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Seconds since 1970 of a moment as [`timestamp`] writes it; `None` for any other text.
pub fn seconds_of(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let numbers = |text: &str, sign: char| -> Option<Vec<u32>> { text.split(sign).map(|p| p.parse().ok()).collect() };
    let ([year, month, day], [hour, minute, second]) =
        (numbers(date, '-')?.try_into().ok()?, numbers(time, ':')?.try_into().ok()?);
    let sound = year < 10_000
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 61;
    let seconds = hour * 3600 + minute * 60 + second;
    sound.then(|| days_of(i64::from(year), month, day) * 86_400 + i64::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn known_moments() {
        let at = |s: u64| timestamp(UNIX_EPOCH + Duration::from_secs(s));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_709_251_199), "2024-02-29T23:59:59Z");
        assert_eq!(at(1_795_430_760), "2026-11-23T10:46:00Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
        for second in (0..5_000_000_000i64).step_by(123_456_789) {
            assert_eq!(seconds_of(&at(second as u64)), Some(second));
        }
        for bad in [
            "",
            "2026-11-23",
            "2026-13-01T00:00:00Z",
            "2026-11-23T10:46Z",
            "2026-11-23T10:46:00+01:00",
            "-1-1-1T0:0:0Z",
        ] {
            assert_eq!(seconds_of(bad), None, "{bad}");
        }
    }
}
