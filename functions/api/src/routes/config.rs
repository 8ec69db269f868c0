//! The config: publish, read, check.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use leadyard_domain::config::document::{self, Syntax};
use leadyard_domain::config::{self, Checked, Config, Known, Problems};
use leadyard_runtime::now;
use leadyard_store::{PublishConfig, PublishError};
use serde::Serialize;
use utoipa::ToSchema;

use super::sources::{self, EndpointView};
use crate::app::App;
use crate::auth::{Admin, Caller, Viewer};
use crate::body::ConfigText;
use crate::etag::{IfMatch, etag};
use crate::openapi::ConfigDocument;
use crate::problem::{Finding, Kind, Problem};

/// A config that is in force now.
#[derive(Serialize, ToSchema)]
pub struct PublishedConfig {
    /// Its version; every decision names the one that it used.
    version: u64,
    /// The URLs of sources that had none. Each is shown this once.
    endpoints: Vec<EndpointView>,
}

/// What the check of a config came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Validation {
    /// Whether it could be published.
    valid: bool,
    /// Everything that is wrong with it.
    problems: Vec<Finding>,
}

/// What keeps a text from being published.
enum Fault {
    /// It is not of its syntax.
    Malformed(String),
    /// It does not hold together.
    Unsound(Problems),
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed(detail) => Self::new(Kind::BadRequest, detail),
            Fault::Unsound(problems) => Self::config(Finding::all(problems)),
        }
    }
}

impl From<Fault> for Validation {
    fn from(fault: Fault) -> Self {
        let problems = match fault {
            Fault::Malformed(message) => vec![Finding { path: "document".to_owned(), message }],
            Fault::Unsound(problems) => Finding::all(problems),
        };
        Self { valid: false, problems }
    }
}

/// Reads a text of its syntax, and only then as a config: a slip of the pen is another fault than a wrong name.
fn read_config(ConfigText { text, syntax }: &ConfigText) -> Result<Config, Fault> {
    let value = match syntax {
        Syntax::Json => serde_json::from_str(text).map_err(|error| format!("The body is no valid JSON: {error}.")),
        // As everywhere: only true and false are booleans, so that `off` and `NO` can be names.
        Syntax::Yaml => {
            let options = serde_saphyr::options! { strict_booleans: true };
            serde_saphyr::from_str_with_options(text, options)
                .map_err(|error| format!("The body is no valid YAML: {error}."))
        }
    };
    document::from_value(value.map_err(Fault::Malformed)?).map_err(Fault::Unsound)
}

/// The whole check: the same for publishing and for asking whether one could.
async fn check(app: &App, caller: &Caller, body: &ConfigText) -> Result<Result<Checked, Fault>, Problem> {
    let config = match read_config(body) {
        Ok(config) => config,
        Err(fault) => return Ok(Err(fault)),
    };
    let secrets = app.store.secret_names(&caller.account).await?;
    let formats = leadyard_sources::format_names();
    let known = Known { secrets: &secrets, formats: &formats, lists: &BTreeSet::new() };
    Ok(config.check(&known).map_err(Fault::Unsound))
}

/// Publish a config
///
/// The document replaces the one in force as a whole, or not at all. Send the `ETag` of the version you started from as
/// `If-Match`, and nobody's change is lost; without it the last one to look wins, and of two at once one gets 409.
///
/// Secrets are named in the document and set on their own, before. Each source that has no endpoint yet gets one; its
/// URL holds a key that is kept hashed, so it is shown this once.
#[utoipa::path(
    put,
    path = "/v1/config",
    tag = "config",
    operation_id = "publish_config",
    security(("api_key" = ["admin"])),
    params(("If-Match" = Option<String>, Header, description = "The `ETag` of the version that this replaces.")),
    request_body(
        description = "The config document.",
        content((ConfigDocument = "application/yaml"), (ConfigDocument = "application/json"))
    ),
    responses(
        (status = 200, description = "It is in force.", body = PublishedConfig,
            headers(("ETag" = String, description = "Its version as an entity tag."))),
        (status = 400, description = "The body is not of its syntax; the detail has the line and the column."),
        (status = 409, description = "Someone else published in between."),
        (status = 412, description = "`If-Match` names another version than the one in force."),
        (status = 413, description = "The document is over 4 MiB, or does not fit when packed."),
        (status = 415, description = "The body is neither YAML nor JSON."),
        (status = 422, description = "The config is refused whole; `problems` has everything that is wrong."),
    )
)]
pub(crate) async fn publish(
    Admin(caller): Admin,
    State(app): State<App>,
    headers: HeaderMap,
    body: ConfigText,
) -> Result<impl IntoResponse, Problem> {
    let if_match = IfMatch::read(&headers)?;
    let in_force = app.store.config_pointer(&caller.account).await?.map_or(0, |pointer| pointer.version);
    if if_match.as_ref().is_some_and(|asked| !asked.allows(in_force)) {
        return Err(other_version(in_force));
    }
    let checked = check(&app, &caller, &body).await??;
    let fresh = sources::new_endpoints(&app, &caller.account, checked.config()).await?;
    let (endpoints, views) = fresh.into_iter().unzip();
    let document = serde_json::to_string(checked.config()).map_err(|error| Problem::behind(false, &error))?;
    let publish =
        PublishConfig { endpoints, ..PublishConfig::new(caller.account, document, in_force, caller.name, now()) };
    let version = app.store.publish_config(&publish).await.map_err(|error| match error {
        PublishError::Superseded { current } if if_match.is_some() => other_version(current),
        PublishError::Superseded { current } => Problem::new(
            Kind::Superseded,
            format!("Version {current} was published while this one was being checked. Look at it and publish again."),
        ),
        PublishError::ListsChanged => {
            Problem::new(Kind::Superseded, "A list was changed while the config was being checked. Publish again.")
        }
        error @ PublishError::TooLarge { .. } => Problem::new(Kind::TooLarge, format!("{error}.")),
        PublishError::Store(error) => error.into(),
    })?;
    app.configs.forget(&publish.account);
    Ok(([(header::ETAG, etag(version))], Json(PublishedConfig { version, endpoints: views })))
}

fn other_version(in_force: u64) -> Problem {
    let detail = match in_force {
        0 => "No config is in force yet: publish the first one without If-Match.".to_owned(),
        version => format!(
            "Version {version} is in force, another than If-Match names. GET /v1/config, merge your change, and publish \
             with If-Match: \"{version}\"."
        ),
    };
    Problem::new(Kind::PreconditionFailed, detail)
}

/// The config in force
///
/// As JSON, with every default written out. It holds names of secrets, never their values.
#[utoipa::path(
    get,
    path = "/v1/config",
    tag = "config",
    operation_id = "read_config",
    security(("api_key" = ["viewer"])),
    responses(
        (status = 200, description = "The document.", body = ConfigDocument,
            headers(("ETag" = String, description = "Its version as an entity tag, for `If-Match`."))),
        (status = 404, description = "The account has not published a config yet."),
    )
)]
pub(crate) async fn read(Viewer(caller): Viewer, State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let Some(pointer) = app.store.config_pointer(&caller.account).await? else {
        return Err(Problem::new(
            Kind::NotFound,
            "This account has not published a config yet: PUT /v1/config publishes one.",
        ));
    };
    let version = pointer.version;
    let Some(document) = app.store.config_document(&caller.account, version).await? else {
        return Err(Problem::behind(false, &format!("config version {version} has a pointer and no document")));
    };
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::ETAG, etag(version)), (header::CONTENT_TYPE, json)], document))
}

/// The JSON Schema of a config
///
/// For editors, which fetch it by its address and send no key: it holds nothing of any account.
#[utoipa::path(
    get,
    path = "/v1/config/schema",
    tag = "config",
    operation_id = "config_schema",
    security(()),
    responses((status = 200, description = "JSON Schema 2020-12.", body = Object, content_type = "application/schema+json"))
)]
pub(crate) async fn schema() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json")], config::json_schema().to_string())
}

/// Check a config
///
/// The same check as for publishing, and nothing else happens. A document that is wrong is a good answer here.
#[utoipa::path(
    post,
    path = "/v1/config/validate",
    tag = "config",
    operation_id = "validate_config",
    security(("api_key" = ["viewer"])),
    request_body(
        description = "The config document.",
        content((ConfigDocument = "application/yaml"), (ConfigDocument = "application/json"))
    ),
    responses(
        (status = 200, description = "Whether it could be published, and everything that is wrong.", body = Validation),
        (status = 400, description = "The body is not UTF-8."),
        (status = 413, description = "The document is over 4 MiB."),
        (status = 415, description = "The body is neither YAML nor JSON."),
    )
)]
pub(crate) async fn validate(
    Viewer(caller): Viewer,
    State(app): State<App>,
    body: ConfigText,
) -> Result<Json<Validation>, Problem> {
    let checked = check(&app, &caller, &body).await?;
    Ok(Json(checked.map_or_else(Validation::from, |_| Validation { valid: true, problems: Vec::new() })))
}
