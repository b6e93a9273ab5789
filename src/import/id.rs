//! ARM ids: `/subscriptions/S/resourceGroups/G/providers/N/type/name/…`, which compare without case.

/// An id, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ArmId<'a> {
    pub(super) text: &'a str,
    pub(super) subscription: Option<&'a str>,
    pub(super) group: Option<&'a str>,
    /// The provider's namespace and the types, as in `Microsoft.Network/virtualNetworks/subnets`.
    pub(super) kind: String,
    /// The names of the resource and of what it is a child of, outermost first.
    pub(super) names: Vec<&'a str>,
}

impl<'a> ArmId<'a> {
    /// Takes an id apart; `None` where the text is none.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.trim_matches('/').split('/').collect();
        let after = |word: &str| {
            let at = parts
                .iter()
                .position(|part| part.eq_ignore_ascii_case(word))?;
            parts.get(at + 1).copied()
        };
        let provider = parts
            .iter()
            .rposition(|part| part.eq_ignore_ascii_case("providers"))?;
        let rest = parts.get(provider + 1..)?;
        let (namespace, pairs) = rest.split_first()?;
        if !text.starts_with('/') || pairs.len() < 2 || pairs.len() % 2 != 0 {
            return None;
        }
        let kind = pairs.chunks(2).fold((*namespace).to_owned(), |kind, pair| {
            format!("{kind}/{}", pair.first().copied().unwrap_or_default())
        });
        Some(Self {
            text,
            subscription: after("subscriptions"),
            group: after("resourceGroups"),
            kind,
            names: pairs
                .chunks(2)
                .filter_map(|pair| pair.get(1).copied())
                .collect(),
        })
    }

    /// The resource's own name.
    pub(super) fn name(&self) -> &'a str {
        self.names.last().copied().unwrap_or_default()
    }
}

/// An id without its last steps.
pub(super) fn up(id: &str, steps: usize) -> &str {
    let mut kept = id.trim_end_matches('/');
    for _ in 0..steps {
        kept = kept.rsplit_once('/').map_or(kept, |(head, _)| head);
    }
    kept
}

/// The last name of an id.
pub(super) fn last(id: &str) -> &str {
    let id = id.trim_end_matches('/');
    id.rsplit_once('/').map_or(id, |(_, name)| name)
}

/// An id as it is compared.
pub(super) fn fold(id: &str) -> String {
    id.trim_end_matches('/').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_apart() {
        let id = ArmId::parse("/subscriptions/S/resourcegroups/G/providers/Microsoft.Network/virtualNetworks/hub/subnets/web").unwrap();
        assert_eq!((id.subscription, id.group), (Some("S"), Some("G")));
        assert_eq!(id.kind, "Microsoft.Network/virtualNetworks/subnets");
        assert_eq!(id.names, ["hub", "web"]);
        assert!(up(id.text, 2).ends_with("/virtualNetworks/hub"));
        assert_eq!(ArmId::parse("hub"), None);
        assert_eq!(ArmId::parse("/subscriptions/S/resourceGroups/G"), None);
    }
}
