//! Loading: what texts are as a tree, how files are put together, and (in the files beside) what is
//! said of those that are faulty.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

#[path = "loading/any_input.rs"]
mod any_input;
#[path = "loading/faults.rs"]
mod faults;
#[path = "loading/places.rs"]
mod places;
#[path = "loading/rendering.rs"]
mod rendering;

use std::fs;
use std::path::PathBuf;

use dryhop::diagnostic::Diagnostic;
use dryhop::spec::merge::Shape;
use dryhop::spec::node::Node;
use dryhop::spec::read::{Document, Input, read};

const SHAPE: Shape = Shape {
    name_maps: &["virtualNetworks", "subnets"],
    pairs: &[("addressPrefix", "addressPrefixes")],
};

fn text(name: &str, text: &str) -> Input {
    Input::Text {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn load(source: &str) -> (Document, Vec<Diagnostic>) {
    read(&[text("t.yaml", source)], &[], &SHAPE)
}

fn layers(base: &[&str], over: &[&str]) -> (Document, Vec<Diagnostic>) {
    let inputs = |texts: &[&str], kind: &str| -> Vec<Input> {
        let name = |n| format!("{kind}{n}.yaml");
        texts
            .iter()
            .enumerate()
            .map(|(n, it)| text(&name(n), it))
            .collect()
    };
    read(&inputs(base, "base"), &inputs(over, "over"), &SHAPE)
}

/// A tree as JSON, with everything that was not quoted as it was written.
fn shown(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Scalar(scalar) if scalar.quoted => format!("{:?}", scalar.text),
        Node::Scalar(scalar) => scalar.text.to_string(),
        Node::List(values) => {
            let values: Vec<_> = values.iter().map(shown).collect();
            format!("[{}]", values.join(","))
        }
        Node::Map(entries) => {
            let entry = |(key, value): &(Box<str>, Node)| format!("{key}:{}", shown(value));
            let entries: Vec<_> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

/// Code, message and the underlined texts of a fault, on a line.
fn summary(document: &Document, fault: &Diagnostic) -> String {
    let sources = &document.sources;
    let labels: Vec<_> = fault
        .labels
        .iter()
        .filter_map(|label| label.at.span(sources))
        .map(|span| {
            let (line, column) = sources.line_column(&span);
            format!(
                "{}:{line}:{column} `{}`",
                sources.name(span.file),
                sources.slice(&span)
            )
        })
        .collect();
    format!("{}: {} @ {}", fault.code, fault.message, labels.join(" + "))
}

fn faults(source: &str) -> Vec<String> {
    let (document, faults) = load(source);
    faults
        .iter()
        .map(|fault| summary(&document, fault))
        .collect()
}

fn fault(source: &str) -> String {
    let faults = faults(source);
    assert_eq!(faults.len(), 1, "{faults:#?}");
    faults.concat()
}

fn sound(source: &str) -> String {
    let (document, faults) = load(source);
    assert_eq!(faults, [], "{source}");
    shown(&document.tree)
}

fn folder(name: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    folder
}

fn from_path(path: PathBuf) -> (Document, Vec<String>) {
    let (document, faults) = read(&[Input::Path(path)], &[], &SHAPE);
    let faults = faults
        .iter()
        .map(|fault| summary(&document, fault))
        .collect();
    (document, faults)
}

#[test]
fn values() {
    assert_eq!(sound(""), "{}");
    assert_eq!(sound("# nothing\n---\n"), "{}");
    assert_eq!(sound("\u{feff}a: 1"), "{a:1}");
    assert_eq!(sound("--- # first\na: [x, {b: 2}]\n..."), "{a:[x,{b:2}]}");
}

#[test]
fn scalars_keep_their_text() {
    assert_eq!(
        sound("a: 010\nb: '010'\nc: true\nd: ~\ne: null\nf:\ng: |\n  x\nh: 1.50"),
        r#"{a:010,b:"010",c:true,d:null,e:null,f:null,g:"x\n",h:1.50}"#
    );
    assert_eq!(
        sound("a: !!str 5\nb: !!int 5\nc: !!null x\nd: !!map {}\ne: !!seq []"),
        r#"{a:"5",b:5,c:null,d:{},e:[]}"#
    );
    assert_eq!(
        sound(
            r#"{"a": 10, "b": "10", "c": [true, null, -1, 0.5], "d": {}, "e": "\ud83d\ude00\t"}"#
        ),
        "{a:10,b:\"10\",c:[true,null,-1,0.5],d:{},e:\"😀\\t\"}"
    );
}

#[test]
fn what_only_looks_like_json_is_yaml() {
    assert_eq!(sound("{a: 1, b: [x, y]}"), "{a:1,b:[x,y]}");
    assert_eq!(sound("{\"a\": 1, # why\n}"), "{a:1}");
    assert_eq!(
        fault("{\"a\": 1 \"b\": 2}"),
        "syntax: expected `,` or `}` @ t.yaml:1:9 `\"`"
    );
    let strict = read(&[text("t.json", "{\"a\": 1,}")], &[], &SHAPE);
    assert_eq!(
        summary(&strict.0, &strict.1[0]),
        "syntax: trailing comma @ t.json:1:9 `}`"
    );
}

#[test]
fn anchors_and_merge_keys() {
    assert_eq!(sound("a: &x [1, 2]\nb: *x"), "{a:[1,2],b:[1,2]}");
    assert_eq!(sound("a: &x k\n*x : *x"), "{a:k,k:k}");
    // https://yaml.org/type/merge.html, its own examples.
    let center = "c: &C {x: 1, y: 2}\nl: &L {x: 0, y: 2}\nb: &B {r: 10}\ns: &S {r: 1}\n";
    for merged in [
        "x: 1\n  y: 2\n  r: 10",
        "<<: *C\n  r: 10",
        "<<: [*C, *B]",
        "<<: [*B, *L, *S]\n  x: 1",
    ] {
        let (document, faults) = load(&format!("{center}it:\n  {merged}"));
        assert_eq!(faults, []);
        let mut entries: Vec<_> = match document.tree.get("it") {
            Some(Node::Map(entries)) => entries
                .iter()
                .map(|(k, v)| (k.to_string(), shown(v)))
                .collect(),
            other => panic!("{other:?}"),
        };
        entries.sort();
        let expected = [("r", "10"), ("x", "1"), ("y", "2")];
        assert_eq!(entries, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }
    assert_eq!(sound("a: {\"<<\": {b: 1}}"), "{a:{<<:{b:1}}}");
    assert_eq!(
        fault("a:\n  <<: x"),
        "wrong-type: `<<` merges a map or a list of maps, not a single value @ t.yaml:2:3 `<<`"
    );
}

#[test]
fn files_and_folders() {
    let files: &[(&str, &[u8])] = &[
        ("b.yml", b"b: 2"),
        ("a.yaml", b"a: 1"),
        ("c.json", b"{\"c\": 3}"),
        (".hidden.yaml", b"d: 4"),
    ];
    let both = folder("folder", files);
    fs::create_dir_all(both.join("overlays.yaml")).unwrap();
    let (document, faults) = from_path(both.clone());
    assert_eq!(
        (shown(&document.tree), faults),
        ("{a:1,b:2}".to_owned(), vec![])
    );
    let (document, faults) = from_path(both.join("c.json"));
    assert_eq!(
        (shown(&document.tree), faults),
        ("{c:3}".to_owned(), vec![])
    );

    let missing = both.join("missing.yaml").display().to_string();
    let (_, faults) = from_path(both.join("missing.yaml"));
    assert_eq!(
        faults,
        [format!(
            "unreadable: cannot read `{missing}`: there is no such file or folder @ {missing}:1:1 ``"
        )]
    );
    let empty = folder("empty", &[]);
    let (_, faults) = from_path(empty.clone());
    let empty = empty.display();
    let expected = format!(
        "unreadable: there is no `*.yaml` or `*.yml` in the folder `{empty}` @ {empty}:1:1 ``"
    );
    assert_eq!(faults, [expected]);
}

#[test]
fn base_files_stand_side_by_side() {
    let (document, faults) = layers(
        &[
            "version: 1\nvirtualNetworks: {hub: {}}\ndefaults: {location: x}\nchecks:",
            "version: 1\nvirtualNetworks: {spoke: {}}\ndefaults: {subscription: y}\nchecks: [a]",
        ],
        &[],
    );
    assert_eq!(faults, []);
    assert_eq!(
        shown(&document.tree),
        "{version:1,virtualNetworks:{hub:{},spoke:{}},defaults:{location:x,subscription:y},checks:[a]}"
    );

    let (document, faults) = layers(
        &[
            "version: 1\nvirtualNetworks:\n  Hub: {}\nchecks: [a]",
            "defaults: {location: x, Location: y}",
            "version: 2\nvirtualNetworks:\n  hub: {}\nchecks: [a]\ndefaults: {location: z}",
        ],
        &[],
    );
    let faults: Vec<_> = faults
        .iter()
        .map(|fault| summary(&document, fault))
        .collect();
    assert_eq!(
        faults,
        [
            "duplicate-key: the key `version` stands in two files @ base2.yaml:1:1 `version` + base0.yaml:1:1 `version`",
            "duplicate-key: the key `hub` stands in two files @ base2.yaml:3:3 `hub` + base0.yaml:3:3 `Hub`",
            "duplicate-key: the key `checks` stands in two files @ base2.yaml:4:1 `checks` + base0.yaml:4:1 `checks`",
            "duplicate-key: the key `location` stands in two files @ base2.yaml:5:12 `location` + base1.yaml:1:12 `location`",
        ]
    );
}

/// RFC 7386, appendix A. Documents are maps here, so each example stands under a key.
#[test]
fn merge_patch_by_the_examples_of_rfc_7386() {
    for (target, patch, result) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{a:"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{a:"b",b:"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{b:"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{a:"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{a:["b"]}"#),
        (
            r#"{"a":{"b":"c"}}"#,
            r#"{"a":{"b":"d","c":null}}"#,
            r#"{a:{b:"d"}}"#,
        ),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{a:[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{e:null,a:1}"#),
        (r#"[1,2]"#, r#"{"a":"b","c":null}"#, r#"{a:"b"}"#),
        (r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{a:{bb:{}}}"#),
    ] {
        let under = |it: &str| format!("{{\"it\": {it}}}");
        let (document, faults) = layers(&[&under(target)], &[&under(patch)]);
        assert_eq!(faults, []);
        assert_eq!(
            shown(&document.tree),
            format!("{{it:{result}}}"),
            "{target} {patch}"
        );
    }
    // The one whose patch is null: the whole is removed.
    let (document, _) = layers(&["it: {a: foo}\nb: 1"], &["it: null"]);
    assert_eq!(shown(&document.tree), "{b:1}");
}

#[test]
fn overlays_know_names_and_pairs() {
    let base = "virtualNetworks: {Hub: {subnets: {Web: {addressPrefix: a}, Data: {addressPrefixes: [b]}}}}";
    for (overlay, result) in [
        (
            "WEB: {addressPrefixes: [c]}",
            "Web:{addressPrefixes:[c]},Data:{addressPrefixes:[b]}",
        ),
        (
            "data: {addressPrefix: c}",
            "Web:{addressPrefix:a},Data:{addressPrefix:c}",
        ),
        (
            "web: null, new: {x: 1}",
            "Data:{addressPrefixes:[b]},new:{x:1}",
        ),
        (
            "web: {ADDRESSPREFIX: c}",
            "Web:{addressPrefix:a,ADDRESSPREFIX:c},Data:{addressPrefixes:[b]}",
        ),
        (
            "web: {addressPrefixes: null}",
            "Web:{},Data:{addressPrefixes:[b]}",
        ),
        (
            "web: {addressPrefix: c, addressPrefixes: [d]}",
            "Web:{addressPrefix:c,addressPrefixes:[d]},Data:{addressPrefixes:[b]}",
        ),
        (
            "web: null, a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, A1: 1, DATA: 2",
            "Data:2,a:1,b:1,c:1,d:1,e:1,f:1,g:1,A1:1",
        ),
    ] {
        let overlay = format!("virtualNetworks: {{hub: {{subnets: {{{overlay}}}}}}}");
        let (document, faults) = layers(&[base], &[&overlay]);
        assert_eq!(faults, []);
        let expected = format!("{{virtualNetworks:{{Hub:{{subnets:{{{result}}}}}}}}}");
        assert_eq!(shown(&document.tree), expected, "{overlay}");
    }
    let (document, _) = layers(&["a: 1"], &["a: 2\nb: 1", "a: 3\nb: null"]);
    assert_eq!(shown(&document.tree), "{a:3}");
}

#[test]
fn every_shipped_topology_loads() {
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/topologies")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let (_, faults) = from_path(path.clone());
            assert!(faults.is_empty(), "{path:?} {faults:?}");
        }
    }
}
