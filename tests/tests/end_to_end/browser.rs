//! A real browser without a window: Chromium and its driver, as Debian's packages install them.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use leadyard_tests::stack::{StackError, free_port, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// Longest wait for the browser; nothing is assumed to be quick.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A browser as large as a phone; it ends with this value.
pub struct Browser {
    pub client: Client,
    _running: Running,
    _profile: tempfile::TempDir,
}

/// The driver, and the browser that it has started: that one would outlive it.
struct Running {
    driver: Child,
    browser: Option<Pid>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // There is nobody to tell when they have gone already.
        if let Some(browser) = self.browser {
            kill_process(browser, Signal::KILL).ok();
        }
        self.driver.kill().and_then(|()| self.driver.wait()).ok();
    }
}

impl Browser {
    /// Starts one.
    #[expect(clippy::panic, reason = "without a browser there is nothing to test")]
    pub async fn start() -> Self {
        let port = free_port().unwrap();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let driver = driver.unwrap_or_else(|error| {
            panic!("chromedriver does not start ({error}): install Debian's packages chromium and chromium-driver")
        });
        let mut running = Running { driver, browser: None };
        let profile = tempfile::tempdir().unwrap();
        let options = json!({
            "args": [
                "--headless=new",
                // Tests run as root in containers, where Chromium's sandbox can't be made; only our own page is opened.
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                format!("--user-data-dir={}", profile.path().display()),
            ],
            "mobileEmulation": { "deviceMetrics": { "width": 360, "height": 640, "pixelRatio": 2.0 } },
        });
        let capabilities = [("goog:chromeOptions".to_owned(), options)].into_iter().collect();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let url = format!("http://127.0.0.1:{port}");
        let client = wait_until("the browser starts", PATIENCE, async || Ok(builder.connect(&url).await.ok())).await;
        let client = client.unwrap();
        let browser = client.capabilities().and_then(|told| told.get("goog:processID")).and_then(Value::as_i64);
        running.browser = browser.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        assert!(running.browser.is_some(), "the driver tells which process to end");
        Self { client, _running: running, _profile: profile }
    }

    /// What a script in the page returns.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until a script in the page returns `true`.
    pub async fn wait(&self, what: &str, script: &str) {
        let look = async || Ok::<_, StackError>((self.run(script).await == true).then_some(()));
        wait_until(what, PATIENCE, look).await.unwrap();
    }
}
