//! Templates of our own: what each section of a template does, with the page that says so.

use std::fs;
use std::path::Path;

use dryhop::import::Read;
use dryhop::import::arm::{Options, read};
use serde_json::{Value, json};

use crate::support::{counts, evaluated, left, resource, template};

const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg";

fn shipped(name: &str) -> Read {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/arm/templates")
        .join(name);
    let text = fs::read_to_string(&path).unwrap();
    let options = Options {
        path: Some(path),
        ..Options::default()
    };
    read(name, &text, &[], &options).unwrap()
}

fn resources(list: &Value) -> Read {
    evaluated(&template(&json!({ "resources": list })), &[])
}

/// `symbolic names` of `resource-declaration`, `copy-resources`, `linked-templates`,
/// `conditional-resource-deployment`.
#[test]
fn a_hub_and_its_spokes() {
    let read = shipped("hub.json");
    let counts = counts(&read);
    let expected = [
        ("Microsoft.Compute/virtualMachines", 1),
        ("azureFirewalls", 1),
        ("routeTables", 1),
        ("virtualNetworks", 3),
        ("virtualNetworks/virtualNetworkPeerings", 2),
    ];
    assert_eq!(
        counts,
        expected
            .map(|(kind, count)| (kind.to_owned(), count))
            .into()
    );
    let peering = resource(&read, "/to-spoke-data");
    assert_eq!(
        peering.body["properties"],
        json!({
            "remoteVirtualNetwork": { "id": format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/spoke-data") },
            "remoteAddressSpace": { "addressPrefixes": ["10.2.0.0/16"] },
        })
    );
    assert_eq!(
        peering.origin.place,
        "/resources/peerings/properties/template/resources/0"
    );
    assert_eq!(peering.body["name"], "to-spoke-data");
    // What flows into a route is predicted at both ends.
    let table = resource(&read, "/to-firewall");
    let hop = "/properties/routes/0/properties/nextHopIpAddress";
    let address = "/properties/ipConfigurations/0/properties/privateIPAddress";
    let firewall = resource(&read, "/fw");
    let at = |body: &serde_json::Map<String, Value>, pointer: &str| {
        Value::Object(body.clone()).pointer(pointer).cloned()
    };
    assert_eq!(at(&table.body, hop), Some(json!("10.0.0.4")));
    assert_eq!(at(&firewall.body, address), Some(json!("10.0.0.4")));
    assert_eq!(
        (table.predicted.as_slice(), firewall.predicted.as_slice()),
        (&[hop.to_owned()][..], &[address.to_owned()][..])
    );
    let machine = resource(&read, "/vm-spoke-data");
    assert_eq!(
        machine.body["properties"]["osProfile"],
        json!({ "adminPassword": "***" })
    );
    assert_eq!(
        machine.body["tags"],
        json!({ "note": "a text\n      over two lines" })
    );
    assert_eq!(
        left(&read),
        [
            (
                "/resources/away",
                "`Microsoft.Network/virtualNetworks` `away`",
                "it exists outside of the template: only its id is known"
            ),
            (
                "/resources/machine/tags/from",
                "`tags.from` of `Microsoft.Compute/virtualMachines` `vm-spoke-data`",
                "`Microsoft.Network/virtualNetworks` `away` exists outside of the template"
            ),
            (
                "/resources/machine/properties/osProfile/customData",
                "`properties.osProfile.customData` of `Microsoft.Compute/virtualMachines` `vm-spoke-data`",
                "it is computed from a secure value, and those are not kept"
            ),
        ]
    );
}

/// `linked-templates#linked-template`: what lies beside the file is followed, nothing else.
#[test]
fn linked_templates_are_found_beside_the_file() {
    let read = shipped("linked.json");
    let vnets: Vec<(&str, &str)> = read
        .resources
        .iter()
        .map(|one| (one.body["name"].as_str().unwrap(), one.origin.file.as_str()))
        .collect();
    assert_eq!(
        vnets,
        [
            ("one", "nested/vnet.json"),
            ("one-next", "nested/vnet.json")
        ]
    );
    let what = |name: &str| format!("`Microsoft.Resources/deployments` `{name}`");
    let reasons: Vec<(String, &str)> = left(&read)
        .into_iter()
        .map(|(_, what, reason)| (what.to_owned(), reason))
        .collect();
    assert_eq!(
        reasons,
        [
            (
                what("away"),
                "the linked template `not-here.json` does not lie beside the file"
            ),
            (
                what("outside"),
                "the linked template `../templates/nested/vnet.json` does not lie beside the file"
            ),
            (
                what("itself"),
                "the linked template `linked.json` links to itself"
            ),
            (
                what("spec"),
                "it is a template spec, and those are not in a file"
            ),
        ]
    );
    let text = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/arm/templates/linked.json"),
    )
    .unwrap();
    let nowhere = evaluated(&text, &[]);
    assert_eq!(
        left(&nowhere)[0].2,
        "it is linked, and the folder of the template is not known"
    );
}

/// `deploy-to-resource-group#deploy-to-multiple…`: in scope `outer`, expressions mean what they mean
/// around the deployment; in scope `inner`, what they mean in it. Resources go to its group in both.
#[test]
fn the_two_scopes_of_nested_deployments() {
    let nested = |scope: &str| {
        json!({
            "type": "Microsoft.Resources/deployments", "name": scope, "resourceGroup": "other",
            "properties": {
                "expressionEvaluationOptions": { "scope": scope },
                "parameters": { "p": { "value": "[concat(parameters('p'), '-given')]" } },
                "template": {
                    "parameters": { "p": { "type": "string" } },
                    "variables": { "v": "inside" },
                    "resources": [{ "type": "Microsoft.Network/routeTables", "name": format!("[concat('{scope}-', parameters('p'))]"),
                        "tags": { "group": "[resourceGroup().name]", "v": "[variables('v')]",
                                  "id": "[resourceId('Microsoft.Network/routeTables', 'x')]" } }],
                },
            },
        })
    };
    let text = template(&json!({
        "parameters": { "p": { "type": "string", "defaultValue": "outside" } },
        "variables": { "v": "outside" },
        "resources": [nested("outer"), nested("inner")],
    }));
    let read = evaluated(&text, &[]);
    let other = GROUP.replace("/rg", "/other");
    let tables = "providers/Microsoft.Network/routeTables";
    assert_eq!(left(&read), []);
    let outer = resource(&read, "/outer-outside");
    assert_eq!(
        outer.body["id"],
        json!(format!("{other}/{tables}/outer-outside"))
    );
    assert_eq!(
        outer.body["tags"],
        json!({"group": "rg", "v": "outside", "id": format!("{GROUP}/{tables}/x")})
    );
    let inner = resource(&read, "/inner-outside-given");
    assert_eq!(
        inner.body["id"],
        json!(format!("{other}/{tables}/inner-outside-given"))
    );
    assert_eq!(
        inner.body["tags"],
        json!({"group": "other", "v": "inside", "id": format!("{other}/{tables}/x")})
    );
}

/// `child-resource-name-type`: inside and outside of the parent; a parent that is not deployed takes
/// its children with it.
#[test]
fn children_take_type_and_name_of_what_is_around_them() {
    let read = resources(&json!([
        { "type": "Microsoft.Network/virtualNetworks", "name": "[concat('v', copyIndex())]", "copy": { "name": "c", "count": 2 },
          "resources": [{ "type": "subnets", "name": "[concat('s', copyIndex('c'))]" },
                        { "type": "providers/locks", "name": "Microsoft.Authorization/l" }] },
        { "type": "Microsoft.Network/virtualNetworks/subnets", "name": "v0/t" },
        { "type": "Microsoft.Network/routeTables", "name": "no", "condition": "[equals(1, 2)]",
          "resources": [{ "type": "routes", "name": "r" }] },
    ]));
    let ids: Vec<&str> = read
        .resources
        .iter()
        .map(|one| one.body["id"].as_str().unwrap())
        .collect();
    let vnets = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks");
    let lock = "providers/Microsoft.Authorization/locks/l";
    assert_eq!(
        ids,
        [
            format!("{vnets}/v0"),
            format!("{vnets}/v0/subnets/s0"),
            format!("{vnets}/v0/{lock}"),
            format!("{vnets}/v1"),
            format!("{vnets}/v1/subnets/s1"),
            format!("{vnets}/v1/{lock}"),
            format!("{vnets}/v0/subnets/t"),
        ]
    );
    assert_eq!(left(&read), []);
}

/// `deploy-to-subscription`, `deploy-to-management-group`, `deploy-to-tenant`,
/// `scope-extension-resources`.
#[test]
fn scopes_give_ids() {
    let at = |schema: &str, list: Value| {
        let schema =
            format!("https://schema.management.azure.com/schemas/2019-08-01/{schema}.json#");
        let read = evaluated(
            &template(&json!({ "$schema": schema, "resources": list })),
            &[],
        );
        let ids = read
            .resources
            .iter()
            .map(|one| one.body["id"].as_str().unwrap().to_owned());
        assert_eq!(left(&read), []);
        ids.collect::<Vec<_>>()
    };
    let subscription = "/subscriptions/00000000-0000-0000-0000-000000000000";
    let group = json!({ "type": "Microsoft.Resources/resourceGroups", "name": "hub", "location": "northeurope" });
    let within = json!({ "type": "Microsoft.Resources/deployments", "name": "d", "resourceGroup": "hub",
        "properties": { "expressionEvaluationOptions": { "scope": "inner" }, "template": { "resources": [
            { "type": "Microsoft.Network/routeTables", "name": "[resourceGroup().location]" },
            { "type": "Microsoft.Insights/diagnosticSettings", "name": "s", "scope": "Microsoft.Network/routeTables/t" }] } } });
    assert_eq!(
        at("subscriptionDeploymentTemplate", json!([group, within])),
        [
            format!("{subscription}/resourceGroups/hub"),
            format!(
                "{subscription}/resourceGroups/hub/providers/Microsoft.Network/routeTables/northeurope"
            ),
            format!(
                "{subscription}/resourceGroups/hub/providers/Microsoft.Network/routeTables/t/providers/Microsoft.Insights/diagnosticSettings/s"
            ),
        ]
    );
    let policy = json!({ "type": "Microsoft.Authorization/policyDefinitions", "name": "p" });
    let down = json!({ "type": "Microsoft.Resources/deployments", "name": "d", "subscriptionId": "s",
        "properties": { "template": { "$schema": "…/subscriptionDeploymentTemplate.json#", "resources": [policy] } } });
    assert_eq!(
        at("managementGroupDeploymentTemplate", json!([policy, down])),
        [
            "/providers/Microsoft.Management/managementGroups/mg/providers/Microsoft.Authorization/policyDefinitions/p",
            "/subscriptions/s/providers/Microsoft.Authorization/policyDefinitions/p",
        ]
    );
    let group = json!({ "type": "Microsoft.Management/managementGroups", "name": "root" });
    assert_eq!(
        at("tenantDeploymentTemplate", json!([group])),
        ["/providers/Microsoft.Management/managementGroups/root"]
    );
}

/// Addresses as Azure would assign them (`virtual-networks-faq`: from the fifth of the subnet on),
/// only for what is asked; those of a VPN gateway as `bgp-howto` has them.
#[test]
fn what_reference_asks_for_is_predicted() {
    let configuration = |subnet: &str, more: Value| {
        let mut properties = json!({ "subnet": { "id": format!("[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', '{subnet}')]") } });
        for (key, value) in more.as_object().unwrap() {
            properties[key] = value.clone();
        }
        json!([{ "name": "c", "properties": properties }])
    };
    let nic = |name: &str, more: Value| {
        json!({ "type": "Microsoft.Network/networkInterfaces", "name": name,
                "properties": { "ipConfigurations": configuration("s", more) } })
    };
    let pool = json!({ "loadBalancerBackendAddressPools": [{ "id": "[resourceId('Microsoft.Network/loadBalancers/backendAddressPools', 'lb', 'p')]" }] });
    let private = "ipConfigurations[0].properties.privateIPAddress";
    let gateway = |name: &str, active: bool| {
        json!({ "type": "Microsoft.Network/virtualNetworkGateways", "name": name,
                "properties": { "activeActive": active, "ipConfigurations": configuration("GatewaySubnet", json!({})) } })
    };
    let read = resources(&json!([
        { "type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": { "subnets": [
            { "name": "s", "properties": { "addressPrefix": "10.0.0.0/24" } },
            { "name": "GatewaySubnet", "properties": { "addressPrefix": "10.12.255.0/27" } } ] } },
        nic("behind", pool),
        nic("stated", json!({ "privateIPAddress": "10.0.0.5" })),
        nic("last", json!({ "privateIpAddress": "[null()]" })),
        nic("elsewhere", json!({ "subnet": { "id": "/subscriptions/s/x/subnets/y" } })),
        { "type": "Microsoft.Network/loadBalancers", "name": "lb", "properties": {
            "frontendIPConfigurations": configuration("s", json!({})), "backendAddressPools": [{ "name": "p" }] } },
        { "type": "Microsoft.Network/publicIPAddresses", "name": "pip", "properties": {} },
        gateway("vpn", false), gateway("both", true),
        { "type": "Test.Test/values", "name": "it", "properties": {
            "last": format!("[reference('last').{private}]"),
            "stated": format!("[reference('stated').{private}]"),
            "lb": "[reference('lb').frontendIPConfigurations[0].properties.privateIPAddress]",
            "frontend": "[reference('lb').frontendIPConfigurations[0].id]",
            "pip": "[concat(reference('pip').ipAddress, '/32')]",
            "vpn": "[reference('vpn').bgpSettings.bgpPeeringAddress]",
            "both": "[split(reference('both').bgpSettings.bgpPeeringAddress, ',')[1]]",
            "inside": "[cidrSubnet(format('{0}/32', reference('lb').frontendIPConfigurations[0].properties.privateIPAddress), 32, 0)]",
            "elsewhere": format!("[reference('elsewhere').{private}]"),
            "subnet": "[reference(resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's'), '2024-05-01').addressPrefix]",
            "prefix": "[reference('v').addressSpace]", "office": "203.0.113.0/30" } },
    ]));
    let it = resource(&read, "/it");
    assert_eq!(
        it.body["properties"],
        json!({
            // The load balancer comes first: a NIC refers to it.
            "lb": "10.0.0.4", "last": "10.0.0.7", "stated": "10.0.0.5", "pip": "203.0.113.4/32", "office": "203.0.113.0/30",
            "vpn": "10.12.255.30", "both": "10.12.255.5", "inside": "10.0.0.4/32", "subnet": "10.0.0.0/24",
            "frontend": format!("{GROUP}/providers/Microsoft.Network/loadBalancers/lb/frontendIPConfigurations/c"),
        })
    );
    let mut predicted = it.predicted.clone();
    predicted.sort();
    assert_eq!(
        predicted,
        ["both", "inside", "last", "lb", "pip", "vpn"].map(|key| format!("/properties/{key}"))
    );
    // Nobody asks for this one: the loader of a topology assigns it.
    let behind =
        &resource(&read, "/behind").body["properties"]["ipConfigurations"][0]["properties"];
    assert_eq!(behind.get("privateIPAddress"), None);
    assert_eq!(
        resource(&read, "/pip").body["properties"]["ipAddress"],
        "203.0.113.4"
    );
    assert_eq!(
        resource(&read, "/vpn").body["properties"]["bgpSettings"],
        json!({ "bgpPeeringAddress": "10.12.255.30" })
    );
    let reasons: Vec<&str> = left(&read)
        .into_iter()
        .map(|(_, _, reason)| reason)
        .collect();
    assert_eq!(
        reasons,
        [
            "its subnet is not in the template, so its address cannot be told",
            "there is no member `addressSpace`"
        ]
    );
}

/// One fault does not take the rest along; a list with a hole would say something else, and so would a rule.
#[test]
fn what_cannot_be_evaluated_is_listed_where_it_stands() {
    let read = resources(&json!([
        { "type": "Microsoft.Network/networkSecurityGroups", "name": "n", "properties": { "securityRules": [
            { "name": "r", "properties": { "access": "Allow", "priority": "[nothing()]", "sourceAddressPrefixes": ["10.0.0.0/8", "[variables('v')]"] } },
            { "name": "s", "properties": { "access": "Deny", "description": "[nothing()]" } }] } },
        { "type": "Microsoft.Network/routeTables", "name": "[parameters('none')]" },
        { "type": "Microsoft.Network/routeTables", "name": "b", "condition": "maybe" },
        { "name": "c" },
        { "type": "Microsoft.Network/routeTables", "name": "[concat('d', createArray(1, 2)[copyIndex()])]", "copy": { "name": "l", "count": 4 } },
        { "type": "Microsoft.Network/routeTables", "name": "e", "tags": { "self": "[reference('e').x]" } },
        { "type": "Microsoft.Resources/deployments", "name": "f", "properties": { "template": { "resources": [{ "type": "T.T/t", "name": "g" }, 5] } } },
    ]));
    assert_eq!(
        resource(&read, "/n").body["properties"],
        json!({ "securityRules": [{ "name": "s", "properties": { "access": "Deny" } }] })
    );
    let names: Vec<&str> = read
        .resources
        .iter()
        .map(|one| one.body["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["n", "d1", "d2", "e", "g"]);
    let rules = "/resources/0/properties/securityRules";
    let of = "of `Microsoft.Network/networkSecurityGroups` `n`";
    let expected = [
        (
            "/resources/1",
            "`Microsoft.Network/routeTables` `[parameters('none')]`",
            "the template has no parameter `none`",
        ),
        (
            "/resources/2",
            "`Microsoft.Network/routeTables` `b`",
            "its condition is a string",
        ),
        ("/resources/3", "`resource` `c`", "it has no type"),
        (
            "/resources/4",
            "`Microsoft.Network/routeTables` number 3 of loop `l`",
            "the index lies outside of the array",
        ),
        (
            "/resources/4",
            "`Microsoft.Network/routeTables` `[concat('d', createArray(1, 2)[copyIndex()])]`",
            "2 of the 4 runs of loop `l` fail",
        ),
        (
            "/resources/6/properties/template/resources/1",
            "`resource` ``",
            "it has no type",
        ),
        (
            &format!("{rules}/0"),
            &format!("`properties.securityRules.0` {of}"),
            "of `r`, there is no function `nothing`, or it needs a running Azure; without it the rule or route would be \
             about more, so it is left out",
        ),
        (
            &format!("{rules}/1/properties/description"),
            &format!("`properties.securityRules.1.properties.description` {of}"),
            "there is no function `nothing`, or it needs a running Azure",
        ),
        (
            "/resources/5/tags/self",
            "`tags.self` of `Microsoft.Network/routeTables` `e`",
            "`Microsoft.Network/routeTables` `e` needs itself",
        ),
    ];
    assert_eq!(left(&read), expected);
}

/// A condition that rests on an invented value is said of what it brings in and of what it keeps out.
#[test]
fn conditions_on_invented_values_are_marked() {
    let text = template(&json!({
        "parameters": { "on": { "type": "bool" } },
        "resources": [
            { "type": "Microsoft.Network/routeTables", "name": "yes", "condition": "[parameters('on')]" },
            { "type": "Microsoft.Network/routeTables", "name": "no", "condition": "[not(parameters('on'))]" },
            { "type": "Microsoft.Network/routeTables", "name": "[newGuid()]", "tags": { "at": "[utcNow()]" } },
        ],
    }));
    let read = evaluated(&text, &[]);
    assert_eq!(resource(&read, "/yes").predicted, [""]);
    assert_eq!(read.resources[1].predicted, ["/id", "/name", "/tags/at"]);
    assert_eq!(
        left(&read)[1],
        (
            "/resources/1",
            "`Microsoft.Network/routeTables` `no`",
            "its condition is false, and rests on a value that was invented"
        )
    );
    assert_eq!(read, evaluated(&text, &[]));
}

/// A private endpoint's address stands at its NIC, which no template declares, and in its DNS
/// settings (`private-endpoint-overview`).
#[test]
fn the_address_of_a_private_endpoint_is_predicted() {
    let endpoint = |name: &str, more: Value| {
        let mut properties = json!({ "subnet": { "id": "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')]" } });
        for (key, value) in more.as_object().unwrap() {
            properties[key] = value.clone();
        }
        json!({ "type": "Microsoft.Network/privateEndpoints", "name": name, "properties": properties })
    };
    let read = resources(&json!([
        { "type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": { "subnets": [
            { "name": "s", "properties": { "addressPrefixes": ["10.0.0.0/29", "10.1.0.0/24"] } } ] } },
        endpoint("one", json!({})), endpoint("two", json!({ "customNetworkInterfaceName": "nic-two" })),
        endpoint("three", json!({})), endpoint("four", json!({})),
        { "type": "Test.Test/values", "name": "it", "properties": {
            "one": "[reference(reference('one').networkInterfaces[0].id, '2024-05-01').ipConfigurations[0].properties.privateIPAddress]",
            "two": "[reference('two').customDnsConfigs[0].ipAddresses[0]]",
            "nic": "[last(split(reference('two').networkInterfaces[0].id, '/'))]",
            // The first prefix has three addresses to give.
            "four": "[reference('four').customDnsConfigs[0].ipAddresses[0]]",
            "name": "[reference('two').customDnsConfigs[0].fqdn]" } },
    ]));
    assert_eq!(
        resource(&read, "/it").body["properties"],
        json!({ "one": "10.0.0.4", "two": "10.0.0.5", "nic": "nic-two", "four": "10.1.0.4" })
    );
    let two = resource(&read, "/two");
    assert_eq!(
        two.body["properties"]["customDnsConfigs"],
        json!([{ "ipAddresses": ["10.0.0.5"] }])
    );
    assert_eq!(
        two.predicted,
        ["/properties/customDnsConfigs/0/ipAddresses/0"]
    );
    assert_eq!(
        left(&read)[0].2,
        "the name that a private endpoint serves is known only at run time"
    );
}

/// `resource-declaration#symbolic…`: `references` gives every run of a loop, `reference` one.
#[test]
fn loops_are_referred_to_as_a_whole_and_by_run() {
    let text = template(&json!({ "languageVersion": "2.0", "resources": {
        "pips": { "copy": { "name": "pips", "count": 2 }, "type": "Microsoft.Network/publicIPAddresses",
                  "name": "[format('pip-{0}', copyIndex())]", "location": "northeurope", "properties": { "n": "[copyIndex()]" } },
        "it": { "type": "Test.Test/values", "name": "it", "properties": {
            "all": "[map(references('pips'), lambda('p', lambdaVariables('p').n))]",
            "full": "[map(references('pips', 'full'), lambda('p', lambdaVariables('p').name))]",
            "one": "[reference('pips[1]').n]", "place": "[reference('pips[0]', '2024-05-01', 'full').location]",
            "none": "[reference('pips[2]').n]", "which": "[reference('pips').n]" } },
    } }));
    let read = evaluated(&text, &[]);
    assert_eq!(
        resource(&read, "/it").body["properties"],
        json!({ "all": [0, 1], "full": ["pip-0", "pip-1"], "one": 1, "place": "northeurope" })
    );
    let reasons: Vec<&str> = left(&read)
        .into_iter()
        .map(|(_, _, reason)| reason)
        .collect();
    assert_eq!(
        reasons,
        [
            "`pips[2]` lies outside of its loop",
            "`pips` stands for several resources"
        ]
    );
}

/// `linked-templates#expression-evaluation-scope-in-nested-templates`: a template in scope `inner`
/// names its own resources only.
#[test]
fn names_are_those_of_the_template_that_an_expression_means() {
    let nested = |scope: &str| {
        json!({ "type": "Microsoft.Resources/deployments", "name": scope, "properties": {
            "expressionEvaluationOptions": { "scope": scope },
            "template": { "resources": [{ "type": "Test.Test/values", "name": scope, "properties": { "v": "[reference('t').x]" } }] } } })
    };
    let read = resources(&json!([
        { "type": "Microsoft.Network/routeTables", "name": "t", "properties": { "x": 1 } },
        nested("outer"), nested("inner"),
    ]));
    assert_eq!(
        resource(&read, "/outer").body["properties"],
        json!({ "v": 1 })
    );
    assert_eq!(resource(&read, "/inner").body["properties"], json!({}));
    assert_eq!(left(&read)[0].2, "the template declares no resource `t`");
}
