//! Telling another system of all leads of a filter, some leads a step. A step looks at the leads that come next, asks for a push
//! of those that fit, as many as the rate allows, and for the next step.
//!
//! First all of that is sent, then the step is recorded. A step that breaks off in between is taken again by either message: a
//! push has the same id as before, so it is found claimed and sent once. Of two messages that take the same step one records
//! it; what the other one asked for is the same.

use std::collections::BTreeSet;

use jiff::Timestamp;
use leadyard_domain::backfill::{Backfill, BackfillState, PassedOver};
use leadyard_domain::id::{AccountId, BackfillId, LeadId};
use leadyard_store::{CreatedLead, Cursor, Ruled, StoreError};

use crate::attend::AttendError;
use crate::handler::Evaluate;
use crate::outbox::Effects;
use crate::point::Point;

/// Most leads that are looked at together: one read of the table.
const PAGE: usize = 100;
/// Most pages of a step: where few leads fit it looks at more than it tells, and still is short, for leads wait for the
/// function meanwhile.
const PAGES_MAX: usize = 10;
/// Most times that a step is recorded anew because a person changed the backfill.
const TRIES_MAX: u32 = 8;

impl Evaluate {
    /// Takes the next step of a backfill.
    pub(crate) async fn backfill(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        id: &BackfillId,
        from: u64,
    ) -> Result<(), AttendError> {
        let Some(known) = self.store.backfill(account, id).await? else {
            tracing::warn!(%account, backfill = %id, "a message names a backfill that is not there");
            return Ok(());
        };
        if from < known.step || known.state != BackfillState::Running {
            return Ok(());
        }
        let now = (self.now)();
        let (mut backfill, mut effects) = (known.clone(), Effects::default());
        self.tell_some(ruled, &mut backfill, &mut effects, now).await?;
        backfill.step += 1;
        backfill.moved_at = Some(now);
        if backfill.state == BackfillState::Running {
            effects.go_on_telling(&backfill)?;
        }
        self.outbox.send(effects).await?;
        self.record_told(&known, backfill, ruled.rules.checked().config().account.log_days, now).await
    }

    /// Looks at the leads that come next and asks for a push of those that fit, as many as may be told now.
    async fn tell_some(
        &self,
        ruled: &Ruled,
        backfill: &mut Backfill,
        effects: &mut Effects,
        now: Timestamp,
    ) -> Result<(), AttendError> {
        let checked = match backfill.teller(&ruled.rules) {
            Ok(checked) => checked,
            Err(why) => {
                backfill.fail(why, now);
                return Ok(());
            }
        };
        let (account, span) = (backfill.account.clone(), (backfill.filter.from, backfill.filter.until));
        let allowed = backfill.allowed(now);
        let mut told = 0;
        for _ in 0..PAGES_MAX {
            if told == allowed {
                break;
            }
            let Some(cursor) = place(backfill) else {
                backfill.fail("the place where it stands can't be read: begin another backfill", now);
                break;
            };
            let page = self.store.leads_created(&account, span, cursor.as_ref(), PAGE).await?;
            let fit = |lead: &&CreatedLead| backfill.filter.fits(&lead.entity, &lead.source).is_ok();
            let wanted: BTreeSet<LeadId> = page.rows.iter().filter(fit).map(|lead| lead.id.clone()).collect();
            // Consistently: a version that is told by now must not stand for one that is not.
            let leads = self.store.leads(&account, &wanted, true).await?;
            for created in &page.rows {
                if told == allowed {
                    break;
                }
                let fit = match leads.get(&created.id) {
                    Some(lead) => {
                        let fit = backfill.filter.tells(&ruled.rules, checked, lead);
                        if fit.is_ok() {
                            effects.push(ruled.rules.checked(), &account, backfill.delivery_of(lead))?;
                            told += 1;
                        }
                        fit
                    }
                    // Of another type or source. Leads are never deleted, so nothing else is missing.
                    None => Err(PassedOver::Other),
                };
                backfill.counts.add(fit);
                backfill.place = Some(created.cursor().to_string());
            }
            if told < allowed {
                match page.next {
                    Some(next) => backfill.place = Some(next.to_string()),
                    None => {
                        backfill.end(now);
                        break;
                    }
                }
            }
        }
        backfill.spend(told, now);
        Ok(())
    }

    /// Records a step. A person may have stopped the backfill meanwhile: that stands, and so does what was told.
    async fn record_told(
        &self,
        known: &Backfill,
        mut backfill: Backfill,
        log_days: u16,
        now: Timestamp,
    ) -> Result<(), AttendError> {
        for _ in 0..TRIES_MAX {
            self.outbox.points.reach(Point::BeforeCommit);
            match self.store.change_backfill(&backfill, None, log_days, now).await {
                Ok(()) => {
                    self.outbox.points.reach(Point::AfterCommit);
                    report(&backfill);
                    return Ok(());
                }
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            let Some(latest) = self.store.backfill(&known.account, &known.id).await? else { return Ok(()) };
            if latest.step != known.step {
                return Ok(());
            }
            backfill.version = latest.version;
            if latest.state != known.state {
                (backfill.state, backfill.reason, backfill.finished_at) =
                    (latest.state, latest.reason, latest.finished_at);
            }
        }
        Err(AttendError::Overtaken)
    }
}

/// Where a backfill goes on; `None` where that can't be read.
fn place(backfill: &Backfill) -> Option<Option<Cursor>> {
    backfill.place.as_ref().map(|place| place.parse()).transpose().ok()
}

fn report(backfill: &Backfill) {
    let Backfill { account, id, step, state, counts, .. } = backfill;
    let (state, seen, told) = (state.name(), counts.seen, counts.told);
    tracing::info!(%account, backfill = %id, step, state, seen, told, "backfill goes on");
}
