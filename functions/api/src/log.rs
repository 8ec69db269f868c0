//! One log line per request: what was asked by its route, by whom, and what came of it. Ids only, never a body.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, field};

use crate::problem::Refused;

/// Logs a request once it is answered. What the handlers log meanwhile carries the same fields.
pub async fn request_line(request: Request, next: Next) -> Response {
    let began = Instant::now();
    // The template, such as `/v1/leads/{id}`: a path that no route knows could hold anything.
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str);
    let span = tracing::info_span!(
        "request",
        method = %request.method(),
        route,
        account = field::Empty,
        key = field::Empty
    );
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    let refused = response.extensions().get::<Refused>();
    let problem = refused.map(|refused| refused.kind);
    let cause = refused.and_then(|refused| refused.cause.as_deref());
    span.in_scope(|| {
        if response.status().is_server_error() {
            tracing::error!(status, ms, problem, cause, "request failed");
        } else {
            tracing::info!(status, ms, problem, cause, "request answered");
        }
    });
    response
}
