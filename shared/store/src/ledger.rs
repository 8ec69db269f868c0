//! Partners' ledgers: what each was charged and credited.
//!
//! An entry is two items, written together: its place beside the lead, of which there is one for each attempt and kind, and
//! its line in the partner's month, by which a statement finds it. The place is what makes an entry that is made twice one
//! entry, also when the two would stand in different months: by two destinations, or after the account has moved to another
//! zone.
//!
//! A charge and its credit are made by different functions, in no order. Each writes what is its own first and looks for the
//! other's afterwards: evaluate commits the end of the attempt and then looks for a charge; who delivers writes the charge and
//! then looks whether the attempt has ended. One of the two comes last, and sees both. So there is a credit for each charge
//! that is to be taken back, and never one without a charge: the sums of a month are those of its lines.

use jiff::tz::TimeZone;
use leadyard_domain::assignment::Assignment;
use leadyard_domain::delivery::DeliveryRecord;
use leadyard_domain::id::{AccountId, AssigneeId};
use leadyard_domain::lead::Lead;
use leadyard_domain::ledger::{Entry, EntryKind, Month, Totals, unpaid};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::Store;
use crate::codec::{from_item, to_item};
use crate::error::StoreError;
use crate::keys::{self, Key, SK};
use crate::listing::{Cursor, Page};
use crate::read::SortKey;

/// What a sum needs of a line.
#[derive(Deserialize)]
struct Counted {
    kind: EntryKind,
    amount: Decimal,
}

impl Store {
    /// Books that a partner has accepted a lead, when the delivery says so and the lead had a price; and the credit, when the
    /// attempt has ended as rejected or returned meanwhile. Months are those of the account's `zone`. Idempotent: an attempt is
    /// charged once, by whichever of its deliveries is first.
    ///
    /// Call it when the delivery's outcome is on record, and again whenever its message comes again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn book_accepted(
        &self,
        zone: &TimeZone,
        assignment: &Assignment,
        delivery: &DeliveryRecord,
    ) -> Result<(), StoreError> {
        let Some(charge) = Entry::charge(assignment, delivery) else { return Ok(()) };
        let account = &delivery.account;
        self.book(account, zone, &charge).await?;
        // Not before: an end that is not there yet will find the charge.
        let lead = self.leads(account, &[charge.lead.clone()].into(), true).await?.remove(&charge.lead);
        match lead {
            Some(lead) => self.book_ended(zone, &lead, charge.attempt).await,
            None => Ok(()),
        }
    }

    /// Books the credit of an attempt that has ended as rejected or returned, when it was charged. Idempotent.
    ///
    /// Call it when the end is on record, and again whenever its message comes again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn book_ended(&self, zone: &TimeZone, lead: &Lead, attempt: u32) -> Result<(), StoreError> {
        if unpaid(lead, attempt).is_none() {
            return Ok(());
        }
        let key = keys::booked(&lead.account, EntryKind::Charge, &lead.id, attempt);
        let Some(item) = self.get(&key, true).await? else { return Ok(()) };
        let charge: Entry = from_item(&key.to_string(), item)?;
        match charge.credit(lead) {
            Some(credit) => self.book(&lead.account, zone, &credit).await,
            None => Ok(()),
        }
    }

    /// Writes an entry, unless it is there.
    async fn book(&self, account: &AccountId, zone: &TimeZone, entry: &Entry) -> Result<(), StoreError> {
        let place = keys::booked(account, entry.kind, &entry.lead, entry.attempt);
        let line = keys::ledger_line(account, Month::of(entry.at, zone), entry);
        let name = place.to_string();
        let mut actions = Vec::with_capacity(2);
        for key in [place, line] {
            let mut item = to_item(&name, entry)?;
            item.extend(key.item());
            actions.push(self.put_new(item)?);
        }
        match self.transact(&name, actions).await {
            // It was booked before.
            Err(StoreError::Conflict { .. }) => Ok(()),
            other => other,
        }
    }

    /// The entries of a partner's month in the order of their moments, at most `limit`. May be a second behind.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ledger(
        &self,
        account: &AccountId,
        partner: &AssigneeId,
        month: Month,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Entry>, StoreError> {
        let partition = keys::ledger_month(account, partner, month);
        let narrowed = cursor.map(|cursor| SortKey { name: SK, test: "#sk > :sk", value: cursor.position() });
        let query = self.query_by(None, keys::PK, &partition, narrowed);
        let limit = i32::try_from(limit.max(1)).unwrap_or(i32::MAX);
        let answer = query.limit(limit).send().await.map_err(StoreError::of("Query"))?;
        let more = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default();
        let last = items.last().and_then(Key::of).map(|key| Cursor::behind(key.sk));
        let name = format!("a line of {partition}");
        let rows = items.into_iter().map(|item| from_item(&name, item)).collect::<Result<_, _>>()?;
        Ok(Page { rows, next: last.filter(|_| more) })
    }

    /// What the entries of a partner's month are together. Reads the whole month, a megabyte at a time, and keeps none of it.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Corrupt`] when the sum is more than a decimal holds exactly.
    pub async fn ledger_totals(
        &self,
        account: &AccountId,
        partner: &AssigneeId,
        month: Month,
    ) -> Result<Totals, StoreError> {
        let partition = keys::ledger_month(account, partner, month);
        let name = format!("a line of {partition}");
        let query = self
            .query(&partition)
            .projection_expression("#kind, #amount")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_names("#amount", "amount");
        let mut pages = query.into_paginator().send();
        let mut totals = Totals::default();
        while let Some(page) = pages.next().await {
            for item in page.map_err(StoreError::of("Query"))?.items.unwrap_or_default() {
                let Counted { kind, amount } = from_item(&name, item)?;
                totals = totals
                    .with(kind, amount)
                    .ok_or_else(|| StoreError::corrupt(&name, "its sum is more than a decimal holds exactly"))?;
            }
        }
        Ok(totals)
    }
}

#[cfg(test)]
mod tests;
