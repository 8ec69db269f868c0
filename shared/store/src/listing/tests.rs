use leadyard_domain::event::EventStatus;
use leadyard_domain::id::EventId;

use super::*;
use crate::testing::{account, at, commit, created, event_id, record, store};
use crate::{EventFilter, EventRow, LeadWrite, Settled};

const DAY_S: i64 = 86_400;

/// An event without a lead.
fn event(number: u32, received_s: i64, status: EventStatus) -> Settled {
    let mut record = record(number, status);
    record.received.received_at = at(received_s);
    record.reason = (status == EventStatus::Failed).then(|| "no such field".to_owned());
    Settled { record: Some(record), lead: None, assignments: Vec::new(), seen: None, activity: None }
}

async fn settle(store: &Store, events: impl IntoIterator<Item = Settled>) {
    let events: Vec<Settled> = events.into_iter().collect();
    for batch in events.chunks(crate::ACTIONS_MAX) {
        store.commit(&commit(batch.to_vec())).await.unwrap();
    }
}

fn days(from_s: i64, to_s: i64) -> DayRange {
    let day = |seconds| at(seconds).to_zoned(TimeZone::UTC).date();
    DayRange { from: day(from_s), to: day(to_s) }
}

/// All rows of a list, by pages; also how many pages it took.
async fn walk(store: &Store, days: DayRange, status: Option<EventStatus>, limit: usize) -> (Vec<EventRow>, usize) {
    let (mut rows, mut pages, mut cursor) = (Vec::new(), 0, None::<Cursor>);
    loop {
        let page = store
            .list_events(&account(), days, &EventFilter::with_status(status), limit, cursor.as_ref())
            .await
            .unwrap();
        assert!(page.rows.len() <= limit);
        rows.extend(page.rows);
        pages += 1;
        match page.next {
            Some(next) => cursor = Some(next.to_string().parse().unwrap()),
            None => return (rows, pages),
        }
    }
}

fn ids(rows: &[EventRow]) -> Vec<EventId> {
    rows.iter().map(|row| row.id.clone()).collect()
}

#[tokio::test]
async fn pages_are_newest_first_over_days_and_shards() {
    let store = store().await;
    // Three days, out of order, some at the same moment.
    let (mut events, mut stored) = (Vec::new(), Vec::new());
    for number in 0..60u32 {
        let received_s = i64::from(number * 37 % 60 / 2) * (DAY_S / 10);
        let status = if number % 7 == 0 { EventStatus::Failed } else { EventStatus::Unchanged };
        events.push(event(number, received_s, status));
        stored.push((received_s, event_id(number), status));
    }
    settle(&store, events).await;
    stored.sort_by(|a, b| (b.0, b.1.as_str()).cmp(&(a.0, a.1.as_str())));
    let within = |range: std::ops::Range<i64>, status: Option<EventStatus>| -> Vec<EventId> {
        let fits =
            |row: &&(i64, EventId, EventStatus)| range.contains(&row.0) && status.is_none_or(|status| row.2 == status);
        stored.iter().filter(fits).map(|(_, id, _)| id.clone()).collect()
    };
    for limit in [1, 7, 1_000] {
        let (rows, pages) = walk(&store, days(-DAY_S, 5 * DAY_S), None, limit).await;
        assert_eq!(ids(&rows), within(0..i64::MAX, None), "pages of {limit}");
        assert_eq!(pages, 60 / limit + 1);
        let (rows, _) = walk(&store, days(-DAY_S, 5 * DAY_S), Some(EventStatus::Failed), limit).await;
        assert_eq!(ids(&rows), within(0..i64::MAX, Some(EventStatus::Failed)), "failed, pages of {limit}");
    }
    // The first event came at ten o'clock: the second day begins fourteen hours later.
    let second_day = 14 * 3_600..38 * 3_600;
    assert_eq!(ids(&walk(&store, days(DAY_S, DAY_S), None, 4).await.0), within(second_day, None));
    assert!(walk(&store, days(DAY_S, 0), None, 4).await.0.is_empty());
    let others =
        store.list_events(&"other".parse().unwrap(), days(0, DAY_S), &EventFilter::default(), 4, None).await.unwrap();
    assert!(others.rows.is_empty());
}

#[tokio::test]
async fn a_row_shows_what_a_list_needs() {
    let store = store().await;
    settle(&store, [event(1, 0, EventStatus::Failed)]).await;
    let page = store.list_events(&account(), days(0, 0), &EventFilter::default(), 10, None).await.unwrap();
    let expected = EventRow {
        id: event_id(1),
        received_at: "2026-07-21T10:00:00.123Z".parse().unwrap(),
        source: crate::testing::source(),
        status: EventStatus::Failed,
        reason: Some("no such field".to_owned()),
        lead: None,
        retried: false,
    };
    assert_eq!(page, Page { rows: vec![expected], next: None });
}

#[tokio::test]
async fn events_are_listed_by_source_and_by_what_became_of_them_before_and_after_a_retry() {
    use EventStatus::*;
    let store = store().await;
    let with = |number: u32, source: &str, status, retries| {
        let mut settled = event(number, i64::from(number), status);
        let record = settled.record.as_mut().unwrap();
        record.received.source = source.parse().unwrap();
        record.retries = retries;
        settled
    };
    let other = "other";
    settle(
        &store,
        [
            with(1, "form", Created, 0),
            with(2, "form", Created, 1),
            with(3, "form", Updated, 0),
            with(4, "form", Failed, 0),
            with(5, "form", Failed, 2),
            with(6, other, Created, 0),
            with(7, other, Failed, 1),
        ],
    )
    .await;
    let all: Vec<EventStatus> = EventStatus::ALL.into();
    type Statuses<'a> = &'a [EventStatus];
    let cases: [(Option<&str>, Statuses<'_>, Statuses<'_>, &[u32]); 9] = [
        (None, &all, &all, &[7, 6, 5, 4, 3, 2, 1]),
        (Some(other), &all, &all, &[7, 6]),
        (Some("nobody"), &all, &all, &[]),
        (None, &[Created], &[], &[6, 1]),
        (Some("form"), &[Created], &[], &[1]),
        (Some("form"), &[Updated], &[Created, Updated], &[3, 2]),
        (Some("form"), &[], &[Created, Failed], &[5, 2]),
        (Some("form"), &[Failed, Rejected], &[Failed, Rejected], &[5, 4]),
        (Some("form"), &[], &[], &[]),
    ];
    for (source, at_once, retried, expected) in cases {
        let filter = EventFilter {
            source: source.map(|source| source.parse().unwrap()),
            at_once: at_once.iter().copied().collect(),
            retried: retried.iter().copied().collect(),
        };
        let page = store.list_events(&account(), days(0, 0), &filter, 10, None).await.unwrap();
        let expected: Vec<EventId> = expected.iter().map(|number| event_id(*number)).collect();
        assert_eq!(ids(&page.rows), expected, "{filter:?}");
        let tried_again: Vec<EventId> = page.rows.iter().filter(|row| row.retried).map(|row| row.id.clone()).collect();
        let expected = [2, 5, 7].map(event_id);
        assert!(tried_again.iter().all(|id| expected.contains(id)), "{tried_again:?}");
    }
    let kept = store.event(&account(), &event_id(5)).await.unwrap().unwrap();
    assert_eq!((kept.retries, kept.behaviour), (2, None));
}

/// Months without a row are not read in one go.
#[tokio::test]
async fn a_long_range_ends_early_with_a_cursor() {
    let store = store().await;
    settle(&store, [event(1, -80 * DAY_S, EventStatus::Unchanged)]).await;
    let (rows, pages) = walk(&store, days(-120 * DAY_S, 0), None, 10).await;
    assert_eq!(ids(&rows), [event_id(1)]);
    // 50 days of 4 shards a page.
    assert_eq!(pages, 3);
    let all = DayRange { from: Date::MIN, to: days(0, 0).to };
    assert!(store.list_events(&account(), all, &EventFilter::default(), 10, None).await.unwrap().next.is_some());
}

/// A page of rows that do not fit the filter is passed, and the rows that do are neither lost nor doubled.
#[tokio::test]
async fn rows_behind_many_that_do_not_fit_are_found() {
    let store = store().await;
    // Where the first queries of the shards end, each at another moment, and a few elsewhere.
    let fits = |number: u32| number % 1_000 == 5 || (300..500).contains(&number);
    let status = |number| if fits(number) { EventStatus::Failed } else { EventStatus::Unchanged };
    settle(&store, (0..2_400).map(|number| event(number, i64::from(number), status(number)))).await;
    for shard in 0..SHARDS {
        let partition = keys::day_partition(&account(), Kind::Event, days(0, 0).to, shard);
        let rows = store.query_all(store.query_by(Some(BY_TIME), TIME_PK, &partition, None)).await.unwrap();
        // Each shard takes more than one query.
        assert!(rows.len() > SCANNED_MIN, "shard {shard} has {} rows", rows.len());
    }
    let (rows, _) = walk(&store, days(0, 0), Some(EventStatus::Failed), 150).await;
    let expected: Vec<EventId> = (0..2_400).rev().filter(|number| fits(*number)).map(event_id).collect();
    assert_eq!(ids(&rows), expected);
}

#[tokio::test]
async fn the_leads_of_an_owner() {
    let store = store().await;
    let owner = "anna".parse().unwrap();
    for number in 0..5 {
        store.commit(&commit(vec![created(number)])).await.unwrap();
    }
    let mut moved = created(2);
    moved.record = Some(record(12, EventStatus::Updated));
    moved.assignments.clear();
    let LeadWrite { lead, previous, .. } = moved.lead.as_mut().unwrap();
    *previous = Some(lead.standing.clone());
    lead.version = 2;
    lead.owner = Some("bo".parse().unwrap());
    store.commit(&commit(vec![moved])).await.unwrap();
    // The index may be behind: it still names the owner before.
    let behind = store.client.update_item().table_name(&store.table);
    let behind = behind.set_key(Some(keys::lead(&account(), &created(4).lead.unwrap().lead.id).item()));
    let behind = behind.update_expression("SET #owner = :bo").expression_attribute_names("#owner", "owner");
    behind.expression_attribute_values(":bo", text("bo")).send().await.unwrap();
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.leads_of_owner(&account(), &owner, 3, cursor.as_ref()).await.unwrap();
        found.extend(page.rows.into_iter().map(|lead| lead.last_event.event));
        let Some(next) = page.next else { break };
        cursor = Some(next);
    }
    found.sort();
    let mut expected = [0, 1, 3].map(event_id);
    expected.sort();
    assert_eq!(found, expected);
    let bo = store.leads_of_owner(&account(), &"bo".parse().unwrap(), 3, None).await.unwrap();
    assert_eq!((bo.rows.len(), bo.next), (1, None));
}

#[test]
fn a_cursor_that_was_changed_is_refused() {
    let cursor = Cursor::behind(format!("2026-07-21T10:00:00.123Z#{}", event_id(1)));
    assert_eq!(cursor.to_string().parse(), Ok(cursor));
    let encode = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
    for bad in ["", "7", "not a cursor", &encode("2026-07-21"), &encode("yesterday#evt_1"), "_w"] {
        assert_eq!(bad.parse::<Cursor>(), Err(InvalidCursor), "{bad}");
    }
}
