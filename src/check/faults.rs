//! Checks that cannot be asked, as faults of the file.

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::QuestionFault;
use crate::engine::ip_flow::IpFlowFault;
use crate::network::{NameFault, OutageFault};
use crate::source::Path;

/// What a name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Where a connection starts or goes to.
    Endpoint,
    /// A machine, for its NIC.
    Nic,
}

/// A name that means nothing, or too much.
pub(super) fn name(at: Path, fault: &NameFault, role: Role) -> Diagnostic {
    match fault {
        NameFault::Unknown(text, close) => unknown(at, text, close.as_deref()),
        NameFault::Ambiguous(text, all) => ambiguous(at, text, all),
        NameFault::WrongKind(text, section) => {
            let wanting = match role {
                Role::Endpoint => "where no connection starts or ends",
                Role::Nic => "which has no NIC that could be asked",
            };
            let message = format!("`{text}` is one of `{section}`, {wanting}");
            Diagnostic::new(Code::UnresolvedReference, message).at(at)
        }
    }
}

/// Something that cannot be out of order.
pub(super) fn outage(at: Path, fault: &OutageFault) -> Diagnostic {
    match fault {
        OutageFault::Unknown(text, close) => unknown(at, text, close.as_deref()),
        OutageFault::Ambiguous(text, all) => ambiguous(at, text, all),
    }
}

/// A name that nothing has.
pub(super) fn unknown(at: Path, text: &str, close: Option<&str>) -> Diagnostic {
    let fault = Diagnostic::new(
        Code::UnresolvedReference,
        format!("nothing is called `{text}`"),
    )
    .at(at);
    match close {
        Some(close) => fault.help(format!("did you mean `{close}`?")),
        None => fault,
    }
}

fn ambiguous(at: Path, text: &str, all: &[String]) -> Diagnostic {
    let all: Vec<String> = all.iter().map(|name| format!("`{name}`")).collect();
    Diagnostic::new(
        Code::AmbiguousReference,
        format!("`{text}` names several resources"),
    )
    .at(at)
    .help(format!("one of {}", all.join(", ")))
}

/// A text that is no address.
pub(super) fn address(at: Path, text: &str) -> Diagnostic {
    Diagnostic::new(Code::BadAddress, format!("`{text}` is not an IP address")).at(at)
}

/// A connection that cannot be asked for.
pub(super) fn question(check: &Path, fault: &QuestionFault) -> Diagnostic {
    match fault {
        QuestionFault::PortMissing(_) => Diagnostic::new(Code::MissingKey, fault.to_string())
            .at_key(check.clone())
            .help("add `port`"),
        QuestionFault::NoSource(name) => {
            let message = format!("no connection can start at `{name}`");
            Diagnostic::new(Code::UnresolvedReference, message).at(check.key("source"))
        }
        QuestionFault::RefusedSource(..) => {
            Diagnostic::new(Code::UnresolvedReference, fault.to_string()).at(check.key("source"))
        }
        QuestionFault::NoCommonFamily => {
            Diagnostic::new(Code::MixedAddressFamilies, fault.to_string())
                .at(check.key("destination"))
        }
    }
}

/// An IP flow that Azure would refuse to verify.
pub(super) fn ip_flow(check: &Path, fault: &IpFlowFault, inbound: bool) -> Diagnostic {
    let (code, key) = match fault {
        IpFlowFault::Malformed(_) => (Code::BadAddress, "local"),
        IpFlowFault::Protocol(_) => (Code::UnknownWord, "protocol"),
        IpFlowFault::AnyPort if inbound => (Code::BadPort, "local"),
        IpFlowFault::AnyPort => (Code::BadPort, "remote"),
        IpFlowFault::Families => (Code::MixedAddressFamilies, "remote"),
        IpFlowFault::NotLocal(..) => (Code::BadAddress, "local"),
    };
    let diagnostic = Diagnostic::new(code, fault.to_string()).at(check.key(key));
    match fault.help() {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// A side of an IP flow that is no address with a port.
pub(super) fn side(at: Path, text: &str, fault: &IpFlowFault) -> Diagnostic {
    let (address, port) = text.rsplit_once(':').unwrap_or((text, ""));
    let inner = address
        .strip_prefix('[')
        .and_then(|a| a.strip_suffix(']'))
        .unwrap_or(address);
    let sound = inner.parse::<std::net::IpAddr>().is_ok();
    // An IPv6 address without brackets ends in what only looks like a port.
    let bare = text.parse::<std::net::IpAddr>().is_ok();
    let code = if (sound && !port.is_empty()) || bare {
        Code::BadPort
    } else {
        Code::BadAddress
    };
    Diagnostic::new(code, fault.to_string())
        .at(at)
        .help("it is written as in `10.0.0.4:443` or `[fd00::4]:443`, `*` for any port")
}
