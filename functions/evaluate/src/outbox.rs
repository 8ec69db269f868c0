//! What follows from where a lead stands: deliveries, timers, another look at leads that wait. All of it can be told from
//! the lead again, so a message that comes a second time asks for the same once more, and asking twice is harmless: a try
//! of a delivery is claimed once, a schedule has one name, and a timer that is late finds that out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leadyard_domain::assignment::{Holding, Standing};
use leadyard_domain::backfill::Backfill;
use leadyard_domain::config::{Carrier, Checked};
use leadyard_domain::handover::CLOCK_SKEW;
use leadyard_domain::id::{AccountId, DeliveryId, QueueId};
use leadyard_domain::import::Import;
use leadyard_domain::lead::Lead;
use leadyard_domain::message::{DeliveryMessage, Drain, LeadsMessage};
use leadyard_runtime::{DELAY_SECONDS_MAX, Outgoing, QueueSender, ScheduleError, Scheduler, SendError};

use crate::point::{Point, Points};

/// Where everything goes that evaluate asks for.
#[derive(Clone)]
pub struct Outbox {
    /// To deliver-webhook.
    pub webhook: QueueSender,
    /// To deliver-email.
    pub email: QueueSender,
    /// To evaluate itself.
    pub leads: QueueSender,
    /// The same, later.
    pub later: Scheduler,
    /// Where a test may end the process.
    pub points: Points,
}

/// Longer than any process that commits lives on.
const FOLLOW_UP_DELAY_S: u16 = 60;

/// Until then every process has seen a version that was just published: they look every two seconds.
const AFTER_PUBLISH_S: u16 = 5;

/// Why something was not asked for. The message that caused it has to come back.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OutboxError {
    /// A queue did not take it.
    #[error(transparent)]
    Queue(#[from] SendError),
    /// A schedule was not made.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

/// What is to be asked for.
#[derive(Default)]
pub struct Effects {
    webhook: Vec<Outgoing>,
    email: Vec<Outgoing>,
    leads: Vec<Outgoing>,
    /// By name: one schedule a moment, not one a lead.
    later: BTreeMap<String, (Timestamp, Outgoing)>,
}

impl Effects {
    /// All that follows from where a lead stands.
    ///
    /// # Errors
    /// A message that can't be written as JSON, which ids always can.
    pub fn follow(&mut self, config: &Checked, lead: &Lead, now: Timestamp) -> Result<(), SendError> {
        self.distribution(config, lead, now)?;
        self.own(config, lead, false)
    }

    /// What follows from who has the lead, or that it waits.
    fn distribution(&mut self, config: &Checked, lead: &Lead, now: Timestamp) -> Result<(), SendError> {
        match &lead.standing {
            Standing::Assigned { deliveries, .. } => self.deliver(config, &lead.account, deliveries)?,
            Standing::Parked { until: Some(until), .. } => self.drain_at(&lead.account, *until, None, now)?,
            Standing::Parked { until: None, .. } | Standing::Queued { .. } | Standing::Unassigned { .. } => {}
        }
        for holding in lead.held() {
            self.timers(config, lead, holding, now)?;
        }
        Ok(())
    }

    /// The same once more, for a message that came before: what an earlier version of the lead asked for may not have been
    /// sent, and the lead may have changed since.
    ///
    /// # Errors
    /// As [`Effects::follow`].
    pub fn follow_again(&mut self, config: &Checked, lead: &Lead, now: Timestamp) -> Result<(), SendError> {
        self.distribution(config, lead, now)?;
        self.own(config, lead, true)
    }

    /// What a lead's version asks for by itself, whoever has it; with `again` also what earlier ones did, for that may not have
    /// been sent.
    ///
    /// # Errors
    /// As [`Effects::follow`].
    pub fn own(&mut self, config: &Checked, lead: &Lead, again: bool) -> Result<(), SendError> {
        let own = lead.own_deliveries.iter().filter(|own| again || own.version == lead.version);
        let own: Vec<DeliveryId> = own.map(|own| own.delivery.clone()).collect();
        self.deliver(config, &lead.account, &own)
    }

    /// All that follows from where a lead will stand, when a commit that is about to be made is through or never will be: a
    /// process that ends in between leaves a message that asks for it.
    ///
    /// # Errors
    /// As [`Effects::follow`].
    pub fn follow_later(&mut self, lead: &Lead) -> Result<(), SendError> {
        let message = LeadsMessage::FollowUp { account: lead.account.clone(), lead: lead.id.clone() };
        let outgoing = Outgoing::json(lead.id.as_str(), lead.account.as_str(), &message)?;
        self.leads.push(outgoing.delayed(FOLLOW_UP_DELAY_S));
        Ok(())
    }

    /// The notices of the last step, and the timer of the next.
    fn timers(&mut self, config: &Checked, lead: &Lead, holding: &Holding, now: Timestamp) -> Result<(), SendError> {
        let Some(timers) = &holding.timers else { return Ok(()) };
        let last: Vec<DeliveryId> =
            timers.notices.iter().filter(|notice| notice.notice() == Some(timers.done)).cloned().collect();
        self.deliver(config, &lead.account, &last)?;
        if holding.contacted_at.is_some() || config.is_closed(lead) {
            return Ok(());
        }
        let Some((step, timer)) = timers.next() else { return Ok(()) };
        let attempt = holding.attempt;
        let message = LeadsMessage::Due { account: lead.account.clone(), lead: lead.id.clone(), attempt, step };
        self.later(format!("due-{}-{attempt}-{step}", lead.id), timer.at, &message, now)
    }

    /// The first try of each delivery.
    fn deliver(&mut self, config: &Checked, account: &AccountId, deliveries: &[DeliveryId]) -> Result<(), SendError> {
        for delivery in deliveries {
            let destination = delivery.destination();
            let message = DeliveryMessage::first(account, delivery);
            let outgoing = Outgoing::json(delivery.as_str(), message.group(), &message)?;
            match config.destination(&destination).map(|destination| destination.channel.carrier()) {
                Some(Carrier::Email) => self.email.push(outgoing),
                // A destination that has left the config since: deliver-webhook puts it on record as dead.
                Some(Carrier::Webhook) | None => self.webhook.push(outgoing),
            }
        }
        Ok(())
    }

    /// Another look at the leads that wait.
    ///
    /// # Errors
    /// As [`Effects::follow`].
    pub fn drain(&mut self, account: &AccountId, drain: Drain) -> Result<(), SendError> {
        let message = LeadsMessage::Drain { account: account.clone(), drain };
        self.leads.push(Outgoing::json(format!("drain-{account}"), account.as_str(), &message)?);
        Ok(())
    }

    /// Another look by the rules in force, which this process has not seen yet: when all others have.
    ///
    /// # Errors
    /// As [`Effects::follow`].
    pub fn drain_by_others(&mut self, account: &AccountId, queue: Option<QueueId>) -> Result<(), SendError> {
        let drain = Drain { rules_changed: true, queue, ..Drain::default() };
        let message = LeadsMessage::Drain { account: account.clone(), drain };
        let outgoing = Outgoing::json(format!("drain-{account}"), account.as_str(), &message)?;
        self.leads.push(outgoing.delayed(AFTER_PUBLISH_S));
        Ok(())
    }

    /// Another look at a moment. All that is to happen at one moment is one schedule.
    ///
    /// A look that comes too early, for clocks differ, asks for the same moment again: then `again` tells the two apart,
    /// for the first may still be on its way out. Long before the moment there is one schedule, however often it is asked for.
    ///
    /// # Errors
    /// As [`Effects::follow`].
    pub fn drain_at(
        &mut self,
        account: &AccountId,
        at: Timestamp,
        again: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), SendError> {
        let message = LeadsMessage::Drain { account: account.clone(), drain: Drain::default() };
        let again = again.filter(|again| at.duration_since(*again) <= CLOCK_SKEW);
        let again = again.map(|again| format!("-{}", again.as_second() / 60)).unwrap_or_default();
        self.later(format!("drain-{account}-{}{again}", at.as_second()), at, &message, now)
    }

    /// A message that came too early, once more: by the queue, for a schedule of its name may still be on its way out. One
    /// that is still too early then is put off again.
    ///
    /// # Errors
    /// As [`Effects::follow`].
    pub fn put_off(&mut self, at: Timestamp, message: &LeadsMessage, now: Timestamp) -> Result<(), SendError> {
        let millis = at.duration_since(now).as_millis();
        let whole = ((millis + 999) / 1_000).clamp(1, DELAY_SECONDS_MAX.into());
        let seconds = u16::try_from(whole).unwrap_or(DELAY_SECONDS_MAX);
        let outgoing = Outgoing::json(message.name(), message.account().as_str(), message)?;
        self.leads.push(outgoing.delayed(seconds));
        Ok(())
    }

    /// A row of an import, to be captured like any event.
    pub fn row(&mut self, event: Outgoing) {
        self.leads.push(event);
    }

    /// The next step of an import, some seconds later.
    ///
    /// # Errors
    /// As [`Effects::follow`].
    pub fn go_on(&mut self, import: &Import, delay_s: u16) -> Result<(), SendError> {
        let (account, id) = (import.account.clone(), import.id.clone());
        let message = LeadsMessage::Import { account, import: id, from: import.step };
        let outgoing = Outgoing::json(import.id.as_str(), import.group(), &message)?;
        self.leads.push(outgoing.delayed(delay_s));
        Ok(())
    }

    /// A push of a lead as it is.
    ///
    /// # Errors
    /// As [`Effects::follow`].
    pub fn push(&mut self, config: &Checked, account: &AccountId, delivery: DeliveryId) -> Result<(), SendError> {
        self.deliver(config, account, &[delivery])
    }

    /// The next step of a backfill, some seconds later.
    ///
    /// # Errors
    /// As [`Effects::follow`].
    pub fn go_on_telling(&mut self, backfill: &Backfill) -> Result<(), SendError> {
        let (account, id) = (backfill.account.clone(), backfill.id.clone());
        let message = LeadsMessage::Backfill { account, backfill: id, from: backfill.step };
        let outgoing = Outgoing::json(backfill.id.as_str(), backfill.group(), &message)?;
        self.leads.push(outgoing.delayed(backfill.interval_s()));
        Ok(())
    }

    /// A message at a moment; at once when it has passed, for a schedule in the past is refused.
    ///
    /// # Errors
    /// As [`Effects::follow`].
    pub fn later(
        &mut self,
        name: String,
        at: Timestamp,
        message: &LeadsMessage,
        now: Timestamp,
    ) -> Result<(), SendError> {
        let outgoing = Outgoing::json(name.clone(), message.account().as_str(), message)?;
        if at <= now {
            self.leads.push(outgoing);
        } else {
            self.later.insert(name, (at, outgoing));
        }
        Ok(())
    }
}

impl Outbox {
    /// Asks for all of it.
    ///
    /// # Errors
    /// What was not taken; the caller gives its messages back, and their next round asks for all of it again.
    pub async fn send(&self, effects: Effects) -> Result<(), OutboxError> {
        let Effects { webhook, email, leads, later } = effects;
        for (queue, messages) in [(&self.webhook, webhook), (&self.email, email), (&self.leads, leads)] {
            if !messages.is_empty() {
                self.points.reach(Point::BeforeSend);
                queue.send_all(messages).await?;
                self.points.reach(Point::AfterSend);
            }
        }
        for (name, (at, message)) in later {
            self.points.reach(Point::BeforeSchedule);
            self.later.send_at(&name, at, message.body).await?;
            self.points.reach(Point::AfterSchedule);
        }
        Ok(())
    }
}
