//! Recording that a lead was contacted: it stops the timers of its service level.

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::decision;
use leadyard_domain::handover;
use leadyard_domain::id::LeadId;
use leadyard_runtime::{backoff, now};
use leadyard_store::{Commit, CommitError, Settled};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::lead_of;
use super::view::LeadTimes;
use crate::app::App;
use crate::auth::Operator;
use crate::body::{Id, OptionalJsonBody};
use crate::problem::{Kind, Problem};

/// How far ahead of ours another clock may be.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);
/// Most times that it is recorded anew because the lead changed meanwhile.
const TRIES_MAX: u32 = 8;

/// When it was contacted.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    /// The moment (RFC 3339); now where none is given.
    #[serde(default)]
    at: Option<Timestamp>,
}

/// The times of a lead that was contacted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contacted {
    /// The lead.
    lead: String,
    /// Whether anything is different: a contact that is on record already changes nothing.
    changed: bool,
    #[serde(flatten)]
    times: LeadTimes,
}

/// Record a contact
///
/// Whoever has the lead has contacted it: no step of its service level is due after that. The first contact stays the
/// first; to record one again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/leads/{id}/contact",
    tag = "leads",
    operation_id = "record_contact",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The lead's id.")),
    request_body(content = Option<ContactBody>, description = "May be left out."),
    responses(
        (status = 200, description = "It is on record.", body = Contacted),
        (status = 400, description = "The body does not fit, or the moment lies ahead or before the lead."),
        (status = 404, description = "The account has no such lead."),
        (status = 409, description = "The lead changed again and again at the same moment: ask again."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
    )
)]
pub(crate) async fn record(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<LeadId>,
    OptionalJsonBody(ContactBody { at }): OptionalJsonBody<ContactBody>,
) -> Result<Json<Contacted>, Problem> {
    let mut audited = false;
    for number in 1..=TRIES_MAX {
        let before = lead_of(&app, &caller.account, &id).await?;
        let at = moment(at, before.created_at, now())?;
        let mut lead = before.clone();
        if !handover::contact(&mut lead, at) {
            return Ok(Json(Contacted { lead: id.into(), changed: false, times: LeadTimes::of(&before) }));
        }
        if !audited {
            app.store.put_audit(&caller.account, now(), &caller.name, "lead.contact", &id).await?;
            audited = true;
        }
        let times = LeadTimes::of(&lead);
        let settled = Settled::known(lead, before.standing, Vec::new(), now());
        let commit = Commit {
            account: caller.account.clone(),
            now: now(),
            // Of records, and of whom somebody had: none of either is written here.
            log_days: 0,
            had_days: 0,
            settled: vec![settled],
            before: decision::State::default(),
            after: decision::State::default(),
        };
        match app.store.commit(&commit).await {
            Ok(()) => return Ok(Json(Contacted { lead: id.into(), changed: true, times })),
            Err(CommitError::Conflict(_) | CommitError::Throttled { .. }) => {
                tokio::time::sleep(backoff::full_jitter((&id, now()), number)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::overtaken())
}

/// The moment of the contact: neither ahead nor before there was a lead.
fn moment(asked: Option<Timestamp>, created_at: Timestamp, now: Timestamp) -> Result<Timestamp, Problem> {
    // A lead of a machine whose clock is ahead is contacted when it came at the earliest.
    let Some(at) = asked else { return Ok(now.max(created_at)) };
    let refuse = |detail: String| Err(Problem::new(Kind::BadRequest, detail));
    if at > now.saturating_add(AHEAD_MAX).unwrap_or(Timestamp::MAX) {
        return refuse(format!("'at' is {at}, and it is {now} here: give a moment that has passed."));
    }
    if at < created_at {
        return refuse(format!("'at' is {at}, and the lead came at {created_at}: give a moment after that."));
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_lies_between_the_lead_and_now() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let (created, now) = (at("2026-07-21T10:00:00Z"), at("2026-07-21T12:00:00Z"));
        let moment = |asked: Option<&str>| moment(asked.map(at), created, now).map_err(|problem| problem.kind());
        assert_eq!(moment(None), Ok(now));
        for good in ["2026-07-21T10:00:00Z", "2026-07-21T11:00:00Z", "2026-07-21T12:05:00Z"] {
            assert_eq!(moment(Some(good)), Ok(at(good)));
        }
        for bad in ["2026-07-21T09:59:59Z", "2026-07-21T12:05:01Z"] {
            assert_eq!(moment(Some(bad)), Err(Kind::BadRequest), "{bad}");
        }
    }
}
