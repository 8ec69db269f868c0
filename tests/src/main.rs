//! `leadyard-local`: the local stack from the command line. The Makefile's targets call it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks to a person")]

mod arguments;
mod command;

use std::process::ExitCode;

use arguments::{Command, USAGE};

fn main() -> ExitCode {
    let command = match arguments::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the async runtime did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match command {
            Command::Build { profile } => command::build(profile).await,
            Command::Up { profile } => command::up(profile).await,
            Command::Down => command::down().await,
            Command::Logs { functions } => command::logs(&functions).await,
            Command::Watch => command::watch().await,
            Command::Help => {
                println!("{USAGE}");
                Ok(())
            }
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
