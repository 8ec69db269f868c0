//! A decision in one short sentence. The whole of it is in the API's `explanation` and `trace`.

use serde_json::Value;

/// Why a decision came out as it did.
pub(super) fn sentence(assignment: &Value) -> String {
    match assignment["outcome"].as_str() {
        Some("nothing") => return "the rule says so".to_owned(),
        Some("parked") => return passed_over(assignment).unwrap_or_else(|| text(&assignment["reason"])),
        _ => {}
    }
    let action = assignment["trace"]["actions"].as_array().and_then(|actions| actions.last());
    let candidates = action.and_then(|action| action["candidates"].as_array()).map(Vec::as_slice).unwrap_or_default();
    let picked = candidates.iter().find(|candidate| candidate["member"] == assignment["assignee"]);
    let mut sentence = match picked.and_then(|picked| picked["credit"][0].as_i64()) {
        // What was owed before the lead: the rotation gives it to whom it owes most.
        Some(_) => {
            let eligible = candidates.iter().filter(|candidate| candidate["credit"].is_array()).count();
            format!("next in the rotation of {eligible} in pool {}", text(&assignment["pool"]))
        }
        None => "named by the rule".to_owned(),
    };
    if let Some(passed_over) = passed_over(assignment) {
        sentence = format!("{sentence}; {passed_over}");
    }
    sentence
}

/// Who was not eligible, and why not.
fn passed_over(assignment: &Value) -> Option<String> {
    let lines = assignment["explanation"].as_array()?.iter().filter_map(Value::as_str);
    let passed_over = lines.filter_map(|line| line.split_once(" was passed over: "));
    let words: Vec<String> =
        passed_over.map(|(name, reason)| format!("{name} {}", reason.trim_end_matches('.'))).collect();
    if words.is_empty() { None } else { Some(words.join(", ")) }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pick_of_a_pool_says_from_how_many_and_who_was_passed_over() {
        let assignment = json!({
            "outcome": "assigned",
            "assignee": "bo",
            "pool": "sales",
            "explanation": [
                "Rule \"r\" matched.",
                "Anna was passed over: has had 3 leads today (the cap is 3).",
                "Bo was the only one in the pool \"sales\" who could take the lead.",
                "So Bo got the lead, delivered nowhere.",
            ],
            "trace": { "actions": [{ "candidates": [
                { "member": "anna", "reason": "cap_reached" },
                { "member": "bo", "credit": [250_000, -250_000] },
            ] }] },
        });
        assert_eq!(
            sentence(&assignment),
            "next in the rotation of 1 in pool sales; Anna has had 3 leads today (the cap is 3)"
        );
    }

    #[test]
    fn other_decisions() {
        let candidates = json!([{ "member": "erika" }]);
        let named = json!({
            "outcome": "assigned",
            "assignee": "erika",
            "explanation": ["Erika is named and could take the lead."],
            "trace": { "actions": [{ "candidates": candidates }] },
        });
        assert_eq!(sentence(&named), "named by the rule");
        assert_eq!(sentence(&json!({ "outcome": "nothing" })), "the rule says so");
        assert_eq!(sentence(&json!({ "outcome": "parked", "reason": "nobody could" })), "nobody could");
    }
}
