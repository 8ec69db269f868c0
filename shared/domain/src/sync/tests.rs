//! Accounts that tell each other of every change, over a network that reorders, repeats and delays, end with the same leads.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::field::{FieldName, FieldValue};
use crate::id::AccountName;

const FIELDS: [&str; 3] = ["email", "company", "stage"];

fn name(text: &str) -> AccountName {
    AccountName::new(text).unwrap()
}

fn field(text: &str) -> FieldName {
    FieldName::new(text).unwrap()
}

fn second(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

/// One account's one lead.
#[derive(Debug, Clone, Default)]
struct Held {
    version: u64,
    fields: BTreeMap<FieldName, FieldValue>,
    marks: Marks,
}

/// A push on its way.
#[derive(Debug, Clone)]
struct Sent {
    to: usize,
    origin: Origin,
    hops: Vec<AccountName>,
    fields: BTreeMap<FieldName, FieldValue>,
    stamps: BTreeMap<FieldName, Stamp>,
}

struct World {
    accounts: Vec<AccountName>,
    held: Vec<Held>,
    /// Who pushes to whom.
    peers: Vec<Vec<usize>>,
    under_way: Vec<Sent>,
    arrived: usize,
}

impl World {
    fn new(peers: &[&[usize]]) -> Self {
        let accounts = ["a", "b", "c", "d"].into_iter().take(peers.len()).map(name).collect();
        Self {
            accounts,
            held: vec![Held::default(); peers.len()],
            peers: peers.iter().map(|peers| peers.to_vec()).collect(),
            under_way: Vec::new(),
            arrived: 0,
        }
    }

    fn change(&mut self, at: usize, what: &str, value: &str, now: Timestamp) {
        let held = &mut self.held[at];
        let before = held.fields.clone();
        match value {
            // It is taken away.
            "0" => held.fields.remove(&field(what)),
            _ => held.fields.insert(field(what), FieldValue::Text(value.to_owned())),
        };
        held.marks.change(&before, &held.fields, &Stamp::here(&self.accounts[at], now));
        held.version += 1;
        self.tell(at);
    }

    /// Pushes to everybody who has not heard of it by the same way.
    fn tell(&mut self, from: usize) {
        let held = &self.held[from];
        let hops: Vec<AccountName> = held.marks.hops().into_iter().chain([self.accounts[from].clone()]).collect();
        for &to in &self.peers[from] {
            if !held.marks.is_news_to(&self.accounts[to]) {
                continue;
            }
            self.under_way.push(Sent {
                to,
                origin: Origin { account: self.accounts[from].clone(), lead: "l".to_owned(), version: held.version },
                hops: hops.clone(),
                fields: held.fields.clone(),
                stamps: held.marks.stamps.clone(),
            });
        }
    }

    fn arrive(&mut self, sent: &Sent) {
        self.arrived += 1;
        let own = &self.accounts[sent.to];
        let held = &mut self.held[sent.to];
        if arrival(own, &sent.origin, &sent.hops, Some(&held.marks)) != Arrival::New {
            return;
        }
        let Sent { origin, fields, stamps, .. } = sent;
        let there = |name: &FieldName| (name.clone(), fields.get(name).cloned());
        let incoming = Incoming { own, origin, fields: &stamps.keys().map(there).collect(), stamps };
        merge(&mut held.fields, &mut held.marks, &incoming, &Policies::default());
        if !held.marks.news.is_empty() {
            held.version += 1;
            self.tell(sent.to);
        }
    }
}

/// A step of a run: a change somewhere, or the arrival of something that is under way.
#[derive(Debug, Clone)]
enum Step {
    Change { at: usize, field: usize, value: u8, skew_s: i64 },
    Arrive { which: usize, stays: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0usize..4, 0usize..3, any::<u8>(), -30i64..30).prop_map(|(at, field, value, skew_s)| Step::Change {
            at,
            field,
            value: value % 4,
            skew_s
        }),
        // What stays arrives again: the answer was lost.
        (any::<usize>(), prop::bool::weighted(0.3)).prop_map(|(which, stays)| Step::Arrive { which, stays }),
    ]
}

fn run(peers: &[&[usize]], steps: &[Step]) -> World {
    let mut world = World::new(peers);
    let mut changes = 0;
    for (moment, step) in (0i64..).zip(steps) {
        match step {
            Step::Change { at, field, value, skew_s } => {
                changes += 1;
                // Clocks differ: half a minute is much.
                let (at, value) = (at % peers.len(), format!("{value}"));
                world.change(at, FIELDS[*field], &value, second(1_000 + moment + skew_s));
            }
            Step::Arrive { which, stays } if !world.under_way.is_empty() => {
                let index = which % world.under_way.len();
                let sent = if *stays { world.under_way[index].clone() } else { world.under_way.swap_remove(index) };
                world.arrive(&sent);
            }
            Step::Arrive { .. } => {}
        }
    }
    // Then everything arrives in the end, the last first.
    let mut left = 100_000;
    while let Some(sent) = world.under_way.pop() {
        left -= 1;
        assert!(left > 0, "it never gets quiet after {changes} changes");
        world.arrive(&sent);
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn accounts_that_tell_each_other_hold_the_same_in_the_end(steps in prop::collection::vec(step(), 1..60)) {
        let pair: &[&[usize]] = &[&[1], &[0]];
        let chain: &[&[usize]] = &[&[1], &[0, 2], &[1]];
        let ring: &[&[usize]] = &[&[1], &[2], &[0]];
        let all: &[&[usize]] = &[&[1, 2, 3], &[0, 2, 3], &[0, 1, 3], &[0, 1, 2]];
        for peers in [pair, chain, ring, all] {
            let world = run(peers, &steps);
            for held in &world.held {
                prop_assert_eq!(&held.fields, &world.held[0].fields, "of {} accounts", peers.len());
            }
        }
    }
}

#[test]
fn one_change_is_one_push_between_two() {
    let mut world = World::new(&[&[1], &[0]]);
    for (number, at) in [0, 1, 0].into_iter().enumerate() {
        world.change(at, "company", &format!("n{number}"), second(i64::try_from(number).unwrap()));
        while let Some(sent) = world.under_way.pop() {
            world.arrive(&sent);
        }
    }
    assert_eq!(world.arrived, 3, "three changes, three pushes, and nothing comes back");
}

#[test]
fn a_change_on_top_of_another_is_later_whatever_the_clocks_say() {
    let mut world = World::new(&[&[1], &[0]]);
    world.change(0, "stage", "won", second(1_000));
    let sent = world.under_way.pop().unwrap();
    world.arrive(&sent);
    // Its clock is a quarter of an hour behind.
    world.change(1, "stage", "lost", second(100));
    let sent = world.under_way.pop().unwrap();
    world.arrive(&sent);
    assert_eq!(world.held[0].fields[&field("stage")], FieldValue::Text("lost".to_owned()));
}

#[test]
fn how_a_push_is_met() {
    let origin = |account: &str, version| Origin { account: name(account), lead: "l1".to_owned(), version };
    let link = Link { lead: "l1".to_owned(), version: 5, also: BTreeSet::new() };
    let marks = Marks { links: [(name("b"), link)].into(), ..Marks::default() };
    let own = name("a");
    let far: Vec<AccountName> = (0..=HOPS_MAX).map(|n| name(&format!("h{n}"))).collect();
    let moved = Origin { lead: "l2".to_owned(), ..origin("b", 1) };
    for (origin, hops, known, expected) in [
        (origin("b", 6), vec![name("b")], Some(&marks), Arrival::New),
        (origin("b", 5), vec![name("b")], Some(&marks), Arrival::New),
        (origin("b", 4), vec![name("b")], Some(&marks), Arrival::Overtaken),
        (origin("b", 1), vec![name("b")], None, Arrival::New),
        // Another lead of theirs that meets the same one of ours counts its own versions.
        (moved, vec![name("b")], Some(&marks), Arrival::New),
        (origin("b", 9), vec![name("c"), name("a"), name("b")], Some(&marks), Arrival::Echo),
        (origin("a", 9), vec![], None, Arrival::Echo),
        (origin("b", 9), far, None, Arrival::TooFar),
    ] {
        assert_eq!(arrival(&own, &origin, &hops, known), expected, "{origin:?} {hops:?}");
    }
}

#[test]
fn whose_value_a_field_keeps() {
    let stamp = |at, by: &str| Stamp { at: second(at), by: name(by), via: Vec::new() };
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let one = field("company");
    let origin = Origin { account: name("b"), lead: "l".to_owned(), version: 1 };
    for (policy, own, own_stamp, their_stamp, expected) in [
        (Policy::Newest, Some("old"), Some(stamp(1, "a")), Some(stamp(2, "b")), "theirs"),
        (Policy::Newest, Some("new"), Some(stamp(2, "a")), Some(stamp(1, "b")), "new"),
        (Policy::Newest, Some("tie"), Some(stamp(1, "a")), Some(stamp(1, "b")), "theirs"),
        (Policy::Newest, Some("tie"), Some(stamp(1, "c")), Some(stamp(1, "b")), "tie"),
        (Policy::Newest, Some("old"), None, None, "theirs"),
        (Policy::Newest, Some("counted"), Some(stamp(1, "a")), None, "counted"),
        (Policy::Newest, None, None, None, "theirs"),
        (Policy::Ours, Some("ours"), Some(stamp(1, "a")), Some(stamp(9, "b")), "ours"),
        (Policy::Ours, None, None, Some(stamp(9, "b")), "theirs"),
        (Policy::Theirs, Some("newer"), Some(stamp(9, "a")), Some(stamp(1, "b")), "theirs"),
    ] {
        let mut fields: BTreeMap<FieldName, FieldValue> = own.map(|own| (one.clone(), text(own))).into_iter().collect();
        let mut marks = Marks { stamps: own_stamp.map(|s| (one.clone(), s)).into_iter().collect(), ..Marks::default() };
        let incoming = Incoming {
            own: &name("a"),
            origin: &origin,
            fields: &[(one.clone(), Some(text("theirs")))].into(),
            stamps: &their_stamp.map(|stamp| (one.clone(), stamp)).into_iter().collect(),
        };
        let policies = Policies { usual: Policy::Theirs, fields: [(one.clone(), policy)].into() };
        let merged = merge(&mut fields, &mut marks, &incoming, &policies);
        assert_eq!(fields[&one], text(expected), "{policy:?} {own:?}");
        let kept = expected != "theirs";
        assert_eq!((merged.changed.is_empty(), merged.kept.is_empty()), (kept, !kept), "{policy:?} {own:?}");
    }
}
