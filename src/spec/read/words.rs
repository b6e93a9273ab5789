//! What the YAML parser says, in words for somebody who writes a topology.

/// A message of the parser as message and help; as it is where there are no better words.
pub(super) fn plain(info: &str) -> (String, &'static str) {
    const SEVERAL: &[(&str, &str, &str)] = &[
        ("tab", "a tab cannot indent", "indent with spaces"),
        (
            "simple key expect",
            "a `:` is missing behind a key",
            "a text over several lines needs quotes, or to be indented deeper than its key",
        ),
        (
            "mapping values are not allowed",
            "a `:` cannot stand here",
            "quote the text if the `:` belongs to it, else check how the line is indented",
        ),
        (
            "did not find expected key",
            "a key was expected at this indentation",
            "the keys of one map stand in one column",
        ),
        (
            "did not find expected '-'",
            "a `-` was expected at this indentation",
            "the entries of one list stand in one column",
        ),
        (
            "invalid indentation",
            "the indentation fits nothing above",
            "",
        ),
        (
            "unknown anchor",
            "an alias to an anchor that does not stand before it",
            "",
        ),
        (
            "unexpected end of stream",
            "the text ends within quotes",
            "",
        ),
        ("expected ',' or '}'", "a `,` or `}` was expected", ""),
        ("expected ',' or ']'", "a `,` or `]` was expected", ""),
        ("expected node content", "a value was expected", ""),
        ("misplaced bracket", "a bracket closes nothing", ""),
        (
            "unprintable character",
            "a character that cannot be printed",
            "",
        ),
        (
            "unknown escape character",
            "an escape that YAML does not have",
            "in single quotes a `\\` is just a `\\`",
        ),
        (
            "expected <document start>",
            "the text goes on where it should have ended",
            "check how the line is indented",
        ),
    ];
    if let Some(character) = info
        .strip_prefix("unexpected character: `")
        .and_then(|it| it.strip_suffix('\''))
    {
        return (
            format!("a value cannot begin with `{character}`"),
            "quote it",
        );
    }
    let known = SEVERAL.iter().find(|(part, ..)| info.contains(part));
    known.map_or_else(
        || (info.to_owned(), ""),
        |(_, message, help)| ((*message).to_owned(), help),
    )
}
