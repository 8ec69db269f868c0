//! Eligible-credit weighted round robin: who of the eligible members of a pool is next.
//!
//! Each member has a credit in millionths of a lead. For one lead, every eligible member gains its share of the lead by
//! weight, the one with the greatest credit is picked and pays a whole lead. So credits always sum to zero, a member
//! that is absent, capped or new gets neither arrears nor a penalty, and nobody strays far from what its shares entitle
//! it to.
//!
//! Every move, a pick or a refund, has a number ([`Turn`]). The moves of a pool in the order of their numbers are its log,
//! from which the same picks and credits follow again, bit for bit.

mod member;
mod seat;
mod shares;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::config::Weight;
use crate::id::PoolId;

pub use member::Member;
pub use seat::{Opening, Seat, Share, Span};
use shares::shares;

/// One lead, in the unit of credits: millionths of a lead.
pub const LEAD: i64 = 1_000_000;

/// The number of a move in its pool, from 1.
pub type Turn = u64;

/// The rotation of one pool between two leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolState {
    /// Whose rotation it is.
    pub pool: PoolId,
    /// Moves by one with each stored change; 0 before the first.
    pub version: u64,
    /// Picks and refunds so far.
    pub turns: Turn,
    /// Everyone who ever took part, in the order of the pool; whoever left keeps a seat behind the others, so that the
    /// credits go on to sum to zero.
    pub seats: Vec<Seat>,
}

/// Someone eligible for the lead at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in the pool, from 0.
    pub seat: usize,
    /// The share against the others.
    pub weight: Weight,
}

/// A pick and what it handed out, to be refunded should the lead come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// Which move of the pool it was.
    pub turn: Turn,
    /// Who was picked.
    pub member: Member,
    /// The share of the lead that each eligible member gained, in millionths, in the order of the pool; they sum to
    /// [`LEAD`].
    pub shares: Vec<(Member, i64)>,
}

impl PoolState {
    /// A pool that has given no lead.
    #[must_use]
    pub fn new(pool: PoolId) -> Self {
        Self { pool, version: 0, turns: 0, seats: Vec::new() }
    }

    /// Seats the members in the order of the pool, so that a member's place there is its seat here. Whoever joins begins
    /// with nothing owed.
    pub fn seat<'a>(&mut self, members: impl ExactSizeIterator<Item = &'a Member> + Clone) {
        let seated = members.len() <= self.seats.len()
            && members.clone().zip(&self.seats).all(|(member, seat)| seat.member == *member);
        if seated {
            return;
        }
        let mut before: HashMap<Member, Seat> = self.seats.drain(..).map(|seat| (seat.member.clone(), seat)).collect();
        self.seats = members.map(|member| before.remove(member).unwrap_or_else(|| Seat::new(member.clone()))).collect();
        let mut left: Vec<Seat> = before.into_values().collect();
        left.sort_by(|a, b| a.member.cmp(&b.member));
        self.seats.extend(left);
    }

    /// Picks one of the candidates, who stand in the order of their seats, and moves the credits. Candidates of weight 0
    /// are passed over; `None` when nobody is left.
    ///
    /// `day` is today in the account's zone: by it [`Seat::span`] tells what a period brought.
    pub fn pick(&mut self, candidates: &[Candidate], day: Date) -> Option<Pick> {
        // A candidate without a seat would be a mistake of the caller; it gets nothing rather than a panic.
        let seated = |c: &&Candidate| c.weight.millionths() > 0 && c.seat < self.seats.len();
        let candidates: Cow<'_, [Candidate]> = match candidates.iter().all(|candidate| seated(&candidate)) {
            true => candidates.into(),
            false => candidates.iter().filter(seated).copied().collect(),
        };
        let shares = shares(candidates.iter().map(|c| c.weight));
        let mut next: Option<((Reverse<i64>, u64), usize)> = None;
        for (candidate, share) in candidates.iter().zip(&shares) {
            let seat = &mut self.seats[candidate.seat];
            seat.open(day);
            seat.credit += share;
            // The first of equals wins: the candidates are in the pool's order.
            let claim = (Reverse(seat.credit), seat.assigned);
            if next.as_ref().is_none_or(|(best, _)| claim < *best) {
                next = Some((claim, candidate.seat));
            }
        }
        let seat = &mut self.seats[next?.1];
        seat.credit -= LEAD;
        seat.assigned += 1;
        let member = seat.member.clone();
        self.turns += 1;
        let gained = candidates.iter().map(|candidate| self.seats[candidate.seat].member.clone());
        Some(Pick { turn: self.turns, member, shares: gained.zip(shares).collect() })
    }

    /// Takes back exactly what a pick moved: the lead was rejected, returned or taken away. Returns the number of this
    /// move.
    pub fn refund(&mut self, pick: &Pick, day: Date) -> Turn {
        let mut places: HashMap<Member, usize> =
            self.seats.iter().enumerate().map(|(place, seat)| (seat.member.clone(), place)).collect();
        let mut seat_of = |seats: &mut Vec<Seat>, member: &Member| {
            *places.entry(member.clone()).or_insert_with(|| {
                seats.push(Seat::new(member.clone()));
                seats.len() - 1
            })
        };
        for (member, share) in &pick.shares {
            let place = seat_of(&mut self.seats, member);
            self.seats[place].open(day);
            self.seats[place].credit -= share;
        }
        let place = seat_of(&mut self.seats, &pick.member);
        let seat = &mut self.seats[place];
        seat.open(day);
        seat.credit += LEAD;
        seat.assigned = seat.assigned.saturating_sub(1);
        self.turns += 1;
        self.turns
    }

    /// One member's standing; `None` when it never took part.
    #[must_use]
    pub fn member(&self, member: &Member) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.member == *member)
    }
}

#[cfg(test)]
mod tests;
