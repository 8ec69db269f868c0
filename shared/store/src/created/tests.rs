use std::collections::BTreeSet;

use super::*;
use crate::testing::{account, at, commit, created, store};
use crate::{Settled, keys};

const DAY_S: i64 = 86_400;

/// A lead that was created so many seconds after the start.
fn lead(number: u32, created_s: i64) -> Settled {
    let mut settled = created(number);
    let write = settled.lead.as_mut().unwrap();
    write.lead.created_at = at(created_s);
    write.keys.clear();
    settled
}

async fn write(store: &Store, leads: Vec<Settled>) {
    for batch in leads.chunks(20) {
        store.commit(&commit(batch.to_vec())).await.unwrap();
    }
}

/// All of a list, by pages of a size.
async fn walk(store: &Store, span: (Timestamp, Timestamp), limit: usize) -> Vec<CreatedLead> {
    let (mut rows, mut cursor) = (Vec::new(), None::<Cursor>);
    for _ in 0..1_000 {
        let page = store.leads_created(&account(), span, cursor.as_ref(), limit).await.unwrap();
        assert!(page.rows.len() <= limit);
        rows.extend(page.rows);
        let Some(next) = page.next else { return rows };
        // As it is kept between two steps.
        cursor = Some(next.to_string().parse().unwrap());
    }
    panic!("the list never ends");
}

#[tokio::test]
async fn pages_are_oldest_first_over_days_and_shards() {
    let store = store().await;
    // Four days with two empty ones between, out of order, some at the same moment, most of them on one day.
    let moments: Vec<i64> =
        (0..90).map(|n| [0, 0, 1, 4][n % 4] * DAY_S + i64::try_from(n * 37 % 45).unwrap()).collect();
    let leads: Vec<Settled> = (0..).zip(&moments).map(|(number, moment)| lead(number, *moment)).collect();
    let ids: Vec<LeadId> = leads.iter().map(|settled| settled.lead.as_ref().unwrap().lead.id.clone()).collect();
    write(&store, leads).await;
    let expected = |from: i64, until: i64| -> Vec<(Timestamp, LeadId)> {
        let all = moments.iter().zip(&ids).filter(|(moment, _)| (from..until).contains(*moment));
        let sorted: BTreeSet<_> = all.map(|(second, id)| (moment(at(*second)).parse().unwrap(), id.clone())).collect();
        sorted.into_iter().collect()
    };
    // The start is not at a whole millisecond, as which the list has all moments.
    for (from, until) in
        [(0, 5 * DAY_S), (7, DAY_S + 9), (DAY_S + 1, 5 * DAY_S), (2 * DAY_S, 3 * DAY_S), (9, 9), (9, 3)]
    {
        for limit in [1, 7, 40, 1_000] {
            let rows = walk(&store, (at(from), at(until)), limit).await;
            let found: Vec<_> = rows.into_iter().map(|row| (row.created_at, row.id)).collect();
            assert_eq!(found, expected(from, until), "{from}..{until} by {limit}");
        }
    }
    let other: AccountId = "other".parse().unwrap();
    assert_eq!(store.leads_created(&other, (at(0), at(5 * DAY_S)), None, 9).await.unwrap().rows, []);
}

/// Nothing is given out before what lies before it in a shard that has more than its part.
#[tokio::test]
async fn a_shard_that_has_most_of_them_is_read_first() {
    let store = store().await;
    let leads = (0..300).map(|number| lead(number, i64::from(number)));
    let leads = leads.filter(|settled| {
        let lead = &settled.lead.as_ref().unwrap().lead;
        let [(_, partition), _] = keys::by_time(&account(), Kind::Lead, lead.created_at, lead.id.as_str());
        partition.as_s().unwrap().ends_with("#0") || lead.created_at > at(250)
    });
    let leads: Vec<Settled> = leads.collect();
    let expected: Vec<LeadId> = leads.iter().map(|settled| settled.lead.as_ref().unwrap().lead.id.clone()).collect();
    assert!(expected.len() > 90, "{}", expected.len());
    write(&store, leads).await;
    for limit in [40, 100, 1_000] {
        let rows = walk(&store, (at(0), at(DAY_S)), limit).await;
        assert_eq!(rows.into_iter().map(|row| row.id).collect::<Vec<_>>(), expected, "by {limit}");
    }
}

#[tokio::test]
async fn a_lead_keeps_its_place_and_what_is_shown_of_it() {
    let store = store().await;
    write(&store, vec![lead(1, 5)]).await;
    let span = (at(0), at(DAY_S));
    let before = walk(&store, span, 10).await;
    assert_eq!((before.len(), before[0].entity.as_str(), before[0].source.as_str()), (1, "lead", "web"));
    let mut settled = lead(1, 5);
    let write = settled.lead.as_mut().unwrap();
    write.previous = Some(write.lead.standing.clone());
    write.lead.version = 2;
    write.lead.updated_at = at(3 * DAY_S);
    write.lead.fields.clear();
    write.lead.erased_at = Some(at(3 * DAY_S));
    let settled = Settled { record: None, assignments: Vec::new(), ..settled };
    store.commit(&commit(vec![settled])).await.unwrap();
    assert_eq!(walk(&store, span, 10).await, before);
    // The index holds nothing else of it.
    let partitions = (0..SHARDS)
        .map(|shard| keys::day_partition(&account(), Kind::Lead, at(5).to_zoned(TimeZone::UTC).date(), shard));
    let mut shown = BTreeSet::new();
    for partition in partitions {
        let query = store.query_by(Some(BY_TIME), TIME_PK, &partition, None);
        shown.extend(store.query_all(query).await.unwrap().into_iter().flat_map(Item::into_keys));
    }
    assert_eq!(shown, ["entity", "pk", "sk", "source", "time_pk", "time_sk"].map(str::to_owned).into());
}

#[tokio::test]
async fn years_without_a_lead_end_a_page_early() {
    let store = store().await;
    write(&store, vec![lead(1, 130 * DAY_S)]).await;
    let span = (at(0), at(200 * DAY_S));
    let first = store.leads_created(&account(), span, None, 10).await.unwrap();
    assert_eq!(first.rows, []);
    assert!(first.next.is_some());
    assert_eq!(walk(&store, span, 10).await.len(), 1);
}
