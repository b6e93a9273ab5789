//! ARM templates (`template-syntax`): evaluated as Azure Resource Manager would, offline.
//!
//! Evaluation is driven by need: a parameter, a variable, a resource's body or an output is computed
//! when something asks for it, and once. So `dependsOn` is not needed for order, and `reference()`
//! finds what the template itself declares, in nested deployments too. What Azure assigns at run
//! time is predicted: a first evaluation finds out what is asked for, and the next one knows the
//! answers.
//!
//! What cannot be evaluated is left out where it stands and listed with the reason; values of secure
//! parameters are not even read.

mod added;
mod context;
mod declare;
mod deployment;
mod evaluate;
mod expression;
mod functions;
mod jsonc;
mod lambdas;
mod later;
mod lost;
mod parameters;
mod predict;
mod runtime;
mod scope;
mod secrets;
mod tree;
mod value;
mod world;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value as Json;

use super::{Left, Origin, Read, Resource};
use deployment::{Declared, Deployment, Environment, Level, Memo, Status, schema_scope};
use parameters::Given;
use scope::Scope;
use world::{Predictions, World};

pub use jsonc::parse;
pub use parameters::{ParameterFile, is_parameters};

/// How often a template is evaluated until what was asked for is answered.
const MOST_PASSES: usize = 5;

/// The stack of the evaluation, in bytes: enough for as deep as it may go.
const STACK: usize = 64 << 20;

/// Where the template is deployed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The subscription's id.
    pub subscription: String,
    /// The resource group's name.
    pub resource_group: String,
    /// The resource group's location; `None` takes that of the parameter `location` (or `region`)
    /// and, where that says nothing, `westeurope`.
    pub location: Option<String>,
    /// The tenant's id.
    pub tenant: String,
    /// The management group's name.
    pub management_group: String,
    /// Where the template's file is, so that templates linked to it are found beside it.
    pub path: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        let nobody = uuid::Uuid::nil().to_string();
        Self {
            subscription: nobody.clone(),
            resource_group: "rg".to_owned(),
            location: None,
            tenant: nobody,
            management_group: "mg".to_owned(),
            path: None,
        }
    }
}

/// Why nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The text is not JSON.
    #[error("{message}, at line {line}, column {column}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// It is JSON, and no template.
    #[error("the file is not an ARM template: it has no `$schema` of one, or no `resources`")]
    NotATemplate,
    /// It is JSON, and no parameter file.
    #[error("the file holds no parameters")]
    NoParameters,
    /// The evaluation could not be started.
    #[error("the evaluation could not be started")]
    NotStarted,
}

/// Whether a value is an ARM template: by its `$schema`, or by what every template has.
#[must_use]
pub fn is_template(value: &Json) -> bool {
    let schema = value.get("$schema").and_then(Json::as_str);
    let named =
        schema.is_some_and(|schema| schema.to_lowercase().contains("deploymenttemplate.json"));
    let resources = value.get("resources");
    (named || value.get("contentVersion").is_some())
        && resources.is_some_and(|all| all.is_array() || all.is_object())
}

/// Whether a parameter file can be a template's: it declares every name that the file gives.
#[must_use]
pub fn takes(template: &Json, parameters: &ParameterFile) -> bool {
    unknown(template, parameters).is_none()
}

/// The first parameter of a file that a template does not declare.
#[must_use]
pub fn unknown<'p>(template: &Json, parameters: &'p ParameterFile) -> Option<&'p str> {
    let declared = template.get("parameters");
    let mut names = parameters.values.iter().map(|(name, _)| name.as_str());
    names.find(|name| {
        let found = declared.and_then(|all| parameters::find(all, name));
        found.is_none()
    })
}

/// Evaluates a template.
///
/// `parameters` are applied in order, a later file over an earlier one.
///
/// # Errors
/// A text that is not JSON or no template; everything else is listed in what is left.
pub fn read(
    file: &str,
    text: &str,
    parameters: &[ParameterFile],
    options: &Options,
) -> Result<Read, Fault> {
    let template = parse(text)?;
    if !is_template(&template) {
        return Err(Fault::NotATemplate);
    }
    // Evaluation recurses as deep as templates nest, and the stack of a caller may be small.
    std::thread::scope(|threads| {
        let work = || evaluate(file, &template, parameters, options);
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(threads, work);
        let thread = thread.map_err(|_| Fault::NotStarted)?;
        thread.join().map_err(|_| Fault::NotStarted)
    })
}

/// Evaluates until every address that is asked for is known.
fn evaluate(file: &str, template: &Json, parameters: &[ParameterFile], options: &Options) -> Read {
    let template = Rc::new(template.clone());
    let mut predictions = Predictions::new();
    let mut passes = 0;
    loop {
        let (read, next) = pass(file, &template, parameters, options, &predictions);
        passes += 1;
        if next == predictions || passes == MOST_PASSES {
            return read;
        }
        predictions = next;
    }
}

/// One evaluation, and what Azure would assign for what it asked.
fn pass(
    file: &str,
    template: &Rc<Json>,
    parameters: &[ParameterFile],
    options: &Options,
    predictions: &Predictions,
) -> (Read, Predictions) {
    let location = location(template, parameters, options);
    let world = World::new(options, location, predictions);
    let root = root(file, template, parameters, options);
    world.check_parameter_files(parameters, &root.environment);
    world.declare_all(&root);
    world.open_all();
    let mut resources = Vec::new();
    collect(&world, &root, &mut resources);
    let kept = resources
        .iter()
        .filter_map(|one| added::kept_record(one, &resources));
    world.asks.borrow_mut().extend(kept);
    let next = predict::predict(&resources, &world.asks.borrow());
    let keys: HashMap<String, usize> = resources
        .iter()
        .enumerate()
        .map(|(at, resource)| {
            let id = resource.body.get("id").and_then(Json::as_str);
            (scope::key(id.unwrap_or_default()), at)
        })
        .collect();
    let asks = world.asks.borrow();
    let mut asked: Vec<_> = asks.iter().collect();
    asked.sort_by(|a, b| (&a.resource, &a.pointer).cmp(&(&b.resource, &b.pointer)));
    for ask in asked {
        let (Some(Ok(address)), Some(&at)) = (predictions.get(ask), keys.get(&ask.resource)) else {
            continue;
        };
        let resource: &mut Resource = &mut resources[at];
        if predict::write(&mut resource.body, &ask.pointer, address) {
            resource.predicted.push(ask.pointer.clone());
        }
    }
    let left = world.left.borrow().clone();
    release(&root);
    let read = Read {
        resources,
        left,
        unread: Vec::new(),
        linked: world.linked.take(),
    };
    (read, next)
}

/// Takes apart what refers to each other in circles: resources, deployments and their values.
fn release(deployment: &Rc<Deployment>) {
    deployment.symbols.borrow_mut().clear();
    deployment.environment.parameters.borrow_mut().clear();
    deployment.environment.variables.borrow_mut().clear();
    let resources = std::mem::take(&mut *deployment.resources.borrow_mut());
    for nested in resources.iter().filter_map(|one| one.nested.take()) {
        release(&nested);
    }
}

/// The deployment that the file is.
fn root(
    file: &str,
    template: &Rc<Json>,
    parameters: &[ParameterFile],
    options: &Options,
) -> Rc<Deployment> {
    let level = schema_scope(template);
    let subscription = matches!(level, Level::ResourceGroup | Level::Subscription);
    let scope = Scope {
        subscription: subscription.then(|| options.subscription.clone()),
        resource_group: (level == Level::ResourceGroup).then(|| options.resource_group.clone()),
        management_group: (level != Level::Tenant).then(|| options.management_group.clone()),
    };
    let mut given = HashMap::new();
    for (name, value) in parameters.iter().flat_map(|file| &file.values) {
        let value = match value {
            Some(value) => Given::Plain(value.clone()),
            None => Given::Secret,
        };
        given.insert(name.to_lowercase(), value);
    }
    // As `az deployment … create` names it.
    let name = Path::new(file)
        .file_stem()
        .map(|stem| stem.to_string_lossy());
    let environment = Environment {
        template: Rc::clone(template),
        file: file.into(),
        place: String::new(),
        scope: scope.clone(),
        name: name.unwrap_or_default().into_owned(),
        given,
        parameters: Memo::default(),
        variables: Memo::default(),
    };
    Rc::new(Deployment {
        template: Rc::clone(template),
        file: file.into(),
        place: String::new(),
        scope,
        environment: Rc::new(environment),
        loops: Rc::default(),
        around: None,
        path: options.path.clone(),
        resources: RefCell::default(),
        symbols: RefCell::default(),
    })
}

/// Where the resource group is, as far as the template and its parameters tell.
fn location(template: &Json, parameters: &[ParameterFile], options: &Options) -> String {
    let given = |name: &str| {
        let mut values = parameters.iter().rev().flat_map(|file| &file.values);
        let found = values.find(|(there, _)| there.eq_ignore_ascii_case(name));
        let value = found.and_then(|(_, value)| value.as_ref());
        value.and_then(Json::as_str).map(str::to_owned)
    };
    let default = |name: &str| {
        let declared = template.get("parameters")?;
        let (_, declared) = parameters::find(declared, name)?;
        let default = declared.get("defaultValue")?.as_str()?;
        (!default.starts_with('[') && !default.is_empty()).then(|| default.to_owned())
    };
    options
        .location
        .clone()
        .or_else(|| ["location", "region"].into_iter().find_map(given))
        .or_else(|| ["location", "region"].into_iter().find_map(default))
        .unwrap_or_else(|| "westeurope".to_owned())
}

/// The resources of a deployment and of those nested in it, in the order of the file.
fn collect(world: &World<'_>, deployment: &Rc<Deployment>, resources: &mut Vec<Resource>) {
    let declared = deployment.resources.borrow().clone();
    for one in &declared {
        if one.is_deployment() {
            let nested = one.nested.borrow().clone();
            if let Some(nested) = nested {
                collect(world, &nested, resources);
            }
            continue;
        }
        match one.status {
            Status::Deployed => match resource(world, one) {
                Ok(resource) => resources.push(resource),
                Err(left) => world.left.borrow_mut().push(left),
            },
            Status::Existing => {
                if !world.knows(&one.id) {
                    world.leave(
                        &deployment.file,
                        &one.place,
                        one.called(),
                        "it exists outside of the template: only its id is known".to_owned(),
                    );
                }
            }
            Status::Absent => {}
        }
    }
}

fn resource(world: &World<'_>, declared: &Rc<Declared>) -> Result<Resource, Left> {
    let origin = Origin {
        file: declared.frame.deployment.file.to_string(),
        place: declared.place.clone(),
    };
    let mut predicted = Vec::new();
    let body = world.body(declared).and_then(|body| match &body.lost {
        Some(reason) => value::fail(reason.clone()),
        None => Ok(body.value.to_json("", &mut predicted)),
    });
    match body {
        Ok(Some(Json::Object(mut body))) => {
            body.values_mut().for_each(secrets::hide);
            Ok(Resource {
                body,
                origin,
                predicted,
            })
        }
        Ok(_) => Err(Left {
            origin,
            what: declared.called(),
            reason: "it is no object".to_owned(),
        }),
        Err(failure) => Err(Left {
            origin,
            what: declared.called(),
            reason: failure.0,
        }),
    }
}
