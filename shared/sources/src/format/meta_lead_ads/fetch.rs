//! What Meta's Graph API is asked, and how it answers
//! (<https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving>).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::form::add;
use super::super::ids;
use super::super::json::parse::parse;
use crate::fetch::{Answer, Api, Ask, Fetch, FetchError, Fetched, Listed, by_status, escape, listed};
use crate::request::unfit;

pub(super) static FETCH: Fetch = Fetch {
    base_url: "https://graph.facebook.com",
    version: "v24.0",
    lead,
    read,
    lists: <[String]>::to_vec,
    list,
    read_list,
};

/// All that a lead tells. The names of ad, ad set and campaign need a right of their own (`ads_management`).
const FIELDS: &str = "id,created_time,form_id,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,platform,\
                      is_organic,custom_disclaimer_responses,field_data";
/// What the right to see leads alone gives.
const FEWER_FIELDS: &str = "id,created_time,form_id,field_data";
/// Leads of a page of a list: an answer is read up to 64 KiB.
const PAGE: usize = 100;

fn ask(api: &Api<'_>, path: &str, query: &str) -> Ask {
    // The header keeps the token out of every log of addresses.
    Ask { url: format!("{}/{}/{path}?{query}", api.base_url, api.version), headers: vec![api.bearer()] }
}

fn lead(api: &Api<'_>, event: &Map<String, Value>) -> Result<Vec<Ask>, FetchError> {
    let id =
        ids::text(event, "leadgen_id").ok_or_else(|| FetchError::Final("the event has no leadgen_id".to_owned()))?;
    Ok([FIELDS, FEWER_FIELDS].map(|fields| ask(api, &escape(&id), &format!("fields={fields}"))).into())
}

fn read(event: &Map<String, Value>, answer: &Answer<'_>) -> Result<Fetched, FetchError> {
    let mut lead = body(answer)?;
    let Some(Value::Array(answers)) = lead.remove("field_data") else {
        return Err(FetchError::Final("Meta's answer has no field_data".to_owned()));
    };
    let mut merged = Map::new();
    for answer in &answers {
        let (Some(name), Some(Value::Array(values))) =
            (answer.get("name").and_then(Value::as_str), answer.get("values"))
        else {
            return Err(FetchError::Final("an answer in Meta's field_data has no name or no values".to_owned()));
        };
        for value in values {
            add(&mut merged, name.to_owned(), value.clone());
        }
    }
    let is_test = merged.values().any(is_dummy);
    // What a person answered keeps its name; what Meta adds steps aside.
    lead.remove("id");
    ids::as_texts(&mut lead);
    let mut event = event.clone();
    ids::as_texts(&mut event);
    event.extend(lead);
    for (key, value) in event {
        let key = if merged.contains_key(&key) { format!("meta_{key}") } else { key };
        merged.insert(key, value);
    }
    if let Some(what) = unfit(&merged) {
        return Err(FetchError::Final(format!("the lead {what}")));
    }
    Ok(if is_test { Fetched::Test(merged) } else { Fetched::Lead(merged) })
}

/// Meta's testing tool fills every field with `<test lead: dummy data for full_name>`.
fn is_dummy(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("<test lead: dummy data for "))
}

/// `GET /{form_id}/leads` with a filter on `time_created`, which is in seconds; the filter knows "greater" only.
fn list(api: &Api<'_>, form: &str, (from, until): (Timestamp, Timestamp), page: Option<&str>) -> Ask {
    let bound = |operator: &str, at: i64| json!({"field": "time_created", "operator": operator, "value": at});
    let filtering = json!([bound("GREATER_THAN", from.as_second() - 1), bound("LESS_THAN", until.as_second() + 1)]);
    let after = page.map(|page| format!("&after={}", escape(page))).unwrap_or_default();
    let filtering = escape(&filtering.to_string());
    let query = format!("fields=id,created_time,form_id&limit={PAGE}&filtering={filtering}{after}");
    ask(api, &format!("{}/leads", escape(form)), &query)
}

fn read_list(form: &str, _: Option<&str>, answer: &Answer<'_>) -> Result<Listed, FetchError> {
    let body = body(answer)?;
    let unreadable = |what: &str| FetchError::Final(format!("Meta's list of leads {what}"));
    let leads = body.get("data").and_then(Value::as_array).ok_or_else(|| unreadable("has no 'data'"))?;
    let mut parts = Vec::new();
    for lead in leads {
        let lead = lead.as_object().ok_or_else(|| unreadable("holds what is no lead"))?;
        let id = ids::text(lead, "id").ok_or_else(|| unreadable("holds a lead without an id"))?;
        let mut payload = Map::new();
        payload.insert("leadgen_id".to_owned(), id.clone().into());
        payload.insert("form_id".to_owned(), ids::text(lead, "form_id").unwrap_or_else(|| form.to_owned()).into());
        if let Some(created) = lead.get("created_time") {
            payload.insert("created_time".to_owned(), created.clone());
        }
        parts.push(listed(payload, id));
    }
    let paging = body.get("paging");
    let after = || paging?.get("cursors")?.get("after")?.as_str().map(str::to_owned);
    // The last page has cursors too, and no address of a next one.
    let next = if paging.is_some_and(|paging| paging.get("next").is_some()) { after() } else { None };
    Ok(Listed { parts, next })
}

/// The body of a good answer, or what its error says.
fn body(answer: &Answer<'_>) -> Result<Map<String, Value>, FetchError> {
    let body = match parse(answer.body) {
        Ok(Value::Object(body)) => body,
        _ if answer.status != 200 => return Err(by_status("Meta", answer.status)),
        _ => return Err(FetchError::Later("Meta's answer is no JSON object".to_owned())),
    };
    match body.get("error") {
        Some(error) => Err(refusal(answer.status, error)),
        None if answer.status == 200 => Ok(body),
        None => Err(by_status("Meta", answer.status)),
    }
}

/// What an error of the Graph API asks for (<https://developers.facebook.com/docs/graph-api/guides/error-handling> and
/// `/docs/graph-api/overview/rate-limiting`). Not its own words: some of them repeat the token.
fn refusal(status: u16, error: &Value) -> FetchError {
    let number = |key: &str| error.get(key).and_then(Value::as_i64).unwrap_or_default();
    let (code, subcode) = (number("code"), number("error_subcode"));
    let at = if subcode == 0 { format!("code {code}") } else { format!("code {code}, subcode {subcode}") };
    if error.get("is_transient").and_then(Value::as_bool) == Some(true) {
        return FetchError::Later(format!("Meta could not answer for the moment ({at})"));
    }
    match code {
        1 | 2 => FetchError::Later(format!("Meta could not answer for the moment ({at})")),
        4 | 17 | 32 | 341 | 613 | 80_000..=80_099 => {
            FetchError::Later(format!("Meta asks to slow down ({at}): lower 'per_second' if that goes on"))
        }
        102 | 190 | 463 | 467 => FetchError::Final(format!(
            "Meta does not take the access token ({at}): it has expired or was withdrawn; set the secret anew and retry"
        )),
        10 | 200..=299 => FetchError::Denied(format!(
            "Meta does not let the access token see this lead ({at}): give it leads_retrieval and access to the page, and retry"
        )),
        100 if subcode == 33 => FetchError::Final(format!(
            "Meta knows no such lead, or the access token may not see it ({at}): leads are kept for 90 days"
        )),
        803 => FetchError::Final(format!("Meta knows no such lead ({at}): leads are kept for 90 days")),
        100 => {
            FetchError::Denied(format!("Meta does not understand the question ({at}): set 'version' to a newer one"))
        }
        0 => by_status("Meta", status),
        _ if status >= 500 => FetchError::Later(format!("Meta answered {status} ({at})")),
        _ => FetchError::Final(format!("Meta refused to answer ({at})")),
    }
}
