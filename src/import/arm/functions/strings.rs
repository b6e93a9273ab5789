//! `template-functions-string`.

use super::super::value::{Data, Failure, Result, Value, fail};
use super::Arguments;
use super::hashes::{from_base64, to_base64};

pub(super) const NAMES: &[&str] = &[
    "base64",
    "base64tojson",
    "base64tostring",
    "concat",
    "datauri",
    "datauritostring",
    "endswith",
    "format",
    "join",
    "lastindexof",
    "indexof",
    "padleft",
    "replace",
    "split",
    "startswith",
    "string",
    "substring",
    "tolower",
    "toupper",
    "trim",
    "uri",
    "uricomponent",
    "uricomponenttostring",
];

/// The longest string that a function makes (`best-practices#template-limits`: a template has 4 MB).
const LONGEST: usize = 4 << 20;

pub(super) fn call(name: &str, values: &[Value]) -> Option<Result<Value>> {
    let a = Arguments::new(name, values);
    Some(match name {
        "base64" => one(&a, |text| Ok(to_base64(text.as_bytes()))),
        "base64tostring" => one(&a, from_base64),
        "base64tojson" => a.text(0).and_then(from_base64).and_then(|text| json(&text)),
        "concat" => concat(&a),
        "datauri" => one(&a, |text| {
            let data = to_base64(text.as_bytes());
            Ok(format!("data:text/plain;charset=utf8;base64,{data}"))
        }),
        "datauritostring" => one(&a, |text| match text.split_once(";base64,") {
            Some((head, data)) if head.starts_with("data:") => from_base64(data),
            _ => fail("`dataUriToString` takes a data URI in base64"),
        }),
        "endswith" => both(&a, |text, end| text.ends_with(end)),
        "startswith" => both(&a, |text, start| text.starts_with(start)),
        "format" => format(&a).map(Value::from),
        "join" => join(&a).map(Value::from),
        "indexof" => index_of(&a, false),
        "lastindexof" => index_of(&a, true),
        "padleft" => pad_left(&a).map(Value::from),
        "replace" => replace(&a).map(Value::from),
        "split" => split(&a),
        "string" => a
            .count(1, 1)
            .and_then(|()| to_text(a.value(0)?))
            .map(Value::from),
        "substring" => substring(&a).map(Value::from),
        "tolower" => one(&a, |text| Ok(text.to_lowercase())),
        "toupper" => one(&a, |text| Ok(text.to_uppercase())),
        "trim" => one(&a, |text| Ok(text.trim().to_owned())),
        "uri" => uri(&a).map(Value::from),
        "uricomponent" => one(&a, |text| Ok(encode(text))),
        "uricomponenttostring" => one(&a, decode),
        _ => return None,
    })
}

fn one(a: &Arguments<'_>, make: impl Fn(&str) -> Result<String>) -> Result<Value> {
    a.count(1, 1)?;
    make(a.text(0)?).map(Value::from)
}

/// Comparisons that are case-insensitive on the page.
fn both(a: &Arguments<'_>, test: impl Fn(&str, &str) -> bool) -> Result<Value> {
    a.count(2, 2)?;
    Ok(test(&a.text(0)?.to_lowercase(), &a.text(1)?.to_lowercase()).into())
}

/// A text within bounds.
fn bounded(length: usize) -> Result<()> {
    if length <= LONGEST {
        Ok(())
    } else {
        fail(format!(
            "a string longer than {LONGEST} bytes would be made"
        ))
    }
}

/// The JSON that a text is.
pub(super) fn json(text: &str) -> Result<Value> {
    match serde_json::from_str(text) {
        Ok(json) => Ok(Value::from_json(&json)),
        // `json` reads what Newtonsoft reads, single quotes among it.
        Err(_) => match serde_json::from_str(&text.replace('\'', "\"")) {
            Ok(json) => Ok(Value::from_json(&json)),
            Err(_) => fail("the text is not JSON"),
        },
    }
}

/// A value as the functions write it.
pub(super) fn to_text(value: &Value) -> Result<String> {
    Ok(match &value.data {
        Data::Text(text) => (**text).to_owned(),
        Data::Null => String::new(),
        // As .NET writes it.
        Data::Bool(true) => "True".to_owned(),
        Data::Bool(false) => "False".to_owned(),
        Data::Int(int) => int.to_string(),
        Data::Float(float) => float.to_string(),
        Data::Array(_) | Data::Object(_) => value.plain().to_string(),
        _ => return fail(format!("{} has no text", value.kind())),
    })
}

fn concat(a: &Arguments<'_>) -> Result<Value> {
    a.count(1, usize::MAX)?;
    if matches!(a.value(0)?.data, Data::Array(_)) {
        let mut all = Vec::new();
        for at in 0..a.len() {
            all.extend_from_slice(a.array(at)?);
        }
        return Ok(Value::array(all));
    }
    let mut text = String::new();
    for at in 0..a.len() {
        if matches!(a.value(at)?.data, Data::Array(_)) {
            return a.wrong(at, "a string");
        }
        text.push_str(&to_text(a.value(at)?)?);
        bounded(text.len())?;
    }
    Ok(text.into())
}

/// .NET's composite format: `{0}`, `{0,-10}`, `{0:N0}`, `{{`.
fn format(a: &Arguments<'_>) -> Result<String> {
    a.count(1, usize::MAX)?;
    let mut out = String::new();
    let mut rest = a.text(0)?;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let brace = &rest[at..=at];
        if tail.starts_with(brace) {
            out.push_str(brace);
            rest = &tail[1..];
            continue;
        }
        let Some((item, after)) = tail.split_once('}').filter(|_| brace == "{") else {
            return fail("the format string has a brace without its pair");
        };
        out.push_str(&formatted(a, item)?);
        bounded(out.len())?;
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// One item of a format: `index[,width][:format]`.
fn formatted(a: &Arguments<'_>, item: &str) -> Result<String> {
    let (head, style) = match item.split_once(':') {
        Some((head, style)) => (head, style),
        None => (item, ""),
    };
    let (index, width) = match head.split_once(',') {
        Some((index, width)) => (index, width.trim().parse::<i32>().ok()),
        None => (head, Some(0)),
    };
    let (Ok(index), Some(width)) = (index.trim().parse::<usize>(), width) else {
        return fail("the format string has an item that is not `{index}`");
    };
    if index + 1 >= a.len() {
        return fail(format!(
            "the format string asks for an argument {index} that is not there"
        ));
    }
    let value = a.value(index + 1)?;
    let text = match (&value.data, style) {
        (_, "") => to_text(value)?,
        (Data::Int(int), style) => number(*int, style)?,
        // .NET ignores the format of what cannot be formatted.
        _ => to_text(value)?,
    };
    let missing = (width.unsigned_abs() as usize).saturating_sub(text.chars().count());
    bounded(missing)?;
    let blanks = " ".repeat(missing);
    Ok(if width < 0 {
        text + &blanks
    } else {
        blanks + &text
    })
}

/// .NET's numeric formats that ints meet: `D`, `N`, `X`, `G`, `F`, and zeros.
fn number(int: i64, style: &str) -> Result<String> {
    let sign = if int < 0 { "-" } else { "" };
    let digits = int.unsigned_abs().to_string();
    let padded = |digits: String, width: usize| {
        let zeros = "0".repeat(width.min(99).saturating_sub(digits.len()));
        format!("{sign}{zeros}{digits}")
    };
    if !style.is_empty() && style.bytes().all(|byte| byte == b'0') {
        return Ok(padded(digits, style.len()));
    }
    let mut letters = style.chars();
    let letter = letters.next().unwrap_or('G');
    let precision = letters.as_str();
    let width = if precision.is_empty() {
        None
    } else {
        match precision.parse::<usize>() {
            Ok(width) => Some(width.min(99)),
            Err(_) => return fail(format!("the number format `{style}` is not known")),
        }
    };
    let fraction = |places: usize| {
        let zeros = "0".repeat(places);
        if places == 0 {
            zeros
        } else {
            format!(".{zeros}")
        }
    };
    Ok(match letter.to_ascii_uppercase() {
        'D' => padded(digits, width.unwrap_or_default()),
        'X' if int >= 0 => {
            let hex = if letter == 'x' {
                format!("{int:x}")
            } else {
                format!("{int:X}")
            };
            padded(hex, width.unwrap_or_default())
        }
        'F' => format!("{sign}{digits}{}", fraction(width.unwrap_or(2))),
        'N' => {
            let mut grouped = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            format!("{sign}{grouped}{}", fraction(width.unwrap_or(2)))
        }
        'G' => int.to_string(),
        _ => return fail(format!("the number format `{style}` is not known")),
    })
}

fn join(a: &Arguments<'_>) -> Result<String> {
    a.count(2, 2)?;
    let parts: Result<Vec<String>> = a.array(0)?.iter().map(to_text).collect();
    let joined = parts?.join(a.text(1)?);
    bounded(joined.len())?;
    Ok(joined)
}

/// Positions are in characters; in an array, of an element.
fn index_of(a: &Arguments<'_>, last: bool) -> Result<Value> {
    a.count(2, 2)?;
    let found = if let Data::Array(elements) = &a.value(0)?.data {
        let wanted = a.value(1)?;
        let mut hits = (0..elements.len()).filter(|&at| elements[at] == *wanted);
        if last { hits.next_back() } else { hits.next() }
    } else {
        let (text, wanted) = (a.text(0)?.to_lowercase(), a.text(1)?.to_lowercase());
        let byte = if last {
            text.rfind(&wanted)
        } else {
            text.find(&wanted)
        };
        byte.map(|byte| text[..byte].chars().count())
    };
    Ok(found.map_or(Value::from(-1_i64), Value::from))
}

fn pad_left(a: &Arguments<'_>) -> Result<String> {
    a.count(2, 3)?;
    let text = match &a.value(0)?.data {
        Data::Text(_) | Data::Int(_) => to_text(a.value(0)?)?,
        _ => return a.wrong(0, "a string or an int"),
    };
    let padding = if a.len() == 3 { a.text(2)? } else { " " };
    let (Ok(length), 1) = (usize::try_from(a.int(1)?), padding.chars().count()) else {
        return fail("`padLeft` takes a length of 0 or more and a single character");
    };
    bounded(length)?;
    let missing = length.saturating_sub(text.chars().count());
    Ok(padding.repeat(missing) + &text)
}

fn replace(a: &Arguments<'_>) -> Result<String> {
    a.count(3, 3)?;
    let (text, old, new) = (a.text(0)?, a.text(1)?, a.text(2)?);
    if old.is_empty() {
        return fail("`replace` cannot look for an empty string");
    }
    bounded(text.matches(old).count().saturating_mul(new.len()))?;
    Ok(text.replace(old, new))
}

fn split(a: &Arguments<'_>) -> Result<Value> {
    a.count(2, 2)?;
    let delimiters: Vec<&str> = match &a.value(1)?.data {
        Data::Text(delimiter) => vec![delimiter],
        Data::Array(several) => several.iter().filter_map(Value::text).collect(),
        _ => return a.wrong(1, "a string or an array of strings"),
    };
    let mut parts = Vec::new();
    let mut rest = a.text(0)?;
    let next = |rest: &str| {
        delimiters
            .iter()
            .filter(|delimiter| !delimiter.is_empty())
            .filter_map(|delimiter| rest.find(delimiter).map(|at| (at, delimiter.len())))
            .min_by_key(|&(at, length)| (at, std::cmp::Reverse(length)))
    };
    while let Some((at, length)) = next(rest) {
        parts.push(Value::from(&rest[..at]));
        rest = &rest[at + length..];
    }
    parts.push(rest.into());
    Ok(Value::array(parts))
}

fn substring(a: &Arguments<'_>) -> Result<String> {
    a.count(2, 3)?;
    let text = a.text(0)?;
    let all = text.chars().count();
    let out = || {
        Failure(format!(
            "`substring` reaches outside the {all} characters of its string"
        ))
    };
    let start = usize::try_from(a.int(1)?).map_err(|_| out())?;
    let length = match a.len() {
        3 => usize::try_from(a.int(2)?).map_err(|_| out())?,
        _ => all.checked_sub(start).ok_or_else(out)?,
    };
    match start.checked_add(length) {
        Some(end) if end <= all => Ok(text.chars().skip(start).take(length).collect()),
        _ => Err(out()),
    }
}

/// An absolute URI out of a base and a relative one (RFC 3986, as `System.Uri` does it).
fn uri(a: &Arguments<'_>) -> Result<String> {
    a.count(2, 2)?;
    let (base, relative) = (a.text(0)?, a.text(1)?);
    if relative.contains("://") {
        return Ok(relative.to_owned());
    }
    let Some(host) = base.find("://").map(|at| at + 3) else {
        return fail("the base of `uri` is not an absolute URI");
    };
    let path = base[host..].find('/').map_or(base.len(), |at| host + at);
    if relative.starts_with('/') {
        return Ok(format!("{}{relative}", &base[..path]));
    }
    let base = base.split(['?', '#']).next().unwrap_or(base);
    let folder = match base.rfind('/') {
        Some(at) if at >= path => &base[..=at],
        _ => &format!("{base}/"),
    };
    let (before, mut segments) = (
        &folder[..path.min(folder.len())],
        folder[path.min(folder.len())..]
            .trim_matches('/')
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect::<Vec<_>>(),
    );
    for segment in relative.split('/') {
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    Ok(format!("{before}/{}", segments.join("/")))
}

/// `System.Uri.EscapeDataString`.
fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn decode(text: &str) -> Result<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        let hex = (*byte == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &tail[2..];
            }
            None => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).or_else(|_| fail("the URI component is not UTF-8"))
}
