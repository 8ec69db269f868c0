//! Why a lead went where it went.

mod explain;
mod names;
pub(crate) mod words;

use serde::{Deserialize, Serialize};

use crate::condition::Failed;
use crate::eligibility::Ineligible;
use crate::id::{AssigneeId, PoolId, ProfileId, RuleId};
use crate::rotation::Member;
use crate::strategy::Strategy;
use crate::text;

pub(crate) use explain::reason;
pub use explain::{Decided, explain};
pub use names::Names;

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
    /// How many rules match as well and give the lead to nobody, for one lead is given by so many rules only.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub beyond: usize,
    /// How often the lead was given before, when that is as often as it may be; 0 when it is not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offered: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_rotation(strategy: &Strategy) -> bool {
    *strategy == Strategy::Rotate
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

    /// Whether the rule matched.
    #[must_use]
    pub fn is_match(&self) -> bool {
        self.failed.is_none() && !self.out_of_time
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
    /// How many other comparisons would have been enough and failed too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub alternatives: usize,
}

/// Longest piece of a value that a trace repeats, in characters.
const VALUE_CHARS_MAX: usize = 120;

fn shortened(value: &str) -> String {
    text::shortened(value, VALUE_CHARS_MAX).into_owned()
}

impl From<Failed> for FailedComparison {
    fn from(failed: Failed) -> Self {
        Self {
            field: failed.field.to_string(),
            op: failed.op,
            expected: shortened(&failed.expected),
            found: failed.found.as_deref().map(shortened),
            alternatives: failed.alternatives,
        }
    }
}

/// One action that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ActionTrace {
    /// The action, as a config writes it: `pool sales`, `assign_to anna`, `do_nothing`.
    pub action: String,
    /// The pool, when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// How the pool picks.
    #[serde(default, skip_serializing_if = "is_rotation")]
    pub strategy: Strategy,
    /// Who was looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<CandidateTrace>,
    /// Who was picked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picked: Option<Member>,
    /// Whose turn it was, who has had enough, where the action says that the lead does not go on to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<AssigneeId>,
    /// Whether it is of the profile's default, tried because the rule's own actions found nobody.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_default: bool,
}

/// One candidate that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateTrace {
    /// Who: an assignee, or a pool in the pool.
    pub member: Member,
    /// Why not; `None` for an eligible one.
    #[serde(default, skip_serializing_if = "Option::is_none", flatten)]
    pub ineligible: Option<Ineligible>,
    /// The credits in the pool before and after, in millionths of a lead; `None` where nothing rotates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<[i64; 2]>,
}

impl Trace {
    /// The trace within its bound, cut from the least interesting end: first the rules tried long before the one that
    /// matched, then candidates that were not picked, then actions that found nobody.
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
                && let Some(last) = action.candidates.iter().rposition(|c| action.picked.as_ref() != Some(&c.member))
            {
                size = size.saturating_sub(bytes(&action.candidates.remove(last)) + 1);
                self.cut += 1;
            }
        }
        // Pools of which nobody could take the lead, when they are many: the last action is the one that decided.
        size = self.bytes();
        let mut actions = std::mem::take(&mut self.actions).into_iter().peekable();
        while let Some(action) = actions.next() {
            if size > TRACE_BYTES_MAX && action.picked.is_none() && actions.peek().is_some() {
                size = size.saturating_sub(bytes(&action) + 1);
                self.cut += 1;
            } else {
                self.actions.push(action);
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
            alternatives: 0,
        };
        let rule = RuleTrace::matched(RuleId::new(format!("r{index}")).unwrap());
        RuleTrace { failed: (!matched).then(|| failed.into()), ..rule }
    }

    #[test]
    fn a_long_trace_keeps_what_decided() {
        let candidates = (0..1_000)
            .map(|index| CandidateTrace {
                member: format!("a{index}").parse().unwrap(),
                ineligible: None,
                credit: Some([-123_456, 123_456]),
            })
            .collect();
        let picked = Some("a999".parse().unwrap());
        let action =
            ActionTrace { action: "pool p".into(), candidates, picked: picked.clone(), ..ActionTrace::default() };
        let rules = (0..5_000).map(|index| rule(index, index == 4_999)).collect();
        let trace = Trace { rules, actions: vec![action], ..Trace::default() }.bounded();
        assert!(serde_json::to_vec(&trace).unwrap().len() <= TRACE_BYTES_MAX);
        assert_eq!(trace.rules.last(), Some(&rule(4_999, true)));
        assert!(trace.actions[0].candidates.iter().any(|c| Some(&c.member) == picked.as_ref()));
        assert_eq!(trace.cut, 6_000 - trace.rules.len() - trace.actions[0].candidates.len());
    }

    #[test]
    fn a_trace_of_many_pools_keeps_the_last() {
        let empty = |index: usize| ActionTrace {
            action: format!("pool p{index}"),
            pool: Some(PoolId::new(format!("p{index}")).unwrap()),
            candidates: vec![CandidateTrace {
                member: "anna".parse().unwrap(),
                ineligible: Some(Ineligible::Inactive),
                credit: None,
            }],
            ..ActionTrace::default()
        };
        let trace = Trace { actions: (0..5_000).map(empty).collect(), ..Trace::default() }.bounded();
        assert!(serde_json::to_vec(&trace).unwrap().len() <= TRACE_BYTES_MAX);
        assert_eq!(trace.actions.last().unwrap().action, "pool p4999");
        assert_eq!(trace.cut, 10_000 - trace.actions.len());
        assert!(trace.actions.len() > 100, "no more is cut than must be");
    }
}
