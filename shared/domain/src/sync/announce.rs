//! What a change means for others.

use jiff::Timestamp;

use super::marks::Stamp;
use crate::activity::Activity;
use crate::condition::{Subject, Test};
use crate::config::{Automation, Checked, CheckedAutomation, Trigger};
use crate::id::{AccountName, DeliveryId, SourceId};
use crate::lead::Lead;
use crate::rules::Rules;

/// Who made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeBy<'a> {
    /// Somebody here, or an event of a source whose sender is no account.
    Us,
    /// An account that keeps no stamps.
    Sender(&'a AccountName),
    /// An account whose push was merged, with its stamps.
    Merged,
}

/// Notes in a lead what was changed in it and by whom, and asks for what automations want others to be told. `before` is what
/// stood in the table, `subject` the lead as it will stand there.
///
/// Does nothing where an account syncs with nobody.
pub fn announce(rules: &Rules, before: Option<&Lead>, lead: &mut Lead, made_by: MadeBy<'_>, seen: &Seen<'_>) {
    let config = rules.checked();
    if !config.syncs() {
        return;
    }
    let own = config.sync_name(&lead.account);
    let stamp = match made_by {
        MadeBy::Us => Some(Stamp::here(&own, seen.now)),
        MadeBy::Sender(sender) => Some(Stamp::of_sender(sender, seen.now)),
        MadeBy::Merged => None,
    };
    if let Some(stamp) = stamp {
        if lead.erased_at.is_some() {
            lead.sync.erase(stamp);
        } else {
            let nothing = Default::default();
            lead.sync.change(before.map_or(&nothing, |before| &before.fields), &lead.fields, &stamp);
        }
    }
    let told: Vec<DeliveryId> = set_off(rules, before, lead, seen)
        .map(|automation| DeliveryId::of_push(&lead.id, lead.version, &automation.push))
        .collect();
    ask_once(lead, told);
}

/// Asks for what automations want others to be told of an activity, which is stored with the lead.
pub fn announce_activity(rules: &Rules, lead: &mut Lead, activity: &Activity, seen: &Seen<'_>) {
    let zone = rules.checked().config().account.timezone.time_zone();
    let Seen { source, received_at, .. } = *seen;
    let wanted = |automation: &CheckedAutomation| {
        let CheckedAutomation { automation, when, .. } = automation;
        let knows = |peer: &AccountName| activity.via.contains(peer) || activity.origin.account == *peer;
        let subject = Subject { lead, source, is_new: false, received_at, zone };
        automation.entity == lead.entity
            && automation.on.contains(&Trigger::ActivityCreated)
            && is_enabled(rules.checked(), automation)
            && !automation.peer.as_ref().is_some_and(knows)
            && when.as_ref().is_none_or(|when| when.check(&subject).is_ok())
    };
    let told: Vec<DeliveryId> = rules
        .automations()
        .filter(|automation| wanted(automation))
        .map(|its| DeliveryId::of_activity(&lead.id, &activity.id, activity.version, &its.automation.push))
        .collect();
    ask_once(lead, told);
}

/// Two automations may want the same destination to be told of one change.
fn ask_once(lead: &mut Lead, told: Vec<DeliveryId>) {
    for delivery in told {
        if !lead.own_deliveries.iter().any(|known| known.delivery == delivery) {
            lead.ask_for(delivery);
        }
    }
}

/// What rules see of a change beside the lead.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The source of the event that made it; the lead's own where none did.
    pub source: &'a SourceId,
    /// When that was received.
    pub received_at: Timestamp,
    /// When it is decided.
    pub now: Timestamp,
}

impl<'a> Seen<'a> {
    /// Of a change that no event made, in a lead of this source.
    #[must_use]
    pub fn by_hand(source: &'a SourceId, now: Timestamp) -> Self {
        Self { source, received_at: now, now }
    }
}

/// The automations that a change sets off, in their order.
fn set_off<'a>(
    rules: &'a Rules,
    before: Option<&'a Lead>,
    lead: &'a Lead,
    seen: &Seen<'a>,
) -> impl Iterator<Item = &'a Automation> {
    let config = rules.checked();
    let trigger = match before {
        None => Trigger::LeadCreated,
        Some(before) if before.erased_at.is_none() && lead.erased_at.is_some() => Trigger::LeadDeleted,
        Some(_) => Trigger::LeadUpdated,
    };
    let zone = config.config().account.timezone.time_zone();
    let Seen { source, received_at, .. } = *seen;
    let subject = move |lead: &'a Lead, is_new| Subject { lead, source, is_new, received_at, zone };
    // Somebody else has it now, or it waits: nothing that others hear of.
    let is_news = trigger != Trigger::LeadUpdated || !lead.sync.news.is_empty();
    let holds = move |checked: &CheckedAutomation| {
        let was = |was: &Test| before.is_some_and(|before| was.check(&subject(before, false)).is_ok());
        let now = |when: &Test| when.check(&subject(lead, before.is_none())).is_ok();
        is_changed(&checked.automation, before, lead)
            && checked.was.as_ref().is_none_or(was)
            && checked.when.as_ref().is_none_or(now)
    };
    rules.automations().filter(move |_| is_news).filter_map(move |checked| {
        let automation = &checked.automation;
        let wanted = automation.entity == lead.entity
            && automation.on.contains(&trigger)
            && is_enabled(config, automation)
            && automation.peer.as_ref().is_none_or(|peer| lead.sync.is_news_to(peer));
        // Whoever was ever told of a lead has to hear that it is gone, also where it would not be told today.
        let wanted = wanted && (trigger == Trigger::LeadDeleted || holds(checked));
        wanted.then_some(automation)
    })
}

/// A disabled destination gets nothing new.
fn is_enabled(config: &Checked, automation: &Automation) -> bool {
    config.destination(&automation.push).is_some_and(|destination| destination.enabled)
}

fn is_changed(automation: &Automation, before: Option<&Lead>, lead: &Lead) -> bool {
    let was = |field| before.and_then(|before| before.fields.get(field));
    automation.changed.is_empty() || automation.changed.iter().any(|field| was(field) != lead.fields.get(field))
}
