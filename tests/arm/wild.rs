//! Input that no one would write: nothing panics, nothing runs away.

use std::time::{Duration, Instant};

use dryhop::import::arm::{Options, ParameterFile, parse, read};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{evaluated, template, value, value_in};

/// Pieces of expressions, and what does not belong there.
fn piece() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "concat",
        "format",
        "substring",
        "range",
        "map",
        "lambda",
        "lambdaVariables",
        "reference",
        "resourceId",
        "copyIndex",
        "parameters",
        "variables",
        "if",
        "json",
        "split",
        "cidrSubnet",
        "cidrHost",
        "parseCidr",
        "uniqueString",
        "guid",
        "padLeft",
        "dateTimeAdd",
        "uri",
        "base64ToString",
        "uriComponentToString",
        "take",
        "skip",
        "union",
        "items",
        "tryGet",
        "createObject",
        "createArray",
        "utcNow",
        "listKeys",
        "extensionResourceId",
        "subscriptionResourceId",
        "sort",
        "min",
        "replace",
        "a.b",
        "resourceGroup",
        "references",
        "resourceInfo",
        "dateTimeFromEpoch",
        "join",
        "toObject",
    ]);
    prop_oneof![
        names.prop_map(|name| format!("{name}(")),
        Just(")".to_owned()),
        Just(", ".to_owned()),
        Just(".x".to_owned()),
        Just(".?x".to_owned()),
        Just("[0]".to_owned()),
        Just("[?".to_owned()),
        Just("]".to_owned()),
        Just("'".to_owned()),
        Just("''".to_owned()),
        Just("'10.0.0.0/8'".to_owned()),
        Just("'{0,9:N3}{'".to_owned()),
        Just("'é€𝄞'".to_owned()),
        Just("'p'".to_owned()),
        any::<i64>().prop_map(|int| int.to_string()),
        "[ -~é€]{0,6}",
    ]
}

/// Expressions that parse, with arguments of any kind.
fn call() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|int| int.to_string()),
        (-3..40_i64).prop_map(|int| int.to_string()),
        "[a-zA-Z0-9{}:,/.%=é-]{0,9}".prop_map(|text| format!("'{text}'")),
        Just("null()".to_owned()),
        Just("true()".to_owned()),
        Just("lambda('x', lambdaVariables('x'))".to_owned()),
        Just("lambda('x', 'y', greater(lambdaVariables('x'), lambdaVariables('y')))".to_owned()),
    ];
    let names = prop::sample::select(
        "array base64 base64ToString base64ToJson bool cidrHost cidrSubnet coalesce concat contains \
         createArray createObject dataUri dataUriToString dateTimeAdd dateTimeFromEpoch dateTimeToEpoch \
         div empty endsWith equals extensionResourceId filter first flatten float format greater groupBy \
         guid if indexFromEnd indexOf int intersection items join json last lastIndexOf length less map \
         mapValues max min mod mul not objectKeys or padLeft parseCidr pickZones range reduce reference \
         replace resourceId shallowMerge skip sort split startsWith string sub substring take toLower \
         toObject toUpper trim tryGet tryIndexFromEnd union uniqueString uri uriComponent \
         uriComponentToString utcNow variables parameters copyIndex listKeys subscriptionResourceId"
            .split_whitespace()
            .collect::<Vec<_>>(),
    );
    leaf.prop_recursive(4, 24, 4, move |inner| {
        (
            names.clone(),
            prop::collection::vec(inner, 0..4),
            0..8_usize,
        )
            .prop_map(|(name, arguments, after)| {
                let after = [".a", "[0]", "[?'a']", ".?a"]
                    .get(after)
                    .copied()
                    .unwrap_or_default();
                format!("{name}({}){after}", arguments.join(", "))
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_expression_panics(pieces in prop::collection::vec(piece(), 0..12)) {
        let _ = value(&pieces.concat());
    }

    #[test]
    fn no_call_panics(expression in call()) {
        let first = value(&expression);
        prop_assert_eq!(first, value(&expression), "{}", expression);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}", json in "[\\[\\]{}\",:/*\\\\ \na1]{0,40}") {
        for text in [text, json] {
            let _ = parse(&text);
            let _ = ParameterFile::read("p", &text);
            let _ = read("f", &text, &[], &Options::default());
        }
    }
}

/// Every member of a resource is of another kind than it should be.
#[test]
fn odd_members_are_listed() {
    for odd in [
        json!(null),
        json!(1),
        json!([]),
        json!({}),
        json!("["),
        json!("[]"),
        json!("[f(]"),
    ] {
        for key in [
            "type",
            "name",
            "copy",
            "condition",
            "scope",
            "resourceGroup",
            "subscriptionId",
            "properties",
            "resources",
            "existing",
            "dependsOn",
            "location",
        ] {
            for kind in [
                "Microsoft.Network/virtualNetworks",
                "Microsoft.Resources/deployments",
            ] {
                let mut resource = json!({ "type": kind, "name": "n", "properties": {} });
                resource[key] = odd.clone();
                evaluated(&template(&json!({ "resources": [resource] })), &[]);
                evaluated(&template(&json!({ "resources": { "s": resource } })), &[]);
            }
        }
        for key in ["parameters", "variables", "functions", "outputs"] {
            let mut members = json!({});
            members[key] = odd.clone();
            let _ = value_in(
                &members,
                &json!("[concat(parameters('a'), variables('b'), c.d())]"),
            );
        }
    }
}

/// What grows without end is stopped, and soon.
#[test]
fn nothing_runs_away() {
    let start = Instant::now();
    // A text that doubles 60 times, an array of arrays, a chain of variables, a lambda over a lambda.
    let mut variables = serde_json::Map::new();
    variables.insert("v0".into(), json!("xxxxxxxxxxxxxxxx"));
    variables.insert("w0".into(), json!([]));
    for at in 1..2000 {
        let before = at - 1;
        variables.insert(
            format!("v{at}"),
            json!(format!(
                "[concat(variables('v{before}'), variables('v{before}'))]"
            )),
        );
        variables.insert(
            format!("w{at}"),
            json!(format!("[createArray(variables('w{before}'))]")),
        );
        variables.insert(
            format!("x{at}"),
            json!(format!("[variables('x{}')]", at + 1)),
        );
    }
    let members = json!({ "variables": Value::Object(variables) });
    let wide = "range(0, 10000)";
    let nested = format!(
        "[length(map({wide}, lambda('a', map({wide}, lambda('b', map({wide}, lambda('c', 1)))))))]"
    );
    for (expression, reason) in [
        (
            "[variables('v60')]",
            "a string longer than 4194304 bytes would be made",
        ),
        ("[variables('w190')]", "a value is deeper than 150 levels"),
        ("[variables('x1')]", "evaluation is deeper than 600 levels"),
        (
            nested.as_str(),
            "evaluating the template takes too many steps",
        ),
        (
            "[padLeft('', 9223372036854775807)]",
            "a string longer than 4194304 bytes would be made",
        ),
        (
            "[reduce(range(0, 10000), createArray(), lambda('a', 'b', createArray(lambdaVariables('a'))))]",
            "a value is deeper than 150 levels",
        ),
    ] {
        assert_eq!(value_in(&members, &json!(expression)).unwrap_err(), reason);
    }
    // A deployment in which each loop holds another.
    let mut inner = json!([{ "type": "Microsoft.Network/publicIPAddresses", "name": "[concat('p', copyIndex())]", "copy": { "name": "c", "count": 800 } }]);
    for level in 0..3 {
        inner = json!([{
            "type": "Microsoft.Resources/deployments", "name": format!("d{level}"),
            "copy": { "name": format!("l{level}"), "count": 800 },
            "properties": { "template": { "resources": inner } },
        }]);
    }
    let read = evaluated(&template(&json!({ "resources": inner })), &[]);
    let reason = "there are more than 10000 resources, and the rest is left out";
    assert_eq!(read.left.last().unwrap().reason, reason);
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}
