//! Functions that look at the deployment around them: `template-functions-deployment`,
//! `template-functions-scope`, `template-functions-resource`, and user-defined ones.

use std::rc::Rc;

use serde_json::Value as Json;

use super::evaluate::Frame;
use super::functions::{guid, utc_now};
use super::scope;
use super::value::{Data, Result, Value, fail};
use super::world::World;

impl World<'_> {
    /// The value of such a call; `None` if there is no such function.
    pub(super) fn contextual(
        &self,
        name: &str,
        values: &[Value],
        frame: &Frame,
    ) -> Option<Result<Value>> {
        let text = |at: usize| match values.get(at).map(|value| &value.data) {
            Some(Data::Text(text)) => Ok(text.to_string()),
            Some(Data::Secret) => fail("it rests on a secure value, and those are not kept"),
            _ => fail(format!("`{name}` needs a string as argument {}", at + 1)),
        };
        let predicted = values.iter().any(Value::rests_on_prediction);
        let full = values
            .iter()
            .skip(1)
            .filter_map(Value::text)
            .any(|word| word.eq_ignore_ascii_case("full"));
        Some(match name {
            "parameters" => text(0).and_then(|name| self.parameter(&name, frame)),
            "variables" => text(0).and_then(|name| self.variable(&name, frame)),
            "lambdavariables" => text(0).and_then(|name| local(&name, frame)),
            "copyindex" => copy_index(values, frame),
            "deployment" => Ok(self.deployment_object(frame)),
            "deployer" => Ok(self.deployer()),
            "environment" => Ok(environment()),
            "resourcegroup" => self.resource_group(frame),
            "subscription" => self.subscription(frame),
            "managementgroup" => management_group(frame),
            "tenant" => Ok(self.tenant()),
            "newguid" => Ok(self.new_guid()),
            "utcnow" => utc_now(values),
            "reference" => {
                text(0).and_then(|what| Ok(self.reference(&what, full, frame)?.mark(predicted)))
            }
            "references" => text(0).and_then(|symbol| self.references(&symbol, full, frame)),
            "resourceinfo" => text(0).and_then(|symbol| self.resource_info(&symbol, frame)),
            "pickzones" => pick_zones(values),
            // Keys, tokens, connection strings.
            _ if name.starts_with("list") => Ok(Value::secret()),
            "getsecret" => Ok(Value::secret()),
            _ => {
                return scope::call(name, values, &frame.environment.scope)
                    .map(|result| result.map(|value| value.mark(predicted)));
            }
        })
    }

    fn deployment_object(&self, frame: &Frame) -> Value {
        let environment = &frame.environment;
        let uri = format!("file:///{}", environment.file);
        let template = Value::of([(
            "contentVersion",
            environment
                .template
                .get("contentVersion")
                .and_then(Json::as_str)
                .unwrap_or("1.0.0.0")
                .into(),
        )]);
        Value::of([
            ("name", environment.name.as_str().into()),
            ("location", self.location.as_str().into()),
            (
                "properties",
                Value::of([
                    ("template", template),
                    ("templateLink", Value::of([("uri", uri.into())])),
                    ("mode", "Incremental".into()),
                    ("provisioningState", "Accepted".into()),
                ]),
            ),
        ])
    }

    /// Who deploys is nobody here.
    fn deployer(&self) -> Value {
        Value::of([
            ("objectId", guid("deployer").into()),
            ("tenantId", self.options.tenant.as_str().into()),
            ("userPrincipalName", "deployer".into()),
        ])
        .mark(true)
    }

    /// `resourceGroup()`: its location is that of the group in the template, if it is there.
    fn resource_group(&self, frame: &Frame) -> Result<Value> {
        let scope = &frame.environment.scope;
        let Some(name) = &scope.resource_group else {
            return fail("`resourceGroup` needs a deployment to a resource group");
        };
        let id = scope.id();
        let declared = match self.find(&scope::key(&id)) {
            Some(group) => self.body(&group).ok(),
            None => None,
        };
        let location = declared
            .as_ref()
            .and_then(|body| body.value.member("location").cloned())
            .unwrap_or_else(|| self.location.as_str().into());
        let tags = declared.and_then(|body| body.value.member("tags").cloned());
        Ok(Value::of([
            ("id", id.into()),
            ("name", name.as_str().into()),
            ("type", "Microsoft.Resources/resourceGroups".into()),
            ("location", location),
            ("tags", tags.unwrap_or_else(|| Value::of([]))),
            (
                "properties",
                Value::of([("provisioningState", "Succeeded".into())]),
            ),
        ]))
    }

    fn subscription(&self, frame: &Frame) -> Result<Value> {
        let Some(subscription) = &frame.environment.scope.subscription else {
            return fail("`subscription` needs a deployment to a subscription or a resource group");
        };
        Ok(Value::of([
            ("id", format!("/subscriptions/{subscription}").into()),
            ("subscriptionId", subscription.as_str().into()),
            ("tenantId", self.options.tenant.as_str().into()),
            ("displayName", subscription.as_str().into()),
        ]))
    }

    fn tenant(&self) -> Value {
        let tenant = self.options.tenant.as_str();
        Value::of([
            ("countryCode", "US".into()),
            ("displayName", tenant.into()),
            ("id", format!("/tenants/{tenant}").into()),
            ("tenantId", tenant.into()),
        ])
    }

    /// Another one each time, the same ones in each run.
    fn new_guid(&self) -> Value {
        let number = self.guids.get() + 1;
        self.guids.set(number);
        Value::from(guid(&format!("newGuid-{number}"))).mark(true)
    }

    /// A function of the template's own (`template-user-defined-functions`).
    pub(super) fn user_defined(
        &self,
        name: &str,
        values: Vec<Value>,
        frame: &Frame,
    ) -> Result<Value> {
        let (namespace, short) = name.split_once('.').unwrap_or_default();
        let function = user_function(&frame.environment.template, namespace, short);
        let Some(function) = function else {
            return fail(format!("the template has no function `{name}`"));
        };
        let parameters = function.get("parameters").and_then(Json::as_array);
        let names: Vec<String> = parameters
            .into_iter()
            .flatten()
            .filter_map(|parameter| parameter.get("name").and_then(Json::as_str))
            .map(str::to_owned)
            .collect();
        if names.len() != values.len() {
            return fail(format!(
                "`{name}` takes {} arguments, and {} are given",
                names.len(),
                values.len()
            ));
        }
        let frame = Frame {
            arguments: Some(Rc::new(names.into_iter().zip(values).collect())),
            ..frame.outside()
        };
        match function
            .get("output")
            .and_then(|output| output.get("value"))
        {
            Some(value) => self.deeper(|| self.json(value, &frame)),
            None => fail(format!("the function `{name}` has no output")),
        }
    }
}

fn user_function<'a>(template: &'a Json, namespace: &str, name: &str) -> Option<&'a Json> {
    let groups = template.get("functions")?.as_array()?;
    let group = groups.iter().find(|group| {
        let there = group.get("namespace").and_then(Json::as_str);
        there.is_some_and(|there| there.eq_ignore_ascii_case(namespace))
    })?;
    let members = group.get("members")?.as_object()?;
    members
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, function)| function)
}

fn local(name: &str, frame: &Frame) -> Result<Value> {
    let mut inner = frame.locals.iter().rev();
    match inner.find(|(local, _)| local.eq_ignore_ascii_case(name)) {
        Some((_, value)) => Ok(value.clone()),
        None => fail(format!("there is no lambda variable `{name}` here")),
    }
}

/// `copyIndex([loop], [offset])`.
fn copy_index(values: &[Value], frame: &Frame) -> Result<Value> {
    let (name, offset) = match values {
        [] => (None, 0),
        [
            Value {
                data: Data::Int(offset),
                ..
            },
        ] => (None, *offset),
        [
            Value {
                data: Data::Text(name),
                ..
            },
        ] => (Some(&**name), 0),
        [
            Value {
                data: Data::Text(name),
                ..
            },
            Value {
                data: Data::Int(offset),
                ..
            },
        ] => (Some(&**name), *offset),
        _ => return fail("`copyIndex` takes a loop's name and an offset"),
    };
    let index = i64::try_from(frame.index(name)?).unwrap_or(i64::MAX);
    Ok(index.saturating_add(offset).into())
}

fn management_group(frame: &Frame) -> Result<Value> {
    let Some(group) = &frame.environment.scope.management_group else {
        return fail("`managementGroup` needs a deployment to a management group");
    };
    let id = format!("/providers/Microsoft.Management/managementGroups/{group}");
    Ok(Value::of([
        ("id", id.into()),
        ("name", group.as_str().into()),
        (
            "type",
            "/providers/Microsoft.Management/managementGroups".into(),
        ),
        (
            "properties",
            Value::of([("displayName", group.as_str().into())]),
        ),
    ]))
}

/// The public cloud (`template-functions-deployment#environment`).
fn environment() -> Value {
    let suffixes = Value::of([
        ("acrLoginServer", ".azurecr.io".into()),
        (
            "azureDatalakeAnalyticsCatalogAndJob",
            "azuredatalakeanalytics.net".into(),
        ),
        (
            "azureDatalakeStoreFileSystem",
            "azuredatalakestore.net".into(),
        ),
        ("keyvaultDns", ".vault.azure.net".into()),
        ("sqlServerHostname", ".database.windows.net".into()),
        ("storage", "core.windows.net".into()),
    ]);
    Value::of([
        ("name", "AzureCloud".into()),
        ("gallery", "https://gallery.azure.com/".into()),
        ("graph", "https://graph.windows.net/".into()),
        ("portal", "https://portal.azure.com".into()),
        ("graphAudience", "https://graph.windows.net/".into()),
        (
            "activeDirectoryDataLake",
            "https://datalake.azure.net/".into(),
        ),
        ("batch", "https://batch.core.windows.net/".into()),
        ("media", "https://rest.media.azure.net".into()),
        (
            "sqlManagement",
            "https://management.core.windows.net:8443/".into(),
        ),
        ("vmImageAliasDoc", "https://aka.ms/vm-aliases".into()),
        ("resourceManager", "https://management.azure.com/".into()),
        (
            "authentication",
            Value::of([
                ("loginEndpoint", "https://login.microsoftonline.com/".into()),
                ("identityProvider", "AAD".into()),
                ("tenant", "common".into()),
                (
                    "audiences",
                    Value::array(vec![
                        "https://management.core.windows.net/".into(),
                        "https://management.azure.com/".into(),
                    ]),
                ),
            ]),
        ),
        ("suffixes", suffixes),
    ])
}

/// `pickZones`: zones 1 to 3 are taken to be there; which one it is does not change a topology's
/// shape, and it is marked as predicted.
fn pick_zones(values: &[Value]) -> Result<Value> {
    let number = |at: usize| match values.get(at).map(|value| &value.data) {
        Some(Data::Int(int)) => Some(*int),
        _ => None,
    };
    let count = number(3).unwrap_or(1).clamp(0, 3);
    let offset = number(4).unwrap_or(0).clamp(0, 3 - count);
    let zones = (1..=count).map(|zone| Value::from((zone + offset).to_string()));
    Ok(Value::array(zones.collect()).mark(true))
}
