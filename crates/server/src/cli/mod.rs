//! The command line: what a person or a script types, and what they get to see.
//!
//! A command is read whole before anything is touched ([`Task`]), so that wrong usage leaves no trace; then it runs
//! against the store and yields an [`output::Answer`], which is shown as one JSON value or for people. What goes in and out
//! is handed over as a [`Console`]: nothing here knows the process's own streams but [`run`].

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use clap::{ArgMatches, Command};

use crate::config::{ConfigFile, Environment, Layers, value};

mod agent;
mod allow;
mod args;
mod check;
mod completions;
mod customer;
mod exchange;
mod export;
mod failure;
mod health;
mod import;
mod key;
mod migrate;
mod operator;
mod output;
mod serving;
mod user;

#[cfg(test)]
mod tests;

pub use failure::Failure;
use operator::Task;

/// What a command is connected to.
pub struct Console<'a> {
    /// Where a password is read from.
    pub stdin: &'a mut dyn BufRead,
    /// For answers.
    pub stdout: &'a mut dyn Write,
    /// For messages.
    pub stderr: &'a mut dyn Write,
    /// The variables of the environment.
    pub environment: Environment<'a>,
    /// Whether somebody watches.
    pub progress: Progress,
}

/// Whether progress is drawn on the terminal behind stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Somebody watches.
    Drawn,
    /// Nobody does.
    Hidden,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was told: 0.
    Done,
    /// It could not: 1.
    Failed,
    /// It was told nonsense: 2.
    WrongUsage,
}

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::WrongUsage => 2,
        }
    }
}

/// Runs the program with these arguments, its own name first, on the process's streams and environment.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let progress = if io::stderr().is_terminal() { Progress::Drawn } else { Progress::Hidden };
    let mut console = Console {
        stdin: &mut io::stdin().lock(),
        stdout: &mut io::stdout(),
        stderr: &mut io::stderr(),
        environment: &|name| std::env::var_os(name),
        progress,
    };
    ExitCode::from(run_with(arguments, &mut console).code())
}

/// Runs the program on a console.
pub fn run_with(arguments: impl IntoIterator<Item = OsString>, console: &mut Console<'_>) -> Exit {
    let matches = match args::program().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return not_understood(&error, console),
    };
    match dispatch(&matches, console) {
        Ok(exit) => exit,
        Err(failure) => {
            // Nobody is left to be told when stderr fails.
            let _ = writeln!(console.stderr, "{}", failure.message(&matches));
            failure.exit()
        }
    }
}

/// What clap has to say: a mistake, or the help that was asked for.
fn not_understood(error: &clap::Error, console: &mut Console<'_>) -> Exit {
    let text = error.render();
    let told = if error.use_stderr() {
        write!(console.stderr, "{text}")
    } else {
        write!(console.stdout, "{text}").and_then(|()| console.stdout.flush())
    };
    match (error.exit_code(), told) {
        (0, Ok(())) => Exit::Done,
        (0, Err(_)) => Exit::Failed,
        (_, _) => Exit::WrongUsage,
    }
}

fn dispatch(matches: &ArgMatches, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let (noun, matches) = matches.subcommand().ok_or_else(|| Failure::usage("no command"))?;
    let (verb, leaf) = matches.subcommand().unwrap_or(("", matches));
    let environment = console.environment;
    let file = config_file(&Layers::new(leaf, environment, None))?;
    let layers = Layers::new(leaf, environment, file.as_ref());
    match noun {
        "serve" => {
            let options = serving::serve_options(&layers)?;
            crate::serve::serve(options).map_err(Failure::failed).map(|()| Exit::Done)
        }
        "demo" => {
            let options = serving::demo_options(&layers)?;
            crate::demo::demo(options).map_err(Failure::failed).map(|()| Exit::Done)
        }
        "health" => health::run(&layers)?.show(output::Form::People, console),
        "import" => import::run(leaf, &layers, console)?.show(form(&layers)?, console),
        "export" => export::run(leaf, &layers, console)?.show(form(&layers)?, console),
        "migrate-store" => migrate::run(leaf, console.progress)?.show(form(&layers)?, console),
        "completions" => completions::run(leaf)?.show(output::Form::People, console),
        _ => operate(noun, verb, leaf, &layers, console),
    }
}

/// Reads the command whole, runs it, shows what came of it.
fn operate(
    noun: &str,
    verb: &str,
    leaf: &ArgMatches,
    layers: &Layers<'_>,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let form = form(layers)?;
    let place = operator::place(layers)?;
    let task = Task::read(noun, verb, leaf, layers, console.stdin)?;
    let answer = operator::run(task, &place, console.progress)?;
    answer.show(form, console)
}

fn form(layers: &Layers<'_>) -> Result<output::Form, Failure> {
    Ok(if layers.is_up("json")? { output::Form::Json } else { output::Form::People })
}

/// The file that `--config` or its variable names. Its keys may be the flags of any command.
fn config_file(layers: &Layers<'_>) -> Result<Option<ConfigFile>, Failure> {
    let Some(path) = layers.value("config", value::path)? else { return Ok(None) };
    let mut known = BTreeSet::new();
    flags(&args::program(), &mut known);
    known.remove("config");
    Ok(Some(ConfigFile::read(&path, &known)?))
}

fn flags(command: &Command, known: &mut BTreeSet<String>) {
    known.extend(command.get_arguments().filter_map(|arg| arg.get_long()).map(str::to_owned));
    for command in command.get_subcommands() {
        flags(command, known);
    }
}
