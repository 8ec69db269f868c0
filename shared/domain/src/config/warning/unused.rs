//! Things that nothing uses.

use std::collections::BTreeSet;

use super::view::View;
use super::{Check, Warning};

pub(super) const CHECK: Check = Check {
    codes: &[
        UNUSED_POOL,
        UNUSED_QUEUE,
        UNUSED_ASSIGNEE,
        UNUSED_SCHEDULE,
        UNUSED_CALENDAR,
        UNUSED_DESTINATION,
        UNUSED_LIST,
    ],
    find,
};

const UNUSED_POOL: &str = "unused_pool";
const UNUSED_QUEUE: &str = "unused_queue";
const UNUSED_ASSIGNEE: &str = "unused_assignee";
const UNUSED_SCHEDULE: &str = "unused_schedule";
const UNUSED_CALENDAR: &str = "unused_calendar";
const UNUSED_DESTINATION: &str = "unused_destination";
const UNUSED_LIST: &str = "unused_list";

fn find(view: &View<'_>, found: &mut Vec<Warning>) {
    let config = view.config();
    let given = view.given();
    let mut unused = |code, path: String, message: String| found.push(Warning { code, path, message });
    for (index, pool) in config.pools.iter().enumerate() {
        if !given.pools.contains_key(&pool.id) {
            let message = format!("no rule or default of an enabled profile gives leads to the pool '{}'", pool.id);
            unused(UNUSED_POOL, format!("pools[{index}]"), message);
        }
    }
    for (index, queue) in config.queues.iter().enumerate() {
        if !given.queues.contains_key(&queue.id) {
            let message = format!("no rule or default of an enabled profile puts leads into the queue '{}'", queue.id);
            unused(UNUSED_QUEUE, format!("queues[{index}]"), message);
        }
    }
    // A pool that is not used was told: its members need not be, each.
    let members = config.pools.iter().flat_map(|pool| &pool.members).filter_map(|member| member.member.assignee());
    let members: BTreeSet<_> = members.chain(config.queues.iter().flat_map(|queue| &queue.members)).collect();
    for (index, assignee) in config.assignees.iter().enumerate() {
        if !given.assignees.contains_key(&assignee.id) && !members.contains(&assignee.id) {
            let message = format!("'{}' is in no pool, and no rule of an enabled profile names it", assignee.id);
            unused(UNUSED_ASSIGNEE, format!("assignees[{index}]"), message);
        }
    }
    let schedules: BTreeSet<_> = config.assignees.iter().filter_map(|assignee| assignee.schedule.as_ref()).collect();
    for (index, schedule) in config.schedules.iter().enumerate() {
        if !schedules.contains(&schedule.id) {
            let message = format!("no assignee has the schedule '{}'", schedule.id);
            unused(UNUSED_SCHEDULE, format!("schedules[{index}]"), message);
        }
    }
    let calendars: BTreeSet<_> = config.assignees.iter().flat_map(|assignee| &assignee.holidays).collect();
    for (index, calendar) in config.calendars.iter().enumerate() {
        if !calendars.contains(&calendar.id) {
            let message = format!("no assignee has the calendar '{}' among its holidays", calendar.id);
            unused(UNUSED_CALENDAR, format!("calendars[{index}]"), message);
        }
    }
    let destinations = config.assignees.iter().flat_map(|assignee| &assignee.destinations);
    let told = config.automations.iter().map(|automation| &automation.push);
    let replies = config.sources.iter().filter_map(|source| source.auto_reply.as_ref());
    let destinations: BTreeSet<_> = destinations.chain(told).chain(replies).collect();
    for (index, destination) in config.destinations.iter().enumerate() {
        if !destinations.contains(&destination.id) {
            let message = format!("no assignee, source or automation delivers to the destination '{}'", destination.id);
            unused(UNUSED_DESTINATION, format!("destinations[{index}]"), message);
        }
    }
    let named: BTreeSet<_> = config.lists().into_iter().map(|(name, _)| name).collect();
    for list in view.facts.lists.difference(&named) {
        unused(UNUSED_LIST, format!("lists.{list}"), format!("no rule looks anything up in the list '{list}'"));
    }
}
