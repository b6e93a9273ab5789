//! What a page knows beside its drawing: the document in its `<script type="application/json">`, which
//! the page's own script reads and nothing else. Lists of rules and tables of routes stand in it once,
//! whoever is behind them.

use indexmap::IndexMap;
use serde::Serialize;

/// Everything that the script shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Data {
    /// What is drawn, by its id in the drawing.
    pub things: IndexMap<String, Thing>,
    /// Lists of security rules.
    pub lists: Vec<List>,
    /// Tables of effective routes.
    pub tables: Vec<Table>,
    /// What is listed beside the drawing: connections, checks.
    pub rows: Vec<Row>,
}

/// Something that is drawn.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Thing {
    /// What it is, in words.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its addresses.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// What else is to be known of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// What it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Its table of routes, in `tables`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<usize>,
    /// The rules that it is behind, in `lists`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<usize>,
}

/// The rules of one direction of a security group or a network manager, as they work somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    /// The group's name, or the manager's.
    pub name: String,
    /// Where it is applied.
    pub at: String,
    /// `Inbound` or `Outbound`.
    pub direction: &'static str,
    /// In the order in which they are tried.
    pub rules: Vec<Rule>,
}

/// A security rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The lower first.
    pub priority: u16,
    /// Its name.
    pub name: String,
    /// Whether it is one of Azure's own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    /// `Allow`, `Deny` or `AlwaysAllow`.
    pub access: &'static str,
    /// What it is for: protocol, source, source port, destination, destination port.
    pub parts: [String; 5],
}

/// The effective routes of a class of subnets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Table {
    /// Every route, the losing ones too.
    pub rows: Vec<Route>,
}

/// An effective route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// The user route with its table, `gateway`, `system`.
    pub from: String,
    /// For which addresses.
    pub prefix: String,
    /// Its next hop.
    pub to: String,
    /// `Active` or `Invalid`.
    pub state: &'static str,
    /// Why it does not take part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How something stands: `✓`, `✗` or `!`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mark {
    /// As it should be.
    Yes,
    /// Not so.
    No,
    /// In part, or not known.
    Some,
}

impl Mark {
    /// Of yes or no.
    #[must_use]
    pub const fn of(right: bool) -> Self {
        if right { Self::Yes } else { Self::No }
    }

    /// The sign for it.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Yes => "✓",
            Self::No => "✗",
            Self::Some => "!",
        }
    }

    /// The word for it, as in classes and in the document.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Some => "some",
        }
    }
}

/// What is listed beside the drawing, to be chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// How it stands.
    pub mark: Mark,
    /// The mark in a word: `pass`, `Unreachable`.
    pub word: String,
    /// Its name.
    pub name: String,
    /// Its section in the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<&'static str>,
    /// Where it stands in the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What is not as expected: what, expected, came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<[String; 3]>,
    /// Why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// What in the drawing it is about, where it has no paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub things: Vec<String>,
    /// The marks in the drawing that say it, by their numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<usize>,
    /// The connections that were asked about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
}

impl Row {
    /// A row with nothing but how it stands and its name.
    #[must_use]
    pub fn new(mark: Mark, word: &str, name: &str) -> Self {
        Self {
            mark,
            word: word.to_owned(),
            name: name.to_owned(),
            section: None,
            place: None,
            differences: Vec::new(),
            why: Vec::new(),
            things: Vec::new(),
            marks: Vec::new(),
            answers: Vec::new(),
        }
    }
}

/// The answer about one connection.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// How it stands.
    pub mark: Mark,
    /// `Reachable` or `Unreachable`.
    pub word: &'static str,
    /// The rest of the verdict: from where, to where, over what, under which reserve.
    pub asked: String,
    /// Its number among those whose ways are drawn, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawn: Option<usize>,
    /// Every path.
    pub paths: Vec<Path>,
    /// What else the text of a check says: label and text.
    pub facts: Vec<Fact>,
    /// What is to be said of the remedies as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<String>,
    /// The remedy as a partial topology, in YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlay: Option<String>,
}

/// A line below an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is of; empty where it goes on with the one before.
    pub label: &'static str,
    /// The text.
    pub text: String,
    /// Whether the answer rests on it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub doubt: bool,
}

/// One path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Path {
    /// Whether it works.
    pub mark: Mark,
    /// How it ends.
    pub disposition: &'static str,
    /// The part of all flows that takes it, in percent.
    pub share: String,
    /// Its hops.
    pub hops: Vec<Hop>,
}

/// A hop of a path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hop {
    /// What is drawn of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing: Option<String>,
    /// What else that is drawn the way to it comes by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    /// The lines that the way to it crosses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<String>,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: &'static str,
    /// Its address, where it is not called so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Whether the packet comes by.
    pub reached: bool,
    /// What it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<String>,
    /// The packet as it comes.
    pub packet: String,
    /// What happened there.
    pub steps: Vec<Step>,
    /// What is wrong there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
}

/// Something that happened at a hop.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// `in`, `out`, `route`, `rule`, `nat` …, as in the text of a check.
    pub label: &'static str,
    /// Whether it lets the packet pass, where it decides that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// What it is, in words.
    pub text: String,
    /// The rules that were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Compared>,
    /// The routes among which one was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routes: Option<Chosen>,
}

/// Rules that were compared with a packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The list, in `lists`.
    pub list: usize,
    /// The position of the rule that decided; the list's length where none did.
    pub decided: usize,
    /// For each rule up to that one Azure's five booleans, as bits: protocol 1, source 2, source port 4,
    /// destination 8, destination port 16.
    pub matched: Vec<u8>,
}

/// Routes of which one was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// The table, in `tables`.
    pub table: usize,
    /// Those that lead to the packet's destination, the chosen one first, each with why it lost.
    pub rows: Vec<(usize, String)>,
    /// To which address.
    pub destination: String,
}

/// Something that is wrong at a hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// Its code.
    pub code: &'static str,
    /// Whether it stops the packet.
    pub error: bool,
    /// What it means.
    pub message: String,
    /// What would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The file, line and column that cause it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// That line, where it may be shown, in three parts, of which the second causes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<[String; 3]>,
}
