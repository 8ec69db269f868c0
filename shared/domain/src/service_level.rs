//! The timers of a service level: what is due when for an assigned lead. They are worked out once, when the lead is given,
//! so that a config that is published later moves no timer that runs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::{Assignee, Checked, Clock, ServiceLevel, StepAction};
use crate::id::{AssigneeId, DeliveryId};

/// What is due when, as long as nobody has contacted the lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timers {
    /// One after another.
    pub steps: Vec<Timer>,
    /// How many of them were carried out.
    #[serde(default)]
    pub done: u32,
    /// The notices that those have caused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<DeliveryId>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// When it is due.
    pub at: Timestamp,
    /// What is done.
    #[serde(rename = "do")]
    pub action: Due,
}

/// What is done when a step is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// Whoever has the lead gets a notice.
    Remind,
    /// The next candidate gets the lead.
    Reassign,
    /// This assignee gets a notice.
    Escalate(AssigneeId),
}

impl Timers {
    /// The timers of a lead that is given now; `None` when nothing is ever due, as for someone who never works again.
    #[must_use]
    pub fn start(level: &ServiceLevel, config: &Checked, assignee: &Assignee, now: Timestamp) -> Option<Self> {
        let mut steps: Vec<Timer> = Vec::new();
        for step in &level.steps {
            let wait = step.after.duration();
            let at = match level.clock {
                Clock::Wall => now.checked_add(wait).ok(),
                Clock::Working => config.working_time(assignee).after(now, wait),
            };
            let Some(at) = at else { break };
            let action = match &step.action {
                StepAction::Remind => Due::Remind,
                StepAction::Reassign => Due::Reassign,
                StepAction::Escalate(to) => Due::Escalate(to.clone()),
            };
            steps.push(Timer { at, action });
        }
        (!steps.is_empty()).then_some(Self { steps, done: 0, notices: Vec::new() })
    }

    /// The next step and its number, from 1; `None` after the last.
    #[must_use]
    pub fn next(&self) -> Option<(u32, &Timer)> {
        let timer = self.steps.get(usize::try_from(self.done).ok()?)?;
        Some((self.done + 1, timer))
    }
}

#[cfg(test)]
mod tests;
