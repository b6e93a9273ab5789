//! Names that would do harm in XML, HTML, Mermaid or DOT.

use dryhop::report::graph::{Mark, MarkKind, Scene, dot, mermaid};

use crate::drawn::sound;
use crate::network;

const NAMES: &[&str] = &[
    "<script>alert(1)</script>",
    "a \"quoted\" & 'single' name",
    "😀 emoji 👩‍👩‍👧‍👦 of several",
    "מחשב ראשי של החברה במשרד הראשי בתל אביב",
    "a-very-long-name-of-a-host-that-has-eighty-characters-in-it-so-that-it-must-be-c",
    "end #quot; `back` $$x$$ %%{init: {\"theme\":\"dark\"}}%% | {a} ]]> --> end",
    "back\\slash \\N \\\" \\l",
    "&lt;b&gt;&amp;&#60;",
    "javascript:alert(1)",
    "*/ // /* <!-- -->",
];

fn scene() -> Scene {
    let hosts: Vec<String> = NAMES
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let name = serde_json::to_string(name).unwrap();
            format!("{name}: {{ \"ipAddress\": \"192.168.0.{}\" }}", at + 4)
        })
        .collect();
    let text = format!(
        "{{ \"name\": \"</style><script>alert(1)</script>\", \"onPremisesSites\": {{ \"a<b>\\\"c\\\"\": \
         {{ \"addressSpace\": \"192.168.0.0/16\", \"hosts\": {{ {} }} }} }} }}",
        hosts.join(", ")
    );
    let marks: Vec<Mark> = NAMES
        .windows(2)
        .map(|pair| Mark {
            kind: MarkKind::Opened,
            from: pair[0].to_owned(),
            to: Some(pair[1].to_owned()),
            label: pair[0].to_owned(),
        })
        .collect();
    Scene::new(&network(&text), &[], &marks)
}

#[test]
fn names_are_only_names_in_svg() {
    let scene = scene();
    // That every name is read back from the document as it was is a part of what is looked at.
    let text = sound("nasty names", &scene);
    assert!(!text.contains("<script"));
    assert_eq!(text.matches("</style>").count(), 1);
    assert!(!text.contains('\u{202e}'));
}

/// What reorders text, and what XML has no place for, is replaced.
#[test]
fn letters_that_are_no_letters_are_replaced() {
    let mut scene = scene();
    scene.nodes[0].name = "a\u{202e}b\u{0}c\u{1b}[31md\u{ffff}".to_owned();
    let text = sound("control characters", &scene);
    assert!(text.contains("a\u{fffd}b\u{fffd}c\u{fffd}[31md\u{fffd}"));
    for text in [text, mermaid(&scene).text, dot(&scene).text] {
        assert!(!text.chars().any(|c| c != '\n' && c.is_control()));
        assert!(!text.contains('\u{202e}'));
    }
}

/// In Mermaid a label is text in quotes, with entities for what has a meaning.
#[test]
fn names_are_only_names_in_mermaid() {
    let text = mermaid(&scene()).text;
    for line in text.lines().skip(2).filter(|line| line.contains('"')) {
        let quotes = line.matches('"').count();
        assert_eq!(quotes, 2, "{line}");
        let inside = line.split('"').nth(1).unwrap().replace("<br/>", "");
        assert!(
            !inside.contains(['<', '>', '&', '`', '|', '{', '}', '%', '\\']),
            "{line}"
        );
        assert!(!inside.contains("#36;#36;"), "{line}");
    }
    assert_eq!(text.matches("%%{").count(), 1, "the one of its own");
    assert!(text.contains("#60;script#62;"));
}

/// In DOT a label is a quoted string, read back by the rules of the language.
#[test]
fn names_are_only_names_in_dot() {
    let text = dot(&scene()).text;
    let mut strings: Vec<String> = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '"' {
            continue;
        }
        let mut own = String::new();
        loop {
            match letters.next().expect("a string is closed") {
                '"' => break,
                '\\' => match letters.next().unwrap() {
                    'n' => own.push('\n'),
                    escaped @ ('"' | '\\') => own.push(escaped),
                    other => panic!("`\\{other}` has a meaning"),
                },
                letter => own.push(letter),
            }
        }
        strings.push(own.replace("&amp;", "&"));
    }
    for name in NAMES {
        let has = |text: &String| text.lines().next() == Some(*name);
        assert!(strings.iter().any(has), "{name}");
    }
}
