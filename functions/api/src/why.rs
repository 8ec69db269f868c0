//! Why somebody did not get a lead that was decided for them alone.

use leadyard_domain::decision::Decision;
use leadyard_domain::eligibility::Ineligible;

/// Why a decision about one assignee gave the lead to nobody; `None` when it gave it.
pub(crate) fn why_not(decision: &Decision) -> Option<&Ineligible> {
    let candidates = decision.trace.actions.iter().flat_map(|action| &action.candidates);
    candidates.filter_map(|candidate| candidate.ineligible.as_ref()).next_back()
}
