//! Where paths stand: in the last layer that has them, with the text that is underlined.

use dryhop::source::{Path, Segment};
use dryhop::spec::read::Document;

use super::{layers, load};

/// Where paths stand, as `file:line:column text`.
fn place(document: &Document, path: &str, key: bool) -> String {
    let mut at = Path::root();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        at.push(
            part.parse()
                .map_or_else(|_| Segment::Key(part.into()), Segment::Index),
        );
    }
    let sources = &document.sources;
    let span = if key {
        sources.key(&at)
    } else {
        sources.value(&at)
    }
    .unwrap();
    let (line, column) = sources.line_column(&span);
    format!(
        "{}:{line}:{column} {}",
        sources.name(span.file),
        sources.slice(&span)
    )
}

#[test]
fn places_of_paths() {
    let base = "x: &x {k: v}\nvirtualNetworks:\n  Hüb:\n    addressSpace: [10.0.0.0/16, \"10.1.0.0/16\"]  # two\n    \
                subnets:\n      web: {addressPrefix: 10.0.1.0/24}\n    alias: *x\n    list:\n    - name: one\n      n: 1\n    \
                - two\n    text: |\n      a\n      b\n    none:\n    anchored: &y  here\n    many: [\n      1]\n";
    let over = "virtualNetworks:\n  hüb:\n    subnets:\n      WEB: {addressPrefix: 10.0.2.0/24}\n";
    let (document, faults) = layers(&[base], &[over]);
    assert_eq!(faults, []);
    let hub = "virtualNetworks/hüb";
    for (path, value, key) in [
        (
            "",
            "base0.yaml:1:1 x: &x {k: v}",
            "base0.yaml:1:1 x: &x {k: v}",
        ),
        ("x", "base0.yaml:1:7 {k: v}", "base0.yaml:1:1 x"),
        ("X/K", "base0.yaml:1:11 v", "base0.yaml:1:8 k"),
        (
            "nothing/here",
            "base0.yaml:1:1 x: &x {k: v}",
            "base0.yaml:1:1 x: &x {k: v}",
        ),
        (
            "virtualNetworks",
            "over0.yaml:1:1 virtualNetworks",
            "over0.yaml:1:1 virtualNetworks",
        ),
        (
            "H/addressSpace/0",
            "base0.yaml:4:20 10.0.0.0/16",
            "base0.yaml:4:20 10.0.0.0/16",
        ),
        (
            "H/addressSpace/1",
            "base0.yaml:4:33 \"10.1.0.0/16\"",
            "base0.yaml:4:33 \"10.1.0.0/16\"",
        ),
        (
            "H/addressSpace",
            "base0.yaml:4:19 [10.0.0.0/16, \"10.1.0.0/16\"]",
            "base0.yaml:4:5 addressSpace",
        ),
        (
            "H/addressSpace/7",
            "base0.yaml:4:19 [10.0.0.0/16, \"10.1.0.0/16\"]",
            "base0.yaml:4:5 addressSpace",
        ),
        (
            "H/subnets/web/addressPrefix",
            "over0.yaml:4:28 10.0.2.0/24",
            "over0.yaml:4:13 addressPrefix",
        ),
        (
            "H/subnets/web/addressPrefix/0",
            "over0.yaml:4:28 10.0.2.0/24",
            "over0.yaml:4:13 addressPrefix",
        ),
        (
            "H/subnets/web/nsg",
            "over0.yaml:4:12 {addressPrefix: 10.0.2.0/24}",
            "over0.yaml:4:7 WEB",
        ),
        ("H/alias/k", "base0.yaml:7:12 *x", "base0.yaml:7:5 alias"),
        ("H/list", "base0.yaml:8:5 list", "base0.yaml:8:5 list"),
        (
            "H/list/0",
            "base0.yaml:9:7 name: one",
            "base0.yaml:9:7 name: one",
        ),
        ("H/list/0/n", "base0.yaml:10:10 1", "base0.yaml:10:7 n"),
        ("H/list/1", "base0.yaml:11:7 two", "base0.yaml:11:7 two"),
        ("H/text", "base0.yaml:12:5 text", "base0.yaml:12:5 text"),
        ("H/none", "base0.yaml:15:5 none", "base0.yaml:15:5 none"),
        (
            "H/anchored",
            "base0.yaml:16:19 here",
            "base0.yaml:16:5 anchored",
        ),
        ("H/many", "base0.yaml:17:5 many", "base0.yaml:17:5 many"),
        ("H/many/0", "base0.yaml:18:7 1", "base0.yaml:18:7 1"),
    ] {
        let path = path.replace("H/", &format!("{hub}/"));
        assert_eq!(place(&document, &path, false), value, "value of {path}");
        assert_eq!(place(&document, &path, true), key, "key of {path}");
    }
}

#[test]
fn places_in_json_that_yaml_refuses() {
    let json = "{\n\t\"a\": {\"\\ud83d\\ude00\": [1, {\"b\": \"\\ud83d\\ude00 x\"}, []]},\t\"c\\u0061\": true\n}";
    let (document, faults) = load(json);
    assert_eq!(faults, []);
    assert_eq!(
        place(&document, "a/😀/1/b", false),
        "t.yaml:2:34 \"\\ud83d\\ude00 x\""
    );
    assert_eq!(place(&document, "a/😀/0", false), "t.yaml:2:25 1");
    assert_eq!(
        place(&document, "a/😀", true),
        "t.yaml:2:8 \"\\ud83d\\ude00\""
    );
    assert_eq!(place(&document, "CA", false), "t.yaml:2:70 true");
}

#[test]
fn places_end_before_comments() {
    let source = "a: \"x\"  # c\nb: 'y'\t# c\nc: &z z # c\nd: *z # c\ne: {f: 1 } # c\nf: [1: 2]\n";
    let (document, faults) = load(source);
    assert_eq!(faults, []);
    for (path, text) in [
        ("a", "\"x\""),
        ("b", "'y'"),
        ("c", "z"),
        ("d", "*z"),
        ("e", "{f: 1 }"),
        ("f", "[1: 2]"),
    ] {
        let span = document.sources.value(&Path::of(&[path])).unwrap();
        assert_eq!(document.sources.slice(&span), text);
    }
}
