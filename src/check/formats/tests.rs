//! Every format on results of every status.

use serde_json::{Value, json};

use super::{Look, TestFormat, write, write_as};
use crate::check::{Difference, Kind, Outcome, Report, Spot, Status};

fn outcome(kind: Kind, name: &str, status: Status) -> Outcome {
    Outcome {
        name: name.to_owned(),
        kind,
        spot: Spot {
            file: "hub, spoke/checks.yaml".to_owned(),
            line: 12,
            column: 3,
        },
        status,
        expected: Value::Null,
        actual: Value::Null,
        differences: Vec::new(),
        why: Vec::new(),
    }
}

fn report() -> Report {
    let pass = Outcome {
        expected: "Reachable".into(),
        actual: "Reachable".into(),
        ..outcome(Kind::Check, "web-1 reaches sql-1", Status::Pass)
    };
    let fail = Outcome {
        expected: json!({ "connectionStatus": "Unreachable", "paths": 1 }),
        actual: json!({ "connectionStatus": "Reachable", "paths": 1 }),
        differences: vec![Difference {
            what: "connectionStatus".to_owned(),
            expected: "Unreachable".to_owned(),
            came: "Reachable".to_owned(),
        }],
        why: vec!["path vm_1 → `fw` → vm_2 (delivered), 100% <of it>".to_owned()],
        ..outcome(Kind::Check, "telnet: *dies* at\u{1b}[31m fw", Status::Fail)
    };
    let open = Outcome {
        why: vec!["`intents` are not modelled yet".to_owned()],
        ..outcome(Kind::Intent, "spokes|are apart", Status::NotModelled)
    };
    Report {
        results: vec![pass, fail, open],
    }
}

fn shown(format: TestFormat) -> String {
    let mut out = Vec::new();
    write(format, &report(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn text() {
    let expected = "\
✓ checks   web-1 reaches sql-1
✗ checks   telnet: *dies* at\\u{1b}[31m fw
? intents  spokes|are apart

? intents: spokes|are apart
  --> hub, spoke/checks.yaml:12:3
  why
    `intents` are not modelled yet

✗ checks: telnet: *dies* at\\u{1b}[31m fw
  --> hub, spoke/checks.yaml:12:3
  connectionStatus
    expected  Unreachable
    came      Reachable
  why
    path vm_1 → `fw` → vm_2 (delivered), 100% <of it>

1 passed, 1 failed, 1 not modelled
";
    assert_eq!(shown(TestFormat::Text), expected);
    let mut ascii = Vec::new();
    let look = Look {
        color: false,
        unicode: false,
    };
    write_as(TestFormat::Text, look, &report(), &mut ascii).unwrap();
    assert!(ascii.is_ascii());
    let mut colored = Vec::new();
    let look = Look {
        color: true,
        unicode: true,
    };
    write_as(TestFormat::Text, look, &report(), &mut colored).unwrap();
    assert!(
        String::from_utf8(colored)
            .unwrap()
            .contains("\u{1b}[1;31m✗")
    );
}

#[test]
fn json_is_as_documented() {
    let document: Value = serde_json::from_str(&shown(TestFormat::Json)).unwrap();
    assert_eq!(
        document["summary"],
        json!({ "passed": 1, "failed": 1, "notModelled": 1 })
    );
    assert_eq!(
        document["checks"][0],
        json!({
            "name": "web-1 reaches sql-1", "kind": "checks", "file": "hub, spoke/checks.yaml", "line": 12,
            "status": "pass", "expected": "Reachable", "actual": "Reachable", "reason": "",
        })
    );
    let reason = document["checks"][1]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("connectionStatus: expected Unreachable, came Reachable; path vm_1")
    );
    assert_eq!(document["checks"][2]["status"], "notModelled");
}

#[test]
fn junit() {
    let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"dryhop\" tests=\"3\" skipped=\"1\" failures=\"1\" errors=\"0\">
    <testsuite name=\"checks\" tests=\"2\" skipped=\"0\" errors=\"0\" failures=\"1\">
        <testcase name=\"web-1 reaches sql-1\" classname=\"checks\" file=\"hub, spoke/checks.yaml\" line=\"12\"/>
        <testcase name=\"telnet: *dies* at fw\" classname=\"checks\" file=\"hub, spoke/checks.yaml\" line=\"12\">
            <failure message=\"connectionStatus: expected Unreachable, came Reachable\" type=\"check-failed\">\
--&gt; hub, spoke/checks.yaml:12:3
connectionStatus: expected Unreachable, came Reachable
path vm_1 → `fw` → vm_2 (delivered), 100% &lt;of it&gt;</failure>
        </testcase>
    </testsuite>
    <testsuite name=\"intents\" tests=\"1\" skipped=\"1\" errors=\"0\" failures=\"0\">
        <testcase name=\"spokes|are apart\" classname=\"intents\" file=\"hub, spoke/checks.yaml\" line=\"12\">
            <skipped message=\"`intents` are not modelled yet\"/>
        </testcase>
    </testsuite>
</testsuites>
";
    assert_eq!(shown(TestFormat::Junit), expected);
}

#[test]
fn sarif() {
    let document: Value = serde_json::from_str(&shown(TestFormat::Sarif)).unwrap();
    assert_eq!(document["version"], "2.1.0");
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["ruleId"], "check-failed");
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(
        place["artifactLocation"]["uri"],
        "hub%2C%20spoke/checks.yaml"
    );
    assert_eq!(
        place["region"],
        json!({ "startLine": 12, "startColumn": 3 })
    );
    assert_eq!(results[1]["level"], "warning");
}

#[test]
fn github() {
    let expected = "\
::error file=hub%2C spoke/checks.yaml,line=12,col=3,title=checks%3A telnet%3A *dies* at\\u{1b}[31m fw\
::connectionStatus: expected Unreachable, came Reachable%0Apath vm_1 → `fw` → vm_2 (delivered), 100%25 <of it>
::warning file=hub%2C spoke/checks.yaml,line=12,col=3,title=intents%3A spokes|are apart\
::`intents` are not modelled yet
";
    assert_eq!(shown(TestFormat::Github), expected);
}

#[test]
fn markdown() {
    let expected = "\
## ✗ 1 passed, 1 failed, 1 not modelled

### ✗ telnet: \\*dies\\* at\\\\u{1b}\\[31m fw

`checks` in `hub, spoke/checks.yaml:12:3`

- `connectionStatus`: expected `Unreachable`, came `Reachable`
- path vm\\_1 → `fw` → vm\\_2 (delivered), 100% \\<of it\\>

### ? spokes\\|are apart

`intents` in `hub, spoke/checks.yaml:12:3`

- `intents` are not modelled yet

<details><summary>1 passed</summary>

| section | check | place |
|---|---|---|
| checks | web-1 reaches sql-1 | `hub, spoke/checks.yaml:12` |

</details>
";
    assert_eq!(shown(TestFormat::Markdown), expected);
}

#[test]
fn words_of_formats() {
    for format in TestFormat::ALL {
        assert_eq!(format.word().to_uppercase().parse(), Ok(*format));
    }
    let fault = "xml".parse::<TestFormat>().unwrap_err();
    assert_eq!(
        fault.to_string(),
        "`xml` is not a format of results: one of text, json, junit, sarif, github, markdown"
    );
    assert_eq!(report().exit(), 1);
    assert_eq!(Report::default().exit(), 0);
}
