//! One bad text for each fault of reading, with exactly what is underlined.

use std::fs;
use std::time::{Duration, Instant};

use dryhop::spec::node::Node;

use super::{fault, faults, folder, from_path, layers, load, shown, sound, summary};

#[test]
fn syntax() {
    for (source, expected) in [
        ("a: \"x", "the text ends within quotes @ t.yaml:1:4 `\"`"),
        ("a: [1, 2", "a `,` or `]` was expected @ t.yaml:1:8 `2`"),
        ("a: {b: 1\n\n", "a `,` or `}` was expected @ t.yaml:1:8 `1`"),
        ("a:\n\tb: 1", "a tab cannot indent @ t.yaml:2:2 `b`"),
        ("a: b: c", "a `:` cannot stand here @ t.yaml:1:5 `:`"),
        (
            "a:\n  b: 1\n c: 2",
            "a key was expected at this indentation @ t.yaml:3:2 `c`",
        ),
        (
            "a: *x",
            "an alias to an anchor that does not stand before it @ t.yaml:1:4 `*x`",
        ),
        ("a: @x", "a value cannot begin with `@` @ t.yaml:1:4 `@x`"),
        (
            "a: &a [*a]",
            "an alias stands inside the value that it repeats @ t.yaml:1:8 `*a`",
        ),
        (
            "a: !foo 1",
            "the tag `!foo` is not supported @ t.yaml:1:4 `!foo`",
        ),
        (
            "ä: &ö !foo [1]",
            "the tag `!foo` is not supported @ t.yaml:1:7 `!foo`",
        ),
        (
            ": x",
            "a key is missing in front of the `:` @ t.yaml:1:1 `:`",
        ),
        (
            "a: 1\n---\nb: 1",
            "a second document begins here, but a file holds one @ t.yaml:2:1 `---`",
        ),
    ] {
        assert_eq!(fault(source), format!("syntax: {expected}"));
    }
}

#[test]
fn keys_are_single_values_and_documents_maps() {
    assert_eq!(
        faults("? [x]\n: 1\n? {y: 1}\n: 2\n? &n ~\n: 3"),
        [
            "wrong-type: a key must be a single value, not a list @ t.yaml:1:3 `[`",
            "wrong-type: a key must be a single value, not a map @ t.yaml:3:3 `{`",
            "wrong-type: a key must be a single value, not nothing @ t.yaml:5:3 `&n ~`",
        ]
    );
    for (source, expected) in [
        ("- a\n- b", "a list, but must be a map @ t.yaml:1:1 `-`"),
        (
            "  hello",
            "a single value, but must be a map @ t.yaml:1:3 `hello`",
        ),
        ("[1]", "a list, but must be a map @ t.yaml:1:1 `[`"),
    ] {
        assert_eq!(
            fault(source),
            format!("wrong-type: the document is {expected}")
        );
    }
}

#[test]
fn every_duplicate_with_both_places() {
    assert_eq!(
        faults("a: 1\nb:\n  'c': 1\n  d: 2\n  c: 3\na: 2\na: 3"),
        [
            "duplicate-key: the key `c` stands twice in one map @ t.yaml:5:3 `c` + t.yaml:3:3 `'c'`",
            "duplicate-key: the key `a` stands twice in one map @ t.yaml:6:1 `a` + t.yaml:1:1 `a`",
            "duplicate-key: the key `a` stands twice in one map @ t.yaml:7:1 `a` + t.yaml:1:1 `a`",
        ]
    );
    assert_eq!(
        faults("{\"a\": {\"ä\": 1,\n\"ä\": 2},\n \"a\": 3}"),
        [
            "duplicate-key: the key `ä` stands twice in one map @ t.yaml:2:1 `\"ä\"` + t.yaml:1:8 `\"ä\"`",
            "duplicate-key: the key `a` stands twice in one map @ t.yaml:3:2 `\"a\"` + t.yaml:1:2 `\"a\"`",
        ]
    );
    let many: String = (0..50)
        .chain(20..22)
        .map(|n| format!("k{n}: {n}\n"))
        .collect();
    assert_eq!(faults(&many).len(), 2);
    // By escapes the same, which the scan for places does not see.
    assert!(fault(r#"{"a": 1, "\u0061": 2}"#).starts_with("duplicate-key: a key stands twice"));
}

#[test]
fn names_are_the_same_without_case() {
    assert_eq!(
        faults(
            "virtualNetworks:\n  Hub: {subnets: {web: {}, WEB: {}}}\n  HUB: {}\n  hub: {}\nother: {A: 1, a: 2}"
        ),
        [
            "duplicate-key: the names `web` and `WEB` differ in case only, which makes them the same \
             @ t.yaml:2:28 `WEB` + t.yaml:2:19 `web`",
            "duplicate-key: the names `Hub` and `HUB` differ in case only, which makes them the same \
             @ t.yaml:3:3 `HUB` + t.yaml:2:3 `Hub`",
            "duplicate-key: the names `Hub` and `hub` differ in case only, which makes them the same \
             @ t.yaml:4:3 `hub` + t.yaml:2:3 `Hub`",
        ]
    );
}

#[test]
fn nesting_is_limited_and_refused_fast() {
    let nested = |levels: usize| format!("a: {}1{}", "[".repeat(levels), "]".repeat(levels));
    sound(&nested(63));
    assert_eq!(
        fault(&nested(64)),
        "too-deep: maps and lists are nested deeper than 64 levels @ t.yaml:1:67 `[`"
    );
    let million = 1_000_000;
    let json = |levels: usize| format!("{{\"a\": {}{}}}", "[".repeat(levels), "]".repeat(levels));
    for (source, place) in [
        ("[".repeat(million), "1:65 `[`"),
        ("{a: ".repeat(million), "1:1021 `{`"),
        ("{\"a\":".repeat(million), "1:321 `{`"),
        ("- ".repeat(million), "1:129 `-`"),
        ("? ".repeat(million), "1:129 `?`"),
        (json(64), "1:70 `[`"),
        ((0..1000).map(|n| format!("{}a:\n", " ".repeat(n))).collect(), "65:65 `a`"),
        ("a: &a [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\nb: &b [[[[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]]]\nc: [[[[[[[[[[[[[[[[[[[[[[*b]]]]]]]]]]]]]]]]]]]]]]".to_owned(), "3:26 `*b`"),
    ] {
        let start = Instant::now();
        let faults = faults(&source);
        let first = faults.iter().find(|it| it.starts_with("too-deep")).unwrap();
        assert!(first.ends_with(&format!("@ t.yaml:{place}")), "{first}");
        assert!(start.elapsed() < Duration::from_secs(5), "{place}: {:?}", start.elapsed());
    }
}

#[test]
fn aliases_expand_within_reason() {
    let bomb = (1..12).fold("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, n| {
        let alias = format!("*a{}", n - 1);
        text + &format!("a{n}: &a{n} [{}]\n", [&*alias; 10].join(","))
    });
    assert!(
        fault(&bomb)
            .starts_with("too-large: the aliases expand to more than 1000000 values @ t.yaml:6:")
    );
    // Much text may expand to much: 16 times itself, wherever in the text the aliases are.
    let template = format!("t: &t [{}]\n", ["x"; 3000].join(","));
    let uses: String = (0..400).map(|n| format!("u{n}: *t\n")).collect();
    let more: String = (0..60_000).map(|n| format!("m{n}: 1\n")).collect();
    assert!(fault(&format!("{template}{uses}")).starts_with("too-large"));
    let (document, faults) = load(&format!("{template}{uses}{more}"));
    assert_eq!(faults, []);
    assert!(matches!(document.tree.get("u399"), Some(Node::List(values)) if values.len() == 3000));
}

#[test]
fn encodings() {
    let folder = folder(
        "encodings",
        &[
            ("latin1.txt", b"a: 1\nb: x\xe4y\n"),
            ("utf16.txt", b"\xff\xfea\0:\0"),
            ("utf16-bare.txt", b"a\0:\0 \x001\0"),
            ("bom.txt", b"\xef\xbb\xbfa: 1"),
        ],
    );
    let fault = |name: &str| from_path(folder.join(name)).1.concat();
    let place = |name: &str| folder.join(name).display().to_string();
    assert_eq!(
        fault("latin1.txt"),
        format!(
            "not-utf8: the file is not UTF-8 at byte 9 @ {}:2:5 `\u{fffd}`",
            place("latin1.txt")
        )
    );
    for name in ["utf16.txt", "utf16-bare.txt"] {
        let expected = format!(
            "not-utf8: the file is UTF-16, but must be UTF-8 @ {}:1:1 ``",
            place(name)
        );
        assert_eq!(fault(name), expected);
    }
    assert_eq!(fault("bom.txt"), "");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let path = folder("large", &[]).join("large.yaml");
    // A file of holes: it takes no room on the disk.
    fs::File::create(&path)
        .unwrap()
        .set_len(dryhop::spec::read::LARGEST + 1)
        .unwrap();
    let (_, faults) = from_path(path.clone());
    fs::remove_file(&path).unwrap();
    let path = path.display();
    assert_eq!(
        faults,
        [format!(
            "too-large: the file is larger than 512 MiB @ {path}:1:1 ``"
        )]
    );
}

#[test]
fn all_faults_of_all_files_in_one_run() {
    let (document, faults) = layers(
        &["a: 1\na: 2\nb: !x 1", "c: [", "virtualNetworks: {v: {}}"],
        &["d: 1\nd: 2"],
    );
    let faults: Vec<_> = faults
        .iter()
        .map(|fault| summary(&document, fault))
        .collect();
    assert_eq!(
        faults,
        [
            "duplicate-key: the key `a` stands twice in one map @ base0.yaml:2:1 `a` + base0.yaml:1:1 `a`",
            "syntax: the tag `!x` is not supported @ base0.yaml:3:4 `!x`",
            "syntax: a value was expected @ base1.yaml:1:4 `[`",
            "duplicate-key: the key `d` stands twice in one map @ over0.yaml:2:1 `d` + over0.yaml:1:1 `d`",
        ]
    );
    assert_eq!(shown(&document.tree), "{virtualNetworks:{v:{}}}");
}
