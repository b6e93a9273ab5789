//! Terraform: links that are known only after apply, modules, count and for_each, spellings of three versions.

use serde_json::{Value, json};

use super::support::{at, counts, import_text, left, load_files, own, same, shared, text, verdict};

fn plan() -> Value {
    serde_json::from_str(&std::fs::read_to_string(own("hub-spoke.plan.json")).unwrap()).unwrap()
}

#[test]
fn the_plan_loads_clean_and_answers_the_same() {
    let loaded = same(&[own("hub-spoke.plan.json")]);
    assert!(loaded.is_sound());
    // Hub and two spokes; a subnet each; two groups of two rules; one route; three NICs; both sides of two peerings.
    assert_eq!(counts(&loaded), [3, 3, 2, 4, 1, 3, 4]);
}

// The route's next hop is the firewall, whose address is known only after apply: the first of its subnet.
#[test]
fn answers_by_hand() {
    let loaded = load_files(&[own("hub-spoke.plan.json")]);
    let cases = [
        // By the firewall's rule between-spokes/sql, and nsg-data/allow-sql.
        ("vm-web-0", "vm-data-0", 1433, "Reachable"),
        ("vm-web-1", "vm-data-0", 1433, "Reachable"),
        // Neither lets it through.
        ("vm-web-0", "vm-data-0", 22, "Unreachable"),
        // The firewall has no rule from data to web, though nsg-web would let 8443 in.
        ("vm-data-0", "vm-web-0", 8443, "Unreachable"),
        // Within the subnet there is no firewall, but nsg-web.
        ("vm-web-0", "vm-web-1", 8443, "Reachable"),
        ("vm-web-0", "vm-web-1", 22, "Unreachable"),
        // DNAT to 10.1.1.10:8443, by the firewall's public address.
        ("Internet", "203.0.113.1", 443, "Reachable"),
        ("Internet", "203.0.113.1", 22, "Unreachable"),
        // Nothing is let out but *.ubuntu.com.
        ("vm-web-0", "198.51.100.7", 443, "Unreachable"),
        ("vm-data-0", "198.51.100.7", 80, "Unreachable"),
    ];
    for (from, to, port, expected) in cases {
        assert_eq!(
            verdict(&loaded, from, to, port),
            expected,
            "{from} {to} {port}"
        );
    }
}

// A state in which every kind of resource stands: all of it is carried over.
#[test]
fn a_state_with_everything_loads_clean_and_answers_the_same() {
    let loaded = same(&[own("estate.state.json")]);
    assert!(loaded.is_sound());
    // The rule is in a group of its own, a subnet stands in its network, an NSG is associated.
    assert_eq!(counts(&loaded), [1, 8, 1, 1, 0, 3, 0]);
    let cases = [
        // 443 to the members of asg by `web`; whatever else from within the VNet by default.
        ("vm-nva", "vm-web", 443, "Reachable"),
        ("vm-nva", "vm-web", 22, "Reachable"),
        // By the balancer's rule, whose members may be reached from outside by 443 only if they are in asg.
        ("Internet", "20.0.0.8", 50001, "Unreachable"),
        // The endpoint's address.
        ("vm-web", "pe-sql", 1433, "Reachable"),
        ("vm-web", "10.0.6.5", 1433, "Reachable"),
        // Denied by the admin rule, before any NSG.
        ("Internet", "20.0.0.8", 3389, "Unreachable"),
    ];
    for (from, to, port, expected) in cases {
        assert_eq!(
            verdict(&loaded, from, to, port),
            expected,
            "{from} {to} {port}"
        );
    }
}

// azurerm 5: write-only links stand in the configuration alone.
#[test]
fn write_only_links_are_read_from_the_configuration() {
    let mut plan = state(&[
        (
            "azurerm_virtual_network",
            "v",
            json!({ "name": "v", "resource_group_name": "g", "address_space": ["10.0.0.0/16"] }),
        ),
        (
            "azurerm_network_security_group",
            "n",
            json!({ "name": "n", "resource_group_name": "g" }),
        ),
        (
            "azurerm_subnet",
            "s",
            json!({ "name": "s", "resource_group_name": "g", "virtual_network_name": "v", "address_prefixes": ["10.0.1.0/24"], "network_security_group_id_wo_version": 1 }),
        ),
    ]);
    plan["planned_values"] = plan["values"].take();
    plan["configuration"] = json!({ "root_module": { "resources": [{ "address": "azurerm_subnet.s", "mode": "managed", "type": "azurerm_subnet", "name": "s",
        "expressions": { "network_security_group_id_wo": { "references": ["azurerm_network_security_group.n.id", "azurerm_network_security_group.n"] } } }] } });
    let tree = import_text(&plan.to_string()).tree;
    assert_eq!(
        text(&tree, "virtualNetworks|v|subnets|s|networkSecurityGroup"),
        "n"
    );
}

// Two machines of one module in one subnet, each with an NSG on its NIC, one with a public address.
#[test]
fn answers_of_a_real_plan() {
    let Some(file) = shared("terraform/01-tfcompliance-2modules-nic-nsg-vm.plan.json") else {
        return;
    };
    let loaded = load_files(&[file]);
    let public = loaded
        .network
        .public_ips
        .iter()
        .next()
        .unwrap()
        .1
        .address
        .to_string();
    let (linux, windows) = ("myvm-vmLinux-0", "mywinvm-vmWindows-0");
    let cases = [
        // allow_remote_3389_in_all, and AllowVnetInBound for the rest.
        (linux, windows, 3389, "Reachable"),
        (linux, windows, 443, "Reachable"),
        (windows, linux, 22, "Reachable"),
        // From outside only the port of the rule.
        ("Internet", public.as_str(), 3389, "Reachable"),
        ("Internet", public.as_str(), 22, "Unreachable"),
        ("Internet", public.as_str(), 443, "Unreachable"),
        // By default outbound access, and by its own address.
        (linux, "198.51.100.7", 443, "Reachable"),
        (windows, "198.51.100.7", 443, "Reachable"),
    ];
    for (from, to, port, expected) in cases {
        assert_eq!(
            verdict(&loaded, from, to, port),
            expected,
            "{from} {to} {port}"
        );
    }
}

#[test]
fn what_is_predicted_is_said() {
    let converted = import_text(&plan().to_string());
    let named: Vec<String> = converted
        .predicted
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        named,
        [
            "/publicIPAddresses/pip-fw",
            "/routeTables/rt-spokes/routes/default",
            "/firewallPolicies/fwp-hub/ruleCollectionGroups/spokes",
            "/azureFirewalls/fw-hub",
        ]
    );
    let loaded = load_files(&[own("hub-spoke.plan.json")]);
    assert_eq!(loaded.left, 4);
}

/// A state with one resource, as `terraform show -json` writes it.
fn state(resources: &[(&str, &str, Value)]) -> Value {
    let all: Vec<Value> = resources
        .iter()
        .map(|(kind, name, values)| json!({ "address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name, "values": values }))
        .collect();
    json!({ "format_version": "1.0", "terraform_version": "1.9.0", "values": { "root_module": { "resources": all } } })
}

// azurerm 3: `disable_bgp_route_propagation`; 4 and 5: `bgp_route_propagation_enabled`, which is the opposite.
#[test]
fn spellings_of_three_versions() {
    for (attribute, value) in [
        ("disable_bgp_route_propagation", true),
        ("bgp_route_propagation_enabled", false),
    ] {
        let table = json!({ "name": "rt", "resource_group_name": "g", attribute: value, "route": [
            { "name": "r", "address_prefix": "0.0.0.0/0", "next_hop_type": "None", "next_hop_in_ip_address": "" }] });
        let tree = import_text(&state(&[("azurerm_route_table", "t", table)]).to_string()).tree;
        assert_eq!(
            text(&tree, "routeTables|rt|disableBgpRoutePropagation"),
            "true",
            "{attribute}"
        );
        assert_eq!(text(&tree, "routeTables|rt|routes|r|nextHopType"), "None");
    }
    let network = (
        "azurerm_virtual_network",
        "v",
        json!({ "name": "v", "resource_group_name": "g", "address_space": ["10.0.0.0/16"] }),
    );
    for endpoints in [
        json!({ "service_endpoints": ["Microsoft.Sql"] }),
        json!({ "service_endpoint": [{ "service": "Microsoft.Sql" }] }),
    ] {
        let mut values = json!({ "name": "s", "resource_group_name": "g", "virtual_network_name": "v", "address_prefixes": ["10.0.1.0/24"] });
        values
            .as_object_mut()
            .unwrap()
            .extend(endpoints.as_object().unwrap().clone());
        let tree =
            import_text(&state(&[network.clone(), ("azurerm_subnet", "s", values)]).to_string())
                .tree;
        assert_eq!(
            text(&tree, "virtualNetworks|v|subnets|s|serviceEndpoints"),
            "Microsoft.Sql"
        );
    }
    for (attribute, value, expected) in [
        (
            "enforce_private_link_endpoint_network_policies",
            json!(true),
            "None",
        ),
        (
            "private_endpoint_network_policies_enabled",
            json!(true),
            "Some(Enabled)",
        ),
        (
            "private_endpoint_network_policies",
            json!("NetworkSecurityGroupEnabled"),
            "Some(NetworkSecurityGroupEnabled)",
        ),
    ] {
        let values = json!({ "name": "s", "resource_group_name": "g", "virtual_network_name": "v", "address_prefixes": ["10.0.1.0/24"], attribute: value });
        let tree =
            import_text(&state(&[network.clone(), ("azurerm_subnet", "s", values)]).to_string())
                .tree;
        let path = "virtualNetworks|v|subnets|s|privateEndpointNetworkPolicies";
        let found = at(&tree, path).map(|_| text(&tree, path));
        let found = found.map_or("None".to_owned(), |word| format!("Some({word})"));
        assert_eq!(found, expected, "{attribute}");
    }
    for attribute in ["enable_ip_forwarding", "ip_forwarding_enabled"] {
        let subnet = json!({ "name": "s", "resource_group_name": "g", "virtual_network_name": "v", "address_prefixes": ["10.0.1.0/24"], "id": ID });
        let card = json!({ "name": "n", "resource_group_name": "g", attribute: true, "ip_configuration": [{ "name": "i", "subnet_id": ID, "private_ip_address": "10.0.1.4" }] });
        let all = [
            network.clone(),
            ("azurerm_subnet", "s", subnet),
            ("azurerm_network_interface", "n", card),
        ];
        let tree = import_text(&state(&all).to_string()).tree;
        assert_eq!(
            text(
                &tree,
                "virtualMachines|n|networkInterfaces|n|enableIPForwarding"
            ),
            "true",
            "{attribute}"
        );
    }
}

const ID: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s";

// A rule whose addresses are known only after apply would be one for every address: it is left out.
#[test]
fn rules_that_are_not_known_yet_are_left_out() {
    let mut plan = state(&[
        (
            "azurerm_network_security_group",
            "n",
            json!({ "name": "n", "resource_group_name": "g" }),
        ),
        (
            "azurerm_network_security_rule",
            "r",
            json!({ "name": "r", "resource_group_name": "g", "network_security_group_name": "n", "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp", "source_port_range": "*", "destination_port_range": "22", "destination_address_prefix": "*" }),
        ),
    ]);
    plan["planned_values"] = plan["values"].take();
    plan["resource_changes"] = json!([{ "address": "azurerm_network_security_rule.r", "change": { "after_unknown": { "id": true, "source_address_prefix": true } } }]);
    let converted = import_text(&plan.to_string());
    assert!(at(&converted.tree, "networkSecurityGroups|n|securityRules").is_none());
    assert_eq!(
        left(&converted),
        ["azurerm_network_security_rule.r: its `source_address_prefix` is known only after apply"]
    );
}

// So is one that stands in a group itself, and the others keep their links.
#[test]
fn inline_rules_that_are_not_known_yet_are_left_out() {
    let rule = |name: &str| json!({ "name": name, "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp", "destination_port_range": "22" });
    let mut plan = state(&[(
        "azurerm_network_security_group",
        "n",
        json!({ "name": "n", "resource_group_name": "g", "security_rule": [rule("a"), rule("b")] }),
    )]);
    plan["planned_values"] = plan["values"].take();
    plan["resource_changes"] = json!([{ "address": "azurerm_network_security_group.n", "change": { "after_unknown": {
        "security_rule": [{ "source_address_prefix": true }, {}] } } }]);
    let converted = import_text(&plan.to_string());
    assert_eq!(
        text(&converted.tree, "networkSecurityGroups|n|securityRules"),
        "b"
    );
    assert_eq!(
        left(&converted),
        [
            "`security_rule.source_address_prefix` of azurerm_network_security_group.n: it is known only after apply",
            "the rule or route `a` of azurerm_network_security_group.n: without what is known only after apply it would be about everything"
        ]
    );
}

// Whatever stands where, nothing panics and a tree comes out.
#[test]
fn strange_values_do_no_harm() {
    let strange = [
        Value::Null,
        json!(true),
        json!(-1),
        json!("x"),
        json!([]),
        json!([1, [2]]),
        json!({ "references": ["each.value", "module.x.y", "local.z"] }),
        json!([{ "a": [] }]),
    ];
    let plan = plan();
    let resources = plan["planned_values"]["root_module"]["resources"]
        .as_array()
        .unwrap();
    for (index, resource) in resources.iter().enumerate() {
        for (turn, key) in resource["values"].as_object().unwrap().keys().enumerate() {
            let mut document = plan.clone();
            document["planned_values"]["root_module"]["resources"][index]["values"][key] =
                strange[(index + turn) % strange.len()].clone();
            import_text(&document.to_string());
        }
    }
    let configured = plan["configuration"]["root_module"]["resources"]
        .as_array()
        .unwrap();
    for (index, resource) in configured.iter().enumerate() {
        for (turn, key) in resource["expressions"]
            .as_object()
            .unwrap()
            .keys()
            .enumerate()
        {
            let mut document = plan.clone();
            document["configuration"]["root_module"]["resources"][index]["expressions"][key] =
                strange[(index + turn) % strange.len()].clone();
            import_text(&document.to_string());
        }
    }
    for key in [
        "planned_values",
        "resource_changes",
        "configuration",
        "variables",
    ] {
        for value in &strange {
            let mut document = plan.clone();
            document[key] = value.clone();
            import_text(&document.to_string());
        }
    }
}

// What is marked as sensitive is not carried over, whatever it is.
#[test]
fn sensitive_values_are_left_out() {
    let mut document = state(&[(
        "azurerm_route_table",
        "t",
        json!({ "name": "rt", "resource_group_name": "g", "route": [{ "name": "r", "address_prefix": "10.0.0.0/8", "next_hop_type": "None" }] }),
    )]);
    document["values"]["root_module"]["resources"][0]["sensitive_values"] =
        json!({ "route": true });
    let converted = import_text(&document.to_string());
    assert!(at(&converted.tree, "routeTables|rt|routes").is_none());
    assert_eq!(
        left(&converted),
        ["`route` of azurerm_route_table.t: it is marked as sensitive"]
    );
}

// Whatever is not in the tables is reported; what is false or empty says nothing.
#[test]
fn unknown_attributes_are_reported() {
    let converted = import_text(&state(&[("azurerm_application_security_group", "a", json!({ "name": "a", "resource_group_name": "g", "brand_new": "x", "other_new": false, "empty": [] }))]).to_string());
    assert_eq!(
        left(&converted),
        ["`brand_new` of azurerm_application_security_group.a: it is not known what it does"]
    );
}

// A state file of format 4 holds the same attributes.
#[test]
fn a_state_file_is_read_like_a_state() {
    let attributes = json!({ "name": "v", "resource_group_name": "g", "address_space": ["10.0.0.0/16"], "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v" });
    let file = json!({ "version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "outputs": {}, "resources": [
        { "module": "module.m[\"k\"]", "mode": "managed", "type": "azurerm_virtual_network", "name": "n", "instances": [{ "index_key": "a", "attributes": attributes }] }] });
    let converted = import_text(&file.to_string());
    assert_eq!(
        text(&converted.tree, "virtualNetworks|v|addressSpace"),
        "10.0.0.0/16"
    );
    assert_eq!(
        converted.origins[0].1.place,
        "module.m[\"k\"].azurerm_virtual_network.n[\"a\"]"
    );
}
