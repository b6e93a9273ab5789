//! What a mistyped word was likely meant to be.

/// How many candidates are looked at: in a network of a million names a suggestion is not worth the wait.
const MOST_CANDIDATES: usize = 20_000;

/// How many words a list names before it is no help any more.
const LONGEST_LIST: usize = 12;

/// The candidate nearest to a word, if one is near enough to be meant. Case does not count.
#[must_use]
pub fn suggest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let folded = word.to_lowercase();
    let length = folded.chars().count();
    // A third of the letters may be wrong, but in a word of one or two letters any other word is near.
    let allowed = if length < 3 { 0 } else { (length / 3).max(1) };
    let letters = letters(&folded);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.into_iter().take(MOST_CANDIDATES) {
        if candidate.len().abs_diff(word.len()) > allowed * 4 {
            continue;
        }
        let other = candidate.to_lowercase();
        // Each edit changes the set of letters by two at most.
        if (self::letters(&other) ^ letters).count_ones() as usize > 2 * allowed {
            continue;
        }
        let distance = strsim::osa_distance(&folded, &other);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The help for a word that is not among those possible: the one likely meant, else all of them where
/// they are few.
#[must_use]
pub fn one_of(word: &str, candidates: &[&str]) -> Option<String> {
    if let Some(meant) = suggest(word, candidates.iter().copied()) {
        return Some(format!("did you mean `{meant}`?"));
    }
    match candidates {
        [] => None,
        [only] => Some(format!("the only one possible is `{only}`")),
        _ if candidates.len() > LONGEST_LIST => None,
        _ => {
            let quoted: Vec<_> = candidates
                .iter()
                .map(|candidate| format!("`{candidate}`"))
                .collect();
            Some(format!("one of {}", quoted.join(", ")))
        }
    }
}

/// Which letters a word has, a bit each; different letters may share one.
fn letters(word: &str) -> u64 {
    word.bytes().fold(0, |set, byte| set | 1 << (byte % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_only() {
        let words = [
            "addressPrefix",
            "addressPrefixes",
            "routeTable",
            "Tcp",
            "Udp",
        ];
        assert_eq!(suggest("adressPrefix", words), Some("addressPrefix"));
        assert_eq!(suggest("ADDRESSPREFIX", words), Some("addressPrefix"));
        assert_eq!(suggest("tpc", words), Some("Tcp"));
        assert_eq!(suggest("routetabel", words), Some("routeTable"));
        assert_eq!(suggest("something", words), None);
        assert_eq!(suggest("x", ["y"]), None);
        assert_eq!(suggest("äöü", ["aöü"]), Some("aöü"));
    }

    #[test]
    fn help() {
        assert_eq!(
            one_of("Tpc", &["Tcp", "Udp"]).as_deref(),
            Some("did you mean `Tcp`?")
        );
        assert_eq!(
            one_of("Any", &["Tcp", "Udp"]).as_deref(),
            Some("one of `Tcp`, `Udp`")
        );
        assert_eq!(
            one_of("Any", &["Tcp"]).as_deref(),
            Some("the only one possible is `Tcp`")
        );
        assert_eq!(one_of("Any", &[]), None);
        assert_eq!(one_of("Any", &["Tcp"; 13]), None);
    }
}
