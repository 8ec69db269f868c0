//! The guarantees of the rotation, as properties.

use proptest::prelude::*;

use super::*;

fn id(index: usize) -> AssigneeId {
    AssigneeId::new(format!("m{index}")).unwrap()
}

fn weight(millionths: u32) -> Weight {
    Weight::from_millionths(millionths).unwrap()
}

fn candidates(weights: &[u32], eligible: impl Fn(usize) -> bool) -> Vec<Candidate> {
    weights
        .iter()
        .enumerate()
        .filter(|(index, _)| eligible(*index))
        .map(|(index, &w)| Candidate { assignee: id(index), weight: weight(w) })
        .collect()
}

fn pool() -> PoolState {
    PoolState::new(PoolId::new("pool").unwrap())
}

/// What each member should have had, in millionths, beside what it had.
#[derive(Default)]
struct Ledger {
    entitled: BTreeMap<AssigneeId, i64>,
    assigned: BTreeMap<AssigneeId, i64>,
}

impl Ledger {
    fn add(&mut self, pick: &Pick) {
        for (member, share) in &pick.shares {
            *self.entitled.entry(member.clone()).or_default() += share;
        }
        *self.assigned.entry(pick.assignee.clone()).or_default() += LEAD;
    }

    /// The farthest that anybody is from the entitled number, in millionths of a lead.
    fn deviation(&self) -> i64 {
        self.entitled
            .iter()
            .map(|(member, entitled)| (self.assigned.get(member).copied().unwrap_or_default() - entitled).abs())
            .max()
            .unwrap_or_default()
    }
}

fn check(state: &PoolState, ledger: &Ledger, below: i64) -> Result<(), TestCaseError> {
    prop_assert_eq!(state.members.values().map(|m| m.credit).sum::<i64>(), 0);
    prop_assert!(ledger.deviation() < below, "deviation {}", ledger.deviation());
    Ok(())
}

#[test]
fn equal_weights_take_turns_in_the_pools_order() {
    let mut state = pool();
    let all = candidates(&[1_000_000; 3], |_| true);
    let picks: Vec<String> = (0..6).map(|_| state.pick(&all).unwrap().assignee.to_string()).collect();
    assert_eq!(picks, ["m0", "m1", "m2", "m0", "m1", "m2"]);
}

#[test]
fn shares_hand_out_exactly_one_lead() {
    assert_eq!(shares(&[weight(1), weight(1), weight(1)]), [333_334, 333_333, 333_333]);
    assert_eq!(shares(&[weight(3_000_000), weight(1_000_000)]), [750_000, 250_000]);
    assert!(shares(&[]).is_empty());
}

#[test]
fn weight_zero_is_never_picked() {
    let mut state = pool();
    let all = candidates(&[0, 1], |_| true);
    for _ in 0..10 {
        assert_eq!(state.pick(&all).unwrap().assignee, id(1));
    }
    assert_eq!(state.pick(&candidates(&[0, 0], |_| true)), None);
    assert_eq!(state.pick(&[]), None);
}

#[test]
fn whoever_comes_back_gets_no_arrears() {
    let mut state = pool();
    let weights = [1_000_000; 4];
    for _ in 0..100 {
        state.pick(&candidates(&weights, |index| index != 0));
    }
    let mut burst = 0;
    for _ in 0..8 {
        if state.pick(&candidates(&weights, |_| true)).unwrap().assignee == id(0) {
            burst += 1;
        }
    }
    assert_eq!(burst, 2, "a quarter of the eight leads since");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Schedules and absences: each member's availability flips now and then.
    #[test]
    fn nobody_strays_with_members_coming_and_going(
        weights in prop::collection::vec(1u32..=5_000_000, 2..=50),
        flips in prop::collection::vec(any::<prop::sample::Index>(), 1..400),
        run in 1usize..25,
    ) {
        let (mut state, mut ledger) = (pool(), Ledger::default());
        let mut present = vec![true; weights.len()];
        for flip in flips {
            let flipped = flip.index(weights.len());
            present[flipped] = !present[flipped];
            for _ in 0..run {
                if let Some(pick) = state.pick(&candidates(&weights, |index| present[index])) {
                    ledger.add(&pick);
                    check(&state, &ledger, LEAD * 3 / 2)?;
                }
            }
        }
    }

    /// The hardest case: every lead sees another random subset.
    #[test]
    fn nobody_strays_by_two_with_any_subsets(
        weights in prop::collection::vec(1u32..=5_000_000, 2..=12),
        subsets in prop::collection::vec(any::<u16>(), 1..2_000),
    ) {
        let (mut state, mut ledger) = (pool(), Ledger::default());
        for subset in subsets {
            if let Some(pick) = state.pick(&candidates(&weights, |index| subset & (1 << index) != 0)) {
                ledger.add(&pick);
                check(&state, &ledger, LEAD * 2)?;
            }
        }
    }

    /// Edits act forward only, and a refund takes back exactly what its pick moved.
    #[test]
    fn edits_and_refunds(
        steps in prop::collection::vec((0usize..8, 0u32..=3_000_000, any::<bool>()), 1..1_000),
    ) {
        let mut weights = vec![1_000_000; 8];
        let mut state = pool();
        for (member, new_weight, refund) in steps {
            weights[member] = new_weight;
            let before = state.clone();
            let Some(pick) = state.pick(&candidates(&weights, |_| true)) else { continue };
            prop_assert_eq!(pick.shares.values().sum::<i64>(), LEAD);
            prop_assert_eq!(state.members.values().map(|m| m.credit).sum::<i64>(), 0);
            if refund {
                state.refund(&pick);
                for index in 0..weights.len() {
                    prop_assert_eq!(state.member(&id(index)), before.member(&id(index)));
                }
            }
        }
    }
}

/// The full length of the promise: 50 members, any weights, 10,000 leads, random availability that lasts a while.
#[test]
fn ten_thousand_leads() {
    let weights: Vec<u32> = (0..50).map(|index| 1 + (index * 7_919_993) % 4_000_000).collect();
    let (mut state, mut ledger) = (pool(), Ledger::default());
    let mut present = [true; 50];
    // A small linear congruential generator: the same run every time, without a dependency.
    let mut random: u64 = 42;
    for step in 0..10_000u32 {
        if step % 5 == 0 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let flipped = usize::try_from(random >> 33).unwrap() % 50;
            present[flipped] = !present[flipped];
        }
        if let Some(pick) = state.pick(&candidates(&weights, |index| present[index])) {
            ledger.add(&pick);
            check(&state, &ledger, LEAD * 3 / 2).unwrap();
        }
    }
}
