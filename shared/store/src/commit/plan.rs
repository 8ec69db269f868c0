//! The writes of a commit, each with the condition that guards it.
//!
//! A transaction may name an item once, so what several events of a batch do to one lead is folded into one write: the
//! condition of the first, the content of the last.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::activity::Activity;
use leadyard_domain::assignment::Standing;
use leadyard_domain::caps::Counters;
use leadyard_domain::event::{EventRecord, EventStatus, REPEAT_WINDOW_S, Received};
use leadyard_domain::id::{AssigneeId, EventId, LeadId, PoolId};
use leadyard_domain::key::Claim;
use leadyard_domain::lead::Lead;
use leadyard_domain::rotation::PoolState;

use super::{ACTIONS_MAX, BYTES_MAX, Commit, Emptied, ITEM_BYTES_MAX, LeadWrite, Settled, TooLarge};
use crate::activity::activity_item;
use crate::codec::{Item, expires_at, item_bytes, moment, number, text};
use crate::error::StoreError;
use crate::event::event_item;
use crate::keys::{self, Key};
use crate::lead::{assignment_item, key_item, lead_item};
use crate::parked::{place, place_item};
use crate::state::{counters_item, had_item, pool_item};
use crate::write::unbuilt;

/// What a write is for: so that a failed condition can be told to the one who decides.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Purpose {
    Event(EventId),
    /// The events of that body, with the time of each.
    Seen(Vec<(EventId, Timestamp)>),
    Pool(PoolId),
    Counters(AssigneeId),
    /// The lead, a key, an assignment, an activity, a place in a line.
    Lead,
}

/// One write of the transaction.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) key: Key,
    pub(super) purpose: Purpose,
    /// `None` deletes.
    item: Option<Item>,
    condition: Option<Condition>,
    /// The event that the write is made for.
    event: Option<EventId>,
}

/// A condition expression. Every attribute is named by `#` and its name: some are reserved words.
#[derive(Debug)]
struct Condition {
    expression: String,
    names: &'static [&'static str],
    values: Vec<(String, AttributeValue)>,
}

impl Condition {
    fn absent() -> Self {
        Self { expression: "attribute_not_exists(#pk)".to_owned(), names: &["pk"], values: Vec::new() }
    }

    /// The version that was read; 0 was not there.
    fn version(read: u64) -> Self {
        match read {
            0 => Self::absent(),
            version => Self {
                expression: "#version = :version".to_owned(),
                names: &["version"],
                values: vec![(":version".to_owned(), number(version))],
            },
        }
    }

    fn absent_or(name: &'static [&'static str; 2], value: &str) -> Self {
        Self {
            expression: format!("attribute_not_exists(#{}) OR #{} = :value", name[0], name[1]),
            names: name,
            values: vec![(":value".to_owned(), text(value))],
        }
    }

    /// What became of the event is what was read.
    fn status(was: EventStatus) -> Self {
        Self {
            expression: "#status = :status".to_owned(),
            names: &["status"],
            values: vec![(":status".to_owned(), text(was.name()))],
        }
    }

    /// A key is the lead's to take: nobody has it, the lead has it already, or the one that it moves from.
    fn claimed_by(lead: &LeadId, from: Option<&LeadId>) -> Self {
        let mut condition = Self::absent_or(&["pk", "lead_id"], lead.as_str());
        if let Some(from) = from {
            condition.expression.push_str(" OR #lead_id = :from");
            condition.values.push((":from".to_owned(), text(from.as_str())));
        }
        condition
    }

    /// What an assignee had of a person is what was read: nothing, or what was given at that moment.
    fn given_at(read: Option<Timestamp>) -> Self {
        match read {
            None => Self::absent(),
            Some(at) => Self {
                expression: "#given_at = :given_at".to_owned(),
                names: &["given_at"],
                values: vec![(":given_at".to_owned(), text(at.to_string()))],
            },
        }
    }

    /// The body was not taken near any of these times, save by these events themselves.
    fn not_seen(events: &[(EventId, Timestamp)]) -> Self {
        let mut apart = Vec::new();
        let mut values = Vec::new();
        for (index, (event, received_at)) in events.iter().enumerate() {
            apart.push(format!("(#event_id = :event{index} OR NOT #seen_at BETWEEN :from{index} AND :to{index})"));
            let (from, to) = repeat_window(*received_at);
            values.push((format!(":event{index}"), text(event.as_str())));
            values.push((format!(":from{index}"), text(from)));
            values.push((format!(":to{index}"), text(to)));
        }
        // AND binds before OR, and DynamoDB refuses parentheses that it does not need.
        let expression = format!("attribute_not_exists(#pk) OR {}", apart.join(" AND "));
        Self { expression, names: &["pk", "event_id", "seen_at"], values }
    }

    fn names(&self) -> HashMap<String, String> {
        self.names.iter().map(|name| (format!("#{name}"), (*name).to_owned())).collect()
    }
}

/// From when to when the same body is a repeat, as conditions compare moments. Both ways: messages overtake each other.
pub(super) fn repeat_window(received_at: Timestamp) -> (String, String) {
    let window = SignedDuration::from_secs(REPEAT_WINDOW_S);
    // At the ends of the calendar there is nothing further to look at.
    let from = received_at.checked_sub(window).unwrap_or(Timestamp::MIN);
    let to = received_at.checked_add(window).unwrap_or(Timestamp::MAX);
    (moment(from), moment(to))
}

/// The writes of a commit.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) writes: Vec<Write>,
    by_key: HashMap<Key, usize>,
}

impl Plan {
    pub(super) fn of(commit: &Commit) -> Result<Self, StoreError> {
        let mut plan = Self::default();
        for settled in &commit.settled {
            if let Some(record) = &settled.record {
                plan.event(commit, record)?;
                if let Some(hash) = &settled.seen {
                    plan.seen(commit, &record.received, hash);
                }
            }
            if let Some(activity) = &settled.activity {
                plan.activity(commit, activity, event_of(settled))?;
            }
            for assignment in &settled.assignments {
                let (key, item) = assignment_item(&commit.account, assignment)?;
                plan.put(key, Purpose::Lead, item, Some(Condition::absent()), event_of(settled));
            }
        }
        plan.leads(commit)?;
        plan.state(commit)?;
        Ok(plan)
    }

    fn event(&mut self, commit: &Commit, record: &EventRecord) -> Result<(), StoreError> {
        let (key, item) = event_item(record, commit.log_days)?;
        let event = &record.received.event;
        let condition = Condition::absent_or(&["pk", "status"], EventStatus::Failed.name());
        self.put(key, Purpose::Event(event.clone()), item, Some(condition), Some(event));
        Ok(())
    }

    /// An event that was settled before, without what it brought.
    pub(super) fn emptied(&mut self, commit: &Commit, emptied: &Emptied) -> Result<(), StoreError> {
        let (key, item) = event_item(&emptied.record, commit.log_days)?;
        let condition = Some(Condition::status(emptied.was));
        self.put(key, Purpose::Lead, item, condition, None);
        Ok(())
    }

    fn seen(&mut self, commit: &Commit, received: &Received, hash: &str) {
        let Received { source, event, received_at: at, .. } = received;
        let at = *at;
        let key = keys::seen(&commit.account, source, hash);
        let mut events = vec![(event.clone(), at)];
        if let Some(Purpose::Seen(earlier)) = self.by_key.get(&key).map(|&index| &self.writes[index].purpose) {
            events.splice(0..0, earlier.iter().cloned());
        }
        let mut item = key.item();
        item.insert("event_id".to_owned(), text(event.as_str()));
        item.insert("seen_at".to_owned(), text(moment(at)));
        item.insert("expires_at".to_owned(), number(expires_at(commit.now, commit.log_days)));
        let condition = Condition::not_seen(&events);
        self.put(key, Purpose::Seen(events), item, Some(condition), Some(event));
    }

    /// An activity. Of several versions in one commit the condition of the first and the content of the last.
    fn activity(&mut self, commit: &Commit, activity: &Activity, event: Option<&EventId>) -> Result<(), StoreError> {
        let (key, item) = activity_item(&commit.account, activity)?;
        let earlier = self.by_key.get(&key).and_then(|&index| self.writes[index].condition.take());
        let condition = earlier.unwrap_or_else(|| Condition::version(activity.version.saturating_sub(1)));
        self.put(key, Purpose::Lead, item, Some(condition), event);
        Ok(())
    }

    fn leads(&mut self, commit: &Commit) -> Result<(), StoreError> {
        let mut folded: Vec<Folded<'_>> = Vec::new();
        for settled in &commit.settled {
            let Some(write) = &settled.lead else { continue };
            let event = event_of(settled);
            match folded.iter_mut().find(|earlier| earlier.last.lead.id == write.lead.id) {
                Some(earlier) => earlier.last = write,
                None => folded.push(Folded { first: write, last: write, event }),
            }
            for Claim { key: unique, from } in &write.keys {
                if write.lead.erased_at.is_some() {
                    let condition = Some(Condition::absent_or(&["pk", "lead_id"], write.lead.id.as_str()));
                    let (key, event) = (keys::unique(&commit.account, unique), event.cloned());
                    self.push(Write { key, purpose: Purpose::Lead, item: None, condition, event });
                    continue;
                }
                let (key, item) = key_item(&commit.account, unique, &write.lead.id)?;
                let claimed = self.by_key.get(&key).and_then(|&index| self.writes[index].item.as_ref());
                if claimed.is_some_and(|claimed| *claimed != item) {
                    // Whoever decided would have found the first lead by this key.
                    return Err(StoreError::corrupt(key.to_string(), "two leads of one commit claim it"));
                }
                let condition = Condition::claimed_by(&write.lead.id, from.as_ref());
                self.put(key, Purpose::Lead, item, Some(condition), event);
            }
        }
        for Folded { first, last, event } in folded {
            let (key, item) = lead_item(&last.lead)?;
            let read = first.lead.version.saturating_sub(1);
            self.put(key, Purpose::Lead, item, Some(Condition::version(read)), event);
            self.place(first.previous.as_ref(), &last.lead)?;
        }
        Ok(())
    }

    /// Moves the lead from where it waited to where it waits now. The condition on the lead's version guards both.
    fn place(&mut self, previous: Option<&Standing>, lead: &Lead) -> Result<(), StoreError> {
        if previous == Some(&lead.standing) {
            return Ok(());
        }
        let before = previous.and_then(|standing| place(lead, standing));
        let after = place_item(lead)?;
        if let Some(key) = before.filter(|before| after.as_ref().is_none_or(|(after, _)| after != before)) {
            self.push(Write { key, purpose: Purpose::Lead, item: None, condition: None, event: None });
        }
        if let Some((key, item)) = after {
            self.put(key, Purpose::Lead, item, None, None);
        }
        Ok(())
    }

    fn state(&mut self, commit: &Commit) -> Result<(), StoreError> {
        for (id, pool) in &commit.after.pools {
            let before = commit.before.pools.get(id).cloned().unwrap_or_else(|| PoolState::new(id.clone()));
            if *pool != before {
                let stored = PoolState { version: before.version, ..pool.clone() };
                let (key, item) = pool_item(&commit.account, &stored)?;
                let condition = Condition::version(before.version);
                self.put(key, Purpose::Pool(id.clone()), item, Some(condition), None);
            }
        }
        for (id, counters) in &commit.after.counters {
            let before = commit.before.counters.get(id).cloned().unwrap_or_else(|| Counters::new(id.clone()));
            if *counters != before {
                let stored = Counters { version: before.version, ..counters.clone() };
                let (key, item) = counters_item(&commit.account, &stored)?;
                let condition = Condition::version(before.version);
                self.put(key, Purpose::Counters(id.clone()), item, Some(condition), None);
            }
        }
        for (whom, had) in &commit.after.had {
            let before = commit.before.had.get(whom);
            if before != Some(had) {
                let (key, item) = had_item(&commit.account, whom, had, commit.had_days)?;
                let condition = Condition::given_at(before.map(|before| before.at));
                self.put(key, Purpose::Lead, item, Some(condition), None);
            }
        }
        Ok(())
    }

    fn put(&mut self, key: Key, purpose: Purpose, item: Item, condition: Option<Condition>, event: Option<&EventId>) {
        self.push(Write { key, purpose, item: Some(item), condition, event: event.cloned() });
    }

    fn push(&mut self, write: Write) {
        match self.by_key.get(&write.key) {
            Some(&index) => self.writes[index] = write,
            None => {
                self.by_key.insert(write.key.clone(), self.writes.len());
                self.writes.push(write);
            }
        }
    }

    pub(super) fn actions(&self) -> usize {
        self.writes.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.writes.iter().map(Write::bytes).sum()
    }

    pub(super) fn fits(&self) -> Result<(), TooLarge> {
        let (actions, bytes) = (self.actions(), self.bytes());
        let large = self.writes.iter().filter(|write| write.bytes() > ITEM_BYTES_MAX);
        let oversized: Vec<EventId> = large.filter_map(|write| write.event.clone()).collect();
        if actions <= ACTIONS_MAX && bytes <= BYTES_MAX && oversized.is_empty() {
            Ok(())
        } else {
            Err(TooLarge { actions, bytes, oversized })
        }
    }

    /// The transaction. What is written goes into it: of the plan is left what each write is for.
    pub(super) fn transaction(&mut self, table: &str) -> Result<Vec<TransactWriteItem>, StoreError> {
        self.writes.iter_mut().map(|write| write.action(table)).collect::<Result<_, _>>().map_err(unbuilt)
    }
}

/// The writes of one lead, in the order of its versions.
struct Folded<'a> {
    first: &'a LeadWrite,
    last: &'a LeadWrite,
    event: Option<&'a EventId>,
}

fn event_of(settled: &Settled) -> Option<&EventId> {
    settled.record.as_ref().map(|record| &record.received.event)
}

impl Write {
    fn bytes(&self) -> usize {
        self.item.as_ref().map_or(self.key.pk.len() + self.key.sk.len(), item_bytes)
    }

    fn action(&mut self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let Some(item) = self.item.take() else {
            let mut delete = Delete::builder().table_name(table).set_key(Some(self.key.item()));
            if let Some(condition) = self.condition.take() {
                delete = delete
                    .set_expression_attribute_names(Some(condition.names()))
                    .condition_expression(condition.expression)
                    .set_expression_attribute_values(Some(condition.values.into_iter().collect()));
            }
            return Ok(TransactWriteItem::builder().delete(delete.build()?).build());
        };
        let mut put = Put::builder().table_name(table).set_item(Some(item));
        if let Some(condition) = self.condition.take() {
            let names = condition.names();
            let values = Some(condition.values).filter(|values| !values.is_empty());
            put = put
                .condition_expression(condition.expression)
                .set_expression_attribute_names(Some(names))
                .set_expression_attribute_values(values.map(|values| values.into_iter().collect()))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        }
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }
}
