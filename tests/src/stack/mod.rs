//! The whole stack on this machine: the real template, deployed by SAM to an emulator of AWS.
//!
//! ```no_run
//! # async fn example() -> Result<(), leadyard_tests::stack::StackError> {
//! use leadyard_tests::stack::{Stack, StackOptions};
//!
//! let stack = Stack::start(StackOptions::named("example")).await?;
//! let answer = stack.http().post(stack.url("/in/unknown")).body("{}").send().await?;
//! # Ok(())
//! # }
//! ```

mod api_key;
mod aws;
mod build;
mod deploy;
mod emulator;
mod error;
mod functions;
mod logs;
mod mailbox;
mod outputs;
mod program;
mod queue;
mod state;
mod wait;
pub mod workspace;

use std::{net::SocketAddr, path::Path, time::Duration};

use serde_json::Value;

use emulator::{Emulator, EmulatorOptions};
use outputs::Outputs;
use state::State;

pub use aws::{Service, credentials};
pub use build::{Profile, build};
pub use deploy::STACK_NAME;
pub use emulator::{REGION, free_port, is_free};
pub use error::StackError;
pub use logs::LogLine;
pub use queue::{Depth, Queue};
pub use wait::wait_until;

/// Longest wait for one answer: the HTTP API's own limit and a little more.
const ANSWER_LIMIT: Duration = Duration::from_secs(35);

/// How a stack is to be started.
#[derive(Debug, Clone)]
pub struct StackOptions {
    name: String,
    profile: Profile,
    port: Option<u16>,
    functions_endpoint: Option<String>,
    environment: Vec<(String, String)>,
}

impl StackOptions {
    /// A stack on any free port with functions of the dev profile. The name is that of its log files in `.local/`.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            profile: Profile::Dev,
            port: None,
            functions_endpoint: None,
            environment: Vec::new(),
        }
    }

    /// How the functions are compiled.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    /// The emulator's port; see [`free_port`].
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// Where the functions call AWS, instead of the emulator itself: a proxy that counts, or that breaks things.
    /// It needs to know where to pass the calls on to, so choose a [`port`](Self::port) too.
    #[must_use]
    pub fn functions_endpoint(self, url: &str) -> Self {
        Self { functions_endpoint: Some(url.to_owned()), ..self }
    }

    /// One more variable in the environment of the emulator, and so of every function.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A running stack. Dropping it ends it, unless it was left running on purpose.
#[derive(Debug)]
pub struct Stack {
    client: aws::Client,
    http: reqwest::Client,
    endpoint: String,
    api_url: String,
    outputs: Outputs,
    /// Held so that it ends with this value; none when another process started it.
    _emulator: Option<Emulator>,
}

impl Stack {
    /// Builds the functions, starts an emulator and deploys to it. Ends with this process, however that ends.
    pub async fn start(options: StackOptions) -> Result<Self, StackError> {
        let built = build(options.profile).await?;
        Self::start_built(options, &built, false).await
    }

    /// As [`start`](Self::start), and leaves the stack running for [`attach`](Self::attach) and [`stop_left`](Self::stop_left).
    pub async fn start_and_leave(options: StackOptions) -> Result<Self, StackError> {
        match Self::attach().await {
            Ok(running) => return Err(StackError::AlreadyRunning { endpoint: running.endpoint }),
            Err(StackError::NotRunning) => {}
            Err(other) => return Err(other),
        }
        let built = build(options.profile).await?;
        Self::start_built(options, &built, true).await
    }

    async fn start_built(options: StackOptions, built: &Path, stays: bool) -> Result<Self, StackError> {
        let http = http_client(None)?;
        let emulator_options = EmulatorOptions {
            name: options.name.clone(),
            port: options.port,
            functions_endpoint: options.functions_endpoint,
            environment: options.environment,
        };
        let mut emulator = Emulator::start(emulator_options, &http).await?;
        let endpoint = emulator.endpoint().to_owned();
        let client = aws::Client::new(http, endpoint.clone());
        let outputs = deploy::deploy(built, &endpoint, &client, &options.name).await?;
        if stays {
            let state = State {
                pid: emulator.pid(),
                endpoint: endpoint.clone(),
                temporary: emulator.temporary().to_owned(),
                outputs: outputs.clone(),
            };
            state.save()?;
            emulator.let_stay()?;
        }
        let stack = Self::new(client, endpoint, outputs, Some(emulator))?;
        stack.verify_sender().await?;
        Ok(stack)
    }

    /// The stack that was left running.
    pub async fn attach() -> Result<Self, StackError> {
        let state = State::load()?.ok_or(StackError::NotRunning)?;
        let http = http_client(None)?;
        if !emulator::is_ready(&http, &state.endpoint).await {
            return Err(StackError::NotRunning);
        }
        let client = aws::Client::new(http, state.endpoint.clone());
        Self::new(client, state.endpoint, state.outputs, None)
    }

    /// Ends the stack that was left running. False when there was none.
    pub async fn stop_left() -> Result<bool, StackError> {
        let Some(state) = State::load()? else { return Ok(false) };
        // A process id may belong to somebody else by now: only the one that answers as our emulator is ended.
        let running = emulator::is_ready(&http_client(None)?, &state.endpoint).await;
        if running {
            emulator::kill_group(state.pid)?;
        }
        state.forget()?;
        Ok(running)
    }

    fn new(
        client: aws::Client,
        endpoint: String,
        outputs: Outputs,
        emulator: Option<Emulator>,
    ) -> Result<Self, StackError> {
        let api_url = outputs.get("ApiUrl")?.to_owned();
        let http = http_client(Some((&api_url, &endpoint)))?;
        Ok(Self { client, http, endpoint, api_url, outputs, _emulator: emulator })
    }

    /// Where the emulator listens, for AWS clients: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Base of the public addresses: `http://ID.execute-api.localhost:PORT`.
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// A public address, from a path that begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.api_url)
    }

    /// An HTTP client that finds the API's host here, also where `*.localhost` is not known. It keeps no connection,
    /// as each test has its own runtime and a connection belongs to one.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The table's name.
    pub fn table_name(&self) -> Result<&str, StackError> {
        self.outputs.get("TableName")
    }

    /// One call of AWS's JSON protocol to the emulator: operation and input as in the service's API reference.
    pub async fn aws(&self, service: Service, operation: &str, input: &Value) -> Result<Value, StackError> {
        self.client.call(service, operation, input).await
    }

    /// One DynamoDB call on the stack's table; `TableName` is filled in.
    pub async fn dynamodb(&self, operation: &str, mut input: Value) -> Result<Value, StackError> {
        input["TableName"] = self.table_name()?.into();
        self.aws(Service::DynamoDb, operation, &input).await
    }
}

/// A client for calls to this machine. With an API's URL and the emulator's, it finds the API's host there.
fn http_client(api: Option<(&str, &str)>) -> Result<reqwest::Client, StackError> {
    // Fails when a provider is there already, which is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .timeout(ANSWER_LIMIT)
        .pool_max_idle_per_host(0)
        // A form's answer points the browser to a page somewhere else: that it does is what a test wants to see.
        .redirect(reqwest::redirect::Policy::none());
    if let Some((api_url, endpoint)) = api {
        let host = reqwest::Url::parse(api_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let address = endpoint.strip_prefix("http://").and_then(|text| text.parse::<SocketAddr>().ok());
        if let (Some(host), Some(address)) = (host, address) {
            builder = builder.resolve(&host, address);
        }
    }
    Ok(builder.build()?)
}
