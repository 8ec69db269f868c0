//! Secrets by name: of sources and destinations. Values come in here and never go out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use leadyard_domain::id::SecretName;
use leadyard_runtime::now;
use leadyard_store::{Secret, SetSecret};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Admin, Viewer};
use crate::body::{Id, JsonBody};
use crate::problem::{Kind, Problem};

/// Most bytes of a secret; a private key in PEM fits.
const VALUE_BYTES_MAX: usize = 4096;

/// The secrets of an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Secrets {
    /// Each by its name.
    secrets: Vec<SecretView>,
}

/// A secret, without its value.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecretView {
    /// The name by which a config means it.
    name: String,
}

/// A secret's new value. It has no `Debug`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretBody {
    /// The value, 1 to 4,096 bytes.
    #[serde(deserialize_with = "unseen")]
    #[schema(min_length = 1, max_length = 4096, write_only)]
    value: String,
    /// Whether the value before stays good beside it, while senders and receivers change over.
    #[serde(default)]
    keep_previous: bool,
}

/// Reads a text without repeating in the error what stood there instead: it may be the secret all the same.
fn unseen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(value) => Ok(value),
        _ => Err(serde::de::Error::custom("the value of a secret is a text")),
    }
}

/// The secrets that are set
///
/// By name only: no answer ever holds a value.
#[utoipa::path(
    get,
    path = "/v1/secrets",
    tag = "secrets",
    operation_id = "list_secrets",
    security(("api_key" = ["viewer"])),
    responses((status = 200, description = "Their names.", body = Secrets))
)]
pub(crate) async fn list(Viewer(caller): Viewer, State(app): State<App>) -> Result<Json<Secrets>, Problem> {
    let names = app.store.secret_names(&caller.account).await?;
    Ok(Json(Secrets { secrets: names.into_iter().map(|name| SecretView { name: name.into() }).collect() }))
}

/// Set a secret
///
/// In force everywhere within two seconds.
#[utoipa::path(
    put,
    path = "/v1/secrets/{name}",
    tag = "secrets",
    operation_id = "set_secret",
    security(("api_key" = ["admin"])),
    params(("name" = String, Path, description = "The name by which a config means it.")),
    request_body = SecretBody,
    responses(
        (status = 204, description = "It is set."),
        (status = 400, description = "The body does not fit."),
        (status = 404, description = "The name is none: 1 to 64 characters of a-z, 0-9, '-' and '_'."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
        (status = 422, description = "The value is empty or too long."),
    )
)]
pub(crate) async fn set(
    Admin(caller): Admin,
    State(app): State<App>,
    Id(name): Id<SecretName>,
    JsonBody(body): JsonBody<SecretBody>,
) -> Result<StatusCode, Problem> {
    let SecretBody { value, keep_previous } = body;
    if !(1..=VALUE_BYTES_MAX).contains(&value.len()) {
        return Err(Problem::new(
            Kind::Unprocessable,
            format!("The value has {} bytes; a secret has 1 to {VALUE_BYTES_MAX}.", value.len()),
        ));
    }
    let set = SetSecret {
        account: caller.account,
        name,
        value: Secret::new(value),
        keep_previous,
        by: caller.name,
        now: now(),
    };
    app.store.set_secret(&set).await?;
    Ok(StatusCode::NO_CONTENT)
}
