//! One resource in every shape that Azure's tools write it in (nested and flattened, keys in any case, ids in any
//! case, children inline or apart, in one file or several) makes the same topology.

use dryhop::spec::node::Node;
use serde_json::{Map, Value, json};

use super::support::{at, import_text, left, own, text};

fn estate() -> Value {
    serde_json::from_str(&std::fs::read_to_string(own("estate.json")).unwrap()).unwrap()
}

/// `properties` hoisted at every level, as `az network … show` does.
fn flattened(value: &Value) -> Value {
    match value {
        Value::Array(values) => Value::Array(values.iter().map(flattened).collect()),
        Value::Object(map) => {
            let mut out = Map::new();
            for (key, value) in map {
                match value {
                    Value::Object(inner) if key == "properties" => {
                        for (key, value) in inner {
                            out.insert(key.clone(), flattened(value));
                        }
                    }
                    value => {
                        out.insert(key.clone(), flattened(value));
                    }
                }
            }
            Value::Object(out)
        }
        other => other.clone(),
    }
}

/// Keys as older versions of az spell them.
fn respelled(value: &Value) -> Value {
    match value {
        Value::Array(values) => Value::Array(values.iter().map(respelled).collect()),
        Value::Object(map) => {
            let keys = map.iter().map(|(key, value)| {
                (
                    key.replace("IPAddress", "IpAddress")
                        .replace("IPConf", "IpConf")
                        .replace("IPForw", "IpForw"),
                    respelled(value),
                )
            });
            Value::Object(keys.collect())
        }
        other => other.clone(),
    }
}

/// Ids of references in capitals.
fn shouted(value: &Value, top: bool) -> Value {
    match value {
        Value::Array(values) => {
            Value::Array(values.iter().map(|value| shouted(value, top)).collect())
        }
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| match value {
                Value::String(id) if key == "id" && !top => (key.clone(), json!(id.to_uppercase())),
                value => (key.clone(), shouted(value, false)),
            });
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}

fn tree(document: &Value) -> Node {
    import_text(&document.to_string()).tree
}

#[test]
fn every_shape_makes_the_same_topology() {
    let list = estate()["data"].clone();
    let expected = tree(&list);
    let folded = |document: &Value| format!("{:?}", tree(document)).to_lowercase();
    assert!(tree(&estate()) == expected, "Resource Graph");
    assert!(
        tree(&json!({ "value": list, "nextLink": null })) == expected,
        "REST"
    );
    assert!(
        tree(&json!({ "predictedResources": list })) == expected,
        "bicep snapshot"
    );
    assert!(tree(&flattened(&list)) == expected, "flattened");
    assert!(
        tree(&respelled(&flattened(&list))) == expected,
        "older spelling"
    );
    // What only an id tells is named as the id spells it.
    assert!(
        folded(&shouted(&list, true)) == folded(&list),
        "ids in capitals"
    );
}

// A list of everything (`az resource list`) has no properties: beside the full export it adds nothing.
#[test]
fn the_same_resource_twice_is_one() {
    let list = estate()["data"].clone();
    let bare: Vec<Value> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| json!({ "id": resource["id"], "type": resource["type"], "name": resource["name"], "location": resource["location"] }))
        .collect();
    let mut both = bare.clone();
    both.extend(list.as_array().unwrap().iter().cloned());
    let alone = import_text(&list.to_string());
    let twice = import_text(&Value::Array(both).to_string());
    let sections = |node: &Node| match node {
        Node::Map(entries) => entries
            .iter()
            .map(|(key, value)| format!("{key} {}", text(value, "").len()))
            .collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    assert_eq!(sections(&alone.tree), sections(&twice.tree));
    // By itself it is not enough, and that is said.
    let bare = import_text(&Value::Array(bare).to_string());
    assert!(
        left(&bare)
            .iter()
            .any(|left| left.starts_with("virtualNetworks/vnet-app: neither")),
        "{:?}",
        left(&bare)
    );
}

const VNET: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";

fn subnet(prefix: &str) -> Value {
    json!({ "id": format!("{VNET}/subnets/a"), "name": "a", "properties": { "addressPrefix": prefix } })
}

#[test]
fn children_inline_apart_or_both() {
    let network = |subnets: Value| json!({ "id": VNET, "name": "v", "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] }, "subnets": subnets } });
    let prefix = |document: Value| {
        text(
            &tree(&document),
            "virtualNetworks|v|subnets|a|addressPrefix",
        )
    };
    assert_eq!(
        prefix(json!([network(json!([subnet("10.0.1.0/24")]))])),
        "10.0.1.0/24"
    );
    assert_eq!(
        prefix(json!([network(json!([])), subnet("10.0.2.0/24")])),
        "10.0.2.0/24"
    );
    // What stands by itself wins.
    assert_eq!(
        prefix(json!([
            network(json!([subnet("10.0.1.0/24")])),
            subnet("10.0.2.0/24")
        ])),
        "10.0.2.0/24"
    );
    assert_eq!(
        prefix(json!([
            subnet("10.0.2.0/24"),
            network(json!([subnet("10.0.1.0/24")]))
        ])),
        "10.0.2.0/24"
    );
    // A subnet without its network: the network is made of what is known.
    let alone = import_text(&json!([subnet("10.0.2.0/24")]).to_string());
    assert_eq!(
        text(&alone.tree, "virtualNetworks|v|addressSpace"),
        "10.0.2.0/24"
    );
    assert_eq!(alone.left.len(), 1);
}

// The other side's list is used where a subnet says nothing, not where it says that there is none.
#[test]
fn back_references_fill_gaps() {
    let group = json!({ "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n", "name": "n",
        "properties": { "subnets": [{ "id": format!("{VNET}/subnets/a") }] } });
    let silent = subnet("10.0.2.0/24");
    let mut explicit = silent.clone();
    explicit["properties"]["networkSecurityGroup"] = Value::Null;
    let found = |subnet: Value| {
        at(
            &tree(&json!([group, subnet])),
            "virtualNetworks|v|subnets|a|networkSecurityGroup",
        )
        .is_some()
    };
    assert!(found(silent));
    assert!(!found(explicit));
}

#[test]
fn one_name_in_two_groups() {
    let network = |group: &str, prefix: &str, remote: &str| {
        let id = |group: &str| {
            format!(
                "/subscriptions/s/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/v"
            )
        };
        json!({ "id": id(group), "name": "v", "location": "West Europe", "properties": {
            "addressSpace": { "addressPrefixes": [prefix] },
            "virtualNetworkPeerings": [{ "name": "p", "properties": { "remoteVirtualNetwork": { "id": id(remote) }, "peeringState": "Connected" } }]
        } })
    };
    let tree = tree(&json!([
        network("a", "10.0.0.0/16", "b"),
        network("b", "10.1.0.0/16", "a")
    ]));
    assert_eq!(text(&tree, "virtualNetworks"), "a/v b/v");
    assert_eq!(
        text(&tree, "virtualNetworks|a/v|peerings|p|remoteVirtualNetwork"),
        "b/v"
    );
    assert_eq!(text(&tree, "defaults|location"), "westeurope");
}

// A peering tells the address space of its peer, and whether the other side is there.
#[test]
fn peers_that_are_not_among_the_inputs() {
    let document = |peering: Value| {
        json!([{ "id": VNET, "name": "v", "properties": {
            "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] }, "virtualNetworkPeerings": [peering] } }])
    };
    let remote =
        "/subscriptions/x/resourceGroups/y/providers/Microsoft.Network/virtualNetworks/far";
    let known = json!({ "name": "p", "properties": { "remoteVirtualNetwork": { "id": remote }, "peeringState": "Connected",
        "useRemoteGateways": true, "remoteAddressSpace": { "addressPrefixes": ["10.9.0.0/16"] } } });
    let converted = import_text(&document(known).to_string());
    assert_eq!(
        text(&converted.tree, "virtualNetworks|far|addressSpace"),
        "10.9.0.0/16"
    );
    assert_eq!(
        text(
            &converted.tree,
            "virtualNetworks|far|peerings|to-v|remoteVirtualNetwork"
        ),
        "v"
    );
    assert_eq!(converted.left.len(), 2, "{:?}", left(&converted));
    let unknown = json!({ "name": "p", "properties": { "remoteVirtualNetwork": { "id": remote }, "peeringState": "Connected" } });
    let converted = import_text(&document(unknown).to_string());
    assert!(at(&converted.tree, "virtualNetworks|v|peerings").is_none());
    assert_eq!(converted.left.len(), 1, "{:?}", left(&converted));
}

// A machine with two NICs, one of which has an IPv6 address beside its own: pools name the NIC, not the machine.
#[test]
fn several_nics_and_addresses() {
    let id = |kind: &str, name: &str| {
        format!("/subscriptions/s/resourceGroups/g/providers/{kind}/{name}")
    };
    let lb = id("Microsoft.Network/loadBalancers", "lb");
    let config = |name: &str, address: &str, primary: bool| {
        json!({ "name": name, "properties": {
        "privateIPAddress": address, "primary": primary, "subnet": { "id": format!("{VNET}/subnets/a") },
        "privateIPAddressVersion": if address.contains(':') { "IPv6" } else { "IPv4" },
        "loadBalancerBackendAddressPools": if primary { json!([{ "id": format!("{lb}/backendAddressPools/p") }]) } else { json!([]) } } })
    };
    let card = |name: &str, configs: Value| json!({ "id": id("Microsoft.Network/networkInterfaces", name), "name": name, "properties": { "ipConfigurations": configs } });
    let document = json!([
        { "id": VNET, "name": "v", "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16", "fd00::/48"] },
            "subnets": [{ "name": "a", "properties": { "addressPrefixes": ["10.0.1.0/24", "fd00:0:0:1::/64"] } }] } },
        card("n1", json!([config("six", "fd00:0:0:1::4", false), config("four", "10.0.1.4", true)])),
        card("n2", json!([config("four", "10.0.1.5", true)])),
        { "id": id("Microsoft.Compute/virtualMachines", "m"), "name": "m", "properties": { "networkProfile": { "networkInterfaces": [
            { "id": id("Microsoft.Network/networkInterfaces", "n1") }, { "id": id("Microsoft.Network/networkInterfaces", "n2"), "properties": { "primary": true } }] } } },
        { "id": lb, "name": "lb", "sku": { "name": "Standard" }, "properties": { "backendAddressPools": [{ "name": "p" }],
            "frontendIPConfigurations": [{ "name": "f", "properties": { "subnet": { "id": format!("{VNET}/subnets/a") } } }] } },
    ]);
    let converted = import_text(&document.to_string());
    let tree = &converted.tree;
    assert_eq!(
        text(
            tree,
            "virtualMachines|m|networkInterfaces|n1|ipConfigurations"
        ),
        "four six"
    );
    assert_eq!(
        text(
            tree,
            "virtualMachines|m|networkInterfaces|n1|ipConfigurations|six|privateIPAddressVersion"
        ),
        "IPv6"
    );
    assert_eq!(
        text(tree, "virtualMachines|m|networkInterfaces|n2|primary"),
        "true"
    );
    assert_eq!(
        text(tree, "loadBalancers|lb|backendAddressPools|p"),
        "m/n1 m/n2"
    );
    let loaded = super::support::load_text(&super::support::written(&converted, &[]));
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
}

// `bicep snapshot` leaves expressions where only the deployment knows: a firewall's address is predicted, a rule of
// which nothing is known is left out.
#[test]
fn expressions_of_a_snapshot() {
    let id = |kind: &str, name: &str| {
        format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/{kind}/{name}")
    };
    let firewall = id("azureFirewalls", "fw");
    let hop = format!(
        "[reference('{firewall}', '2024-05-01').ipConfigurations[0].properties.privateIPAddress]"
    );
    let rule = |name: &str, source: &str, port: &str| {
        json!({ "name": name, "properties": { "priority": 100, "direction": "Inbound", "access": "Allow",
        "protocol": "Tcp", "sourceAddressPrefix": source, "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": port } })
    };
    let unknown = "[reference('x', '2024').y]";
    let document = json!({ "predictedResources": [
        { "id": VNET, "type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] },
            "subnets": [{ "name": "AzureFirewallSubnet", "properties": { "addressPrefix": "10.0.1.0/26" } }] } },
        { "id": firewall, "type": "Microsoft.Network/azureFirewalls", "name": "fw", "properties": { "sku": { "tier": "Standard" },
            "ipConfigurations": [{ "name": "c", "properties": { "subnet": { "id": format!("{VNET}/subnets/AzureFirewallSubnet") } } }] } },
        { "id": id("routeTables", "rt"), "type": "Microsoft.Network/routeTables", "name": "rt", "properties": { "routes": [
            { "name": "default", "properties": { "addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": hop } }] } },
        { "id": id("networkSecurityGroups", "n"), "type": "Microsoft.Network/networkSecurityGroups", "name": "n", "properties": { "securityRules": [
            rule("a", unknown, unknown), rule("b", "*", "22"), rule("c", unknown, "80")] } },
        { "id": id("natGateways", "nat"), "type": "Microsoft.Compute/disks", "name": "d", "properties": { "secret": unknown } },
    ], "diagnostics": [], "outputs": {} });
    let converted = import_text(&document.to_string());
    let tree = &converted.tree;
    assert_eq!(text(tree, "azureFirewalls|fw|privateIPAddress"), "10.0.1.4");
    assert_eq!(
        text(tree, "routeTables|rt|routes|default|nextHopIpAddress"),
        "10.0.1.4"
    );
    assert_eq!(text(tree, "networkSecurityGroups|n|securityRules"), "b");
    assert_eq!(converted.predicted.len(), 2);
    assert_eq!(converted.left.len(), 3, "{:?}", left(&converted));
    let loaded = super::support::load_text(&super::support::written(&converted, &[]));
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
}

// Whatever stands where, nothing panics and a tree comes out.
#[test]
fn strange_values_do_no_harm() {
    let list = estate()["data"].as_array().unwrap().clone();
    let strange = [
        Value::Null,
        json!(true),
        json!(-1),
        json!("x"),
        json!([]),
        json!([1, [2]]),
        json!({ "id": 7 }),
        json!({ "a": { "b": [] } }),
    ];
    for (index, resource) in list.iter().enumerate() {
        let properties = resource["properties"].as_object().unwrap();
        for (turn, key) in properties.keys().enumerate() {
            for value in strange.iter().skip((index + turn) % 8).step_by(8) {
                let mut document = list.clone();
                document[index]["properties"][key] = value.clone();
                let converted = import_text(&Value::Array(document).to_string());
                assert!(matches!(converted.tree, Node::Map(_)));
            }
        }
    }
}
