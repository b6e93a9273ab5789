//! Functions that look at what is around them: lambdas, scopes, loops, user-defined ones, the clock.

use serde_json::json;

use crate::support::{fail, hold, value_in};

/// `template-functions-lambda`.
#[test]
fn lambdas() {
    let dogs = json!({ "variables": { "dogs": [
        { "name": "Evie", "age": 5, "interests": ["Ball", "Frisbee"] },
        { "name": "Casper", "age": 3, "interests": ["Other dogs"] },
        { "name": "Indy", "age": 2, "interests": ["Butter"] },
        { "name": "Kira", "age": 8, "interests": ["Rubs"] },
    ] } });
    for (expression, expected) in [
        (
            "[map(filter(variables('dogs'), lambda('dog', greaterOrEquals(lambdaVariables('dog').age, 5))), lambda('dog', lambdaVariables('dog').name))]",
            json!(["Evie", "Kira"]),
        ),
        (
            "[filter(range(0, 10), lambda('i', equals(0, mod(lambdaVariables('i'), 2))))]",
            json!([0, 2, 4, 6, 8]),
        ),
        (
            "[map(variables('dogs'), lambda('dog', format('Hello {0}!', lambdaVariables('dog').name)))]",
            json!(["Hello Evie!", "Hello Casper!", "Hello Indy!", "Hello Kira!"]),
        ),
        (
            "[map(range(0, 2), lambda('i', variables('dogs')[lambdaVariables('i')].name))]",
            json!(["Evie", "Casper"]),
        ),
        (
            "[map(createArray('a', 'b'), lambda('x', 'i', format('{0}{1}', lambdaVariables('x'), lambdaVariables('i'))))]",
            json!(["a0", "b1"]),
        ),
        (
            "[reduce(map(variables('dogs'), lambda('dog', lambdaVariables('dog').age)), 1, lambda('cur', 'next', add(lambdaVariables('cur'), lambdaVariables('next'))))]",
            json!(19),
        ),
        (
            "[reduce(createArray(createObject('foo', 123), createObject('bar', 456)), createObject(), lambda('cur', 'next', union(lambdaVariables('cur'), lambdaVariables('next'))))]",
            json!({"foo": 123, "bar": 456}),
        ),
        (
            "[map(sort(variables('dogs'), lambda('a', 'b', less(lambdaVariables('a').age, lambdaVariables('b').age))), lambda('d', lambdaVariables('d').name))]",
            json!(["Indy", "Casper", "Evie", "Kira"]),
        ),
        (
            "[toObject(variables('dogs'), lambda('entry', lambdaVariables('entry').name), lambda('entry', lambdaVariables('entry').age))]",
            json!({"Evie": 5, "Casper": 3, "Indy": 2, "Kira": 8}),
        ),
        (
            "[objectKeys(toObject(variables('dogs'), lambda('entry', lambdaVariables('entry').name)))]",
            json!(["Casper", "Evie", "Indy", "Kira"]),
        ),
        (
            "[groupBy(createArray('foo', 'bar', 'baz'), lambda('x', substring(lambdaVariables('x'), 0, 1)))]",
            json!({"f": ["foo"], "b": ["bar", "baz"]}),
        ),
        (
            "[mapValues(createObject('foo', 'foo'), lambda('val', toUpper(lambdaVariables('val'))))]",
            json!({"foo": "FOO"}),
        ),
        // A lambda sees the variables of the one around it.
        (
            "[map(range(1, 2), lambda('a', map(range(1, 2), lambda('b', mul(lambdaVariables('a'), lambdaVariables('b'))))))]",
            json!([[1, 2], [2, 4]]),
        ),
    ] {
        assert_eq!(
            value_in(&dogs, &json!(expression)),
            Ok(expected),
            "{expression}"
        );
    }
    fail(&[
        (
            "map('a', lambda('x', 1))",
            "the first argument is not an array",
        ),
        (
            "filter(createArray(1), lambda('x', 1))",
            "the lambda gives no bool",
        ),
        (
            "map(createArray(1), lambda('x', lambdaVariables('y')))",
            "there is no lambda variable `y` here",
        ),
    ]);
}

/// `template-functions-date`; `utcNow` is a fixed moment here.
#[test]
fn dates() {
    hold(&[
        ("utcNow()", json!("20000101T000000Z")),
        ("utcNow('d')", json!("01/01/2000")),
        ("utcNow('M d')", json!("1 1")),
        (
            "dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')",
            json!("4/7/2023 2:53:14 PM"),
        ),
        (
            "dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')",
            json!("3/29/2020 2:53:14 PM"),
        ),
        (
            "dateTimeAdd('2020-04-07 14:53:14Z', 'PT1H', 'u')",
            json!("2020-04-07 15:53:14Z"),
        ),
        (
            "dateTimeAdd('2020-01-31T00:00:00Z', 'P1M', 'yyyy-MM-dd')",
            json!("2020-02-29"),
        ),
        (
            "dateTimeToEpoch('2020-04-07T14:53:14+02:00')",
            json!(1_586_263_994),
        ),
        (
            "dateTimeFromEpoch(1683040573)",
            json!("2023-05-02T15:16:13Z"),
        ),
    ]);
    fail(&[
        (
            "dateTimeAdd('soon', 'P1D')",
            "the text is not a moment of ISO 8601",
        ),
        ("utcNow('MMMM')", "the date format `MMMM` is not known"),
    ]);
}

/// `template-functions-scope`, `template-functions-deployment`.
#[test]
fn scopes() {
    hold(&[
        (
            "resourceGroup().id",
            json!("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"),
        ),
        ("resourceGroup().location", json!("westeurope")),
        (
            "subscription().subscriptionId",
            json!("00000000-0000-0000-0000-000000000000"),
        ),
        (
            "tenant().tenantId",
            json!("00000000-0000-0000-0000-000000000000"),
        ),
        ("deployment().name", json!("main")),
        ("environment().suffixes.storage", json!("core.windows.net")),
        (
            "resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')",
            json!(
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
            ),
        ),
        ("length(newGuid())", json!(36)),
        (
            "pickZones('Microsoft.Network', 'publicIPAddresses', 'westeurope', 2, 1)",
            json!(["2", "3"]),
        ),
    ]);
    fail(&[(
        "resourceId('Microsoft.Network/virtualNetworks', 'v', 's')",
        "the type `Microsoft.Network/virtualNetworks` has 1 segments after its namespace, and the name has 2",
    )]);
}

/// `template-user-defined-functions`: they see their own parameters only.
#[test]
fn user_defined_functions() {
    let members = json!({
        "parameters": { "p": { "type": "string", "defaultValue": "outside" } },
        "functions": [{ "namespace": "contoso", "members": { "uniqueName": {
            "parameters": [{ "name": "namePrefix", "type": "string" }],
            "output": { "type": "string", "value": "[concat(toLower(parameters('namePrefix')), 'x')]" },
        }, "bad": { "parameters": [], "output": { "type": "string", "value": "[parameters('p')]" } },
           "endless": { "parameters": [], "output": { "type": "string", "value": "[contoso.endless()]" } } } }],
    });
    let value = |text: &str| value_in(&members, &json!(text));
    assert_eq!(value("[Contoso.UniqueName('AB')]"), Ok(json!("abx")));
    assert_eq!(
        value("[contoso.bad()]").unwrap_err(),
        "the function has no parameter `p`"
    );
    assert_eq!(
        value("[contoso.endless()]").unwrap_err(),
        "evaluation is deeper than 600 levels"
    );
    assert_eq!(
        value("[contoso.none()]").unwrap_err(),
        "the template has no function `contoso.none`"
    );
}

/// `copy-variables`, `copy-properties`: `copyIndex` by name and with an offset.
#[test]
fn copies_of_variables_and_properties() {
    let members = json!({ "variables": {
        "copy": [{ "name": "top", "count": 3, "input": "[concat('d', copyIndex('top', 1))]" }],
        "inside": { "copy": [{ "name": "list", "count": 2, "input": { "n": "[copyIndex('list')]" } }] },
        "self": "[variables('self')]",
    } });
    let value = |text: &str| value_in(&members, &json!(text));
    assert_eq!(value("[variables('top')]"), Ok(json!(["d1", "d2", "d3"])));
    assert_eq!(
        value("[variables('inside').list]"),
        Ok(json!([{"n": 0}, {"n": 1}]))
    );
    assert_eq!(
        value("[variables('self')]").unwrap_err(),
        "the variable `self` needs itself"
    );
    let tree = json!({ "copy": [{ "name": "a", "count": 2, "input": {
        "copy": [{ "name": "b", "count": 2, "input": "[add(mul(copyIndex('a'), 10), copyIndex('b'))]" }] } }],
        "[format('k{0}', 1)]": "[[literal]" });
    assert_eq!(
        value_in(&members, &tree),
        Ok(json!({"a": [{"b": [0, 1]}, {"b": [10, 11]}], "k1": "[literal]"}))
    );
    let many = json!({ "copy": [{ "name": "a", "count": 801, "input": 1 }] });
    assert_eq!(value_in(&members, &many), Ok(json!({})));
}
