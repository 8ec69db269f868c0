//! Endpoints of sources: the URLs to which leads are sent.
//!
//! A URL's key is 160 random bits and the only proof of a source without a signature. The table holds its hash alone, so
//! a lost URL is not shown again: it is replaced.

pub mod log;
pub(crate) mod reconcile;
pub mod settings;
pub mod spec;
pub mod verify;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use leadyard_domain::config::Config;
use leadyard_domain::id::{AccountId, SourceId};
use leadyard_runtime::now;
use leadyard_store::{ENDPOINTS_MAX, Endpoint, endpoint_key_hash};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::connector::{ChangedConnector, Connector};
use crate::problem::{Finding, Kind, Problem};

/// 160 bits: nobody guesses one.
const KEY_BYTES: usize = 20;

/// A source's endpoint, shown once. It has no `Debug`: the URL is a secret.
#[derive(Serialize, ToSchema)]
pub struct EndpointView {
    /// The source.
    source: String,
    /// Where its leads are sent. Keep it: only its hash is stored.
    #[schema(example = "https://example.com/in/6f1d2c3b4a5968778695a4b3c2d1e0f012345678")]
    url: String,
}

/// Endpoints for the sources of a config that have none, each with its URL.
pub(crate) async fn new_endpoints(
    app: &App,
    account: &AccountId,
    config: &Config,
) -> Result<Vec<(Endpoint, EndpointView)>, Problem> {
    let served = app.store.endpoint_sources(account).await?;
    let fresh: Vec<&SourceId> =
        config.sources.iter().map(|source| &source.id).filter(|id| !served.contains(*id)).collect();
    if fresh.len() > ENDPOINTS_MAX {
        let message = format!(
            "{} sources are new, and one publish can make endpoints for {ENDPOINTS_MAX}: publish with that many \
             first, then add the others",
            fresh.len()
        );
        return Err(Problem::config(vec![Finding { path: "sources".to_owned(), message }]));
    }
    fresh.into_iter().map(|source| new_endpoint(app, source)).collect()
}

fn new_endpoint(app: &App, source: &SourceId) -> Result<(Endpoint, EndpointView), Problem> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| Problem::behind(true, &error))?;
    let key = data_encoding::HEXLOWER.encode(&key);
    let endpoint = Endpoint { source: source.clone(), key_hash: endpoint_key_hash(&key) };
    let view = EndpointView { source: source.to_string(), url: format!("{}/in/{key}", app.public_url) };
    Ok((endpoint, view))
}

/// Add an endpoint to a source
///
/// For a URL that was lost, or to change one: the URLs before it stay good.
#[utoipa::path(
    post,
    path = "/v1/sources/{id}/endpoint",
    tag = "sources",
    operation_id = "add_endpoint",
    security(("api_key" = ["admin"])),
    params(("id" = String, Path, description = "The source's id in the config.")),
    responses(
        (status = 201, description = "The URL, shown this once.", body = EndpointView),
        (status = 404, description = "The config in force has no such source."),
    )
)]
pub(crate) async fn add_endpoint(
    ChangedConnector(Connector { caller, id, .. }): ChangedConnector,
    State(app): State<App>,
) -> Result<(StatusCode, Json<EndpointView>), Problem> {
    let published = app.configs.get(&caller.account, now()).await?;
    if published.is_none_or(|published| published.checked.source(&id).is_none()) {
        return Err(Problem::new(
            Kind::NotFound,
            format!(
                "The config in force has no source '{id}': publish one that has it, and it gets its endpoint then."
            ),
        ));
    }
    let (endpoint, view) = new_endpoint(&app, &id)?;
    app.store.add_endpoint(&caller.account, &endpoint, &caller.name, now()).await?;
    Ok((StatusCode::CREATED, Json(view)))
}
