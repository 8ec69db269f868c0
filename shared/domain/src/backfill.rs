//! Telling another system of all leads of a filter: at a bounded rate, and resumable.
//!
//! A backfill walks the leads in the order in which they were created, some a step, and asks for a push of each in the version
//! that it has then. A step is on record only when what it asked for is in the queues, so a step that broke off is taken again:
//! its deliveries have the same ids as before and are found claimed.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::condition::Subject;
use crate::config::{AutomationState, CheckedAutomation};
use crate::id::{AccountId, AutomationId, BackfillId, DeliveryId, DestinationId, Entity, SourceId};
use crate::lead::Lead;
use crate::rules::Rules;

/// Leads a minute where nobody says how many.
pub const PER_MINUTE_DEFAULT: u32 = 300;
/// Most leads a minute.
pub const PER_MINUTE_MAX: u32 = 6_000;
/// Most leads that one step tells of.
pub const STEP_LEADS_MAX: u32 = 100;
/// The usual time between two steps, in seconds. A faster backfill takes smaller ones, so that each step stays small.
const INTERVAL_S: u32 = 10;

/// A backfill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backfill {
    /// Its id.
    pub id: BackfillId,
    /// The tenant.
    pub account: AccountId,
    /// The automation whose destination is told.
    pub automation: AutomationId,
    /// The destination, as the automation named it then.
    pub destination: DestinationId,
    /// Which leads.
    pub filter: Filter,
    /// Most leads a minute, from 1.
    pub per_minute: u32,
    /// Moves by one with each write.
    pub version: u64,
    /// Where it stands.
    pub state: BackfillState,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many steps are on record.
    pub step: u64,
    /// The place behind the last lead that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What became of the leads.
    pub counts: Counts,
    /// The rate is counted from here: what could have been told since, and was not, is what a step may tell.
    pub since: Timestamp,
    /// When it was begun.
    pub started_at: Timestamp,
    /// By whom: the name of the API key.
    pub started_by: String,
    /// When its last step was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_at: Option<Timestamp>,
    /// When it came to its end; a failed one may go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// Which leads a backfill is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// The lead type: the automation's.
    pub entity: Entity,
    /// Leads that were created then or later,
    pub from: Timestamp,
    /// and before this.
    pub until: Timestamp,
    /// Whether only leads count for which the automation's `when` holds today.
    pub when: bool,
    /// Leads of this source only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
}

/// Where a backfill stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackfillState {
    /// It goes on.
    Running,
    /// A person has stopped it for a while.
    Paused,
    /// A person has stopped it for good.
    Cancelled,
    /// Every lead was looked at.
    Done,
    /// It can't go on; when the cause is mended it goes on where it was.
    Failed,
}

impl BackfillState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Running, Self::Paused, Self::Cancelled, Self::Done, Self::Failed];

    /// The state as the API writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will come of it.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Done)
    }
}

/// What became of the leads that were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Leads that were looked at.
    pub seen: u64,
    /// Leads of which a push was asked for.
    pub told: u64,
    /// Leads of another type or source.
    pub other: u64,
    /// Leads for which the automation's `when` does not hold.
    pub unmet: u64,
    /// Leads that the other account told us of.
    pub known: u64,
    /// Leads of which there is nothing to tell.
    pub empty: u64,
    /// Leads that were erased.
    pub erased: u64,
}

impl Counts {
    /// Counts a lead.
    pub fn add(&mut self, fit: Result<(), PassedOver>) {
        self.seen += 1;
        let count = match fit {
            Ok(()) => &mut self.told,
            Err(PassedOver::Other) => &mut self.other,
            Err(PassedOver::Unmet) => &mut self.unmet,
            Err(PassedOver::Known) => &mut self.known,
            Err(PassedOver::Empty) => &mut self.empty,
            Err(PassedOver::Erased) => &mut self.erased,
        };
        *count += 1;
    }
}

/// Why nobody is told of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedOver {
    /// It is of another type or source.
    Other,
    /// The automation's `when` does not hold for it.
    Unmet,
    /// All of it came from the account that would be told.
    Known,
    /// It has no field.
    Empty,
    /// It was erased.
    Erased,
}

impl Filter {
    /// Whether a lead's type and source are those that are asked for.
    ///
    /// # Errors
    /// [`PassedOver::Other`].
    pub fn fits(&self, entity: &Entity, source: &SourceId) -> Result<(), PassedOver> {
        let fits = *entity == self.entity && self.source.as_ref().is_none_or(|asked| asked == source);
        if fits { Ok(()) } else { Err(PassedOver::Other) }
    }

    /// Whether a lead is told, by its automation as it is today. `was` and `changed` are not asked, for there is no change.
    ///
    /// # Errors
    /// Why it is not.
    pub fn tells(&self, rules: &Rules, checked: &CheckedAutomation, lead: &Lead) -> Result<(), PassedOver> {
        self.fits(&lead.entity, &lead.source)?;
        if lead.erased_at.is_some() {
            return Err(PassedOver::Erased);
        }
        if lead.fields.is_empty() {
            return Err(PassedOver::Empty);
        }
        if checked.automation.peer.as_ref().is_some_and(|peer| lead.sync.hops().contains(peer)) {
            return Err(PassedOver::Known);
        }
        let zone = rules.checked().config().account.timezone.time_zone();
        let holds = |when: &crate::condition::Test| when.check(&Subject::known(lead, zone)).is_ok();
        if self.when && !checked.when.as_ref().is_none_or(holds) {
            return Err(PassedOver::Unmet);
        }
        Ok(())
    }
}

/// The automation that leads can be told by: one that was published, at work or not, whose destination takes something.
///
/// # Errors
/// What is in the way and how to mend it.
pub fn teller<'a>(rules: &'a Rules, id: &AutomationId) -> Result<&'a CheckedAutomation, String> {
    let config = rules.checked();
    let Some(automation) = config.config().automations.iter().find(|automation| automation.id == *id) else {
        return Err(format!("the automation '{id}' is not in the config in force: put it back"));
    };
    if automation.state == AutomationState::Draft {
        return Err(format!("the automation '{id}' is a draft: publish it, or publish and pause it"));
    }
    let push = &automation.push;
    match config.destination(push) {
        None => return Err(format!("the destination '{push}' is not in the config in force: put it back")),
        Some(destination) if !destination.enabled => {
            return Err(format!("the destination '{push}' is disabled: enable it"));
        }
        Some(_) => {}
    }
    // Compiled with every config that is in force.
    rules.automation(id).ok_or_else(|| format!("the automation '{id}' is not ready: publish the config again"))
}

impl Backfill {
    /// A new one, in the state `running`.
    #[must_use]
    pub fn new(
        account: AccountId,
        automation: &CheckedAutomation,
        filter: Filter,
        per_minute: u32,
        by: &str,
        now: Timestamp,
    ) -> Self {
        let automation = &automation.automation;
        Self {
            id: BackfillId::of(&account, &automation.id, now),
            account,
            automation: automation.id.clone(),
            destination: automation.push.clone(),
            filter,
            per_minute: per_minute.clamp(1, PER_MINUTE_MAX),
            version: 1,
            state: BackfillState::Running,
            reason: None,
            step: 0,
            place: None,
            counts: Counts::default(),
            since: now,
            started_at: now,
            started_by: by.to_owned(),
            moved_at: None,
            finished_at: None,
        }
    }

    /// The automation, when it still tells the same destination of the same leads.
    ///
    /// # Errors
    /// Why the backfill can't go on, and how it can again.
    pub fn teller<'a>(&self, rules: &'a Rules) -> Result<&'a CheckedAutomation, String> {
        let checked = teller(rules, &self.automation).map_err(|why| format!("{why}, and resume the backfill"))?;
        let Self { automation: id, destination, filter: Filter { entity, .. }, .. } = self;
        if checked.automation.push != *destination {
            return Err(format!(
                "the automation '{id}' pushes to '{}' now, and not to '{destination}': begin another backfill",
                checked.automation.push
            ));
        }
        if checked.automation.entity != *entity {
            return Err(format!(
                "the automation '{id}' looks at '{}' now, and not at '{entity}': begin another backfill",
                checked.automation.entity
            ));
        }
        Ok(checked)
    }

    /// The push of a lead as it is.
    #[must_use]
    pub fn delivery_of(&self, lead: &Lead) -> DeliveryId {
        DeliveryId::of_push(&lead.id, lead.version, &self.destination)
    }

    /// Seconds between two steps: as many as make a step of about ten seconds, of at most [`STEP_LEADS_MAX`] leads, and of one
    /// lead at least.
    #[must_use]
    pub fn interval_s(&self) -> u16 {
        let seconds = match self.per_minute.max(1) {
            slow if slow * INTERVAL_S < 60 => 60_u32.div_ceil(slow),
            fast => (STEP_LEADS_MAX * 60 / fast).clamp(1, INTERVAL_S),
        };
        u16::try_from(seconds).unwrap_or(u16::MAX)
    }

    /// How many leads may be told now. What a step did not use is kept for one more step and no longer: nothing that was away
    /// for a while is made up for at once.
    #[must_use]
    pub fn allowed(&self, now: Timestamp) -> u32 {
        let millis = now.duration_since(self.counted_since(now)).as_millis().max(0);
        let leads = millis.saturating_mul(i128::from(self.per_minute)) / 60_000;
        u32::try_from(leads).unwrap_or(u32::MAX).min(STEP_LEADS_MAX)
    }

    /// Notes that so many leads are told now, at most as many as are [allowed](Self::allowed).
    pub fn spend(&mut self, leads: u32, now: Timestamp) {
        // Rounded up, so that the rate is never exceeded.
        let millis = (u64::from(leads) * 60_000).div_ceil(u64::from(self.per_minute.max(1)));
        let spent = SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
        let since = self.counted_since(now);
        self.since = since.checked_add(spent).unwrap_or(since);
    }

    fn counted_since(&self, now: Timestamp) -> Timestamp {
        let kept = SignedDuration::from_secs(2 * i64::from(self.interval_s()));
        now.checked_sub(kept).map_or(self.since, |earliest| self.since.max(earliest))
    }

    /// It can't go on.
    pub fn fail(&mut self, reason: impl Into<String>, now: Timestamp) {
        (self.state, self.reason, self.finished_at) = (BackfillState::Failed, Some(reason.into()), Some(now));
    }

    /// It is through.
    pub fn end(&mut self, now: Timestamp) {
        (self.state, self.finished_at) = (BackfillState::Done, Some(now));
    }

    /// Stops it for a while; `false` when it is not running.
    pub fn pause(&mut self) -> bool {
        let running = self.state == BackfillState::Running;
        if running {
            self.state = BackfillState::Paused;
        }
        running
    }

    /// Lets one that was paused or has failed go on where it was; `false` for every other.
    pub fn resume(&mut self) -> bool {
        let waits = matches!(self.state, BackfillState::Paused | BackfillState::Failed);
        if waits {
            (self.state, self.reason, self.finished_at) = (BackfillState::Running, None, None);
        }
        waits
    }

    /// Stops it for good; `false` when it is over.
    pub fn cancel(&mut self, now: Timestamp) -> bool {
        let open = !self.state.is_over();
        if open {
            (self.state, self.reason, self.finished_at) = (BackfillState::Cancelled, None, Some(now));
        }
        open
    }

    /// The message group of its steps.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{}/backfill", self.account)
    }
}

#[cfg(test)]
mod tests;
