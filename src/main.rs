//! The `dryhop` command.

mod cli;

fn main() -> cli::Exit {
    cli::run()
}
