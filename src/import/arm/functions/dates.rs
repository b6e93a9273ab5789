//! `template-functions-date`. There is no clock here: `utcNow` is a fixed moment, marked as
//! predicted.

use super::super::value::{Failure, Result, Value, fail};
use super::Arguments;

pub(super) const NAMES: &[&str] = &["datetimeadd", "datetimefromepoch", "datetimetoepoch"];

/// The moment that `utcNow` gives: 2000-01-01T00:00:00Z, in seconds of the epoch.
const NOW: i64 = 946_684_800;

/// The last moment that .NET's `DateTime` knows, in seconds of the epoch, and the first.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

pub(super) fn call(name: &str, values: &[Value]) -> Option<Result<Value>> {
    let a = Arguments::new(name, values);
    Some(match name {
        "datetimeadd" => add(&a).map(Value::from),
        "datetimefromepoch" => a
            .int(0)
            .and_then(within)
            .and_then(|moment| written(moment, "yyyy-MM-ddTHH:mm:ssZ").map(Value::from)),
        "datetimetoepoch" => a.text(0).and_then(moment).map(Value::from),
        _ => return None,
    })
}

/// `utcNow`, in the format asked for.
pub(in super::super) fn utc_now(values: &[Value]) -> Result<Value> {
    let a = Arguments::new("utcNow", values);
    a.count(0, 1)?;
    let format = if a.len() == 1 {
        a.text(0)?
    } else {
        "yyyyMMddTHHmmssZ"
    };
    Ok(Value::from(written(NOW, format)?).mark(true))
}

fn within(moment: i64) -> Result<i64> {
    if RANGE.contains(&moment) {
        Ok(moment)
    } else {
        fail("the moment lies outside the years 1 to 9999")
    }
}

/// Days of the epoch of a civil date, and back (proleptic Gregorian).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// A moment of ISO 8601, in UTC where no offset is given.
fn moment(text: &str) -> Result<i64> {
    let wrong = || Failure("the text is not a moment of ISO 8601".to_owned());
    let (body, offset) = match text.strip_suffix('Z') {
        Some(body) => (body, 0),
        None => match text.get(11..).and_then(|time| time.rfind(['+', '-'])) {
            Some(at) => {
                let (body, zone) = text.split_at(11 + at);
                let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
                let number: i64 = digits.parse().map_err(|_| wrong())?;
                let seconds = (number / 100 * 60 + number % 100) * 60;
                (
                    body,
                    if zone.starts_with('-') {
                        -seconds
                    } else {
                        seconds
                    },
                )
            }
            None => (text, 0),
        },
    };
    let body = body.split('.').next().unwrap_or(body);
    let digits: Vec<i64> = body
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(|byte| i64::from(byte - b'0'))
        .collect();
    let number = |from: usize, to: usize| -> Result<i64> {
        let part = digits.get(from..to).ok_or_else(wrong)?;
        Ok(part.iter().fold(0, |number, digit| number * 10 + digit))
    };
    let time = if digits.len() >= 14 {
        number(8, 10)? * 3600 + number(10, 12)? * 60 + number(12, 14)?
    } else if digits.len() == 8 {
        0
    } else {
        return Err(wrong());
    };
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return Err(wrong());
    }
    within(days(year, month, day) * 86_400 + time - offset)
}

/// `dateTimeAdd(base, duration, [format])`; years and months are calendar ones.
fn add(a: &Arguments<'_>) -> Result<String> {
    a.count(2, 3)?;
    let base = moment(a.text(0)?)?;
    let (sign, duration) = match a.text(1)?.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, a.text(1)?),
    };
    let wrong = || Failure("the duration is not one of ISO 8601".to_owned());
    let mut rest = duration.strip_prefix('P').ok_or_else(wrong)?;
    let (mut months, mut seconds, mut time) = (0_i64, 0_i64, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            (rest, time) = (after, true);
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: i64 = rest[..end].parse().map_err(|_| wrong())?;
        let number = number.min(400_000_000_000) * sign;
        match (rest[end..].chars().next(), time) {
            (Some('Y'), false) => months += number.saturating_mul(12),
            (Some('M'), false) => months += number,
            (Some('W'), false) => seconds += number.saturating_mul(604_800),
            (Some('D'), false) => seconds += number.saturating_mul(86_400),
            (Some('H'), true) => seconds += number.saturating_mul(3600),
            (Some('M'), true) => seconds += number.saturating_mul(60),
            (Some('S'), true) => seconds += number,
            _ => return Err(wrong()),
        }
        within(seconds.saturating_add(months.saturating_mul(2_000_000)))?;
        rest = &rest[end + 1..];
    }
    let (year, month, day) = civil(base.div_euclid(86_400));
    let month = year * 12 + month - 1 + months;
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    let next = days(year + month / 12, month % 12 + 1, 1);
    let day = (days(year, month, 1) + day - 1).min(next - 1);
    let moment = within(day * 86_400 + base.rem_euclid(86_400) + seconds)?;
    written(moment, if a.len() == 3 { a.text(2)? } else { "G" })
}

/// A moment in .NET's standard formats `d`, `G`, `o`, `s`, `u` or a custom one of
/// `yyyy yy MM M dd d HH H mm m ss s`, everything else standing for itself.
fn written(moment: i64, format: &str) -> Result<String> {
    let format = match format {
        "d" => "MM/dd/yyyy",
        "G" => "M/d/yyyy h:mm:ss tt",
        "o" | "O" => "yyyy-MM-ddTHH:mm:ss.0000000Z",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ssZ",
        _ => format,
    };
    let (year, month, day) = civil(moment.div_euclid(86_400));
    let time = moment.rem_euclid(86_400);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        let run = rest.chars().take_while(|&other| other == c).count();
        let number = match (c, run) {
            ('y', 4) => format!("{year:04}"),
            ('y', 2) => format!("{:02}", year % 100),
            ('M', 1) => month.to_string(),
            ('M', 2) => format!("{month:02}"),
            ('d', 1) => day.to_string(),
            ('d', 2) => format!("{day:02}"),
            ('H', 1) => hour.to_string(),
            ('H', 2) => format!("{hour:02}"),
            ('h', 1) => ((hour + 11) % 12 + 1).to_string(),
            ('h', 2) => format!("{:02}", (hour + 11) % 12 + 1),
            ('m', 1) => minute.to_string(),
            ('m', 2) => format!("{minute:02}"),
            ('s', 1) => second.to_string(),
            ('s', 2) => format!("{second:02}"),
            ('t', 2) => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            (
                'y' | 'M' | 'd' | 'H' | 'h' | 'm' | 's' | 't' | 'f' | 'F' | 'K' | 'z' | 'g' | '\'',
                _,
            ) => {
                return fail(format!("the date format `{format}` is not known"));
            }
            _ => c.to_string().repeat(run),
        };
        out.push_str(&number);
        rest = &rest[run * c.len_utf8()..];
    }
    Ok(out)
}
