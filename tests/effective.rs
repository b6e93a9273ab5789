//! Effective routes and rules, next hop, IP flow verify and NSG diagnostics against Microsoft's own
//! worked examples. Each test names the page that it follows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

#[path = "effective/gateways.rs"]
mod gateways;
#[path = "effective/judged.rs"]
mod judged;
#[path = "effective/routes.rs"]
mod routes;
#[path = "effective/rules.rs"]
mod rules;
#[path = "effective/support.rs"]
mod support;
#[path = "effective/tools.rs"]
mod tools;
