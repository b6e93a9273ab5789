//! Values that are computed only when an expression asks for them: what Azure assigns at run time,
//! and the outputs of nested deployments.

use std::fmt;
use std::rc::Rc;

use super::deployment::Deployment;
use super::value::{Result, Value, fail};
use super::world::World;

/// A value that is computed when it is asked for.
pub(super) enum Later {
    /// An address that Azure assigns.
    Address(Ask),
    /// An output of a nested deployment.
    Output(Rc<Deployment>, String),
    /// What is known to exist at run time and cannot be told from the template.
    Unknown(String),
}

/// An address that an expression asks for: of which resource, at which pointer into its body.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Ask {
    /// The resource's id, as `scope::key` folds it.
    pub(super) resource: String,
    /// The JSON pointer into its body.
    pub(super) pointer: String,
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(ask) => write!(f, "Address({ask:?})"),
            Self::Output(_, name) => write!(f, "Output({name})"),
            Self::Unknown(what) => write!(f, "Unknown({what})"),
        }
    }
}

/// What stands for an address until every resource is known.
const PROVISIONAL: &str = "203.0.113.1";

impl World<'_> {
    /// The value, computed now.
    pub(super) fn now(&self, later: &Later) -> Result<Value> {
        match later {
            Later::Address(ask) => {
                self.asks.borrow_mut().insert(ask.clone());
                match self.predictions.get(ask) {
                    Some(Ok(address)) => Ok(Value::from(address.as_str()).mark(true)),
                    Some(Err(reason)) => fail(reason.clone()),
                    None => Ok(Value::from(PROVISIONAL).mark(true)),
                }
            }
            Later::Output(deployment, name) => self.output(deployment, name),
            Later::Unknown(what) => fail(format!("{what} is known only at run time")),
        }
    }
}
