//! The reasons one by one. When each holds is tested with whole decisions.

use super::*;
use crate::config::Period;
use crate::trace::CandidateTrace;

/// Every reason with its name, whether it is about this lead, and its words.
fn all() -> Vec<(Ineligible, &'static str, bool, &'static str)> {
    let until = "2026-07-25T22:00:00Z".parse().unwrap();
    let cap = |period, limit| Ineligible::CapReached { period, limit };
    let full = |leads, by_value| Ineligible::AtCapacity { leads, by_value };
    let duplicate = |days| Ineligible::DuplicateForPartner { days };
    vec![
        (Ineligible::Inactive, "inactive", false, "is switched off"),
        (Ineligible::AbsentUntil { until }, "absent_until", false, "is absent until 2026-07-25 22:00 UTC"),
        (Ineligible::Holiday, "holiday", false, "has a holiday"),
        (Ineligible::OutsideHours, "outside_hours", false, "is outside working hours"),
        (Ineligible::ZeroWeight, "zero_weight", false, "has weight 0 in this pool"),
        (Ineligible::AlreadyHadThisLead, "already_had_this_lead", true, "has or had this lead already"),
        (Ineligible::RejectedThisLead, "rejected_this_lead", true, "rejected this lead"),
        (
            Ineligible::FilterMismatch { field: "size".into() },
            "filter_mismatch",
            true,
            "takes no such leads (by its filter on size)",
        ),
        (Ineligible::DestinationSuspended, "destination_suspended", false, "has no destination that is not suspended"),
        (duplicate(1), "duplicate_for_partner", true, "had a lead of the same person within a day"),
        (duplicate(30), "duplicate_for_partner", true, "had a lead of the same person within 30 days"),
        (cap(Period::Lifetime, 1), "cap_reached", false, "has had all of 1 lead"),
        (cap(Period::Day, 3), "cap_reached", false, "has had 3 leads today"),
        (cap(Period::Month, 2), "cap_reached", false, "has had 2 leads this month"),
        (cap(Period::Week, 0), "cap_reached", false, "has a cap of 0 leads"),
        (full(1, false), "at_capacity", false, "is at capacity with 1 open lead"),
        (full(3, false), "at_capacity", false, "is at capacity with 3 open leads"),
        (full(1, true), "at_capacity", true, "has 1 open lead and no room for what this one is worth"),
        (full(0, true), "at_capacity", true, "has 0 open leads and no room for what this one is worth"),
        (Ineligible::NobodyEligible, "nobody_eligible", false, "has nobody who can take the lead"),
        (Ineligible::Unknown, "unknown", false, "is not in the config any more"),
    ]
}

#[test]
fn every_reason_has_a_name_and_words_and_is_documented() {
    let docs = include_str!("../../../../docs/config.md");
    for (reason, name, about_this_lead, words) in all() {
        assert_eq!((reason.name(), reason.to_string().as_str()), (name, words));
        assert_eq!(reason.is_about_this_lead(), about_this_lead, "{name}");
        assert_eq!(reason.is_full(), matches!(name, "cap_reached" | "at_capacity"), "{name}");
        assert!(docs.contains(&format!("| `{name}` |")), "docs/config.md, section Why not, lacks {name}");
    }
}

#[test]
fn a_stored_reason_is_read_back_as_it_was() {
    for (reason, name, ..) in all() {
        let candidate =
            CandidateTrace { member: "pool:north".parse().unwrap(), ineligible: Some(reason), credit: None };
        let json = serde_json::to_value(&candidate).unwrap();
        assert_eq!((json["reason"].as_str(), json["member"].as_str()), (Some(name), Some("pool:north")));
        assert_eq!(serde_json::from_value::<CandidateTrace>(json).unwrap(), candidate);
    }
    let eligible: CandidateTrace = serde_json::from_str(r#"{"member":"anna","credit":[0,-1]}"#).unwrap();
    assert_eq!((eligible.ineligible, eligible.credit), (None, Some([0, -1])));
}
