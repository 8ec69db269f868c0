//! Putting decisions onto a lead and taking them back.

use jiff::SignedDuration;
use rust_decimal::Decimal;

use super::*;
use crate::config::Period;
use crate::config::document::{Syntax, parse};
use crate::field::{FieldName, FieldValue};
use crate::id::{AssigneeId, DestinationId, PoolId, QueueId, RuleId};
use crate::rotation::{Candidate, Member, PoolState};
use crate::service_level::{Due, Timer, Timers};
use crate::testing;
use crate::trace::Trace;

const CONFIG: &str = r"
account: { value_field: worth }
fields: [{ name: worth, type: number }]
assignees: [{ id: anna, name: A }, { id: bo, name: B }, { id: east, name: E, timezone: Asia/Tokyo }]
pools: [{ id: p, members: [anna, bo, east] }]
";

fn config() -> Checked {
    parse(CONFIG, Syntax::Yaml).unwrap().check_published().unwrap()
}

fn now() -> Timestamp {
    "2026-07-21T10:00:00Z".parse().unwrap()
}

fn later(hours: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_hours(hours)).unwrap()
}

fn id(text: &str) -> AssigneeId {
    text.parse().unwrap()
}

fn lead(worth: u32) -> Lead {
    let number = FieldValue::Number { number: worth.into() };
    testing::lead([(FieldName::new("worth").unwrap(), number)].into())
}

fn decision(rule: &str, outcome: Outcome) -> Decision {
    let rule = (rule != "default").then(|| RuleId::new(rule).unwrap());
    Decision { rule, outcome, trace: Trace::default(), timers: None, blocked: false }
}

fn assigned(who: &str, picks: Vec<PoolPick>) -> Outcome {
    let destinations = vec![DestinationId::new("crm").unwrap()];
    let pool = picks.first().map(|pick| pick.pool.clone());
    Outcome::Assigned { assignee: id(who), pool, picks, destinations, price: None }
}

fn parked() -> Outcome {
    Outcome::Parked { line: "pool:p".into(), reason: "why".into(), group: "x/r".into(), until: Some(later(1)) }
}

fn queued() -> Outcome {
    Outcome::Queued { queue: QueueId::new("q").unwrap() }
}

fn put(lead: &mut Lead, decisions: Vec<Decision>, at: Timestamp) -> Vec<Assignment> {
    settle(lead, decisions, None, &Cause::Drained, (&config(), 7), at)
}

/// What a decision moves: a pick from the pool, the counters, and what is open.
fn pick(state: &mut State, who: &str, worth: u32, at: Timestamp) -> Vec<PoolPick> {
    let checked = config();
    let pool = PoolId::new("p").unwrap();
    let members = ["anna", "bo", "east"].map(|name| Member::Assignee(id(name)));
    let rotation = state.pool_mut(&pool);
    rotation.seat(members.iter());
    let seat = members.iter().position(|member| member.assignee() == Some(&id(who))).unwrap();
    let pick = rotation.pick(&[Candidate { seat, weight: crate::config::Weight::ONE }], checked.today(at)).unwrap();
    let counters = state.counters_mut(&id(who));
    counters.add(Some(&pool), checked.cap_clock(checked.assignee(&id(who)).unwrap(), at));
    counters.open.add(worth.into());
    vec![PoolPick { pool, pick }]
}

fn ending(how: Ending, at: Timestamp) -> End {
    End { how, at, reason: Some("no budget".into()), by: Some("key".into()), refunds: Vec::new() }
}

fn given(state: &State, who: &str, period: Period, at: Timestamp) -> [u32; 2] {
    let checked = config();
    let clock = checked.assignee(&id(who)).map_or(checked.account_clock(at), |who| checked.cap_clock(who, at));
    let counters = state.counters_of(&id(who));
    [None, Some(&PoolId::new("p").unwrap())].map(|pool| counters.given(period, pool, clock))
}

#[test]
fn decisions_are_put_down_one_attempt_after_another() {
    let mut lead = lead(40);
    let timers = Timers { steps: vec![Timer { at: later(1), action: Due::Remind }], done: 0, notices: Vec::new() };
    let first = Decision { timers: Some(timers.clone()), ..decision("one", assigned("anna", Vec::new())) };
    let decisions = vec![decision("zero", Outcome::Nothing), first, decision("default", assigned("bo", Vec::new()))];
    let assignments = put(&mut lead, decisions, now());
    let told: Vec<_> = assignments.iter().map(|put| (put.attempt, put.rule.as_ref().map(RuleId::as_str))).collect();
    assert_eq!(told, [(1, Some("zero")), (2, Some("one")), (3, None)]);
    assert!(assignments.iter().all(|put| put.config_version == 7 && put.decided_at == now() && put.lead == lead.id));
    assert_eq!((lead.owner.as_ref(), lead.first_assigned_at), (Some(&id("anna")), Some(now())));
    let held: Vec<_> = lead.held().map(|holding| (holding.attempt, holding.assignee.as_str(), holding.open)).collect();
    assert_eq!(held, [(2, "anna", true), (3, "bo", true)]);
    assert_eq!(lead.holdings[0].rule.as_ref().map(RuleId::as_str), Some("one"));
    assert_eq!((lead.holdings[0].value, &lead.holdings[0].timers), (Decimal::from(40), &Some(timers)));
    let crm = DestinationId::new("crm").unwrap();
    let deliveries = vec![DeliveryId::of(&lead.id, 2, &crm), DeliveryId::of(&lead.id, 3, &crm)];
    assert_eq!(lead.standing, Standing::Assigned { attempt: 3, deliveries, at: now() });
}

#[test]
fn no_decision_changes_nothing() {
    let mut new = lead(1);
    assert_eq!(put(&mut new, Vec::new(), now()), []);
    assert_eq!(new, lead(1));
}

#[test]
fn where_a_lead_stands_after_what() {
    let mut lead = lead(1);
    put(&mut lead, vec![decision("r", parked())], now());
    let since = |lead: &Lead| match &lead.standing {
        Standing::Parked { since, attempt, until, .. } => {
            assert_eq!(*until, Some(later(1)));
            ("parked", *attempt, *since)
        }
        Standing::Queued { since, attempt, .. } => ("queued", *attempt, *since),
        Standing::Assigned { at, attempt, .. } => ("assigned", *attempt, *at),
        Standing::Unassigned { attempt } => ("unassigned", *attempt, now()),
    };
    assert_eq!(since(&lead), ("parked", 1, now()));
    assert_eq!((&lead.owner, lead.first_assigned_at), (&None, None));
    // Whoever waits keeps the place, in whatever line.
    put(&mut lead, vec![decision("r", parked())], later(1));
    assert_eq!(since(&lead), ("parked", 2, now()));
    put(&mut lead, vec![decision("r", queued())], later(2));
    assert_eq!(since(&lead), ("queued", 3, now()));
    // Of several lines the first; one who has it ends the waiting.
    put(&mut lead, vec![decision("r", parked()), decision("s", queued())], later(3));
    assert_eq!(since(&lead), ("parked", 5, now()));
    put(&mut lead, vec![decision("r", queued()), decision("s", assigned("bo", Vec::new()))], later(4));
    assert_eq!(since(&lead), ("assigned", 7, later(4)));
    // Nobody new while Bo has it: it stands as it stood.
    put(&mut lead, vec![decision("r", Outcome::Nothing)], later(5));
    assert_eq!(since(&lead), ("assigned", 8, later(4)));
    end(&mut lead, 7, ending(Ending::Returned, later(6)), &[], &config(), &mut State::default());
    put(&mut lead, vec![decision("r", parked())], later(6));
    assert_eq!(since(&lead), ("parked", 9, later(6)), "it begins to wait anew");
    put(&mut lead, vec![decision("r", Outcome::Nothing)], later(7));
    assert_eq!(since(&lead).0, "unassigned");
    assert_eq!(lead.first_assigned_at, Some(later(4)), "the first time stays");
}

#[test]
fn deliveries_of_those_who_still_have_it_are_kept() {
    let mut lead = lead(1);
    put(&mut lead, vec![decision("a", assigned("anna", Vec::new())), decision("b", assigned("bo", Vec::new()))], now());
    end(&mut lead, 1, ending(Ending::Rejected, later(1)), &[], &config(), &mut State::default());
    assert_eq!(lead.owner, Some(id("bo")), "the next who has it");
    put(&mut lead, vec![decision("a", assigned("east", Vec::new()))], later(1));
    assert_eq!(lead.owner, Some(id("bo")));
    let Standing::Assigned { deliveries, attempt, .. } = &lead.standing else { panic!("not assigned") };
    assert_eq!((*attempt, deliveries.iter().map(DeliveryId::attempt).collect::<Vec<_>>()), (3, vec![Some(2), Some(3)]));
}

#[test]
fn what_comes_back_is_taken_back_by_how_it_ended() {
    for (how, refunded) in [
        (Ending::Rejected, true),
        (Ending::Returned, true),
        (Ending::Overdue, true),
        (Ending::Reassigned, true),
        (Ending::Superseded, false),
    ] {
        let (mut lead, mut state) = (lead(40), State::default());
        let picks = pick(&mut state, "anna", 40, now());
        put(&mut lead, vec![decision("r", assigned("anna", picks.clone()))], now());
        assert!(end(&mut lead, 1, ending(how, later(1)), &picks, &config(), &mut state), "{how:?}");
        let counters = &state.counters[&id("anna")];
        assert_eq!((counters.open.leads, counters.open.value), (0, Decimal::ZERO), "{how:?}");
        let left = u32::from(!refunded);
        assert_eq!(given(&state, "anna", Period::Lifetime, later(1)), [left, left], "{how:?}");
        let seat = state.pools[&picks[0].pool].member(&Member::Assignee(id("anna"))).cloned().unwrap();
        assert_eq!((seat.credit, seat.assigned), (0, u64::from(left)), "{how:?}");
        let ended = lead.holdings[0].ended.clone().unwrap();
        let wanted = refunded.then(|| Refund { pool: picks[0].pool.clone(), turn: 2 });
        assert_eq!(ended.refunds, wanted.into_iter().collect::<Vec<_>>(), "{how:?}");
        assert_eq!((ended.reason.as_deref(), ended.by.as_deref()), (Some("no budget"), Some("key")));
        assert_eq!((lead.owner.as_ref(), lead.holdings[0].open), (None, false));

        // A second time nothing happens.
        let (lead_before, state_before) = (lead.clone(), state.clone());
        assert!(!end(&mut lead, 1, ending(Ending::Returned, later(2)), &picks, &config(), &mut state));
        assert!(!end(&mut lead, 2, ending(Ending::Returned, later(2)), &picks, &config(), &mut state));
        assert_eq!((lead, state), (lead_before, state_before));
    }
}

#[test]
fn a_lead_is_off_the_periods_that_still_hold_it() {
    // 10:00 UTC is 19:00 in Tokyo: six hours later it is the next day there, and still today in UTC.
    for (who, left) in [("anna", 0), ("east", 1)] {
        let (mut lead, mut state) = (lead(1), State::default());
        let picks = pick(&mut state, who, 1, now());
        put(&mut lead, vec![decision("r", assigned(who, picks.clone()))], now());
        pick(&mut state, who, 1, later(6));
        end(&mut lead, 1, ending(Ending::Returned, later(7)), &picks, &config(), &mut state);
        let in_day = if who == "anna" { 1 } else { left };
        assert_eq!(given(&state, who, Period::Day, later(7)), [in_day, in_day], "{who}");
        assert_eq!(given(&state, who, Period::Lifetime, later(7)), [1, 1], "{who}");
        assert_eq!(state.counters[&id(who)].open.leads, 1, "the other lead is open");
    }
}

#[test]
fn one_who_has_left_the_config_and_a_pool_without_state_are_taken_back_all_the_same() {
    let (mut lead, mut state) = (lead(5), State::default());
    let picks = pick(&mut state, "anna", 5, now());
    put(&mut lead, vec![decision("r", assigned("anna", picks.clone()))], now());
    state.pools.clear();
    let without = parse("{}", Syntax::Yaml).unwrap().check_published().unwrap();
    assert!(end(&mut lead, 1, ending(Ending::Rejected, later(1)), &picks, &without, &mut state));
    assert_eq!(state.counters[&id("anna")].open.leads, 0);
    assert_eq!(given(&state, "anna", Period::Day, later(1)), [0, 0]);
    let PoolState { seats, turns, .. } = &state.pools[&picks[0].pool];
    assert_eq!((seats.iter().map(|seat| seat.credit).sum::<i64>(), *turns), (0, 1));
}

#[test]
fn the_stage_says_what_is_open() {
    let checked = config();
    let (mut lead, mut state) = (lead(40), State::default());
    let picks = pick(&mut state, "anna", 40, now());
    put(&mut lead, vec![decision("r", assigned("anna", picks.clone()))], now());
    let to = |lead: &mut Lead, state: &mut State, stage: &str, worth: u32| {
        lead.fields.insert(FieldName::new("stage").unwrap(), FieldValue::Text(stage.into()));
        lead.fields.insert(FieldName::new("worth").unwrap(), FieldValue::Number { number: worth.into() });
        follow_stage(lead, &checked, state)
    };
    let open = |state: &State| (state.counters[&id("anna")].open.leads, state.counters[&id("anna")].open.value);
    assert!(!to(&mut lead, &mut state, "negotiating", 90));
    assert_eq!(open(&state), (1, 40.into()), "what it was worth when it was given");
    assert!(to(&mut lead, &mut state, " Won", 90), "a capacity is free");
    assert_eq!(open(&state), (0, 0.into()));
    assert!(!to(&mut lead, &mut state, "lost", 90), "it was closed before");
    assert!(!to(&mut lead, &mut state, "negotiating", 90), "opened again, nothing is freed");
    assert_eq!(open(&state), (1, 40.into()));
    // Given when closed, it is not open; ended when closed, nothing is taken twice.
    to(&mut lead, &mut state, "closed", 90);
    end(&mut lead, 1, ending(Ending::Returned, later(1)), &picks, &checked, &mut state);
    assert_eq!(open(&state), (0, 0.into()));
    assert!(!to(&mut lead, &mut state, "negotiating", 90), "nobody has it");
    assert_eq!(open(&state), (0, 0.into()));
    to(&mut lead, &mut state, "won", 90);
    put(&mut lead, vec![decision("r", assigned("bo", Vec::new()))], later(2));
    assert!(!lead.holdings[1].open);
}

#[test]
fn a_lead_that_is_decided_anew_is_taken_from_all_and_its_owner_is_asked_first() {
    let (mut lead, mut state) = (lead(1), State::default());
    let picks = pick(&mut state, "anna", 1, now());
    let other = pick(&mut state, "bo", 1, now());
    let both = vec![decision("a", assigned("anna", picks)), decision("b", assigned("bo", other))];
    put(&mut lead, both, now());
    supersede(&mut lead, &config(), &mut state, later(1));
    assert_eq!(lead.owner, Some(id("anna")));
    assert_eq!(lead.held().count(), 0);
    assert!(lead.holdings.iter().all(|holding| holding.ended.as_ref().unwrap().how == Ending::Superseded));
    assert!(state.counters.values().all(|counters| counters.open.leads == 0));
    assert_eq!(given(&state, "anna", Period::Lifetime, later(1)), [1, 1], "she had it and was done with it");
    // Nobody gets it now: it is hers no more by any holding, and still by name.
    put(&mut lead, vec![decision("a", parked())], later(1));
    assert!(matches!(lead.standing, Standing::Parked { since, .. } if since == later(1)));
    put(&mut lead, vec![decision("b", assigned("bo", Vec::new()))], later(2));
    assert_eq!(lead.owner, Some(id("bo")));
}

#[test]
fn today_is_the_accounts() {
    let text = "account: { timezone: Pacific/Auckland }";
    let checked = parse(text, Syntax::Yaml).unwrap().check_published().unwrap();
    assert_eq!(checked.today("2026-07-21T12:30:00Z".parse().unwrap()), jiff::civil::date(2026, 7, 22));
}
