//! Evaluation of expressions: strings that are expressions, accesses, the functions that need not
//! evaluate all of their arguments, and those that look at the deployment around them.

use std::rc::Rc;

use super::deployment::{Deployment, Environment};
use super::expression::{Expression, Written, parse, written};
use super::functions;
use super::value::{Data, Lambda, Result, Value, fail};
use super::world::World;

/// How deep evaluation may go, expressions, values and deployments together.
const DEEPEST: u32 = 600;

/// How deep a value may be.
const DEEPEST_VALUE: usize = 150;

/// A loop of `copy` and where it stands (`copy-resources`).
#[derive(Debug, Clone)]
pub(super) struct Loop {
    /// Its name, as written.
    pub(super) name: String,
    pub(super) index: usize,
    /// A loop of a property is not what `copyIndex()` without a name means.
    pub(super) by_name_only: bool,
}

/// What names mean where an expression stands.
#[derive(Clone)]
pub(super) struct Frame {
    /// Whose parameters, variables and scope.
    pub(super) environment: Rc<Environment>,
    /// Whose resources are meant by a name.
    pub(super) deployment: Rc<Deployment>,
    pub(super) loops: Rc<Vec<Loop>>,
    /// The variables of the lambdas around it.
    pub(super) locals: Rc<Vec<(String, Value)>>,
    /// In a user-defined function: its arguments, the only parameters that it sees.
    pub(super) arguments: Option<Rc<Vec<(String, Value)>>>,
}

impl Frame {
    /// The same place inside a further loop.
    pub(super) fn inside(&self, name: &str, index: usize, by_name_only: bool) -> Self {
        let mut loops = (*self.loops).clone();
        loops.push(Loop {
            name: name.to_owned(),
            index,
            by_name_only,
        });
        Self {
            loops: Rc::new(loops),
            ..self.clone()
        }
    }

    /// Parameters and variables are evaluated outside of every loop and lambda.
    pub(super) fn outside(&self) -> Self {
        Self {
            loops: Rc::default(),
            locals: Rc::default(),
            arguments: None,
            ..self.clone()
        }
    }

    /// The index of a loop: of that name, or of the innermost one that needs no name.
    pub(super) fn index(&self, name: Option<&str>) -> Result<usize> {
        let mut inner = self.loops.iter().rev();
        let found = match name {
            Some(name) => inner.find(|l| l.name.eq_ignore_ascii_case(name)),
            None => inner
                .find(|l| !l.by_name_only)
                .or_else(|| self.loops.last()),
        };
        match (found, name) {
            (Some(found), _) => Ok(found.index),
            (None, Some(name)) => fail(format!("there is no loop `{name}` here")),
            (None, None) => fail("`copyIndex` stands outside of any loop"),
        }
    }
}

impl World<'_> {
    /// Does something one level deeper, if there is one.
    pub(super) fn deeper<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let depth = self.depth.get();
        if depth >= DEEPEST {
            return fail(format!("evaluation is deeper than {DEEPEST} levels"));
        }
        self.depth.set(depth + 1);
        let result = work();
        self.depth.set(depth);
        result
    }

    /// Takes from what all of evaluation may cost.
    pub(super) fn spend(&self, cost: usize) -> Result<()> {
        match self.fuel.get().checked_sub(cost) {
            Some(rest) => {
                self.fuel.set(rest);
                Ok(())
            }
            None => {
                self.stopped.set(true);
                fail("evaluating the template takes too many steps")
            }
        }
    }

    /// The value of a string of the template.
    pub(super) fn string(&self, text: &str, frame: &Frame) -> Result<Value> {
        match written(text) {
            Written::Literal(text) => Ok(text.into()),
            Written::Expression(inner) => {
                let known = self.parsed.borrow().get(inner).cloned();
                let expression = match known {
                    Some(expression) => expression,
                    None => {
                        let expression = Rc::new(parse(inner)?);
                        self.parsed
                            .borrow_mut()
                            .insert(inner.to_owned(), Rc::clone(&expression));
                        expression
                    }
                };
                match self.evaluate(&expression, frame)? {
                    Value {
                        data: Data::Lambda(_),
                        ..
                    } => fail("a lambda is no value"),
                    value => Ok(value),
                }
            }
        }
    }

    /// The value of an expression; what is known only later is asked for now.
    pub(super) fn evaluate(&self, expression: &Expression, frame: &Frame) -> Result<Value> {
        let value = self.deeper(|| self.step(expression, frame))?;
        let value = match &value.data {
            Data::Later(later) => self.deeper(|| self.now(later))?.mark(value.predicted),
            _ => value,
        };
        self.spend(match &value.data {
            Data::Text(text) => 1 + text.len() / 64,
            Data::Array(elements) => 1 + elements.len(),
            Data::Object(members) => 1 + members.len(),
            _ => 1,
        })?;
        if value.depth() > DEEPEST_VALUE {
            return fail(format!("a value is deeper than {DEEPEST_VALUE} levels"));
        }
        Ok(value)
    }

    fn step(&self, expression: &Expression, frame: &Frame) -> Result<Value> {
        match expression {
            Expression::Text(text) => Ok(text.as_str().into()),
            Expression::Int(int) => Ok((*int).into()),
            Expression::Member { of, name, safe } => {
                let of = self.evaluate(of, frame)?;
                self.access(&of, &name.as_str().into(), *safe)
            }
            Expression::Index { of, index, safe } => {
                let of = self.evaluate(of, frame)?;
                let index = self.evaluate(index, frame)?;
                self.access(&of, &index, *safe)
            }
            Expression::Call { name, arguments } => self.call(name, arguments, frame),
        }
    }

    /// `of.member` or `of[index]`.
    fn access(&self, of: &Value, index: &Value, safe: bool) -> Result<Value> {
        let found = match (&of.data, &index.data) {
            (Data::Secret, _) => Some(Value::secret()),
            (Data::Object(_), Data::Text(name)) => of.member(name).cloned(),
            (Data::Array(elements), Data::Int(at)) => usize::try_from(*at)
                .ok()
                .and_then(|at| elements.get(at))
                .cloned(),
            (Data::Null, _) if safe => None,
            (Data::Object(_), _) => return fail("an object is indexed by a string"),
            (Data::Array(_), _) => return fail("an array is indexed by an int"),
            _ => return fail(format!("{} has no members", of.kind())),
        };
        match (found, &index.data) {
            (Some(found), _) => Ok(found.mark(of.predicted || index.predicted)),
            (None, _) if safe => Ok(Value::null().mark(of.predicted)),
            (None, Data::Text(name)) => fail(format!("there is no member `{name}`")),
            (None, _) => fail("the index lies outside of the array"),
        }
    }

    fn call(&self, name: &str, arguments: &[Expression], frame: &Frame) -> Result<Value> {
        let evaluate = |at: usize| match arguments.get(at) {
            Some(argument) => self.evaluate(argument, frame),
            None => fail(format!("`{name}` needs an argument {}", at + 1)),
        };
        match name {
            "if" => {
                let test = evaluate(0)?;
                let chosen = match test.data {
                    Data::Bool(true) => evaluate(1)?,
                    Data::Bool(false) => evaluate(2)?,
                    _ => return fail(format!("`if` is asked about {}", test.kind())),
                };
                return Ok(chosen.mark(test.predicted));
            }
            "and" | "or" => {
                let (stop, mut predicted) = (name == "or", false);
                for at in 0..arguments.len() {
                    let value = evaluate(at)?;
                    predicted |= value.predicted;
                    match value.data {
                        Data::Bool(value) if value == stop => {
                            return Ok(Value::from(stop).mark(predicted));
                        }
                        Data::Bool(_) => {}
                        _ => return fail(format!("`{name}` is given {}", value.kind())),
                    }
                }
                return Ok(Value::from(!stop).mark(predicted));
            }
            "coalesce" => {
                for at in 0..arguments.len() {
                    let value = evaluate(at)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
                return Ok(Value::null());
            }
            "lambda" => return lambda(arguments, frame),
            _ => {}
        }
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.evaluate(argument, frame)?);
        }
        if let Some(result) = self.contextual(name, &values, frame) {
            return result;
        }
        if let Some(result) = self.apply(name, &values, frame) {
            return result;
        }
        if values
            .iter()
            .any(|value| matches!(value.data, Data::Lambda(_)))
        {
            return fail(format!("`{name}` takes no lambda"));
        }
        if let Some(result) = functions::call(name, &values) {
            return result;
        }
        if name.contains('.') {
            return self.user_defined(name, values, frame);
        }
        match crate::diagnostic::suggest(name, functions::names()) {
            Some(near) => fail(format!("there is no function `{name}`, but `{near}`")),
            None => fail(format!(
                "there is no function `{name}`, or it needs a running Azure"
            )),
        }
    }
}

/// `lambda('a', 'b', body)`.
fn lambda(arguments: &[Expression], frame: &Frame) -> Result<Value> {
    let Some((body, names)) = arguments.split_last() else {
        return fail("`lambda` needs a body");
    };
    let mut parameters = Vec::new();
    for name in names {
        match name {
            Expression::Text(name) => parameters.push(name.clone()),
            _ => return fail("the variables of `lambda` are strings"),
        }
    }
    Ok(Value::new(Data::Lambda(Rc::new(Lambda {
        parameters,
        body: body.clone(),
        around: (*frame.locals).clone(),
    }))))
}
