//! Addresses that no mail goes to any more. They are kept by hash, so that there is nothing to list: who asks names the
//! address.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use leadyard_domain::suppression::{AddressHash, Suppression, SuppressionReason};
use leadyard_runtime::now;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, Schema, Type};

use crate::app::App;
use crate::auth::{Operator, Viewer};
use crate::body::Parameters;
use crate::problem::{Kind, Problem};

/// Which address.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AddressQuery {
    /// The email address, with `+` written as `%2B`; capitals make no difference.
    address: String,
}

impl AddressQuery {
    /// The detail does not repeat the address: it may be somebody's.
    fn hash(&self) -> Result<AddressHash, Problem> {
        AddressHash::of(&self.address).ok_or_else(|| {
            Problem::new(
                Kind::BadRequest,
                "The parameter 'address' is no email address: send one, such as anna@example.com.",
            )
        })
    }
}

/// Whether mails go to an address.
#[derive(Debug, Serialize, ToSchema)]
pub struct AddressView {
    /// Whether none goes there.
    suppressed: bool,
    /// Why: it bounced for good, or somebody called a mail spam.
    #[schema(schema_with = reason_schema)]
    reason: Option<SuppressionReason>,
    /// When that was heard of.
    since: Option<Timestamp>,
    /// The delivery whose mail it was; none for a mail that told people of a destination.
    delivery: Option<String>,
}

fn reason_schema() -> Schema {
    let reasons = SuppressionReason::ALL.map(|reason| Some(reason.name()));
    ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("Why: it bounced for good, or somebody called a mail spam."))
        .enum_values(Some(reasons.into_iter().chain([None])))
        .into()
}

/// Whether mails go to an address
///
/// An address whose mail bounced for good, or where a mail was called spam, gets no further one from this account.
#[utoipa::path(
    get,
    path = "/v1/suppressions",
    tag = "suppressions",
    operation_id = "read_suppression",
    security(("api_key" = ["viewer"])),
    params(AddressQuery),
    responses(
        (status = 200, description = "Whether none goes there, and why.", body = AddressView),
        (status = 400, description = "The parameter is missing, or no address."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Parameters(query): Parameters<AddressQuery>,
) -> Result<Json<AddressView>, Problem> {
    let found = app.store.suppression(&caller.account, &query.hash()?).await?;
    let suppressed = found.is_some();
    let (reason, since, delivery) = match found {
        Some(Suppression { reason, at, delivery }) => (Some(reason), Some(at), delivery.map(Into::into)),
        None => (None, None, None),
    };
    Ok(Json(AddressView { suppressed, reason, since, delivery }))
}

/// Let mails go to an address again
///
/// Do it when the cause is mended: a mailbox that is there again, a person who agreed. The next mail goes there; deliveries
/// that are dead are not sent again by themselves. What SES itself suppresses stays suppressed there.
#[utoipa::path(
    delete,
    path = "/v1/suppressions",
    tag = "suppressions",
    operation_id = "lift_suppression",
    security(("api_key" = ["operator"])),
    params(AddressQuery),
    responses(
        (status = 204, description = "Mails go there again."),
        (status = 400, description = "The parameter is missing, or no address."),
        (status = 404, description = "The address is not suppressed."),
    )
)]
pub(crate) async fn lift(
    Operator(caller): Operator,
    State(app): State<App>,
    Parameters(query): Parameters<AddressQuery>,
) -> Result<StatusCode, Problem> {
    if app.store.lift_suppression(&caller.account, &query.hash()?, &caller.name, now()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(Kind::NotFound, "The address is not suppressed: mails go there."))
}
