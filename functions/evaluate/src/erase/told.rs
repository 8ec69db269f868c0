//! Erasing a lead because another account has deleted its own.

use leadyard_domain::config::Source;
use leadyard_domain::event::{EventRecord, EventStatus};
use leadyard_domain::id::{AccountId, AccountName};
use leadyard_domain::key::UniqueKey;
use leadyard_domain::lead::Lead;
use leadyard_domain::sync::{Arrival, Stamp, SyncHead, arrival};
use leadyard_sources::capture::check_sender;
use leadyard_store::Ruled;

use super::{Outcome, TRIES_MAX, retries_after};
use crate::attend::AttendError;
use crate::fetch::RECEIVES_MAX;
use crate::handler::{Evaluate, Job};
use crate::turn;

impl Evaluate {
    /// Erases a lead because another account has deleted its own, where the connector allows that.
    pub(super) async fn erase_told(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        job: &Job,
        head: &SyncHead,
    ) -> Result<Outcome, AttendError> {
        let (config, event) = (ruled.rules.checked(), &job.received.event);
        let own = config.sync_name(account);
        for number in 1..=TRIES_MAX {
            let record = self.store.events(account, &[event.clone()].into()).await?.remove(event);
            let retries = retries_after(record.as_ref());
            if let Some(record) = record.filter(|record| !(job.retry && record.status == EventStatus::Failed)) {
                let lead = match &record.lead {
                    Some(id) => self.lead(account, id).await?,
                    None => None,
                };
                self.finish(account, ruled, lead.as_ref(), true).await?;
                return Ok(Outcome::Done);
            }
            let source = config.source(&job.received.source);
            let lead = match source {
                Some(source) => self.told_of(account, source, head, &own).await?,
                None => None,
            };
            let stranger = source.and_then(|source| check_sender(source, head).err().map(|error| error.to_string()));
            let allowed = source.is_some_and(|source| source.sync.as_ref().is_some_and(|sync| sync.deletes));
            let is_echo = arrival(&own, &head.origin, &head.hops, None) != Arrival::New;
            let (status, reason) = match &lead {
                _ if stranger.is_some() => (EventStatus::Failed, stranger.as_deref().unwrap_or_default()),
                _ if is_echo => (EventStatus::Unchanged, "an echo: it came through this account before"),
                // It may have overtaken what tells of the lead.
                None if job.receives < RECEIVES_MAX => return Ok(Outcome::NotYet),
                None => (EventStatus::Unchanged, "the other account has deleted a lead that is not known here"),
                Some(lead) if lead.erased_at.is_some() => (EventStatus::Unchanged, "the lead was erased before"),
                Some(_) if !allowed => (
                    EventStatus::Unchanged,
                    "the other account has deleted its lead; the source lets it delete nothing here",
                ),
                // One of several there that are one here: the others may live on.
                Some(lead)
                    if lead
                        .sync
                        .links
                        .get(&head.origin.account)
                        .is_some_and(|link| !link.is_only(&head.origin.lead)) =>
                {
                    (
                        EventStatus::Flagged,
                        "the other account has deleted one of several leads that are this one: look whether it is to be erased",
                    )
                }
                Some(_) => (EventStatus::Updated, "the lead was erased: the other account has deleted its own"),
            };
            let record = EventRecord {
                received: job.received.clone(),
                status,
                reason: Some(reason.to_owned()),
                lead: lead.as_ref().map(|lead| lead.id.clone()),
                settled_at: (self.now)(),
                behaviour: source.map(|source| source.behaviour),
                retries,
            };
            let lead = lead.filter(|_| status == EventStatus::Updated);
            let brought = match &lead {
                Some(lead) => self.brought(account, lead).await?,
                None => Vec::new(),
            };
            let by = head.hops.first().unwrap_or(&head.origin.account).clone();
            let made = Stamp { at: head.updated_at, by, via: head.hops.clone() };
            match self.erase_once(account, ruled, (lead, Some(made)), Some(record), brought).await? {
                Ok(()) => return Ok(Outcome::Done),
                Err(error) => turn::overtaken(error, (event, number), number).await?,
            }
        }
        Err(AttendError::Overtaken)
    }

    /// The lead here that another account's is: by its id, or because the other account knows ours.
    async fn told_of(
        &self,
        account: &AccountId,
        source: &Source,
        head: &SyncHead,
        own: &AccountName,
    ) -> Result<Option<Lead>, AttendError> {
        let key = UniqueKey::of_link(&source.entity, &head.origin.account, &head.origin.lead);
        let linked = self.store.find_leads(account, &[key.clone()].into(), true).await?.remove(&key);
        match linked.or_else(|| head.known_as(own)) {
            Some(id) => Ok(self.lead(account, &id).await?.filter(|lead| lead.entity == source.entity)),
            None => Ok(None),
        }
    }
}
