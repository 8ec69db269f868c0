//! What holds for any lead: a config in which nothing is asked of one, and a lead that says nothing.
//!
//! Who is at work and has room does not depend on the lead; filters, exclusions and rules do. Here they are left out: no
//! assignee has a filter or takes nobody twice, and every lead goes to the pool that is asked about. The lead is worth
//! nothing, so a capacity by value is reached when what is open exceeds it.

use leadyard_domain::config::{Account, Action, Assignee, Checked, Config, DefaultAction, Pool, Profile};
use leadyard_domain::id::PoolId;
use leadyard_domain::list::Lists;
use leadyard_domain::rules::Rules;
use leadyard_domain::sample::{Sample, SampleLead};
use serde_json::json;

use crate::problem::Problem;

/// The rules by which every lead goes to `pool`, of a config as far as it says who is at work and has room. The pool's
/// fallback is left out: the question is about the pool itself.
pub(crate) fn rules(config: &Checked, pool: Option<&PoolId>) -> Result<Rules, Problem> {
    let Config { account, fields, calendars, schedules, assignees, pools, .. } = config.config();
    let plain = |assignee: &Assignee| Assignee {
        filter: None,
        duplicate_days: 0,
        destinations: Vec::new(),
        ..assignee.clone()
    };
    let neutral = Config {
        account: Account { name: String::new(), ..account.clone() },
        fields: fields.clone(),
        sources: Vec::new(),
        calendars: calendars.clone(),
        schedules: schedules.clone(),
        assignees: assignees.iter().map(plain).collect(),
        pools: pools.iter().map(|pool| Pool { fallback: None, ..pool.clone() }).collect(),
        queues: Vec::new(),
        automations: Vec::new(),
        destinations: Vec::new(),
        profiles: pool.map(profile).transpose()?.into_iter().collect(),
        tests: Vec::new(),
    };
    let broken = |error: &dyn std::fmt::Display| Problem::behind(false, error);
    let checked = neutral.check_published().map_err(|problems| broken(&problems))?;
    checked.compile(&Lists::default()).map_err(|problems| broken(&problems))
}

fn profile(pool: &PoolId) -> Result<Profile, Problem> {
    let default = DefaultAction(vec![Action::Pool(pool.clone().into())]);
    let written = json!({ "id": "neutral", "default": default });
    serde_json::from_value(written).map_err(|error| Problem::behind(false, &error))
}

/// A lead of which nothing is known, that comes now.
pub(crate) fn lead(rules: &Rules, now: jiff::Timestamp) -> Result<Sample, Problem> {
    let written: Result<SampleLead, _> = serde_json::from_value(json!({}));
    let lead = written.map_err(|error| Problem::behind(false, &error))?;
    let mut problems = Vec::new();
    // Nothing is said of it that could not fit.
    lead.read(rules.checked(), now, "lead", &mut problems)
        .ok_or_else(|| Problem::behind(false, &"a lead without fields does not fit the config"))
}
