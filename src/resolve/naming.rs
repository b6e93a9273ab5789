//! Which names Azure takes, and which ranges of numbers and counts (`manage-network-security-group`).

use super::Resolver;
use super::spot::Spot;
use crate::diagnostic::{At, Code, Diagnostic};

/// Whether a name is one of Azure's: a letter, a digit or `_` at both ends, `.` and `-` between them,
/// 80 characters at most (`manage-network-security-group`: `^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$`).
fn is_name(name: &str) -> bool {
    let outer = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let inner = |b: u8| outer(b) || b == b'.' || b == b'-';
    let bytes = name.as_bytes();
    let ends =
        bytes.first().copied().is_some_and(outer) && bytes.last().copied().is_some_and(outer);
    ends && bytes.len() <= 80 && bytes.iter().copied().all(inner)
}

impl<'a> Resolver<'a> {
    /// Checks a name that is a key; of `group/name`, the name.
    pub(super) fn check_name(&mut self, key: &'a str, noun: &str, spot: Spot<'a>) {
        let name = super::identity::own_name(key);
        if is_name(name) {
            return;
        }
        let fault = Diagnostic::new(
            Code::BadName,
            format!("`{name}` is not a name that Azure takes for a {noun}"),
        );
        self.faults.push(fault.at_key(spot.path()).help(
            "1 to 80 letters, digits, `_`, `.` or `-`, with a letter, a digit or `_` at both ends",
        ));
    }

    /// Checks that there are not more of something than Azure allows.
    pub(super) fn at_most(&mut self, count: usize, most: usize, what: &str, spot: Spot<'a>) {
        if count > most {
            let fault = Diagnostic::new(
                Code::LimitExceeded,
                format!("{count} {what}, of which Azure allows {most}"),
            );
            self.faults.push(fault.label(At::Key(spot.path()), ""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_name;

    // `manage-network-security-group`.
    #[test]
    fn names() {
        for good in ["a", "_a", "web-1", "a.b_", "to_vnet-hub", "0"] {
            assert!(is_name(good), "{good}");
        }
        let long = "a".repeat(81);
        for bad in ["", "-x", "x-", ".x", "a b", "ä", long.as_str()] {
            assert!(!is_name(bad), "{bad}");
        }
        assert!(is_name(&"a".repeat(80)));
    }
}
