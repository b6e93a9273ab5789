//! `template-functions-lambda`: functions that apply a lambda to the elements of an array.

use std::rc::Rc;

use super::evaluate::Frame;
use super::value::{Data, Lambda, Members, Result, Value, fail};
use super::world::World;

impl World<'_> {
    /// The value of a call that takes a lambda; `None` if there is no such function.
    pub(super) fn apply(
        &self,
        name: &str,
        values: &[Value],
        frame: &Frame,
    ) -> Option<Result<Value>> {
        Some(match name {
            "filter" => self.filter(values, frame),
            "groupby" => self.group_by(values, frame),
            "map" => self.map(values, frame),
            "mapvalues" => self.map_values(values, frame),
            "reduce" => self.reduce(values, frame),
            "sort" => self.sort(values, frame),
            "toobject" => self.to_object(values, frame),
            _ => return None,
        })
    }

    /// A lambda applied to what it takes; a variable more than `needed` gets the index.
    fn invoke(
        &self,
        lambda: &Lambda,
        mut arguments: Vec<Value>,
        index: usize,
        frame: &Frame,
    ) -> Result<Value> {
        if lambda.parameters.len() == arguments.len() + 1 {
            arguments.push(index.into());
        }
        if lambda.parameters.len() != arguments.len() {
            return fail(format!(
                "the lambda has {} variables, and {} are expected",
                lambda.parameters.len(),
                arguments.len()
            ));
        }
        let mut locals = lambda.around.clone();
        locals.extend(lambda.parameters.iter().cloned().zip(arguments));
        let frame = Frame {
            locals: Rc::new(locals),
            ..frame.clone()
        };
        match self.evaluate(&lambda.body, &frame)? {
            Value {
                data: Data::Lambda(_),
                ..
            } => fail("a lambda is no value"),
            value => Ok(value),
        }
    }

    fn test(
        &self,
        lambda: &Lambda,
        arguments: Vec<Value>,
        index: usize,
        frame: &Frame,
    ) -> Result<bool> {
        match self.invoke(lambda, arguments, index, frame)?.data {
            Data::Bool(value) => Ok(value),
            _ => fail("the lambda gives no bool"),
        }
    }

    /// What a lambda gives as a key.
    fn key_by(
        &self,
        lambda: &Lambda,
        element: &Value,
        index: usize,
        frame: &Frame,
    ) -> Result<String> {
        match self
            .invoke(lambda, vec![element.clone()], index, frame)?
            .text()
        {
            Some(key) => Ok(key.to_owned()),
            None => fail("the lambda gives no string as the key"),
        }
    }

    fn map(&self, values: &[Value], frame: &Frame) -> Result<Value> {
        let (elements, lambda) = (array(values)?, lambda(values, 1)?);
        let mapped: Result<Vec<Value>> = elements
            .iter()
            .enumerate()
            .map(|(at, element)| self.invoke(lambda, vec![element.clone()], at, frame))
            .collect();
        Ok(Value::array(mapped?).mark(values[0].predicted))
    }

    fn map_values(&self, values: &[Value], frame: &Frame) -> Result<Value> {
        let Some(Data::Object(members)) = values.first().map(|value| &value.data) else {
            return fail("`mapValues` takes an object");
        };
        let lambda = lambda(values, 1)?;
        let mapped: Result<Members> = members
            .iter()
            .enumerate()
            .map(|(at, (key, value))| {
                let value = self.invoke(lambda, vec![value.clone()], at, frame)?;
                Ok((key.clone(), value))
            })
            .collect();
        Ok(Value::object(mapped?).mark(values[0].predicted))
    }

    fn filter(&self, values: &[Value], frame: &Frame) -> Result<Value> {
        let (elements, lambda) = (array(values)?, lambda(values, 1)?);
        let mut kept = Vec::new();
        for (at, element) in elements.iter().enumerate() {
            if self.test(lambda, vec![element.clone()], at, frame)? {
                kept.push(element.clone());
            }
        }
        Ok(Value::array(kept).mark(values[0].rests_on_prediction()))
    }

    fn reduce(&self, values: &[Value], frame: &Frame) -> Result<Value> {
        let (elements, lambda) = (array(values)?, lambda(values, 2)?);
        let mut result = values.get(1).cloned().unwrap_or_else(Value::null);
        for (at, element) in elements.iter().enumerate() {
            result = self.invoke(lambda, vec![result, element.clone()], at, frame)?;
        }
        Ok(result.mark(values[0].predicted))
    }

    /// A merge sort, so that any lambda ends: the second stays behind the first unless it is less.
    fn sort(&self, values: &[Value], frame: &Frame) -> Result<Value> {
        let (elements, lambda) = (array(values)?, lambda(values, 1)?);
        let mut failure = None;
        let mut sorted = elements.to_vec();
        let mut less = |a: &Value, b: &Value| {
            if failure.is_some() {
                return false;
            }
            self.test(lambda, vec![a.clone(), b.clone()], 0, frame)
                .unwrap_or_else(|reason| {
                    failure = Some(reason);
                    false
                })
        };
        let mut width = 1;
        while width < sorted.len() {
            let mut merged = Vec::with_capacity(sorted.len());
            for pair in sorted.chunks(2 * width) {
                let (mut left, mut right) = pair.split_at(width.min(pair.len()));
                while let ([a, ..], [b, ..]) = (left, right) {
                    if less(b, a) {
                        merged.push(b.clone());
                        right = &right[1..];
                    } else {
                        merged.push(a.clone());
                        left = &left[1..];
                    }
                }
                merged.extend_from_slice(left);
                merged.extend_from_slice(right);
            }
            sorted = merged;
            width *= 2;
        }
        match failure {
            Some(failure) => Err(failure),
            None => Ok(Value::array(sorted).mark(values[0].rests_on_prediction())),
        }
    }

    fn to_object(&self, values: &[Value], frame: &Frame) -> Result<Value> {
        let (elements, key) = (array(values)?, lambda(values, 1)?);
        let value = if values.len() > 2 {
            Some(lambda(values, 2)?)
        } else {
            None
        };
        let mut members = Members::new();
        for (at, element) in elements.iter().enumerate() {
            let key = self.key_by(key, element, at, frame)?;
            let value = match value {
                Some(value) => self.invoke(value, vec![element.clone()], at, frame)?,
                None => element.clone(),
            };
            members.insert(key, value);
        }
        Ok(Value::object(members).mark(values[0].predicted))
    }

    fn group_by(&self, values: &[Value], frame: &Frame) -> Result<Value> {
        let (elements, key) = (array(values)?, lambda(values, 1)?);
        let mut groups: indexmap::IndexMap<String, Vec<Value>> = indexmap::IndexMap::new();
        for (at, element) in elements.iter().enumerate() {
            let key = self.key_by(key, element, at, frame)?;
            groups.entry(key).or_default().push(element.clone());
        }
        let groups = groups
            .into_iter()
            .map(|(key, group)| (key, Value::array(group)))
            .collect();
        Ok(Value::object(groups).mark(values[0].predicted))
    }
}

fn array(values: &[Value]) -> Result<&[Value]> {
    match values.first().map(|value| &value.data) {
        Some(Data::Array(elements)) => Ok(elements),
        Some(_) => fail("the first argument is not an array"),
        None => fail("an array is expected"),
    }
}

fn lambda(values: &[Value], at: usize) -> Result<&Lambda> {
    match values.get(at).map(|value| &value.data) {
        Some(Data::Lambda(lambda)) => Ok(lambda),
        _ => fail(format!("argument {} is not a lambda", at + 1)),
    }
}
