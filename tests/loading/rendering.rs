//! Diagnostics as text.

use std::time::{Duration, Instant};

use dryhop::diagnostic::{At, Code, Diagnostic, render, render_concise};
use dryhop::source::Path;
use dryhop::spec::read::Document;

use super::{layers, load};

fn rendered(document: &Document, faults: &[Diagnostic]) -> String {
    render(faults, &document.sources, false)
}

#[test]
fn rendering() {
    let source = "a: 1\nb:\n  c: 1\n\ta: x\n".replace("\ta", "  c");
    let (document, faults) = load(&source);
    assert_eq!(
        rendered(&document, &faults),
        "error[duplicate-key]: the key `c` stands twice in one map\n --> t.yaml:4:3\n  |\n\
         3 |   c: 1\n  |   - first here\n4 |   c: x\n  |   ^\n"
    );
    assert_eq!(
        render_concise(&faults, &document.sources),
        "t.yaml:4:3: error[duplicate-key]: the key `c` stands twice in one map\n"
    );
    let nowhere = Diagnostic::new(Code::UnknownKey, "something \u{1b}[31m\nelse").help("do so");
    assert_eq!(
        rendered(&document, std::slice::from_ref(&nowhere)),
        "error[unknown-key]: something \\u{1b}[31m\\nelse\n |\nhelp: do so\n"
    );
    assert_eq!(
        render_concise(&[nowhere], &document.sources),
        "error[unknown-key]: something \\u{1b}[31m\\nelse\n"
    );
    let colored = render(&faults, &document.sources, true);
    assert!(colored.contains("\u{1b}["));
}

#[test]
fn rendering_far_places_and_other_files() {
    let (document, faults) = layers(&["a: 1\n", "b: 1\na: 2\n"], &[]);
    assert_eq!(
        rendered(&document, &faults),
        "error[duplicate-key]: the key `a` stands in two files\n --> base1.yaml:2:1\n  |\n2 | a: 2\n  | ^\n  |\n \
         ::: base0.yaml:1:1\n  |\n1 | a: 1\n  | - first here\n"
    );
    let far = format!("a: 1\n{}a: 2\n", "# far\n".repeat(100));
    let (document, faults) = load(&far);
    assert_eq!(
        rendered(&document, &faults),
        "error[duplicate-key]: the key `a` stands twice in one map\n   --> t.yaml:102:1\n    |\n102 | a: 2\n    | ^\n    |\n   \
         ::: t.yaml:1:1\n    |\n  1 | a: 1\n    | - first here\n"
    );
}

#[test]
fn long_lines_are_cut() {
    let middle: String = (0..100_000).map(|n| format!("\"k{n}\":\"ä\",")).collect();
    let json = format!("{{{middle}\"k5\": [1, 2]}}");
    let (document, faults) = load(&json);
    let text = rendered(&document, &faults);
    assert!(text.len() < 2_000, "{}", text.len());
    let column = json.chars().count() - "\"k5\": [1, 2]}".len() + 1;
    assert!(text.contains(&format!("--> t.yaml:1:{column}\n")), "{text}");
    assert!(text.contains("^^^^"), "{text}");
}

#[test]
fn many_faults_are_shown_fast() {
    let source: String = (0..10_000).map(|n| format!("k{}: 1\n", n / 2)).collect();
    let (document, faults) = load(&source);
    assert_eq!(faults.len(), 5_000);
    let entries: String = (0..10_000).map(|n| format!("  k{n}: {{a: 1}}\n")).collect();
    for source in [
        format!("virtualNetworks:\n{entries}"),
        format!("{{virtualNetworks: {{{}}}}}", entries.replace('\n', ",")),
    ] {
        let (document, _) = load(&source);
        let path = |n: usize| Path::of(&["virtualNetworks", &format!("K{n}"), "a"]);
        let mut faults: Vec<_> = (0..10_000)
            .map(|n| {
                Diagnostic::new(Code::BadName, "bad")
                    .at(path(n))
                    .label(At::Key(path(9_999 - n)), "x")
            })
            .rev()
            .collect();
        let start = Instant::now();
        dryhop::diagnostic::sort(&mut faults, &document.sources);
        let text = rendered(&document, &faults);
        assert_eq!(text.matches("error[bad-name]").count(), 10_000);
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{:?}",
            start.elapsed()
        );
    }
    assert_eq!(
        rendered(&document, &faults).matches("error[").count(),
        5_000
    );
}

#[test]
fn sorting_is_by_place_and_drops_what_is_said_twice() {
    let (document, _) = load("a: 1\nb: 2\n");
    let fault = |code, key: &str| Diagnostic::new(code, "x").at(Path::of(&[key]));
    let nowhere = Diagnostic::new(Code::Syntax, "x");
    let mut faults = vec![
        nowhere.clone(),
        fault(Code::UnknownKey, "b"),
        fault(Code::WrongType, "a"),
        fault(Code::UnknownKey, "b"),
        fault(Code::UnknownKey, "a"),
    ];
    dryhop::diagnostic::sort(&mut faults, &document.sources);
    let expected = [
        fault(Code::UnknownKey, "a"),
        fault(Code::WrongType, "a"),
        fault(Code::UnknownKey, "b"),
        nowhere,
    ];
    assert_eq!(faults, expected);
}
