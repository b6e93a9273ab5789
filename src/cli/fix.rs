//! `dryhop fix`: the smallest changes with which a connection works.

use dryhop::check::connections;
use dryhop::engine::{Engine, Question, check, singles};
use dryhop::report::fix as report;
use dryhop::spec::checks::ConnectionStatus;
use dryhop::whatif::{overlay, suggested, yaml};

use super::arguments::{FixArguments, FixFormat};
use super::ask::{self, Ask};
use super::exit::{Exit, Failure, Fault};
use super::output;

/// Answers; that it is blocked is a no, whether or not something helps.
pub fn run(arguments: FixArguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    let mut ask = Ask::new(&arguments.files.topology, common)?;
    let question = question(&mut ask, &arguments)?;
    let engine = Engine::new(&ask.network);
    let answers = check(&engine, &question).map_err(|fault| ask.refused(&fault))?;
    let found: Vec<report::Fixed> = singles(&ask.network, &question)
        .iter()
        .zip(answers)
        .map(|(single, answer)| report::Fixed {
            suggested: suggested(&engine, single, &answer),
            answer,
        })
        .collect();
    let (network, sources) = (&ask.network, &ask.loaded.sources);
    let text = match arguments.format {
        FixFormat::Text => report::text(network, sources, &found, arguments.all, ask.style),
        FixFormat::Json => ask.json(&report::document(network, sources, &found))?,
        FixFormat::Markdown => report::markdown(network, sources, &found, arguments.all),
        FixFormat::Overlay => chosen(&ask, &found, usize::from(arguments.choose))?,
    };
    output::write(common, &text)?;
    let reachable = found
        .iter()
        .all(|own| own.answer.status == ConnectionStatus::Reachable);
    let assumed = found.iter().any(|own| !own.answer.assumptions.is_empty());
    Ok(Exit::of(
        reachable,
        common.strict && (assumed || ask.loaded.left > 0),
    ))
}

/// The connection that is named, or that a check asks about.
fn question(ask: &mut Ask, arguments: &FixArguments) -> Result<Question, Failure> {
    let named = match (&arguments.check, &arguments.source, &arguments.destination) {
        (Some(name), ..) => name,
        (None, Some(source), Some(destination)) => {
            return ask.question((source, destination), arguments.protocol, arguments.port);
        }
        // The arguments' own rules leave nothing else.
        _ => {
            return Err(ask.fault(Fault::new(
                "`--source` and `--destination` are missing",
                None,
            )));
        }
    };
    ask.loaded.network = ask.network.clone();
    let all = connections(&ask.loaded);
    let all = all.map_err(|faults| ask.faulty(faults))?;
    let mut fitting = all
        .iter()
        .filter(|own| own.name.eq_ignore_ascii_case(named));
    let Some(found) = fitting.next() else {
        let names = all.iter().map(|own| &*own.name);
        let close = dryhop::diagnostic::suggest(named, names);
        let help = close.map(|close| format!("did you mean `{close}`?"));
        let message = format!("the section `checks` has none called `{named}`");
        return Err(ask.fault(Fault::new(message, help)));
    };
    if !found.down.is_empty() {
        let network = std::mem::take(&mut ask.network);
        ask.network = ask::down_all(network, &found.down, &arguments.common)?;
    }
    Ok(found.question.clone())
}

/// One fix as an overlay; nothing to lay over where there is nothing to mend.
fn chosen(ask: &Ask, found: &[report::Fixed], number: usize) -> Result<String, Failure> {
    let mut blocked = found
        .iter()
        .filter(|own| own.answer.status != ConnectionStatus::Reachable);
    let Some(first) = blocked.next() else {
        return Ok("{}\n".to_owned());
    };
    if blocked.next().is_some() {
        let help = "ask about one of its instances".to_owned();
        let message = "an overlay is for one connection, and several of the set are blocked";
        return Err(ask.fault(Fault::new(message, Some(help))));
    }
    let remedies = &first.suggested.remedies;
    match remedies.get(number.saturating_sub(1)) {
        Some(remedy) => Ok(yaml(&overlay(&ask.network, &remedy.changes()))),
        None if remedies.is_empty() => {
            let help = "without `--format overlay` it is said what was tried".to_owned();
            let message = "no change that is known makes it reachable";
            Err(ask.fault(Fault::new(message, Some(help))))
        }
        None => {
            let fixes = match remedies.len() {
                1 => "there is 1 fix".to_owned(),
                count => format!("there are {count} fixes"),
            };
            Err(ask.fault(Fault::new(format!("{fixes}, and no number {number}"), None)))
        }
    }
}
