//! The counters are those of the assignments they count, and no cap was exceeded at any moment.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use leadyard_domain::caps::{CapClock, Load};
use leadyard_domain::config::{Checked, Period};
use leadyard_domain::id::{AssigneeId, PoolId};

use crate::History;

/// One time that somebody was given a lead, and when that was taken back.
struct Given<'a> {
    pool: Option<&'a PoolId>,
    at: Timestamp,
    back: Option<Timestamp>,
}

pub(crate) fn check(history: &History, config: &Checked, wrong: &mut Vec<String>) {
    let mut given: BTreeMap<&AssigneeId, Vec<Given<'_>>> = BTreeMap::new();
    let mut open: BTreeMap<&AssigneeId, Load> = BTreeMap::new();
    for holding in history.leads.iter().flat_map(|file| &file.lead.holdings) {
        let back = holding.ended.as_ref().filter(|end| end.how.refunds()).map(|end| end.at);
        let (pool, at) = (holding.pool.as_ref(), holding.since);
        given.entry(&holding.assignee).or_default().push(Given { pool, at, back });
        if holding.open {
            open.entry(&holding.assignee).or_default().add(holding.value);
        }
    }
    let everyone: BTreeSet<&AssigneeId> = given.keys().copied().chain(history.state.counters.keys()).collect();
    for assignee in everyone {
        let given = given.get(assignee).map(Vec::as_slice).unwrap_or_default();
        let clock = |now| match config.assignee(assignee) {
            Some(assignee) => config.cap_clock(assignee, now),
            None => config.account_clock(now),
        };
        counts(history, assignee, given, &clock, wrong);
        let counted = history.state.counters_of(assignee).open;
        let is = open.get(assignee).copied().unwrap_or_default();
        if counted != is {
            wrong.push(format!("{assignee} has {} open leads and the counters say {}", is.leads, counted.leads));
        }
        caps(config, assignee, given, &clock, wrong);
    }
}

/// Each count is the number of leads given in its period, less those that came back while it lasted.
fn counts<'a>(
    history: &History,
    assignee: &AssigneeId,
    given: &[Given<'_>],
    clock: &impl Fn(Timestamp) -> CapClock<'a>,
    wrong: &mut Vec<String>,
) {
    let counters = history.state.counters_of(assignee);
    let pools: BTreeSet<Option<&PoolId>> = given.iter().map(|given| given.pool).chain([None]).collect();
    for pool in pools {
        let of_pool: Vec<&Given<'_>> = given.iter().filter(|given| pool.is_none() || given.pool == pool).collect();
        let Some(last) = of_pool.iter().map(|given| given.at).max() else { continue };
        for period in Period::ALL {
            let start = clock(last).start_of(period);
            let leads = of_pool.iter().filter(|given| given.at >= start && !came_back(given, period, clock)).count();
            let counted = counters.given(period, pool, clock(last));
            if usize::try_from(counted).ok() != Some(leads) {
                let of = pool.map(|pool| format!(" from {pool}")).unwrap_or_default();
                let period = period.name();
                wrong.push(format!(
                    "{assignee} was given {leads} leads{of} in the {period}, and the counters say {counted}"
                ));
            }
        }
    }
}

/// Whether it came back while the period lasted in which it was given.
fn came_back<'a>(given: &Given<'_>, period: Period, clock: &impl Fn(Timestamp) -> CapClock<'a>) -> bool {
    given.back.is_some_and(|back| given.at >= clock(back).start_of(period))
}

/// No cap was exceeded at any moment: at each lead that was given, what was given in the period before it and had not come
/// back by then is within the limit.
fn caps<'a>(
    config: &Checked,
    assignee: &AssigneeId,
    given: &[Given<'_>],
    clock: &impl Fn(Timestamp) -> CapClock<'a>,
    wrong: &mut Vec<String>,
) {
    let own = config.assignee(assignee).into_iter().flat_map(|assignee| assignee.caps.iter().map(|cap| (None, cap)));
    let members = config.config().pools.iter().flat_map(|pool| pool.members.iter().map(move |member| (pool, member)));
    let of_pools = members
        .filter(|(_, member)| member.member.assignee() == Some(assignee))
        .flat_map(|(pool, member)| member.caps.iter().map(move |cap| (Some(&pool.id), cap)));
    for (pool, cap) in own.chain(of_pools) {
        let of_pool: Vec<&Given<'_>> = given.iter().filter(|given| pool.is_none() || given.pool == pool).collect();
        // By moments: leads of one commit have the same.
        let moments: BTreeSet<Timestamp> = of_pool.iter().map(|given| given.at).collect();
        for moment in moments {
            let start = clock(moment).start_of(cap.period);
            let within = of_pool.iter().filter(|given| given.at >= start && given.at <= moment);
            let leads = within.filter(|given| given.back.is_none_or(|back| back > moment)).count();
            if leads > usize::try_from(cap.limit).unwrap_or(usize::MAX) {
                let of = pool.map(|pool| format!(" from {pool}")).unwrap_or_default();
                let (period, limit) = (cap.period.name(), cap.limit);
                wrong.push(format!(
                    "{assignee} had {leads} leads{of} in one {period} at {moment}, and the cap is {limit}"
                ));
                break;
            }
        }
    }
}
