//! Lambda's runtime API for one function in a process of its own: hands it one event after another, and takes the time from
//! the event to the answer.

use std::convert::Infallible;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::sync::{Mutex, mpsc, oneshot};

/// The environment variable that says which function a process is.
pub const ROLE: &str = "LEADYARD_BENCH_ROLE";

/// Where the answer goes, with how long it took.
type Answered = oneshot::Sender<(Duration, Bytes)>;
/// An event and where its answer goes.
type Asked = (String, Answered);

/// One function.
pub struct Function {
    ask: mpsc::UnboundedSender<Asked>,
    process: Child,
}

struct Desk {
    asked: Mutex<mpsc::UnboundedReceiver<Asked>>,
    pending: Mutex<Option<(Instant, Answered)>>,
}

impl Function {
    /// Starts this program as the function `role`, with more of an environment.
    pub fn start(role: &str, environment: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (ask, asked) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk { asked: Mutex::new(asked), pending: Mutex::default() });
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(listener, desk));
        });
        let process = Command::new(std::env::current_exe().unwrap())
            .env(ROLE, role)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", role)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", role)
            .env("AWS_LAMBDA_LOG_STREAM_NAME", role)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { ask, process }
    }

    /// Hands over one event: how long its answer took, and the answer.
    pub async fn invoke(&self, event: &str) -> (Duration, Bytes) {
        let (answer, answered) = oneshot::channel();
        self.ask.send((event.to_owned(), answer)).unwrap();
        answered.await.unwrap()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let desk = Arc::clone(&desk);
        let service = service_fn(move |request| answer(request, Arc::clone(&desk)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(request: Request<Incoming>, desk: Arc<Desk>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() == Method::GET {
        let (event, answer) = desk.asked.lock().await.recv().await.unwrap();
        let response = Response::builder()
            .header("lambda-runtime-aws-request-id", "bench")
            .header("lambda-runtime-deadline-ms", "9999999999999")
            .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:1:function:bench")
            .header("lambda-runtime-trace-id", "Root=1-bench")
            .body(event.into())
            .unwrap();
        *desk.pending.lock().await = Some((Instant::now(), answer));
        return Ok(response);
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let (began, answer) = desk.pending.lock().await.take().unwrap();
    answer.send((began.elapsed(), body)).unwrap();
    Ok(Response::builder().status(202).body(Full::default()).unwrap())
}
