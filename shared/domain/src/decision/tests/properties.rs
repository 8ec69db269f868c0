//! Whatever happens to leads, what is counted is what the leads say.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::caps::Load;
use crate::config::Period;
use crate::rotation::{LEAD, Pick};

const CONFIG: &str = r"
account: { value_field: worth }
fields: [{ name: worth, type: number }]
assignees:
  - { id: a, name: A, caps: [{ period: lifetime, limit: 9 }], capacity: { leads: 3, value: 100 } }
  - { id: b, name: B, weight: 2, capacity: { leads: 4 } }
  - { id: c, name: C, weight: 0.5, caps: [{ period: day, limit: 4 }] }
  - { id: d, name: D, price: 3, filter: { field: worth, op: lt, value: 40 } }
pools:
  - { id: outer, members: [{ pool: inner, weight: 1.5 }, d, a] }
  - { id: inner, strategy: least_loaded, members: [b, { pool: deep }] }
  - { id: deep, members: [{ assignee: a, caps: [{ period: day, limit: 2 }] }, { assignee: b, weight: 1 }], strategy: highest_price }
  - { id: all, members: [c, { pool: inner }, b, a] }
profiles:
  - id: first
    attempts: { at_most: 3, then: [{ pool: all }] }
    rules: [{ id: kept, when: { field: worth, op: gte, value: 60 }, then: [keep_owner, { pool: { id: outer, over_cap: else } }], else: default }]
    default: [{ pool: outer }, { assign_to: c }]
  - id: every
    entity: every
    match: all
    rules:
      - { id: one, then: [{ pool: { id: all, over_cap: park } }] }
      - { id: two, then: [{ pool: outer }] }
";

#[derive(Debug, Clone)]
enum Step {
    New { worth: u8, every: bool },
    Decide { lead: prop::sample::Index },
    End { lead: prop::sample::Index, holding: prop::sample::Index, how: Ending },
    Stage { lead: prop::sample::Index, closed: bool },
    Supersede { lead: prop::sample::Index },
    Pass { hours: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    let lead = any::<prop::sample::Index>;
    let how = prop::sample::select(vec![Ending::Rejected, Ending::Returned, Ending::Overdue, Ending::Reassigned]);
    prop_oneof![
        4 => (0u8..90, any::<bool>()).prop_map(|(worth, every)| Step::New { worth, every }),
        2 => lead().prop_map(|lead| Step::Decide { lead }),
        3 => (lead(), lead(), how).prop_map(|(lead, holding, how)| Step::End { lead, holding, how }),
        2 => (lead(), any::<bool>()).prop_map(|(lead, closed)| Step::Stage { lead, closed }),
        1 => lead().prop_map(|lead| Step::Supersede { lead }),
        1 => (1u8..30).prop_map(|hours| Step::Pass { hours }),
    ]
}

/// A move of a pool, as a log would keep it.
enum Move {
    Picked(Pick),
    Refunded(Pick),
}

#[derive(Default)]
struct Books {
    leads: Vec<Lead>,
    /// By lead and attempt.
    assignments: BTreeMap<(usize, u32), Assignment>,
    moves: BTreeMap<PoolId, BTreeMap<u64, Move>>,
}

impl Books {
    fn put_down(&mut self, lead: usize, assignments: Vec<Assignment>) {
        for assignment in assignments {
            if let Outcome::Assigned { picks, .. } = &assignment.outcome {
                for pick in picks {
                    let log = self.moves.entry(pick.pool.clone()).or_default();
                    assert!(log.insert(pick.pick.turn, Move::Picked(pick.pick.clone())).is_none(), "one move a turn");
                }
            }
            assert!(
                self.assignments.insert((lead, assignment.attempt), assignment).is_none(),
                "one decision an attempt"
            );
        }
    }

    fn decide(&mut self, desk: &mut Desk, place: usize) {
        let lead = &mut self.leads[place];
        // The functions decide a lead that somebody has only after they ended that.
        if lead.held().next().is_some() {
            return;
        }
        let assignments = desk.settle(lead);
        self.put_down(place, assignments);
    }

    fn end(&mut self, desk: &mut Desk, place: usize, holding: prop::sample::Index, how: Ending) {
        let lead = &mut self.leads[place];
        if lead.holdings.is_empty() {
            return;
        }
        let attempt = lead.holdings[holding.index(lead.holdings.len())].attempt;
        let assignment = self.assignments[&(place, attempt)].clone();
        let before = (lead.clone(), desk.state.clone());
        let was_held = lead.holding(attempt).is_some_and(|holding| holding.ended.is_none());
        assert_eq!(desk.end(lead, &assignment, how), was_held);
        if !was_held {
            assert_eq!((&*lead, &desk.state), (&before.0, &before.1), "ending twice does nothing");
            return;
        }
        let Outcome::Assigned { picks, .. } = assignment.outcome else { panic!("a holding of nobody") };
        let refunds = &lead.holding(attempt).unwrap().ended.as_ref().unwrap().refunds;
        assert_eq!(refunds.len(), picks.len());
        for (refund, pick) in refunds.iter().zip(picks) {
            assert_eq!(refund.pool, pick.pool);
            let log = self.moves.entry(refund.pool.clone()).or_default();
            assert!(log.insert(refund.turn, Move::Refunded(pick.pick)).is_none(), "one move a turn");
        }
    }

    /// What everyone has open, and was given for good, by what the leads say.
    fn counted(&self) -> BTreeMap<AssigneeId, (Load, u32)> {
        let mut counted: BTreeMap<AssigneeId, (Load, u32)> = BTreeMap::new();
        for holding in self.leads.iter().flat_map(|lead| &lead.holdings) {
            let (load, given) = counted.entry(holding.assignee.clone()).or_default();
            if holding.open {
                assert!(holding.ended.is_none());
                load.leads += 1;
                load.value += holding.value;
            }
            *given += u32::from(holding.ended.as_ref().is_none_or(|end| !end.how.refunds()));
        }
        counted
    }

    fn check(&self, desk: &Desk) {
        let counted = self.counted();
        for (who, counters) in &desk.state.counters {
            let (load, given) = counted.get(who).copied().unwrap_or_default();
            assert_eq!(counters.open, load, "{who}");
            let assignee = desk.rules.checked().assignee(who).unwrap();
            let clock = desk.rules.checked().cap_clock(assignee, desk.now);
            assert_eq!(counters.given(Period::Lifetime, None, clock), given, "{who}");
            assert!(
                counters
                    .reached(&assignee.caps, None, clock)
                    .is_none_or(|cap| { counters.given(cap.period, None, clock) == cap.limit })
            );
        }
        for lead in &self.leads {
            let open = !desk.rules.checked().is_closed(lead);
            assert!(lead.held().all(|holding| holding.open == open));
            let mut holders: Vec<_> = lead.held().map(|holding| &holding.assignee).collect();
            assert_eq!(holders.first().copied(), lead.owner.as_ref().filter(|_| !holders.is_empty()));
            holders.sort();
            assert!(holders.windows(2).all(|two| two[0] != two[1]), "nobody has a lead twice");
            assert!(lead.first_assigned_at.is_some() != lead.holdings.is_empty());
        }
        for (pool, state) in &desk.state.pools {
            let mut credits: BTreeMap<Member, (i64, i64)> = BTreeMap::new();
            let log = &self.moves[pool];
            assert_eq!(log.keys().copied().collect::<Vec<_>>(), (1..=state.turns).collect::<Vec<_>>());
            for step in log.values() {
                let (pick, sign) = match step {
                    Move::Picked(pick) => (pick, 1),
                    Move::Refunded(pick) => (pick, -1),
                };
                for (member, share) in &pick.shares {
                    credits.entry(member.clone()).or_default().0 += sign * share;
                }
                let picked = credits.entry(pick.member.clone()).or_default();
                picked.0 -= sign * LEAD;
                picked.1 += sign;
            }
            assert_eq!(state.seats.iter().map(|seat| seat.credit).sum::<i64>(), 0);
            for seat in &state.seats {
                let replayed = credits.get(&seat.member).copied().unwrap_or_default();
                assert_eq!((seat.credit, seat.assigned.cast_signed()), replayed, "{pool} {}", seat.member);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counters_credits_and_leads_say_the_same(steps in prop::collection::vec(step(), 1..80)) {
        let (mut desk, mut books) = (Desk::new(CONFIG), Books::default());
        for step in steps {
            let some = books.leads.len();
            match step {
                Step::New { worth, every } => {
                    let mut lead = valued(some, worth.into());
                    lead.entity = Entity::new(if every { "every" } else { "lead" }).unwrap();
                    books.leads.push(lead);
                    books.decide(&mut desk, some);
                }
                Step::Pass { hours } => {
                    desk.now = desk.now.checked_add(jiff::SignedDuration::from_hours(hours.into())).unwrap();
                }
                _ if some == 0 => {}
                Step::Decide { lead } => books.decide(&mut desk, lead.index(some)),
                Step::End { lead, holding, how } => books.end(&mut desk, lead.index(some), holding, how),
                Step::Stage { lead, closed } => {
                    let lead = &mut books.leads[lead.index(some)];
                    let stage = if closed { "lost" } else { "open" };
                    lead.fields.insert(FieldName::new("stage").unwrap(), FieldValue::Text(stage.into()));
                    // What it is worth may change, and what it takes of a capacity stays as it was.
                    lead.fields.insert(FieldName::new("worth").unwrap(), FieldValue::Number { number: Decimal::from(17) });
                    handover::follow_stage(lead, desk.rules.checked(), &mut desk.state);
                }
                Step::Supersede { lead } => {
                    let place = lead.index(some);
                    handover::supersede(&mut books.leads[place], desk.rules.checked(), &mut desk.state, desk.now);
                    books.decide(&mut desk, place);
                }
            }
            books.check(&desk);
        }
    }
}
