//! As much of the Lambda Runtime API as it takes to see a function's first poll.
//!
//! The API: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    io::{self, BufRead, BufReader, ErrorKind},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::Child,
    thread,
    time::{Duration, Instant},
};

/// What a function asks for when it has started.
const FIRST_POLL: &str = "GET /2018-06-01/runtime/invocation/next ";

/// Longest wait for a first poll.
const POLL_LIMIT: Duration = Duration::from_secs(10);

/// Pause between two looks while nothing has connected: a twentieth of the shortest start.
const LOOK_AGAIN: Duration = Duration::from_micros(50);

/// Listens where a function looks for its work.
pub(super) struct RuntimeApi {
    listener: TcpListener,
    address: SocketAddr,
}

impl RuntimeApi {
    /// On a free port of the loopback interface.
    pub fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Waits for the first poll and says when it was read; with the connection, which the function would miss.
    ///
    /// # Errors
    /// The function ended, asked for something else, or asked for nothing in time; in words.
    pub fn first_poll(&self, function: &mut Child) -> io::Result<(Instant, TcpStream)> {
        let deadline = Instant::now() + POLL_LIMIT;
        let stream = loop {
            match self.listener.accept() {
                Ok((stream, _)) => break stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if let Some(status) = function.try_wait()? {
                return Err(io::Error::other(format!("it ended with {status}")));
            }
            if Instant::now() > deadline {
                return Err(ErrorKind::TimedOut.into());
            }
            thread::sleep(LOOK_AGAIN);
        };
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(POLL_LIMIT))?;
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line)?;
        let at = Instant::now();
        if line.starts_with(FIRST_POLL) {
            return Ok((at, stream));
        }
        Err(io::Error::other(format!("it asked for {:?}", line.trim_end())))
    }
}
