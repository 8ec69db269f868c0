//! A lead as the API shows it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leadyard_domain::assignment::{Assignment, End, Holding, Outcome, Standing};
use leadyard_domain::lead::Lead;
use leadyard_domain::service_level::{Due, Timers};
use leadyard_domain::trace::{Names, Trace, explain};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::routes::deliveries::DeliveryFile;

/// A lead with its assignments and deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadView {
    /// Its id.
    pub(super) id: String,
    /// The lead type.
    pub(super) entity: String,
    /// Moves by one with each change.
    pub(super) version: u64,
    /// The source that created it.
    pub(super) source: String,
    /// Known fields by name, typed and normalised.
    #[schema(value_type = Object)]
    pub(super) fields: BTreeMap<String, Value>,
    /// What arrived without a mapping, as it came.
    #[schema(value_type = Object)]
    pub(super) extra: BTreeMap<String, Value>,
    /// The assignee who has it; of several the first.
    pub(super) owner: Option<String>,
    /// Where its distribution stands.
    pub(super) standing: StandingView,
    /// Everyone who was given it, in order.
    pub(super) holdings: Vec<HoldingView>,
    #[serde(flatten)]
    pub(super) times: LeadTimes,
    /// How often an event met this lead after the first.
    pub(super) duplicate_count: u32,
    /// The event that last created or met it.
    pub(super) last_event: String,
    /// When its first event was received.
    pub(super) created_at: Timestamp,
    /// When it last changed.
    pub(super) updated_at: Timestamp,
    /// When everything personal was taken out of it; `null` as long as it is there.
    pub(super) erased_at: Option<Timestamp>,
    /// Every decision about it, in order.
    pub(super) assignments: Vec<AssignmentView>,
    /// Its deliveries that were begun, with their attempts.
    pub(super) deliveries: Vec<DeliveryFile>,
    /// Deliveries that were decided and have not begun yet.
    pub(super) deliveries_pending: Vec<String>,
}

/// How long a lead took to reach somebody, and to be contacted.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadTimes {
    /// When somebody was first given it.
    first_assigned_at: Option<Timestamp>,
    /// When it was first contacted.
    first_contact_at: Option<Timestamp>,
    /// From when it was received until it was first given to somebody.
    seconds_to_assignment: Option<i64>,
    /// From then until it was first contacted; 0 when somebody contacted it before it was given to anybody.
    seconds_to_contact: Option<i64>,
}

impl LeadTimes {
    pub(super) fn of(lead: &Lead) -> Self {
        let seconds = |from: Timestamp, until: Timestamp| from.duration_until(until).as_secs().max(0);
        let Lead { created_at, first_assigned_at, first_contact_at, .. } = lead;
        Self {
            first_assigned_at: *first_assigned_at,
            first_contact_at: *first_contact_at,
            seconds_to_assignment: first_assigned_at.map(|assigned| seconds(*created_at, assigned)),
            seconds_to_contact: first_assigned_at.zip(*first_contact_at).map(|(from, until)| seconds(from, until)),
        }
    }
}

/// Where a lead's distribution stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingView {
    /// In one word.
    state: StandingState,
    /// Decisions so far.
    attempt: u32,
    /// Since when it is assigned, parked or queued.
    since: Option<Timestamp>,
    /// Why it is parked.
    reason: Option<String>,
    /// The pool or rule in whose line it is parked.
    line: Option<String>,
    /// When somebody may be able to take a parked lead, as far as time alone decides; it is tried again then. `null` where
    /// only a change frees somebody.
    until: Option<Timestamp>,
    /// The queue from which it is to be claimed.
    queue: Option<String>,
}

/// Where a lead's distribution stands, in one word.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StandingState {
    /// Nobody was asked to take it.
    Unassigned,
    /// Someone has it.
    Assigned,
    /// Nobody eligible could take it; it waits.
    Parked,
    /// It waits in a queue for whoever claims it.
    Queued,
}

impl From<Standing> for StandingView {
    fn from(standing: Standing) -> Self {
        let attempt = standing.attempt();
        let empty = Self {
            state: StandingState::Unassigned,
            attempt,
            since: None,
            reason: None,
            line: None,
            until: None,
            queue: None,
        };
        match standing {
            Standing::Unassigned { .. } => empty,
            Standing::Assigned { at, .. } => Self { state: StandingState::Assigned, since: Some(at), ..empty },
            Standing::Parked { since, reason, line, until, .. } => Self {
                state: StandingState::Parked,
                since: Some(since),
                reason: Some(reason),
                line: Some(line),
                until,
                ..empty
            },
            Standing::Queued { queue, since, .. } => {
                Self { state: StandingState::Queued, since: Some(since), queue: Some(queue.into()), ..empty }
            }
        }
    }
}

/// One time that the lead was given to somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldingView {
    /// The attempt that gave it.
    attempt: u32,
    /// The rule that gave it; `null` for the default action.
    rule: Option<String>,
    /// Who got it.
    assignee: String,
    /// The pool in which it counts against the caps.
    pool: Option<String>,
    /// When.
    since: Timestamp,
    /// Whether it counts against the capacity: the assignee has it, and its stage is not a closed one.
    open: bool,
    /// When the assignee contacted it.
    contacted_at: Option<Timestamp>,
    /// How it ended; `null` as long as the assignee has it.
    ended: Option<EndView>,
    /// Its service level; `null` where it has none.
    timers: Option<TimersView>,
}

/// How somebody ceased to have a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndView {
    /// `rejected`, `returned`, `overdue`, `reassigned`, `superseded` by a later event, or `erased`.
    how: &'static str,
    /// When.
    at: Timestamp,
    /// Why, in the words of whoever ended it.
    reason: Option<String>,
    /// The API key that asked for it; `null` for the engine itself.
    by: Option<String>,
}

/// The service level of a holding.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimersView {
    /// Steps that were carried out.
    done: u32,
    /// The step that is carried out next, unless the lead is contacted before; `null` when none is.
    next: Option<TimerView>,
}

/// A step of a service level.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimerView {
    /// Its number, from 1.
    step: u32,
    /// `remind`, `reassign` or `escalate`.
    #[serde(rename = "do")]
    action: &'static str,
    /// Whom an escalation tells.
    to: Option<String>,
    /// When it is due.
    at: Timestamp,
}

impl From<Holding> for HoldingView {
    fn from(holding: Holding) -> Self {
        let Holding { attempt, rule, assignee, pool, since, value: _, open, timers, contacted_at, ended } = holding;
        // A contact, an end and a closed stage stop the timers.
        let runs = open && contacted_at.is_none() && ended.is_none();
        Self {
            attempt,
            rule: rule.map(String::from),
            assignee: assignee.into(),
            pool: pool.map(String::from),
            since,
            open,
            contacted_at,
            ended: ended.map(EndView::from),
            timers: timers.map(|timers| TimersView::new(&timers, runs)),
        }
    }
}

impl From<End> for EndView {
    fn from(End { how, at, reason, by, refunds: _ }: End) -> Self {
        Self { how: how.name(), at, reason, by }
    }
}

impl TimersView {
    fn new(timers: &Timers, runs: bool) -> Self {
        let next = timers.next().filter(|_| runs).map(|(step, timer)| {
            let (action, to) = match &timer.action {
                Due::Remind => ("remind", None),
                Due::Reassign => ("reassign", None),
                Due::Escalate(to) => ("escalate", Some(to.to_string())),
            };
            TimerView { step, action, to, at: timer.at }
        });
        Self { done: timers.done, next }
    }
}

/// The recorded decision of one attempt.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignmentView {
    /// From 1.
    attempt: u32,
    /// What asked for the decision: `event`, `drained` for a lead that waited, `claimed`, or how somebody ceased to have
    /// it, such as `rejected`.
    cause: &'static str,
    /// The event that asked for the decision, where one did.
    event: Option<String>,
    /// The config version that decided.
    config_version: u64,
    /// The profile; `null` when none distributes this lead type.
    profile: Option<String>,
    /// The rule that matched; `null` for the default action.
    rule: Option<String>,
    /// What was decided.
    outcome: OutcomeKind,
    /// Who got the lead.
    assignee: Option<String>,
    /// From which pool.
    pool: Option<String>,
    /// Where it is delivered.
    destinations: Vec<String>,
    /// What a partner pays for it, as an exact decimal; `null` for a user and for a partner without a price.
    price: Option<String>,
    /// Why it was parked.
    reason: Option<String>,
    /// The pool or rule in whose line it was parked.
    line: Option<String>,
    /// When somebody may be able to take a parked lead.
    until: Option<Timestamp>,
    /// The queue in which it was put.
    queue: Option<String>,
    /// When it was decided.
    decided_at: Timestamp,
    /// Why, in sentences.
    explanation: Vec<String>,
    /// The record behind the sentences: `rules` in the order they were tried, each with the first comparison that
    /// failed, and `actions` with every candidate, why not, and its credit before and after in millionths of a lead.
    #[schema(value_type = Object)]
    trace: Trace,
}

/// What was decided.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// Someone gets the lead.
    Assigned,
    /// Nobody eligible could take it.
    Parked,
    /// It waits in a queue for whoever claims it.
    Queued,
    /// The owner stays what it was.
    Nothing,
}

impl AssignmentView {
    pub(super) fn new(assignment: Assignment, names: &Names<'_>) -> Self {
        let explanation = explain(&assignment, names);
        let Assignment { attempt, cause, config_version, profile, rule, outcome, decided_at, trace, lead: _ } =
            assignment;
        let mut view = Self {
            attempt,
            cause: cause.name(),
            event: cause.event().map(ToString::to_string),
            config_version,
            profile: profile.map(String::from),
            rule: rule.map(String::from),
            outcome: OutcomeKind::Nothing,
            assignee: None,
            pool: None,
            destinations: Vec::new(),
            price: None,
            reason: None,
            line: None,
            until: None,
            queue: None,
            decided_at,
            explanation,
            trace,
        };
        match outcome {
            Outcome::Assigned { assignee, pool, destinations, price, picks: _ } => {
                view.outcome = OutcomeKind::Assigned;
                view.assignee = Some(assignee.into());
                view.pool = pool.map(String::from);
                view.destinations = destinations.into_iter().map(String::from).collect();
                view.price = price.map(|price| price.to_string());
            }
            Outcome::Parked { line, reason, group: _, until } => {
                view.outcome = OutcomeKind::Parked;
                view.line = Some(line);
                view.reason = Some(reason);
                view.until = until;
            }
            Outcome::Queued { queue } => {
                view.outcome = OutcomeKind::Queued;
                view.queue = Some(queue.into());
            }
            Outcome::Nothing => {}
        }
        view
    }
}
