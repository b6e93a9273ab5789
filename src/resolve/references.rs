//! From a reference as written to the resource that it names (topology-format, principles 2, 3, 5).
//!
//! Names compare without case. What stands first wins: a key as written, then `kind/name`, then
//! `group/name`; a bare name finds the key `group/name` too, where only one group has it. A text that
//! starts with `/` is an ARM id.

use std::cell::Cell;
use std::collections::HashMap;

use super::identity::{Identities, own_name};
use super::kind::Kind;
use super::spot::Spot;
use super::{Resolver, fold};
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{Id, Subnet, VirtualNetwork};
use crate::spec::decode::one_of;
use crate::spec::{Common, Topology};

/// Why a reference names nothing.
#[derive(Debug)]
pub(super) enum Miss {
    /// Nothing has that name.
    Unknown,
    /// Several things have it: how to name each.
    Ambiguous(Vec<String>),
}

/// A longer list of names is not shown as a whole.
const SHOWN: usize = 12;
/// So often a close name is looked for among many, since that reads all of them.
const SEARCHES: usize = 20;

/// The names of a section.
#[derive(Debug)]
struct Section<'a> {
    entries: Vec<(&'a str, Option<&'a Common>)>,
    by_key: HashMap<String, usize>,
    /// By own name: those whose key has a group in front.
    grouped: HashMap<String, Vec<usize>>,
    /// By ARM id: those that state theirs.
    by_id: HashMap<String, usize>,
}

/// The names of all resources.
#[derive(Debug)]
pub(super) struct Index<'a> {
    sections: Vec<Section<'a>>,
    searches: Cell<usize>,
}

impl<'a> Index<'a> {
    /// Of a whole topology.
    pub(super) fn new(topology: &'a Topology) -> Self {
        let sections = Kind::ALL.iter().map(|kind| Section::of(*kind, topology));
        Self {
            sections: sections.collect(),
            searches: Cell::new(0),
        }
    }

    fn section(&self, kind: Kind) -> &Section<'a> {
        &self.sections[kind as usize]
    }

    /// The keys of a section.
    pub(super) fn keys(&self, kind: Kind) -> impl Iterator<Item = &'a str> {
        self.section(kind).entries.iter().map(|(key, _)| *key)
    }

    /// The key of the `index`th of a section.
    pub(super) fn key(&self, kind: Kind, index: usize) -> &'a str {
        let entry = self.section(kind).entries.get(index);
        entry.map_or("", |(key, _)| *key)
    }

    /// The position of the resource of `kind` that `text` names.
    pub(super) fn find(
        &self,
        kind: Kind,
        text: &str,
        identities: &Identities,
    ) -> Result<usize, Miss> {
        let section = self.section(kind);
        let folded = fold(text);
        if text.starts_with('/') {
            return section.find_id(kind, &folded, identities);
        }
        if let Some(found) = section.find_name(&folded)? {
            return Ok(found);
        }
        let Some((head, rest)) = folded.split_once('/') else {
            return Err(Miss::Unknown);
        };
        if head.eq_ignore_ascii_case(kind.section())
            && let Some(found) = section.find_name(rest)?
        {
            return Ok(found);
        }
        // `group/name` where the key is bare and the group is stated, or the default.
        let found = section.by_key.get(rest).copied();
        found
            .filter(|index| {
                let (key, common) = section.entries[*index];
                identities.group(key, common).eq_ignore_ascii_case(head)
            })
            .ok_or(Miss::Unknown)
    }

    /// A hint for a word that is none of `names`: a close one, else all of them where they are few.
    pub(super) fn suggest<'n>(
        &self,
        word: &str,
        mut names: impl Iterator<Item = &'n str>,
    ) -> Option<String> {
        let mut all: Vec<&str> = names.by_ref().take(SHOWN + 1).collect();
        if all.len() > SHOWN {
            if self.searches.get() == SEARCHES {
                return None;
            }
            self.searches.set(self.searches.get() + 1);
            all.extend(names);
        }
        if all.is_empty() {
            return None;
        }
        let hint = one_of(word, &all);
        (all.len() <= SHOWN || hint.starts_with("did you mean")).then_some(hint)
    }
}

impl<'a> Section<'a> {
    fn of(kind: Kind, topology: &'a Topology) -> Self {
        let entries = kind.entries(topology);
        let mut by_key = HashMap::with_capacity(entries.len());
        let mut grouped: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_id = HashMap::new();
        for (index, (key, common)) in entries.iter().enumerate() {
            by_key.insert(fold(key), index);
            if key.contains('/') {
                grouped.entry(fold(own_name(key))).or_default().push(index);
            }
            if let Some(id) = common.and_then(|common| common.id.as_deref()) {
                by_id.entry(fold(id)).or_insert(index);
            }
        }
        Self {
            entries,
            by_key,
            grouped,
            by_id,
        }
    }

    /// By key, else by own name where only one group has it.
    fn find_name(&self, folded: &str) -> Result<Option<usize>, Miss> {
        if let Some(index) = self.by_key.get(folded) {
            return Ok(Some(*index));
        }
        match self.grouped.get(folded).map(Vec::as_slice) {
            None => Ok(None),
            Some([index]) => Ok(Some(*index)),
            Some(several) => {
                let keys = several
                    .iter()
                    .map(|index| self.entries[*index].0.to_owned());
                Err(Miss::Ambiguous(keys.collect()))
            }
        }
    }

    fn find_id(&self, kind: Kind, folded: &str, identities: &Identities) -> Result<usize, Miss> {
        if let Some(index) = self.by_id.get(folded) {
            return Ok(*index);
        }
        let name = own_name(folded);
        let bare = self.by_key.get(name).into_iter();
        let candidates = bare.chain(self.grouped.get(name).into_iter().flatten());
        for index in candidates {
            let (key, common) = self.entries[*index];
            let id = identities.arm_id(kind.arm_type(), key, common);
            if id.eq_ignore_ascii_case(folded) {
                return Ok(*index);
            }
        }
        Err(Miss::Unknown)
    }
}

/// Splits `parent/child`, or the ARM id of a child of the given type (`subnets`).
pub(super) fn split_child<'t>(text: &'t str, child_type: &str) -> Option<(&'t str, &'t str)> {
    let (head, child) = text.rsplit_once('/')?;
    if !text.starts_with('/') {
        return Some((head, child));
    }
    let (parent, kind) = head.rsplit_once('/')?;
    kind.eq_ignore_ascii_case(child_type)
        .then_some((parent, child))
}

impl<'a> Resolver<'a> {
    /// The position of the resource of `kind` that `text` names; a fault where there is none.
    pub(super) fn refer(&mut self, kind: Kind, text: &str, spot: Spot<'a>) -> Option<usize> {
        match self.index.find(kind, text, &self.identities) {
            Ok(index) => Some(index),
            Err(miss) => {
                let hint = self.index.suggest(text, self.index.keys(kind));
                self.missed(&miss, kind.noun(), text, hint, spot);
                None
            }
        }
    }

    /// The same, as an id of an arena that holds the section in its order.
    pub(super) fn refer_id<T>(&mut self, kind: Kind, text: &str, spot: Spot<'a>) -> Option<Id<T>> {
        self.refer(kind, text, spot).map(id)
    }

    /// The same, where there may be no reference.
    pub(super) fn refer_opt<T>(
        &mut self,
        kind: Kind,
        text: Option<&String>,
        spot: Spot<'a>,
    ) -> Option<Id<T>> {
        text.and_then(|text| self.refer_id(kind, text, spot))
    }

    /// Records that a reference names nothing, or too much.
    pub(super) fn missed(
        &mut self,
        miss: &Miss,
        noun: &str,
        text: &str,
        hint: Option<String>,
        spot: Spot<'a>,
    ) {
        let fault = match miss {
            Miss::Unknown => {
                let message = format!("there is no {noun} `{text}`");
                let fault = Diagnostic::new(Code::UnresolvedReference, message);
                match hint {
                    Some(hint) => fault.help(hint),
                    None => fault,
                }
            }
            Miss::Ambiguous(several) => {
                let several: Vec<String> = several.iter().map(|name| format!("`{name}`")).collect();
                let message = format!("`{text}` names several resources");
                Diagnostic::new(Code::AmbiguousReference, message)
                    .help(format!("one of {}", several.join(", ")))
            }
        };
        self.faults.push(fault.at(spot.path()));
    }

    /// The subnet that `virtual-network/subnet` or an ARM id names; a fault where there is none.
    pub(super) fn subnet(&mut self, text: &'a str, spot: Spot<'a>) -> Option<Id<Subnet>> {
        if let Some(found) = self.subnets_by_text.get(text) {
            return Some(*found);
        }
        let Some((parent, name)) = split_child(text, "subnets") else {
            let fault = Diagnostic::new(
                Code::UnresolvedReference,
                format!("`{text}` names no subnet"),
            );
            let folded = fold(text);
            let close: Vec<String> = (self.subnet_names.iter().enumerate())
                .filter(|(_, names)| names.contains_key(&folded))
                .map(|(vnet, _)| vnet)
                .take(SHOWN)
                .map(|vnet| self.index.key(Kind::VirtualNetwork, vnet))
                .map(|vnet| format!("`{vnet}/{text}`"))
                .collect();
            let help = match close.as_slice() {
                [] => "a subnet is written as `virtual-network/subnet`".to_owned(),
                [one] => format!("did you mean {one}?"),
                several => format!("one of {}", several.join(", ")),
            };
            self.faults.push(fault.at(spot.path()).help(help));
            return None;
        };
        let vnet = self.refer(Kind::VirtualNetwork, parent, spot)?;
        if let Some(found) = self.subnet_names[vnet].get(&fold(name)).copied() {
            self.subnets_by_text.insert(text, found);
            return Some(found);
        }
        self.no_subnet(id(vnet), name, spot);
        None
    }

    /// Records that a virtual network has no subnet of this name.
    pub(super) fn no_subnet(&mut self, vnet: Id<VirtualNetwork>, name: &str, spot: Spot<'a>) {
        let network = &self.network.vnets[vnet];
        let message = format!(
            "the virtual network `{}` has no subnet `{name}`",
            network.identity.name
        );
        let names = (network.subnets.iter()).map(|subnet| &*self.network.subnets[*subnet].name);
        let fault = Diagnostic::new(Code::UnresolvedReference, message).at(spot.path());
        self.faults.push(match self.index.suggest(name, names) {
            Some(hint) => fault.help(hint),
            None => fault,
        });
    }

    /// The child that `text` names among `names`: by its own name, `parent/name` or an ARM id.
    pub(super) fn child(
        &mut self,
        text: &str,
        noun: &str,
        names: &[&'a str],
        spot: Spot<'a>,
    ) -> Option<usize> {
        let own = own_name(text);
        let found = names.iter().position(|name| name.eq_ignore_ascii_case(own));
        if found.is_none() {
            let hint = self.index.suggest(own, names.iter().copied());
            self.missed(&Miss::Unknown, noun, own, hint, spot);
        }
        found
    }
}

/// The id of what stands at `index` of an arena.
pub(super) fn id<T>(index: usize) -> Id<T> {
    // Nothing that fits the largest file is counted past 2³².
    Id::new(u32::try_from(index).unwrap_or(u32::MAX))
}
