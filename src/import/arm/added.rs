//! What Azure adds to a resource at run time, as far as it can be told: ids of what stands inline,
//! addresses (asked for later), names and settings that follow from others.

use super::deployment::{Body, Declared};
use super::functions::guid;
use super::later::{Ask, Later};
use super::scope;
use super::value::{Data, Members, Value, key_of, member};
use crate::import::Resource;

/// The member of a configuration that has its private address.
pub(super) const ADDRESS: &str = "privateIPAddress";

/// The properties of a resource with what Azure adds to them.
pub(super) fn added(declared: &Declared, body: &Body) -> Value {
    let written = body.value.member("properties");
    let mut properties = match written.map(|value| &value.data) {
        Some(Data::Object(members)) => (**members).clone(),
        _ => Members::new(),
    };
    let adding = Adding { declared, body };
    adding.ids(&mut properties);
    let put = |properties: &mut Members, key: &str, value: Value| {
        if key_of(properties, key).is_none() {
            properties.insert(key.to_owned(), value);
        }
    };
    put(&mut properties, "provisioningState", "Succeeded".into());
    let address = |pointer: &str| {
        Value::later(Later::Address(Ask {
            resource: scope::key(&declared.id),
            pointer: pointer.to_owned(),
        }))
    };
    let kind = declared.kind.to_lowercase();
    match kind.as_str() {
        "microsoft.network/networkinterfaces" | "microsoft.network/azurefirewalls" => {
            adding.private(&mut properties, "ipConfigurations");
            if kind.ends_with("azurefirewalls") && key_of(&properties, "virtualHub").is_some() {
                let unknown = Later::Unknown("the address of a firewall in a hub".to_owned());
                let inside = Value::of([("privateIPAddress", Value::later(unknown))]);
                put(&mut properties, "hubIPAddresses", inside);
            }
        }
        "microsoft.network/loadbalancers" | "microsoft.network/applicationgateways" => {
            adding.private(&mut properties, "frontendIPConfigurations");
        }
        "microsoft.network/publicipaddresses" => {
            put(
                &mut properties,
                "ipAddress",
                address("/properties/ipAddress"),
            );
            adding.domain(&mut properties);
        }
        "microsoft.network/virtualnetworkgateways" => adding.gateway(&mut properties, &address),
        "microsoft.network/privateendpoints" => adding.endpoint(&mut properties),
        "microsoft.storage/storageaccounts" => {
            let name = declared.name.to_lowercase();
            let endpoint = |service: &str| {
                let uri = format!("https://{name}.{service}.core.windows.net/");
                Value::from(uri).mark(true)
            };
            let endpoints = Value::of(
                ["blob", "dfs", "file", "queue", "table", "web"]
                    .map(|service| (service, endpoint(service))),
            );
            put(&mut properties, "primaryEndpoints", endpoints);
        }
        _ => {}
    }
    let shape = written.is_some_and(|value| value.predicted) || body.value.predicted;
    Value::object(properties).mark(shape)
}

/// What Azure adds to one resource.
struct Adding<'a> {
    declared: &'a Declared,
    body: &'a Body,
}

impl Adding<'_> {
    /// Changes each element of a list of properties that is an object.
    fn each(properties: &mut Members, list: &str, change: impl Fn(usize, &str, &mut Members)) {
        let Some(key) = key_of(properties, list).map(str::to_owned) else {
            return;
        };
        let Some(value) = properties.get(&key) else {
            return;
        };
        let (predicted, Data::Array(elements)) = (value.predicted, &value.data) else {
            return;
        };
        let mut changed = (**elements).clone();
        for (at, element) in changed.iter_mut().enumerate() {
            let marked = element.predicted;
            if let Data::Object(members) = &element.data {
                let mut members = (**members).clone();
                change(at, &key, &mut members);
                *element = Value::object(members).mark(marked);
            }
        }
        properties.insert(key, Value::array(changed).mark(predicted));
    }

    /// The ids of what stands inline: `<id>/<list>/<name>`.
    fn ids(&self, properties: &mut Members) {
        let lists: Vec<String> = properties.keys().cloned().collect();
        for list in lists {
            Self::each(properties, &list, |_, key, members| {
                let name = members.get("name").and_then(Value::text);
                if let Some(name) = name
                    && members.contains_key("properties")
                    && key_of(members, "id").is_none()
                {
                    let id = format!("{}/{key}/{name}", self.declared.id);
                    members.insert("id".to_owned(), id.into());
                }
            });
        }
    }

    /// The private addresses of configurations that have a subnet and state none.
    fn private(&self, properties: &mut Members, list: &str) {
        let place = self
            .body
            .value
            .member("properties")
            .and_then(|written| match &written.data {
                Data::Object(members) => key_of(members, list),
                _ => None,
            })
            .unwrap_or(list);
        Self::each(properties, list, |at, _, members| {
            let Some(inner) = members.get("properties").cloned() else {
                return;
            };
            let Data::Object(inner_members) = &inner.data else {
                return;
            };
            let key = key_of(inner_members, ADDRESS).unwrap_or(ADDRESS);
            let stated = inner_members.get(key);
            let stated = stated.is_some_and(|value| !value.is_null() && value.text() != Some(""));
            if stated || key_of(inner_members, "subnet").is_none() {
                return;
            }
            let ask = Ask {
                resource: scope::key(&self.declared.id),
                pointer: format!("/properties/{place}/{at}/properties/{key}"),
            };
            let mut more = (**inner_members).clone();
            more.insert(key.to_owned(), Value::later(Later::Address(ask)));
            members.insert(
                "properties".to_owned(),
                Value::object(more).mark(inner.predicted),
            );
        });
    }

    /// The full name of a public address with a label.
    fn domain(&self, properties: &mut Members) {
        let Some(settings) = key_of(properties, "dnsSettings").map(str::to_owned) else {
            return;
        };
        let location = self.body.value.member("location").and_then(Value::text);
        let Some(Data::Object(members)) = properties.get(&settings).map(|value| &value.data) else {
            return;
        };
        let label = member(members, "domainNameLabel").and_then(Value::text);
        if let (Some(label), Some(location), None) = (label, location, key_of(members, "fqdn")) {
            let location: String = location.chars().filter(|c| !c.is_whitespace()).collect();
            let name = format!("{label}.{}.cloudapp.azure.com", location.to_lowercase());
            let mut more = (**members).clone();
            more.insert("fqdn".to_owned(), Value::from(name).mark(true));
            properties.insert(settings, Value::object(more));
        }
    }

    /// The BGP settings of a gateway: Azure's AS number and addresses of its subnet.
    fn gateway(&self, properties: &mut Members, address: &dyn Fn(&str) -> Value) {
        let key = key_of(properties, "bgpSettings")
            .unwrap_or("bgpSettings")
            .to_owned();
        let mut settings = match properties.get(&key).map(|value| &value.data) {
            Some(Data::Object(members)) => (**members).clone(),
            _ => Members::new(),
        };
        if key_of(&settings, "asn").is_none() {
            settings.insert("asn".to_owned(), Value::from(65515_i64).mark(true));
        }
        if key_of(&settings, "bgpPeeringAddress").is_none() {
            let pointer = format!("/properties/{key}/bgpPeeringAddress");
            settings.insert("bgpPeeringAddress".to_owned(), address(&pointer));
        }
        properties.insert(key, Value::object(settings));
    }

    /// The NIC of a private endpoint, and its address as its DNS settings have it.
    fn endpoint(&self, properties: &mut Members) {
        let nic = Value::of([("id", Value::from(endpoint_nic(self.declared)).mark(true))]);
        let name = Later::Unknown("the name that a private endpoint serves".to_owned());
        let address = Value::later(Later::Address(endpoint_ask(self.declared)));
        let config = Value::of([
            ("fqdn", Value::later(name)),
            ("ipAddresses", Value::array(vec![address])),
        ]);
        for (key, value) in [("networkInterfaces", nic), ("customDnsConfigs", config)] {
            if key_of(properties, key).is_none() {
                properties.insert(key.to_owned(), Value::array(vec![value]));
            }
        }
    }
}

/// The id of the NIC that Azure makes for a private endpoint: named by the endpoint, or after it and
/// a GUID, which is made up here.
fn endpoint_nic(declared: &Declared) -> String {
    let named = declared
        .node
        .pointer("/properties/customNetworkInterfaceName");
    let name = match named.and_then(serde_json::Value::as_str) {
        Some(name) if !name.starts_with('[') => name.to_owned(),
        _ => format!("{}.nic.{}", declared.name, guid(&declared.id)),
    };
    format!(
        "{}/providers/Microsoft.Network/networkInterfaces/{name}",
        declared.scope.id()
    )
}

/// The address of a private endpoint.
fn endpoint_ask(declared: &Declared) -> Ask {
    Ask {
        resource: scope::key(&declared.id),
        pointer: ENDPOINT.to_owned(),
    }
}

/// Where the address of a private endpoint stands.
const ENDPOINT: &str = "/properties/customDnsConfigs/0/ipAddresses/0";

/// What a zone group asks for, if the resource is one: its record holds the address of its private endpoint
/// (`private-endpoint-dns`), where that does not state one.
pub(super) fn kept_record(group: &Resource, resources: &[Resource]) -> Option<Ask> {
    let text = |body: &'_ serde_json::Map<String, serde_json::Value>, key: &str| {
        let value = body.get(key).and_then(serde_json::Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let kind = text(&group.body, "type");
    if !kind.eq_ignore_ascii_case("Microsoft.Network/privateEndpoints/privateDnsZoneGroups") {
        return None;
    }
    let key = scope::key(&text(&group.body, "id"));
    let mut around = key.rsplitn(3, '/');
    let endpoint = around.nth(2)?;
    let mut all = resources.iter();
    let endpoint = all.find(|one| scope::key(&text(&one.body, "id")) == endpoint)?;
    let properties = endpoint.body.get("properties")?;
    let stated = properties.get("ipConfigurations").is_some();
    let known = properties.pointer("/customDnsConfigs/0/ipAddresses/0");
    (!stated && known.is_none()).then(|| Ask {
        resource: scope::key(&text(&endpoint.body, "id")),
        pointer: ENDPOINT.to_owned(),
    })
}

/// The properties of the NIC of a private endpoint, if the id is its.
pub(super) fn nic_of_endpoint(declared: &Declared, key: &str) -> Option<Value> {
    let endpoint = declared
        .kind
        .eq_ignore_ascii_case("Microsoft.Network/privateEndpoints");
    if !endpoint || scope::key(&endpoint_nic(declared)) != key {
        return None;
    }
    let address = Value::later(Later::Address(endpoint_ask(declared)));
    let inside = Value::of([("privateIPAddress", address), ("primary", true.into())]);
    let configuration = Value::of([
        ("name", "privateEndpointIpConfig".into()),
        ("properties", inside),
    ]);
    Some(Value::of([
        ("provisioningState", "Succeeded".into()),
        ("ipConfigurations", Value::array(vec![configuration])),
    ]))
}
