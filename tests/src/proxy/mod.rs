//! A proxy between the functions and the emulator: it passes every AWS call on and shows it to whoever counts.
//!
//! ```no_run
//! # fn example() -> std::io::Result<()> {
//! use leadyard_tests::{proxy::Proxy, stack::{StackOptions, free_port}};
//!
//! let port = free_port().map_err(std::io::Error::other)?;
//! let proxy = Proxy::start(&format!("http://127.0.0.1:{port}"), |call| println!("{call:?}"))?;
//! let options = StackOptions::named("counted").port(port).functions_endpoint(&proxy.url());
//! # Ok(())
//! # }
//! ```

mod call;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

pub use call::Call;

/// Longest wait for the emulator. The SDK of the functions gives up before.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Headers of one connection, which are not passed on to another.
const OF_THE_CONNECTION: [header::HeaderName; 4] =
    [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// A running proxy on a free port of the loopback interface. Dropping it ends it.
///
/// It has a thread of its own, so that it serves tests of several async runtimes.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What its connections share.
struct Shared {
    client: reqwest::Client,
    target: String,
    observe: Box<dyn Fn(Call) + Send + Sync>,
}

impl Proxy {
    /// Starts a proxy to `target` (`http://HOST:PORT`), which need not listen yet. `observe` sees each call with its
    /// answer, before the function does.
    pub fn start(target: &str, observe: impl Fn(Call) + Send + Sync + 'static) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        // Fails when a provider is there already, which is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_LIMIT).build().map_err(io::Error::other)?;
        let shared = Arc::new(Shared { client, target: target.to_owned(), observe: Box::new(observe) });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = accept(listener, shared) => {}
                    // Told to stop, or its owner is gone: the same.
                    _ = stopped => {}
                }
            });
        };
        let thread = thread::Builder::new().name("proxy".to_owned()).spawn(serve)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where the functions are to call AWS.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nobody to tell.
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
            // The client was gone before we looked.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| pass_on(request, Arc::clone(&shared)));
    // A function that ends closes its connections as it likes.
    http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok();
}

async fn pass_on(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let (service, operation) = call::name(&head);
    let body = call::ask_for_capacity(service, operation, body);
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let sent = shared
        .client
        .request(head.method.clone(), format!("{}{path}", shared.target))
        .headers(without_connection(&head.headers))
        .body(body.clone())
        .send()
        .await;
    let (status, headers, answer) = match sent {
        Ok(answer) => {
            let (status, headers) = (answer.status(), without_connection(answer.headers()));
            (status, headers, answer.bytes().await.map_err(io::Error::other)?)
        }
        Err(_the_emulator_is_away) => (StatusCode::BAD_GATEWAY, HeaderMap::new(), Bytes::new()),
    };
    (shared.observe)(Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        request: body,
        status: status.as_u16(),
        answer: answer.clone(),
    });
    let mut response = Response::new(Full::new(answer));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn without_connection(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
    headers
}
