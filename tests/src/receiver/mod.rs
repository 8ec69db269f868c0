//! A receiver of webhooks on this machine, which does as it is told and remembers what it was sent.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use leadyard_tests::receiver::{Receiver, Script};
//!
//! let receiver = Receiver::start().await?;
//! receiver.on("/broken", Script::Status(500));
//! let url = receiver.url("/broken");
//! // ... something is delivered to `url` ...
//! assert_eq!(receiver.requests_to("/broken").len(), 1);
//! # Ok(())
//! # }
//! ```

mod answer;
mod recorded;
mod script;
pub mod signature;

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http_body_util::BodyExt;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use script::Step;

pub use recorded::Recorded;
pub use script::Script;

/// A running receiver: HTTP/1.1 on a free port of the loopback interface. Dropping it ends it.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    memory: Arc<Memory>,
    accepting: JoinHandle<()>,
}

/// What the connections share.
#[derive(Debug, Default)]
struct Memory(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    scripts: HashMap<String, Script>,
    requests: Vec<Recorded>,
}

impl Receiver {
    /// Starts a receiver on the present async runtime. Each path answers 200 until it is told otherwise.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let memory = Arc::<Memory>::default();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&memory)));
        Ok(Self { address, memory, accepting })
    }

    /// Its address without a path: `http://127.0.0.1:PORT`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What requests to a path get from now on.
    pub fn on(&self, path: &str, script: Script) {
        self.memory.lock().scripts.insert(path.to_owned(), script);
    }

    /// Every request so far, in the order they arrived.
    pub fn requests(&self) -> Vec<Recorded> {
        self.memory.lock().requests.clone()
    }

    /// The requests to one path, in the order they arrived.
    pub fn requests_to(&self, path: &str) -> Vec<Recorded> {
        self.memory.lock().requests.iter().filter(|request| request.path == path).cloned().collect()
    }

    /// How many requests arrived, without a copy of them.
    pub fn count(&self) -> usize {
        self.memory.lock().requests.len()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Known> {
        // A panic elsewhere leaves at worst a request unrecorded, which the test that looks for it will say.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a request and says what it gets.
    fn take(&self, request: Recorded) -> Step {
        let mut known = self.lock();
        let step = known.scripts.get_mut(&request.path).map_or(Step::Status(200), Script::step);
        known.requests.push(request);
        step
    }
}

async fn accept(listener: TcpListener, memory: Arc<Memory>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, Arc::clone(&memory)));
            }
            // The client was gone before we looked, or this process has too many files open for the moment.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn serve(stream: TcpStream, memory: Arc<Memory>) {
    // A second handle to the same connection, by which a script can have it reset.
    let Ok((stream, handle)) = second_handle(stream) else { return };
    let memory = &memory;
    let handle = &handle;
    let service = service_fn(move |request: Request<Incoming>| async move {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let path = head.uri.path().to_owned();
        let at = Timestamp::now();
        let recorded = Recorded { method: head.method, path, headers: head.headers, body, at };
        match memory.take(recorded) {
            Step::Status(status) => answer::status(status),
            Step::Redirect(to) => answer::redirect(&to),
            Step::Endless => answer::endless(),
            Step::Dripping => answer::dripping(),
            // The client gives up first, which ends this future with its connection.
            Step::Silent => std::future::pending().await,
            Step::Reset => {
                handle.set_zero_linger()?;
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
    });
    // The client's end of the matter is in the delivery's log; a broken connection is often the very script.
    http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok();
}

fn second_handle(stream: TcpStream) -> io::Result<(TcpStream, TcpStream)> {
    let stream = stream.into_std()?;
    let handle = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, TcpStream::from_std(handle)?))
}

#[cfg(test)]
mod tests;
