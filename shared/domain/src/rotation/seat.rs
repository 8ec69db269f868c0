//! One member's standing in a pool, and what a day or a month brought it.

use jiff::civil::Date;

use super::{LEAD, Member};

/// One member's standing in a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Who.
    pub member: Member,
    /// What the pool owes the member, in millionths of a lead; negative when it had more than its shares.
    pub credit: i64,
    /// Leads given from this pool, less the refunded ones.
    pub assigned: u64,
    /// How it stood when the last day on which something moved began.
    pub day: Opening,
    /// How it stood when the last month in which something moved began.
    pub month: Opening,
}

/// How a member stood when a period began: what the period brought is the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The first day of the period, in the account's zone.
    pub on: Date,
    /// The credit then, in millionths of a lead.
    pub credit: i64,
    /// Leads given until then.
    pub assigned: u64,
}

/// A period over which a pool's shares are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The day, in the account's zone.
    Day,
    /// The month.
    Month,
    /// Since the pool's first lead.
    Lifetime,
}

/// What a period brought a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Leads given, less those that were refunded; below zero when more came back than were given.
    pub assigned: i64,
    /// What its shares entitle it to, in millionths of a lead.
    pub entitled: i64,
}

impl Opening {
    fn new(on: Date) -> Self {
        Self { on, credit: 0, assigned: 0 }
    }
}

impl Seat {
    /// A member that was never given anything and is owed nothing.
    #[must_use]
    pub fn new(member: Member) -> Self {
        Self { member, credit: 0, assigned: 0, day: Opening::new(Date::MIN), month: Opening::new(Date::MIN) }
    }

    /// Notes how it stands before the first move of a new day or month. A machine whose clock is behind opens nothing.
    pub(super) fn open(&mut self, day: Date) {
        if day > self.day.on {
            self.day = Opening { on: day, credit: self.credit, assigned: self.assigned };
            let month = day.first_of_month();
            if month > self.month.on {
                self.month = Opening { on: month, ..self.day };
            }
        }
    }

    /// What the period that holds `today` has brought so far.
    #[must_use]
    pub fn span(&self, span: Span, today: Date) -> Share {
        let opening = match span {
            Span::Day if self.day.on >= today => self.day,
            Span::Month if self.month.on >= today.first_of_month() => self.month,
            Span::Lifetime => Opening::new(Date::MIN),
            // Nothing has moved since it began.
            Span::Day | Span::Month => Opening { on: today, credit: self.credit, assigned: self.assigned },
        };
        let assigned = self.assigned.cast_signed() - opening.assigned.cast_signed();
        // Whatever is not given yet is owed: the two together are what the shares came to.
        Share { assigned, entitled: assigned * LEAD + self.credit - opening.credit }
    }
}
