//! Application gateways and Bastion hosts as destinations and on the way, each behaviour with the page it
//! follows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

#[path = "proxies/backends.rs"]
mod backends;
#[path = "proxies/bastion.rs"]
mod bastion;
#[path = "proxies/frontends.rs"]
mod frontends;
#[path = "proxies/required.rs"]
mod required;
#[path = "proxies/support.rs"]
mod support;
