//! The proof that a config is sound: every name it uses exists, every condition fits its fields.

mod assignees;
mod automations;
mod destinations;
mod form_page;
mod leadsquared;
mod limits;
mod pools;
mod profiles;
mod queues;
mod routing_tests;
mod schedules;
mod sources;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::profiles::{compile_automations, compile_filters, compile_profiles};
use super::{
    Assignee, CheckedAutomation, CheckedProfile, Config, Destination, FieldTable, Pool, Problem, Problems, Queue,
    Source,
};
use crate::caps::CapClock;
use crate::condition::{KnownLists, Test};
use crate::delivery::alert::Subject;
use crate::field::{FieldName, FieldValue};
use crate::handover::STAGE;
use crate::id::{
    AccountId, AccountName, AssigneeId, CalendarId, DestinationId, ListName, PoolId, QueueId, ScheduleId, SecretName,
    SourceId,
};
use crate::lead::Lead;
use crate::working_time::{Times, WorkingTime};
use crate::{near, text};

/// What exists beside the document and may be named in it.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The secrets that have a value.
    pub secrets: &'a BTreeSet<SecretName>,
    /// The intake formats.
    pub formats: &'a [&'a str],
    /// The lists that were uploaded.
    pub lists: &'a BTreeSet<ListName>,
}

/// A sound config: every name in it leads somewhere. [`Checked::compile`] makes it ready to decide.
#[derive(Debug, Clone)]
pub struct Checked {
    config: Config,
    fields: FieldTable,
    names: Names,
    /// Of each assignee who is not always at work.
    times: BTreeMap<AssigneeId, Times>,
}

/// Where in the document each named thing stands.
#[derive(Debug, Clone)]
struct Names {
    sources: BTreeMap<SourceId, usize>,
    calendars: BTreeMap<CalendarId, usize>,
    schedules: BTreeMap<ScheduleId, usize>,
    assignees: BTreeMap<AssigneeId, usize>,
    pools: BTreeMap<PoolId, usize>,
    queues: BTreeMap<QueueId, usize>,
    destinations: BTreeMap<DestinationId, usize>,
}

impl Checked {
    /// The document.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All known fields.
    #[must_use]
    pub fn fields(&self) -> &FieldTable {
        &self.fields
    }

    /// The profiles, enabled or not, with their conditions compiled.
    ///
    /// # Errors
    /// What is wrong with a condition. There is nothing unless a list was removed since the config was checked.
    pub fn profiles(&self, lists: KnownLists<'_>) -> Result<Vec<CheckedProfile>, Problems> {
        let mut problems = Vec::new();
        let profiles = compile_profiles(&self.config, &self.fields, lists, &mut problems);
        if problems.is_empty() { Ok(profiles) } else { Err(Problems(problems)) }
    }

    /// What assignees take, compiled, where it is not everything.
    ///
    /// # Errors
    /// As [`Checked::profiles`].
    pub fn filters(&self, lists: KnownLists<'_>) -> Result<HashMap<AssigneeId, Test>, Problems> {
        let mut problems = Vec::new();
        let filters = compile_filters(&self.config, &self.fields, lists, &mut problems);
        let named = |(place, test): (usize, Test)| Some((self.config.assignees.get(place)?.id.clone(), test));
        if problems.is_empty() { Ok(filters.into_iter().filter_map(named).collect()) } else { Err(Problems(problems)) }
    }

    /// The automations that are no drafts, compiled.
    ///
    /// # Errors
    /// As [`Checked::profiles`].
    pub fn automations(&self, lists: KnownLists<'_>) -> Result<Vec<CheckedAutomation>, Problems> {
        let mut problems = Vec::new();
        let automations = compile_automations(&self.config, &self.fields, lists, &mut problems);
        if problems.is_empty() { Ok(automations) } else { Err(Problems(problems)) }
    }

    /// The name by which other accounts know this one.
    #[must_use]
    pub fn sync_name(&self, account: &AccountId) -> AccountName {
        self.config.account.sync_name.clone().unwrap_or_else(|| AccountName::of(account))
    }

    /// Whether leads remember their way through accounts: something here is told others, or told by them.
    #[must_use]
    pub fn syncs(&self) -> bool {
        !self.config.automations.is_empty() || self.config.sources.iter().any(|source| source.sync.is_some())
    }

    /// A source by its id.
    #[must_use]
    pub fn source(&self, id: &SourceId) -> Option<&Source> {
        self.names.sources.get(id).and_then(|&index| self.config.sources.get(index))
    }

    /// An assignee by its id.
    #[must_use]
    pub fn assignee(&self, id: &AssigneeId) -> Option<&Assignee> {
        self.names.assignees.get(id).and_then(|&index| self.config.assignees.get(index))
    }

    /// A pool by its id.
    #[must_use]
    pub fn pool(&self, id: &PoolId) -> Option<&Pool> {
        self.names.pools.get(id).and_then(|&index| self.config.pools.get(index))
    }

    /// A pool, and the pools that are tried when nobody in it is eligible.
    pub fn pool_and_fallbacks<'a>(&'a self, id: &PoolId) -> impl Iterator<Item = &'a Pool> {
        // The check of the config proved that this ends.
        std::iter::successors(self.pool(id), |pool| self.pool(pool.fallback.as_ref()?))
    }

    /// A queue by its id.
    #[must_use]
    pub fn queue(&self, id: &QueueId) -> Option<&Queue> {
        self.names.queues.get(id).and_then(|&index| self.config.queues.get(index))
    }

    /// A destination by its id.
    #[must_use]
    pub fn destination(&self, id: &DestinationId) -> Option<&Destination> {
        self.names.destinations.get(id).and_then(|&index| self.config.destinations.get(index))
    }

    /// The addresses of those who are told when something is wrong with a destination, also with one that has left the config,
    /// or when events of a source fail; each once.
    #[must_use]
    pub fn notified(&self, subject: &Subject) -> Vec<&str> {
        let notify = match subject {
            Subject::Destination(id) => {
                let own = self.destination(id).map(|destination| &destination.notify);
                Some(own.filter(|notify| !notify.is_nobody()).unwrap_or(&self.config.account.notify))
            }
            Subject::Source(id) => self.source(id).and_then(|source| source.notify.as_ref()),
        };
        let Some(notify) = notify else { return Vec::new() };
        let mut addresses: Vec<&str> = Vec::new();
        let of_assignees = notify.assignees.iter().filter_map(|id| self.assignee(id)?.email.as_deref());
        for address in notify.emails.iter().map(String::as_str).chain(of_assignees) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
    }

    /// When an assignee of this config is at work.
    #[must_use]
    pub fn working_time<'a>(&'a self, assignee: &'a Assignee) -> WorkingTime<'a> {
        WorkingTime::new(self.config.zone_of(assignee).time_zone(), self.times.get(&assignee.id))
    }

    /// Where an assignee's leads are delivered.
    #[must_use]
    pub fn enabled_destinations(&self, assignee: &Assignee) -> Vec<DestinationId> {
        let enabled = |id: &&DestinationId| self.destination(id).is_some_and(|destination| destination.enabled);
        assignee.destinations.iter().filter(enabled).cloned().collect()
    }

    /// By which clock the caps of an assignee count.
    #[must_use]
    pub fn cap_clock<'a>(&'a self, assignee: &'a Assignee, now: Timestamp) -> CapClock<'a> {
        let clock = self.account_clock(now);
        match &assignee.timezone {
            Some(zone) => CapClock { zone: zone.time_zone(), ..clock },
            None => clock,
        }
    }

    /// The account's own clock.
    #[must_use]
    pub fn account_clock(&self, now: Timestamp) -> CapClock<'_> {
        let account = &self.config.account;
        CapClock { now, zone: account.timezone.time_zone(), first_weekday: account.first_weekday.into() }
    }

    /// What a lead is worth: the account's `value_field`, and nothing below zero.
    #[must_use]
    pub fn value_of(&self, lead: &Lead) -> Decimal {
        let field = self.config.account.value_field.as_ref().and_then(|field| lead.fields.get(field));
        match field {
            Some(FieldValue::Number { number }) => (*number).max(Decimal::ZERO),
            _ => Decimal::ZERO,
        }
    }

    /// Whether a lead is in a stage in which it is no longer worked on.
    #[must_use]
    pub fn is_closed(&self, lead: &Lead) -> bool {
        let stage = FieldName::new(STAGE).ok().and_then(|field| lead.fields.get(&field));
        let Some(stage) = stage.map(|stage| text::fold(&stage.to_string())) else { return false };
        self.config.account.closed_stages.iter().any(|closed| text::fold(closed) == stage)
    }
}

impl Config {
    /// The same proof for a config that was published before. Its secrets, formats and conditions were checked then: one
    /// that was removed since must not stop the others from being served.
    ///
    /// # Errors
    /// As [`Config::check`]; only a document that was changed by hand can meet them.
    pub fn check_published(self) -> Result<Checked, Problems> {
        let secrets = self.secrets().into_iter().cloned().collect();
        let formats: Vec<String> = self.sources.iter().map(|source| source.format.clone()).collect();
        let formats: Vec<&str> = formats.iter().map(String::as_str).collect();
        self.prove(&Known { secrets: &secrets, formats: &formats, lists: &BTreeSet::new() }, Proof::Names)
    }

    /// Proves the config sound.
    ///
    /// # Errors
    /// Everything that is wrong, each with the path of its node, what was found and what was expected.
    pub fn check(self, known: &Known<'_>) -> Result<Checked, Problems> {
        self.prove(known, Proof::Whole)
    }

    fn prove(self, known: &Known<'_>, proof: Proof) -> Result<Checked, Problems> {
        let fields = FieldTable::new(&self.fields);
        let mut check = Check { fields, config: &self, known: *known, problems: Vec::new() };
        check.limits();
        check.fields();
        let names = Names {
            sources: check.index("sources", self.sources.iter().map(|source| &source.id)),
            calendars: check.index("calendars", self.calendars.iter().map(|calendar| &calendar.id)),
            schedules: check.index("schedules", self.schedules.iter().map(|schedule| &schedule.id)),
            assignees: check.index("assignees", self.assignees.iter().map(|assignee| &assignee.id)),
            pools: check.index("pools", self.pools.iter().map(|pool| &pool.id)),
            queues: check.index("queues", self.queues.iter().map(|queue| &queue.id)),
            destinations: check.index("destinations", self.destinations.iter().map(|destination| &destination.id)),
        };
        check.sources(&names);
        check.schedules();
        check.assignees(&names);
        let times = check.times(&names);
        check.pools(&names);
        check.queues(&names);
        check.destinations(&names);
        check.index("automations", self.automations.iter().map(|automation| &automation.id));
        check.automations(&names);
        check.notify(&self.account.notify, "account.notify", &names);
        check.profiles(&names);
        check.tests(&names);
        if proof == Proof::Whole {
            check.names_for_people();
            check.conditions();
        }
        let Check { problems, fields, .. } = check;
        if problems.is_empty() { Ok(Checked { config: self, fields, names, times }) } else { Err(Problems(problems)) }
    }
}

/// How much of a config is looked at.
#[derive(PartialEq, Eq)]
enum Proof {
    /// All of it.
    Whole,
    /// All but the conditions, which take most of the time.
    Names,
}

struct Check<'a> {
    config: &'a Config,
    known: Known<'a>,
    fields: FieldTable,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    /// Says that something a node names does not exist.
    fn named<K: Ord + Display>(&mut self, index: &BTreeMap<K, usize>, id: &K, path: String, list: &str) {
        if !index.contains_key(id) {
            let known: Vec<String> = index.keys().map(ToString::to_string).collect();
            let hint = near::hint(&id.to_string(), known.iter().map(String::as_str));
            self.problem(path, format!("there is no '{id}' under '{list}'{hint}"));
        }
    }

    fn secret(&mut self, name: Option<&SecretName>, path: String) {
        if let Some(name) = name
            && !self.known.secrets.contains(name)
        {
            let hint = near::hint(name.as_str(), self.known.secrets.iter().map(SecretName::as_str));
            self.problem(
                path,
                format!("the secret '{name}' has no value yet: set it with PUT /v1/secrets/{name}{hint}"),
            );
        }
    }

    fn index<'b, K: Ord + Clone + Display + 'b>(
        &mut self,
        list: &str,
        ids: impl Iterator<Item = &'b K>,
    ) -> BTreeMap<K, usize> {
        let mut index = BTreeMap::new();
        for (position, id) in ids.enumerate() {
            if let Some(first) = index.insert(id.clone(), position) {
                self.problem(format!("{list}[{position}].id"), format!("'{id}' is already the id of {list}[{first}]"));
            }
        }
        index
    }
}
