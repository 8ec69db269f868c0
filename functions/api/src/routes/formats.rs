//! The intake formats: which platforms can send, and what each needs.

use std::collections::BTreeMap;

use axum::Json;
use leadyard_sources::{FORMATS, Format};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Viewer;

/// The intake formats of this deployment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Formats {
    /// All of them, by name.
    formats: Vec<FormatView>,
}

/// A platform, and in what shape it sends.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormatView {
    /// Its name, as a source's `format` writes it.
    #[schema(example = "json")]
    name: &'static str,
    /// What it is.
    title: &'static str,
    /// How a request proves where it comes from.
    proof: &'static str,
    /// What a source of this format needs to be told, or may be told, beside what every source knows.
    settings: Vec<SettingView>,
    /// What the sender is answered.
    answer: &'static str,
    /// Whether it answers the `GET` by which the platform tries an endpoint.
    answers_challenge: bool,
    /// Whether it answers a `HEAD`.
    answers_head: bool,
    /// Whether a body that cannot be read is answered like one that can, and stands in the log as a failed event: the
    /// platform would stop sending to an endpoint that refuses.
    forgiving: bool,
    /// Which outside names fill a field without any mapping. They are compared without case and without anything that is no
    /// letter or digit; the first that has a value counts. Keys that are called as a field of the account fill it too.
    default_mapping: BTreeMap<&'static str, Vec<&'static str>>,
}

/// A setting of a source.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingView {
    /// Where it stands in the source.
    #[schema(example = "verify.platform.secret")]
    path: &'static str,
    /// Whether no event is taken without it.
    required: bool,
    /// What it is for.
    description: &'static str,
}

impl From<&Format> for FormatView {
    fn from(format: &Format) -> Self {
        let setting = |setting: leadyard_sources::Setting| SettingView {
            path: setting.path,
            required: setting.required,
            description: setting.what,
        };
        Self {
            name: format.name,
            title: format.title,
            proof: format.proof,
            settings: format.settings().into_iter().map(setting).collect(),
            answer: format.answer,
            answers_challenge: format.challenge.is_some(),
            answers_head: format.answers_head,
            forgiving: format.forgiving,
            default_mapping: format.default_mapping().into_iter().collect(),
        }
    }
}

/// The intake formats
///
/// Which platforms can send, each with what its sources need: the values that a source's `format` may have.
#[utoipa::path(
    get,
    path = "/v1/formats",
    tag = "meta",
    operation_id = "list_formats",
    security(("api_key" = ["viewer"])),
    responses((status = 200, description = "All formats.", body = Formats))
)]
pub(crate) async fn list(_: Viewer) -> Json<Formats> {
    Json(Formats { formats: FORMATS.iter().map(FormatView::from).collect() })
}
