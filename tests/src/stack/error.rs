//! What can go wrong between a checkout and a running stack.

use std::{io, path::PathBuf};

/// A failure of the local stack. Nothing here is worth a blind retry: each one tells a person what to do.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A pinned tool is not in `.venv`.
    #[error("{} is missing: run `make tools`, which installs the pinned tools into .venv", path.display())]
    ToolMissing {
        /// Where the tool was looked for.
        path: PathBuf,
    },
    /// A program could not be started at all.
    #[error("could not start {program}: {source}")]
    Spawn {
        /// The program's name.
        program: String,
        /// Why the system refused.
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("{program} failed with {status}\n{output}")]
    ProgramFailed {
        /// The program's name.
        program: String,
        /// Its exit status, in words.
        status: String,
        /// The end of what it printed.
        output: String,
    },
    /// The build did not name the binary of a function.
    #[error("cargo built no binary named {function}: it must be a workspace member with a binary of that name")]
    NotBuilt {
        /// The function's name.
        function: &'static str,
    },
    /// The emulator ended, or did not become ready in time.
    #[error("the emulator did not start: {reason}; its log is {}", log.display())]
    EmulatorNotReady {
        /// What was seen.
        reason: String,
        /// The emulator's log file.
        log: PathBuf,
    },
    /// The stack has no output of this name, so template and code disagree.
    #[error("the deployed stack has no output {name}: template.yaml must declare it")]
    OutputMissing {
        /// The output's name.
        name: &'static str,
    },
    /// No stack was left running by `make up`.
    #[error("no stack is running: start one with `make up`")]
    NotRunning,
    /// A stack is already running.
    #[error("a stack is already running at {endpoint}: stop it with `make down`")]
    AlreadyRunning {
        /// Where it listens.
        endpoint: String,
    },
    /// A file of the local stack could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The emulator did not answer.
    #[error("no answer from the emulator: {0}")]
    Http(#[from] reqwest::Error),
    /// The emulator answered with an error.
    #[error("{operation} was answered with {status}: {body}")]
    Refused {
        /// The operation that was called.
        operation: String,
        /// The HTTP status.
        status: u16,
        /// The answer's body.
        body: String,
    },
    /// Something that should be JSON is not.
    #[error("{what} is not as expected: {source}")]
    Json {
        /// What was read.
        what: String,
        /// Where it is wrong.
        source: serde_json::Error,
    },
    /// A value that must be there is missing in an answer.
    #[error("the answer to {operation} has no {field}")]
    AnswerIncomplete {
        /// The operation that was called.
        operation: String,
        /// The missing field.
        field: &'static str,
    },
    /// What was waited for did not happen.
    #[error("waited {} s in vain: {what}", limit.as_secs())]
    NeverHappened {
        /// What was waited for.
        what: String,
        /// How long.
        limit: std::time::Duration,
    },
    /// The system has no randomness to make a key from.
    #[error("no randomness: {0}")]
    Randomness(getrandom::Error),
}

impl StackError {
    /// Names the file in an error of the file system.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
