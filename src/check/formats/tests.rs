//! Every format on results of every status.

use serde_json::{Value, json};

use super::{TestFormat, write, write_as};
use crate::check::{Difference, Evidence, Kind, Mark, Outcome, Report, Status};
use crate::ci::{Look, Spot};

fn outcome(kind: Kind, name: &str, status: Status) -> Outcome {
    Outcome {
        name: name.to_owned(),
        kind,
        spot: Spot {
            file: "hub, spoke/checks.yaml".to_owned(),
            line: 12,
            column: 3,
            end: (12, 22),
        },
        status,
        expected: Value::Null,
        actual: Value::Null,
        differences: Vec::new(),
        why: Vec::new(),
        evidence: Evidence::default(),
        assumptions: Vec::new(),
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
        ..Report::default()
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
<testsuites name=\"dryhop\" tests=\"3\" failures=\"1\" errors=\"0\">
    <testsuite name=\"checks\" tests=\"2\" skipped=\"0\" errors=\"0\" failures=\"1\">
        <testcase name=\"web-1 reaches sql-1\" classname=\"checks\"/>
        <testcase name=\"telnet: *dies* at fw\" classname=\"checks\">
            <failure message=\"connectionStatus: expected Unreachable, came Reachable\" type=\"check-failed\">\
--&gt; hub, spoke/checks.yaml:12:3
connectionStatus: expected Unreachable, came Reachable
path vm_1 → `fw` → vm_2 (delivered), 100% &lt;of it&gt;</failure>
        </testcase>
    </testsuite>
    <testsuite name=\"intents\" tests=\"1\" skipped=\"1\" errors=\"0\" failures=\"0\">
        <testcase name=\"spokes|are apart\" classname=\"intents\">
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
        json!({ "startLine": 12, "startColumn": 3, "endLine": 12, "endColumn": 22 })
    );
    assert_eq!(results[1]["level"], "warning");
}

#[test]
fn github() {
    let expected = "\
::error file=hub%2C spoke/checks.yaml,line=12,col=3,endColumn=22,title=checks%3A telnet%3A *dies* at\\u{1b}[31m fw\
::connectionStatus: expected Unreachable, came Reachable%0Apath vm_1 → `fw` → vm_2 (delivered), 100%25 <of it>
::warning file=hub%2C spoke/checks.yaml,line=12,col=3,endColumn=22,title=intents%3A spokes|are apart\
::`intents` are not modelled yet
";
    assert_eq!(shown(TestFormat::Github), expected);
}

#[test]
fn azure_pipelines() {
    let expected = "\
##vso[task.logissue type=error;sourcepath=hub, spoke/checks.yaml;linenumber=12;columnnumber=3;code=check-failed;]\
checks: telnet: *dies* at\\u{1b}[31m fw%0AconnectionStatus: expected Unreachable, came Reachable%0A\
path vm_1 → `fw` → vm_2 (delivered), 100%AZP25 <of it>
##vso[task.logissue type=warning;sourcepath=hub, spoke/checks.yaml;linenumber=12;columnnumber=3;code=check-not-modelled;]\
intents: spokes|are apart%0A`intents` are not modelled yet
";
    assert_eq!(shown(TestFormat::AzurePipelines), expected);
}

/// A result stands at what decides, and says where the check stands.
#[test]
fn what_decides_is_the_place() {
    let mut report = report();
    let spot = |line| Spot {
        file: "hub;50%].yaml".to_owned(),
        line,
        column: 7,
        end: (line, 11),
    };
    let mark = |line, text: &str| Mark {
        spot: Some(spot(line)),
        text: text.to_owned(),
    };
    report.results[1].evidence = Evidence {
        code: Some(crate::trace::codes::SECURITY_RULE_DENIES),
        deciding: vec![mark(4, "denies"), mark(9, "another")],
        paths: vec![vec![
            mark(2, "vm_1"),
            Mark {
                spot: None,
                text: "the Internet".to_owned(),
            },
            mark(4, "denies"),
        ]],
    };
    let text = |format| {
        let mut out = Vec::new();
        write(format, &report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let document: Value = serde_json::from_str(&text(TestFormat::Sarif)).unwrap();
    let run = &document["runs"][0];
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "security-rule-denies");
    let index = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(
        run["tool"]["driver"]["rules"][index]["id"],
        "security-rule-denies"
    );
    let physical = |place: &Value| {
        let physical = &place["physicalLocation"];
        let artifact = &physical["artifactLocation"];
        assert_eq!(artifact["uriBaseId"], "%SRCROOT%");
        let uri = artifact["uri"].as_str().unwrap().to_owned();
        (uri, physical["region"]["startLine"].as_u64().unwrap())
    };
    let own = "hub%3B50%25%5D.yaml".to_owned();
    let check = "hub%2C%20spoke/checks.yaml".to_owned();
    assert_eq!(physical(&result["locations"][0]), (own.clone(), 4));
    let related = result["relatedLocations"].as_array().unwrap();
    let related: Vec<_> = related.iter().map(physical).collect();
    assert_eq!(related, [(own.clone(), 9), (check, 12)]);
    let flow = &result["codeFlows"][0]["threadFlows"][0]["locations"];
    let flow = flow.as_array().unwrap().iter();
    let flow: Vec<_> = flow.map(|own| physical(&own["location"])).collect();
    assert_eq!(flow, [(own.clone(), 2), (own, 4)]);
    assert!(text(TestFormat::Github).starts_with("::error file=hub;50%25].yaml,line=4,col=7,"));
    let azure = text(TestFormat::AzurePipelines);
    let start = "##vso[task.logissue type=error;sourcepath=hub%3B50%AZP25%5D.yaml;linenumber=4;columnnumber=7;\
        code=security-rule-denies;]";
    assert!(azure.starts_with(start), "{azure}");
    assert!(azure.contains("the check stands in hub, spoke/checks.yaml:12:3"));
    assert!(text(TestFormat::Junit).contains("--&gt; hub;50%].yaml:4:7: denies"));
    // Standard input is no file that a server could show.
    for outcome in &mut report.results {
        outcome.spot.file = "<stdin>".to_owned();
        outcome.evidence = Evidence::default();
    }
    let mut out = Vec::new();
    write(TestFormat::Sarif, &report, &mut out).unwrap();
    assert!(!String::from_utf8(out).unwrap().contains("stdin>\""));
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
        "`xml` is not a format of results: one of text, json, junit, sarif, github, azure-pipelines, markdown"
    );
    assert_eq!(report().exit(), 1);
    assert_eq!(Report::default().exit(), 0);
}
