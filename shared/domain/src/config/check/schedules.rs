//! Checking schedules, calendars and absences, and what they come to.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Check, Names};
use crate::condition::instant;
use crate::config::{Absence, Assignee, INTERVALS_MAX, WeeklyHours};
use crate::id::AssigneeId;
use crate::working_time::{Absences, Holidays, Times};

impl Check<'_> {
    pub(super) fn schedules(&mut self) {
        let config = self.config;
        for (index, schedule) in config.schedules.iter().enumerate() {
            self.hours(&schedule.hours, &format!("schedules[{index}].hours"));
        }
        for (index, assignee) in config.assignees.iter().enumerate() {
            let Some(hours) = &assignee.hours else { continue };
            let path = format!("assignees[{index}].hours");
            self.hours(hours, &path);
            if let Some(schedule) = &assignee.schedule {
                self.problem(path, format!("the schedule '{schedule}' has hours too: keep 'schedule' or 'hours'"));
            }
        }
    }

    fn hours(&mut self, hours: &WeeklyHours, path: &str) {
        for (day, intervals) in hours.days() {
            let path = format!("{path}.{day}");
            self.at_most(&path, intervals.len(), INTERVALS_MAX, "intervals");
            let mut order: Vec<usize> = (0..intervals.len()).collect();
            order.sort_by_key(|&at| intervals[at]);
            // In order, an interval overlaps an earlier one exactly when it overlaps the one that ends last.
            let mut last: Option<usize> = None;
            for at in order {
                if let Some(other) = last.filter(|&other| intervals[at].start() < intervals[other].end()) {
                    let (first, second) = (at.min(other), at.max(other));
                    let message = format!(
                        "{} overlaps {} of {path}[{first}]: join them, or end one before the other begins",
                        intervals[second], intervals[first]
                    );
                    self.problem(format!("{path}[{second}]"), message);
                }
                last = last.into_iter().chain([at]).max_by_key(|&at| intervals[at].end());
            }
        }
    }

    /// The working time of every assignee who is not always at work.
    pub(super) fn times(&mut self, names: &Names) -> BTreeMap<AssigneeId, Times> {
        let config = self.config;
        let schedules: Vec<_> = config.schedules.iter().map(|schedule| Arc::new(schedule.hours.in_order())).collect();
        let calendars: Vec<_> = config.calendars.iter().map(|calendar| Arc::new(Holidays::new(calendar))).collect();
        let mut times = BTreeMap::new();
        for (index, assignee) in config.assignees.iter().enumerate() {
            let Assignee { id, schedule, hours, holidays, absences, .. } = assignee;
            if schedule.is_none() && hours.is_none() && holidays.is_empty() && absences.is_empty() {
                continue;
            }
            let path = format!("assignees[{index}]");
            let mut own = Times { hours: hours.as_ref().map(|hours| Arc::new(hours.in_order())), ..Times::default() };
            if let Some(schedule) = schedule {
                self.named(&names.schedules, schedule, format!("{path}.schedule"), "schedules");
                own.hours = names.schedules.get(schedule).map(|&index| Arc::clone(&schedules[index]));
            }
            for (at, calendar) in holidays.iter().enumerate() {
                self.named(&names.calendars, calendar, format!("{path}.holidays[{at}]"), "calendars");
                own.holidays.extend(names.calendars.get(calendar).map(|&index| Arc::clone(&calendars[index])));
            }
            let zone = config.zone_of(assignee).time_zone();
            let absences = absences.iter().enumerate();
            let absences =
                absences.filter_map(|(at, absence)| self.absence(absence, zone, &format!("{path}.absences[{at}]")));
            own.absences = Absences::new(absences.collect());
            times.insert(id.clone(), own);
        }
        times
    }

    fn absence(&mut self, absence: &Absence, zone: &TimeZone, path: &str) -> Option<(Timestamp, Timestamp)> {
        let Absence { from, until, .. } = absence;
        let begin = self.moment(from, zone, format!("{path}.from"));
        let end = self.moment(until, zone, format!("{path}.until"));
        let (begin, end) = begin.zip(end)?;
        if end <= begin {
            let message = format!(
                "the absence begins at {from} and would be over at {until}: give a later end, the first day back"
            );
            self.problem(format!("{path}.until"), message);
            return None;
        }
        Some((begin, end))
    }

    fn moment(&mut self, written: &str, zone: &TimeZone, path: String) -> Option<Timestamp> {
        let moment = instant(written, zone);
        if moment.is_none() {
            let message =
                format!("'{written}' is no day or time: write 2026-07-31, 2026-07-31T10:00 or 2026-07-31T10:00:00Z");
            self.problem(path, message);
        }
        moment
    }
}
