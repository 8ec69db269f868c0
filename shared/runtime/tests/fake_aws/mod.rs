//! A stand-in for AWS: an HTTP server on a free port that answers from a script and keeps what it was asked.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use leadyard_runtime::{Aws, Settings};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// One request that came in.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `POST /path`, or the operation when the protocol names it in a header.
    pub what: String,
    /// The JSON body.
    pub body: Value,
}

type Script = Box<dyn FnMut(&Asked) -> (u16, Value) + Send>;

/// The server; it stops when it is dropped.
pub struct FakeAws {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl FakeAws {
    /// Answers the requests with `answers`, in order; one more is a failure of the test.
    pub async fn answering(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let mut answers: VecDeque<_> = answers.into_iter().collect();
        Self::with(move |_| {
            let unexpected = (400, json!({ "__type": "UnexpectedCall" }));
            answers.pop_front().unwrap_or(unexpected)
        })
        .await
    }

    /// Answers each request as `script` says.
    pub async fn with(script: impl FnMut(&Asked) -> (u16, Value) + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::default();
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Box::new(script)));
        let task = tokio::spawn(accept(listener, Arc::clone(&asked), script));
        Self { url, asked, task }
    }

    /// SDK clients that talk to this server, made as a function makes them.
    pub fn aws(&self) -> Aws {
        Aws::from_settings(&Settings::from_map([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL", self.url.as_str()),
        ]))
        .unwrap()
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for FakeAws {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, asked: Arc<Mutex<Vec<Asked>>>, script: Arc<Mutex<Script>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (asked, script) = (Arc::clone(&asked), Arc::clone(&script));
        let service = service_fn(move |request| answer(request, Arc::clone(&asked), Arc::clone(&script)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(
    request: Request<Incoming>,
    asked: Arc<Mutex<Vec<Asked>>>,
    script: Arc<Mutex<Script>>,
) -> Result<Response<Full<hyper::body::Bytes>>, Infallible> {
    let operation = request.headers().get("x-amz-target");
    let what = match operation {
        Some(operation) => operation.to_str().unwrap().to_owned(),
        None => format!("{} {}", request.method(), request.uri().path()),
    };
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let request = Asked { what, body };
    let (status, answer) = script.lock().unwrap()(&request);
    asked.lock().unwrap().push(request);
    let mut response = Response::builder().status(status);
    if let Some(error) = answer["__type"].as_str() {
        response = response.header("x-amzn-errortype", error);
    }
    Ok(response.body(answer.to_string().into()).unwrap())
}
