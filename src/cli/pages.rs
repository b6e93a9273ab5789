//! `dryhop completions` and `dryhop man`: what shells and manuals know of the command line, out of the table
//! of its arguments.

use clap::CommandFactory;

use super::arguments::{Cli, CompletionsArguments, ManArguments, When};
use super::exit::{Exit, Failure, Fault};
use super::output;

/// Prints a script of completions.
pub fn completions(arguments: &CompletionsArguments) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    clap_complete::generate(arguments.shell, &mut command, "dryhop", &mut script);
    output::to_stdout(When::Auto, &script)?;
    Ok(Exit::Yes)
}

/// Prints the first page of the manual, or writes all of them into a folder.
pub fn man(arguments: &ManArguments) -> Result<Exit, Failure> {
    let command = Cli::command();
    let written = match &arguments.output {
        Some(folder) => {
            std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder))
        }
        None => {
            let mut page = Vec::new();
            let written = clap_mangen::Man::new(command).render(&mut page);
            output::to_stdout(When::Auto, &page)?;
            written
        }
    };
    written.map_err(|fault| {
        let fault = Fault::new(format!("the pages cannot be written: {fault}"), None);
        Failure::Question(vec![fault], output::error_style(When::Auto))
    })?;
    Ok(Exit::Yes)
}
