//! Backfills: every lead of the filter is told once and at the rate that was asked for, whatever ends, comes twice or changes.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use evaluate::Evaluate;
use evaluate::point::{Point, Points};
use futures_util::FutureExt as _;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::assignment::Standing;
use leadyard_domain::backfill::{Backfill, BackfillState, Counts, Filter};
use leadyard_domain::decision::State;
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_domain::id::{AccountName, BackfillId, DeliveryId, LeadId};
use leadyard_domain::lead::{LastEvent, Lead};
use leadyard_domain::message::{DeliveryMessage, LeadsMessage};
use leadyard_domain::sync::Stamp;
use leadyard_store::{BackfillSlot, Commit, LeadWrite, RulesCache, Settled};
use serde_json::{Value, json};

use crate::setting::{Setting, account, at, hand_over, received, record};

fn config() -> Value {
    let channel = json!({ "webhook": { "url": "https://other.example" } });
    json!({
        "fields": [{ "name": "size", "type": "number" }],
        "sources": [{ "id": "web", "format": "json" }],
        "destinations": [{ "id": "other", "channel": channel }],
        "automations": [{
            "id": "tell", "state": "paused", "on": ["lead_created", "lead_updated"], "push": "other", "peer": "other",
            "when": { "field": "size", "op": "gt", "value": 0 },
        }],
    })
}

/// Leads that are told, and those that are passed over: of thirteen one is too small, one came from the other account, one was
/// erased, and one is of another type.
fn lead(number: usize) -> Lead {
    let created_at = at("2026-07-18T00:00:00Z") + SignedDuration::from_secs(i64::try_from(number).unwrap() * 7);
    let event = received(number, json!({}), created_at).event;
    let field = |name: &str, value: FieldValue| (FieldName::new(name).unwrap(), value);
    let size = FieldValue::Number { number: u32::from(number % 13 != 1).into() };
    let mut lead = Lead {
        id: LeadId::from_event(&event),
        account: account(),
        entity: if number % 13 == 4 { "deal" } else { "lead" }.parse().unwrap(),
        version: 1,
        source: "web".parse().unwrap(),
        fields: [field("email", FieldValue::Text(format!("lead{number}@example.com"))), field("size", size)].into(),
        extra: BTreeMap::new(),
        owner: None,
        standing: Standing::Unassigned { attempt: 0 },
        holdings: Vec::new(),
        first_assigned_at: None,
        first_contact_at: None,
        duplicate_count: 0,
        activities: 0,
        edited: BTreeMap::new(),
        last_event: LastEvent { event, at: created_at, body_hash: None },
        sync: Default::default(),
        own_deliveries: Vec::new(),
        created_at,
        updated_at: created_at,
        erased_at: None,
    };
    match number % 13 {
        2 => {
            let there = Stamp::of_sender(&AccountName::new("other").unwrap(), created_at);
            lead.sync.stamps = lead.fields.keys().map(|name| (name.clone(), there.clone())).collect();
        }
        3 => (lead.fields, lead.erased_at) = (BTreeMap::new(), Some(created_at)),
        _ => {}
    }
    lead
}

fn is_told(number: usize) -> bool {
    !(1..=4).contains(&(number % 13))
}

/// So many leads in the table.
async fn filled(config: &Value, leads: usize) -> Setting {
    let setting = Setting::start(config).await;
    let numbers: Vec<usize> = (0..leads).collect();
    let commits = numbers.chunks(100).map(|numbers| {
        let settled = numbers.iter().map(|number| Settled {
            record: None,
            lead: Some(LeadWrite { lead: lead(*number), previous: None, keys: Vec::new() }),
            assignments: Vec::new(),
            seen: None,
            activity: None,
        });
        let (before, after, settled) = (State::default(), State::default(), settled.collect());
        Commit { account: account(), now: setting.now(), log_days: 30, had_days: 0, settled, before, after }
    });
    for several in commits.collect::<Vec<_>>().chunks(4) {
        try_join_all(several.iter().map(|commit| setting.table.store.commit(commit))).await.unwrap();
    }
    setting
}

/// A backfill of all of them, as the API leaves it.
async fn begun(setting: &Setting, per_minute: u32) -> BackfillId {
    let rules = RulesCache::new(setting.table.store.clone()).get(&account(), setting.now()).await.unwrap().unwrap();
    let checked = rules.rules.automation(&"tell".parse().unwrap()).unwrap();
    let (from, until) = (at("2026-07-01T00:00:00Z"), at("2026-07-22T00:00:00Z"));
    let filter = Filter { entity: "lead".parse().unwrap(), from, until, when: true, source: None };
    let backfill = Backfill::new(account(), checked, filter, per_minute, "ops", setting.now());
    setting.table.store.create_backfill(&backfill, &BackfillSlot::default()).await.unwrap();
    backfill.id
}

fn step(id: &BackfillId, from: u64) -> LeadsMessage {
    LeadsMessage::Backfill { account: account(), backfill: id.clone(), from }
}

async fn read(setting: &Setting, id: &BackfillId) -> Backfill {
    setting.table.store.backfill(&account(), id).await.unwrap().unwrap()
}

/// Changes a backfill as the API does when a person asks for it.
async fn change(setting: &Setting, id: &BackfillId, change: impl FnOnce(&mut Backfill) -> bool) -> Backfill {
    let mut backfill = read(setting, id).await;
    assert!(change(&mut backfill));
    setting.table.store.change_backfill(&backfill, None, 30, setting.now()).await.unwrap();
    backfill
}

/// A process that ends each time that one of its points was reached so often.
fn ending(at: &[(Point, usize)]) -> (Points, Arc<Mutex<BTreeMap<Point, usize>>>) {
    let (at, reached) = (at.to_vec(), Arc::new(Mutex::new(BTreeMap::new())));
    let counter = Arc::clone(&reached);
    let points = Points::calling(move |point| {
        let nth = {
            let mut reached = counter.lock().unwrap();
            let nth = reached.entry(point).or_insert(0);
            *nth += 1;
            *nth - 1
        };
        if at.contains(&(point, nth)) {
            std::panic::resume_unwind(Box::new("the process ends here"));
        }
    });
    (points, reached)
}

/// The queues around the function, and time that passes: a message is handed out when its delay is over, and again half a minute
/// after a process ended over it.
struct Line<'a> {
    setting: &'a Setting,
    evaluate: Evaluate,
    waiting: Vec<(Timestamp, LeadsMessage)>,
    taken: usize,
    asked: usize,
    /// The deliveries that were claimed, and when each was sent.
    sent: BTreeMap<DeliveryId, Timestamp>,
    /// How often the process ended.
    ended: usize,
}

impl<'a> Line<'a> {
    fn new(setting: &'a Setting, points: Points) -> Self {
        let evaluate = setting.evaluate_with(setting.table.store.clone(), points);
        Self {
            setting,
            evaluate,
            waiting: Vec::new(),
            taken: setting.leads.entries().len(),
            asked: setting.webhook.entries().len(),
            sent: BTreeMap::new(),
            ended: 0,
        }
    }

    fn add(&mut self, message: LeadsMessage) {
        self.waiting.push((self.setting.now(), message));
    }

    /// Hands out the message that is due next; `false` when there is none.
    async fn next(&mut self) -> bool {
        self.waiting.sort_by_key(|(due, _)| *due);
        if self.waiting.is_empty() {
            return false;
        }
        let (due, message) = self.waiting.remove(0);
        self.setting.set_now(due.max(self.setting.now()));
        let now = self.setting.now();
        let batch = vec![record("m".to_owned(), message.clone())];
        let handled = AssertUnwindSafe(self.evaluate.handle(batch)).catch_unwind().await;
        let done = handled.is_ok_and(|results| {
            results.iter().all(|result| matches!(result, leadyard_runtime::RecordResult::Done { .. }))
        });
        if !done {
            self.ended += 1;
            self.waiting.push((now + SignedDuration::from_secs(30), message));
        }
        let entries = self.setting.leads.entries();
        for entry in &entries[self.taken..] {
            let delay = SignedDuration::from_secs(entry["DelaySeconds"].as_i64().unwrap_or_default());
            let sent = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
            self.waiting.push((now + delay, sent));
        }
        self.taken = entries.len();
        let asked: Vec<DeliveryMessage> = self.setting.webhook.sent_after(self.asked);
        self.asked += asked.len();
        for message in asked {
            // One that was claimed is not sent again.
            self.sent.entry(message.delivery).or_insert(now);
        }
        true
    }

    async fn until_quiet(&mut self) {
        while self.next().await {}
    }

    /// Holds that no minute had more than the rate, beside what two steps may keep, and that it took as long as it has to.
    fn hold_rate(&self, backfill: &Backfill) {
        let mut moments: Vec<Timestamp> = self.sent.values().copied().collect();
        moments.sort_unstable();
        let most = u64::from(backfill.per_minute) * (60 + 2 * u64::from(backfill.interval_s())) / 60;
        for (first, from) in moments.iter().enumerate() {
            let until = *from + SignedDuration::from_secs(60);
            let within = moments[first..].partition_point(|moment| *moment < until);
            assert!(u64::try_from(within).unwrap() <= most, "{within} in the minute from {from}");
        }
        let last = moments.last().unwrap().duration_since(backfill.started_at).as_millis();
        let all = i128::try_from(moments.len()).unwrap();
        assert!(all * 60_000 <= last * i128::from(backfill.per_minute), "{all} in {last} ms");
    }
}

fn told(leads: usize) -> BTreeSet<DeliveryId> {
    let destination = "other".parse().unwrap();
    let told = (0..leads).filter(|number| is_told(*number));
    told.map(|number| DeliveryId::of_push(&lead(number).id, 1, &destination)).collect()
}

/// What is on record of so many leads in the end.
fn counted(leads: usize) -> Counts {
    let of = |rest: usize| u64::try_from((0..leads).filter(|number| number % 13 == rest).count()).unwrap();
    Counts {
        seen: u64::try_from(leads).unwrap(),
        told: u64::try_from(told(leads).len()).unwrap(),
        unmet: of(1),
        known: of(2),
        erased: of(3),
        other: of(4),
        empty: 0,
    }
}

#[tokio::test]
async fn twenty_thousand_leads_are_told_once_each_at_the_rate_however_often_it_is_interrupted() {
    const LEADS: usize = 20_000;
    let setting = filled(&config(), LEADS).await;
    let id = begun(&setting, 6_000).await;
    // A step sends to two queues: once between the two, once after both, once when all is on record.
    let (points, _) = ending(&[(Point::AfterSend, 60), (Point::BeforeCommit, 71), (Point::AfterCommit, 100)]);
    let mut line = Line::new(&setting, points);
    line.add(step(&id, 0));
    line.until_quiet().await;
    assert_eq!(line.ended, 3);
    let done = read(&setting, &id).await;
    assert_eq!((done.state, done.counts, done.finished_at), (BackfillState::Done, counted(LEADS), Some(setting.now())));
    let sent: BTreeSet<DeliveryId> = line.sent.keys().cloned().collect();
    assert!(sent == told(LEADS), "{} of {}", sent.len(), told(LEADS).len());
    // The steps that broke off asked for theirs twice: who claims them sends them once.
    assert!(line.asked > sent.len() && line.asked <= sent.len() + 3 * 100, "{} for {}", line.asked, sent.len());
    line.hold_rate(&done);
    // Nor is it slower than it has to be.
    let took = done.finished_at.unwrap().duration_since(done.started_at).as_secs();
    assert!(took < 60 * i64::try_from(sent.len()).unwrap() / 6_000 + 90, "{took} s");
}

#[tokio::test]
async fn wherever_the_process_ends_each_lead_is_told_once() {
    const LEADS: usize = 40;
    let mut times = BTreeMap::new();
    for point in [Point::BeforeSend, Point::AfterSend, Point::BeforeCommit, Point::AfterCommit] {
        for nth in 0.. {
            let setting = filled(&config(), LEADS).await;
            let id = begun(&setting, 60).await;
            let (points, reached) = ending(&[(point, nth)]);
            let mut line = Line::new(&setting, points);
            line.add(step(&id, 0));
            line.until_quiet().await;
            let done = read(&setting, &id).await;
            let said = format!("ended at {point:?}, the {nth}th time");
            assert_eq!((done.state, done.counts), (BackfillState::Done, counted(LEADS)), "{said}");
            assert_eq!(line.sent.keys().cloned().collect::<BTreeSet<_>>(), told(LEADS), "{said}");
            line.hold_rate(&done);
            if reached.lock().unwrap().get(&point).is_none_or(|reached| *reached <= nth) {
                break;
            }
            *times.entry(point).or_insert(0) += 1;
        }
    }
    assert!(times.len() == 4 && times.values().all(|times| *times >= 4), "{times:?}");
}

#[tokio::test]
async fn a_message_that_comes_twice_and_two_at_once_take_a_step_once() {
    let setting = Arc::new(filled(&config(), 200).await);
    let id = begun(&setting, 300).await;
    setting.set_now(at("2026-07-21T10:00:10Z"));
    let walks = (0..4).map(|_| {
        let (setting, message) = (Arc::clone(&setting), step(&id, 0));
        tokio::spawn(async move {
            hand_over(&setting.evaluate(), vec![vec![record("m".to_owned(), message)]]).await;
        })
    });
    for walk in walks.collect::<Vec<_>>() {
        walk.await.unwrap();
    }
    let once = read(&setting, &id).await;
    assert_eq!((once.step, once.counts.told), (1, 50));
    let mut line = Line::new(&setting, Points::default());
    line.add(step(&id, 0));
    line.add(step(&id, 1));
    line.until_quiet().await;
    assert_eq!(read(&setting, &id).await.counts, counted(200));
}

#[tokio::test]
async fn one_that_is_paused_goes_on_where_it_was_and_one_that_is_cancelled_does_not() {
    let setting = filled(&config(), 500).await;
    let id = begun(&setting, 300).await;
    let mut line = Line::new(&setting, Points::default());
    line.add(step(&id, 0));
    // The first one has nothing to spend.
    for _ in 0..3 {
        assert!(line.next().await);
    }
    assert_eq!((read(&setting, &id).await.counts.told, line.sent.len()), (100, 100));
    change(&setting, &id, Backfill::pause).await;
    line.until_quiet().await;
    let paused = read(&setting, &id).await;
    assert_eq!((paused.state, paused.step, line.sent.len()), (BackfillState::Paused, 3, 100));
    // However long it was paused, nothing is made up for.
    setting.set_now(at("2026-07-22T10:00:00Z"));
    let resumed = change(&setting, &id, Backfill::resume).await;
    line.add(step(&id, resumed.step + 1));
    assert!(line.next().await);
    assert_eq!(line.sent.len(), 200);
    change(&setting, &id, |backfill| backfill.cancel(at("2026-07-22T10:00:05Z"))).await;
    line.until_quiet().await;
    let over = read(&setting, &id).await;
    assert_eq!((over.state, over.counts.told, line.sent.len()), (BackfillState::Cancelled, 200, 200));
    // In the order in which they came, without a gap.
    let first: BTreeSet<DeliveryId> = told(usize::try_from(over.counts.seen).unwrap());
    assert_eq!(line.sent.keys().cloned().collect::<BTreeSet<_>>(), first);
}

// The table's answers need a thread while the step waits for the person.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_paused_within_a_step_keeps_what_the_step_told() {
    let setting = filled(&config(), 200).await;
    let id = begun(&setting, 300).await;
    // A person is faster than the step's record.
    let (store, paused, named) = (setting.table.store.clone(), Arc::new(AtomicUsize::new(0)), id.clone());
    let points = Points::calling(move |point| {
        if point == Point::BeforeCommit && paused.fetch_add(1, Ordering::SeqCst) == 1 {
            let (store, id) = (store.clone(), named.clone());
            let pause = async move {
                let mut backfill = store.backfill(&account(), &id).await.unwrap().unwrap();
                assert!(backfill.pause());
                store.change_backfill(&backfill, None, 30, backfill.started_at).await.unwrap();
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            std::thread::spawn(move || runtime.block_on(pause)).join().unwrap();
        }
    });
    let mut line = Line::new(&setting, points);
    line.add(step(&id, 0));
    line.until_quiet().await;
    let stopped = read(&setting, &id).await;
    assert_eq!((stopped.state, stopped.step, stopped.counts.told), (BackfillState::Paused, 2, 50));
    let resumed = change(&setting, &id, Backfill::resume).await;
    line.add(step(&id, resumed.step + 1));
    line.until_quiet().await;
    let done = read(&setting, &id).await;
    assert_eq!((done.state, done.counts), (BackfillState::Done, counted(200)));
    assert_eq!((line.asked, line.sent.keys().cloned().collect::<BTreeSet<_>>()), (told(200).len(), told(200)));
}

#[tokio::test]
async fn what_its_automation_needs_stops_it_when_it_is_gone_and_back_again_it_goes_on() {
    let setting = filled(&config(), 100).await;
    let id = begun(&setting, 300).await;
    let mut line = Line::new(&setting, Points::default());
    line.add(step(&id, 0));
    for _ in 0..2 {
        assert!(line.next().await);
    }
    let without = json!({ "fields": [{ "name": "size", "type": "number" }] });
    let mut draft = config();
    draft["automations"][0]["state"] = json!("draft");
    let mut disabled = config();
    disabled["destinations"][0]["enabled"] = json!(false);
    for (config, says) in
        [(without, "'tell' is not in the config in force"), (draft, "is a draft"), (disabled, "'other' is disabled")]
    {
        setting.publish(&config).await;
        // Every process has seen it by then.
        setting.set_now(setting.now() + SignedDuration::from_secs(10));
        line.until_quiet().await;
        let failed = read(&setting, &id).await;
        assert_eq!((failed.state, failed.counts.told, line.sent.len()), (BackfillState::Failed, 50, 50));
        let why = failed.reason.unwrap();
        assert!(why.contains(says) && why.ends_with("and resume the backfill"), "{why}");
        let resumed = change(&setting, &id, Backfill::resume).await;
        line.add(step(&id, resumed.step + 1));
    }
    let mut published = config();
    published["automations"][0]["state"] = json!("published");
    setting.publish(&published).await;
    setting.set_now(setting.now() + SignedDuration::from_secs(10));
    line.until_quiet().await;
    let done = read(&setting, &id).await;
    assert_eq!((done.state, done.reason, done.counts), (BackfillState::Done, None, counted(100)));
    assert_eq!(line.sent.len(), told(100).len());
}

#[tokio::test]
async fn where_few_leads_fit_a_step_looks_at_more_than_it_tells() {
    // Nothing fits in the first leads: a step looks at more of them than it may tell.
    let setting = filled(&config(), 300).await;
    let id = begun(&setting, 6).await;
    change(&setting, &id, |backfill| {
        backfill.filter.source = Some("fair".parse().unwrap());
        true
    })
    .await;
    let mut line = Line::new(&setting, Points::default());
    line.add(step(&id, 0));
    assert!(line.next().await && line.next().await);
    let done = read(&setting, &id).await;
    assert_eq!((done.state, done.step, done.counts.other), (BackfillState::Done, 2, 300));
    assert_eq!(line.sent.len(), 0);
}
