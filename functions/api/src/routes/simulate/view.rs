//! The answer of a simulation.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leadyard_domain::decision::Decision;
use leadyard_domain::rules::Rules;
use leadyard_domain::simulation::{Difference, Given, Simulated, Tally, Totals, differences};
use leadyard_domain::trace::{Decided, Names, explain};
use serde::Serialize;
use utoipa::ToSchema;

use super::Listed;
use super::leads::Asked;

/// What leads would get.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimulationView {
    /// The version that decided; none for a draft.
    version: Option<u64>,
    /// How many leads were decided.
    simulated: usize,
    /// How many would get something else than they got.
    differ: usize,
    /// How often each outcome would come out, and did.
    #[schema(value_type = BTreeMap<String, TallyView>)]
    outcomes: BTreeMap<&'static str, TallyView>,
    /// How often each rule would decide, and did, by `profile/rule`.
    rules: BTreeMap<String, TallyView>,
    /// How many leads each assignee would get, and got.
    assignees: BTreeMap<String, TallyView>,
    /// Whether there are past leads beyond the limit: ask for fewer days.
    more: bool,
    /// The leads that were asked for.
    leads: Vec<SimulatedLead>,
    /// How many of these are left out, because an answer has room for so many bytes only.
    omitted: usize,
}

/// How often something would come out, and how often it did.
#[derive(Debug, Serialize, ToSchema)]
pub struct TallyView {
    /// In the simulation.
    would: usize,
    /// As it happened.
    did: usize,
}

impl From<Tally> for TallyView {
    fn from(Tally { would, did }: Tally) -> Self {
        Self { would, did }
    }
}

/// One lead of a simulation.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimulatedLead {
    /// Its place among the leads of the simulation, from 0.
    index: usize,
    /// Its id, where it is one that came.
    #[serde(skip_serializing_if = "Option::is_none")]
    lead: Option<String>,
    /// When it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<Timestamp>,
    /// What it would get: one decision, or one for each rule where all that match decide.
    would: Vec<GivenView>,
    /// What it got.
    #[serde(skip_serializing_if = "Option::is_none")]
    did: Option<Vec<GivenView>>,
    /// In what these differ: `profile`, `rule`, `outcome`, `pool`, `assignee`.
    #[schema(value_type = Vec<String>)]
    differs: Vec<Difference>,
    /// Why, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    why: Vec<String>,
}

/// Most bytes of the listed leads: Lambda answers 6 MB, in which every quotation mark is escaped.
const ROWS_BYTES_MAX: usize = 4_000_000;

impl SimulatedLead {
    /// About the bytes that it takes as JSON.
    fn bytes(&self) -> usize {
        const ROW: usize = 160;
        let given = self.would.iter().chain(self.did.iter().flatten()).map(GivenView::bytes).sum::<usize>();
        ROW + given + self.why.iter().map(|sentence| sentence.len() + 3).sum::<usize>()
    }
}

/// What one decision came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct GivenView {
    /// The profile that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    /// The rule that matched; none for the default action.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// `assigned`, `parked`, `queued` or `nothing`.
    outcome: &'static str,
    /// From which pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<String>,
    /// Who got it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<String>,
}

impl GivenView {
    fn bytes(&self) -> usize {
        const FRAME: usize = 80;
        let names = [&self.profile, &self.rule, &self.pool, &self.assignee];
        FRAME + names.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

impl From<Given> for GivenView {
    fn from(Given { profile, rule, outcome, pool, assignee }: Given) -> Self {
        Self {
            profile: profile.map(Into::into),
            rule: rule.map(Into::into),
            outcome,
            pool: pool.map(Into::into),
            assignee: assignee.map(Into::into),
        }
    }
}

/// The answer while leads are decided.
pub(super) struct Rows<'a> {
    names: Names<'a>,
    version: Option<u64>,
    listed: Listed,
    totals: Totals,
    rows: Vec<SimulatedLead>,
    bytes: usize,
    omitted: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn new(rules: &'a Rules, version: Option<u64>, listed: Listed) -> Self {
        Self {
            names: Names::of(rules.checked()),
            version,
            listed,
            totals: Totals::default(),
            rows: Vec::new(),
            bytes: 0,
            omitted: 0,
        }
    }

    /// Takes the next lead.
    pub(super) fn add(&mut self, asked: &Asked, simulated: Simulated, explained: bool) {
        let (index, would, did) = (self.totals.leads, simulated.given(), asked.did());
        let differs = did.as_ref().map(|did| differences(&would, did)).unwrap_or_default();
        self.totals.count(&would, did.as_deref().unwrap_or_default(), !differs.is_empty());
        let listed = match self.listed {
            Listed::All => true,
            Listed::Differing => did.is_none() || !differs.is_empty(),
            Listed::None => false,
        };
        if listed {
            let subject = asked.past().map(|lead| (lead.id.to_string(), lead.created_at));
            let (lead, received_at) = subject.unzip();
            let views = |given: Vec<Given>| given.into_iter().map(GivenView::from).collect();
            let why = if explained { self.sentences(&simulated) } else { Vec::new() };
            let row =
                SimulatedLead { index, lead, received_at, would: views(would), did: did.map(views), differs, why };
            self.bytes += row.bytes();
            if self.bytes <= ROWS_BYTES_MAX {
                self.rows.push(row);
            } else {
                self.omitted += 1;
            }
        }
    }

    fn sentences(&self, simulated: &Simulated) -> Vec<String> {
        let told = |decision: &Decision| {
            let profile = simulated.profile.as_ref();
            let Decision { outcome, trace, .. } = decision;
            let decided = Decided { version: self.version, cause: None, profile, outcome, trace };
            explain(decided, &self.names)
        };
        simulated.decisions.iter().flat_map(told).collect()
    }

    /// The answer.
    pub(super) fn view(self, more: bool) -> SimulationView {
        let Totals { leads, differ, outcomes, rules, assignees } = self.totals;
        SimulationView {
            version: self.version,
            simulated: leads,
            differ,
            outcomes: outcomes.into_iter().map(|(name, tally)| (name, tally.into())).collect(),
            rules: rules.into_iter().map(|(name, tally)| (name, tally.into())).collect(),
            assignees: assignees.into_iter().map(|(id, tally)| (id.to_string(), tally.into())).collect(),
            more,
            leads: self.rows,
            omitted: self.omitted,
        }
    }
}
