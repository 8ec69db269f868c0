//! What sync adds to an event: an activity that another account tells, and what others are to be told of the lead.

use jiff::Timestamp;
use leadyard_domain::activity::{ACTIVITIES_MAX, Activity, ActivityMet, meet};
use leadyard_domain::config::Source;
use leadyard_domain::event::{Intent, Received};
use leadyard_domain::lead::Lead;
use leadyard_domain::rules::Rules;
use leadyard_domain::sync::{MadeBy, Seen, announce, announce_activity};
use leadyard_sources::Draft;
use leadyard_sources::capture::Known;

/// Asks for what others are to be told of an event's lead.
pub(super) fn tell_others(
    rules: &Rules,
    received: &Received,
    before: Option<&Lead>,
    activity: Option<&Activity>,
    lead: &mut Lead,
    now: Timestamp,
) {
    let source = rules.checked().source(&received.source);
    let sender = source.and_then(|source| source.sync.as_ref()?.account.as_ref());
    let made_by = match (&received.intent, sender) {
        (Intent::Sync(_), _) => MadeBy::Merged,
        (_, Some(sender)) => MadeBy::Sender(sender),
        (_, None) => MadeBy::Us,
    };
    let seen = Seen { source: &received.source, received_at: received.received_at, now };
    announce(rules, before, lead, made_by, &seen);
    if let Some(activity) = activity {
        announce_activity(rules, lead, activity, &seen);
    }
}

/// Why an activity that was told is not stored.
pub(super) enum Untaken {
    /// It is not within its limits: the event fails.
    Unfit(String),
    /// It says nothing new, or the source leaves it.
    Left(&'static str),
}

/// What is to be stored of an activity that another account tells; `None` where it tells of none.
pub(super) fn take_activity(
    draft: &Draft,
    source: &Source,
    lead: &Lead,
    known: &Known,
    now: Timestamp,
) -> Option<Result<Activity, Untaken>> {
    let (activity, behaviour) = draft.push.as_ref()?.activity(source, lead, now)?;
    if let Err(error) = activity.check(now) {
        return Some(Err(Untaken::Unfit(error.to_string())));
    }
    Some(match meet(known.activities.get(&(lead.id.clone(), activity.id.clone())), activity, behaviour) {
        ActivityMet::Created(_) if lead.activities >= ACTIVITIES_MAX => {
            Err(Untaken::Unfit(format!("the lead has {ACTIVITIES_MAX} activities, and that is the most")))
        }
        ActivityMet::Created(activity) | ActivityMet::Updated(activity) => Ok(activity),
        ActivityMet::Unchanged(reason) | ActivityMet::Skipped(reason) => Err(Untaken::Left(reason)),
    })
}
