//! The config document of an account: what a person writes, checked once, immutable from then on.
//!
//! [`document::parse`] reads YAML or JSON, [`Config::check`] proves it sound and compiles its conditions. Only a
//! [`Checked`] config decides anything.

mod access;
mod account;
mod action;
mod amount;
mod assignee;
mod automation;
mod check;
mod destination;
pub mod diff;
pub mod document;
mod fields;
mod form_page;
mod leadsquared;
mod notify;
mod platform;
mod pool;
mod problem;
mod profile;
mod profiles;
mod queue;
mod routing_test;
mod schedule;
mod schema;
mod service_level;
mod source;
mod sync;
#[cfg(test)]
mod tests;
mod transform;
pub mod warning;
mod webhook;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use access::{Access, Role};
pub use account::{Account, Weekday, Zone};
pub use action::{Action, DefaultAction, Else, OverCap, Recipient};
pub use amount::Amount;
pub use assignee::{Assignee, AssigneeKind, Cap, Capacity, Period, Target, Tier, Weight};
pub use automation::{AUTOMATIONS_MAX, Automation, AutomationState, Trigger};
pub use check::{Checked, Known};
pub use destination::{Attachment, Carrier, Channel, Destination, Email, Limits};
pub use fields::{FieldDefinition, FieldInfo, FieldTable};
pub use form_page::{
    Buttons, FormPage, FormStep, PAGE_BYTES_MAX, PAGE_QUESTIONS_MAX, PAGE_STEPS_MAX, Question, QuestionWhen,
};
pub use leadsquared::{LEADSQUARED_FIELDS, LEADSQUARED_HOST, LeadUpdate, Leadsquared, LeadsquaredActivity};
pub use notify::Notify;
pub use platform::{BasicSecret, HeaderSecret, HubspotSettings, HubspotSignature};
pub use pool::{Pool, PoolMember};
pub use problem::{Problem, Problems};
pub use profile::{MatchMode, Profile, Redistribute, Rule};
pub use profiles::{CheckedAutomation, CheckedProfile, CheckedRule};
pub use queue::Queue;
pub use routing_test::{DEFAULT_RULE, Expectation, ExpectedOutcome, RoutingTest, TESTS_MAX};
pub use schedule::{Absence, Calendar, CalendarDay, Interval, InvalidDay, InvalidInterval, Schedule, WeeklyHours};
pub use schema::json_schema;
pub use service_level::{Attempts, Clock, ServiceLevel, Step, StepAction, Wait};
pub(crate) use source::default_entity;
pub use source::{
    Answers, Behaviour, DuplicateScope, Duplicates, ExternalIdFrom, FetchSettings, FormSettings, HmacAlgorithm,
    HmacEncoding, HmacSettings, Mapping, OnDuplicate, PlatformSecrets, SEARCH_KEYS_MAX, SearchKey, SecretRef, Source,
    Verification,
};
pub use sync::{ActivityMapping, ActivitySync, SyncSettings};
pub use transform::{DateFormat, Split, TRANSFORMS_MAX, Transform, UNIX_MS};

pub use webhook::{Auth, Body, HttpMethod, Oauth2, Slack, TextBody, Webhook};

use crate::condition::Case;
use crate::id::{ListName, SecretName};

/// Most rules in a config.
pub const RULES_MAX: usize = 10_000;
/// Most pools in a config.
pub const POOLS_MAX: usize = 5_000;
/// Most queues in a config.
pub const QUEUES_MAX: usize = 1_000;
/// How deep pools may stand in pools.
pub const POOL_DEPTH_MAX: usize = 8;
/// Most members of a pool, with those of the pools in it, each as often as it stands there: all of them are looked at for one
/// lead.
pub const POOL_CANDIDATES_MAX: usize = 20_000;
/// Most steps of a service level.
pub const STEPS_MAX: usize = 10;
/// Most times that a rule may offer one lead.
pub const ATTEMPTS_MAX: u8 = 50;
/// Most stages that count as closed.
pub const CLOSED_STAGES_MAX: usize = 100;
/// Most fields that a config declares.
pub const CUSTOM_FIELDS_MAX: usize = 1_000;
/// Most actions of a rule.
pub const ACTIONS_MAX: usize = 50;
/// Most assignees in a config.
pub const ASSIGNEES_MAX: usize = 5_000;
/// Most schedules in a config.
pub const SCHEDULES_MAX: usize = 1_000;
/// Most calendars in a config.
pub const CALENDARS_MAX: usize = 1_000;
/// Most days of a calendar.
pub const CALENDAR_DAYS_MAX: usize = 1_000;
/// Most intervals of a day of the week.
pub const INTERVALS_MAX: usize = 20;
/// Most calendars of an assignee.
pub const HOLIDAYS_MAX: usize = 20;
/// Most absences of an assignee.
pub const ABSENCES_MAX: usize = 100;
/// Most options of a choice.
pub const OPTIONS_MAX: usize = 1_000;
/// Most characters of a name for people.
pub const TEXT_CHARS_MAX: usize = 200;

/// A whole configuration of one account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Settings of the account as a whole.
    #[serde(default)]
    pub account: Account,
    /// Custom fields, beside the built-in ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldDefinition>,
    /// Where leads come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// Days on which nobody who observes them works.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendars: Vec<Calendar>,
    /// Weekly hours that several assignees share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<Schedule>,
    /// Who can be given a lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<Assignee>,
    /// Groups of assignees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<Pool>,
    /// Shared lines of leads whose members claim them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<Queue>,
    /// Where deliveries go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<Destination>,
    /// What is told others when leads change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub automations: Vec<Automation>,
    /// The rules, per entity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<Profile>,
    /// Sample leads with what each is expected to get: a config whose tests fail is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<RoutingTest>,
}

impl Config {
    /// The zone in which an assignee's time is told: its own, or the account's.
    pub(crate) fn zone_of<'a>(&'a self, assignee: &'a Assignee) -> &'a Zone {
        assignee.timezone.as_ref().unwrap_or(&self.account.timezone)
    }

    /// Every secret that the config names: each must be set before the config is published.
    #[must_use]
    pub fn secrets(&self) -> BTreeSet<&SecretName> {
        let sources = self.sources.iter().flat_map(Source::secrets);
        let destinations = self.destinations.iter().flat_map(|destination| destination.channel.secrets());
        sources.chain(destinations).collect()
    }

    /// Every list that a rule, a filter or an automation names, and whether the case of its entries counts there. Rules of disabled profiles count:
    /// they are checked like the others.
    #[must_use]
    pub fn lists(&self) -> BTreeSet<(ListName, Case)> {
        let rules = self.profiles.iter().flat_map(|profile| &profile.rules).filter_map(|rule| rule.when.as_ref());
        let filters = self.assignees.iter().filter_map(|assignee| assignee.filter.as_ref());
        let automations = self.automations.iter().flat_map(|automation| [&automation.was, &automation.when]).flatten();
        let mut lists = BTreeSet::new();
        for when in rules.chain(filters).chain(automations) {
            when.each_comparison(&mut |comparison| {
                if let Some(Ok(name)) = comparison.list().map(ListName::new) {
                    lists.insert((name, comparison.case));
                }
            });
        }
        lists
    }
}

fn yes() -> bool {
    true
}

/// For `skip_serializing_if`, which hands over a reference.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_true(value: &bool) -> bool {
    *value
}
