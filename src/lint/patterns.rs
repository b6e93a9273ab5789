//! Patterns of names in application rules (`firewall/rule-processing`): `*`, `*.contoso.com`, `www.contoso.com`.

/// Whether every name that fits `inner` fits `outer`: `*` stands for everything in front of what follows it.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    let fold = |text: &str| text.trim_end_matches('.').to_ascii_lowercase();
    let (outer, inner) = (fold(outer), fold(inner));
    match (outer.strip_prefix('*'), inner.strip_prefix('*')) {
        (Some(end), Some(own)) => own.ends_with(end),
        (Some(end), None) => inner.len() > end.len() && inner.ends_with(end),
        (None, Some(_)) => false,
        (None, None) => outer == inner,
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_pattern_covers_what_it_leaves_open() {
        for (outer, inner, expected) in [
            ("*", "*", true),
            ("*", "www.contoso.com", true),
            ("*.contoso.com", "www.contoso.com", true),
            ("*.contoso.com", "*.eu.contoso.com", true),
            ("*.CONTOSO.com", "www.contoso.com.", true),
            ("*.eu.contoso.com", "*.contoso.com", false),
            ("*.contoso.com", "contoso.com", false),
            ("*.contoso.com", "*", false),
            ("www.contoso.com", "*.contoso.com", false),
            ("www.contoso.com", "www.contoso.com", true),
        ] {
            assert_eq!(covers(outer, inner), expected, "{outer} {inner}");
        }
    }
}
