//! Importing: what is in each input is in the topology, by the file and directly; what is not is listed; nothing
//! secret gets through.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

#[path = "import/answers.rs"]
mod answers;
#[path = "import/inputs.rs"]
mod inputs;
#[path = "import/secrets.rs"]
mod secrets;
#[path = "import/shapes.rs"]
mod shapes;
#[path = "import/support.rs"]
mod support;
#[path = "import/templates.rs"]
mod templates;
#[path = "import/terraform.rs"]
mod terraform;
