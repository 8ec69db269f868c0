//! What things are called.

use crate::config::{Checked, Profile, Rule};
use crate::id::{AssigneeId, DestinationId, PoolId, ProfileId, QueueId, RuleId};
use crate::rotation::Member;

/// The names for people of a config's things. What has none, or is no longer in the config, goes by its id.
#[derive(Debug, Clone, Copy, Default)]
pub struct Names<'a> {
    config: Option<&'a Checked>,
}

impl<'a> Names<'a> {
    /// The names of a config; best of the version that decided.
    #[must_use]
    pub fn of(config: &'a Checked) -> Self {
        Self { config: Some(config) }
    }

    /// Nothing has a name but its id.
    #[must_use]
    pub fn ids() -> Self {
        Self::default()
    }

    /// An assignee: `Anna Berger`.
    #[must_use]
    pub fn assignee<'n>(&self, id: &'n AssigneeId) -> &'n str
    where
        'a: 'n,
    {
        self.config.and_then(|config| config.assignee(id)).map_or(id.as_str(), |assignee| assignee.name.as_str())
    }

    /// Who takes turns in a pool: an assignee, or `the pool "Berlin"`.
    #[must_use]
    pub fn member(&self, member: &Member) -> String {
        match member {
            Member::Assignee(id) => self.assignee(id).to_owned(),
            Member::Pool(id) => format!("the pool {}", self.pool(id)),
        }
    }

    /// A queue, in quotes.
    #[must_use]
    pub fn queue(&self, id: &QueueId) -> String {
        let name = self.config.and_then(|config| config.queue(id)).and_then(|queue| queue.name.as_deref());
        in_quotes(name.unwrap_or(id.as_str()))
    }

    /// A pool, in quotes: `"Inside sales"`.
    #[must_use]
    pub fn pool(&self, id: &PoolId) -> String {
        let name = self.config.and_then(|config| config.pool(id)).and_then(|pool| pool.name.as_deref());
        in_quotes(name.unwrap_or(id.as_str()))
    }

    /// The pool that is tried when nobody in this one can take a lead.
    #[must_use]
    pub fn fallback(&self, id: &PoolId) -> Option<&'a PoolId> {
        self.config?.pool(id)?.fallback.as_ref()
    }

    /// A destination, in quotes.
    #[must_use]
    pub fn destination(&self, id: &DestinationId) -> String {
        let destination = self.config.and_then(|config| config.destination(id));
        in_quotes(destination.and_then(|destination| destination.name.as_deref()).unwrap_or(id.as_str()))
    }

    /// A profile, in quotes.
    #[must_use]
    pub fn profile(&self, id: &ProfileId) -> String {
        in_quotes(self.find_profile(id).and_then(|profile| profile.name.as_deref()).unwrap_or(id.as_str()))
    }

    /// A rule, in quotes.
    #[must_use]
    pub fn rule(&self, profile: Option<&ProfileId>, id: &RuleId) -> String {
        in_quotes(self.find_rule(profile, id).and_then(|rule| rule.name.as_deref()).unwrap_or(id.as_str()))
    }

    /// When a rule can match: `from 2026-07-01 until 2026-08-01`.
    #[must_use]
    pub fn time(&self, profile: Option<&ProfileId>, id: &RuleId) -> Option<String> {
        let rule = self.find_rule(profile, id)?;
        match (&rule.active_from, &rule.active_until) {
            (Some(from), Some(until)) => Some(format!("from {from} until {until}")),
            (Some(from), None) => Some(format!("from {from}")),
            (None, Some(until)) => Some(format!("until {until}")),
            (None, None) => None,
        }
    }

    /// A field: its label, or its name in rules.
    #[must_use]
    pub fn field<'n>(&self, name: &'n str) -> &'n str
    where
        'a: 'n,
    {
        let mut fields = self.config.into_iter().flat_map(|config| &config.config().fields);
        let label = fields.find(|field| field.name.as_str() == name).and_then(|field| field.label.as_deref());
        label.unwrap_or(name)
    }

    fn find_profile(&self, id: &ProfileId) -> Option<&'a Profile> {
        self.config?.config().profiles.iter().find(|profile| profile.id == *id)
    }

    fn find_rule(&self, profile: Option<&ProfileId>, id: &RuleId) -> Option<&'a Rule> {
        self.find_profile(profile?)?.rules.iter().find(|rule| rule.id == *id)
    }
}

fn in_quotes(name: &str) -> String {
    format!("\"{name}\"")
}
