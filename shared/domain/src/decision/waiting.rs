//! What a lead waits for that nobody can take now.

use jiff::Timestamp;

use super::State;
use crate::config::{Action, Pool};
use crate::eligibility::{Asked, Place};
use crate::id::AssigneeId;
use crate::lead::Lead;
use crate::rotation::Member;

/// The first moment after now at which one of those whom the actions name may be able to take the lead, as far as time alone
/// decides. Whoever could take it now and was not given it is not waited for: time does not change that.
pub(super) fn until<'a>(
    asked: &Asked<'_>,
    actions: impl Iterator<Item = &'a Action>,
    lead: &Lead,
    state: &State,
) -> Option<Timestamp> {
    let waiting = Waiting { asked, state };
    let checked = asked.rules.checked();
    actions
        .filter_map(|action| match action {
            Action::Pool(to) => checked.pool_and_fallbacks(&to.id).filter_map(|pool| waiting.for_pool(pool)).min(),
            Action::AssignTo(to) => waiting.for_assignee(&to.id, None),
            Action::KeepOwner => waiting.for_assignee(lead.owner.as_ref()?, None),
            Action::Named(field) => waiting.for_assignee(&checked.named(lead, field)?.ok()?.id, None),
            Action::Queue(_) | Action::Park | Action::DoNothing => None,
        })
        .min()
}

struct Waiting<'a> {
    asked: &'a Asked<'a>,
    state: &'a State,
}

impl Waiting<'_> {
    fn for_assignee(&self, id: &AssigneeId, place: Option<Place<'_>>) -> Option<Timestamp> {
        let assignee = self.asked.rules.checked().assignee(id)?;
        let moment = self.asked.free_at(assignee, place, &self.state.counters_of(id), self.state);
        moment.filter(|moment| *moment > self.asked.now)
    }

    fn for_pool(&self, pool: &Pool) -> Option<Timestamp> {
        let checked = self.asked.rules.checked();
        let moments = pool.members.iter().filter_map(|member| match &member.member {
            _ if checked.weight_of(member).millionths() == 0 => None,
            Member::Assignee(id) => self.for_assignee(id, Some(Place { pool: &pool.id, caps: &member.caps })),
            Member::Pool(id) => self.for_pool(checked.pool(id)?),
        });
        moments.min()
    }
}
