//! Where a deployment puts its resources, and the ids that follow
//! (`template-functions-scope`, `template-functions-resource#resourceid`).

use super::value::{Result, Value, fail};

/// The scope of a deployment: what is given decides its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) subscription: Option<String>,
    pub(super) resource_group: Option<String>,
    pub(super) management_group: Option<String>,
}

impl Scope {
    /// Its id; empty for the tenant.
    pub(super) fn id(&self) -> String {
        match (&self.subscription, &self.resource_group) {
            (Some(subscription), Some(group)) => {
                format!("/subscriptions/{subscription}/resourceGroups/{group}")
            }
            (Some(subscription), None) => format!("/subscriptions/{subscription}"),
            (None, _) => match &self.management_group {
                Some(group) => format!("/providers/Microsoft.Management/managementGroups/{group}"),
                None => String::new(),
            },
        }
    }

    /// The id of a resource in it.
    pub(super) fn resource(&self, kind: &str, name: &str) -> Result<String> {
        if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups")
            && let Some(subscription) = &self.subscription
        {
            return Ok(format!(
                "/subscriptions/{subscription}/resourceGroups/{name}"
            ));
        }
        extension(&self.id(), kind, &name.split('/').collect::<Vec<_>>())
    }
}

/// The id of a resource of that type and those names beneath a scope.
pub(super) fn extension(scope: &str, kind: &str, names: &[&str]) -> Result<String> {
    let mut types = kind.trim_matches('/').split('/');
    let namespace = types.next().unwrap_or_default();
    let types: Vec<&str> = types.collect();
    if namespace.is_empty() || types.len() != names.len() {
        return fail(format!(
            "the type `{kind}` has {} segments after its namespace, and the name has {}",
            types.len(),
            names.len()
        ));
    }
    let mut id = format!("{}/providers/{namespace}", scope.trim_end_matches('/'));
    for (kind, name) in types.iter().zip(names) {
        id.push('/');
        id.push_str(kind);
        id.push('/');
        id.push_str(name);
    }
    Ok(id)
}

/// An id as it is compared: ids are case-insensitive, and a resource group has two spellings.
pub(super) fn key(id: &str) -> String {
    id.trim_end_matches('/').to_lowercase().replace(
        "/providers/microsoft.resources/resourcegroups/",
        "/resourcegroups/",
    )
}

/// The ids that the functions of that name compose; `None` if it is none of them.
pub(super) fn call(name: &str, arguments: &[Value], scope: &Scope) -> Option<Result<Value>> {
    let compose = match name {
        "resourceid" => resource_id,
        "subscriptionresourceid" => subscription_resource_id,
        "tenantresourceid" => |texts: &[&str], _: &Scope| typed("", texts),
        "managementgroupresourceid" => management_group_resource_id,
        "extensionresourceid" => |texts: &[&str], _: &Scope| match texts {
            [scope, rest @ ..] => typed(scope, rest),
            [] => fail("`extensionResourceId` needs a scope, a type and a name"),
        },
        _ => return None,
    };
    let texts: Option<Vec<&str>> = arguments.iter().map(Value::text).collect();
    Some(match texts {
        Some(texts) => compose(&texts, scope).map(Value::from),
        None => fail(format!("`{name}` takes strings only")),
    })
}

/// The id of `type, name, name…` beneath a scope.
fn typed(scope: &str, texts: &[&str]) -> Result<String> {
    match texts {
        [kind, names @ ..] if kind.contains('/') => extension(scope, kind, names),
        _ => fail("a type with its namespace is expected, then a name for each of its segments"),
    }
}

/// How many arguments stand before the type: it is the first one with a `/` in it.
fn before_type(texts: &[&str]) -> usize {
    texts
        .iter()
        .position(|text| text.contains('/'))
        .unwrap_or_default()
}

fn resource_id(texts: &[&str], scope: &Scope) -> Result<String> {
    let mut scope = scope.clone();
    let at = before_type(texts);
    match &texts[..at] {
        [] => {}
        [group] if scope.resource_group.is_some() || !is_guid(group) => {
            scope.resource_group = Some((*group).to_owned());
        }
        [subscription] => scope.subscription = Some((*subscription).to_owned()),
        [subscription, group] => {
            scope.subscription = Some((*subscription).to_owned());
            scope.resource_group = Some((*group).to_owned());
        }
        _ => return fail("at most a subscription and a resource group stand before the type"),
    }
    match &texts[at..] {
        // As Azure writes it, though the group's own id is shorter.
        [kind, name] if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") => {
            extension(&scope.id(), kind, &[name])
        }
        rest => typed(&scope.id(), rest),
    }
}

fn subscription_resource_id(texts: &[&str], scope: &Scope) -> Result<String> {
    let at = before_type(texts);
    let subscription = match &texts[..at] {
        [] => scope.subscription.as_deref(),
        [subscription] => Some(*subscription),
        _ => None,
    };
    match subscription {
        Some(subscription) => typed(&format!("/subscriptions/{subscription}"), &texts[at..]),
        None => fail("`subscriptionResourceId` needs a subscription, and the deployment has none"),
    }
}

fn management_group_resource_id(texts: &[&str], scope: &Scope) -> Result<String> {
    let at = before_type(texts);
    let group = match &texts[..at] {
        [] => scope.management_group.as_deref(),
        [group] => Some(*group),
        _ => None,
    };
    match group {
        Some(group) => typed(
            &format!("/providers/Microsoft.Management/managementGroups/{group}"),
            &texts[at..],
        ),
        None => fail("`managementGroupResourceId` needs a management group"),
    }
}

fn is_guid(text: &str) -> bool {
    uuid::Uuid::parse_str(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> Scope {
        Scope {
            subscription: Some("sub".into()),
            resource_group: Some("rg".into()),
            management_group: None,
        }
    }

    fn id(name: &str, arguments: &[&str]) -> Result<String> {
        let arguments: Vec<Value> = arguments.iter().map(|&text| text.into()).collect();
        let value = call(name, &arguments, &group()).unwrap()?;
        Ok(value.text().unwrap().to_owned())
    }

    /// `template-functions-resource#resourceid-example`.
    #[test]
    fn ids_of_resources_follow_scope_type_and_names() {
        for (function, arguments, expected) in [
            (
                "resourceid",
                &["Microsoft.Storage/storageAccounts", "examplestorage"][..],
                "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/examplestorage",
            ),
            (
                "resourceid",
                &[
                    "otherResourceGroup",
                    "Microsoft.Storage/storageAccounts",
                    "examplestorage",
                ],
                "/subscriptions/sub/resourceGroups/otherResourceGroup/providers/Microsoft.Storage/storageAccounts/examplestorage",
            ),
            (
                "resourceid",
                &[
                    "11111111-1111-1111-1111-111111111111",
                    "otherResourceGroup",
                    "Microsoft.Storage/storageAccounts",
                    "examplestorage",
                ],
                "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/otherResourceGroup/providers/Microsoft.Storage/storageAccounts/examplestorage",
            ),
            (
                "resourceid",
                &[
                    "Microsoft.SQL/servers/databases",
                    "serverName",
                    "databaseName",
                ],
                "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.SQL/servers/serverName/databases/databaseName",
            ),
            (
                "resourceid",
                &["Microsoft.Storage/storageAccounts/", "trailing"],
                "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/trailing",
            ),
            (
                "subscriptionresourceid",
                &["Microsoft.Authorization/roleDefinitions", "r"],
                "/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/r",
            ),
            (
                "tenantresourceid",
                &["Microsoft.Authorization/policyDefinitions", "p"],
                "/providers/Microsoft.Authorization/policyDefinitions/p",
            ),
            (
                "managementgroupresourceid",
                &["mg", "Microsoft.Authorization/policyDefinitions", "p"],
                "/providers/Microsoft.Management/managementGroups/mg/providers/Microsoft.Authorization/policyDefinitions/p",
            ),
            (
                "extensionresourceid",
                &["/subscriptions/sub", "Microsoft.Authorization/locks", "l"],
                "/subscriptions/sub/providers/Microsoft.Authorization/locks/l",
            ),
        ] {
            assert_eq!(id(function, arguments).unwrap(), expected);
        }
        assert!(id("resourceid", &["Microsoft.SQL/servers/databases", "one"]).is_err());
        assert!(id("resourceid", &["nothing"]).is_err());
        assert!(id("resourceid", &[]).is_err());
    }

    #[test]
    fn both_spellings_of_a_resource_group_are_one() {
        assert_eq!(
            key("/subscriptions/S/providers/Microsoft.Resources/resourceGroups/Hub"),
            key(&Scope {
                resource_group: None,
                ..group()
            }
            .resource("Microsoft.Resources/resourceGroups", "hub")
            .unwrap()
            .replace("sub", "s"))
            .replace("/sscriptions", "/subscriptions"),
        );
    }
}
