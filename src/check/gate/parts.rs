//! The parts of a topology that decide over flows, one by one: rules, routes, peerings; and the changes that
//! can be made to each.

use crate::source::{Path, Segment};
use crate::spec::node::{Node, Scalar};

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartKind {
    /// A rule of a network security group.
    SecurityRule,
    /// A security admin rule.
    AdminRule,
    /// A rule of a firewall policy.
    FirewallRule,
    /// A user route.
    UserRoute,
    /// One side's object of a peering.
    Peering,
    /// A rule or a translation of an appliance.
    ApplianceRule,
    /// A rule of a guest's firewall.
    GuestRule,
}

impl PartKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::SecurityRule,
        Self::AdminRule,
        Self::FirewallRule,
        Self::UserRoute,
        Self::Peering,
        Self::ApplianceRule,
        Self::GuestRule,
    ];

    /// Several of them, in words.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::SecurityRule => "security rules",
            Self::AdminRule => "security admin rules",
            Self::FirewallRule => "firewall rules",
            Self::UserRoute => "user routes",
            Self::Peering => "peerings",
            Self::ApplianceRule => "appliance rules",
            Self::GuestRule => "guest rules",
        }
    }

    /// The word for it in documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SecurityRule => "securityRule",
            Self::AdminRule => "adminRule",
            Self::FirewallRule => "firewallRule",
            Self::UserRoute => "route",
            Self::Peering => "peering",
            Self::ApplianceRule => "applianceRule",
            Self::GuestRule => "guestRule",
        }
    }
}

/// A part of a topology.
#[derive(Debug)]
pub(super) struct Part<'t> {
    /// What it is; none for what is no part itself, and has changes all the same: a rule collection.
    pub kind: Option<PartKind>,
    pub path: Path,
    /// The names on its path: `nsg-web/allow-https`.
    pub name: String,
    pub node: &'t Node,
}

/// A change to a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    Remove,
    Set(&'static str, &'static str),
}

/// Where parts stand: the keys that lead there, `*` for any name.
const PLACES: &[(Option<PartKind>, &[&str])] = &[
    (
        Some(PartKind::SecurityRule),
        &["networkSecurityGroups", "*", "securityRules", "*"],
    ),
    (
        Some(PartKind::AdminRule),
        &[
            "networkManagers",
            "*",
            "securityAdminConfigurations",
            "*",
            "ruleCollections",
            "*",
            "rules",
            "*",
        ],
    ),
    (
        Some(PartKind::FirewallRule),
        &[
            "firewallPolicies",
            "*",
            "ruleCollectionGroups",
            "*",
            "ruleCollections",
            "*",
            "rules",
            "*",
        ],
    ),
    (
        None,
        &[
            "firewallPolicies",
            "*",
            "ruleCollectionGroups",
            "*",
            "ruleCollections",
            "*",
        ],
    ),
    (
        Some(PartKind::UserRoute),
        &["routeTables", "*", "routes", "*"],
    ),
    (
        Some(PartKind::Peering),
        &["virtualNetworks", "*", "peerings", "*"],
    ),
    (
        Some(PartKind::ApplianceRule),
        &["networkVirtualAppliances", "*", "forwarding", "rules", "*"],
    ),
    (
        Some(PartKind::ApplianceRule),
        &[
            "networkVirtualAppliances",
            "*",
            "forwarding",
            "destinationNat",
            "*",
        ],
    ),
];

/// What runs a guest, with a firewall of either direction.
const GUESTS: &[&str] = &[
    "virtualMachines",
    "virtualMachineScaleSets",
    "networkVirtualAppliances",
];

/// The flags of a peering, and what each is where it is not given.
const FLAGS: &[(&str, bool)] = &[
    ("allowVirtualNetworkAccess", true),
    ("allowForwardedTraffic", false),
    ("allowGatewayTransit", false),
    ("useRemoteGateways", false),
];

impl<'t> Part<'t> {
    /// Every part of a topology, kind by kind, each in the order of the files.
    pub fn all(tree: &'t Node) -> Vec<Self> {
        let mut found = Vec::new();
        for (kind, keys) in PLACES {
            find(tree, keys, *kind, &Path::root(), &mut found);
        }
        for section in GUESTS {
            for direction in ["inbound", "outbound"] {
                let keys = [section, "*", "guest", "firewall", direction, "rules", "*"];
                find(
                    tree,
                    &keys,
                    Some(PartKind::GuestRule),
                    &Path::root(),
                    &mut found,
                );
            }
        }
        found
    }

    /// The changes to try: without it; with the opposite action; with a flag the other way.
    pub fn edits(&self) -> Vec<Edit> {
        let mut edits = Vec::new();
        match self.kind {
            Some(PartKind::Peering) => {
                edits.extend(FLAGS.iter().map(|(flag, default)| {
                    let on = self
                        .text(flag)
                        .map_or(*default, |text| text.eq_ignore_ascii_case("true"));
                    Edit::Set(flag, if on { "false" } else { "true" })
                }));
                return edits;
            }
            Some(_) => edits.push(Edit::Remove),
            None => {}
        }
        edits.extend(["access", "action"].into_iter().find_map(|key| {
            let opposite = match &*self.text(key)?.to_ascii_lowercase() {
                "allow" | "alwaysallow" => "Deny",
                "deny" => "Allow",
                _ => return None,
            };
            Some(Edit::Set(key, opposite))
        }));
        edits
    }

    /// The scalar under a key.
    pub fn text(&self, key: &str) -> Option<&'t str> {
        match self.node.get(key)? {
            Node::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The first of some keys that is given, its values joined.
    pub fn list(&self, keys: &[&str]) -> Option<String> {
        let node = keys.iter().find_map(|key| self.node.get(key))?;
        let texts = match node {
            Node::Scalar(scalar) => vec![&*scalar.text],
            Node::List(items) => items.iter().filter_map(text).collect(),
            Node::Null | Node::Map(_) => Vec::new(),
        };
        (!texts.is_empty()).then(|| texts.join(", "))
    }
}

fn text(node: &Node) -> Option<&str> {
    match node {
        Node::Scalar(scalar) => Some(&scalar.text),
        _ => None,
    }
}

fn find<'t>(
    node: &'t Node,
    keys: &[&str],
    kind: Option<PartKind>,
    path: &Path,
    found: &mut Vec<Part<'t>>,
) {
    let Some((key, rest)) = keys.split_first() else {
        found.push(Part {
            kind,
            path: path.clone(),
            name: name(path),
            node,
        });
        return;
    };
    let Node::Map(entries) = node else { return };
    // The key itself is no name, even where it is spelled as one.
    for (own, value) in entries {
        if *key == "*" || **own == **key {
            find(value, rest, kind, &path.key(own), found);
        }
    }
}

/// The names on a path, without the fields between them.
fn name(path: &Path) -> String {
    let fields: Vec<&str> = PLACES
        .iter()
        .flat_map(|(_, keys)| keys.iter().copied())
        .chain(["guest", "firewall"])
        .collect();
    let mut names = Vec::new();
    for (at, segment) in path.segments().iter().enumerate() {
        match segment {
            Segment::Key(key) if at > 0 && !fields.contains(&&**key) => names.push(&**key),
            _ => {}
        }
    }
    names.join("/")
}

impl Edit {
    /// Makes the change to a tree.
    pub fn make(&self, tree: &mut Node, path: &Path) {
        let keys: Vec<&str> = path
            .segments()
            .iter()
            .filter_map(|segment| match segment {
                Segment::Key(key) => Some(&**key),
                Segment::Index(_) => None,
            })
            .collect();
        let Some((last, parents)) = keys.split_last() else {
            return;
        };
        let parent = parents.iter().try_fold(tree, |node, key| under(node, key));
        let Some(parent) = parent else { return };
        match self {
            Self::Remove => {
                if let Node::Map(entries) = parent {
                    entries.retain(|(key, _)| **key != **last);
                }
            }
            Self::Set(key, value) => {
                let value = Node::Scalar(Scalar {
                    text: (*value).into(),
                    quoted: false,
                });
                match under(parent, last) {
                    Some(Node::Map(entries)) => {
                        entries.retain(|(own, _)| **own != **key);
                        entries.push(((*key).into(), value));
                    }
                    Some(own) => *own = Node::Map(vec![((*key).into(), value)]),
                    None => {}
                }
            }
        }
    }

    /// It in words.
    pub fn words(&self) -> String {
        match self {
            Self::Remove => "removed".to_owned(),
            Self::Set(key, value) => format!("`{key}: {value}`"),
        }
    }
}

fn under<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    match node {
        Node::Map(entries) => {
            let mut entries = entries.iter_mut();
            entries
                .find(|(own, _)| **own == *key)
                .map(|(_, value)| value)
        }
        _ => None,
    }
}
