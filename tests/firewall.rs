//! Azure Firewall against Microsoft's pages, one test for each rule.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "firewall/rules.rs"]
mod rules;
#[path = "firewall/sending.rs"]
mod sending;
#[path = "firewall/support.rs"]
mod support;
