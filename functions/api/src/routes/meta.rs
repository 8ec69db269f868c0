//! About this API.

use axum::http::header;
use axum::response::IntoResponse;

use crate::openapi::DOCUMENT;

/// This document
///
/// Needs no key: it holds nothing of any account, and the tools that read it (client generators, documentation sites)
/// have none.
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    tag = "meta",
    operation_id = "openapi",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = Object))
)]
pub(crate) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}
