//! No input ends in a panic.

use std::fs;

use dryhop::diagnostic::{At, Code, Diagnostic, render, render_concise};
use dryhop::source::Path;
use dryhop::spec::read::{Input, read};
use proptest::prelude::*;

use super::{SHAPE, folder, text};

/// Everything that a text can be used for, none of which may panic.
fn use_all(inputs: &[Input]) {
    let (document, mut faults) = read(inputs, inputs, &SHAPE);
    for path in [
        Path::root(),
        Path::of(&["virtualNetworks"]),
        Path::of(&["virtualNetworks", "hub", "subnets", "web"]),
        Path::of(&["list"]).index(0),
    ] {
        faults.push(
            Diagnostic::new(Code::BadName, "x")
                .at(path.clone())
                .label(At::Key(path.clone()), "y"),
        );
        for (file, _) in document.sources.iter() {
            let at = At::KeyIn(file, path.clone(), 1);
            faults.push(
                Diagnostic::new(Code::BadName, "x")
                    .label(at, "y")
                    .label(At::Bytes(file, 3, 900), "z"),
            );
        }
    }
    dryhop::diagnostic::sort(&mut faults, &document.sources);
    let _ = render(&faults, &document.sources, true);
    let _ = render_concise(&faults, &document.sources);
}

const VALID: &str = "version: 1\ndefaults: {location: westeurope}\nvirtualNetworks:\n  hub:\n    addressSpace: \
    [10.0.0.0/16, \"10.1.0.0/16\"] # ä\n    subnets: &s\n      web: {addressPrefix: 10.0.1.0/24}\n      data:\n        \
    addressPrefixes:\n        - 10.0.2.0/24\n  spöke:\n    <<: *s\n    subnets: *s\nlist:\n- a: |\n    text\n- 'b'\n";
const VALID_JSON: &str = "{\"version\": 1, \"virtualNetworks\": {\"hub\": {\"subnets\": {\"web\": {\"addressPrefix\": \
    \"\\u0041\"}}}},\n\"list\": [1, null, true, {}]}";

/// Texts that once ended in one.
#[test]
fn known_texts_do_not_panic() {
    for source in ["\r\r\r\n", "a\r\n\r\n", "\n\r"] {
        use_all(&[text("t.yaml", source)]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let path = folder("bytes", &[]).join("any.yaml");
        fs::write(&path, &bytes).unwrap();
        use_all(&[Input::Path(path)]);
    }

    #[test]
    fn no_text_panics(source in "[ \\[\\]{}:,#&*!|>'\"%@`?~<\\-a-cä\n\r\t\\\\0\u{0}\u{feff}\u{85}😀]{0,60}") {
        use_all(&[text("t.yaml", &source)]);
    }

    #[test]
    fn no_mutation_panics(
        json in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0..12_usize, "[ \\[\\]{}:,#&*!|>'\"?~<\\-a-cä\n\r\t\\\\0]{0,3}"), 0..6),
    ) {
        let mut chars: Vec<char> = if json { VALID_JSON } else { VALID }.chars().collect();
        for (at, removed, inserted) in changes {
            let at = at.index(chars.len() + 1);
            let end = (at + removed).min(chars.len());
            chars.splice(at..end, inserted.chars());
        }
        let source: String = chars.into_iter().collect();
        use_all(&[text("t.yaml", &source), text("u.json", VALID_JSON)]);
    }
}
