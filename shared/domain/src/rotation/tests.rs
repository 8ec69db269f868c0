//! The guarantees of the rotation, as properties.

use proptest::prelude::*;

use std::collections::BTreeMap;

use super::*;

const DAY: Date = jiff::civil::date(2026, 7, 21);

fn member(index: usize) -> Member {
    format!("m{index}").parse().unwrap()
}

fn weight(millionths: u32) -> Weight {
    Weight::from_millionths(millionths).unwrap()
}

fn candidates(weights: &[u32], eligible: impl Fn(usize) -> bool) -> Vec<Candidate> {
    weights
        .iter()
        .enumerate()
        .filter(|(index, _)| eligible(*index))
        .map(|(seat, &w)| Candidate { seat, weight: weight(w) })
        .collect()
}

/// A pool of so many members.
fn pool(members: usize) -> PoolState {
    let mut state = PoolState::new(PoolId::new("pool").unwrap());
    seat(&mut state, &(0..members).collect::<Vec<_>>());
    state
}

/// Seats the members in this order.
fn seat(state: &mut PoolState, members: &[usize]) {
    let members: Vec<Member> = members.iter().map(|&index| member(index)).collect();
    state.seat(members.iter());
}

fn pick(state: &mut PoolState, candidates: &[Candidate]) -> Option<Pick> {
    state.pick(candidates, DAY)
}

fn sum(state: &PoolState) -> i64 {
    state.seats.iter().map(|seat| seat.credit).sum()
}

/// What each member should have had, in millionths, beside what it had.
#[derive(Default)]
struct Ledger {
    entitled: BTreeMap<Member, i64>,
    assigned: BTreeMap<Member, i64>,
}

impl Ledger {
    fn add(&mut self, pick: &Pick) {
        for (member, share) in &pick.shares {
            *self.entitled.entry(member.clone()).or_default() += share;
        }
        *self.assigned.entry(pick.member.clone()).or_default() += LEAD;
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
    prop_assert_eq!(sum(state), 0);
    prop_assert!(ledger.deviation() < below, "deviation {}", ledger.deviation());
    Ok(())
}

#[test]
fn equal_weights_take_turns_in_the_pools_order() {
    let mut state = pool(3);
    let all = candidates(&[1_000_000; 3], |_| true);
    let picks: Vec<String> = (0..6).map(|_| pick(&mut state, &all).unwrap().member.to_string()).collect();
    assert_eq!(picks, ["m0", "m1", "m2", "m0", "m1", "m2"]);
}

#[test]
fn weight_zero_is_never_picked() {
    let mut state = pool(2);
    let all = candidates(&[0, 1], |_| true);
    for _ in 0..10 {
        assert_eq!(pick(&mut state, &all).unwrap().member, member(1));
    }
    assert_eq!(pick(&mut state, &candidates(&[0, 0], |_| true)), None);
    assert_eq!(pick(&mut state, &[]), None);
    assert_eq!(state.turns, 10, "what picks nobody is no move");
}

#[test]
fn whoever_leaves_keeps_a_seat_behind_the_others() {
    let mut state = pool(3);
    let all = candidates(&[1_000_000; 3], |_| true);
    pick(&mut state, &all);
    let before = state.clone();
    seat(&mut state, &[2, 3, 0]);
    let seated: Vec<String> = state.seats.iter().map(|seat| seat.member.to_string()).collect();
    assert_eq!(seated, ["m2", "m3", "m0", "m1"]);
    for index in 0..3 {
        assert_eq!(state.member(&member(index)), before.member(&member(index)));
    }
    assert_eq!((sum(&state), state.member(&member(3)).unwrap().credit), (0, 0));
    let seats = state.seats.clone();
    seat(&mut state, &[2, 3, 0]);
    assert_eq!(state.seats, seats, "the same order again moves nobody");
}

#[test]
fn a_period_tells_what_it_brought() {
    let mut state = pool(2);
    let all = candidates(&[3_000_000, 1_000_000], |_| true);
    let day = |day: i8| jiff::civil::date(2026, 7, day);
    for _ in 0..4 {
        state.pick(&all, day(21));
    }
    let refunded = state.pick(&all, day(22)).unwrap();
    state.pick(&all, day(22));
    state.refund(&refunded, day(22));
    let told = |index, span, today| {
        let Share { assigned, entitled } = state.member(&member(index)).unwrap().span(span, today);
        (assigned, entitled)
    };
    assert_eq!(told(0, Span::Day, day(22)), (0, 750_000));
    assert_eq!(told(1, Span::Day, day(22)), (1, 250_000));
    assert_eq!(told(0, Span::Month, day(22)), (3, 3_750_000));
    assert_eq!(told(0, Span::Lifetime, day(22)), (3, 3_750_000));
    assert_eq!(told(0, Span::Day, day(23)), (0, 0), "nothing has moved since midnight");
    assert_eq!(told(0, Span::Month, day(23).checked_add(jiff::ToSpan::days(20)).unwrap()), (0, 0));
}

#[test]
fn whoever_comes_back_gets_no_arrears() {
    let weights = [1_000_000; 4];
    let mut state = pool(4);
    for _ in 0..100 {
        pick(&mut state, &candidates(&weights, |index| index != 0));
    }
    let mut burst = 0;
    for _ in 0..8 {
        if pick(&mut state, &candidates(&weights, |_| true)).unwrap().member == member(0) {
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
        let (mut state, mut ledger) = (pool(weights.len()), Ledger::default());
        let mut present = vec![true; weights.len()];
        for flip in flips {
            let flipped = flip.index(weights.len());
            present[flipped] = !present[flipped];
            for _ in 0..run {
                if let Some(pick) = pick(&mut state, &candidates(&weights, |index| present[index])) {
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
        let (mut state, mut ledger) = (pool(weights.len()), Ledger::default());
        for subset in subsets {
            if let Some(pick) = pick(&mut state, &candidates(&weights, |index| subset & (1 << index) != 0)) {
                ledger.add(&pick);
                check(&state, &ledger, LEAD * 2)?;
            }
        }
    }

    /// Members join and leave, weights are edited, people come and go, leads come back, all at random: credits sum to zero,
    /// nobody strays, and the log alone gives the same picks and credits again, bit for bit.
    #[test]
    fn whatever_happens_the_log_tells_it_again(steps in prop::collection::vec(step(), 1..600)) {
        let (mut state, mut ledger) = (pool(0), Ledger::default());
        let mut weights = [1_000_000u32; 16];
        let mut present = [true; 16];
        let mut members: Vec<usize> = (0..4).collect();
        let mut log: Vec<Move> = Vec::new();
        let mut open: Vec<Pick> = Vec::new();
        // A lead that comes back is owed until it is given again: each moves somebody by less than one.
        let mut bound = LEAD * 3 / 2;
        for step in steps {
            match step {
                Step::Join(who) => if !members.contains(&who) { members.push(who) },
                Step::Leave(who) => members.retain(|member| *member != who),
                Step::Weigh(who, weight) => weights[who] = weight,
                Step::Flip(who) => present[who] = !present[who],
                Step::Leads(count) => for _ in 0..count {
                    seat(&mut state, &members);
                    let places = members.iter().enumerate().filter(|(_, who)| present[**who]);
                    let all: Vec<Candidate> =
                        places.map(|(seat, &who)| Candidate { seat, weight: weight(weights[who]) }).collect();
                    let Some(pick) = pick(&mut state, &all) else { continue };
                    prop_assert_eq!(pick.shares.iter().map(|(_, share)| share).sum::<i64>(), LEAD);
                    ledger.add(&pick);
                    log.push(Move::Pick(pick.clone()));
                    open.push(pick);
                    check(&state, &ledger, bound)?;
                },
                Step::Return(index) => if !open.is_empty() {
                    let pick = open.remove(index.index(open.len()));
                    let before = state.clone();
                    let turn = state.refund(&pick, DAY);
                    bound += LEAD;
                    for (member, share) in &pick.shares {
                        let paid = if *member == pick.member { LEAD } else { 0 };
                        let credit = |state: &PoolState| state.member(member).unwrap().credit;
                        prop_assert_eq!(credit(&state), credit(&before) - share + paid);
                        *ledger.entitled.entry(member.clone()).or_default() -= share;
                    }
                    *ledger.assigned.entry(pick.member.clone()).or_default() -= LEAD;
                    log.push(Move::Refund(turn, pick));
                    prop_assert_eq!(sum(&state), 0);
                },
            }
        }
        let replayed = replay(&log);
        for seat in &state.seats {
            let standing = |seat: &Seat| (seat.credit, seat.assigned);
            let again = replayed.get(&seat.member).map_or((0, 0), standing);
            prop_assert_eq!(standing(seat), again, "{}", &seat.member);
        }
    }
}

/// Something that happens to a pool.
#[derive(Debug, Clone)]
enum Step {
    Join(usize),
    Leave(usize),
    Weigh(usize, u32),
    Flip(usize),
    Leads(usize),
    Return(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (0..16usize).prop_map(Step::Join),
        1 => (0..16usize).prop_map(Step::Leave),
        1 => (0..16usize, 0u32..=3_000_000).prop_map(|(who, weight)| Step::Weigh(who, weight)),
        2 => (0..16usize).prop_map(Step::Flip),
        6 => (1..12usize).prop_map(Step::Leads),
        1 => any::<prop::sample::Index>().prop_map(Step::Return),
    ]
}

/// An entry of a pool's log.
enum Move {
    Pick(Pick),
    Refund(Turn, Pick),
}

/// The credits that follow from the log alone; and whom the rule picks on them is whom the log names.
fn replay(log: &[Move]) -> BTreeMap<Member, Seat> {
    let mut seats: BTreeMap<Member, Seat> = BTreeMap::new();
    for (index, entry) in log.iter().enumerate() {
        let turn = match entry {
            Move::Pick(pick) => {
                for (member, share) in &pick.shares {
                    seats.entry(member.clone()).or_insert_with(|| Seat::new(member.clone())).credit += share;
                }
                let next = pick
                    .shares
                    .iter()
                    .min_by_key(|(member, _)| (Reverse(seats[member].credit), seats[member].assigned));
                assert_eq!(next.unwrap().0, pick.member);
                let seat = seats.get_mut(&pick.member).unwrap();
                seat.credit -= LEAD;
                seat.assigned += 1;
                pick.turn
            }
            Move::Refund(turn, pick) => {
                for (member, share) in &pick.shares {
                    seats.get_mut(member).unwrap().credit -= share;
                }
                let seat = seats.get_mut(&pick.member).unwrap();
                seat.credit += LEAD;
                seat.assigned -= 1;
                *turn
            }
        };
        assert_eq!(turn, u64::try_from(index).unwrap() + 1, "the moves are numbered without a gap");
    }
    seats
}

/// The full length of the promise: 50 members, any weights, 10,000 leads, random availability that lasts a while.
#[test]
fn ten_thousand_leads() {
    let weights: Vec<u32> = (0..50).map(|index| 1 + (index * 7_919_993) % 4_000_000).collect();
    let (mut state, mut ledger) = (pool(weights.len()), Ledger::default());
    let mut present = [true; 50];
    // A small linear congruential generator: the same run every time, without a dependency.
    let mut random: u64 = 42;
    for step in 0..10_000u32 {
        if step % 5 == 0 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let flipped = usize::try_from(random >> 33).unwrap() % 50;
            present[flipped] = !present[flipped];
        }
        if let Some(pick) = pick(&mut state, &candidates(&weights, |index| present[index])) {
            ledger.add(&pick);
            check(&state, &ledger, LEAD * 3 / 2).unwrap();
        }
    }
}
