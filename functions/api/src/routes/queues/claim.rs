//! Claiming the oldest lead of a queue.
//!
//! The deliveries and timers of a claimed lead are asked for twice: at once, and by a message that was sent before the
//! commit and arrives after this request is over, whatever became of it. So a claim that dies halfway loses nothing.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::assignment::{Assignment, Cause, Outcome, Standing};
use leadyard_domain::condition::Subject;
use leadyard_domain::config::{Checked, Queue};
use leadyard_domain::contact::Contact;
use leadyard_domain::decision::{self, Case, Needs, State as Moving};
use leadyard_domain::eligibility::Ineligible;
use leadyard_domain::handover;
use leadyard_domain::id::{AssigneeId, LeadId, QueueId};
use leadyard_domain::lead::Lead;
use leadyard_domain::message::LeadsMessage;
use leadyard_domain::rotation::Member;
use leadyard_runtime::{Outgoing, backoff, now};
use leadyard_store::{Commit, CommitError, Cursor, Ruled, Settled, Waiting};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::find;
use crate::app::{App, send};
use crate::auth::{Caller, Operator};
use crate::body::{Id, JsonBody};
use crate::deliver;
use crate::problem::{Kind, Problem};
use crate::why::why_not;

/// Places of the queue that are read at a time.
const PLACES: usize = 100;
/// Most times that places are read: a look ends after 2000 leads.
const PAGES_MAX: usize = 20;
/// How long a claim reads on for a lead that fits. Tries anew do not begin the time again.
const LOOKS_FOR: SignedDuration = SignedDuration::from_secs(5);
/// Leads that are read together: nearly always the first one is given.
const READ_TOGETHER: usize = 10;
/// Most times that a claim begins anew because others were faster.
const TRIES_MAX: u32 = 16;
/// When what follows is asked for once more. The function ends within 29 s.
const FOLLOW_UP_S: u16 = 30;

/// Who claims.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimBody {
    /// The member of the queue who gets the lead.
    #[schema(value_type = String)]
    assignee: AssigneeId,
}

/// What a claim came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claimed {
    /// The lead that the assignee has now; `null` when none that waits can be given to it.
    lead: Option<String>,
    /// Who claimed.
    assignee: String,
    /// The attempt that gave it.
    attempt: Option<u32>,
    /// Leads that were looked at, the oldest first: up to the one that was given, or to the first reason that holds for
    /// all of them; at most 2000, and as many as five seconds allow.
    looked_at: usize,
    /// Why those before it could not be given.
    passed_over: Vec<PassedOver>,
}

/// Leads that could not be given for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassedOver {
    /// The reason, for programs.
    #[schema(example = "filter_mismatch")]
    reason: &'static str,
    /// The same in words, to stand behind the assignee's name; of the first of them.
    #[schema(example = "takes no such leads (by its filter on score)")]
    why: String,
    /// How many.
    leads: usize,
}

/// Claim a lead
///
/// Gives the oldest lead of the queue that the assignee can take: it has to be at work and to have room, and the lead must
/// pass its filter. Of several who claim at once each gets another lead.
#[utoipa::path(
    post,
    path = "/v1/queues/{id}/claim",
    tag = "queues",
    operation_id = "claim_lead",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The queue's id in the config.")),
    request_body = ClaimBody,
    responses(
        (status = 200, description = "The lead, or why there is none.", body = Claimed),
        (status = 400, description = "The body does not fit."),
        (status = 403, description = "The key's role is too small, or the assignee is no member of the queue."),
        (status = 404, description = "The config in force has no such queue or assignee, or there is none in force yet."),
        (status = 409, description = "Others were faster again and again: ask again."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
    )
)]
pub(crate) async fn claim(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<QueueId>,
    JsonBody(ClaimBody { assignee }): JsonBody<ClaimBody>,
) -> Result<Json<Claimed>, Problem> {
    let ruled = app.ruled(&caller.account).await?;
    let config = ruled.rules.checked();
    let queue = find(config, &id)?;
    if config.assignee(&assignee).is_none() {
        let detail = format!("The config in force has no assignee '{assignee}': GET /v1/config lists them.");
        return Err(Problem::new(Kind::NotFound, detail));
    }
    if !is_member(config, queue, &assignee) {
        let detail = format!(
            "{assignee} is no member of the queue '{id}': add it to the queue, or to one of its pools, in the config."
        );
        return Err(Problem::new(Kind::NotAMember, detail));
    }
    Claim { app: &app, caller: &caller, ruled: &ruled, queue, assignee: &assignee }.run().await.map(Json)
}

/// Whether an assignee is a member of a queue: its own, or of a pool, or of a pool in one.
fn is_member(config: &Checked, queue: &Queue, assignee: &AssigneeId) -> bool {
    if queue.members.contains(assignee) {
        return true;
    }
    let mut pools: Vec<_> = queue.pools.iter().collect();
    let mut seen = std::collections::BTreeSet::new();
    while let Some(id) = pools.pop() {
        if !seen.insert(id) {
            continue;
        }
        for member in config.pool(id).into_iter().flat_map(|pool| &pool.members) {
            match &member.member {
                Member::Assignee(id) if id == assignee => return true,
                Member::Assignee(_) => {}
                Member::Pool(id) => pools.push(id),
            }
        }
    }
    false
}

/// A claim of one who may claim.
struct Claim<'a> {
    app: &'a App,
    caller: &'a Caller,
    ruled: &'a Ruled,
    queue: &'a Queue,
    assignee: &'a AssigneeId,
}

/// What a look at the queue came to.
enum Look {
    /// This is to be written.
    Give(Box<Given>),
    /// Nobody waits whom the assignee can take.
    Nothing(Passed),
}

/// A lead that is given, not written yet.
struct Given {
    lead: Lead,
    previous: Standing,
    assignments: Vec<Assignment>,
    attempt: u32,
    before: Moving,
    after: Moving,
    passed: Passed,
}

/// Leads that were looked at, and why they were not given.
#[derive(Default)]
struct Passed {
    looked_at: usize,
    reasons: BTreeMap<&'static str, (String, usize)>,
}

impl Passed {
    fn note(&mut self, reason: &Ineligible) {
        self.reasons.entry(reason.name()).or_insert_with(|| (reason.to_string(), 0)).1 += 1;
    }
}

impl Claim<'_> {
    async fn run(&self) -> Result<Claimed, Problem> {
        // Callers that met wait differently long, also those of one assignee.
        let seed = getrandom::u64().map_err(|error| Problem::behind(true, &error))?;
        let mut announced: Option<LeadId> = None;
        let until = now().saturating_add(LOOKS_FOR).unwrap_or(Timestamp::MAX);
        for number in 1..=TRIES_MAX {
            let given = match self.look(until).await? {
                Look::Nothing(passed) => return Ok(self.answer(None, passed)),
                Look::Give(given) => *given,
            };
            if announced.as_ref() != Some(&given.lead.id) {
                self.announce(&given.lead.id).await?;
                announced = Some(given.lead.id.clone());
            }
            let Given { lead, previous, assignments, attempt, before, after, passed } = given;
            let settled = Settled::known(lead.clone(), previous, assignments, now());
            match self.app.store.commit(&self.commit(settled, before, after)).await {
                Ok(()) => {
                    let account = &self.caller.account;
                    let (queue, assignee, config) = (&self.queue.id, self.assignee, self.ruled.version);
                    tracing::info!(%account, lead = %lead.id, %queue, %assignee, attempt, config, "lead claimed");
                    if let Err(error) = deliver::first_tries(&self.app.queues, self.ruled.rules.checked(), &lead).await
                    {
                        tracing::warn!(%account, lead = %lead.id, %error, "the deliveries are asked for again in a moment");
                    }
                    return Ok(self.answer(Some((lead.id, attempt)), passed));
                }
                Err(CommitError::Conflict(_) | CommitError::Throttled { .. }) => {
                    tokio::time::sleep(backoff::full_jitter((seed, number), number)).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::overtaken())
    }

    /// Looks for the oldest lead that the assignee can take, and decides that it gets it. Leads that do not fit it may stand
    /// before one that does, so it reads on, though not for ever.
    async fn look(&self, until: Timestamp) -> Result<Look, Problem> {
        let mut passed = Passed::default();
        let mut cursor: Option<Cursor> = None;
        for _ in 0..PAGES_MAX {
            let (store, account) = (&self.app.store, &self.caller.account);
            let page = store.queued_leads(account, &self.queue.id, PLACES, cursor.as_ref()).await?;
            for places in page.rows.chunks(READ_TOGETHER) {
                match self.look_at(places, &mut passed).await? {
                    Decided::Given(given) => return Ok(Look::Give(Box::new(Given { passed, ..*given }))),
                    Decided::NotThisOne => {}
                    Decided::None => return Ok(Look::Nothing(passed)),
                }
            }
            cursor = page.next;
            if cursor.is_none() || now() >= until {
                break;
            }
        }
        Ok(Look::Nothing(passed))
    }

    /// Decides some leads, read together, up to the first that is given.
    async fn look_at(&self, places: &[Waiting], passed: &mut Passed) -> Result<Decided, Problem> {
        let (store, account) = (&self.app.store, &self.caller.account);
        let ids = places.iter().map(|place| place.lead.clone()).collect();
        let mut leads = store.leads(account, &ids, true).await?;
        let mut needs = Needs::default();
        for lead in leads.values() {
            needs.add(self.ruled.rules.checked(), self.assignee, &Contact::of(&lead.fields));
        }
        let state = store.load_state(account, &needs).await?;
        for place in places {
            let Some(lead) = leads.remove(&place.lead).filter(|lead| self.waits_here(lead)) else { continue };
            passed.looked_at += 1;
            match self.decide(lead, &state, passed) {
                Decided::NotThisOne => {}
                decided => return Ok(decided),
            }
        }
        Ok(Decided::NotThisOne)
    }

    fn waits_here(&self, lead: &Lead) -> bool {
        matches!(&lead.standing, Standing::Queued { queue, .. } if *queue == self.queue.id)
    }

    fn decide(&self, mut lead: Lead, before: &Moving, passed: &mut Passed) -> Decided {
        let Ruled { rules, version } = self.ruled;
        let (config, now) = (rules.checked(), now());
        let mut after = before.clone();
        let (decision, profile) = {
            let subject = Subject::known(&lead, config.config().account.timezone.time_zone());
            let route = decision::route(rules, &subject);
            let case = Case { rules, route: &route, subject: &subject, now };
            (decision::decide_for(&case, self.assignee, false, &mut after), route.profile().cloned())
        };
        if !matches!(decision.outcome, Outcome::Assigned { .. }) {
            let reason = why_not(&decision).cloned().unwrap_or(Ineligible::Unknown);
            passed.note(&reason);
            return if reason.is_about_this_lead() { Decided::NotThisOne } else { Decided::None };
        }
        let previous = lead.standing.clone();
        let cause = Cause::Claimed { by: self.caller.name.clone() };
        let assignments =
            handover::settle(&mut lead, vec![decision], profile.as_ref(), &cause, (config, *version), now);
        let attempt = lead.standing.attempt();
        let (before, passed) = (before.clone(), Passed::default());
        Decided::Given(Box::new(Given { lead, previous, assignments, attempt, before, after, passed }))
    }

    /// Asks, before the claim is written, for what follows from it.
    async fn announce(&self, lead: &LeadId) -> Result<(), Problem> {
        let account = &self.caller.account;
        let message = LeadsMessage::FollowUp { account: account.clone(), lead: lead.clone() };
        let message = Outgoing::json(lead.as_str(), account.as_str(), &message);
        send(&self.app.queues.leads, message.map(|message| message.delayed(FOLLOW_UP_S))).await
    }

    fn commit(&self, settled: Settled, before: Moving, after: Moving) -> Commit {
        let config = self.ruled.rules.checked().config();
        Commit::by(self.caller.account.clone(), config, vec![settled], (before, after), now())
    }

    fn answer(&self, given: Option<(LeadId, u32)>, Passed { looked_at, reasons }: Passed) -> Claimed {
        let (lead, attempt) = given.map(|(lead, attempt)| (lead.to_string(), attempt)).unzip();
        let passed_over = reasons.into_iter().map(|(reason, (why, leads))| PassedOver { reason, why, leads }).collect();
        Claimed { lead, assignee: self.assignee.to_string(), attempt, looked_at, passed_over }
    }
}

/// What was decided of one lead, or of some of them.
enum Decided {
    Given(Box<Given>),
    /// For a reason that is about this lead; of some, about each.
    NotThisOne,
    /// For a reason that holds for every lead.
    None,
}
