//! `dryhop check`: Connection troubleshoot.

use dryhop::engine::{Answer, Application, Engine, Question, check, singles};
use dryhop::net::Protocol;
use dryhop::network::Endpoint;
use dryhop::report::graph::Scene;
use dryhop::report::{check as report, page};
use dryhop::spec::checks::ConnectionStatus;
use dryhop::whatif::{Remedy, remedies};

use super::arguments::{Asked, CheckArguments, CheckFormat, GraphFormat};
use super::ask::Ask;
use super::exit::{Exit, Failure, Fault};
use super::{graph, output};

/// Answers, and says so by the exit status.
pub fn run(arguments: CheckArguments) -> Result<Exit, Failure> {
    let ask = Ask::new(&arguments.files.topology, &arguments.common)?;
    let ends = (&*arguments.source, &*arguments.destination);
    let question = Question {
        source_port: arguments.source_port,
        probes: arguments.probes,
        seed: arguments.seed,
        ..question(&ask, ends, arguments.protocol, arguments.port)?
    };
    let engine = Engine::new(&ask.network);
    let answers = answers(&ask, &engine, &question)?;
    let remedies = helped(&engine, &arguments, &question, &answers);
    let text = write(&ask, &arguments, &engine, &question, &answers, &remedies)?;
    output::write(&arguments.common, &text)?;
    let reachable = answers
        .iter()
        .all(|answer| answer.status == ConnectionStatus::Reachable);
    let assumed = answers.iter().any(|answer| !answer.assumptions.is_empty());
    Ok(Exit::of(
        reachable,
        arguments.common.strict && (assumed || ask.loaded.left > 0),
    ))
}

/// A question by what its ends are called.
pub fn question(
    ask: &Ask,
    (source, destination): (&str, &str),
    protocol: Asked,
    port: Option<u16>,
) -> Result<Question, Failure> {
    let source = ask.network.endpoint(source);
    let destination = ask.network.endpoint(destination);
    let (source, destination) = match (source, destination) {
        (Ok(source), Ok(destination)) => (source, destination),
        (source, destination) => {
            let faults = source
                .err()
                .into_iter()
                .chain(destination.err())
                .map(Fault::from)
                .collect();
            return Err(ask.failure(faults));
        }
    };
    let (protocol, application) = match protocol {
        Asked::Tcp => (Protocol::Tcp, Application::None),
        Asked::Udp => (Protocol::Udp, Application::None),
        Asked::Icmp => (Protocol::Icmp, Application::None),
        Asked::Http => (Protocol::Tcp, Application::Http),
        Asked::Https => (Protocol::Tcp, Application::Https),
    };
    Ok(Question {
        application,
        ..Question::new(source, destination, protocol, port)
    })
}

/// The answers to a question.
pub fn answers(
    ask: &Ask,
    engine: &Engine<'_>,
    question: &Question,
) -> Result<Vec<Answer>, Failure> {
    check(engine, question).map_err(|fault| {
        let help = match fault {
            dryhop::engine::QuestionFault::PortMissing(_) => {
                Some("name it with `--port`".to_owned())
            }
            _ => None,
        };
        ask.fault(Fault::new(fault.to_string(), help))
    })
}

/// The remedies of each answer, where they are shown.
fn helped(
    engine: &Engine<'_>,
    arguments: &CheckArguments,
    question: &Question,
    answers: &[Answer],
) -> Vec<Vec<Remedy>> {
    let shown = [CheckFormat::Text, CheckFormat::Json];
    if !shown.contains(&arguments.format) {
        return Vec::new();
    }
    let singles = singles(engine.network(), question);
    let each = singles.iter().zip(answers);
    each.map(|(single, answer)| remedies(engine, single, answer))
        .collect()
}

fn write(
    ask: &Ask,
    arguments: &CheckArguments,
    engine: &Engine<'_>,
    question: &Question,
    answers: &[Answer],
    remedies: &[Vec<Remedy>],
) -> Result<String, Failure> {
    let (network, sources) = (&ask.network, &ask.loaded.sources);
    let set = [&question.source, &question.destination]
        .into_iter()
        .any(|end| matches!(end, Endpoint::ScaleSet(_)));
    let document = || report::document(network, sources, answers, remedies, set);
    match arguments.format {
        CheckFormat::Text => Ok(report::text(network, sources, answers, remedies, ask.style)),
        CheckFormat::Json => ask.json(&document()),
        CheckFormat::AzureTable => {
            let table = report::azure_table(&document());
            ask.json(&table.map_err(|fault| ask.fault(Fault::new(fault.to_string(), None)))?)
        }
        CheckFormat::Html => ask.page(&page::answers(engine, sources, answers, remedies)),
        CheckFormat::Svg | CheckFormat::Mermaid | CheckFormat::Dot => {
            let scene = Scene::new(network, answers, &[]).focused();
            let format = match arguments.format {
                CheckFormat::Mermaid => GraphFormat::Mermaid,
                CheckFormat::Dot => GraphFormat::Dot,
                _ => GraphFormat::Svg,
            };
            Ok(graph::picture(&scene, format, &arguments.common))
        }
    }
}
