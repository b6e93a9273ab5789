//! A deployment: a template, what its expressions mean and where its resources go; and nested
//! ones, inline or linked (`linked-templates`).

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use serde_json::Value as Json;

use super::evaluate::{Frame, Loop};
use super::parameters::Given;
use super::scope::Scope;
use super::value::{Result, Value, fail};
use super::world::World;
use super::{is_template, jsonc};

/// How deep deployments may stand in each other.
const MOST_LEVELS: usize = 20;

/// The largest linked template, in bytes (`best-practices#template-limits`).
const LARGEST: u64 = 4 << 20;

/// Values that were computed, by lower-case name; `None` while one is.
pub(super) type Memo = RefCell<HashMap<String, Option<Result<Value>>>>;

/// What expressions mean in a template: parameters, variables, functions and scope.
pub(super) struct Environment {
    pub(super) template: Rc<Json>,
    pub(super) file: Rc<str>,
    /// Where the template stands in its file.
    pub(super) place: String,
    pub(super) scope: Scope,
    /// The deployment's name.
    pub(super) name: String,
    /// What parameters were given, by lower-case name.
    pub(super) given: HashMap<String, Given>,
    pub(super) parameters: Memo,
    pub(super) variables: Memo,
}

/// A template that is deployed.
pub(super) struct Deployment {
    pub(super) template: Rc<Json>,
    pub(super) file: Rc<str>,
    /// Where the template stands in its file.
    pub(super) place: String,
    /// Where its resources go.
    pub(super) scope: Scope,
    /// Its own, or that of the deployment around it (scope `outer`).
    pub(super) environment: Rc<Environment>,
    pub(super) loops: Rc<Vec<Loop>>,
    /// The deployment around it.
    pub(super) around: Option<Rc<Deployment>>,
    /// The folder of its file, and its path there, if it is known.
    pub(super) path: Option<PathBuf>,
    /// In the order of the file.
    pub(super) resources: RefCell<Vec<Rc<Declared>>>,
    /// Symbolic names, and names of loops, of what they stand for.
    pub(super) symbols: RefCell<HashMap<String, Vec<Rc<Declared>>>>,
}

/// A resource of a deployment; a loop has one for each of its runs.
pub(super) struct Declared {
    pub(super) frame: Frame,
    pub(super) node: Rc<Json>,
    /// Where it stands in its file.
    pub(super) place: String,
    /// Its type, with those of the resources around it.
    pub(super) kind: String,
    /// Its name, with those of the resources around it.
    pub(super) name: String,
    pub(super) id: String,
    /// Its name rests on a prediction.
    pub(super) name_predicted: bool,
    /// Where it goes; of a nested deployment, where that one's resources go.
    pub(super) scope: Scope,
    pub(super) status: Status,
    /// That it is there rests on a prediction.
    pub(super) predicted: bool,
    pub(super) nested: RefCell<Option<Rc<Deployment>>>,
    pub(super) body: RefCell<State>,
}

/// Whether a resource is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Deployed,
    /// `existing`: it is somewhere, and not in this template.
    Existing,
    /// Its condition is false.
    Absent,
}

/// How far evaluation of a resource's body is.
pub(super) enum State {
    Fresh,
    Running,
    Done(Rc<Body>),
}

/// A resource's body, evaluated.
pub(super) struct Body {
    /// `id`, `type`, `name` and what the template says.
    pub(super) value: Value,
    /// Why it is not what it should be: a rule that lost a value.
    pub(super) lost: Option<String>,
}

impl Deployment {
    /// Where its expressions stand.
    pub(super) fn frame(self: &Rc<Self>) -> Frame {
        Frame {
            environment: Rc::clone(&self.environment),
            deployment: Rc::clone(self),
            loops: Rc::clone(&self.loops),
            locals: Rc::default(),
            arguments: None,
        }
    }

    /// The deployments whose resources its expressions may name: itself, and those around it in scope
    /// `outer`.
    pub(super) fn visible(self: &Rc<Self>) -> impl Iterator<Item = Rc<Self>> {
        let environment = Rc::clone(&self.environment);
        self.chain()
            .take_while(move |one| Rc::ptr_eq(&one.environment, &environment))
    }

    /// The deployments around it, itself first.
    pub(super) fn chain(self: &Rc<Self>) -> impl Iterator<Item = Rc<Self>> {
        std::iter::successors(Some(Rc::clone(self)), |at| at.around.clone())
    }
}

impl Declared {
    pub(super) fn is_deployment(&self) -> bool {
        self.kind
            .eq_ignore_ascii_case("Microsoft.Resources/deployments")
    }

    /// How it is called in what is listed.
    pub(super) fn called(&self) -> String {
        format!("`{}` `{}`", self.kind, self.name)
    }
}

/// The scope that a template's schema asks for.
pub(super) fn schema_scope(template: &Json) -> Level {
    let schema = template.get("$schema").and_then(Json::as_str);
    let schema = schema.unwrap_or_default().to_lowercase();
    if schema.contains("subscriptiondeploymenttemplate") {
        Level::Subscription
    } else if schema.contains("managementgroupdeploymenttemplate") {
        Level::ManagementGroup
    } else if schema.contains("tenantdeploymenttemplate") {
        Level::Tenant
    } else {
        Level::ResourceGroup
    }
}

/// A kind of scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    ResourceGroup,
    Subscription,
    ManagementGroup,
    Tenant,
}

/// The template of a nested deployment.
struct Nested {
    template: Rc<Json>,
    file: Rc<str>,
    place: String,
    path: Option<PathBuf>,
    linked: bool,
}

impl World<'_> {
    /// Opens a nested deployment: declares what is in it.
    pub(super) fn open(&self, declared: &Rc<Declared>) {
        let file = Rc::clone(&declared.frame.deployment.file);
        let opened = self.deeper(|| {
            let deployment = self.nested(declared)?;
            *declared.nested.borrow_mut() = Some(Rc::clone(&deployment));
            self.declare_all(&deployment);
            Ok(())
        });
        if let Err(failure) = opened {
            self.leave(&file, &declared.place, declared.called(), failure.0);
        }
    }

    /// The nested deployment that a resource is, opened if it was not.
    pub(super) fn opened(&self, declared: &Rc<Declared>) -> Option<Rc<Deployment>> {
        if declared.nested.borrow().is_none() {
            let mut pending = self.pending.borrow_mut();
            let at = pending.iter().position(|one| Rc::ptr_eq(one, declared));
            let found = at.and_then(|at| pending.remove(at));
            drop(pending);
            if let Some(found) = found {
                self.open(&found);
            }
        }
        declared.nested.borrow().clone()
    }

    fn nested(&self, declared: &Rc<Declared>) -> Result<Rc<Deployment>> {
        let around = &declared.frame.deployment;
        if around.chain().count() >= MOST_LEVELS {
            return fail(format!(
                "deployments stand deeper than {MOST_LEVELS} in each other"
            ));
        }
        let Some(properties) = declared.node.get("properties") else {
            return fail("the deployment has no properties");
        };
        let nested = match (properties.get("template"), properties.get("templateLink")) {
            (Some(template @ Json::Object(_)), _) => Nested {
                template: Rc::new(template.clone()),
                file: Rc::clone(&around.file),
                place: format!("{}/properties/template", declared.place),
                path: around.path.clone(),
                linked: false,
            },
            (Some(_), _) => return fail("its template is computed, not written"),
            (None, Some(link)) => self.linked(link, declared)?,
            (None, None) => return fail("the deployment has no template"),
        };
        let options = properties.get("expressionEvaluationOptions");
        let inner = match options.and_then(|options| options.get("scope")) {
            Some(scope) => {
                let scope = self.json(scope, &declared.frame)?;
                scope
                    .text()
                    .is_some_and(|scope| scope.eq_ignore_ascii_case("inner"))
            }
            None => nested.linked,
        };
        let environment = if inner {
            Rc::new(Environment {
                template: Rc::clone(&nested.template),
                file: Rc::clone(&nested.file),
                place: nested.place.clone(),
                scope: declared.scope.clone(),
                name: declared.name.clone(),
                given: given(properties, &declared.frame),
                parameters: Memo::default(),
                variables: Memo::default(),
            })
        } else {
            Rc::clone(&declared.frame.environment)
        };
        if properties.get("parametersLink").is_some() {
            self.leave(
                &around.file,
                &format!("{}/properties/parametersLink", declared.place),
                declared.called(),
                "linked parameter files are not followed".to_owned(),
            );
        }
        Ok(Rc::new(Deployment {
            template: nested.template,
            file: nested.file,
            place: nested.place,
            scope: declared.scope.clone(),
            environment,
            loops: if inner {
                Rc::default()
            } else {
                Rc::clone(&declared.frame.loops)
            },
            around: Some(Rc::clone(around)),
            path: nested.path,
            resources: RefCell::default(),
            symbols: RefCell::default(),
        }))
    }

    /// A linked template that lies beside its file.
    fn linked(&self, link: &Json, declared: &Declared) -> Result<Nested> {
        let text = |key: &str| -> Result<Option<String>> {
            match link.get(key) {
                Some(node) => {
                    let value = self.json(node, &declared.frame)?;
                    Ok(value.text().map(str::to_owned))
                }
                None => Ok(None),
            }
        };
        let around = &declared.frame.deployment;
        let Some(folder) = around.path.as_deref().and_then(Path::parent) else {
            return fail("it is linked, and the folder of the template is not known");
        };
        let (link, candidates) = if let Some(path) = text("relativePath")? {
            let one = vec![path.clone()];
            (path, one)
        } else if let Some(uri) = text("uri")? {
            let path = uri.split_once("://").map_or(&*uri, |(_, path)| path);
            let path = path.split(['?', '#']).next().unwrap_or_default();
            let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
            let ends = (0..segments.len()).map(|at| segments[at..].join("/"));
            (
                segments.last().copied().unwrap_or_default().to_owned(),
                ends.collect(),
            )
        } else {
            return fail("it is a template spec, and those are not in a file");
        };
        for candidate in candidates {
            let relative = PathBuf::from(&candidate);
            let beneath = relative
                .components()
                .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
            let path = folder.join(&relative);
            let readable = std::fs::metadata(&path)
                .is_ok_and(|found| found.is_file() && found.len() <= LARGEST);
            if !beneath || !readable {
                continue;
            }
            if around.chain().any(|one| one.path.as_ref() == Some(&path)) {
                return fail(format!("the linked template `{link}` links to itself"));
            }
            let parsed = std::fs::read_to_string(&path)
                .ok()
                .and_then(|text| jsonc::parse(&text).ok())
                .filter(is_template);
            let Some(template) = parsed else {
                return fail(format!("the linked file `{link}` is not a template"));
            };
            let file = match Path::new(&*around.file).parent() {
                Some(parent) => parent.join(&relative).to_string_lossy().into_owned(),
                None => candidate,
            };
            self.linked.borrow_mut().push(file.clone());
            return Ok(Nested {
                template: Rc::new(template),
                file: file.into(),
                place: String::new(),
                path: Some(path),
                linked: true,
            });
        }
        fail(format!(
            "the linked template `{link}` does not lie beside the file"
        ))
    }
}

/// What a deployment gives the parameters of its template.
fn given(properties: &Json, frame: &Frame) -> HashMap<String, Given> {
    let parameters = properties.get("parameters").and_then(Json::as_object);
    let mut given = HashMap::new();
    for (name, entry) in parameters.into_iter().flatten() {
        let value = match entry.get("value") {
            Some(value) => Given::There(value.clone(), frame.clone()),
            None if entry.get("reference").is_some() => Given::Secret,
            // The whole entry is computed, as `if(…, createObject('value', …), …)`.
            None => Given::Entry(entry.clone(), frame.clone()),
        };
        given.insert(name.to_lowercase(), value);
    }
    given
}
