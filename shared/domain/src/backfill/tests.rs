use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::config::document;
use crate::field::{FieldName, FieldValue};
use crate::id::AccountName;
use crate::list::Lists;
use crate::sync::Stamp;
use crate::testing::lead;

/// Rules with an automation `tell` to the destination `crm`, with more settings.
fn rules(automation: &serde_json::Value, enabled: bool) -> Rules {
    let mut tell = json!({ "id": "tell", "state": "paused", "on": ["lead_created"], "push": "crm", "peer": "crm" });
    tell.as_object_mut().unwrap().extend(automation.as_object().unwrap().clone());
    let channel = json!({ "webhook": { "url": "https://crm.example" } });
    let config = json!({
        "fields": [{ "name": "size", "type": "number" }],
        "sources": [{ "id": "web", "format": "json" }, { "id": "fair", "format": "json" }],
        "destinations": [
            { "id": "crm", "enabled": enabled, "channel": channel }, { "id": "erp", "channel": channel },
        ],
        "automations": [tell],
    });
    let known = crate::config::Known { secrets: &Default::default(), formats: &["json"], lists: &Default::default() };
    document::from_value(config).unwrap().check(&known).unwrap().compile(&Lists::default()).unwrap()
}

fn filter() -> Filter {
    let (from, until) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
    Filter { entity: "lead".parse().unwrap(), from, until, when: true, source: None }
}

fn sized(size: u32) -> Lead {
    let email = FieldValue::Text("anna@example.com".to_owned());
    let size = FieldValue::Number { number: size.into() };
    let fields = [("email", email), ("size", size)].map(|(name, value)| (FieldName::new(name).unwrap(), value));
    lead(BTreeMap::from(fields))
}

fn backfill(rules: &Rules, per_minute: u32) -> Backfill {
    let checked = rules.automation(&"tell".parse().unwrap()).unwrap();
    Backfill::new("main".parse().unwrap(), checked, filter(), per_minute, "ops", Timestamp::UNIX_EPOCH)
}

#[test]
fn which_leads_are_told() {
    let rules = rules(&json!({ "when": { "field": "size", "op": "gt", "value": 5 } }), true);
    let checked = rules.automation(&"tell".parse().unwrap()).unwrap();
    let whatever = Filter { when: false, ..filter() };
    let fair = Filter { source: Some("fair".parse().unwrap()), ..filter() };
    let told = |filter: &Filter, lead: &Lead| filter.tells(&rules, checked, lead);
    assert_eq!(told(&filter(), &sized(6)), Ok(()), "without any mark of sync");
    assert_eq!(told(&filter(), &sized(5)), Err(PassedOver::Unmet));
    assert_eq!(told(&whatever, &sized(5)), Ok(()));
    assert_eq!(told(&fair, &sized(6)), Err(PassedOver::Other));
    assert_eq!(told(&fair, &Lead { source: "fair".parse().unwrap(), ..sized(6) }), Ok(()));
    assert_eq!(told(&filter(), &Lead { entity: "deal".parse().unwrap(), ..sized(6) }), Err(PassedOver::Other));
    assert_eq!(told(&filter(), &Lead { fields: BTreeMap::new(), ..sized(6) }), Err(PassedOver::Empty));
    let erased = Lead { fields: BTreeMap::new(), erased_at: Some(Timestamp::UNIX_EPOCH), ..sized(6) };
    assert_eq!(told(&whatever, &erased), Err(PassedOver::Erased));
    // All of it came from there; of the other lead one field did not.
    let mut known = sized(6);
    let there = Stamp::of_sender(&AccountName::new("crm").unwrap(), Timestamp::UNIX_EPOCH);
    for field in known.fields.keys() {
        known.sync.stamps.insert(field.clone(), there.clone());
    }
    assert_eq!(told(&whatever, &known), Err(PassedOver::Known));
    let here = Stamp::here(&AccountName::new("main").unwrap(), Timestamp::UNIX_EPOCH);
    known.sync.stamps.insert(FieldName::new("size").unwrap(), here);
    assert_eq!(told(&whatever, &known), Ok(()));
}

#[test]
fn what_keeps_it_from_going_on() {
    let begun = backfill(&rules(&json!({}), true), 300);
    let teller = |more: serde_json::Value, enabled| begun.teller(&rules(&more, enabled)).map(|_| ());
    for state in ["published", "paused"] {
        assert_eq!(teller(json!({ "state": state }), true), Ok(()));
    }
    for (more, enabled, says) in [
        (json!({ "id": "other" }), true, "'tell' is not in the config in force"),
        (json!({ "state": "draft" }), true, "is a draft"),
        (json!({}), false, "'crm' is disabled"),
        (json!({ "push": "erp" }), true, "pushes to 'erp' now"),
        (json!({ "entity": "deal" }), true, "looks at 'deal' now"),
    ] {
        let why = teller(more, enabled).unwrap_err();
        assert!(why.contains(says), "{why}");
    }
}

#[test]
fn states() {
    let now = Timestamp::UNIX_EPOCH;
    let in_state = |state| Backfill { state, ..backfill(&rules(&json!({}), true), 300) };
    let may = |state| {
        let (mut paused, mut resumed, mut cancelled) = (in_state(state), in_state(state), in_state(state));
        (paused.pause(), resumed.resume(), cancelled.cancel(now))
    };
    assert_eq!(may(BackfillState::Running), (true, false, true));
    assert_eq!(may(BackfillState::Paused), (false, true, true));
    assert_eq!(may(BackfillState::Failed), (false, true, true));
    assert_eq!(may(BackfillState::Done), (false, false, false));
    assert_eq!(may(BackfillState::Cancelled), (false, false, false));
    let mut failed = in_state(BackfillState::Running);
    failed.fail("no", now);
    assert_eq!((failed.reason.as_deref(), failed.finished_at), (Some("no"), Some(now)));
    failed.resume();
    assert_eq!((failed.state, failed.reason, failed.finished_at), (BackfillState::Running, None, None));
}

#[test]
fn the_size_of_a_step() {
    let rules = rules(&json!({}), true);
    for (per_minute, interval_s, leads) in [
        (1, 60, 1),
        (5, 12, 1),
        (6, 10, 1),
        (59, 10, 9),
        (300, 10, 50),
        (600, 10, 100),
        (1_000, 6, 100),
        (6_000, 1, 100),
    ] {
        let backfill = backfill(&rules, per_minute);
        let later = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(interval_s);
        assert_eq!(i64::from(backfill.interval_s()), interval_s, "{per_minute}");
        assert_eq!((backfill.allowed(Timestamp::UNIX_EPOCH), backfill.allowed(later)), (0, leads), "{per_minute}");
        // However long nothing happened.
        let much_later = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(9);
        assert!(backfill.allowed(much_later) <= STEP_LEADS_MAX.min(2 * leads + 1), "{per_minute}");
    }
}

proptest! {
    /// Whenever steps are taken, and whether they use what they may: in no time is more told than the rate allows, beside what
    /// two steps may keep.
    #[test]
    fn the_rate_is_never_exceeded(
        per_minute in 1_u32..=PER_MINUTE_MAX,
        steps in prop::collection::vec((0_i64..40_000, 0_u32..=200), 1..80),
    ) {
        let rules = rules(&json!({}), true);
        let mut backfill = backfill(&rules, per_minute);
        let mut now = Timestamp::UNIX_EPOCH;
        let mut told = Vec::new();
        for (millis, wanted) in steps {
            now += SignedDuration::from_millis(millis);
            let leads = backfill.allowed(now).min(wanted);
            backfill.spend(leads, now);
            told.push((now, i128::from(leads)));
        }
        let kept = i128::from(backfill.interval_s()) * 2_000;
        for (first, (from, _)) in told.iter().enumerate() {
            let mut sum = 0;
            for (until, leads) in &told[first..] {
                sum += leads;
                let millis = until.duration_since(*from).as_millis() + kept;
                prop_assert!(sum * 60_000 <= millis * i128::from(per_minute), "{sum} in {millis} ms at {per_minute}");
            }
        }
        // And from its beginning without that.
        let sum: i128 = told.iter().map(|(_, leads)| leads).sum();
        prop_assert!(sum * 60_000 <= now.as_millisecond() as i128 * i128::from(per_minute));
    }
}
