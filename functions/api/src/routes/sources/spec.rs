//! What a lead supplier has to know of a source: where to send, how to sign, which fields, what is answered. As JSON, or as
//! a page that can be handed on. No secret is in it, and no key: only its hash is kept.

mod example;
mod page;
mod proof;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use leadyard_domain::config::{Checked, ExternalIdFrom, FieldInfo, Source, Verification};
use leadyard_domain::field::FieldName;
use leadyard_runtime::now;
use leadyard_sources::{BODY_BYTES_MAX, EVENTS_MAX, Format, format};
use serde::Serialize;
use utoipa::ToSchema;

use self::proof::Proof;
use crate::app::App;
use crate::connector::{Connector, SeenConnector};
use crate::problem::Problem;

/// What a supplier of leads has to know of a source.
#[derive(Debug, Serialize, ToSchema)]
pub struct Spec {
    /// The source, for people.
    title: String,
    /// Where leads are sent; `{key}` stands for the secret part of the URL.
    #[schema(example = "https://example.com/in/{key}")]
    url: String,
    /// What to put in the place of `{key}`.
    key: &'static str,
    /// The method.
    #[schema(example = "POST")]
    method: &'static str,
    /// What the body is, and under which content type.
    content_type: String,
    /// What a request holds.
    body: &'static str,
    /// How a request proves where it comes from.
    proof: String,
    /// Where the sender's own id of a lead stands, by which one that is sent again is recognised.
    external_id: String,
    /// Fields of which one group has to be there whole, so that a person who asks twice is recognised.
    one_group_of: Vec<Vec<String>>,
    /// What may be sent.
    fields: Vec<SpecField>,
    /// A request for a shell, with `curl`; `null` where only the platform sends.
    example: Option<String>,
    /// What is answered when it went well.
    success: &'static str,
    /// How a sender hears what becomes of its lead, where it may.
    waiting: Option<&'static str>,
    /// What is answered when it did not.
    errors: Vec<SpecError>,
    /// Most bytes of a body.
    body_bytes_max: usize,
}

/// A field that may be sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpecField {
    /// The name to send it under; a dot steps into an object.
    #[schema(example = "email")]
    key: String,
    /// What it is for people, where it has such a name.
    label: Option<String>,
    /// What it holds.
    #[serde(rename = "type")]
    #[schema(example = "email")]
    kind: &'static str,
    /// How it is written.
    format: &'static str,
    /// Whether it stands in every group of `one_group_of`.
    required: bool,
    /// The values that it may have, where there are only some.
    choices: Vec<String>,
}

/// An answer to a request that was not taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpecError {
    /// The HTTP status.
    status: u16,
    /// What it means, and what to do.
    description: &'static str,
}

const KEY: &str = "The key is part of the URL that you were given, and secret. Only a hash of it is kept here, so it can't be \
                   shown again: if it was lost, ask for a new URL.";

const WAITING: &str = "With ?wait=1 at the end of the URL, a request with one lead is answered within 3 seconds: with 200 and the \
                       outcome (accepted, duplicate, rejected, failed or ignored) and its reason, or with 202 when it is \
                       not decided by then.";

const ERRORS: [(u16, &str); 7] = [
    (400, "The body can't be read; the answer says what is wrong and where. Mend it and send it again."),
    (401, "The request does not prove where it comes from; the answer says what is missing."),
    (403, "The page that posts is not on the list of this source."),
    (404, "The key is unknown or switched off."),
    (413, "The body is too large, or holds too many leads: send fewer in a request."),
    (415, "The content type is not read here."),
    (503, "Nothing or not all was taken: send the same request again after the seconds that Retry-After says."),
];

/// What to tell a lead supplier
///
/// Where to send leads to a source, how to sign, which fields, an example, and the answers. As JSON, or as a page of HTML
/// where `Accept` asks for it. It holds no secrets: `{key}` stands for the secret part of the URL, of which only a hash is
/// kept.
#[utoipa::path(
    get,
    path = "/v1/sources/{id}/spec",
    tag = "sources",
    operation_id = "source_spec",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The source's id in the config.")),
    responses(
        (status = 200, description = "What to tell.", content((Spec = "application/json"), (String = "text/html"))),
        (status = 404, description = "The config in force has no such source."),
    )
)]
pub(crate) async fn read(
    SeenConnector(Connector { caller, id, .. }): SeenConnector,
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unknown = || Problem::unknown("source", &id);
    let published = app.configs.get(&caller.account, now()).await?.ok_or_else(unknown)?;
    let source = published.checked.source(&id).ok_or_else(unknown)?;
    // A published config names formats that exist; one that is newer than this program may not.
    let format = format(&source.format).ok_or_else(|| Problem::behind(false, &"the source's format is unknown"))?;
    let spec = spec(&published.checked, source, format, &format!("{}/in/{{key}}", app.public_url), now());
    let wants_page = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let vary = [(header::VARY, "Accept")];
    if wants_page.into_iter().any(|accepted| accepted.contains("text/html")) {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            // Nothing on the page loads or runs anything.
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        ];
        return Ok((vary, headers, page::page(&spec)).into_response());
    }
    Ok((vary, Json(spec)).into_response())
}

fn spec(config: &Checked, source: &Source, format: &Format, url: &str, now: Timestamp) -> Spec {
    let proof = Proof::of(&source.verify, format);
    let example = format.example.map(|write| {
        let written = write(&example::event(config, source, now));
        example::curl(url, &written, &proof)
    });
    let content_type = format.example.map(|write| write(&serde_json::Map::new()).content_type.to_owned());
    Spec {
        title: source.name.clone().unwrap_or_else(|| source.id.to_string()),
        url: url.to_owned(),
        key: KEY,
        method: "POST",
        content_type: content_type.unwrap_or_else(|| "as the platform sends it".to_owned()),
        body: format.title,
        proof: proof.words(),
        external_id: external_id(source),
        one_group_of: groups(source),
        fields: fields(config, source),
        example,
        success: format.answer,
        waiting: source.answers.outcome.then_some(WAITING),
        errors: ERRORS.map(|(status, description)| SpecError { status, description }).into(),
        body_bytes_max: BODY_BYTES_MAX,
    }
}

fn external_id(source: &Source) -> String {
    let same = "the same id is the same lead, and changes nothing when it comes again";
    match (&source.external_id, &source.verify) {
        (Some(ExternalIdFrom::Header(name)), _) => format!("Your own id of the lead in the header {name}: {same}."),
        (Some(ExternalIdFrom::Field(path)), _) => format!("Your own id of the lead in the field {path}: {same}."),
        (None, Verification::StandardWebhooks(_)) => {
            format!("Your own id of the lead in the header webhook-id: {same}.")
        }
        (None, _) => "None is needed: the same body within 60 seconds is taken for a repeat.".to_owned(),
    }
}

/// The names under which a supplier sends what each search key needs.
fn groups(source: &Source) -> Vec<Vec<String>> {
    source.search_keys().iter().map(|key| key.fields().iter().map(|field| key_of(source, field)).collect()).collect()
}

/// The name under which a field is sent: as the mapping says, or its own.
fn key_of(source: &Source, field: &FieldName) -> String {
    let mut mapped = source.mapping.iter().filter(|mapping| mapping.enabled);
    mapped.find(|mapping| mapping.to == *field).map_or_else(|| field.to_string(), |mapping| mapping.from.clone())
}

/// Every field that a sender may fill: those of the mapping first, in its order, then the others by name.
fn fillable<'a>(config: &'a Checked, source: &'a Source) -> Vec<(&'a FieldName, &'a FieldInfo)> {
    let mapped = source.mapping.iter().filter(|mapping| mapping.enabled).map(|mapping| &mapping.to);
    let others = config.fields().iter().map(|(name, _)| name);
    // A source that names its lead source says it of all its leads; a stage is for who works on them.
    let is_ours = |name: &FieldName| matches!(name.as_str(), "lead_source" | "stage");
    let others = others.filter(|name| !is_ours(name));
    // A key that the mapping switches off fills nothing, whatever it is called.
    let is_off = |name: &FieldName| source.mapping.iter().any(|its| !its.enabled && its.from == name.as_str());
    let mut fields: Vec<(&FieldName, &FieldInfo)> = Vec::new();
    for name in mapped.chain(others.filter(|name| !is_off(name))) {
        let known = fields.iter().any(|(known, _)| *known == name);
        if let Some(info) = config.fields().get(name).filter(|info| !info.derived && !known) {
            fields.push((name, info));
        }
    }
    fields
}

fn fields(config: &Checked, source: &Source) -> Vec<SpecField> {
    let fillable = fillable(config, source).into_iter();
    let field = |(name, info): (&FieldName, &FieldInfo)| SpecField {
        key: key_of(source, name),
        label: config.config().fields.iter().find(|its| its.name == *name).and_then(|its| its.label.clone()),
        kind: info.kind.name(),
        format: example::how_written(info.kind, source.default_country.is_some()),
        required: !source.search_keys().is_empty()
            && source.search_keys().iter().all(|key| key.fields().contains(name)),
        choices: info.options.clone(),
    };
    fillable.map(field).collect()
}

/// Most leads of a request, for the page.
const LEADS_MAX: usize = EVENTS_MAX;
