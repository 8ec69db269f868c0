//! What leads would get: by a draft, by a version, or by what is in force. Nothing is written.

mod leads;
mod view;

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use leadyard_domain::config::Problems;
use leadyard_domain::config::document::{self, Syntax};
use leadyard_domain::decision::{Needs, State as Moving};
use leadyard_domain::id::AccountId;
use leadyard_domain::rules::Rules;
use leadyard_domain::sample::SampleLead;
use leadyard_domain::simulation::{Clock, Simulation, needs};
use leadyard_runtime::now;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use self::leads::Asked;
use self::view::{Rows, SimulationView};
use crate::app::App;
use crate::auth::Viewer;
use crate::body::LargeJsonBody;
use crate::openapi::ConfigDocument;
use crate::problem::{Finding, Kind, Problem};
use crate::rules::{self, Beside};

/// Most leads of one simulation.
const LEADS_MAX: usize = 10_000;

/// What to simulate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimulateRequest {
    /// A draft: the config document, or its text as YAML. Without a draft and a version, what is in force is simulated.
    #[serde(default)]
    #[schema(value_type = Option<ConfigDocument>)]
    config: Option<Value>,
    /// A version that was published.
    #[serde(default)]
    version: Option<u64>,
    /// Leads to decide, in this order.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    leads: Option<Vec<SampleLead>>,
    /// Past leads to decide again, in the order in which they came, as their fields are now.
    #[serde(default)]
    past: Option<PastRange>,
    /// What the decisions find: caps and rotations as they are, or unused and at their start.
    #[serde(default)]
    state: StartingState,
    /// Which leads the answer lists.
    #[serde(default)]
    list: Listed,
    /// Whether each listed lead says why; for at most 100 leads.
    #[serde(default)]
    explain: bool,
}

/// Days of the account's zone.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PastRange {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// The last day; the first one where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// Most leads, the oldest first; at most 10,000.
    #[serde(default)]
    limit: Option<usize>,
}

/// What the decisions find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartingState {
    /// Caps and rotations as they are; every lead is decided as if it came now.
    #[default]
    AsIs,
    /// Nobody has had a lead; every lead is decided at the time when it came.
    Reset,
}

/// Which leads the answer lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// Those that would get something else than they got; given leads, which got nothing yet, all.
    #[default]
    Differing,
    /// All.
    All,
    /// None: the totals are enough.
    None,
}

/// Most leads whose reasons one answer tells.
const EXPLAINED_MAX: usize = 100;

/// Simulate
///
/// Decides leads by a draft, by a version, or by what is in force, without writing anything: what each would get, and,
/// for past leads, in what that differs from what it got. A past lead is decided by its fields as they are now, as a new
/// one, by the rules of the time when it came.
///
/// `state: as_is` begins with caps and rotations as they are and counts every lead as given now; `state: reset` begins
/// as if nobody had ever been given a lead and counts each at the time when it came.
#[utoipa::path(
    post,
    path = "/v1/simulate",
    tag = "config",
    operation_id = "simulate",
    security(("api_key" = ["viewer"])),
    request_body = SimulateRequest,
    responses(
        (status = 200, description = "What each lead would get.", body = SimulationView),
        (status = 400, description = "The body does not fit, or asks for two things at once."),
        (status = 404, description = "There is no such version, or nothing is in force yet."),
        (status = 413, description = "The body is over 4 MiB."),
        (status = 415, description = "The body is not JSON."),
        (status = 422, description = "The draft or a lead is refused; `problems` has everything that is wrong."),
    )
)]
pub(crate) async fn simulate(
    Viewer(caller): Viewer,
    State(app): State<App>,
    LargeJsonBody(request): LargeJsonBody<SimulateRequest>,
) -> Result<Json<SimulationView>, Problem> {
    let account = &caller.account;
    let (version, rules) = rules_of(&app, account, request.config, request.version).await?;
    let (asked, more) = leads::read(&app, account, &rules, request.leads, request.past).await?;
    if request.explain && asked.len() > EXPLAINED_MAX {
        let detail = format!("Reasons are told for at most {EXPLAINED_MAX} leads, and these are {}.", asked.len());
        return Err(Problem::new(Kind::BadRequest, detail));
    }
    let (state, clock) = match request.state {
        StartingState::AsIs => (state_of(&app, account, &rules, &asked).await?, Clock::At(now())),
        StartingState::Reset => (Moving::default(), Clock::Received),
    };
    let mut simulation = Simulation::new(&rules, state, clock);
    let mut rows = Rows::new(&rules, version, request.list);
    let zone = rules.checked().config().account.timezone.time_zone();
    for lead in &asked {
        let subject = lead.subject(zone);
        let simulated = if request.explain { simulation.explain(&subject) } else { simulation.run(&subject) };
        rows.add(lead, simulated, request.explain);
    }
    Ok(Json(rows.view(more)))
}

async fn rules_of(
    app: &App,
    account: &AccountId,
    draft: Option<Value>,
    version: Option<u64>,
) -> Result<(Option<u64>, Rules), Problem> {
    let in_force = app.store.config_pointer(account).await?.map(|pointer| pointer.version);
    let version = match (draft, version) {
        (Some(_), Some(_)) => {
            return Err(Problem::new(Kind::BadRequest, "The body has both 'config' and 'version': give one of them."));
        }
        (Some(draft), None) => {
            let config = match draft {
                Value::String(text) => document::parse(&text, Syntax::Yaml),
                value => document::from_value(value),
            };
            let beside = Beside::read(app, account).await?;
            let refused = |problems| Problem::config(Finding::all(problems));
            let checked = config.and_then(|config| beside.check(config)).map_err(refused)?;
            let pins = beside.pins(checked.config());
            rules::fit(checked.config(), &pins).map_err(|problem| refused(Problems(vec![problem])))?;
            return Ok((None, rules::compile(app, account, checked, &pins).await?));
        }
        (None, version) => version.or(in_force),
    };
    match (version, in_force) {
        (Some(version), Some(last)) if (1..=last).contains(&version) => {
            Ok((Some(version), app.store.ruled(account, version).await?.rules))
        }
        (Some(version), _) => Err(Problem::unknown("config version", &version)),
        (None, _) => {
            let detail = "This account has not published a config yet: give a draft under 'config'.";
            Err(Problem::new(Kind::NotFound, detail))
        }
    }
}

/// Caps and rotations as they are, of everyone whom these leads may touch.
async fn state_of(app: &App, account: &AccountId, rules: &Rules, asked: &[Asked]) -> Result<Moving, Problem> {
    let zone = rules.checked().config().account.timezone.time_zone();
    let mut all = Needs::default();
    for lead in asked {
        all.extend(needs(rules, &lead.subject(zone)));
    }
    Ok(if all == Needs::default() { Moving::default() } else { app.store.load_state(account, &all).await? })
}
