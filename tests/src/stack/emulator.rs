//! The emulator's process.

use std::{
    fs,
    io::Write,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

use super::{StackError, program::blocking, workspace};

/// Keeps the emulator from outliving the process that started it.
const BOUND_TO_PARENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/stack/emulator.py");

/// The region that everything is deployed to.
pub const REGION: &str = "us-east-1";

/// Longest wait for the emulator; the first start on a slow disk compiles its Python files.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Pause between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How an emulator is to run.
#[derive(Debug, Clone)]
pub(super) struct EmulatorOptions {
    /// Names the log file.
    pub name: String,
    /// The port, or none for any free one.
    pub port: Option<u16>,
    /// Where the functions call AWS; none for the emulator itself.
    pub functions_endpoint: Option<String>,
    /// More environment for the emulator's process.
    pub environment: Vec<(String, String)>,
}

/// A running emulator. Dropping it ends it, unless it is one that stays.
#[derive(Debug)]
pub(super) struct Emulator {
    child: Child,
    endpoint: String,
    temporary: PathBuf,
    stays: bool,
}

impl Emulator {
    /// Starts an emulator and waits until it answers.
    pub async fn start(options: EmulatorOptions, http: &reqwest::Client) -> Result<Self, StackError> {
        let port = match options.port {
            Some(port) => port,
            None => free_port()?,
        };
        let log = workspace::local_dir()?.join(format!("{}.log", options.name));
        let endpoint = format!("http://127.0.0.1:{port}");
        let temporary = workspace::local_dir()?.join(format!("emulator-{port}"));
        let child = {
            let (endpoint, temporary, log) = (endpoint.clone(), temporary.clone(), log.clone());
            blocking(move || spawn(&options, port, &endpoint, &temporary, &log)).await?
        };
        let mut emulator = Self { child, endpoint, temporary, stays: false };
        emulator.wait_until_ready(http, log).await?;
        Ok(emulator)
    }

    /// Lets it go on when this value, or this process, ends.
    pub fn let_stay(&mut self) -> Result<(), StackError> {
        let mut input = self.child.stdin.take().expect("its input is a pipe, and it is let go once");
        input.write_all(b"stay").map_err(|source| StackError::Spawn { program: "the emulator".to_owned(), source })?;
        self.stays = true;
        Ok(())
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Its process id, which is also that of its process group.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The folder of its temporary files.
    pub fn temporary(&self) -> &Path {
        &self.temporary
    }

    async fn wait_until_ready(&mut self, http: &reqwest::Client, log: PathBuf) -> Result<(), StackError> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().map_err(StackError::file(&log))? {
                return Err(StackError::EmulatorNotReady { reason: format!("it ended with {status}"), log });
            }
            if is_ready(http, &self.endpoint).await {
                return Ok(());
            }
            if Instant::now() > deadline {
                let reason = format!("no answer within {} s", START_LIMIT.as_secs());
                return Err(StackError::EmulatorNotReady { reason, log });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if self.stays {
            return;
        }
        // A failure means that it has ended already.
        kill_group(self.child.id()).ok();
        self.child.wait().ok();
        fs::remove_dir_all(&self.temporary).ok();
    }
}

/// Whether an emulator answers here.
pub(super) async fn is_ready(http: &reqwest::Client, endpoint: &str) -> bool {
    match http.get(format!("{endpoint}/_ministack/ready")).send().await {
        Ok(answer) => answer.status().is_success(),
        Err(_not_listening_yet) => false,
    }
}

/// Ends the process group of this id at once: the emulator keeps nothing that would need a farewell.
pub(super) fn kill_group(pid: u32) -> Result<(), StackError> {
    let refused = |source| StackError::Spawn { program: format!("kill of process group {pid}"), source };
    let group = i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| refused(std::io::ErrorKind::InvalidInput.into()))?;
    kill_process_group(group, Signal::KILL).map_err(|error| refused(error.into()))
}

/// A TCP port of the loopback interface that nobody listens on.
pub fn free_port() -> Result<u16, StackError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(StackError::file("a free port of 127.0.0.1"))?;
    let address = listener.local_addr().map_err(StackError::file("a free port of 127.0.0.1"))?;
    Ok(address.port())
}

/// Whether nobody listens on this port of the loopback interface.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn spawn(
    options: &EmulatorOptions,
    port: u16,
    endpoint: &str,
    temporary: &Path,
    log: &Path,
) -> Result<Child, StackError> {
    let python = workspace::tool("python")?;
    workspace::tool("ministack")?;
    fs::create_dir_all(temporary).map_err(StackError::file(temporary))?;
    let output = fs::File::create(log).map_err(StackError::file(log))?;
    let errors = output.try_clone().map_err(StackError::file(log))?;
    Command::new(python)
        .arg(BOUND_TO_PARENT)
        .stdin(Stdio::piped())
        .stdout(output)
        .stderr(errors)
        // Its own group: Ctrl-C in the terminal is for us alone, and one signal ends it with all its functions.
        .process_group(0)
        // The functions inherit this environment, so they get what is named here and no more.
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "HOME"))
        .env("TMPDIR", temporary)
        .env("LEADYARD_TEMPORARY", temporary)
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("AWS_ENDPOINT_URL", options.functions_endpoint.as_deref().unwrap_or(endpoint))
        .envs(super::aws::credentials())
        // Services that listen on fixed ports, which a second emulator could not have.
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        .envs(options.environment.iter().map(|(name, value)| (name, value)))
        .spawn()
        .map_err(|source| StackError::Spawn { program: "ministack".to_owned(), source })
}
