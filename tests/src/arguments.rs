//! The command line.

use leadyard_tests::stack::{Profile, workspace::FUNCTIONS};

use crate::command::Simulate;

/// What to type.
pub const USAGE: &str = "\
usage: leadyard-local COMMAND

  up [--release]      build, start the local stack and leave it running
  down                stop it
  logs [FUNCTION..]   follow the logs of all functions, or of some
  build [--release]   build the functions and lay them out for `sam deploy`
  watch               run the stack with functions that are rebuilt when their code changes
  demo [--release]    send the demo's leads through a stack of its own and show where each one went
  simulate [--config FILE] [--leads FILE | --from DAY [--to DAY]] [--reset]
                      ask the running stack what leads would get, by a draft or by what is in force
  bench-start         time from process start to the first poll, for each function, and the size of its binary
  bench-load          leads a second, latency, AWS calls and their price
  bench-sync          leads a second from one account to another, and calls beside ordinary leads
  bench-simulate      ten thousand past leads decided again";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Compile and lay out.
    Build {
        /// How to compile.
        profile: Profile,
    },
    /// Start and leave running.
    Up {
        /// How to compile.
        profile: Profile,
    },
    /// Stop what was left running.
    Down,
    /// Follow logs.
    Logs {
        /// Of these functions.
        functions: Vec<String>,
    },
    /// Hot reload.
    Watch,
    /// Leads through the whole stack.
    Demo {
        /// How to compile.
        profile: Profile,
    },
    /// What leads would get.
    Simulate(Simulate),
    /// How quickly the functions start.
    BenchStart,
    /// What the stack takes, and what it costs.
    BenchLoad,
    /// What sync costs beside ordinary leads.
    BenchSync,
    /// How long a simulation takes.
    BenchSimulate,
    /// Say what can be typed.
    Help,
}

/// Reads the arguments after the program's name; the error is for a person.
pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.peekable();
    let Some(command) = arguments.next() else { return Ok(Command::Help) };
    match command.as_str() {
        "build" => Ok(Command::Build { profile: profile(arguments)? }),
        "up" => Ok(Command::Up { profile: profile(arguments)? }),
        "down" => nothing_more(arguments, Command::Down),
        "watch" => nothing_more(arguments, Command::Watch),
        "demo" => Ok(Command::Demo { profile: profile(arguments)? }),
        "bench-start" => nothing_more(arguments, Command::BenchStart),
        "bench-load" => nothing_more(arguments, Command::BenchLoad),
        "bench-sync" => nothing_more(arguments, Command::BenchSync),
        "bench-simulate" => nothing_more(arguments, Command::BenchSimulate),
        "simulate" => Ok(Command::Simulate(simulate(arguments)?)),
        "logs" => Ok(Command::Logs { functions: functions(arguments)? }),
        "help" | "--help" | "-h" => Ok(Command::Help),
        unknown => Err(format!("there is no command '{unknown}'")),
    }
}

fn profile(arguments: impl Iterator<Item = String>) -> Result<Profile, String> {
    let mut profile = Profile::Dev;
    for argument in arguments {
        match argument.as_str() {
            "--release" => profile = Profile::Release,
            unknown => return Err(format!("there is no option '{unknown}' here")),
        }
    }
    Ok(profile)
}

fn simulate(mut arguments: impl Iterator<Item = String>) -> Result<Simulate, String> {
    let mut asked = Simulate::default();
    let (mut from, mut to) = (None, None);
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("'{option}' needs a value"));
        match option.as_str() {
            "--config" => asked.config = Some(value()?.into()),
            "--leads" => asked.leads = Some(value()?.into()),
            "--from" => from = Some(value()?),
            "--to" => to = Some(value()?),
            "--reset" => asked.reset = true,
            unknown => return Err(format!("there is no option '{unknown}' here")),
        }
    }
    asked.days = match (from, to) {
        (Some(from), to) => Some((from.clone(), to.unwrap_or(from))),
        (None, Some(_)) => return Err("'--to' needs '--from'".to_owned()),
        (None, None) => None,
    };
    match asked {
        Simulate { leads: Some(_), days: Some(_), .. } => Err("give '--leads' or days, not both".to_owned()),
        asked => Ok(asked),
    }
}

fn functions(arguments: impl Iterator<Item = String>) -> Result<Vec<String>, String> {
    let named: Vec<String> = arguments.collect();
    if let Some(unknown) = named.iter().find(|name| !FUNCTIONS.contains(&name.as_str())) {
        return Err(format!("there is no function '{unknown}': there are {}", FUNCTIONS.join(", ")));
    }
    if named.is_empty() {
        return Ok(FUNCTIONS.map(str::to_owned).to_vec());
    }
    Ok(named)
}

fn nothing_more(mut arguments: impl Iterator<Item = String>, command: Command) -> Result<Command, String> {
    match arguments.next() {
        Some(unknown) => Err(format!("there is no option '{unknown}' here")),
        None => Ok(command),
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, Profile, Simulate, parse};

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn commands_and_their_options_are_understood() {
        let cases = [
            ("", Command::Help),
            ("--help", Command::Help),
            ("up", Command::Up { profile: Profile::Dev }),
            ("up --release", Command::Up { profile: Profile::Release }),
            ("build --release", Command::Build { profile: Profile::Release }),
            ("down", Command::Down),
            ("watch", Command::Watch),
            ("demo", Command::Demo { profile: Profile::Dev }),
            ("bench-start", Command::BenchStart),
            ("bench-load", Command::BenchLoad),
            ("bench-sync", Command::BenchSync),
            ("bench-simulate", Command::BenchSimulate),
            ("simulate", Command::Simulate(Simulate::default())),
            (
                "simulate --config a.yaml --from 2026-07-01 --reset",
                Command::Simulate(Simulate {
                    config: Some("a.yaml".into()),
                    leads: None,
                    days: Some(("2026-07-01".to_owned(), "2026-07-01".to_owned())),
                    reset: true,
                }),
            ),
            ("logs api", Command::Logs { functions: vec!["api".to_owned()] }),
        ];
        for (line, command) in cases {
            assert_eq!(parsed(line), Ok(command), "{line}");
        }
        assert!(matches!(parsed("logs"), Ok(Command::Logs { functions }) if functions.len() == 5));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (line, named) in [
            ("upp", "'upp'"),
            ("up --fast", "'--fast'"),
            ("down now", "'now'"),
            ("logs x", "'x'"),
            ("simulate --config", "'--config' needs a value"),
            ("simulate --to 2026-07-01", "'--from'"),
            ("simulate --leads a --from b", "not both"),
        ] {
            let problem = parsed(line).unwrap_err();
            assert!(problem.contains(named), "{line}: {problem}");
        }
    }
}
