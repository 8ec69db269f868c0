//! A receiver of webhooks that answers by a script.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// One request that came in.
#[derive(Clone, Debug, Default)]
pub struct Came {
    /// Method, path and query: `POST /hook?key=1`.
    pub what: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Came {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// What the receiver does with a request.
#[derive(Clone, Debug)]
pub enum Answered {
    /// It answers with a status, headers and a body.
    With(u16, Vec<(&'static str, String)>, String),
    /// It takes the request and never answers.
    Never,
}

impl Answered {
    /// A status without a body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::With(status, Vec::new(), String::new())
    }
}

type Script = Box<dyn FnMut(&Came) -> Answered + Send>;

/// An HTTP server on the loopback, as long as the test's runtime lives.
pub struct Receiver {
    url: String,
    kept: Arc<Kept>,
    count: watch::Receiver<usize>,
}

struct Kept {
    script: Mutex<Script>,
    came: Mutex<Vec<Came>>,
    count: watch::Sender<usize>,
}

impl Receiver {
    /// Starts it.
    pub async fn start(script: impl FnMut(&Came) -> Answered + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, count) = watch::channel(0);
        let kept = Arc::new(Kept { script: Mutex::new(Box::new(script)), came: Mutex::default(), count: sender });
        tokio::spawn(accept(listener, Arc::clone(&kept)));
        Self { url, kept, count }
    }

    /// Its address, without a path.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The requests so far.
    pub fn came(&self) -> Vec<Came> {
        self.kept.came.lock().unwrap().clone()
    }

    /// Waits until so many requests have come.
    pub async fn wait_for(&self, requests: usize) {
        self.count.clone().wait_for(|count| *count >= requests).await.unwrap();
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
    let what = format!("{} {}", request.method(), request.uri());
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let came = Came { what, headers, body: String::from_utf8(body.to_vec()).unwrap() };
    let answered = kept.script.lock().unwrap()(&came);
    kept.came.lock().unwrap().push(came);
    kept.count.send_modify(|count| *count += 1);
    let Answered::With(status, headers, body) = answered else { return std::future::pending().await };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    Ok(response.body(body.into()).unwrap())
}
