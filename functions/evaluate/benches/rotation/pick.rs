//! How long one pick takes, with what it hands out.

use std::hint::black_box;
use std::time::Instant;

use jiff::civil::date;
use leadyard_domain::config::Weight;
use leadyard_domain::rotation::{Candidate, Member, PoolState};

/// Candidates and the goal for one pick, in microseconds.
const CASES: [(usize, f64); 2] = [(50, 5.0), (5_000, 200.0)];
/// Picks of one round, and rounds: the median of the rounds is told.
const CANDIDATES_PER_ROUND: usize = 500_000;
const ROUNDS: usize = 21;

/// Prints a line a case and returns the goals that were missed.
pub fn run() -> Vec<String> {
    let mut missed = Vec::new();
    for (candidates, goal_us) in CASES {
        let us = median_us(candidates);
        println!("pick candidates={candidates} us={us:.2} goal_us={goal_us}");
        if us >= goal_us {
            missed.push(format!("a pick from {candidates} takes {us:.2} µs, the goal is {goal_us}"));
        }
    }
    missed
}

fn median_us(members: usize) -> f64 {
    let ids: Vec<Member> = (0..members).map(|number| format!("member-{number}").parse().unwrap()).collect();
    let mut state = PoolState::new("pool".parse().unwrap());
    let weights = (0..members).map(|number| u32::try_from(number % 7 + 1).unwrap() * 500_000);
    let candidates: Vec<Candidate> = weights
        .enumerate()
        .map(|(seat, weight)| Candidate { seat, weight: Weight::from_millionths(weight).unwrap() })
        .collect();
    let picks = CANDIDATES_PER_ROUND / members;
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..picks {
                // Seating is part of each pick, as in a decision.
                state.seat(ids.iter());
                black_box(state.pick(black_box(&candidates), date(2026, 7, 21)));
            }
            began.elapsed().as_secs_f64() * 1e6 / f64::from(u32::try_from(picks).unwrap())
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}
