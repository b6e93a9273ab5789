//! `template-functions-logical` and `template-functions-comparison`; what need not evaluate all of
//! its arguments (`if`, `and`, `or`, `coalesce`) stands in `evaluate`.

use std::cmp::Ordering;

use super::super::value::{Data, Result, Value, fail};
use super::Arguments;

pub(super) const NAMES: &[&str] = &[
    "bool",
    "equals",
    "fail",
    "false",
    "greater",
    "greaterorequals",
    "less",
    "lessorequals",
    "not",
    "true",
];

pub(super) fn call(name: &str, values: &[Value]) -> Option<Result<Value>> {
    let a = Arguments::new(name, values);
    Some(match name {
        "bool" => to_bool(&a).map(Value::from),
        "equals" => a
            .count(2, 2)
            .and_then(|()| Ok((a.value(0)? == a.value(1)?).into())),
        "fail" => a
            .text(0)
            .and_then(|reason| fail(format!("the template says: {reason}"))),
        "false" => a.count(0, 0).map(|()| false.into()),
        "true" => a.count(0, 0).map(|()| true.into()),
        "greater" => ordered(&a, Ordering::is_gt),
        "greaterorequals" => ordered(&a, Ordering::is_ge),
        "less" => ordered(&a, Ordering::is_lt),
        "lessorequals" => ordered(&a, Ordering::is_le),
        "not" => a.count(1, 1).and_then(|()| Ok((!a.bool(0)?).into())),
        _ => return None,
    })
}

fn to_bool(a: &Arguments<'_>) -> Result<bool> {
    a.count(1, 1)?;
    match &a.value(0)?.data {
        Data::Bool(value) => Ok(*value),
        Data::Int(int) => Ok(*int != 0),
        Data::Text(text) if text.eq_ignore_ascii_case("true") || &**text == "1" => Ok(true),
        Data::Text(text) if text.eq_ignore_ascii_case("false") || &**text == "0" => Ok(false),
        _ => a.wrong(0, "`true` or `false`, or 1 or 0"),
    }
}

fn ordered(a: &Arguments<'_>, test: fn(Ordering) -> bool) -> Result<Value> {
    a.count(2, 2)?;
    match compare(a.value(0)?, a.value(1)?) {
        Some(order) => Ok(test(order).into()),
        None => a.wrong(1, "an int as the first one, or a string as that"),
    }
}

/// The order of two numbers or two strings; strings are compared with case.
pub(super) fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "as a comparison of numbers does"
    )]
    match (&a.data, &b.data) {
        (Data::Int(a), Data::Int(b)) => Some(a.cmp(b)),
        (Data::Text(a), Data::Text(b)) => Some(a.cmp(b)),
        (Data::Float(a), Data::Float(b)) => a.partial_cmp(b),
        (Data::Int(a), Data::Float(b)) => (*a as f64).partial_cmp(b),
        (Data::Float(a), Data::Int(b)) => a.partial_cmp(&(*b as f64)),
        _ => None,
    }
}
