//! The leads of a simulation: given ones, or those of past days.

use jiff::tz::TimeZone;
use leadyard_domain::assignment::Standing;
use leadyard_domain::condition::Subject;
use leadyard_domain::config::Problems;
use leadyard_domain::id::AccountId;
use leadyard_domain::lead::Lead;
use leadyard_domain::rules::Rules;
use leadyard_domain::sample::{Sample, SampleLead};
use leadyard_domain::simulation::Given;
use leadyard_runtime::now;
use leadyard_store::{PastDecision, PastLead, PastOutcome};

use super::{LEADS_MAX, PastRange};
use crate::app::App;
use crate::problem::{Finding, Kind, Problem};
use crate::range::span;

/// One lead to decide.
pub(super) enum Asked {
    /// As a person wrote it.
    Sample(Box<Sample>),
    /// One that came, with what it got.
    Past(Box<PastLead>),
}

impl Asked {
    /// The lead as rules see it.
    pub(super) fn subject<'a>(&'a self, zone: &'a TimeZone) -> Subject<'a> {
        match self {
            Self::Sample(sample) => sample.subject(zone),
            Self::Past(past) => {
                let lead = &past.lead;
                Subject { lead, source: &lead.source, is_new: true, received_at: lead.created_at, zone }
            }
        }
    }

    /// The lead that came; `None` for one that a person wrote.
    pub(super) fn past(&self) -> Option<&Lead> {
        match self {
            Self::Sample(_) => None,
            Self::Past(past) => Some(&past.lead),
        }
    }

    /// What it got; `None` for a lead that never came.
    pub(super) fn did(&self) -> Option<Vec<Given>> {
        match self {
            Self::Sample(_) => None,
            Self::Past(past) => Some(past.decisions.iter().map(given).collect()),
        }
    }
}

fn given(decision: &PastDecision) -> Given {
    let (outcome, pool, assignee) = match &decision.outcome {
        PastOutcome::Assigned { assignee, pool } => ("assigned", pool.clone(), Some(assignee.clone())),
        PastOutcome::Parked => ("parked", None, None),
        PastOutcome::Queued => ("queued", None, None),
        PastOutcome::Nothing => ("nothing", None, None),
    };
    Given { profile: decision.profile.clone(), rule: decision.rule.clone(), outcome, pool, assignee }
}

/// Reads what a request asks for, exactly one of the two; and whether there are more past leads than are decided.
pub(super) async fn read(
    app: &App,
    account: &AccountId,
    rules: &Rules,
    leads: Option<Vec<SampleLead>>,
    past: Option<PastRange>,
) -> Result<(Vec<Asked>, bool), Problem> {
    match (leads, past) {
        (Some(leads), None) => Ok((samples(rules, &leads)?, false)),
        (None, Some(past)) => past_leads(app, account, rules, past).await,
        _ => {
            let detail = "The body asks for no leads, or for two kinds: give 'leads', or 'past' with its days.";
            Err(Problem::new(Kind::BadRequest, detail))
        }
    }
}

fn samples(rules: &Rules, written: &[SampleLead]) -> Result<Vec<Asked>, Problem> {
    if written.len() > LEADS_MAX {
        let detail = format!("There are {} leads; one simulation takes {LEADS_MAX}.", written.len());
        return Err(Problem::new(Kind::TooLarge, detail));
    }
    let (now, mut problems) = (now(), Vec::new());
    let read = |(index, lead): (usize, &SampleLead)| {
        lead.read(rules.checked(), now, &format!("leads[{index}]"), &mut problems)
    };
    let samples: Vec<_> = written.iter().enumerate().filter_map(read).collect();
    if problems.is_empty() {
        return Ok(samples.into_iter().map(|sample| Asked::Sample(Box::new(sample))).collect());
    }
    Err(Problem::refused(
        format!("The leads have {} problem(s), each listed with its place. Mend them and send again.", problems.len()),
        Finding::all(Problems(problems)),
    ))
}

async fn past_leads(
    app: &App,
    account: &AccountId,
    rules: &Rules,
    past: PastRange,
) -> Result<(Vec<Asked>, bool), Problem> {
    let limit = past.limit.unwrap_or(LEADS_MAX);
    if !(1..=LEADS_MAX).contains(&limit) {
        return Err(Problem::new(Kind::BadRequest, format!("'past.limit' is {limit}: give 1 to {LEADS_MAX}.")));
    }
    let zone = rules.checked().config().account.timezone.time_zone();
    let span = span(None, Some(past.from), Some(past.to.unwrap_or(past.from)), zone, now())?;
    // One more than is decided, to know whether there are more.
    let mut leads = app.store.past_leads(account, span.from, span.until, limit + 1).await?;
    let more = leads.len() > limit;
    leads.truncate(limit);
    Ok((leads.into_iter().map(|past| Asked::Past(Box::new(as_new(past)))).collect(), more))
}

/// The lead as it came: nobody had it or had contacted it, and nothing had met it.
fn as_new(mut past: PastLead) -> PastLead {
    past.lead.owner = None;
    past.lead.standing = Standing::Unassigned { attempt: 0 };
    past.lead.holdings.clear();
    past.lead.first_assigned_at = None;
    past.lead.first_contact_at = None;
    past.lead.duplicate_count = 0;
    past
}
