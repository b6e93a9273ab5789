//! What a template is given: parameters from files, defaults and nothing, and the secrets among them.

use dryhop::import::arm::{Fault, Options, ParameterFile, is_template, parse, read, takes};
use serde_json::json;

use crate::support::{evaluated, left, resource, template};

/// `parameters`, `parameter-files`: what a file gives, defaults, and what stands for nothing.
#[test]
fn parameters_come_from_files_defaults_or_nothing() {
    let text = template(&json!({
        "parameters": {
            "name": { "type": "string" }, "count": { "type": "int" }, "list": { "type": "array", "defaultValue": [1] },
            "sku": { "type": "string", "allowedValues": ["Basic", "Standard"] }, "Location": { "type": "string" },
            "from": { "type": "string", "defaultValue": "[concat(parameters('NAME'), '-x')]" },
            "maybe": { "type": "string", "nullable": true }, "my name!": { "type": "string" },
        },
        "resources": [{ "type": "Test.Test/values", "name": "[parameters('name')]", "properties": {
            "count": "[parameters('count')]", "list": "[parameters('list')]", "sku": "[parameters('sku')]", "from": "[parameters('from')]",
            "location": "[parameters('location')]", "maybe": "[parameters('maybe')]", "mine": "[parameters('my name!')]" } }],
    }));
    let none = evaluated(&text, &[]);
    let it = &none.resources[0];
    assert_eq!(it.body["name"], "name");
    assert_eq!(
        it.body["properties"],
        json!({ "count": 1, "list": [1], "sku": "Basic", "from": "name-x", "location": "westeurope", "maybe": null, "mine": "myname" })
    );
    let mut predicted = it.predicted.clone();
    predicted.sort();
    assert_eq!(
        predicted,
        [
            "/id",
            "/name",
            "/properties/count",
            "/properties/from",
            "/properties/location",
            "/properties/mine",
            "/properties/sku"
        ]
    );
    let mut said: Vec<_> = left(&none)
        .into_iter()
        .map(|(_, what, reason)| format!("{what}: {reason}"))
        .collect();
    said.sort();
    assert_eq!(
        said,
        [
            "parameter `Location`: it has no value and no default: `westeurope` stands for it",
            "parameter `count`: it has no value and no default: `1` stands for it",
            "parameter `my name!`: it has no value and no default: `myname` stands for it",
            "parameter `name`: it has no value and no default: `name` stands for it",
            "parameter `sku`: it has no value and no default: the first of its `allowedValues`, `Basic`, stands for it",
        ]
    );
    let schema = r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "parameters": { "NAME": { "value": "a" }, "sku": { "value": "Premium" }, "other": { "value": 1 }, "count": { "value": 2 } } }"#;
    let plain =
        r#"{ "name": "b", "location": { "value": "eastus" }, "my name!": "c", /* later */ }"#;
    let both = evaluated(&text, &[schema, plain]);
    assert_eq!(both.resources[0].body["name"], "b");
    assert_eq!(
        both.resources[0].body["properties"],
        json!({ "count": 2, "list": [1], "sku": "Premium", "from": "b-x", "location": "eastus", "maybe": null, "mine": "c" })
    );
    assert_eq!(both.resources[0].predicted, Vec::<String>::new());
    assert_eq!(
        left(&both),
        [
            (
                "/parameters/NAME",
                "parameter `NAME`",
                "`parameters.json` gives another value, which is used"
            ),
            (
                "/parameters/other",
                "parameter `other`",
                "the template has no parameter of that name"
            ),
            (
                "/parameters/sku",
                "parameter `sku`",
                "its value is none of its `allowedValues`; it is used as it is"
            ),
        ]
    );
    let bicep = json!({ "parametersJson": schema }).to_string();
    assert_eq!(
        ParameterFile::read("p", &bicep).unwrap(),
        ParameterFile::read("p", schema).unwrap()
    );
    let template = parse(&text).unwrap();
    assert!(!takes(
        &template,
        &ParameterFile::read("p", schema).unwrap()
    ));
    assert!(takes(&template, &ParameterFile::read("p", plain).unwrap()));
}

/// Whatever way a secret takes, it does not come out.
#[test]
fn secrets_are_not_kept() {
    let text = template(&json!({
        "parameters": {
            "password": { "type": "secureString", "defaultValue": "HIDE-default" }, "o": { "type": "secureObject" },
            "sharedKey": { "type": "string" }, "token": { "type": "securestring", "defaultValue": "" }, "vault": { "type": "string" },
        },
        "variables": { "v": "[parameters('password')]", "both": "[createObject('a', 1, 'b', parameters('password'))]" },
        "resources": [
            { "type": "Microsoft.Storage/storageAccounts", "name": "st" },
            { "type": "Microsoft.Resources/deployments", "name": "d", "properties": { "expressionEvaluationOptions": { "scope": "inner" },
                "parameters": { "inner": { "value": "[parameters('password')]" }, "plain": { "value": "[parameters('sharedKey')]" } },
                "template": { "parameters": { "inner": { "type": "securestring" }, "plain": { "type": "string" } },
                    "resources": [{ "type": "Test.Test/values", "name": "in", "properties": { "a": "[parameters('inner')]", "b": "[parameters('plain')]" } }],
                    "outputs": { "o": { "type": "string", "value": "[parameters('plain')]" }, "s": { "type": "securestring", "value": "HIDE-output" } } } } },
            { "type": "Test.Test/values", "name": "it", "tags": { "apiKey": "HIDE-tag" }, "properties": {
                "a": "[variables('v')]", "b": "[variables('both')]", "c": "[concat('x', parameters('password'))]", "d": "[parameters('o').inner.more]",
                "e": "[listKeys('st', '2024-01-01').keys[0].value]", "f": "[format('{0}', listKeys('st', '1').keys)]", "g": "[string(variables('both'))]",
                "h": "[empty(parameters('password'))]", "i": "[concat('x', parameters('token'))]", "j": "[parameters('vault')]",
                "k": "[if(equals(parameters('password'), 'HIDE-default'), 1, 2)]", "l": "[substring(parameters('sharedKey'), 0, 2)]",
                "m": "[reference('d').outputs.o.value]", "n": "[reference('d').outputs.s.value]",
                "adminPassword": "HIDE-literal", "settings": { "commandToExecute": "run HIDE-command" }, "protectedSettings": { "x": "HIDE-inside" } } },
        ],
    }));
    let parameters = r#"{ "parameters": { "o": { "value": { "inner": { "more": "HIDE-object" } } }, "sharedKey": { "value": "HIDE-key" },
        "vault": { "reference": { "keyVault": { "id": "HIDE-vault" }, "secretName": "HIDE-name" } } } }"#;
    let read = evaluated(&text, &[parameters]);
    assert!(!format!("{read:?}").contains("HIDE"), "{read:?}");
    let it = resource(&read, "/it");
    assert_eq!(
        it.body["properties"],
        json!({
            "a": "***", "b": { "a": 1, "b": "***" }, "d": "***", "e": "***", "h": false, "i": "x", "j": "***", "k": 2, "m": "***", "n": "***",
            "adminPassword": "***", "settings": { "commandToExecute": "***" }, "protectedSettings": "***",
        })
    );
    assert_eq!(
        resource(&read, "/in").body["properties"],
        json!({ "a": "***", "b": "***" })
    );
    let places: Vec<&str> = left(&read).into_iter().map(|(place, ..)| place).collect();
    assert_eq!(
        places,
        ["c", "f", "g", "l"].map(|key| format!("/resources/2/properties/{key}"))
    );
}

#[test]
fn other_files_are_no_templates() {
    assert_eq!(
        read("f", "[1", &[], &Options::default()),
        Err(Fault::Syntax {
            line: 1,
            column: 2,
            message: "EOF while parsing a list".into()
        })
    );
    assert_eq!(
        read("f", "{\"a\": 1}", &[], &Options::default()),
        Err(Fault::NotATemplate)
    );
    assert!(is_template(
        &json!({ "contentVersion": "1.0.0.0", "resources": [] })
    ));
    assert!(!is_template(
        &json!({ "$schema": "…/deploymentParameters.json#", "contentVersion": "1.0.0.0", "parameters": {} })
    ));
    assert_eq!(ParameterFile::read("p", "[]"), Err(Fault::NoParameters));
}
