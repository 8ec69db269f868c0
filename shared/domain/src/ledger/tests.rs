use super::*;
use crate::assignment::{Cause, End, Holding};
use crate::id::DestinationId;
use crate::testing;
use crate::trace::Trace;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn assignment(price: Option<&str>) -> Assignment {
    let lead = testing::lead([].into());
    Assignment {
        lead: lead.id,
        attempt: 2,
        cause: Cause::Drained,
        config_version: 1,
        profile: None,
        rule: Some("north".parse().unwrap()),
        outcome: Outcome::Assigned {
            assignee: "acme".parse().unwrap(),
            pool: None,
            picks: Vec::new(),
            destinations: vec!["crm".parse().unwrap()],
            price: price.map(decimal),
        },
        decided_at: Timestamp::UNIX_EPOCH,
        trace: Trace::default(),
    }
}

fn delivery(id: DeliveryId, status: DeliveryStatus) -> DeliveryRecord {
    DeliveryRecord {
        id,
        account: "main".parse().unwrap(),
        source: "web".parse().unwrap(),
        channel: "webhook".to_owned(),
        status,
        tries: 1,
        tries_before_replay: 0,
        reason: None,
        next_try_at: None,
        lease_until: None,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: "2026-07-21T10:00:00Z".parse().unwrap(),
    }
}

#[test]
fn what_is_charged() {
    let lead = testing::lead([].into()).id;
    let crm: DestinationId = "crm".parse().unwrap();
    let of_lead = DeliveryId::of(&lead, 2, &crm);
    let of_notice = DeliveryId::of_notice(&lead, 2, 1, &crm);
    let reply = DeliveryId::of_reply(&lead, &crm);
    for (price, id, status, charged) in [
        (Some("42.5"), &reply, DeliveryStatus::Delivered, None),
        (Some("42.5"), &of_lead, DeliveryStatus::Delivered, Some("42.5")),
        (Some("0"), &of_lead, DeliveryStatus::Delivered, Some("0")),
        (None, &of_lead, DeliveryStatus::Delivered, None),
        (Some("42.5"), &of_notice, DeliveryStatus::Delivered, None),
        (Some("42.5"), &of_lead, DeliveryStatus::Rejected, None),
        (Some("42.5"), &of_lead, DeliveryStatus::Retry, None),
        (Some("42.5"), &of_lead, DeliveryStatus::Dead, None),
        (Some("42.5"), &of_lead, DeliveryStatus::Unknown, None),
    ] {
        let entry = Entry::charge(&assignment(price), &delivery(id.clone(), status));
        assert_eq!(entry.as_ref().map(|entry| entry.amount), charged.map(decimal), "{price:?} {id} {status:?}");
        if let Some(entry) = entry {
            assert_eq!((entry.kind, entry.attempt, entry.partner.as_str()), (EntryKind::Charge, 2, "acme"));
            assert_eq!(entry.at.to_string(), "2026-07-21T10:00:00Z");
        }
    }
}

#[test]
fn what_is_credited() {
    let mut lead = testing::lead([].into());
    let crm = DeliveryId::of(&lead.id, 2, &"crm".parse().unwrap());
    let charge = Entry::charge(&assignment(Some("42.5")), &delivery(crm, DeliveryStatus::Delivered)).unwrap();
    assert_eq!(charge.credit(&lead), None);
    lead.holdings.push(Holding {
        attempt: 2,
        rule: None,
        assignee: "acme".parse().unwrap(),
        pool: None,
        since: Timestamp::UNIX_EPOCH,
        value: Decimal::ZERO,
        open: true,
        timers: None,
        contacted_at: None,
        ended: None,
    });
    assert_eq!(charge.credit(&lead), None);
    for (how, credited) in [
        (Ending::Rejected, true),
        (Ending::Returned, true),
        (Ending::Overdue, false),
        (Ending::Reassigned, false),
        (Ending::Superseded, false),
    ] {
        let at = "2026-08-01T00:00:00Z".parse().unwrap();
        lead.holdings[0].ended = Some(End { how, at, reason: None, by: None, refunds: Vec::new() });
        let credit = charge.credit(&lead);
        assert_eq!(credit.is_some(), credited, "{how:?}");
        if let Some(credit) = credit {
            assert_eq!((credit.kind, credit.how, credit.at), (EntryKind::Credit, Some(how), at));
            assert_eq!((credit.amount, &credit.delivery), (charge.amount, &charge.delivery));
        }
    }
}

#[test]
fn months() {
    for text in ["2026-07", "2026-12", "0001-01"] {
        assert_eq!(text.parse::<Month>().unwrap().to_string(), text);
    }
    for bad in ["", "2026-7", "2026-13", "2026-00", "2026/07", "2026-07-01", "-026-07", "+026-07", "2026-0é", "july"] {
        assert_eq!(bad.parse::<Month>(), Err(InvalidMonth), "{bad}");
    }
    let at = "2026-07-31T22:30:00Z".parse().unwrap();
    for (zone, month) in [("UTC", "2026-07"), ("Europe/Berlin", "2026-08"), ("America/Los_Angeles", "2026-07")] {
        assert_eq!(Month::of(at, &TimeZone::get(zone).unwrap()).to_string(), month, "{zone}");
    }
}

#[test]
fn sums_are_exact() {
    let mut totals = Totals::default();
    for _ in 0..10 {
        totals = totals.with(EntryKind::Charge, decimal("0.1")).unwrap();
    }
    totals = totals.with(EntryKind::Credit, decimal("0.3")).unwrap();
    assert_eq!(totals.accepted, Sum { count: 10, amount: decimal("1") });
    assert_eq!(totals.net(), (9, decimal("0.7")));
    let over = Totals::default().with(EntryKind::Credit, decimal("5")).unwrap();
    assert_eq!(over.net(), (-1, decimal("-5")));

    let large = Totals::default().with(EntryKind::Charge, Decimal::MAX).unwrap();
    assert_eq!(large.with(EntryKind::Charge, Decimal::ONE), None, "it would overflow");
    let long = Totals::default().with(EntryKind::Charge, decimal("10000000000000000000000000000")).unwrap();
    assert_eq!(long.with(EntryKind::Charge, decimal("0.01")), None, "it would be rounded");
}
