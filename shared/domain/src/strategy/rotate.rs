//! `rotate`: weighted round robin among all that are eligible.

use crate::rotation::Candidate;

pub(super) fn narrow(eligible: Vec<Candidate>) -> Vec<Candidate> {
    eligible
}
