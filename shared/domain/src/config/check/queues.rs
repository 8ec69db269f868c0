//! Checking queues: who may claim from them.

use super::{Check, Names};

impl Check<'_> {
    pub(super) fn queues(&mut self, names: &Names) {
        for (index, queue) in self.config.queues.iter().enumerate() {
            if queue.members.is_empty() && queue.pools.is_empty() {
                let message = "nobody may claim from it: name assignees in 'members' or pools in 'pools'";
                self.problem(format!("queues[{index}]"), message);
            }
            for (at, id) in queue.members.iter().enumerate() {
                self.named(&names.assignees, id, format!("queues[{index}].members[{at}]"), "assignees");
            }
            for (at, id) in queue.pools.iter().enumerate() {
                self.named(&names.pools, id, format!("queues[{index}].pools[{at}]"), "pools");
            }
        }
    }
}
