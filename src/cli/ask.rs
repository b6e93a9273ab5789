//! What every command has in common: files are read, names looked up, resources put out of order.

use std::io::{Read, Write};
use std::path::PathBuf;

use dryhop::diagnostic::{Diagnostic, render};
use dryhop::engine::{Application, Question, QuestionFault};
use dryhop::load::{Loaded, load};
use dryhop::net::Protocol;
use dryhop::network::{Id, NameFault, Network, Nic};
use dryhop::report::Style;
use dryhop::report::page::Page;
use dryhop::spec::read::Input;

use super::arguments::{Asked, Common};
use super::exit::{Failure, Fault};
use super::output;

/// What is asked, as it is meant.
#[derive(Debug)]
pub struct Ask {
    /// What was loaded.
    pub loaded: Loaded,
    /// The network as it is asked about: with what is out of order.
    pub network: Network,
    /// How a text looks where the result goes.
    pub style: Style,
    error_style: Style,
}

/// Reads files without asking whether they are sound.
pub fn read(topology: &[PathBuf], common: &Common) -> Result<Loaded, Failure> {
    let (inputs, overlays) = layers(topology, common)?;
    Ok(load(&inputs, &overlays))
}

/// The files of a topology, and the overlays over them.
pub fn layers(topology: &[PathBuf], common: &Common) -> Result<(Vec<Input>, Vec<Input>), Failure> {
    let style = output::error_style(common.color);
    let inputs = inputs(topology, style)?;
    let overlays = inputs_of_overlays(&common.overlay, &inputs, style)?;
    Ok((inputs, overlays))
}

/// Refuses what is not sound; what is doubtful is said unless all is to be quiet.
pub fn sound(loaded: Loaded, common: &Common) -> Result<Loaded, Failure> {
    let style = output::error_style(common.color);
    if !loaded.is_sound() {
        return Err(Failure::Files(
            loaded.diagnostics,
            Box::new(loaded.sources),
            style,
        ));
    }
    if !common.quiet && !loaded.diagnostics.is_empty() {
        // Where nobody reads them, nothing is lost.
        let text = render(&loaded.diagnostics, &loaded.sources, style.color);
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
    Ok(loaded)
}

impl Ask {
    /// Reads a topology, with its overlays and what is out of order.
    pub fn new(topology: &[PathBuf], common: &Common) -> Result<Self, Failure> {
        let error_style = output::error_style(common.color);
        let mut loaded = sound(read(topology, common)?, common)?;
        let network = std::mem::take(&mut loaded.network);
        let network = down(network, common)?;
        Ok(Self {
            loaded,
            network,
            style: output::style(common),
            error_style,
        })
    }

    /// A failure by faults of the question.
    pub fn failure(&self, faults: Vec<Fault>) -> Failure {
        Failure::Question(faults, self.error_style)
    }

    /// A failure by one fault of the question.
    pub fn fault(&self, fault: impl Into<Fault>) -> Failure {
        self.failure(vec![fault.into()])
    }

    /// A failure by faults of the files.
    pub fn faulty(&mut self, faults: Vec<Diagnostic>) -> Failure {
        Failure::Files(
            faults,
            Box::new(std::mem::take(&mut self.loaded.sources)),
            self.error_style,
        )
    }

    /// The NIC of that name.
    pub fn nic(&self, name: &str) -> Result<Id<Nic>, Failure> {
        self.network
            .nic(name)
            .map_err(|fault: NameFault| self.fault(fault))
    }

    /// The question about a connection between two ends that are named.
    pub fn question(
        &self,
        (source, destination): (&str, &str),
        protocol: Asked,
        port: Option<u16>,
    ) -> Result<Question, Failure> {
        let source = self.network.endpoint(source);
        let destination = self.network.endpoint(destination);
        let (source, destination) = match (source, destination) {
            (Ok(source), Ok(destination)) => (source, destination),
            (source, destination) => {
                let faults = source.err().into_iter().chain(destination.err());
                return Err(self.failure(faults.map(Fault::from).collect()));
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

    /// A failure since a question cannot be put.
    pub fn refused(&self, fault: &QuestionFault) -> Failure {
        let help = match fault {
            QuestionFault::PortMissing(_) => Some("name it with `--port`".to_owned()),
            _ => None,
        };
        self.fault(Fault::new(fault.to_string(), help))
    }

    /// Writes a page.
    pub fn page(&self, page: &Page) -> Result<String, Failure> {
        page.html()
            .map_err(|fault| self.fault(Fault::new(fault.to_string(), None)))
    }

    /// Writes a document.
    pub fn json(&self, document: &impl serde::Serialize) -> Result<String, Failure> {
        dryhop::report::json(document)
            .map_err(|fault| self.fault(Fault::new(fault.to_string(), None)))
    }
}

/// The network with what is out of order.
pub fn down(network: Network, common: &Common) -> Result<Network, Failure> {
    down_all(network, &common.down, common)
}

/// The network with these out of order.
pub fn down_all(network: Network, names: &[String], common: &Common) -> Result<Network, Failure> {
    if names.is_empty() {
        return Ok(network);
    }
    network.with_down(names).map_err(|faults| {
        let faults = faults.into_iter().map(Fault::from).collect();
        Failure::Question(faults, output::error_style(common.color))
    })
}

/// What is to be read: files, folders, or standard input.
pub fn inputs(paths: &[PathBuf], style: Style) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::with_capacity(paths.len());
    for path in paths {
        inputs.push(if path.as_os_str() == "-" {
            stdin(&inputs, style)?
        } else {
            Input::Path(path.clone())
        });
    }
    Ok(inputs)
}

fn inputs_of_overlays(
    paths: &[PathBuf],
    base: &[Input],
    style: Style,
) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::with_capacity(paths.len());
    for path in paths {
        inputs.push(if path.as_os_str() == "-" {
            stdin(base, style)?
        } else {
            Input::Path(path.clone())
        });
    }
    Ok(inputs)
}

fn stdin(known: &[Input], style: Style) -> Result<Input, Failure> {
    let failure = |message: String| Failure::Question(vec![Fault::new(message, None)], style);
    if known
        .iter()
        .any(|input| matches!(input, Input::Text { .. }))
    {
        return Err(failure("standard input can be read once only".to_owned()));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|fault| failure(format!("standard input cannot be read: {fault}")))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Input::Text {
            name: "<stdin>".to_owned(),
            text,
        }),
        Err(_) => Err(failure("standard input is not UTF-8 text".to_owned())),
    }
}
