//! The queues from which members claim leads.

pub mod claim;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use leadyard_domain::config::{Checked, Queue};
use leadyard_domain::id::QueueId;
use leadyard_runtime::now;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Viewer;
use crate::body::Id;
use crate::problem::{Kind, Problem};

/// Most leads that are counted.
const COUNTED_MAX: usize = 1_000;

/// A queue and what waits in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueView {
    /// Its id.
    id: String,
    /// Its name for people.
    name: Option<String>,
    /// Whether the config in force has it. Leads of one that was taken out wait on: put it back to have them claimed.
    in_config: bool,
    /// Who may claim from it.
    members: Vec<String>,
    /// Pools whose members may claim from it too.
    pools: Vec<String>,
    /// Leads that wait in it; at most 1,000 are counted.
    waiting: usize,
    /// Whether there are more than were counted.
    more: bool,
    /// The lead that came first, which is claimed next; `null` when none waits.
    oldest: Option<QueuedLead>,
}

/// A lead that waits in a queue.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueuedLead {
    /// The lead.
    lead: String,
    /// Since when it waits.
    since: Timestamp,
}

/// One queue
///
/// With how many leads wait in it, and since when the oldest does.
#[utoipa::path(
    get,
    path = "/v1/queues/{id}",
    tag = "queues",
    operation_id = "read_queue",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The queue's id in the config.")),
    responses(
        (status = 200, description = "The queue.", body = QueueView),
        (status = 404, description = "The config in force has no such queue, and nothing waits in one of that name."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<QueueId>,
) -> Result<Json<QueueView>, Problem> {
    let published = app.configs.get(&caller.account, now()).await?;
    let queue = published.as_ref().and_then(|published| published.checked.queue(&id));
    let page = app.store.queued_leads(&caller.account, &id, COUNTED_MAX, None).await?;
    if queue.is_none() && page.rows.is_empty() {
        return Err(unknown(&id));
    }
    let oldest = page.rows.first().map(|first| QueuedLead { lead: first.lead.to_string(), since: first.since });
    Ok(Json(QueueView {
        id: id.to_string(),
        name: queue.and_then(|queue| queue.name.clone()),
        in_config: queue.is_some(),
        members: queue.iter().flat_map(|queue| &queue.members).map(ToString::to_string).collect(),
        pools: queue.iter().flat_map(|queue| &queue.pools).map(ToString::to_string).collect(),
        waiting: page.rows.len(),
        more: page.next.is_some(),
        oldest,
    }))
}

fn unknown(id: &QueueId) -> Problem {
    Problem::new(Kind::NotFound, format!("The config in force has no queue '{id}': GET /v1/config lists them."))
}

/// A queue of the config in force.
fn find<'a>(config: &'a Checked, id: &QueueId) -> Result<&'a Queue, Problem> {
    config.queue(id).ok_or_else(|| unknown(id))
}
