//! What a partner pays for a lead, by who says it.

use super::*;

const BUYERS: &str = "
assignees:
  - { id: acme, name: Acme, kind: partner, price: 42.50 }
  - { id: free, name: Free, kind: partner }
  - { id: rep, name: Rep, price: 10 }
pools:
  - { id: own, members: [acme] }
  - { id: dearer, members: [{ assignee: acme, price: '45.00' }] }
  - { id: unpriced, members: [free] }
  - { id: reps, members: [{ assignee: rep, price: 9 }] }
  - { id: outer, members: [{ pool: own, price: 50 }] }
  - { id: outermost, members: [{ pool: outer }] }
  - { id: both, members: [{ pool: dearer, price: 50 }] }
  - { id: empty, members: [], fallback: dearer }
  - { id: off, members: [] }
";

/// What is paid by a rule.
fn paid(rule: &str) -> Option<String> {
    let text = format!("{BUYERS}profiles: [{{ id: x, rules: [{{ id: r, {rule} }}], default: {{ pool: dearer }} }}]");
    let outcome = Desk::new(&text).one(&lead_no(1, &[])).outcome;
    let Outcome::Assigned { price, .. } = outcome else { panic!("{rule}: {outcome:?}") };
    price.map(|price| price.to_string())
}

#[test]
fn the_rule_goes_before_the_member_and_the_member_before_the_assignee() {
    for (rule, price) in [
        ("then: [{ assign_to: acme }]", Some("42.5")),
        ("then: [{ pool: own }]", Some("42.5")),
        ("then: [{ pool: dearer }]", Some("45")),
        // A member that is a pool speaks for those in it, the innermost first.
        ("then: [{ pool: outer }]", Some("50")),
        ("then: [{ pool: outermost }]", Some("50")),
        ("then: [{ pool: both }]", Some("45")),
        ("then: [{ pool: empty }]", Some("45")),
        ("then: [{ assign_to: acme }], price: 60", Some("60")),
        ("then: [{ pool: dearer }], price: '0.10'", Some("0.1")),
        ("then: [{ pool: dearer }], price: 0", Some("0")),
        ("then: [{ pool: unpriced }], price: 7", Some("7")),
        // Nobody says one.
        ("then: [{ pool: unpriced }]", None),
        // A rep pays nothing, whatever its price is good for.
        ("then: [{ pool: reps }]", None),
        ("then: [{ assign_to: rep }], price: 60", None),
        // The rule found nobody: what the default gives costs what it costs there.
        ("then: [{ pool: off }], else: default, price: 60", Some("45")),
    ] {
        assert_eq!(paid(rule).as_deref(), price, "{rule}");
    }
}
