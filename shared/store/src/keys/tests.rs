use super::*;
use crate::testing::{account, assignee, at, delivery_id, event_id, lead, source};

/// The keys are a contract with every table that exists: changing one loses data.
#[test]
fn keys_are_as_the_data_model_says() {
    let lead = lead(1).id;
    let unique = crate::testing::key("5e88");
    let (event, delivery) = (event_id(1), delivery_id(1));
    let contact = Contact::of(&crate::testing::lead(1).fields).remove(0);
    let anna = AddressHash::of("anna@example.com").unwrap();
    let call = ActivityId::from_external(&account(), "1");
    let file = ImportId::from_name(&account(), "x");
    let automation: AutomationId = "tell".parse().unwrap();
    let told = BackfillId::of(&account(), &automation, at(0));
    let moment = "2026-07-21T10:00:00.123Z";
    let entry = Entry {
        kind: EntryKind::Credit,
        partner: assignee("acme"),
        lead: lead.clone(),
        attempt: 3,
        rule: None,
        delivery: delivery.clone(),
        amount: 5.into(),
        at: at(0),
        how: None,
    };
    for (key, pk, sk) in [
        (config_pointer(&account()), "A#main".to_owned(), "CONFIG".to_owned()),
        (config_chunk(&account(), 7, 2), "A#main".into(), "CONFIG#0000000007#0002".into()),
        (config_version(&account(), 7), "A#main".into(), "VERSION#0000000007".into()),
        (list_index(&account()), "A#main".into(), "LISTS".into()),
        (list_revision(&account(), &"zips".parse().unwrap(), "5e88"), "A#main#LIST#zips".into(), "5e88".into()),
        (list_chunk(&account(), &"zips".parse().unwrap(), "5e88", 2), "A#main#LIST#zips".into(), "5e88#0002".into()),
        (source_endpoint("5e88"), "SOURCE#5e88".into(), "SOURCE".into()),
        (secret(&account(), &"crm".parse().unwrap()), "A#main#SECRET".into(), "crm".into()),
        (api_key("5e88"), "APIKEY#5e88".into(), "APIKEY".into()),
        (super::event(&account(), &event), format!("A#main#EVENT#{event}"), "EVENT".into()),
        (super::lead(&account(), &lead), format!("A#main#LEAD#{lead}"), "LEAD".into()),
        (assignment(&account(), &lead, 3), format!("A#main#LEAD#{lead}"), "ASSIGN#0003".into()),
        (activity(&account(), &lead, &call), format!("A#main#LEAD#{lead}"), format!("ACTIVITY#{call}")),
        (super::delivery(&account(), &delivery), format!("A#main#LEAD#{lead}"), format!("DELIVERY#{delivery}")),
        (attempt(&account(), &delivery, 12), format!("A#main#DELIVERY#{delivery}"), "ATTEMPT#0012".into()),
        (super::unique(&account(), &unique), "A#main#KEY#lead#email#5e88".into(), "KEY".into()),
        (pool(&account(), &"sales".parse().unwrap()), "A#main#POOL#sales".into(), "STATE".into()),
        (lane(&account(), &"sales".parse().unwrap()), "A#main#POOL#sales".into(), "LANE".into()),
        (had(&account(), &assignee("anna"), &contact), "A#main#HAD#anna".into(), contact.as_str().into()),
        (counters(&account(), &assignee("anna")), "A#main#ASSIGNEE#anna".into(), "COUNTERS".into()),
        (parked(&account(), at(0), &lead), "A#main#PARKED".into(), format!("{moment}#{lead}")),
        (
            queued(&account(), &"hot".parse().unwrap(), at(0), &lead),
            "A#main#QUEUE#hot".into(),
            format!("{moment}#{lead}"),
        ),
        (seen(&account(), &source(), "5e88"), "A#main#SEEN#web#5e88".into(), "SEEN".into()),
        (suppression(&account(), &anna), format!("A#main#SUPPRESSED#{}", anna.as_str()), "SUPPRESSED".into()),
        (booked(&account(), EntryKind::Charge, &lead, 3), format!("A#main#LEAD#{lead}"), "LEDGER#0003#charge".into()),
        (
            ledger_line(&account(), "2026-07".parse().unwrap(), &entry),
            "A#main#LEDGER#acme#2026-07".into(),
            format!("{moment}#credit#{lead}#0003"),
        ),
        (import(&account(), &file), format!("A#main#IMPORT#{file}"), "IMPORT".into()),
        (import_piece(&account(), &file, 3, "5e88", 2), format!("A#main#IMPORT#{file}"), "PART#0003#5e88#0002".into()),
        (import_bad(&account(), &file, 12), format!("A#main#IMPORT#{file}"), "BAD#0000000012".into()),
        (import_place(&account(), at(0), &file), "A#main#IMPORTS".into(), format!("{moment}#{file}")),
        (backfill(&account(), &told), "A#main#BACKFILL".into(), told.to_string()),
        (last_backfill(&account(), &automation), "A#main#AUTOMATION#tell".into(), "BACKFILL".into()),
        (audit(&account(), at(0), "x"), "A#main#AUDIT".into(), format!("{moment}#x")),
    ] {
        assert_eq!((key.pk.as_str(), key.sk.as_str()), (pk.as_str(), sk.as_str()));
        assert_eq!(Key::of(&key.item()), Some(key));
    }
    let [(_, time_pk), (_, time_sk)] = by_time(&account(), Kind::Event, at(0), event.as_str());
    let partition = format!("A#main#EVENT#2026-07-21#{}", shard(event.as_str()));
    assert_eq!((time_pk, time_sk), (text(partition), text(format!("{moment}#{event}"))));
    let [(_, time_pk), (_, time_sk)] = by_time(&account(), Kind::Lead, at(0), lead.as_str());
    let partition = format!("A#main#LEAD#2026-07-21#{}", shard(lead.as_str()));
    assert_eq!((time_pk, time_sk), (text(partition), text(format!("{moment}#{lead}"))));
    let [(_, owner_pk), (_, owner_sk)] = by_owner(&account(), &assignee("anna"), at(0), &lead);
    assert_eq!((owner_pk, owner_sk), (text("A#main#OWNER#anna"), text(format!("{moment}#{lead}"))));
}

#[test]
fn parts_of_a_lead_are_told_apart() {
    let lead = lead(1).id;
    for (key, part) in [
        (super::lead(&account(), &lead), LeadPart::Lead),
        (assignment(&account(), &lead, 1), LeadPart::Assignment),
        (booked(&account(), EntryKind::Charge, &lead, 1), LeadPart::Other),
        (delivery(&account(), &delivery_id(1)), LeadPart::Delivery(delivery_id(1))),
        (activity(&account(), &lead, &ActivityId::from_external(&account(), "1")), LeadPart::Other),
        (Key::new(lead_partition(&account(), &lead), "DELIVERY#no"), LeadPart::Other),
    ] {
        assert_eq!(lead_part(&key.item()), part, "{key}");
    }
    assert_eq!(lead_part(&Item::new()), LeadPart::Other);
}

#[test]
fn activities_stand_before_everything_else_of_a_lead() {
    let lead = lead(1).id;
    let call = activity(&account(), &lead, &ActivityId::from_external(&account(), "1")).sk;
    assert!(call.as_str() > ACTIVITIES && call.as_str() < ACTIVITIES_END);
    for other in [
        super::lead(&account(), &lead),
        assignment(&account(), &lead, 1),
        booked(&account(), EntryKind::Charge, &lead, 1),
        delivery(&account(), &delivery_id(1)),
    ] {
        assert!(other.sk.as_str() > ACTIVITIES_END, "{other}");
    }
}

#[test]
fn ids_spread_over_the_shards() {
    let mut counts = [0u32; SHARDS as usize];
    for number in 0..2_000 {
        counts[shard(event_id(number).as_str()) as usize] += 1;
    }
    assert!(counts.iter().all(|count| (400..600).contains(count)), "{counts:?}");
}
