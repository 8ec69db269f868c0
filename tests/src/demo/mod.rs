//! The demo: a day's leads through the whole stack, and what became of each.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a demo talks to a person")]

mod lead;
mod outcome;
mod table;
mod why;

use std::{
    io,
    time::{Duration, Instant},
};

use crate::{
    client::{Api, Published},
    receiver::{Receiver, Recorded, signature},
    stack::{Profile, Stack, StackError, StackOptions, wait_until},
};

use lead::{DemoLead, Sent};
use outcome::{Ended, Outcome};
use table::Table;

/// The demo's config. As it stands it is valid; only [`RECEIVERS`] is replaced.
const CONFIG: &str = include_str!("../../../events/demo-config.yaml");

/// Where the config's receivers are, until the demo puts its own there.
pub const RECEIVERS: &str = "http://127.0.0.1:8099";

/// The account of the demo.
pub const ACCOUNT: &str = "demo";

/// The name and the value of the secret by which the website signs.
const WEBSITE_SECRET: (&str, &str) = ("website-signing", "demo-website-secret");

/// The name and the value of the secret by which receivers know us.
const RECEIVER_SECRET: (&str, &str) = ("crm-signing", "whsec_ZGVtby1yZWNlaXZlci1zZWNyZXQtMTIzNA==");

/// Longest wait for all leads to be settled. It asserts no speed.
const SETTLE_LIMIT: Duration = Duration::from_secs(90);

/// Why the demo did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The local stack.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The receiver could not listen.
    #[error("the receiver could not start: {0}")]
    Receiver(#[from] io::Error),
    /// A lead was refused.
    #[error("the lead '{title}' was answered with {status} instead of being taken: {detail}")]
    Refused {
        /// Which one.
        title: String,
        /// The answer's status.
        status: u16,
        /// What it said.
        detail: String,
    },
}

/// Sets the secrets of the demo's config and publishes it, with its receivers at `receivers` (`http://HOST:PORT`).
pub async fn publish(api: &Api<'_>, receivers: &str) -> Result<Published, StackError> {
    for (name, value) in [WEBSITE_SECRET, RECEIVER_SECRET] {
        api.set_secret(name, value).await?;
    }
    api.publish(&CONFIG.replace(RECEIVERS, receivers)).await
}

/// Runs the demo. True when every lead is accounted for.
pub async fn run(profile: Profile) -> Result<bool, DemoError> {
    let began = Instant::now();
    eprintln!("[1/3] building the functions (minutes the first time) and deploying the template to an emulator ...");
    let stack = Stack::start(StackOptions::named("demo").profile(profile)).await?;
    eprintln!("[2/3] publishing events/demo-config.yaml ...");
    let receiver = Receiver::start().await?;
    let api = Api::of(&stack, ACCOUNT).await?;
    let published = publish(&api, &receiver.base()).await?;

    let leads = DemoLead::all()?;
    eprintln!("[3/3] sending {} leads over HTTP ...", leads.len());
    let mut sent = Vec::with_capacity(leads.len());
    for lead in leads {
        sent.push(lead.send(&stack, &published).await?);
    }
    let outcomes = settle(&api, &sent).await?;

    println!("\n{}", table(&sent, &outcomes));
    report_receiver(&stack, &receiver).await?;
    eprintln!("it took {} s in all", began.elapsed().as_secs());
    Ok(sum_up(&sent, &outcomes))
}

/// Looks until every lead is settled, or until the time is up: what is open then is reported as such.
async fn settle(api: &Api<'_>, sent: &[Sent]) -> Result<Vec<Outcome>, StackError> {
    let look = async || {
        let outcomes = outcome::look(api, sent).await?;
        Ok(outcomes.iter().all(|outcome| outcome.ended != Ended::Open).then_some(outcomes))
    };
    match wait_until("every lead is settled", SETTLE_LIMIT, look).await {
        Err(StackError::NeverHappened { .. }) => outcome::look(api, sent).await,
        looked => looked,
    }
}

fn table(sent: &[Sent], outcomes: &[Outcome]) -> Table {
    let mut table = Table::new(["LEAD", "RULE", "ASSIGNEE", "WHY", "DELIVERY", "TIME"]);
    for (sent, outcome) in sent.iter().zip(outcomes) {
        let took = outcome.took_ms.map(|ms| format!("{}.{:02} s", ms / 1000, ms % 1000 / 10));
        table.row([
            sent.title.clone(),
            outcome.rule.clone(),
            outcome.assignee.clone(),
            outcome.why.clone(),
            outcome.delivery.clone(),
            took.unwrap_or_default(),
        ]);
    }
    table
}

/// What arrived at the other end, seen from there.
async fn report_receiver(stack: &Stack, receiver: &Receiver) -> Result<(), StackError> {
    let requests = receiver.requests();
    let is_right = |request: &&Recorded| signature::verify(RECEIVER_SECRET.1, request).is_ok();
    let right = requests.iter().filter(is_right).count();
    let emails = stack.emails().await?.len();
    println!("at the receivers: {} webhooks, {right} of them rightly signed, and {emails} emails", requests.len());
    Ok(())
}

/// Prints the last line; true when every lead is accounted for.
fn sum_up(sent: &[Sent], outcomes: &[Outcome]) -> bool {
    let count = |is: fn(&Ended) -> bool| outcomes.iter().filter(|outcome| is(&outcome.ended)).count();
    let open = count(|ended| *ended == Ended::Open);
    if open > 0 {
        println!("{open} leads are unaccounted for: `DELIVERY` says what is missing");
    }
    println!(
        "demo: received={} decided={} delivered={} parked={} failed={}",
        sent.len(),
        count(|ended| matches!(ended, Ended::Delivered | Ended::Undelivered | Ended::Parked | Ended::Kept)),
        count(|ended| *ended == Ended::Delivered),
        count(|ended| *ended == Ended::Parked),
        count(|ended| matches!(ended, Ended::Failed | Ended::Undelivered)),
    );
    open == 0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use leadyard_domain::{
        config::{
            Known,
            document::{self, Syntax},
        },
        id::SecretName,
    };

    use super::*;

    #[test]
    fn the_config_is_sound_as_it_stands() {
        let config = document::parse(CONFIG, Syntax::Yaml).unwrap();
        let secrets: BTreeSet<SecretName> =
            [WEBSITE_SECRET.0, RECEIVER_SECRET.0].map(|name| SecretName::new(name).unwrap()).into();
        let known = Known { secrets: &secrets, formats: &["json", "form"], lists: &BTreeSet::new() };
        config.check(&known).unwrap();
        assert!(CONFIG.contains(RECEIVERS));
    }

    #[test]
    fn the_leads_go_to_sources_of_the_config_and_hold_the_cases_that_the_demo_shows() {
        let leads = DemoLead::all().unwrap();
        let config = document::parse(CONFIG, Syntax::Yaml).unwrap();
        assert!(leads.iter().all(|lead| config.sources.iter().any(|source| source.id.as_str() == lead.source)));
        let titles: BTreeSet<&str> = leads.iter().map(|lead| lead.title.as_str()).collect();
        assert_eq!(titles.len(), leads.len());
    }
}
