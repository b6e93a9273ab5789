//! A naive second implementation of dryhop's semantics, held against the engine by `tests/oracle.rs`.
//!
//! It is written from the reference pages (routing §0, security §0, the decisions) and shares no code
//! with the engine: its own model, linear scans, prefixes that contain an address or do not. Where the
//! two disagree, the pages decide.

#![expect(
    clippy::expect_used,
    reason = "what a test cannot go on without may end it"
)]

pub mod adapter;
pub mod answer;
mod appliance;
mod balance;
mod branches;
mod choice;
mod endpoints;
mod firewalls;
pub mod generate;
mod internet;
mod managers;
pub mod model;
mod policies;
mod pools;
pub mod questions;
pub mod reach;
mod reply;
pub mod routes;
pub mod rules;
mod sites;
mod steer;
pub mod tape;
pub mod walk;
pub mod yaml;
mod yaml_edge;
mod yaml_policy;
