//! `leadyard-local`: the local stack from the command line. The Makefile's targets call it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks to a person")]

mod arguments;
mod command;

use std::{error::Error, process::ExitCode};

use arguments::{Command, USAGE};
use leadyard_tests::{bench, demo};

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
    match runtime.block_on(run(command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Build { profile } => command::build(profile).await?,
        Command::Up { profile } => command::up(profile).await?,
        Command::Down => command::down().await?,
        Command::Logs { functions } => command::logs(&functions).await?,
        Command::Watch => command::watch().await?,
        Command::Demo { profile } => return Ok(success(demo::run(profile).await?)),
        Command::Simulate(asked) => command::simulate(&asked).await?,
        Command::BenchStart => return Ok(success(bench::start().await?)),
        Command::BenchLoad => return Ok(success(bench::load().await?)),
        Command::BenchSync => return Ok(success(bench::sync().await?)),
        Command::BenchSimulate => return Ok(success(bench::simulate().await?)),
        Command::Help => println!("{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn success(is_one: bool) -> ExitCode {
    if is_one { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
