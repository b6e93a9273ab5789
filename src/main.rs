//! The `dryhop` command.
fn main() {}
