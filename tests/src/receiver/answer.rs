//! Answers, with bodies that end and bodies that do not.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::{
    Response,
    body::{Body, Bytes, Frame},
    header,
};
use tokio::time::{Interval, interval};

/// One piece of a body without an end.
const PIECE: Bytes = Bytes::from_static(&[b'x'; 16 * 1024]);

/// The pause between two bytes of a dripping body: each look at the connection finds something new.
const DRIP: Duration = Duration::from_millis(50);

/// A body of an answer.
#[derive(Debug)]
pub(super) enum Answer {
    Whole(Option<Bytes>),
    Endless,
    Dripping(Interval),
}

/// A short JSON answer with a status.
pub(super) fn status(status: u16) -> io::Result<Response<Answer>> {
    let body = Bytes::from(format!("{{\"status\":{status}}}"));
    build(
        Response::builder().status(status).header(header::CONTENT_TYPE, "application/json"),
        Answer::Whole(Some(body)),
    )
}

/// An answer that points elsewhere.
pub(super) fn redirect(to: &str) -> io::Result<Response<Answer>> {
    build(Response::builder().status(302).header(header::LOCATION, to), Answer::Whole(None))
}

/// 200 and a body without an end.
pub(super) fn endless() -> io::Result<Response<Answer>> {
    build(Response::builder(), Answer::Endless)
}

/// 200 and a byte at a time.
pub(super) fn dripping() -> io::Result<Response<Answer>> {
    build(Response::builder(), Answer::Dripping(interval(DRIP)))
}

fn build(head: http::response::Builder, body: Answer) -> io::Result<Response<Answer>> {
    head.body(body).map_err(io::Error::other)
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match self.get_mut() {
            Self::Whole(bytes) => bytes.take(),
            Self::Endless => Some(PIECE),
            Self::Dripping(interval) => {
                ready!(interval.poll_tick(context));
                Some(Bytes::from_static(b"x"))
            }
        };
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
