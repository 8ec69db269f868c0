//! Why a lead went where it went.

use serde::{Deserialize, Serialize};

use crate::condition::Failed;
use crate::eligibility::Ineligible;
use crate::id::{AssigneeId, PoolId, ProfileId, RuleId};

/// Most bytes of a stored trace, as JSON.
pub const TRACE_BYTES_MAX: usize = 16 * 1024;

/// Why a lead went where it went: the rules that were tried and the candidates that were looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trace {
    /// The rules in the order they were tried; the last one matched unless the default ran.
    pub rules: Vec<RuleTrace>,
    /// The actions in the order they were tried.
    pub actions: Vec<ActionTrace>,
    /// How many entries were cut to keep the trace within [`TRACE_BYTES_MAX`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cut: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(value: &usize) -> bool {
    *value == 0
}

/// One rule that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTrace {
    /// Its profile, when that is another than the one that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileId>,
    /// The rule.
    pub rule: RuleId,
    /// The first comparison that failed; `None` when the rule matched, or came out of its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedComparison>,
    /// Whether the lead came before or after the rule's time.
    #[serde(default, skip_serializing_if = "is_false")]
    pub out_of_time: bool,
}

impl RuleTrace {
    /// A rule of the deciding profile that matched.
    #[must_use]
    pub fn matched(rule: RuleId) -> Self {
        Self { profile: None, rule, failed: None, out_of_time: false }
    }
}

/// A comparison that failed, with the lead's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedComparison {
    /// The field.
    pub field: String,
    /// The operator.
    pub op: String,
    /// The rule's value, as JSON.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// The lead's value; `None` when it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

/// Longest piece of a value that a trace repeats, in characters.
const VALUE_CHARS_MAX: usize = 120;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl From<Failed> for FailedComparison {
    fn from(failed: Failed) -> Self {
        Self {
            field: failed.field.to_string(),
            op: failed.op,
            expected: shortened(&failed.expected),
            found: failed.found.as_deref().map(shortened),
        }
    }
}

/// One action that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionTrace {
    /// The action, as a config writes it: `pool sales`, `assign_to anna`, `do_nothing`.
    pub action: String,
    /// The pool, when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// Who was looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<CandidateTrace>,
    /// Who was picked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picked: Option<AssigneeId>,
}

/// One candidate that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateTrace {
    /// Who.
    pub assignee: AssigneeId,
    /// Why not; `None` for an eligible one.
    #[serde(default, skip_serializing_if = "Option::is_none", flatten)]
    pub ineligible: Option<Ineligible>,
    /// The credits in the pool before and after, in millionths of a lead; `None` where nothing rotates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<[i64; 2]>,
}

impl Trace {
    /// The trace within its bound, cut from the least interesting end: first the rules tried long before the one that
    /// matched, then candidates that were not picked.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let mut size = self.bytes();
        if size <= TRACE_BYTES_MAX {
            return self;
        }
        let mut rules = std::mem::take(&mut self.rules).into_iter();
        while size > TRACE_BYTES_MAX
            && rules.len() > 1
            && let Some(rule) = rules.next()
        {
            size = size.saturating_sub(bytes(&rule) + 1);
            self.cut += 1;
        }
        self.rules = rules.collect();
        for action in &mut self.actions {
            while size > TRACE_BYTES_MAX
                && let Some(last) = action.candidates.iter().rposition(|c| action.picked.as_ref() != Some(&c.assignee))
            {
                size = size.saturating_sub(bytes(&action.candidates.remove(last)) + 1);
                self.cut += 1;
            }
        }
        self
    }

    /// The bytes of one part, as JSON.
    pub(crate) fn bytes_of(rule: &RuleTrace) -> usize {
        bytes(rule) + 1
    }

    fn bytes(&self) -> usize {
        // Room for the count of what was cut.
        bytes(self) + 16
    }

    /// The trace as sentences, one a line.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut lines = Vec::new();
        if self.cut > 0 {
            lines.push(format!("({} entries left out)", self.cut));
        }
        for RuleTrace { rule, failed, out_of_time, .. } in &self.rules {
            lines.push(match failed {
                None if *out_of_time => format!("Rule '{rule}' did not match: the lead came out of its time."),
                None => format!("Rule '{rule}' matched."),
                Some(FailedComparison { field, op, expected, found }) => {
                    let found = found.as_ref().map_or_else(|| "missing".to_owned(), |found| format!("\"{found}\""));
                    let expected = if expected.is_empty() { String::new() } else { format!(" {expected}") };
                    format!("Rule '{rule}' did not match: {field} is {found}, the rule asks for {op}{expected}.")
                }
            });
        }
        for action in &self.actions {
            lines.push(match &action.picked {
                Some(picked) => format!("Action '{}' gave the lead to {picked}.", action.action),
                None => format!("Action '{}' gave the lead to nobody.", action.action),
            });
            for CandidateTrace { assignee, ineligible, credit } in &action.candidates {
                lines.push(match (ineligible, credit) {
                    (Some(reason), _) => format!("  {assignee} {reason}."),
                    (None, Some([before, after])) => {
                        format!(
                            "  {assignee} was eligible, credit {} before and {} after.",
                            leads(*before),
                            leads(*after)
                        )
                    }
                    (None, None) => format!("  {assignee} was eligible."),
                });
            }
        }
        lines.join("\n")
    }
}

/// Millionths of a lead as leads, with a sign.
fn leads(millionths: i64) -> String {
    let sign = if millionths < 0 { '-' } else { '+' };
    let size = millionths.unsigned_abs();
    format!("{sign}{}.{:03}", size / 1_000_000, size % 1_000_000 / 1_000)
}

fn bytes(part: &impl Serialize) -> usize {
    // Strings and numbers always serialise; a part that did not would count as nothing and be kept.
    serde_json::to_vec(part).map_or(0, |json| json.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::FieldName;

    fn rule(index: usize, matched: bool) -> RuleTrace {
        let failed = Failed {
            field: FieldName::new("company_size").unwrap(),
            op: "gt".into(),
            expected: "500".into(),
            found: Some("12".into()),
        };
        let rule = RuleTrace::matched(RuleId::new(format!("r{index}")).unwrap());
        RuleTrace { failed: (!matched).then(|| failed.into()), ..rule }
    }

    #[test]
    fn a_long_trace_keeps_what_decided() {
        let candidates = (0..1_000)
            .map(|index| CandidateTrace {
                assignee: AssigneeId::new(format!("a{index}")).unwrap(),
                ineligible: None,
                credit: Some([-123_456, 123_456]),
            })
            .collect();
        let picked = Some(AssigneeId::new("a999").unwrap());
        let action = ActionTrace { action: "pool p".into(), pool: None, candidates, picked: picked.clone() };
        let rules = (0..5_000).map(|index| rule(index, index == 4_999)).collect();
        let trace = Trace { rules, actions: vec![action], cut: 0 }.bounded();
        assert!(serde_json::to_vec(&trace).unwrap().len() <= TRACE_BYTES_MAX);
        assert_eq!(trace.rules.last(), Some(&rule(4_999, true)));
        assert!(trace.actions[0].candidates.iter().any(|c| Some(&c.assignee) == picked.as_ref()));
        assert_eq!(trace.cut, 6_000 - trace.rules.len() - trace.actions[0].candidates.len());
    }

    #[test]
    fn sentences() {
        let trace = Trace {
            rules: vec![rule(1, false), rule(2, true)],
            actions: vec![ActionTrace {
                action: "pool sales".into(),
                pool: None,
                candidates: vec![
                    CandidateTrace {
                        assignee: AssigneeId::new("anna").unwrap(),
                        ineligible: Some(Ineligible::CapReached { period: crate::config::Period::Day, limit: 3 }),
                        credit: None,
                    },
                    CandidateTrace {
                        assignee: AssigneeId::new("bo").unwrap(),
                        ineligible: None,
                        credit: Some([250_000, -250_000]),
                    },
                ],
                picked: Some(AssigneeId::new("bo").unwrap()),
            }],
            cut: 0,
        };
        assert_eq!(
            trace.explain(),
            "Rule 'r1' did not match: company_size is \"12\", the rule asks for gt 500.\n\
             Rule 'r2' matched.\n\
             Action 'pool sales' gave the lead to bo.\n  \
             anna has had 3 leads today.\n  \
             bo was eligible, credit +0.250 before and -0.250 after."
        );
        let json = serde_json::to_string(&trace).unwrap();
        assert_eq!(serde_json::from_str::<Trace>(&json).unwrap(), trace);
    }
}
