//! Runs a program to its end without holding up the async runtime.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::StackError;

/// Lines of a failed program's output that go into the error.
const OUTPUT_LINES_SHOWN: usize = 40;

/// Runs `command` with all its output in the file `log`; a failure shows the end of it.
pub(super) async fn run_logged(mut command: Command, log: PathBuf) -> Result<(), StackError> {
    blocking(move || {
        let file = fs::File::create(&log).map_err(StackError::file(&log))?;
        let errors = file.try_clone().map_err(StackError::file(&log))?;
        command.stdin(Stdio::null()).stdout(file).stderr(errors);
        let program = name(&command);
        let status = command.status().map_err(|source| StackError::Spawn { program: program.clone(), source })?;
        if status.success() {
            return Ok(());
        }
        let end = tail(&fs::read_to_string(&log).map_err(StackError::file(&log))?);
        let output = format!("{end}\n(the end of {})", log.display());
        Err(StackError::ProgramFailed { program, status: status.to_string(), output })
    })
    .await
}

/// Runs `command` and returns its standard output; its standard error goes to ours, so that progress shows.
pub(super) async fn run_captured(mut command: Command) -> Result<String, StackError> {
    blocking(move || {
        command.stdin(Stdio::null()).stderr(Stdio::inherit());
        let program = name(&command);
        let output = command.output().map_err(|source| StackError::Spawn { program: program.clone(), source })?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(text);
        }
        let status = output.status.to_string();
        Err(StackError::ProgramFailed { program, status, output: "see above".to_owned() })
    })
    .await
}

/// Runs work that blocks on a thread made for it.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StackError> + Send + 'static,
) -> Result<T, StackError> {
    tokio::task::spawn_blocking(work).await.expect("the work neither panics nor is cancelled")
}

fn name(command: &Command) -> String {
    Path::new(command.get_program()).file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned()
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(OUTPUT_LINES_SHOWN)..].join("\n")
}
