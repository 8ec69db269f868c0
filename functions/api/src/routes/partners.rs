//! Partners: what each owes for the leads of a month.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use form_urlencoded::Serializer;
use jiff::Timestamp;
use leadyard_domain::config::AssigneeKind;
use leadyard_domain::id::AssigneeId;
use leadyard_domain::ledger::{Entry, Month, Sum, Totals};
use leadyard_runtime::now;
use leadyard_store::{Cursor, Page};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Caller, Viewer};
use crate::body::{Id, Parameters};
use crate::listing;
use crate::problem::{Kind, Problem};

/// Most entries of a page: of some 400 bytes each, they stay far below the 6 MB that Lambda answers.
const LIMIT_MAX: u32 = 5_000;
/// Entries of a page where the query names no number.
const LIMIT_DEFAULT: u32 = 1_000;

/// The columns of a statement as CSV.
const COLUMNS: [&str; 9] = ["kind", "at", "lead", "attempt", "rule", "delivery", "reason", "count", "amount"];

/// Which month, and how it is written.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    /// The month in the account's time zone, such as `2026-07`.
    month: String,
    /// `json` or `csv`; where none is given, what the header `Accept` asks for.
    #[param(inline)]
    format: Option<Format>,
    /// Entries of a page, 1 to 5,000; 1,000 where none is given. A page may be shorter, with more behind it.
    #[param(minimum = 1, maximum = 5_000)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before.
    cursor: Option<String>,
}

/// How a statement is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// As JSON.
    Json,
    /// As CSV with a header line.
    Csv,
}

/// What a partner owes for the leads of a month.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementView {
    /// The partner.
    partner: String,
    /// Its name for people; `null` when it has left the config.
    name: Option<String>,
    /// The month.
    month: String,
    /// What the whole month comes to. On the first page only: `null` on those behind it.
    totals: Option<TotalsView>,
    /// The entries of this page, the oldest first.
    entries: Vec<EntryView>,
    /// Leads to the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// What a month comes to.
#[derive(Debug, Serialize, ToSchema)]
pub struct TotalsView {
    /// Leads that the partner accepted.
    accepted: SumView,
    /// Leads that it gave back, also those that it had accepted in an earlier month.
    credited: SumView,
    /// Accepted less credited.
    net: SumView,
}

/// How many, and how much.
#[derive(Debug, Serialize, ToSchema)]
pub struct SumView {
    /// How many leads.
    count: i64,
    /// How much in the account's own unit, as an exact decimal.
    #[schema(example = "1260.50")]
    amount: String,
}

/// One entry of a ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryView {
    /// `charge` or `credit`.
    kind: &'static str,
    /// When the partner accepted the lead, or gave it back.
    at: Timestamp,
    /// The lead.
    lead: String,
    /// The attempt that gave it.
    attempt: u32,
    /// The rule that gave it; `null` for the default action.
    rule: Option<String>,
    /// The delivery by which the partner accepted it.
    delivery: String,
    /// Of a credit: `rejected` or `returned`.
    reason: Option<&'static str>,
    /// How much, as an exact decimal. Never below 0: the kind says which way it counts.
    #[schema(example = "42.5")]
    amount: String,
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        let Entry { kind, partner: _, lead, attempt, rule, delivery, amount, at, how } = entry;
        Self {
            kind: kind.name(),
            at,
            lead: lead.into(),
            attempt,
            rule: rule.map(String::from),
            delivery: delivery.into(),
            reason: how.map(leadyard_domain::assignment::Ending::name),
            amount: amount.to_string(),
        }
    }
}

impl From<Totals> for TotalsView {
    fn from(totals: Totals) -> Self {
        let sum = |Sum { count, amount }| SumView {
            count: i64::try_from(count).unwrap_or(i64::MAX),
            amount: amount.to_string(),
        };
        let (count, amount) = totals.net();
        Self {
            accepted: sum(totals.accepted),
            credited: sum(totals.credited),
            net: SumView { count, amount: amount.to_string() },
        }
    }
}

/// What a partner owes
///
/// The charges and credits of a month, the oldest first, a page at a time, and what the whole month comes to: in JSON on the
/// first page, in CSV at the end of the last part, so that the parts one after another are one file. The header `Link` leads
/// to the next page (`rel="next"`) in both. A lead is charged when the partner has accepted it, at the price that it had when
/// it was given, and credited in the month in which it was rejected or returned.
#[utoipa::path(
    get,
    path = "/v1/partners/{id}/statement",
    tag = "partners",
    operation_id = "read_statement",
    security(("api_key" = ["viewer"])),
    params(
        ("id" = String, Path, description = "The partner's id in the config."),
        StatementQuery,
        ("Accept" = Option<String>, Header, description = "`text/csv` for CSV."),
    ),
    responses(
        (
            status = 200,
            description = "The statement, or a page of it.",
            content((StatementView = "application/json"), (String = "text/csv")),
            headers(("Link" = String, description = "The address of the next page; not there on the last one.")),
        ),
        (status = 400, description = "The month is none, or another parameter does not fit."),
        (status = 404, description = "The config in force has no such partner, and nothing stands in its ledger for the month."),
    )
)]
pub(crate) async fn statement(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<AssigneeId>,
    Parameters(query): Parameters<StatementQuery>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let month: Month = query
        .month
        .parse()
        .map_err(|error| Problem::new(Kind::BadRequest, format!("In the query, 'month' does not fit: {error}.")))?;
    let limit = limit(query.limit)?;
    let cursor = listing::cursor(query.cursor)?;
    let format = query.format.unwrap_or_else(|| wanted(&asked));
    let name = name_of(&app, &caller, &id, month).await?;
    let page = app.store.ledger(&caller.account, &id, month, limit, cursor.as_ref()).await?;
    let sum_here = match format {
        Format::Json => cursor.is_none(),
        Format::Csv => page.next.is_none(),
    };
    let totals = match sum_here {
        true => Some(app.store.ledger_totals(&caller.account, &id, month).await?.into()),
        false => None,
    };
    let mut headers = HeaderMap::new();
    if let Some(next) = &page.next {
        headers.insert(header::LINK, link(&id, month, format, query.limit, next)?);
    }
    let Page { rows, next } = page;
    let entries = rows.into_iter().map(EntryView::from).collect();
    match format {
        Format::Json => {
            let next_cursor = next.map(|next| next.to_string());
            let view =
                StatementView { partner: id.into(), name, month: month.to_string(), totals, entries, next_cursor };
            Ok((headers, Json(view)).into_response())
        }
        Format::Csv => {
            let text = csv(entries, totals, cursor.is_none()).map_err(|error| Problem::behind(false, &error))?;
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
            Ok((headers, text).into_response())
        }
    }
}

/// The partner's name. One that has left the config, or is none any more, still has what stands in its ledger.
async fn name_of(app: &App, caller: &Caller, id: &AssigneeId, month: Month) -> Result<Option<String>, Problem> {
    let published = app.configs.get(&caller.account, now()).await?;
    let assignee = published.as_ref().and_then(|published| published.checked.assignee(id));
    let name = assignee.map(|assignee| assignee.name.clone());
    if assignee.is_some_and(|assignee| assignee.kind == AssigneeKind::Partner) {
        return Ok(name);
    }
    if !app.store.ledger(&caller.account, id, month, 1, None).await?.rows.is_empty() {
        return Ok(name);
    }
    let detail = match assignee {
        Some(_) => {
            format!("Assignee '{id}' is a user: only those of kind 'partner' pay for leads and have a statement.")
        }
        None => format!("The config in force has no partner '{id}', and its ledger has nothing in {month}."),
    };
    Err(Problem::new(Kind::NotFound, detail))
}

fn limit(asked: Option<u32>) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(LIMIT_DEFAULT);
    match usize::try_from(limit) {
        Ok(entries) if (1..=LIMIT_MAX).contains(&limit) => Ok(entries),
        _ => Err(Problem::new(
            Kind::BadRequest,
            format!("'limit' is {limit}; a page has 1 to {LIMIT_MAX} entries, and 'cursor' leads to the next one."),
        )),
    }
}

/// The first of the two that the header names; JSON where it names neither.
fn wanted(asked: &HeaderMap) -> Format {
    let types = asked.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = types.flat_map(|value| value.split(',')).map(|range| range.split(';').next().unwrap_or_default());
    let first = types.find_map(|media| match media.trim().to_ascii_lowercase().as_str() {
        "text/csv" => Some(Format::Csv),
        "application/json" => Some(Format::Json),
        _ => None,
    });
    first.unwrap_or(Format::Json)
}

fn link(
    id: &AssigneeId,
    month: Month,
    format: Format,
    limit: Option<u32>,
    next: &Cursor,
) -> Result<HeaderValue, Problem> {
    let mut query = Serializer::new(String::new());
    query.append_pair("month", &month.to_string());
    if format == Format::Csv {
        query.append_pair("format", "csv");
    }
    if let Some(limit) = limit {
        query.append_pair("limit", &limit.to_string());
    }
    query.append_pair("cursor", &next.to_string());
    let link = format!("</v1/partners/{id}/statement?{}>; rel=\"next\"", query.finish());
    HeaderValue::from_str(&link).map_err(|error| Problem::behind(false, &error))
}

/// The entries, a line each, and the totals in lines of their own below them.
fn csv(entries: Vec<EntryView>, totals: Option<TotalsView>, from_the_beginning: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if from_the_beginning {
        writer.write_record(COLUMNS)?;
    }
    for entry in entries {
        let EntryView { kind, at, lead, attempt, rule, delivery, reason, amount } = entry;
        let (at, attempt) = (at.to_string(), attempt.to_string());
        let (rule, reason) = (rule.unwrap_or_default(), reason.unwrap_or_default());
        writer.write_record([kind, &at, &lead, &attempt, &rule, &delivery, reason, "1", &amount])?;
    }
    if let Some(TotalsView { accepted, credited, net }) = totals {
        for (kind, SumView { count, amount }) in
            [("total_accepted", accepted), ("total_credited", credited), ("total_net", net)]
        {
            writer.write_record([kind, "", "", "", "", "", "", &count.to_string(), &amount])?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_header_asks_for() {
        for (accept, format) in [
            (&[][..], Format::Json),
            (&["*/*"], Format::Json),
            (&["text/csv"], Format::Csv),
            (&["Text/CSV; charset=utf-8, */*;q=0.1"], Format::Csv),
            (&["application/json, text/csv"], Format::Json),
            (&["text/html", "text/csv"], Format::Csv),
        ] {
            let asked = accept.iter().map(|value| (header::ACCEPT, value.parse().unwrap())).collect();
            assert_eq!(wanted(&asked), format, "{accept:?}");
        }
    }
}
