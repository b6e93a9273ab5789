//! Remedies: what is suggested against each kind of block, and that it helps and does just what it says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

#[path = "remedies/brute.rs"]
mod brute;
#[path = "remedies/kinds.rs"]
mod kinds;
#[path = "oracle/mod.rs"]
#[allow(dead_code, reason = "its topologies are what is needed here")]
mod naive;
#[path = "remedies/proxies.rs"]
mod proxies;
