//! The leads that wait for somebody who can take them.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use leadyard_store::Waiting;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Viewer;
use crate::body::Parameters;
use crate::listing;
use crate::problem::Problem;

/// Places that one read looks at.
const PLACES: usize = 200;
/// Most reads for one page: one that is still short goes out with a cursor.
const READS_MAX: u32 = 10;

/// Which parked leads.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ParkedQuery {
    /// Only leads of this line: `pool:sales`, `rule:inbound/large` or `profile:inbound`.
    line: Option<String>,
    /// Entries of a page, 1 to 100; 50 where none is given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before, with the same filter.
    cursor: Option<String>,
}

/// A lead that waits.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParkedLead {
    /// The lead.
    lead: String,
    /// For whom it waits: `pool:sales`, `rule:inbound/large` or `profile:inbound`.
    line: String,
    /// Why, in words.
    reason: String,
    /// Since when.
    since: Timestamp,
    /// When somebody may be able to take it, as far as time alone decides; it is tried again then. `null` where only a
    /// change frees somebody.
    until: Option<Timestamp>,
}

/// A page of parked leads, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParkedPage {
    /// The leads.
    parked: Vec<ParkedLead>,
    /// Leads to the next page; `null` on the last one.
    next_cursor: Option<String>,
}

impl From<Waiting> for ParkedLead {
    fn from(waiting: Waiting) -> Self {
        let Waiting { lead, since, line, reason, until, .. } = waiting;
        Self { lead: lead.into(), line, reason, since, until }
    }
}

/// The parked leads
///
/// Those that wait for somebody who can take them, the oldest first. They are tried again by themselves when somebody is
/// freed, when the time has come, and when another config is published. A page may be short with more behind it: go on
/// until `next_cursor` is `null`.
#[utoipa::path(
    get,
    path = "/v1/parked",
    tag = "leads",
    operation_id = "list_parked",
    security(("api_key" = ["viewer"])),
    params(ParkedQuery),
    responses(
        (status = 200, description = "A page.", body = ParkedPage),
        (status = 400, description = "A parameter does not fit; the detail names it."),
    )
)]
pub(crate) async fn list(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Parameters(ParkedQuery { line, limit, cursor }): Parameters<ParkedQuery>,
) -> Result<Json<ParkedPage>, Problem> {
    let (limit, mut cursor) = (listing::limit(limit)?, listing::cursor(cursor)?);
    let mut parked: Vec<ParkedLead> = Vec::new();
    for _ in 0..READS_MAX {
        // Without a filter every place that is read has room on the page.
        let places = if line.is_some() { PLACES } else { limit - parked.len() };
        let page = app.store.parked_leads(&caller.account, places, cursor.as_ref()).await?;
        let more = page.next.is_some();
        let read = page.rows.len();
        cursor = page.next;
        for (place, waiting) in page.rows.into_iter().enumerate() {
            if line.as_ref().is_some_and(|line| *line != waiting.line) {
                continue;
            }
            let behind = waiting.cursor();
            parked.push(waiting.into());
            if parked.len() == limit {
                let next = (more || place + 1 < read).then(|| behind.to_string());
                return Ok(Json(ParkedPage { parked, next_cursor: next }));
            }
        }
        if cursor.is_none() {
            break;
        }
    }
    Ok(Json(ParkedPage { parked, next_cursor: cursor.map(|cursor| cursor.to_string()) }))
}
