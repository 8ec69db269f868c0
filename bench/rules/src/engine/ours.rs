//! Ours: the rules as a config document, checked and compiled as at publish; each lead as the record that capture makes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use leadyard_domain::assignment::Standing;
use leadyard_domain::condition::Subject;
use leadyard_domain::config::{Checked, Config, Known, document};
use leadyard_domain::decision::route;
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_domain::id::{AccountId, Entity, EventId, LeadId, SourceId};
use leadyard_domain::lead::{LastEvent, Lead as Record};
use leadyard_domain::list::Lists;
use leadyard_domain::rules::Rules;
use serde_json::{Value as Json, json};

use super::Engine;
use crate::lead::{FIELDS, Kind, Lead, Value};
use crate::rule::{Comparison, Test, Tree};

/// Our rules and leads.
pub struct Ours {
    rules: Rules,
    leads: Vec<Record>,
    source: SourceId,
    zone: TimeZone,
}

/// Ours with all that the trace of a decision tells: which rules were tried, and what kept each from matching.
pub struct Explained<'a>(pub &'a Ours);

impl Ours {
    /// Compiles and prepares.
    #[must_use]
    pub fn new(rules: &[Tree], leads: &[Lead]) -> Self {
        Self {
            rules: compile(read(document(rules))),
            leads: leads.iter().map(record).collect(),
            source: SourceId::new("web").expect("a valid id"),
            zone: TimeZone::UTC,
        }
    }

    /// The lead as a decision sees it.
    fn subject(&self, lead: usize) -> Subject<'_> {
        Subject {
            lead: &self.leads[lead],
            source: &self.source,
            is_new: true,
            zone: &self.zone,
            received_at: Timestamp::UNIX_EPOCH,
        }
    }
}

impl Engine for &Ours {
    fn name(&self) -> &'static str {
        "ours"
    }

    fn first_match(&mut self, lead: usize) -> Option<usize> {
        let profile = self.rules.profiles_of(&self.leads[lead].entity).next()?;
        profile.matching(&self.subject(lead), 1).first().copied()
    }
}

impl Engine for Explained<'_> {
    fn name(&self) -> &'static str {
        "explained"
    }

    fn first_match(&mut self, lead: usize) -> Option<usize> {
        let route = route(&self.0.rules, &self.0.subject(lead));
        // Rules are named by their place.
        route.rules().first()?.id.as_str().strip_prefix('r')?.parse().ok()
    }
}

/// A config document with these rules.
#[must_use]
pub fn document(rules: &[Tree]) -> Json {
    let fields = FIELDS.iter().map(|(name, kind)| match kind {
        Kind::Text => json!({ "name": name, "type": "text" }),
        Kind::Number => json!({ "name": name, "type": "number" }),
        Kind::Boolean => json!({ "name": name, "type": "boolean" }),
    });
    let built_in = ["state", "postal_code", "city", "job_title", "company"];
    let fields: Vec<Json> = fields.filter(|field| !built_in.iter().any(|name| field["name"] == *name)).collect();
    let rule =
        |(place, rule): (usize, &Tree)| json!({ "id": format!("r{place}"), "when": condition(rule), "then": ["park"] });
    let rules: Vec<Json> = rules.iter().enumerate().map(rule).collect();
    json!({ "fields": fields, "profiles": [{ "id": "leads", "rules": rules, "default": "park" }] })
}

/// Gives a document its types, which is not counted: it is the same work whatever the engine.
#[must_use]
pub fn read(document: Json) -> Config {
    document::from_value(document).expect("the document is a config")
}

/// Proves a config sound.
#[must_use]
pub fn check(config: Config) -> Checked {
    let known = Known { secrets: &BTreeSet::new(), formats: &[], lists: &BTreeSet::new() };
    config.check(&known).expect("the config is sound")
}

/// Checks and compiles a config.
#[must_use]
pub fn compile(config: Config) -> Rules {
    check(config).compile(&Lists::default()).expect("no rule names a list")
}

fn condition(tree: &Tree) -> Json {
    let all = |parts: &[Tree]| parts.iter().map(condition).collect::<Vec<_>>();
    match tree {
        Tree::All(parts) => json!({ "all": all(parts) }),
        Tree::Any(parts) => json!({ "any": all(parts) }),
        Tree::Not(part) => json!({ "not": condition(part) }),
        Tree::Is(comparison) => {
            let (op, value) = comparison_of(comparison);
            json!({ "field": comparison.field_name(), "op": op, "value": value })
        }
    }
}

fn comparison_of(comparison: &Comparison) -> (&'static str, Json) {
    let list = |values: &[Value]| Json::Array(values.iter().map(Value::to_json).collect());
    match &comparison.test {
        Test::Eq(value) => ("eq", value.to_json()),
        Test::Ne(value) => ("ne", value.to_json()),
        Test::In(values) => ("in", list(values)),
        Test::NotIn(values) => ("not_in", list(values)),
        Test::Gt(number) => ("gt", json!(number)),
        Test::Gte(number) => ("gte", json!(number)),
        Test::Lt(number) => ("lt", json!(number)),
        Test::Lte(number) => ("lte", json!(number)),
        Test::StartsWith(text) => ("starts_with", json!(text)),
        Test::EndsWith(text) => ("ends_with", json!(text)),
        Test::Contains(text) => ("contains", json!(text)),
        Test::InTable(_, codes) => ("in", json!(codes)),
    }
}

fn record(lead: &Lead) -> Record {
    let account = AccountId::new("main").expect("a valid id");
    let source = SourceId::new("web").expect("a valid id");
    let event = EventId::from_external(&account, &source, "1");
    let fields = FIELDS.iter().zip(lead).map(|((name, _), value)| {
        let value = match value {
            Value::Text(text) => FieldValue::Text(text.clone()),
            Value::Number(number) => FieldValue::Number { number: (*number).into() },
            Value::Boolean(value) => FieldValue::Boolean(*value),
        };
        (FieldName::new(*name).expect("a valid name"), value)
    });
    Record {
        erased_at: None,
        first_assigned_at: None,
        first_contact_at: None,
        holdings: Vec::new(),
        id: LeadId::from_event(&event),
        account,
        entity: Entity::new("lead").expect("a valid name"),
        version: 1,
        source,
        fields: fields.collect(),
        extra: BTreeMap::new(),
        owner: None,
        standing: Standing::Unassigned { attempt: 0 },
        duplicate_count: 0,
        activities: 0,
        edited: Default::default(),
        last_event: LastEvent { event, at: Timestamp::UNIX_EPOCH, body_hash: None },
        sync: Default::default(),
        own_deliveries: Vec::new(),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}
