//! Where azurerm and ARM differ in more than names.

use serde_json::{Map, Value, json};

/// Brings a mapped resource to the shape that ARM has.
pub(super) fn finish(kind: &str, body: &mut Map<String, Value>) {
    let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    match kind {
        "azurerm_dns_a_record" | "azurerm_private_dns_a_record" => {
            let records = take(properties, "aRecords");
            let wrapped = records
                .into_iter()
                .map(|address| json!({ "ipv4Address": address }));
            properties.insert("aRecords".to_owned(), wrapped.collect());
        }
        "azurerm_route_server" => {
            let homes = take(properties, "home");
            properties.insert("ipConfigurations".to_owned(), Value::Array(homes));
        }
        "azurerm_lb_outbound_rule" => {
            let frontends = take(properties, "frontendIPConfigurations");
            let names = frontends
                .iter()
                .map(|frontend| json!({ "id": frontend.get("name") }));
            properties.insert("frontendIPConfigurations".to_owned(), names.collect());
        }
        "azurerm_network_manager_admin_rule_collection" => {
            let groups = take(properties, "groups");
            let applied = groups
                .iter()
                .map(|group| json!({ "networkGroupId": group.get("id") }));
            properties.insert("appliesToGroups".to_owned(), applied.collect());
        }
        "azurerm_virtual_machine" => primary(properties),
        "azurerm_private_endpoint" => endpoint(properties),
        _ => {}
    }
}

/// The NIC of a machine that `primary_network_interface_id` names.
fn primary(properties: &mut Map<String, Value>) {
    let Some(id) = properties.remove("primaryNetworkInterface") else {
        return;
    };
    let cards = properties
        .get_mut("networkProfile")
        .and_then(|profile| profile.get_mut("networkInterfaces"));
    for card in cards.and_then(Value::as_array_mut).into_iter().flatten() {
        let same = card.get("id") == Some(&id);
        if let Some(card) = card.as_object_mut().filter(|_| same) {
            card.insert("primary".to_owned(), json!(true));
        }
    }
}

fn endpoint(properties: &mut Map<String, Value>) {
    let mut links = take(properties, "privateLinkServiceConnections");
    let mut addresses = Vec::new();
    let mut manual = false;
    for link in links.iter_mut().filter_map(Value::as_object_mut) {
        manual |= link.remove("isManual") == Some(json!(true));
        addresses.extend(link.remove("privateIPAddress"));
    }
    let key = if manual {
        "manualPrivateLinkServiceConnections"
    } else {
        "privateLinkServiceConnections"
    };
    properties.insert(key.to_owned(), Value::Array(links));
    if !properties.contains_key("ipConfigurations") && !addresses.is_empty() {
        let stated = addresses
            .into_iter()
            .map(|address| json!({ "privateIPAddress": address }));
        properties.insert("ipConfigurations".to_owned(), stated.collect());
    }
    let groups = take(properties, "zoneGroups");
    if !groups.is_empty() {
        let groups = groups.iter().map(|group| {
            let zones = group
                .get("zones")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let configs: Vec<Value> = zones
                .map(|zone| json!({ "privateDnsZoneId": zone.get("id") }))
                .collect();
            json!({ "name": group.get("name"), "privateDnsZoneConfigs": configs })
        });
        properties.insert("privateDnsZoneGroups".to_owned(), groups.collect());
    }
}

/// Takes a list out; a single value is a list of one.
fn take(properties: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    match properties.remove(key) {
        None => Vec::new(),
        Some(Value::Array(values)) => values,
        Some(single) => vec![single],
    }
}
