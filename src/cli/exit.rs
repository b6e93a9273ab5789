//! How a command ends, for the shell, and why it could not be answered.

use std::io::Write;
use std::process::{ExitCode, Termination};

use dryhop::diagnostic::{Diagnostic, render};
use dryhop::network::{NameFault, OutageFault};
use dryhop::report::Style;
use dryhop::source::Sources;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: reachable, everything holds.
    Yes,
    /// 1: unreachable, something does not hold.
    No,
    /// 2: could not be answered.
    Unanswered,
    /// 3: answered, but resting on something assumed, which `--strict` does not take.
    Assumed,
}

impl Exit {
    /// The exit of a verdict; `assumed` says that `--strict` is given and something is assumed.
    pub const fn of(yes: bool, assumed: bool) -> Self {
        match (assumed, yes) {
            (true, _) => Self::Assumed,
            (false, true) => Self::Yes,
            (false, false) => Self::No,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Unanswered => 2,
            Self::Assumed => 3,
        })
    }
}

/// Why a question could not be answered.
#[derive(Debug)]
pub enum Failure {
    /// The files are faulty.
    Files(Vec<Diagnostic>, Box<Sources>, Style),
    /// The question is.
    Question(Vec<Fault>, Style),
}

/// One fault of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    message: String,
    help: Option<String>,
}

impl Fault {
    /// A fault, with how to mend it.
    pub fn new(message: impl Into<String>, help: Option<String>) -> Self {
        Self {
            message: message.into(),
            help,
        }
    }
}

impl From<NameFault> for Fault {
    fn from(fault: NameFault) -> Self {
        match fault {
            NameFault::Unknown(name, close) => {
                let help = close.map(|close| format!("did you mean `{close}`?"));
                Self::new(format!("nothing is called `{name}`"), help)
            }
            NameFault::Ambiguous(name, all) => {
                let help = format!("say which: {}", all.join(", "));
                Self::new(format!("several things are called `{name}`"), Some(help))
            }
            NameFault::WrongKind(name, section) => Self::new(
                format!(
                    "`{name}` is one of `{section}`, which is nothing that can be asked for here"
                ),
                None,
            ),
        }
    }
}

impl From<OutageFault> for Fault {
    fn from(fault: OutageFault) -> Self {
        NameFault::from(fault).into()
    }
}

impl Failure {
    /// Writes it to standard error. Where nobody reads that, nothing can be done.
    pub fn show(&self) {
        let mut out = std::io::stderr().lock();
        let _ = match self {
            Self::Files(faults, sources, style) => {
                out.write_all(render(faults, sources, style.color).as_bytes())
            }
            Self::Question(faults, style) => faults.iter().try_for_each(|fault| {
                writeln!(out, "{} {}", style.verdict(false, "error:"), fault.message)?;
                match &fault.help {
                    Some(help) => writeln!(out, "  {} {help}", style.strong("help:")),
                    None => Ok(()),
                }
            }),
        };
    }
}
