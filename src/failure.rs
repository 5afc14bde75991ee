//! What can go wrong, told to the person who reads it: what, where, and what to do.
//!
//! Exit code 2 says that the input is at fault and mending it will help; 1 says that something else failed, or
//! that an audit found a violation.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// The most problems of one file that are printed.
const SHOWN: usize = 1_000;

/// Why a verb did not end well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input is wrong, in these places: exit code 2.
    Input(Vec<Problem>),
    /// Something outside failed: exit code 1.
    World(String),
    /// The verb did its work and its answer is "no" (a violation was found), already printed: exit code 1.
    Negative,
    /// Whoever read the output has gone, as `head` does: nothing to complain about.
    ReaderGone,
}

/// A ledger that is not there, is something else or may not be touched is input; the rest is the world.
impl From<ledger::Error> for Failure {
    fn from(error: ledger::Error) -> Self {
        use ledger::Error;
        let text = error.to_string();
        match error {
            Error::Missing { .. }
            | Error::Exists { .. }
            | Error::Foreign { .. }
            | Error::Version { .. }
            | Error::WrongKey { .. } => Self::Input(vec![Problem { place: String::new(), what: text }]),
            _ => Self::World(text),
        }
    }
}

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// File, line and field, as far as they are known; empty where `what` says it.
    pub(crate) place: String,
    /// What is wrong and what to do, in one sentence.
    pub(crate) what: String,
}

impl Problem {
    /// A problem of a whole file or argument.
    pub(crate) fn new(place: impl fmt::Display, what: impl Into<String>) -> Self {
        Self { place: place.to_string(), what: what.into() }
    }

    /// A problem on a line of a file, in a column or field where one is to blame.
    pub(crate) fn at(file: &Path, line: u64, field: &str, what: impl Into<String>) -> Self {
        let dot = if field.is_empty() { "" } else { ":" };
        Self::new(format_args!("{}:{line}{dot}{field}", file.display()), what)
    }
}

impl Failure {
    /// One problem of the input.
    pub(crate) fn input(place: impl fmt::Display, what: impl Into<String>) -> Self {
        Self::Input(vec![Problem::new(place, what)])
    }

    /// A file that could not be read: input where it does not exist, the world otherwise.
    pub(crate) fn reading(file: &Path, error: &std::io::Error) -> Self {
        let what = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file: check the path",
            std::io::ErrorKind::PermissionDenied => "this file may not be read: check its permissions",
            std::io::ErrorKind::IsADirectory => "this is a folder: name a file inside it",
            std::io::ErrorKind::InvalidData => "this is not UTF-8 text: save it as UTF-8",
            _ => return Self::World(format!("{}: cannot be read: {error}", file.display())),
        };
        Self::input(file.display(), what)
    }

    /// A file that could not be written.
    pub(crate) fn writing(file: &Path, error: &std::io::Error) -> Self {
        let remedy = match error.kind() {
            std::io::ErrorKind::StorageFull => ": make room or name another folder with --out",
            std::io::ErrorKind::PermissionDenied => ": name a folder that may be written with --out",
            _ => "",
        };
        Self::World(format!("{}: cannot be written: {error}{remedy}", file.display()))
    }

    /// Prints itself once on standard error and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let mut text = String::new();
        let code = match self {
            Self::ReaderGone => return ExitCode::SUCCESS,
            Self::Negative => return ExitCode::from(1),
            Self::World(what) => {
                text = format!("wattle: {what}\n");
                1
            }
            Self::Input(problems) => {
                for problem in problems.iter().take(SHOWN) {
                    let place = if problem.place.is_empty() { "" } else { ": " };
                    text += &format!("wattle: {}{place}{}\n", problem.place, problem.what);
                }
                if problems.len() > SHOWN {
                    text += &format!("wattle: and {} more problems\n", problems.len() - SHOWN);
                }
                if problems.len() > 1 {
                    text += &format!("wattle: {} problems, nothing was done\n", problems.len());
                }
                2
            }
        };
        let _ = std::io::stderr().write_all(text.as_bytes()); // nobody is left to tell
        ExitCode::from(code)
    }
}
