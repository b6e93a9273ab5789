//! `template-functions-numeric`.

use std::cmp::Ordering;

use super::super::value::{Data, Result, Value, fail};
use super::Arguments;
use super::logic::compare;

pub(super) const NAMES: &[&str] = &[
    "add", "div", "float", "int", "max", "min", "mod", "mul", "sub",
];

pub(super) fn call(name: &str, values: &[Value]) -> Option<Result<Value>> {
    let a = Arguments::new(name, values);
    Some(match name {
        "add" => two(&a, i64::checked_add),
        "sub" => two(&a, i64::checked_sub),
        "mul" => two(&a, i64::checked_mul),
        "div" => two(&a, i64::checked_div),
        "mod" => two(&a, i64::checked_rem),
        "int" => int(&a),
        "float" => float(&a),
        "max" => extreme(&a, Ordering::Greater),
        "min" => extreme(&a, Ordering::Less),
        _ => return None,
    })
}

fn two(a: &Arguments<'_>, compute: fn(i64, i64) -> Option<i64>) -> Result<Value> {
    a.count(2, 2)?;
    match compute(a.int(0)?, a.int(1)?) {
        Some(result) => Ok(result.into()),
        None => fail("the result is not an int (overflow, or division by zero)"),
    }
}

fn int(a: &Arguments<'_>) -> Result<Value> {
    a.count(1, 1)?;
    match &a.value(0)?.data {
        Data::Int(int) => Ok((*int).into()),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "`int` cuts the fraction off"
        )]
        Data::Float(float) => Ok((*float as i64).into()),
        Data::Text(text) => match text.trim().parse::<i64>() {
            Ok(int) => Ok(int.into()),
            Err(_) => fail("the argument of `int` is not an int"),
        },
        _ => a.wrong(0, "a string or an int"),
    }
}

fn float(a: &Arguments<'_>) -> Result<Value> {
    a.count(1, 1)?;
    match &a.value(0)?.data {
        #[expect(clippy::cast_precision_loss, reason = "as `float` does")]
        Data::Int(int) => Ok(Value::new(Data::Float(*int as f64))),
        Data::Float(_) => Ok(a.value(0)?.clone()),
        Data::Text(text) => match text.trim().parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Value::new(Data::Float(float))),
            _ => fail("the argument of `float` is not a number"),
        },
        _ => a.wrong(0, "a string or an int"),
    }
}

/// The greatest or least of an array or of the arguments.
fn extreme(a: &Arguments<'_>, wanted: Ordering) -> Result<Value> {
    a.count(1, usize::MAX)?;
    let mut all = Vec::new();
    match &a.value(0)?.data {
        Data::Array(elements) if a.len() == 1 => all.extend(elements.iter()),
        _ => {
            for at in 0..a.len() {
                all.push(a.value(at)?);
            }
        }
    }
    let mut best: Option<&Value> = None;
    for value in all {
        if !matches!(value.data, Data::Int(_)) {
            return fail("`min` and `max` take ints");
        }
        if best.is_none_or(|best| compare(value, best) == Some(wanted)) {
            best = Some(value);
        }
    }
    match best {
        Some(value) => Ok(value.clone()),
        None => fail("`min` and `max` need at least one int"),
    }
}
