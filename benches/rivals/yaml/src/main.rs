//! What YAML parsers alone take for a topology's file: `rival-yaml value|events FILE`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(how), Some(file)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: rival-yaml value|events FILE");
        return ExitCode::from(2);
    };
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(fault) => {
            eprintln!("{file}: {fault}");
            return ExitCode::from(2);
        }
    };
    let read = match how.as_str() {
        // As a tree, without a look at its meaning.
        "value" => serde_yaml::from_str::<serde_yaml::Value>(&text)
            .map(|tree| tree.as_mapping().map_or(0, serde_yaml::Mapping::len))
            .map_err(|fault| fault.to_string()),
        // As events, of which nothing is kept.
        "events" => saphyr_parser::Parser::new_from_str(&text)
            .try_fold(0, |count, event| event.map(|_| count + 1))
            .map_err(|fault| fault.to_string()),
        _ => Err(format!("`{how}` is neither `value` nor `events`")),
    };
    match read {
        Ok(count) => {
            println!("{count}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(2)
        }
    }
}
