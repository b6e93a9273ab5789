//! What YAML parsers alone take for a topology's file.

use crate::Fault;

/// Reads `file` into a tree or as events. The process is what is measured.
pub fn read(how: &str, file: &str) -> Result<(), Fault> {
    let text = std::fs::read_to_string(file)?;
    let count = match how {
        // As a tree, without a look at its meaning.
        "value" => {
            let tree = serde_yaml::from_str::<serde_yaml::Value>(&text)?;
            tree.as_mapping().map_or(0, serde_yaml::Mapping::len)
        }
        // As events, of which nothing is kept.
        "events" => saphyr_parser::Parser::new_from_str(&text)
            .try_fold(0, |count, event| event.map(|_| count + 1))?,
        _ => return Err(format!("`{how}` is neither `value` nor `events`").into()),
    };
    println!("{count}");
    Ok(())
}
