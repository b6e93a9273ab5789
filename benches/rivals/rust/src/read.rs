//! What parsers alone take for a topology's file.

use std::fs;

use crate::{Fault, work};

/// Writes the same topology as YAML and as JSON.
pub fn work(megabytes: usize, yaml: &str, json: &str) -> Result<(), Fault> {
    let text = work::hubs(megabytes * 1_000_000);
    let tree: serde_json::Value = serde_yaml::from_str(&text)?;
    fs::write(json, serde_json::to_string(&tree)?)?;
    Ok(fs::write(yaml, text)?)
}

/// Reads `file` into a tree or as events. The process is what is measured.
pub fn read(how: &str, file: &str) -> Result<(), Fault> {
    let text = fs::read_to_string(file)?;
    let count = match how {
        // As a tree, without a look at its meaning.
        "yaml" => {
            let tree = serde_yaml::from_str::<serde_yaml::Value>(&text)?;
            tree.as_mapping().map_or(0, serde_yaml::Mapping::len)
        }
        "json" => {
            let tree = serde_json::from_str::<serde_json::Value>(&text)?;
            tree.as_object().map_or(0, serde_json::Map::len)
        }
        // As events, of which nothing is kept.
        "events" => saphyr_parser::Parser::new_from_str(&text)
            .try_fold(0, |count, event| event.map(|_| count + 1))?,
        _ => return Err(format!("`{how}` is none of `yaml`, `json` and `events`").into()),
    };
    println!("{count}");
    Ok(())
}
