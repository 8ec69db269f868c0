//! Taking a lead from whoever has it: they reject it, they return it, or a person gives it to someone else.
//!
//! All of it is checked before anything is asked for; evaluate then carries it out, and finds what was done before done.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::assignment::{Ending, Holding, Outcome, Standing};
use leadyard_domain::condition::Subject;
use leadyard_domain::config::Checked;
use leadyard_domain::contact::Contact;
use leadyard_domain::decision::{self, Case, Needs};
use leadyard_domain::id::{AssigneeId, LeadId};
use leadyard_domain::lead::{HOLDINGS_MAX, Lead};
use leadyard_domain::message::LeadsMessage;
use leadyard_runtime::{Outgoing, now};
use leadyard_store::Ruled;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::lead_of;
use crate::app::{App, send};
use crate::auth::{Caller, Operator};
use crate::body::{Id, OptionalJsonBody};
use crate::problem::{Kind, Problem};
use crate::why::why_not;

/// Most characters of a reason.
const REASON_CHARS_MAX: usize = 200;

/// Whose lead, and why.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandbackBody {
    /// The attempt that gave the lead to whoever ceases to have it; needed only when several have it.
    #[serde(default)]
    #[schema(minimum = 1)]
    attempt: Option<u32>,
    /// Why, for whoever looks at the lead later.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: Option<String>,
}

/// Whose lead, to whom, and why.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReassignBody {
    /// The attempt that gave the lead to whoever ceases to have it; needed only when several have it.
    #[serde(default)]
    #[schema(minimum = 1)]
    attempt: Option<u32>,
    /// Why, for whoever looks at the lead later.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: Option<String>,
    /// Who gets it; the rules say who where nobody is named. Whoever had it before may be named again.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    to: Option<AssigneeId>,
}

/// What will be done.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandbackAsked {
    /// The lead.
    lead: String,
    /// The attempt that had given it.
    attempt: u32,
    /// Who ceases to have it.
    assignee: String,
    /// `rejected`, `returned` or `reassigned`.
    how: &'static str,
    /// Who gets it next, where a person says so; the rules say it where this is `null`.
    to: Option<String>,
    /// Why.
    reason: Option<String>,
}

/// Reject a lead
///
/// Whoever has it did not take it. Credits and caps are given back, and the next one by the rules gets it, never one who
/// had it. With nobody left it waits.
#[utoipa::path(
    post,
    path = "/v1/leads/{id}/reject",
    tag = "leads",
    operation_id = "reject_lead",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The lead's id.")),
    request_body(content = Option<HandbackBody>, description = "May be left out."),
    responses(
        (status = 202, description = "It will be done in a moment.", body = HandbackAsked),
        (status = 400, description = "The body does not fit, or the reason is too long."),
        (status = 404, description = "The account has no such lead, or no config yet."),
        (status = 409, description = "Nobody has it, several have it and `attempt` is not given, or that attempt has ended."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
    )
)]
pub(crate) async fn reject(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<LeadId>,
    OptionalJsonBody(HandbackBody { attempt, reason }): OptionalJsonBody<HandbackBody>,
) -> Result<(StatusCode, Json<HandbackAsked>), Problem> {
    let asked = Asked { how: Ending::Rejected, attempt, reason: short(reason)?, to: None };
    asked.carry_out(&app, &caller, &id).await
}

/// Return a lead
///
/// Whoever has it gives it back, within the assignee's `return_days` since it was given. As for a rejected lead.
#[utoipa::path(
    post,
    path = "/v1/leads/{id}/return",
    tag = "leads",
    operation_id = "return_lead",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The lead's id.")),
    request_body(content = Option<HandbackBody>, description = "May be left out."),
    responses(
        (status = 202, description = "It will be done in a moment.", body = HandbackAsked),
        (status = 400, description = "The body does not fit, or the reason is too long."),
        (status = 404, description = "The account has no such lead, or no config yet."),
        (status = 409, description = "Nobody has it, several have it and `attempt` is not given, that attempt has ended, \
            or the time to return it is over."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
    )
)]
pub(crate) async fn hand_back(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<LeadId>,
    OptionalJsonBody(HandbackBody { attempt, reason }): OptionalJsonBody<HandbackBody>,
) -> Result<(StatusCode, Json<HandbackAsked>), Problem> {
    let asked = Asked { how: Ending::Returned, attempt, reason: short(reason)?, to: None };
    asked.carry_out(&app, &caller, &id).await
}

/// Give a lead to someone else
///
/// To whoever is named under `to`, if they can take it, else to the next one by the rules. Credits and caps are given back
/// to whoever had it.
#[utoipa::path(
    post,
    path = "/v1/leads/{id}/reassign",
    tag = "leads",
    operation_id = "reassign_lead",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The lead's id.")),
    request_body(content = Option<ReassignBody>, description = "May be left out."),
    responses(
        (status = 202, description = "It will be done in a moment.", body = HandbackAsked),
        (status = 400, description = "The body does not fit, or the reason is too long."),
        (status = 404, description = "The account has no such lead, no such assignee, or no config yet."),
        (status = 409, description = "Nobody has it, several have it and `attempt` is not given, that attempt has ended, \
            whoever is named can't take it, or it was given a hundred times."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
    )
)]
pub(crate) async fn reassign(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<LeadId>,
    OptionalJsonBody(ReassignBody { attempt, reason, to }): OptionalJsonBody<ReassignBody>,
) -> Result<(StatusCode, Json<HandbackAsked>), Problem> {
    let asked = Asked { how: Ending::Reassigned, attempt, reason: short(reason)?, to };
    asked.carry_out(&app, &caller, &id).await
}

/// A reason as it is kept: without surrounding white space; none where nothing is left.
fn short(reason: Option<String>) -> Result<Option<String>, Problem> {
    let reason = reason.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    match reason.as_ref().map_or(0, |reason| reason.chars().count()) {
        0..=REASON_CHARS_MAX => Ok(reason),
        chars => Err(Problem::new(
            Kind::BadRequest,
            format!("'reason' has {chars} characters; say it in {REASON_CHARS_MAX} at most."),
        )),
    }
}

fn refuse(detail: impl Into<String>) -> Problem {
    Problem::new(Kind::WrongState, detail)
}

/// What a person asks for.
struct Asked {
    how: Ending,
    attempt: Option<u32>,
    reason: Option<String>,
    to: Option<AssigneeId>,
}

impl Asked {
    async fn carry_out(
        self,
        app: &App,
        caller: &Caller,
        id: &LeadId,
    ) -> Result<(StatusCode, Json<HandbackAsked>), Problem> {
        let lead = lead_of(app, &caller.account, id).await?;
        let ruled = app.ruled(&caller.account).await?;
        let now = now();
        let holding = self.holding(&lead)?;
        if self.how == Ending::Returned {
            returnable(ruled.rules.checked(), holding, now)?;
        }
        if self.how == Ending::Reassigned && lead.holdings.len() >= HOLDINGS_MAX {
            return Err(refuse(format!(
                "The lead '{id}' was given to somebody {} times, and {HOLDINGS_MAX} times is the most: it stays with {}. \
                 Move it to a closed stage, or send it anew.",
                lead.holdings.len(),
                holding.assignee
            )));
        }
        if let Some(to) = &self.to {
            takable(app, caller, &ruled, &lead, to, now).await?;
        }
        let (attempt, assignee) = (holding.attempt, holding.assignee.to_string());
        let Self { how, reason, to, .. } = self;
        let action = match how {
            Ending::Rejected => "lead.reject",
            Ending::Returned => "lead.return",
            Ending::Overdue | Ending::Reassigned | Ending::Superseded | Ending::Erased => "lead.reassign",
        };
        app.store.put_audit(&caller.account, now, &caller.name, action, id).await?;
        let message = LeadsMessage::Reassign {
            account: caller.account.clone(),
            lead: id.clone(),
            attempt,
            how,
            reason: reason.clone(),
            by: Some(caller.name.clone()),
            to: to.clone(),
            at: now,
        };
        send(&app.queues.leads, Outgoing::json(id.as_str(), caller.account.as_str(), &message)).await?;
        let (lead, how) = (id.to_string(), how.name());
        Ok((
            StatusCode::ACCEPTED,
            Json(HandbackAsked { lead, attempt, assignee, how, to: to.map(String::from), reason }),
        ))
    }

    /// What somebody has that is to end: what `attempt` gave, or the only one there is.
    fn holding<'a>(&self, lead: &'a Lead) -> Result<&'a Holding, Problem> {
        let id = &lead.id;
        if let Some(attempt) = self.attempt {
            let Some(holding) = lead.holding(attempt) else {
                let detail = format!(
                    "Attempt {attempt} gave the lead '{id}' to nobody: GET /v1/leads/{id} lists under 'holdings' which \
                     attempts did."
                );
                return Err(refuse(detail));
            };
            return match &holding.ended {
                None => Ok(holding),
                Some(end) => Err(refuse(format!(
                    "{} does not have the lead '{id}' by attempt {attempt} any more: that was {} at {}. There is nothing \
                     left to do.",
                    holding.assignee,
                    end.how.name(),
                    end.at
                ))),
            };
        }
        let held: Vec<&Holding> = lead.held().collect();
        match held.as_slice() {
            [only] => Ok(only),
            [] => Err(refuse(format!("Nobody has the lead '{id}': {}.", standing(&lead.standing)))),
            several => {
                let list: Vec<String> =
                    several.iter().map(|its| format!("{} by attempt {}", its.assignee, its.attempt)).collect();
                Err(refuse(format!(
                    "Several have the lead '{id}': {}. Say under 'attempt' whose it is.",
                    list.join(", ")
                )))
            }
        }
    }
}

/// Where a lead stands that nobody has, in words.
fn standing(standing: &Standing) -> String {
    match standing {
        Standing::Parked { since, line, reason, .. } => {
            format!("it waits in the line '{line}' since {since}, for {reason}")
        }
        Standing::Queued { queue, since, .. } => {
            format!("it waits in the queue '{queue}' since {since}, until a member claims it")
        }
        Standing::Unassigned { attempt: 0 } => "it was not decided yet".to_owned(),
        Standing::Unassigned { .. } | Standing::Assigned { .. } => {
            "whoever had it ceased to have it, or it was given to nobody".to_owned()
        }
    }
}

/// Holds that the assignee may still return the lead.
fn returnable(config: &Checked, holding: &Holding, now: Timestamp) -> Result<(), Problem> {
    let who = &holding.assignee;
    let Some(assignee) = config.assignee(who) else {
        return Err(refuse(format!(
            "{who} is not in the config in force, so nothing says how long it may return leads: reassign the lead."
        )));
    };
    let days = assignee.return_days;
    if days == 0 {
        return Err(refuse(format!(
            "{who} may return no leads, for its 'return_days' is 0: reject or reassign the lead."
        )));
    }
    let window = SignedDuration::from_hours(24 * i64::from(days));
    let end = holding.since.saturating_add(window).unwrap_or(Timestamp::MAX);
    if now <= end {
        return Ok(());
    }
    let within = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    Err(refuse(format!(
        "{who} could return the lead within {within}, until {end}, and that has passed: reassign it, if it is to go to \
         someone else."
    )))
}

/// Holds that whoever is named can take the lead.
async fn takable(
    app: &App,
    caller: &Caller,
    ruled: &Ruled,
    lead: &Lead,
    to: &AssigneeId,
    now: Timestamp,
) -> Result<(), Problem> {
    let (rules, config) = (&ruled.rules, ruled.rules.checked());
    if config.assignee(to).is_none() {
        return Err(Problem::new(
            Kind::NotFound,
            format!("The config in force has no assignee '{to}', named under 'to'."),
        ));
    }
    let mut needs = Needs::default();
    needs.add(config, to, &Contact::of(&lead.fields));
    let mut state = app.store.load_state(&caller.account, &needs).await?;
    let subject = Subject::known(lead, config.config().account.timezone.time_zone());
    let route = decision::route_without_reasons(rules, &subject);
    let decision = decision::decide_for(&Case { rules, route: &route, subject: &subject, now }, to, true, &mut state);
    match (&decision.outcome, why_not(&decision)) {
        (Outcome::Assigned { .. }, _) => Ok(()),
        (_, reason) => {
            let reason = reason.map_or_else(|| "can't take it".to_owned(), ToString::to_string);
            Err(refuse(format!(
                "{to} can't be given the lead '{}', for {to} {reason}: name someone else, or nobody, and the rules find \
                 the next one.",
                lead.id
            )))
        }
    }
}
