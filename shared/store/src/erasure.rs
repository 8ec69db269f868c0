//! What is left of a lead beside it when it is erased. Its activities are deleted ([`Store::delete_activities`]); its decisions
//! stay, without their reasons.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use leadyard_domain::assignment::Assignment;
use leadyard_domain::id::{AccountId, LeadId};
use leadyard_domain::trace::Trace;

use crate::Store;
use crate::error::StoreError;
use crate::lead::assignment_item;

/// Decisions that are written at a time.
const WRITES_AT_ONCE: usize = 8;

impl Store {
    /// Takes their traces from the decisions about a lead that is erased, for they quote it: what was decided stays. `attempts` is
    /// how many there were; answers how many had one. What breaks off is gone on with by asking again.
    ///
    /// # Errors
    /// [`StoreError`]; some may have lost theirs then.
    pub async fn forget_reasons(&self, account: &AccountId, lead: &LeadId, attempts: u32) -> Result<usize, StoreError> {
        let wanted = (1..=attempts).map(|attempt| (lead.clone(), attempt)).collect();
        let decisions = self.assignments(account, &wanted).await?.into_values();
        let quoting = decisions.filter(|decision| decision.trace != Trace::default());
        let bare: Vec<Assignment> =
            quoting.map(|decision| Assignment { trace: Trace::default(), ..decision }).collect();
        // Nothing else writes a decision that is there.
        let items: Vec<_> = bare.iter().map(|decision| assignment_item(account, decision)).collect::<Result<_, _>>()?;
        let puts: Vec<_> = items.into_iter().map(|(_, item)| self.put(item)).collect();
        let mut puts = stream::iter(puts).buffer_unordered(WRITES_AT_ONCE);
        while puts.try_next().await?.is_some() {}
        Ok(bare.len())
    }
}

#[cfg(test)]
mod tests {
    use leadyard_domain::trace::RuleTrace;

    use super::*;
    use crate::testing::{account, assignment, commit, created, lead, store};

    #[tokio::test]
    async fn what_was_decided_stays_without_its_reasons() {
        let store = store().await;
        let trace = Trace { rules: vec![RuleTrace::matched("large".parse().unwrap())], ..Trace::default() };
        let of = |number: u32| {
            let mut settled = created(number);
            settled.assignments[0].trace = trace.clone();
            settled
        };
        store.commit(&commit(vec![of(1), of(2)])).await.unwrap();
        let decisions =
            async |number: u32| store.lead_file(&account(), &lead(number).id).await.unwrap().unwrap().assignments;
        for quoting in [1, 0] {
            assert_eq!(store.forget_reasons(&account(), &lead(1).id, 1).await.unwrap(), quoting);
            assert_eq!(decisions(1).await, [assignment(1, 1)]);
        }
        assert_eq!(decisions(2).await[0].trace, trace, "those of others stay");
    }
}
