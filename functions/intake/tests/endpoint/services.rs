//! What intake needs around it: a table in an emulator inside the process, and a queue that keeps what it is sent.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use intake::Intake;
use jiff::Timestamp;
use leadyard_domain::message::LeadsMessage;
use leadyard_runtime::{Aws, Metrics, QueueSender, Settings};
use leadyard_store::{Endpoint, PublishConfig, Secret, SetSecret, Store, endpoint_key_hash, table};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const TABLE: &str = "leadyard-test";

/// The services; they end with the test.
pub struct Services {
    pub store: Store,
    table: Emulator,
    queue: QueueSender,
    sent: Arc<Mutex<Vec<LeadsMessage>>>,
    down: Arc<AtomicBool>,
}

impl Services {
    /// An empty table and an empty queue.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = aws(&listener).dynamodb();
        let table = Emulator::start(listener.into_std().unwrap());
        table::create(&client, TABLE).await.unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let queue = QueueSender::new(aws(&listener).sqs(), "http://sqs/leads");
        let (sent, down) = (Arc::default(), Arc::default());
        tokio::spawn(serve_queue(listener, Arc::clone(&sent), Arc::clone(&down)));
        Self { store: Store::new(client, TABLE.to_owned()), table, queue, sent, down }
    }

    /// The function over these services, its clock standing at `now`.
    pub fn intake(&self, now: fn() -> Timestamp) -> Intake {
        Intake::new(self.store.clone(), self.queue.clone(), Metrics::new("intake"), now)
    }

    /// Puts sources in force; each has its id and `-key` as its key.
    pub async fn publish(&self, sources: Value) {
        let now = Timestamp::UNIX_EPOCH;
        let account: leadyard_domain::id::AccountId = "main".parse().unwrap();
        for value in ["old-token", "new-token"] {
            let set = SetSecret {
                account: account.clone(),
                name: "token".parse().unwrap(),
                value: Secret::new(value),
                keep_previous: true,
                by: "test".to_owned(),
                now,
            };
            self.store.set_secret(&set).await.unwrap();
        }
        let endpoint = |source: &Value| {
            let id = source["id"].as_str().unwrap();
            Endpoint { source: id.parse().unwrap(), key_hash: endpoint_key_hash(&format!("{id}-key")) }
        };
        let publish = PublishConfig {
            account,
            endpoints: sources.as_array().unwrap().iter().map(endpoint).collect(),
            document: json!({ "sources": sources }).to_string(),
            expected: 0,
            by: "test".to_owned(),
            now,
        };
        self.store.publish_config(&publish).await.unwrap();
    }

    /// What the queue has taken so far.
    pub fn sent(&self) -> Vec<LeadsMessage> {
        self.sent.lock().unwrap().clone()
    }

    /// Ends the table with all of its connections.
    pub fn stop_table(&mut self) {
        self.table.stop();
    }

    /// From now on the queue takes nothing, or takes again.
    pub fn set_queue_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }
}

/// The table's emulator on a thread of its own: with its runtime all of its connections end.
struct Emulator {
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Emulator {
    fn start(listener: std::net::TcpListener) -> Self {
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let serve = async move {
            let listener = TcpListener::from_std(listener).unwrap();
            tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
            // Told to stop, or forgotten: either way it is over.
            stopped.await.ok();
        };
        let thread = std::thread::spawn(move || runtime.block_on(serve));
        Self { running: Some((stop, thread)) }
    }

    fn stop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            thread.join().unwrap();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop();
    }
}

fn aws(listener: &TcpListener) -> Aws {
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    Aws::from_settings(&Settings::from_map([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
    ]))
    .unwrap()
}

async fn serve_queue(listener: TcpListener, sent: Arc<Mutex<Vec<LeadsMessage>>>, down: Arc<AtomicBool>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (sent, down) = (Arc::clone(&sent), Arc::clone(&down));
        let service = service_fn(move |request| take(request, Arc::clone(&sent), Arc::clone(&down)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn take(
    request: hyper::Request<Incoming>,
    sent: Arc<Mutex<Vec<LeadsMessage>>>,
    down: Arc<AtomicBool>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    if down.load(Ordering::SeqCst) {
        return Ok(hyper::Response::builder().status(503).body(Full::default()).unwrap());
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let call: Value = serde_json::from_slice(&body).unwrap();
    let mut successful = Vec::new();
    for entry in call["Entries"].as_array().unwrap() {
        assert_eq!(entry["MessageGroupId"], "main", "a busy account must not hold up the others");
        let message = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
        sent.lock().unwrap().push(message);
        successful.push(json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": ""}));
    }
    let answer = json!({"Successful": successful, "Failed": []}).to_string();
    Ok(hyper::Response::new(answer.into()))
}
