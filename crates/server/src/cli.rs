//! The command line: its commands, and which function runs each.
//!
//! A command reads all of its arguments before it touches anything, so that a usage error leaves no trace. Then it runs
//! and returns a [`CommandOutput`](output::CommandOutput), which is printed as one JSON value or for people.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::{ArgMatches, Command};

use crate::config::{ConfigFile, Layers, value};

mod agent;
mod allow;
mod args;
mod backup;
mod check;
mod cli_error;
mod completions;
mod console;
mod customer;
mod device;
mod exchange;
mod export;
mod health;
mod import;
mod key;
mod man;
mod migrate;
mod operator;
mod output;
mod plain_text;
mod renumbering;
mod serving;
mod user;

#[cfg(test)]
mod tests;

pub use cli_error::CliError;
pub use console::{Console, Exit, Progress};
use output::{CommandOutput, OutputFormat};

const ABOUT: &str = "The address book of a telephone system, as a server: JSON-RPC 2.0 over HTTP.";

const AFTER: &str = "\
Every option can also be set by an environment variable (--log-format is RINGBOOK_LOG_FORMAT) and in a TOML file
(log-format = \"json\") that --config names. Options override the environment, the environment overrides the file.

Examples:
  ringbook demo                                 a server with generated contacts, to try it out
  ringbook customer add Acme                    a customer with an empty address book
  ringbook user add acme --customer 1           a user of the customer
  ringbook key add --user 1                     an access token for the user, printed once
  ringbook allow add 10.0.0.0/8 --customer 1    addresses that may call for the customer
  ringbook device add phones --customer 1       a key for telephones, printed once
  ringbook serve                                the server";

/// The program with all of its commands.
fn program() -> Command {
    let config = args::option("config", "FILE", "Read settings from this TOML file");
    Command::new("ringbook")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(AFTER)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(config.global(true).help_heading(args::COMMON))
        .subcommands([serving::demo_command(), serving::serve_command()])
        .subcommands([agent::command(), customer::command(), user::command(), key::command(), allow::command()])
        .subcommand(device::command())
        .subcommands([import::command(), export::command()])
        .subcommands([backup::command(), check::command(), migrate::command(), health::command()])
        .subcommands([completions::command(), man::command()])
}

/// Runs the program with these arguments, its own name first, on the streams and the environment of the process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let progress = if io::stderr().is_terminal() { Progress::Drawn } else { Progress::Hidden };
    let mut console = Console {
        stdin: &mut io::stdin().lock(),
        stdout: &mut io::stdout(),
        stderr: &mut io::stderr(),
        environment: &|name| std::env::var_os(name),
        progress,
        is_interactive: progress == Progress::Drawn && io::stdin().is_terminal(),
    };
    ExitCode::from(run_with(arguments, &mut console).code())
}

/// Runs the program on a console.
pub fn run_with(arguments: impl IntoIterator<Item = OsString>, console: &mut Console<'_>) -> Exit {
    let matches = match program().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return print_clap_error(&error, console),
    };
    match dispatch(&matches, console) {
        Ok(exit) => exit,
        Err(error) => {
            // Nothing can be done if stderr is closed.
            let _ = writeln!(console.stderr, "{}", error.message(&matches));
            error.exit()
        }
    }
}

/// Prints a usage error, or the help that was asked for.
fn print_clap_error(error: &clap::Error, console: &mut Console<'_>) -> Exit {
    let text = error.render();
    let written = if error.use_stderr() {
        write!(console.stderr, "{text}")
    } else {
        write!(console.stdout, "{text}").and_then(|()| console.stdout.flush())
    };
    match (error.exit_code(), written) {
        (0, Ok(())) => Exit::Done,
        (0, Err(_)) => Exit::Failed,
        (_, _) => Exit::WrongUsage,
    }
}

fn dispatch(matches: &ArgMatches, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let (noun, matches) = matches.subcommand().ok_or_else(|| CliError::usage("no command"))?;
    let (verb, leaf) = matches.subcommand().unwrap_or(("", matches));
    let environment = console.environment;
    let file = config_file(&Layers::new(leaf, environment, None))?;
    let layers = Layers::new(leaf, environment, file.as_ref());
    match noun {
        "serve" => {
            let options = serving::serve_options(&layers)?;
            crate::serve::serve(options).map_err(CliError::failed).map(|()| Exit::Done)
        }
        "demo" => {
            let options = serving::demo_options(&layers)?;
            crate::demo::demo(options).map_err(CliError::failed).map(|()| Exit::Done)
        }
        "health" => health::run(&layers)?.print(OutputFormat::Text, console),
        "completions" => completions::run(leaf, &mut program())?.print(OutputFormat::Text, console),
        "man" => man::run(leaf, program())?.print(OutputFormat::Text, console),
        _ => {
            let format = if layers.is_up("json")? { OutputFormat::Json } else { OutputFormat::Text };
            run_command(noun, verb, leaf, &layers, console)?.print(format, console)
        }
    }
}

/// Runs a command that has `--json`.
fn run_command(
    noun: &str,
    verb: &str,
    leaf: &ArgMatches,
    layers: &Layers<'_>,
    console: &mut Console<'_>,
) -> Result<CommandOutput, CliError> {
    match noun {
        "agent" => agent::run(verb, leaf, layers),
        "customer" => customer::run(verb, leaf, layers, console),
        "user" => user::run(verb, leaf, layers, console.stdin),
        "key" => key::run(verb, leaf, layers),
        "device" => device::run(verb, leaf, layers),
        "allow" => allow::run(verb, leaf, layers),
        "backup" => backup::run(leaf, layers, console.progress),
        "check" => check::run(layers, console.progress),
        "import" => import::run(leaf, layers, console),
        "export" => export::run(leaf, layers, console),
        "migrate-store" => migrate::run(leaf, console.progress),
        _ => Err(operator::unknown(noun)),
    }
}

/// The file that `--config` or its variable names. Its keys may be the options of any command.
fn config_file(layers: &Layers<'_>) -> Result<Option<ConfigFile>, CliError> {
    let Some(path) = layers.value("config", value::path)? else { return Ok(None) };
    let mut known = BTreeSet::new();
    collect_options(&program(), &mut known);
    known.remove("config");
    Ok(Some(ConfigFile::read(&path, &known)?))
}

fn collect_options(command: &Command, known: &mut BTreeSet<String>) {
    known.extend(command.get_arguments().filter_map(|arg| arg.get_long()).map(str::to_owned));
    for command in command.get_subcommands() {
        collect_options(command, known);
    }
}
