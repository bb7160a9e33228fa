//! The values of options: seeds, operations, durations.

use crate::generate::Weights;
use mmapcheck_spec::Op;
use std::ops::Range;
use std::time::{Duration, SystemTime};

/// A seed: a number, or that of today's date in UTC, such as 20260131.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    if text == "date" {
        let today = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let digits: String = today.chars().take_while(|c| *c != 'T').filter(char::is_ascii_digit).collect();
        return digits.parse().map_err(|_| format!("the clock says {today}, which has no date"));
    }
    text.parse().map_err(|_| format!("invalid seed '{text}': expected a number from 0 on, or date"))
}

pub(super) fn operation(name: &str) -> Result<Op, String> {
    Op::named(name).ok_or_else(|| {
        let names: Vec<_> = Op::ALL.iter().map(|op| op.row().name).collect();
        let far = |other: &&&str| strsim::damerau_levenshtein(name, other);
        let nearest = names.iter().min_by_key(far).copied().unwrap_or_default();
        format!("unknown operation '{name}', did you mean '{nearest}'? Expected one of {}", names.join(" "))
    })
}

/// The largest factor of a weight.
const MOST_WEIGHT: f64 = 1000.0;

/// An operation and the factor of its weight in thousandths, such as `read=2.5`.
pub(super) fn weight(text: &str) -> Result<(Op, u32), String> {
    let wrong = || format!("invalid weight '{text}': expected OP=N with 0 <= N <= {MOST_WEIGHT}, such as read=2.5");
    let (name, factor) = text.split_once('=').ok_or_else(wrong)?;
    let op = operation(name)?;
    let is_decimal = factor.chars().all(|c| c.is_ascii_digit() || c == '.');
    let factor: f64 = factor.parse().ok().filter(|factor| is_decimal && *factor <= MOST_WEIGHT).ok_or_else(wrong)?;
    let thousandths = (factor * f64::from(Weights::ONE)).round() as u32;
    match (op, thousandths) {
        (Op::Wait, _) => Err("each 'fork' is followed by its 'wait': give a weight to 'fork'".into()),
        (_, 0) if factor > 0.0 => Err(format!("invalid weight '{text}': the smallest one above 0 is 0.001")),
        _ => Ok((op, thousandths)),
    }
}

/// A weight as [`weight`] reads it.
pub(super) fn weight_text((op, thousandths): (Op, u32)) -> String {
    format!("{op}={}", f64::from(thousandths) / f64::from(Weights::ONE))
}

/// The most bytes that are traced: a few lines of a terminal.
const TRACED: usize = 256;

/// A range of bytes, such as `4090..4100`.
pub(super) fn byte_range(text: &str) -> Result<Range<usize>, String> {
    let range = text.split_once("..").and_then(|(start, end)| Some(start.parse().ok()?..end.parse().ok()?));
    range.filter(|range: &Range<usize>| (1..=TRACED).contains(&range.len())).ok_or_else(|| {
        format!("invalid range '{text}': expected A..B with A < B and at most {TRACED} bytes, such as 4090..4100")
    })
}

/// The longest duration: ten years, so that no sum of a few durations and a time is out of range.
const LONGEST: Duration = Duration::from_secs(3653 * 24 * 3600);

/// The shortest time after which a step counts as hung: any step takes a moment on a busy machine.
const IMPATIENT: Duration = Duration::from_millis(10);

/// A duration such as `300ms`, `30s` or `1h 30m`. A number without a unit is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let seconds = || humantime::parse_duration(&format!("{text}s"));
    let expected = || "expected a number and a unit, such as 300ms, 30s, 5m or 1h".to_owned();
    let found = humantime::parse_duration(text).or_else(|_| seconds()).map_err(|_| expected());
    let found =
        found.and_then(|found| if found > LONGEST { Err("expected at most 10 years".into()) } else { Ok(found) });
    found.map_err(|expected| format!("invalid duration '{text}': {expected}"))
}

/// A time budget: longer than nothing.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    at_least(text, Duration::from_nanos(1), "a time above 0; --pages-only runs no random cases")
}

/// A time after which a step counts as hung.
pub(super) fn hang_time(text: &str) -> Result<Duration, String> {
    at_least(text, IMPATIENT, "10ms or more")
}

fn at_least(text: &str, least: Duration, expected: &str) -> Result<Duration, String> {
    let found = duration(text)?;
    if found < least { Err(format!("invalid duration '{text}': expected {expected}")) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_number_or_the_date() {
        assert_eq!(seed("0"), Ok(0));
        assert!(seed("date").is_ok_and(|seed| (20_260_101..99_991_231).contains(&seed)), "{:?}", seed("date"));
        for text in ["", "-1", "today", "1.5"] {
            assert!(seed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_of_bytes_has_a_start_and_an_end() {
        assert_eq!(byte_range("0..16"), Ok(0..16));
        assert_eq!(byte_range("4090..4346"), Ok(4090..4346));
        for text in ["", "5", "5..", "..5", "5..5", "6..5", "0..257", "-1..3", "0..=4"] {
            assert!(byte_range(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_weight_is_an_operation_and_a_decimal_number() {
        let weights =
            [("read=2.5", 2500), ("fork=1000", 1_000_000), ("in=0", 0), ("view-len=0.001", 1), ("tell=07", 7000)];
        for (text, thousandths) in weights {
            let read = weight(text);
            assert!(read.as_ref().is_ok_and(|(_, factor)| *factor == thousandths), "{text}: {read:?}");
            assert_eq!(read.and_then(|read| weight(&weight_text(read))), weight(text));
        }
        for text in ["read", "read=", "read=-1", "read=1000.1", "read=1e2", "read=inf", "read=NaN", "read=0.0001", "=1"]
        {
            assert!(weight(text).is_err(), "{text}");
        }
        assert!(weight("raed=1").is_err_and(|error| error.contains("did you mean 'read'")));
        assert!(weight("wait=1").is_err_and(|error| error.contains("'fork'")));
    }

    #[test]
    fn a_duration_has_a_unit_or_is_in_seconds() {
        let milliseconds = [
            ("300ms", 300),
            ("30s", 30_000),
            ("30", 30_000),
            ("0.5", 500),
            ("0.5s", 500),
            ("5m", 300_000),
            ("1h", 3_600_000),
            ("1.5h", 5_400_000),
            ("1h 30m", 5_400_000),
        ];
        for (text, expected) in milliseconds {
            assert_eq!(duration(text), Ok(Duration::from_millis(expected)), "{text}");
        }
        for text in ["", "soon", "-1s", "5x", "s", "1e400", "99999999999999999999h", "3000000000000000h", "11y"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(time("0").is_err() && time("1ns").is_ok());
        assert!(hang_time("0s").is_err() && hang_time("9ms").is_err() && hang_time("10ms").is_ok());
    }
}
