//! About this API.

use axum::Json;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Viewer;
use crate::openapi::DOCUMENT;

/// The intake formats of this deployment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Formats {
    /// Their names, as a source's `format` writes them.
    #[schema(example = json!(["form", "json"]))]
    formats: Vec<&'static str>,
}

/// The intake formats
///
/// Which platforms can send: the values that a source's `format` may have.
#[utoipa::path(
    get,
    path = "/v1/formats",
    tag = "meta",
    operation_id = "list_formats",
    security(("api_key" = ["viewer"])),
    responses((status = 200, description = "Their names.", body = Formats))
)]
pub(crate) async fn formats(_: Viewer) -> Json<Formats> {
    Json(Formats { formats: leadyard_sources::format_names() })
}

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
