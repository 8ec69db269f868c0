//! What is told of causes, strategies, and each kind of action.

use super::*;

#[test]
fn why_another_decision_was_asked_for() {
    let event = crate::id::EventId::from_external(&"main".parse().unwrap(), &"web".parse().unwrap(), "1");
    let ended = |how| Cause::Ended { attempt: 3, how };
    let rows = [
        (Cause::Event { event }, None),
        (Cause::Drained, Some("The lead waited, and was tried again.")),
        (Cause::Claimed { by: "desk".into() }, Some("It was claimed through the API key \"desk\".")),
        (ended(Ending::Rejected), Some("Whoever got it by attempt 3 rejected it.")),
        (ended(Ending::Returned), Some("Whoever got it by attempt 3 returned it.")),
        (ended(Ending::Overdue), Some("Whoever got it by attempt 3 did not contact it in time.")),
        (ended(Ending::Reassigned), Some("It was taken by hand from whoever got it by attempt 3.")),
        (ended(Ending::Superseded), Some("It was decided anew after attempt 3.")),
    ];
    for (cause, sentence) in rows {
        let candidate = CandidateTrace { credit: None, ..eligible("anna", [0, 0]) };
        let actions = vec![action("assign_to anna", vec![candidate], Some("anna"))];
        let (trace, outcome) = (Trace { actions, ..Trace::default() }, assigned("anna", &[]));
        let decided = Decided { version: None, cause: Some(&cause), profile: None, outcome: &outcome, trace: &trace };
        let told = explain(decided, &Names::of(&checked()));
        assert_eq!(told.len(), 3 + usize::from(sentence.is_some()), "{told:?}");
        assert_eq!(sentence, sentence.map(|_| told[0].as_str()));
        let by_hand = matches!(cause, Cause::Claimed { .. } | Cause::Ended { how: Ending::Reassigned, .. });
        let named =
            if by_hand { "Anna Berger could take the lead." } else { "Anna Berger is named and could take the lead." };
        assert_eq!(told[told.len() - 2], named, "{cause:?}");
    }
}

#[test]
fn how_each_strategy_picks() {
    let with = |strategy, candidates| {
        let actions = vec![ActionTrace { strategy, ..pool("sales", candidates, Some("ben")) }];
        told(vec![rule("big")], actions, &assigned("ben", &[]))
    };
    let left_out = |id: &str| CandidateTrace { credit: None, ..eligible(id, [0, 0]) };
    let rows = [
        (Strategy::LeastLoaded, "have the fewest open leads for their capacity"),
        (Strategy::Priority, "are of the first tier"),
        (Strategy::HighestPrice, "pay most"),
        (Strategy::FurthestBelowTarget, "are furthest below their target"),
    ];
    for (strategy, first) in rows {
        let told = with(strategy, vec![left_out("anna"), eligible("ben", [0, 0]), left_out("carla")]);
        let said = format!(
            "Of those who could take the lead, the pool \"Inside sales\" picks among those who {first}; 2 others are left out."
        );
        assert_eq!(told[1..3], [said.as_str(), "Ben Vogel was the only one of those."]);
        // Where nobody is left out there is nothing to tell of the strategy.
        let told = with(strategy, vec![eligible("ben", [0, 0])]);
        assert_eq!(told[1], "Ben Vogel was the only one in the pool \"Inside sales\" who could take the lead.");
    }
    let two = vec![eligible("anna", [0, 500_000]), eligible("ben", [0, -500_000]), left_out("carla")];
    let told = with(Strategy::HighestPrice, two);
    assert!(told[1].ends_with("among those who pay most; 1 other is left out."));
    assert!(told[2].starts_with("Ben Vogel was next in turn in the pool"), "{told:?}");
}

#[test]
fn pools_in_pools_and_whose_turn_it_was() {
    let member = "pool:night";
    let nested = vec![
        pool("sales", vec![eligible(member, [0, -500_000]), eligible("ben", [0, 500_000])], Some(member)),
        pool("night", vec![eligible("anna", [0, 0])], Some("anna")),
    ];
    assert_eq!(
        told(vec![], nested, &assigned("anna", &[]))[1..3],
        [
            "The pool \"night\" was next in turn in the pool \"Inside sales\": owed as much as Ben Vogel, and first in order.",
            "Anna Berger was the only one in the pool \"night\" who could take the lead.",
        ]
    );
    let cap = Ineligible::CapReached { period: Period::Day, limit: 3 };
    let over = |action: ActionTrace| ActionTrace { over: Some("anna".parse().unwrap()), ..action };
    let waits = vec![
        over(pool("sales", vec![CandidateTrace { credit: None, ..eligible(member, [0, 0]) }], None)),
        over(pool("night", vec![passed_over("anna", cap)], None)),
    ];
    let until = Some("2026-07-22T00:00:00Z".parse().unwrap());
    let Outcome::Parked { line, reason, group, .. } = parked("pool:sales") else { unreachable!() };
    assert_eq!(
        told(vec![], waits, &Outcome::Parked { line, reason, group, until })[1..],
        [
            "Anna Berger was passed over: has had 3 leads today (the cap is 3).",
            "It was the turn of Anna Berger in the pool \"night\", and it is not to go on to the next.",
            "So the lead is parked and waits for the pool \"Inside sales\", to be tried again at 2026-07-22 00:00 UTC.",
        ]
    );
    let empty = vec![pool("sales", vec![passed_over(member, Ineligible::NobodyEligible)], None)];
    assert_eq!(
        told(vec![], empty, &parked("pool:sales"))[1],
        "The pool \"night\" was passed over: has nobody who can take the lead."
    );
}

#[test]
fn owners_names_and_queues() {
    let bare = |id: &str| vec![CandidateTrace { credit: None, ..eligible(id, [0, 0]) }];
    let queue = Outcome::Queued { queue: "desk".parse().unwrap() };
    let misnamed = |reason: &str| Outcome::Parked {
        line: "profile:main".into(),
        reason: reason.into(),
        group: "main/".into(),
        until: None,
    };
    let unknown =
        "the field 'company_size' names several assignees, who share an external_id or an email: use the id, and retry";
    let rows = [
        (
            action("keep_owner", bare("anna"), Some("anna")),
            assigned("anna", &[]),
            "Anna Berger has the lead and could keep it.",
        ),
        (
            action("keep_owner", vec![passed_over("anna", Ineligible::Inactive)], None),
            Outcome::Nothing,
            "Anna Berger was passed over: is switched off.",
        ),
        (action("keep_owner", vec![], None), Outcome::Nothing, "Nobody has the lead who could keep it."),
        (
            action("named company_size", bare("ben"), Some("ben")),
            assigned("ben", &[]),
            "Ben Vogel is named and could take the lead.",
        ),
        (action("named company_size", vec![], None), misnamed("told above"), "The lead names nobody in Employees."),
        (
            action("named company_size", vec![], None),
            misnamed(unknown),
            "The field Employees names several assignees, who share an external_id or an email: use the id, and retry.",
        ),
        (
            action("queue desk", vec![], None),
            queue,
            "So the lead waits in the queue \"desk\" until a member claims it.",
        ),
    ];
    for (action, outcome, sentence) in rows {
        assert_eq!(told(vec![rule("big")], vec![action], &outcome)[1], sentence);
    }
}

#[test]
fn a_lead_that_was_offered_often_enough() {
    let profile = ProfileId::new("main").unwrap();
    let with = |offered| {
        let (trace, outcome) = (Trace { offered, ..Trace::default() }, parked("profile:main"));
        let decided = Decided { version: None, cause: None, profile: Some(&profile), outcome: &outcome, trace: &trace };
        explain(decided, &Names::of(&checked()))
    };
    assert_eq!(
        with(3),
        [
            "No rule matched, so the default of the profile \"main\" decides.",
            "It was given 3 times before, as often as it may be, and is not offered to the next.",
            "So the lead is parked and waits for the profile \"main\".",
        ]
    );
    assert!(with(1)[1].starts_with("It was given once before"));
}
