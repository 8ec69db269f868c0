//! Any AWS service that answers by a script.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use leadyard_runtime::Aws;
use serde_json::Value;
use tokio::net::TcpListener;

/// One request that came in.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method and path: `POST /v2/email/outbound-emails`.
    pub what: String,
    /// The JSON body.
    pub body: Value,
}

type Script = Box<dyn FnMut(&Asked) -> (u16, Value) + Send>;

/// An HTTP server that answers each request as its script says, as long as the test's runtime lives. An answer with
/// `__type` is the service's error of that name.
pub struct Service {
    aws: Aws,
    kept: Arc<Kept>,
}

struct Kept {
    script: Mutex<Script>,
    asked: Mutex<Vec<Asked>>,
}

impl Service {
    /// Starts it.
    pub async fn start(script: impl FnMut(&Asked) -> (u16, Value) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let aws = crate::clients(&listener);
        let kept = Arc::new(Kept { script: Mutex::new(Box::new(script)), asked: Mutex::default() });
        tokio::spawn(accept(listener, Arc::clone(&kept)));
        Self { aws, kept }
    }

    /// Clients of it.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.kept.asked.lock().unwrap().clone()
    }
}

async fn accept(listener: TcpListener, kept: Arc<Kept>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let kept = Arc::clone(&kept);
        let service = service_fn(move |request| answer(request, Arc::clone(&kept)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(request: Request<Incoming>, kept: Arc<Kept>) -> Result<Response<Full<Bytes>>, Infallible> {
    let what = format!("{} {}", request.method(), request.uri().path());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let asked = Asked { what, body: serde_json::from_slice(&body).unwrap_or(Value::Null) };
    let (status, answer) = kept.script.lock().unwrap()(&asked);
    kept.asked.lock().unwrap().push(asked);
    let mut response = Response::builder().status(status);
    if let Some(error) = answer["__type"].as_str() {
        response = response.header("x-amzn-errortype", error);
    }
    Ok(response.body(answer.to_string().into()).unwrap())
}
