//! What LinkedIn's Lead Sync API is asked, and how it answers
//! (<https://learn.microsoft.com/en-us/linkedin/marketing/lead-sync/leadsync>, "leadFormResponses").

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::form::add;
use super::super::ids;
use super::super::json::parse::parse;
use super::{CREATED, RESPONSE, name_of};
use crate::fetch::{Answer, Api, Ask, Fetch, FetchError, Fetched, Listed, by_status, escape, listed};
use crate::request::{id_text, unfit};

pub(super) static FETCH: Fetch =
    Fetch { base_url: "https://api.linkedin.com/rest", version: "202606", lead, read, lists, list, read_list };

/// With its form: an answer names its question by a number only.
const FIELDS: &str = "id,submittedAt,leadType,testLead,owner,versionedLeadGenFormUrn,associatedEntity,associatedEntityInfo,\
                      leadMetadata,leadMetadataInfo,formResponse,form:(id,name,hiddenFields,content)";
/// Responses of a page of a list: an answer is read up to 64 KiB.
const PAGE: usize = 100;
/// What an organisation's leads can be; an ad account has one kind.
const OF_ORGANISATIONS: [&str; 3] = ["COMPANY", "EVENT", "ORGANIZATION_PRODUCT"];

fn ask(api: &Api<'_>, rest: &str) -> Ask {
    let headers = vec![
        api.bearer(),
        ("linkedin-version", api.version.to_owned()),
        ("x-restli-protocol-version", "2.0.0".to_owned()),
    ];
    Ask { url: format!("{}/leadFormResponses{rest}", api.base_url), headers }
}

fn lead(api: &Api<'_>, event: &Map<String, Value>) -> Result<Vec<Ask>, FetchError> {
    let response = event.get("leadGenFormResponse").and_then(Value::as_str).map(str::trim).unwrap_or_default();
    let id = response.strip_prefix(RESPONSE).unwrap_or(response);
    if id.is_empty() {
        return Err(FetchError::Final("the event has no leadGenFormResponse".to_owned()));
    }
    Ok(vec![ask(api, &format!("/{}?fields={FIELDS}", escape(id)))])
}

fn read(event: &Map<String, Value>, answer: &Answer<'_>) -> Result<Fetched, FetchError> {
    let mut response = body(answer)?;
    let form = match response.remove("form") {
        Some(Value::Object(form)) => form,
        _ => Map::new(),
    };
    let Some(Value::Object(mut answered)) = response.remove("formResponse") else {
        return Err(FetchError::Final("LinkedIn's answer has no formResponse".to_owned()));
    };
    let Some(Value::Array(answers)) = answered.remove("answers") else {
        return Err(FetchError::Final("LinkedIn's formResponse has no answers".to_owned()));
    };
    let questions = questions(&form);
    let mut lead = Map::new();
    for answer in &answers {
        let id = answer.get("questionId").and_then(id_text).unwrap_or_default();
        let question = questions.get(&id).copied();
        let key = question.and_then(name_of_question).unwrap_or_else(|| format!("question_{id}"));
        for value in values(question, answer.get("answerDetails")) {
            add(&mut lead, key.clone(), value);
        }
    }
    // Fields that the form's owner fills, such as utm_source.
    for field in form.get("hiddenFields").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(name), Some(value)) = (field.get("name").and_then(Value::as_str), field.get("value")) {
            add(&mut lead, name.to_owned(), value.clone());
        }
    }
    let is_test = response.get("testLead").and_then(Value::as_bool) == Some(true);
    let mut beside = event.clone();
    beside.extend(response);
    // Consents, kept as they are.
    beside.extend(answered);
    if let Some(name) = form.get("name").and_then(localized) {
        beside.insert("form_name".to_owned(), name.into());
    }
    ids::as_texts(&mut beside);
    for (key, value) in beside {
        let key = if lead.contains_key(&key) { format!("linkedin_{key}") } else { key };
        lead.insert(key, value);
    }
    if let Some(what) = unfit(&lead) {
        return Err(FetchError::Final(format!("the lead {what}")));
    }
    Ok(if is_test { Fetched::Test(lead) } else { Fetched::Lead(lead) })
}

/// The questions of a form by their ids.
fn questions(form: &Map<String, Value>) -> BTreeMap<String, &Value> {
    let questions = form.get("content").and_then(|content| content.get("questions")).and_then(Value::as_array);
    let by_id = |question| Some((Value::get(question, "questionId").and_then(id_text)?, question));
    questions.into_iter().flatten().filter_map(by_id).collect()
}

/// What LinkedIn itself calls a question (`WORK_EMAIL`), else what its owner calls it, else its text.
fn name_of_question(question: &Value) -> Option<String> {
    let text = |key: &str| question.get(key).and_then(Value::as_str).map(str::to_owned);
    let names = [text("predefinedField"), text("name"), question.get("question").and_then(localized)];
    names.into_iter().flatten().find(|name| !name.trim().is_empty())
}

/// The values of an answer; options of a choice as their texts.
fn values(question: Option<&Value>, details: Option<&Value>) -> Vec<Value> {
    let Some(details) = details else { return Vec::new() };
    if let Some(answer) = details.get("textQuestionAnswer") {
        return answer.get("answer").into_iter().cloned().collect();
    }
    let Some(chosen) = details.get("multipleChoiceAnswer").and_then(|its| its.get("options")).and_then(Value::as_array)
    else {
        // A kind of answer that is new: kept as it is.
        return vec![details.clone()];
    };
    let options = question
        .and_then(|its| its.get("questionDetails")?.get("multipleChoiceQuestionDetails")?.get("options")?.as_array());
    let text = |chosen: &Value| {
        let id = id_text(chosen)?;
        let option = options?.iter().find(|option| option.get("id").and_then(id_text).as_ref() == Some(&id))?;
        option.get("text").and_then(localized).map(Value::from)
    };
    chosen.iter().map(|chosen| text(chosen).unwrap_or_else(|| chosen.clone())).collect()
}

/// A text, or the first of `{"localized": {"en_US": text}}`.
fn localized(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => Some(text.as_str()),
        _ => value.get("localized")?.as_object()?.values().find_map(Value::as_str),
    };
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Each owner with each kind of lead that it can have: `owner=(…)&leadType=(leadType:…)`.
fn lists(owners: &[String]) -> Vec<String> {
    let of = |owner: &String| -> Vec<String> {
        let (kind, lead_types): (_, &[&str]) = match owner.starts_with("urn:li:organization:") {
            true => ("organization", &OF_ORGANISATIONS),
            false => ("sponsoredAccount", &["SPONSORED"]),
        };
        let list = |lead_type: &&str| format!("owner=({kind}:{})&leadType=(leadType:{lead_type})", escape(owner));
        lead_types.iter().map(list).collect()
    };
    owners.iter().flat_map(of).collect()
}

fn list(api: &Api<'_>, list: &str, (from, until): (Timestamp, Timestamp), page: Option<&str>) -> Ask {
    let (from, until) = (from.as_millisecond(), until.as_millisecond());
    let start = page.unwrap_or("0");
    let rest = format!(
        "?q=owner&{list}&submittedAtTimeRange=(start:{from},end:{until})&fields=id,submittedAt,versionedLeadGenFormUrn,\
         leadType&start={}&count={PAGE}",
        escape(start)
    );
    ask(api, &rest)
}

fn read_list(_: &str, page: Option<&str>, answer: &Answer<'_>) -> Result<Listed, FetchError> {
    let body = body(answer)?;
    let unreadable = |what: &str| FetchError::Final(format!("LinkedIn's list of responses {what}"));
    let elements = body.get("elements").and_then(Value::as_array).ok_or_else(|| unreadable("has no 'elements'"))?;
    let mut parts = Vec::new();
    for element in elements {
        let element = element.as_object().ok_or_else(|| unreadable("holds what is no response"))?;
        let id = ids::text(element, "id").ok_or_else(|| unreadable("holds a response without an id"))?;
        let response = if id.starts_with(RESPONSE) { id } else { format!("{RESPONSE}{id}") };
        let mut payload = Map::new();
        for (from, to) in
            [("leadType", "leadType"), ("submittedAt", "occurredAt"), ("versionedLeadGenFormUrn", "leadGenForm")]
        {
            if let Some(value) = element.get(from) {
                payload.insert(to.to_owned(), value.clone());
            }
        }
        let name = name_of(&response, CREATED);
        payload.insert("leadGenFormResponse".to_owned(), response.into());
        parts.push(listed(payload, name));
    }
    let start: usize = page.and_then(|page| page.parse().ok()).unwrap_or_default();
    // A page that is not full is the last one, whatever the total says.
    let next = (elements.len() >= PAGE).then(|| (start + elements.len()).to_string());
    Ok(Listed { parts, next })
}

fn body(answer: &Answer<'_>) -> Result<Map<String, Value>, FetchError> {
    match (answer.status, parse(answer.body)) {
        (200, Ok(Value::Object(body))) => Ok(body),
        (200, _) => Err(FetchError::Later("LinkedIn's answer is no JSON object".to_owned())),
        // NONEXISTENT_VERSION: a version is served for a year.
        (426, _) => Err(FetchError::Final(
            "LinkedIn does not serve this version of its API any more (426): set 'fetch.version' to a newer one and retry"
                .to_owned(),
        )),
        (status, _) => Err(by_status("LinkedIn", status)),
    }
}
