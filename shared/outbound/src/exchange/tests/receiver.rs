//! A receiver on a free port of the loopback that does what its script says, once per connection.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsAcceptor;

/// What the receiver does after it has read a request.
#[derive(Clone)]
pub enum Script {
    /// Writes this and closes.
    Say(Vec<u8>),
    /// Writes this and then a body without end, until the client has gone.
    Flood(Vec<u8>),
    /// Writes this and then one byte at a time, until the client has gone.
    Drip(Vec<u8>),
    /// Writes this and then nothing, until the client has gone.
    Hang(Vec<u8>),
    /// Writes this and resets the connection.
    Reset(Vec<u8>),
    /// Resets the connection before it has read anything.
    ResetAtOnce,
}

/// Runs until it is dropped.
pub struct Receiver {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Receiver {
    /// Serves plain HTTP on 127.0.0.1.
    pub async fn start(script: Script) -> Self {
        Self::start_on("127.0.0.1:0", script).await
    }

    /// Serves plain HTTP on an address of the loopback.
    pub async fn start_on(address: &str, script: Script) -> Self {
        Self::listen(address, script, None).await
    }

    /// Serves HTTPS on 127.0.0.1.
    pub async fn start_tls(script: Script, acceptor: TlsAcceptor) -> Self {
        Self::listen("127.0.0.1:0", script, Some(acceptor)).await
    }

    async fn listen(address: &str, script: Script, acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let serving = tokio::spawn({
            let requests = Arc::clone(&requests);
            async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    // A client that goes away ends its connection with an error; the next one is served all the same.
                    if matches!(script, Script::ResetAtOnce) {
                        reset(stream);
                        continue;
                    }
                    let served = match &acceptor {
                        None => serve(stream, &script, &requests, reset).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => serve(stream, &script, &requests, drop).await,
                            Err(error) => Err(error),
                        },
                    };
                    if let Err(error) = served {
                        println!("the receiver's connection ended: {error}");
                    }
                }
            }
        });
        Self { address, requests, serving }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("http://{}/leads", self.address)
    }

    /// The requests read so far, head and body.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    script: &Script,
    requests: &Mutex<Vec<String>>,
    reset: fn(S),
) -> io::Result<()> {
    let request = read_request(&mut stream).await?;
    requests.lock().unwrap().push(request);
    match script {
        Script::Say(text) => {
            stream.write_all(text).await?;
            stream.shutdown().await
        }
        Script::Flood(head) => {
            stream.write_all(head).await?;
            loop {
                stream.write_all(&[b'x'; 4096]).await?;
            }
        }
        Script::Drip(head) => {
            stream.write_all(head).await?;
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            // No burst after a stall: the drip must stay slower than any test's timeout.
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                stream.write_all(b"x").await?;
            }
        }
        Script::Hang(head) => {
            stream.write_all(head).await?;
            gone(&mut stream).await
        }
        // It has not come so far.
        Script::ResetAtOnce => Ok(()),
        Script::Reset(head) => {
            stream.write_all(head).await?;
            reset(stream);
            Ok(())
        }
    }
}

/// Closes with a reset instead of an orderly end.
fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
}

/// Waits until the client closes.
async fn gone(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut rest = [0; 64];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(head_end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..head_end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if bytes.len() >= head_end + 4 + length {
                return Ok(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
