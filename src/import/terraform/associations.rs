//! Resources of Terraform's that only connect two others: in ARM they are members of one of them.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::ids::Ids;
use super::instances::{Instance, State};
use super::map::{append, put};
use crate::import::id::fold;

/// An association: whose member it is, and what the member holds.
struct Association {
    kind: &'static str,
    /// The attribute with the id of what gets a member, and its types.
    owner: (&'static str, &'static [&'static str]),
    /// The attribute with what it gets, and its types; none for plain values.
    value: (&'static str, &'static [&'static str]),
    to: Member,
}

/// Where the member goes, below `properties`.
#[derive(Clone, Copy)]
enum Member {
    One(&'static str),
    Many(&'static str),
    /// Of the address of a NIC that `ip_configuration_name` names, or of all.
    OfAddress(&'static str),
    /// Values as they are.
    Values(&'static str),
    /// A member of a pool by its address.
    Address,
}

const SUBNET: &[&str] = &["azurerm_subnet"];
const NIC: &[&str] = &["azurerm_network_interface"];
const NAT: &[&str] = &["azurerm_nat_gateway"];
const NSG: &[&str] = &["azurerm_network_security_group"];
const ASG: &[&str] = &["azurerm_application_security_group"];

const ALL: &[Association] = &[
    Association {
        kind: "azurerm_subnet_network_security_group_association",
        owner: ("subnet_id", SUBNET),
        value: ("network_security_group_id", NSG),
        to: Member::One("networkSecurityGroup"),
    },
    Association {
        kind: "azurerm_subnet_route_table_association",
        owner: ("subnet_id", SUBNET),
        value: ("route_table_id", &["azurerm_route_table"]),
        to: Member::One("routeTable"),
    },
    Association {
        kind: "azurerm_subnet_nat_gateway_association",
        owner: ("subnet_id", SUBNET),
        value: ("nat_gateway_id", NAT),
        to: Member::One("natGateway"),
    },
    Association {
        kind: "azurerm_network_interface_security_group_association",
        owner: ("network_interface_id", NIC),
        value: ("network_security_group_id", NSG),
        to: Member::One("networkSecurityGroup"),
    },
    Association {
        kind: "azurerm_network_interface_backend_address_pool_association",
        owner: ("network_interface_id", NIC),
        value: (
            "backend_address_pool_id",
            &["azurerm_lb_backend_address_pool"],
        ),
        to: Member::OfAddress("loadBalancerBackendAddressPools"),
    },
    Association {
        kind: "azurerm_network_interface_nat_rule_association",
        owner: ("network_interface_id", NIC),
        value: ("nat_rule_id", &["azurerm_lb_nat_rule"]),
        to: Member::OfAddress("loadBalancerInboundNatRules"),
    },
    Association {
        kind: "azurerm_network_interface_application_gateway_backend_address_pool_association",
        owner: ("network_interface_id", NIC),
        value: ("backend_address_pool_id", &["azurerm_application_gateway"]),
        to: Member::OfAddress("applicationGatewayBackendAddressPools"),
    },
    Association {
        kind: "azurerm_network_interface_application_security_group_association",
        owner: ("network_interface_id", NIC),
        value: ("application_security_group_id", ASG),
        to: Member::OfAddress("applicationSecurityGroups"),
    },
    Association {
        kind: "azurerm_private_endpoint_application_security_group_association",
        owner: ("private_endpoint_id", &["azurerm_private_endpoint"]),
        value: ("application_security_group_id", ASG),
        to: Member::Many("applicationSecurityGroups"),
    },
    Association {
        kind: "azurerm_nat_gateway_public_ip_association",
        owner: ("nat_gateway_id", NAT),
        value: ("public_ip_address_id", &["azurerm_public_ip"]),
        to: Member::Many("publicIpAddresses"),
    },
    Association {
        kind: "azurerm_nat_gateway_public_ip_prefix_association",
        owner: ("nat_gateway_id", NAT),
        value: ("public_ip_prefix_id", &["azurerm_public_ip_prefix"]),
        to: Member::Many("publicIpPrefixes"),
    },
    Association {
        kind: "azurerm_virtual_network_dns_servers",
        owner: ("virtual_network_id", &["azurerm_virtual_network"]),
        value: ("dns_servers", &[]),
        to: Member::Values("dhcpOptions.dnsServers"),
    },
    Association {
        kind: "azurerm_ip_group_cidr",
        owner: ("ip_group_id", &["azurerm_ip_group"]),
        value: ("cidr", &[]),
        to: Member::Values("ipAddresses"),
    },
    Association {
        kind: "azurerm_lb_backend_address_pool_address",
        owner: (
            "backend_address_pool_id",
            &["azurerm_lb_backend_address_pool"],
        ),
        value: ("ip_address", &[]),
        to: Member::Address,
    },
];

/// Whether a type is one of these.
pub(super) fn is_one(kind: &str) -> bool {
    ALL.iter().any(|association| association.kind == kind)
}

/// Puts the members in; what could not be is returned: the instance, what it is, and the reason.
pub(super) fn apply(
    state: &State<'_>,
    ids: &Ids,
    made: &mut [(usize, Map<String, Value>)],
) -> Vec<(usize, String, String)> {
    let places: HashMap<String, usize> = made
        .iter()
        .enumerate()
        .filter_map(|(place, (_, body))| Some((fold(body.get("id")?.as_str()?), place)))
        .collect();
    let mut left = Vec::new();
    for (index, instance) in state.instances.iter().enumerate() {
        let Some(association) = ALL.iter().find(|it| it.kind == instance.kind) else {
            continue;
        };
        let (owner, owners) = association.owner;
        let place = one(state, ids, index, instance, owner, owners);
        let place = place
            .and_then(|id| places.get(&fold(&id)))
            .and_then(|&place| made.get_mut(place));
        let Some((_, body)) = place else {
            let reason =
                format!("what its `{owner}` leads to is not known or not among the inputs");
            left.push((index, instance.address.clone(), reason));
            continue;
        };
        let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) else {
            continue;
        };
        let (attribute, kinds) = association.value;
        let stated = instance
            .values
            .get(attribute)
            .filter(|value| !value.is_null())
            .cloned();
        let value = if kinds.is_empty() {
            stated
        } else {
            one(state, ids, index, instance, attribute, kinds).map(|id| json!({ "id": id }))
        };
        let Some(value) = value else {
            left.push((
                index,
                instance.address.clone(),
                format!("what its `{attribute}` leads to is not known"),
            ));
            continue;
        };
        member(association.to, instance, properties, value);
    }
    left
}

fn member(to: Member, instance: &Instance, properties: &mut Map<String, Value>, value: Value) {
    match to {
        Member::One(path) => put(properties, path, value),
        Member::Many(path) => append(properties, path, vec![value]),
        Member::Values(path) => {
            let values = match value {
                Value::Array(values) => values,
                single => vec![single],
            };
            append(properties, path, values);
        }
        Member::Address => append(
            properties,
            "loadBalancerBackendAddresses",
            vec![json!({ "ipAddress": value })],
        ),
        Member::OfAddress(path) => {
            let named = instance
                .values
                .get("ip_configuration_name")
                .and_then(Value::as_str);
            let configs = properties
                .get_mut("ipConfigurations")
                .and_then(Value::as_array_mut);
            for config in configs
                .into_iter()
                .flatten()
                .filter_map(Value::as_object_mut)
            {
                let own = config.get("name").and_then(Value::as_str);
                if named.is_none() || own == named {
                    append(config, path, vec![value.clone()]);
                }
            }
        }
    }
}

/// The one id that an attribute holds or will hold.
fn one(
    state: &State<'_>,
    ids: &Ids,
    index: usize,
    instance: &Instance,
    attribute: &str,
    kinds: &[&str],
) -> Option<String> {
    let stated = instance
        .values
        .get(attribute)
        .and_then(Value::as_str)
        .filter(|id| !id.is_empty());
    if let Some(id) = stated {
        return Some(id.to_owned());
    }
    match ids.links(state, index, &[attribute], &[], kinds).as_slice() {
        [id] => Some(id.clone()),
        _ => None,
    }
}
