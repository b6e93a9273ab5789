//! `dryhop schema`: the JSON Schema of what dryhop reads and writes.

use dryhop::report::{json, schema};
use dryhop::spec::describe;

use super::arguments::{Described, SchemaArguments, When};
use super::exit::{Exit, Failure, Fault};
use super::output;

/// Prints it.
pub fn run(arguments: &SchemaArguments) -> Result<Exit, Failure> {
    let document = match arguments.what {
        Described::Topology => describe::topology(),
        Described::Answer => schema::answer(),
        Described::DiffAllow => describe::intended(),
    };
    let text = json(&document).map_err(|fault| {
        let fault = Fault::new(fault.to_string(), None);
        Failure::Question(vec![fault], output::error_style(When::Auto))
    })?;
    match &arguments.output {
        Some(path) if path.as_os_str() != "-" => {
            output::to_file(When::Auto, path, text.as_bytes())?
        }
        _ => output::to_stdout(When::Auto, text.as_bytes())?,
    }
    Ok(Exit::Yes)
}
