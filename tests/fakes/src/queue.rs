//! A queue that keeps what it is sent.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use leadyard_runtime::QueueSender;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A queue that answers `SendMessageBatch` as SQS does, as long as the test's runtime lives.
pub struct Queue {
    sender: QueueSender,
    kept: Arc<Kept>,
}

#[derive(Default)]
struct Kept {
    entries: Mutex<Vec<Value>>,
    down: AtomicBool,
    /// How many calls it still takes, where a test says so.
    left: Mutex<Option<usize>>,
}

impl Queue {
    /// Starts an empty queue.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sender = QueueSender::new(crate::clients(&listener).sqs(), "http://sqs/queue");
        let kept = Arc::default();
        tokio::spawn(accept(listener, Arc::clone(&kept)));
        Self { sender, kept }
    }

    /// A sender to it.
    pub fn sender(&self) -> QueueSender {
        self.sender.clone()
    }

    /// The messages that it has taken, in their order.
    pub fn sent<T: DeserializeOwned>(&self) -> Vec<T> {
        let body = |entry: Value| serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
        self.entries().into_iter().map(body).collect()
    }

    /// The same without the first `number` of them.
    pub fn sent_after<T: DeserializeOwned>(&self, number: usize) -> Vec<T> {
        let kept = self.kept.entries.lock().unwrap();
        let body = |entry: &Value| serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
        kept.iter().skip(number).map(body).collect()
    }

    /// The entries that it has taken, as SQS gets them.
    pub fn entries(&self) -> Vec<Value> {
        self.kept.entries.lock().unwrap().clone()
    }

    /// From now on it takes nothing, or takes again.
    pub fn set_down(&self, down: bool) {
        self.kept.down.store(down, Ordering::SeqCst);
        *self.kept.left.lock().unwrap() = None;
    }

    /// After so many further calls it takes nothing, until [`set_down`](Self::set_down) says otherwise.
    pub fn down_after(&self, calls: usize) {
        *self.kept.left.lock().unwrap() = Some(calls);
    }
}

async fn accept(listener: TcpListener, kept: Arc<Kept>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let kept = Arc::clone(&kept);
        let service = service_fn(move |request| take(request, Arc::clone(&kept)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn take(request: Request<Incoming>, kept: Arc<Kept>) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_over = match kept.left.lock().unwrap().as_mut() {
        Some(0) => true,
        Some(left) => {
            *left -= 1;
            false
        }
        None => false,
    };
    if is_over || kept.down.load(Ordering::SeqCst) {
        return Ok(Response::builder().status(503).body(Full::default()).unwrap());
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let call: Value = serde_json::from_slice(&body).unwrap();
    let entries = call["Entries"].as_array().unwrap().clone();
    let taken = entries.iter().map(|entry| json!({ "Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "" }));
    let answer = json!({ "Successful": taken.collect::<Vec<_>>(), "Failed": [] }).to_string();
    kept.entries.lock().unwrap().extend(entries);
    Ok(Response::new(answer.into()))
}
