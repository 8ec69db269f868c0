//! The log of each pool's moves, replayed: the same picks and the same credits, bit for bit.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use leadyard_domain::assignment::Outcome;
use leadyard_domain::id::PoolId;
use leadyard_domain::rotation::{LEAD, Member, Pick, PoolState, Turn};

use crate::History;

/// One move of a pool.
#[derive(Clone, Copy)]
enum Move<'a> {
    Pick(&'a Pick),
    Refund(&'a Pick),
}

/// Where a member stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Standing {
    credit: i64,
    assigned: u64,
}

/// The moves of each pool as the decisions and endings tell them, with their numbers.
fn moves(history: &History) -> BTreeMap<&PoolId, Vec<(Turn, Move<'_>)>> {
    let mut moves: BTreeMap<&PoolId, Vec<(Turn, Move<'_>)>> = BTreeMap::new();
    for file in &history.leads {
        for assignment in &file.assignments {
            let Outcome::Assigned { picks, .. } = &assignment.outcome else { continue };
            let ended = file.lead.holding(assignment.attempt).and_then(|holding| holding.ended.as_ref());
            for pick in picks {
                let log = moves.entry(&pick.pool).or_default();
                log.push((pick.pick.turn, Move::Pick(&pick.pick)));
                let refunds = ended.iter().flat_map(|end| &end.refunds).filter(|refund| refund.pool == pick.pool);
                log.extend(refunds.map(|refund| (refund.turn, Move::Refund(&pick.pick))));
            }
        }
    }
    for log in moves.values_mut() {
        log.sort_by_key(|(turn, _)| *turn);
    }
    moves
}

pub(crate) fn check(history: &History, wrong: &mut Vec<String>) {
    let moves = moves(history);
    for (pool, log) in &moves {
        let Some(state) = history.state.pools.get(*pool) else {
            wrong.push(format!("the pool {pool} has given leads and has no state"));
            continue;
        };
        let numbers: Vec<Turn> = log.iter().map(|(turn, _)| *turn).collect();
        if numbers != (1..=state.turns).collect::<Vec<_>>() {
            let (moves, turns) = (numbers.len(), state.turns);
            wrong.push(format!(
                "the pool {pool} counts {turns} moves and {moves} are on record, or a number stands twice"
            ));
            continue;
        }
        replay(pool, log, state, wrong);
    }
    for (pool, state) in &history.state.pools {
        let sum: i64 = state.seats.iter().map(|seat| seat.credit).sum();
        if sum != 0 {
            wrong.push(format!("the credits of the pool {pool} sum to {sum}"));
        }
        if state.turns > 0 && !moves.contains_key(pool) {
            wrong.push(format!("the pool {pool} has moved and no decision says why"));
        }
    }
}

fn replay(pool: &PoolId, log: &[(Turn, Move<'_>)], state: &PoolState, wrong: &mut Vec<String>) {
    let mut standings: BTreeMap<&Member, Standing> = BTreeMap::new();
    for (turn, entry) in log {
        let (Move::Pick(pick) | Move::Refund(pick)) = entry;
        if let Move::Pick(_) = entry {
            let next = next(&mut standings, pick);
            if next != Some(&pick.member) {
                wrong.push(format!("move {turn} of the pool {pool} picked {}, and it was not its turn", pick.member));
                return;
            }
        } else {
            for (member, share) in &pick.shares {
                standings.entry(member).or_default().credit -= share;
            }
            let standing = standings.entry(&pick.member).or_default();
            standing.credit += LEAD;
            standing.assigned = standing.assigned.saturating_sub(1);
        }
    }
    for seat in &state.seats {
        let stored = Standing { credit: seat.credit, assigned: seat.assigned };
        let replayed = standings.get(&seat.member).copied().unwrap_or_default();
        if stored != replayed {
            let member = &seat.member;
            wrong.push(format!("{member} stands at {stored:?} in the pool {pool}, and its log gives {replayed:?}"));
        }
    }
}

/// Hands out the shares of a pick and says who is next by the rule, and pays for it.
fn next<'a>(standings: &mut BTreeMap<&'a Member, Standing>, pick: &'a Pick) -> Option<&'a Member> {
    for (member, share) in &pick.shares {
        standings.entry(member).or_default().credit += share;
    }
    let mut members = pick.shares.iter().map(|(member, _)| member);
    let next = members.clone().min_by_key(|member| {
        let standing = standings.get(member).copied().unwrap_or_default();
        (Reverse(standing.credit), standing.assigned)
    });
    let paying = members.find(|member| Some(*member) == next)?;
    let standing = standings.entry(paying).or_default();
    standing.credit -= LEAD;
    standing.assigned += 1;
    next
}

/// The farthest that any member of any pool was from what its shares entitled it to, at any moment, in millionths of a lead.
/// Leads that came back are left out with their shares.
#[must_use]
pub fn max_deviation(history: &History) -> i64 {
    let mut most = 0;
    for log in moves(history).values() {
        let mut standings: BTreeMap<&Member, Standing> = BTreeMap::new();
        for (_, entry) in log {
            match entry {
                Move::Pick(pick) => {
                    next(&mut standings, pick);
                }
                Move::Refund(pick) => {
                    for (member, share) in &pick.shares {
                        standings.entry(member).or_default().credit -= share;
                    }
                    standings.entry(&pick.member).or_default().credit += LEAD;
                }
            }
            most = standings.values().map(|standing| standing.credit.abs()).max().unwrap_or_default().max(most);
        }
    }
    most
}
