//! What is done on the pages, and what must be seen.

use std::fs;

use serde_json::json;

use super::Stage;

/// A scene, by its name.
type Scene = (&'static str, fn(&Stage));

/// Every scene.
pub const ALL: &[Scene] = &[
    ("a blocked connection", blocked),
    ("several paths", several_paths),
    ("a topology", topology),
    ("all checks", checks),
    ("names that are markup", nasty_names),
    ("without scripts", without_scripts),
    ("on paper", on_paper),
];

const BLOCKED: &[&str] = &[
    "check",
    "topologies/hub-spoke",
    "--source",
    "vm-spoke-one-linux",
    "--destination",
    "vm-spoke-two-windows",
    "--port",
    "3389",
    "--format",
    "html",
    "--output",
    "{}",
];

/// Clicks, steps and searches; what decides is seen with each of its evaluations.
fn blocked(stage: &Stage) {
    stage.open("hub-spoke-check", BLOCKED);
    let browser = &stage.browser;
    assert!(stage.shown("header .verdict").contains("Unreachable"));
    stage.holds("document.querySelectorAll('#details .hop').length === 3");
    stage.holds("document.querySelectorAll('g.path g.step').length >= 3");
    stage.pictures("hub-spoke");

    // A hop in the drawing: its rules, each with its five evaluations.
    browser.click("g.node[data-name='vm-spoke-two-windows']");
    stage.holds(
        "document.querySelector('#details .hop.open .name').textContent === 'vm-spoke-two-windows'",
    );
    assert!(
        stage.said().starts_with("Hop 3 of 3: vm-spoke-two-windows"),
        "{}",
        stage.said()
    );
    browser.click("#details .hop.open details summary");
    let rules = stage.shown("#details .hop.open .steps table");
    for text in [
        "AllowBastionRdpFromHub",
        "DenyAllInBound",
        "decides",
        "3389",
    ] {
        assert!(rules.contains(text), "{rules}");
    }
    stage.holds(
        "document.querySelectorAll('#details .hop.open .rules .decided td.matched').length === 5",
    );
    stage.holds("document.querySelectorAll('#details .hop.open td.missed').length >= 2");
    let issue = stage.shown("#details .hop.open .issue");
    assert!(issue.contains("error[security-rule-denies]"), "{issue}");
    assert!(
        issue.contains("topologies/hub-spoke/topology.yaml:72:7"),
        "{issue}"
    );
    assert!(
        issue.contains("Help: allow it with a rule of nsg-spoke-resources"),
        "{issue}"
    );
    stage.pictures("hub-spoke-hop");

    // By the keys, back along the path; and its routes.
    browser.run("document.activeElement.blur()");
    browser.keys(&["\u{e012}"]);
    assert_eq!(stage.shown("#where"), "Hop 2 of 3: nva-hub");
    browser.keys(&["p"]);
    assert_eq!(stage.shown("#where"), "Hop 1 of 3: vm-spoke-one-linux");
    stage.holds("document.getElementById('previous').disabled");
    stage.holds("document.querySelectorAll('g.current').length === 1");
    browser.run(
        "for (const own of document.querySelectorAll('#details .hop.open details')) own.open = true",
    );
    let routes = stage.shown("#details .hop.open .steps > li:nth-child(2) table");
    assert!(
        routes.contains("wins") && routes.contains("10.0.3.4"),
        "{routes}"
    );
    assert!(
        routes.contains("the user route r-nexthop-to-fw has the same prefix"),
        "{routes}"
    );
    browser.click("#next");
    assert_eq!(stage.shown("#where"), "Hop 2 of 3: nva-hub");

    // Search, by address; and what is no hop.
    browser.keys(&["/"]);
    browser.write("bastion");
    stage.holds("document.querySelectorAll('#results [role=option]').length >= 1");
    browser.keys(&["\u{e007}"]);
    stage.holds("/bastion/i.test(document.querySelector('.thing h2').textContent)");
    stage.pictures("hub-spoke-search");
    browser.keys(&["\u{e00c}"]);
    stage.holds("document.querySelector('.thing') === null");

    // Folding, by mouse and by keyboard.
    let resources = "[...document.querySelectorAll('g.node[id]')].filter((own) => getComputedStyle(own).display !== 'none').length";
    let before = browser
        .run(&format!("return {resources}"))
        .as_u64()
        .unwrap();
    browser.click("#fit");
    browser.click("g.fold");
    let after = browser
        .run(&format!("return {resources}"))
        .as_u64()
        .unwrap();
    assert!(after < before, "{after} of {before}");
    stage.holds("document.querySelectorAll('g.cover').length === 1");
    browser.run("document.querySelector('g.fold').focus()");
    browser.keys(&["\u{e007}"]);
    assert_eq!(
        browser
            .run(&format!("return {resources}"))
            .as_u64()
            .unwrap(),
        before
    );

    // Zoom and pan by the keyboard.
    let window = "return document.querySelector('#canvas svg').getAttribute('viewBox')";
    let whole = browser.text(window);
    browser.click("#fit");
    let whole = match browser.text(window) {
        fitted if fitted.is_empty() => whole,
        fitted => fitted,
    };
    browser.run("document.getElementById('canvas').focus()");
    browser.keys(&["+", "\u{e014}"]);
    assert_ne!(browser.text(window), whole);
    browser.keys(&["0"]);
    assert_eq!(browser.text(window), whole);

    // The theme can be turned.
    browser.click("#theme");
    stage.holds("document.documentElement.dataset.theme === 'dark'");
    stage.holds("getComputedStyle(document.body).backgroundColor !== 'rgb(255, 255, 255)'");

    // On a narrow screen the panel stands below the drawing, and nothing is wider than it.
    browser.look(400, 800, false);
    stage.holds(
        "document.getElementById('panel').getBoundingClientRect().top >= document.getElementById('drawing').getBoundingClientRect().bottom - 1",
    );
    stage.holds("document.documentElement.scrollWidth <= 400");
    browser.look(1280, 800, false);
}

/// Each path can be chosen.
fn several_paths(stage: &Stage) {
    let arguments = [
        "check",
        "topologies/nva-behind-lb",
        "--source",
        "web-1",
        "--destination",
        "app-1",
        "--port",
        "443",
        "--format",
        "html",
        "--output",
        "{}",
    ];
    stage.open("nva-behind-lb-check", &arguments);
    stage.holds("document.querySelectorAll('#ways option').length >= 2");
    let first = stage.shown("#details .hops");
    stage.browser.run(
        "const ways = document.getElementById('ways'); ways.value = '1'; ways.dispatchEvent(new Event('change'))",
    );
    assert_ne!(stage.shown("#details .hops"), first);
    stage.browser.click("#next");
    stage.browser.click("#next");
    stage.holds("document.querySelectorAll('g.packet:not([display])').length === 1");
    stage.pictures("nva-behind-lb");
}

/// Nothing asked: everything that is drawn has its routes and rules.
fn topology(stage: &Stage) {
    stage.open(
        "two-regions-graph",
        &[
            "graph",
            "topologies/two-regions",
            "--format",
            "html",
            "--output",
            "{}",
        ],
    );
    stage.pictures("two-regions");
    stage.holds("document.getElementById('stepper').hidden");
    stage.browser.keys(&["/"]);
    stage.browser.write("web-1");
    stage.browser.keys(&["\u{e007}"]);
    assert_eq!(stage.shown(".thing h2"), "web-1");
    let card = stage.shown(".thing");
    assert!(
        card.contains("Effective routes") && card.contains("Inbound:"),
        "{card}"
    );
    stage
        .browser
        .run("for (const own of document.querySelectorAll('.thing details')) own.open = true");
    assert!(stage.shown(".thing").contains("DenyAllInBound"));
    stage.pictures("two-regions-thing");
}

/// All checks, of which some fail.
fn checks(stage: &Stage) {
    let arguments = ["test", "topologies/enterprise-hub", "--format", "html={}"];
    stage.open("enterprise-hub-test", &arguments);
    let browser = &stage.browser;
    stage.holds("document.querySelectorAll('#rows button').length === 34");
    stage.pictures("enterprise-hub-test");
    let arguments = [
        "test",
        "topologies/hub-spoke",
        "--down",
        "nva-hub",
        "--format",
        "html={}",
    ];
    stage.open("hub-spoke-test", &arguments);
    // The first that fails is shown.
    stage.holds("document.querySelector('#rows [aria-current] .sign.no') !== null");
    stage.holds("document.querySelectorAll('g.laid g.step').length >= 2");
    browser.click("#failed");
    stage.holds(
        "[...document.querySelectorAll('#rows li:not([hidden])')].every((row) => row.querySelector('.sign.no'))",
    );
    browser.click("#filter");
    browser.write("fetches updates");
    stage.holds("document.querySelectorAll('#rows li:not([hidden])').length === 1");
    browser.click("#rows li:not([hidden]) button");
    assert!(
        stage
            .shown("#details h2")
            .contains("spoke two fetches updates")
    );
    assert!(
        stage
            .shown("#details .differences")
            .contains("connectionStatus")
    );
    browser.click("#next");
    stage.pictures("hub-spoke-test");
}

/// Azure takes plain names only; what is not Azure's may be called anything, and so may checks.
const NASTY: &[&str] = &[
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\"><svg onload=alert(3)>",
    "<!--",
    "it's \"quoted\" & so on",
    "😀 emoji",
    "שרת-אינטרנט",
    "\u{202e}gnp-exe",
    "eighty letters and more, eighty letters and more, eighty letters and more, eighty letters",
];

/// What a name may hold does nothing but stand there.
fn nasty_names(stage: &Stage) {
    let mut hosts = serde_json::Map::new();
    let mut checks = serde_json::Map::new();
    for (at, name) in NASTY.iter().enumerate() {
        let address = format!("203.0.113.{}", at + 1);
        hosts.insert(
            (*name).to_owned(),
            json!({ "addresses": [address], "listeners": ["tcp/80"] }),
        );
        let check =
            json!({ "source": "vm", "destination": name, "port": 80, "expect": "Unreachable" });
        checks.insert((*name).to_owned(), check);
    }
    let rules = json!({ "</script><b>": { "priority": 1, "action": "Allow", "protocol": "Tcp" } });
    let topology = json!({
        "name": "</title><script>alert(4)</script>",
        "defaults": { "location": "westeurope" },
        "publicIPAddresses": { "pip": { "ipAddress": "20.50.1.1" } },
        "virtualNetworks": { "net": { "addressSpace": "10.0.0.0/16", "subnets": { "sub": { "addressPrefix": "10.0.0.0/24" } } } },
        "virtualMachines": { "vm": {
            "networkInterface": { "subnet": "net/sub", "publicIPAddress": "pip" },
            "guest": { "firewall": { "outbound": { "defaultAction": "Deny", "rules": rules } } },
        } },
        "internetHosts": hosts,
        "checks": checks,
    });
    let file = stage.pages.join("nasty.json");
    fs::write(&file, topology.to_string()).unwrap();
    let file = file.to_str().unwrap();
    stage.open(
        "nasty-graph",
        &["graph", file, "--format", "html", "--output", "{}"],
    );
    // That an alert is open would make this fail.
    let drawn = "return [...document.querySelectorAll('g.node')].map((own) => own.dataset.name)";
    let drawn = stage.browser.run(drawn);
    for name in NASTY {
        // What would turn the letters round is drawn as a sign.
        let name = name.replace('\u{202e}', "\u{fffd}");
        assert!(
            drawn.as_array().unwrap().contains(&json!(name)),
            "{name} in {drawn}"
        );
    }
    stage.holds("document.querySelectorAll('script').length === 2 && document.querySelector('img') === null");
    stage.holds("document.title === '</title><script>alert(4)</script>'");
    stage.open("nasty-test", &["test", file, "--format", "html={}"]);
    let shown = stage
        .browser
        .run("return [...document.querySelectorAll('#rows bdi')].map((own) => own.textContent)");
    assert_eq!(shown, json!(NASTY));
    stage.holds("document.querySelectorAll('script').length === 2 && document.querySelector('img') === null");
    for (at, name) in NASTY.iter().enumerate() {
        stage
            .browser
            .click(&format!("#rows li:nth-child({}) button", at + 1));
        let last = "return [...document.querySelectorAll('#details .hop .name')].pop().textContent";
        assert_eq!(stage.browser.run(last), json!(name));
    }
    stage.browser.click("#next");
    stage.pictures("nasty");
    stage.browser.look(400, 800, false);
    stage.holds("document.documentElement.scrollWidth <= 400");
}

/// The drawing and the text are there without scripts.
fn without_scripts(stage: &Stage) {
    let browser = &stage.browser;
    browser.tool(
        "Emulation.setScriptExecutionDisabled",
        json!({ "value": true }),
    );
    let file = stage.pages.join("hub-spoke-check.html");
    browser.open(&file);
    *stage.opened.borrow_mut() = format!("file://{}", file.display());
    browser.look(1280, 800, false);
    stage.picture("without-scripts");
    stage.holds("!document.documentElement.classList.contains('live')");
    stage.holds("document.querySelector('#canvas svg').getBoundingClientRect().height > 200");
    assert!(
        stage
            .shown("#text pre")
            .contains("error[security-rule-denies]")
    );
    stage.holds("document.querySelector('.acts').checkVisibility() === false");
    browser.tool(
        "Emulation.setScriptExecutionDisabled",
        json!({ "value": false }),
    );
}

/// On paper everything is open, and nothing is there that could be pressed.
fn on_paper(stage: &Stage) {
    stage.open("hub-spoke-check", BLOCKED);
    stage.browser.media("print", true);
    stage.browser.run("dispatchEvent(new Event('beforeprint'))");
    stage.holds("getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'");
    stage.holds("[...document.querySelectorAll('.body')].every((own) => own.checkVisibility())");
    stage.holds("[...document.querySelectorAll('.acts')].every((own) => !own.checkVisibility())");
    stage.picture("on-paper");
    stage.browser.run("dispatchEvent(new Event('afterprint'))");
    stage.browser.media("", false);
    stage.holds("document.querySelectorAll('.body:not([hidden])').length === 0");
}
