//! The proof that a config is sound: every name it uses exists, every condition fits its fields.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::{
    ASSIGNEES_MAX, Action, Assignee, Channel, Config, Else, FieldTable, Pool, Problem, Problems, Profile, RULES_MAX,
    Rule, Source,
};
use crate::condition::{KnownLists, Scope, Test, compile};
use crate::field::FieldType;
use crate::id::{AssigneeId, DestinationId, Entity, ListName, PoolId, ProfileId, RuleId, SecretName, SourceId};

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

/// A sound config with its conditions compiled. Only such a one decides anything.
#[derive(Debug, Clone)]
pub struct Checked {
    config: Config,
    fields: FieldTable,
    profiles: Vec<CheckedProfile>,
    sources: BTreeMap<SourceId, usize>,
    assignees: BTreeMap<AssigneeId, usize>,
    pools: BTreeMap<PoolId, usize>,
    destinations: BTreeMap<DestinationId, usize>,
}

/// A profile with its conditions compiled.
#[derive(Debug, Clone)]
pub struct CheckedProfile {
    /// Its name.
    pub id: ProfileId,
    /// The lead type that it distributes.
    pub entity: Entity,
    /// Tried in order.
    pub rules: Vec<CheckedRule>,
    /// The default actions.
    pub default: Vec<Action>,
}

/// A rule with its condition compiled.
#[derive(Debug, Clone)]
pub struct CheckedRule {
    /// Its name.
    pub id: RuleId,
    /// What must hold; `None` always holds.
    pub test: Option<Test>,
    /// Tried in order.
    pub actions: Vec<Action>,
    /// What happens when nobody is eligible.
    pub otherwise: Else,
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

    /// The enabled profile that distributes an entity.
    #[must_use]
    pub fn profile_of(&self, entity: &Entity) -> Option<&CheckedProfile> {
        self.profiles.iter().find(|profile| profile.entity == *entity)
    }

    /// A source by its id.
    #[must_use]
    pub fn source(&self, id: &SourceId) -> Option<&Source> {
        self.sources.get(id).and_then(|&index| self.config.sources.get(index))
    }

    /// An assignee by its id.
    #[must_use]
    pub fn assignee(&self, id: &AssigneeId) -> Option<&Assignee> {
        self.assignees.get(id).and_then(|&index| self.config.assignees.get(index))
    }

    /// A pool by its id.
    #[must_use]
    pub fn pool(&self, id: &PoolId) -> Option<&Pool> {
        self.pools.get(id).and_then(|&index| self.config.pools.get(index))
    }

    /// A destination by its id.
    #[must_use]
    pub fn destination(&self, id: &DestinationId) -> Option<&super::Destination> {
        self.destinations.get(id).and_then(|&index| self.config.destinations.get(index))
    }

    /// Where an assignee's leads are delivered.
    #[must_use]
    pub fn enabled_destinations(&self, assignee: &Assignee) -> Vec<DestinationId> {
        let enabled = |id: &&DestinationId| self.destination(id).is_some_and(|destination| destination.enabled);
        assignee.destinations.iter().filter(enabled).cloned().collect()
    }
}

impl Config {
    /// The same proof for a config that was published before: its secrets and formats were checked then, and one that
    /// was removed since must not stop the others from being served.
    ///
    /// # Errors
    /// As [`Config::check`]; only a document that was changed by hand can meet them.
    pub fn check_published(self) -> Result<Checked, Problems> {
        let secrets = self.secrets().into_iter().cloned().collect();
        let formats: Vec<String> = self.sources.iter().map(|source| source.format.clone()).collect();
        let formats: Vec<&str> = formats.iter().map(String::as_str).collect();
        self.check(&Known { secrets: &secrets, formats: &formats, lists: &BTreeSet::new() })
    }

    /// Proves the config sound and compiles its conditions.
    ///
    /// # Errors
    /// Everything that is wrong, each with the path of its node and what was expected.
    pub fn check(self, known: &Known<'_>) -> Result<Checked, Problems> {
        let Known { secrets, formats, lists } = *known;
        let mut check = Check { fields: FieldTable::new(&self.fields), config: &self, lists, problems: Vec::new() };
        check.limits();
        check.fields();
        let sources = check.index("sources", self.sources.iter().map(|source| &source.id));
        let assignees = check.index("assignees", self.assignees.iter().map(|assignee| &assignee.id));
        let pools = check.index("pools", self.pools.iter().map(|pool| &pool.id));
        let destinations = check.index("destinations", self.destinations.iter().map(|d| &d.id));
        check.sources(secrets, formats);
        check.assignees(&destinations);
        check.pools(&assignees);
        check.destinations(secrets);
        let profiles = check.profiles(&pools, &assignees);
        let Check { problems, fields, .. } = check;
        if problems.is_empty() {
            Ok(Checked { config: self, fields, profiles, sources, assignees, pools, destinations })
        } else {
            Err(Problems(problems))
        }
    }
}

struct Check<'a> {
    config: &'a Config,
    lists: &'a BTreeSet<ListName>,
    fields: FieldTable,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    /// Says that something a node names does not exist.
    fn known<K: Ord + Display>(&mut self, index: &BTreeMap<K, usize>, id: &K, path: String, list: &str) {
        if !index.contains_key(id) {
            self.problem(path, format!("there is no '{id}' under '{list}'"));
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

    fn limits(&mut self) {
        let rules: usize = self.config.profiles.iter().map(|profile| profile.rules.len()).sum();
        if rules > RULES_MAX {
            self.problem("profiles", format!("there are {rules} rules; at most {RULES_MAX} are allowed"));
        }
        let assignees = self.config.assignees.len();
        if assignees > ASSIGNEES_MAX {
            self.problem("assignees", format!("there are {assignees} assignees; at most {ASSIGNEES_MAX} are allowed"));
        }
        if self.config.account.log_days < 30 {
            self.problem("account.log_days", "the event log also tells repeats apart: keep at least 30 days");
        }
    }

    fn fields(&mut self) {
        let built_in = FieldTable::new(&[]);
        let mut seen = BTreeMap::new();
        for (index, field) in self.config.fields.iter().enumerate() {
            let path = format!("fields[{index}]");
            if built_in.get(&field.name).is_some() {
                self.problem(format!("{path}.name"), format!("'{}' is a built-in field: leave it out", field.name));
            } else if let Some(first) = seen.insert(&field.name, index) {
                self.problem(format!("{path}.name"), format!("'{}' is already fields[{first}]", field.name));
            }
            match (field.kind, field.options.is_empty()) {
                (FieldType::Choice, true) => self.problem(path, "a choice needs its 'options'"),
                (FieldType::Choice, false) | (_, true) => {}
                (kind, false) => {
                    self.problem(format!("{path}.options"), format!("a {} field has no options", kind.name()));
                }
            }
        }
    }

    fn sources(&mut self, secrets: &BTreeSet<SecretName>, formats: &[&str]) {
        for (index, source) in self.config.sources.iter().enumerate() {
            let path = format!("sources[{index}]");
            if !formats.contains(&source.format.as_str()) {
                self.problem(
                    format!("{path}.format"),
                    format!("there is no format '{}': use one of {}", source.format, formats.join(", ")),
                );
            }
            self.secret(secrets, source.verify.secret(), format!("{path}.verify"));
            for (at, mapping) in source.mapping.iter().enumerate() {
                self.target_field(&mapping.to, format!("{path}.mapping[{at}].to"));
            }
            for (at, key) in source.search_by.iter().enumerate() {
                for field in key.fields() {
                    self.target_field(field, format!("{path}.search_by[{at}]"));
                }
            }
            if source.search_by.len() > 2 {
                self.problem(format!("{path}.search_by"), "give at most two keys: the primary and the secondary");
            }
            if let Some(country) = &source.default_country
                && !(country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()))
            {
                self.problem(format!("{path}.default_country"), "give two capital letters (ISO 3166), such as DE");
            }
        }
    }

    /// A field that a mapping fills or a key reads.
    fn target_field(&mut self, name: &crate::field::FieldName, path: String) {
        match self.fields.get(name).map(|info| info.derived) {
            Some(false) => {}
            Some(true) => self.problem(path, format!("'{name}' is computed and can't be filled or searched")),
            None => {
                let hint = self.fields.nearest(name).map(|near| format!("; did you mean '{near}'?"));
                let hint = hint.unwrap_or_default();
                self.problem(path, format!("there is no field '{name}': declare it under 'fields'{hint}"));
            }
        }
    }

    fn secret(&mut self, secrets: &BTreeSet<SecretName>, name: Option<&SecretName>, path: String) {
        if let Some(name) = name
            && !secrets.contains(name)
        {
            self.problem(path, format!("the secret '{name}' has no value yet: set it with PUT /v1/secrets/{name}"));
        }
    }

    fn assignees(&mut self, destinations: &BTreeMap<DestinationId, usize>) {
        for (index, assignee) in self.config.assignees.iter().enumerate() {
            for (at, id) in assignee.destinations.iter().enumerate() {
                let path = format!("assignees[{index}].destinations[{at}]");
                if assignee.destinations.iter().take(at).any(|earlier| earlier == id) {
                    self.problem(path, format!("'{id}' is named twice: a lead is delivered once to a destination"));
                } else {
                    self.known(destinations, id, path, "destinations");
                }
            }
            if let Some(email) = &assignee.email
                && !email_address::EmailAddress::is_valid(email)
            {
                self.problem(format!("assignees[{index}].email"), "this is no email address");
            }
        }
    }

    fn pools(&mut self, assignees: &BTreeMap<AssigneeId, usize>) {
        for (index, pool) in self.config.pools.iter().enumerate() {
            let mut seen = BTreeSet::new();
            for (at, member) in pool.members.iter().enumerate() {
                let path = format!("pools[{index}].members[{at}]");
                if seen.insert(&member.assignee) {
                    self.known(assignees, &member.assignee, path, "assignees");
                } else {
                    self.problem(path, format!("'{}' is a member already", member.assignee));
                }
            }
        }
    }

    fn destinations(&mut self, secrets: &BTreeSet<SecretName>) {
        for (index, destination) in self.config.destinations.iter().enumerate() {
            let path = format!("destinations[{index}].channel.{}", destination.channel.name());
            self.secret(secrets, destination.channel.secret(), format!("{path}.secret"));
            match &destination.channel {
                Channel::Webhook(webhook) => {
                    let scheme = webhook.url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
                    if !matches!(scheme.as_deref(), Some("https" | "http")) {
                        self.problem(format!("{path}.url"), "give a whole address that begins with https://");
                    }
                    if !(1..=30).contains(&webhook.timeout_s) {
                        self.problem(format!("{path}.timeout_s"), "give 1 to 30 seconds");
                    }
                }
                Channel::Email(email) => {
                    if email.to.is_empty() {
                        self.problem(format!("{path}.to"), "give at least one recipient");
                    }
                }
            }
        }
    }

    fn profiles(
        &mut self,
        pools: &BTreeMap<PoolId, usize>,
        assignees: &BTreeMap<AssigneeId, usize>,
    ) -> Vec<CheckedProfile> {
        let config = self.config;
        self.index("profiles", config.profiles.iter().map(|profile| &profile.id));
        let mut entities: BTreeMap<&Entity, usize> = BTreeMap::new();
        let mut checked = Vec::new();
        for (index, profile) in config.profiles.iter().enumerate() {
            let path = format!("profiles[{index}]");
            if profile.enabled
                && let Some(first) = entities.insert(&profile.entity, index)
            {
                self.problem(
                    format!("{path}.entity"),
                    format!("'{}' is already distributed by profiles[{first}]: disable one of them", profile.entity),
                );
            }
            let profile = self.profile(profile, &path, pools, assignees);
            if config.profiles[index].enabled {
                checked.push(profile);
            }
        }
        checked
    }

    fn profile(
        &mut self,
        profile: &Profile,
        path: &str,
        pools: &BTreeMap<PoolId, usize>,
        assignees: &BTreeMap<AssigneeId, usize>,
    ) -> CheckedProfile {
        self.index(&format!("{path}.rules"), profile.rules.iter().map(|rule| &rule.id));
        let mut rules = Vec::new();
        for (index, rule) in profile.rules.iter().enumerate() {
            let at = format!("{path}.rules[{index}]");
            let test = self.condition(rule, &at);
            if rule.then.is_empty() {
                self.problem(format!("{at}.then"), "give at least one action");
            }
            self.actions(&rule.then, &format!("{at}.then"), pools, assignees);
            rules.push(CheckedRule {
                id: rule.id.clone(),
                test,
                actions: rule.then.clone(),
                otherwise: rule.otherwise,
            });
        }
        self.actions(&profile.default.0, &format!("{path}.default"), pools, assignees);
        CheckedProfile {
            id: profile.id.clone(),
            entity: profile.entity.clone(),
            rules,
            default: profile.default.0.clone(),
        }
    }

    fn condition(&mut self, rule: &Rule, path: &str) -> Option<Test> {
        let zone = self.config.account.timezone.time_zone();
        let scope = Scope { fields: &self.fields, zone, lists: KnownLists::Names(self.lists) };
        compile(rule.when.as_ref()?, &scope, &format!("{path}.when"), &mut self.problems)
    }

    fn actions(
        &mut self,
        actions: &[Action],
        path: &str,
        pools: &BTreeMap<PoolId, usize>,
        assignees: &BTreeMap<AssigneeId, usize>,
    ) {
        for (index, action) in actions.iter().enumerate() {
            match action {
                Action::Pool(id) => self.known(pools, id, format!("{path}[{index}].pool"), "pools"),
                Action::AssignTo(id) => self.known(assignees, id, format!("{path}[{index}].assign_to"), "assignees"),
                Action::Park | Action::DoNothing => {}
            }
        }
    }
}
