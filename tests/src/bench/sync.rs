//! A thousand leads from one account to another through the local stack: how many a second, and how many calls each costs
//! beside a lead that is delivered and one that is received.

use std::{ops::Range, time::Duration};

use jiff::Timestamp;

use super::{
    BenchError,
    load::{self, HMAC_SECRET, Meter, SIGNING_SECRET, WARM_UP_LEADS},
    usage::{Usage, number},
};
use crate::{
    client::Api,
    proxy::{Call, Proxy},
    receiver::Receiver,
    stack::{Profile, Queue, Stack, StackError, StackOptions, free_port, wait_until},
};

/// Leads that are measured of each kind.
const LEADS: usize = 1_000;

/// Longest wait for the last lead.
const LIMIT: Duration = Duration::from_secs(900);

/// Most calls of a lead that is told another account, beside those of one that is delivered and one that is received.
const RATIO_GOAL: f64 = 1.3;

/// Every lead goes to one webhook.
const DELIVERS: &str = r#"
sources: [{ id: web, format: json, verify: { hmac: { secret: hmac, header: x-signature, prefix: "sha256=" } }, external_id: { field: id } }]
assignees: [{ id: anna, name: Anna, destinations: [crm] }]
destinations: [{ id: crm, channel: { webhook: { url: "URL", secret: signing } } }]
profiles: [{ id: all, default: [{ assign_to: anna }] }]
"#;

/// Every lead is given to somebody and goes nowhere.
const RECEIVES: &str = r#"
sources: [{ id: web, format: json, verify: { hmac: { secret: hmac, header: x-signature, prefix: "sha256=" } }, external_id: { field: id } }]
assignees: [{ id: anna, name: Anna }]
profiles: [{ id: all, default: [{ assign_to: anna }] }]
"#;

/// Every lead is given to somebody and told another account.
const TELLS: &str = r#"
account: { sync_name: north }
sources:
  - { id: web, format: json, verify: { hmac: { secret: hmac, header: x-signature, prefix: "sha256=" } }, external_id: { field: id } }
  - { id: sync, format: account_sync, verify: { standard_webhooks: { secret: signing } } }
assignees: [{ id: anna, name: Anna }]
destinations: [{ id: south, channel: { webhook: { url: "URL", secret: signing } } }]
automations: [{ id: tell, state: published, on: [lead_created, lead_updated], push: south, peer: south }]
profiles: [{ id: all, default: [{ assign_to: anna }] }]
"#;

/// Takes what it is told, gives it to somebody, and would tell the other account of what changes here.
const IS_TOLD: &str = r#"
account: { sync_name: south }
sources: [{ id: sync, format: account_sync, verify: { standard_webhooks: { secret: signing } } }]
assignees: [{ id: anna, name: Anna }]
destinations: [{ id: north, channel: { webhook: { url: "URL", secret: signing } } }]
automations: [{ id: tell, state: published, on: [lead_created, lead_updated], push: north, peer: north }]
profiles: [{ id: all, default: [{ assign_to: anna }] }]
"#;

/// Runs the benchmark and prints its figures. True when the calls are within the goal.
pub async fn sync() -> Result<bool, BenchError> {
    eprintln!("building the functions optimised, as they are deployed (minutes the first time) ...");
    let port = free_port()?;
    let meter = Meter::default();
    let counting = meter.clone();
    let proxy = Proxy::start(&format!("http://127.0.0.1:{port}"), move |call: Call| counting.lock().call(&call))
        .map_err(BenchError::system("the counting proxy"))?;
    let options =
        StackOptions::named("bench-sync").profile(Profile::Release).port(port).functions_endpoint(&proxy.url());
    let stack = Stack::start(options).await?;
    let receiver = Receiver::start().await.map_err(BenchError::system("the receiver"))?;
    let bench = Bench { stack: &stack, meter: &meter };

    let (_, delivers) = bench.open("delivers", &DELIVERS.replace("URL", &receiver.base())).await?;
    let delivered = bench.measure("delivered", delivers.endpoint("web")?).await?;
    let (_, receives) = bench.open("receives", RECEIVES).await?;
    let received = bench.measure("received", receives.endpoint("web")?).await?;

    let (south, is_told) = bench.open("south", &IS_TOLD.replace("URL", "http://127.0.0.1:9/")).await?;
    let (_, tells) = bench.open("north", &TELLS.replace("URL", is_told.endpoint("sync")?)).await?;
    south.publish(&IS_TOLD.replace("URL", tells.endpoint("sync")?)).await?;
    let told = bench.measure("told", tells.endpoint("web")?).await?;
    let arrived = south.list("events", "range=today").await?;
    let arrived = arrived.iter().filter(|event| event["status"] == "created").count();
    let all = WARM_UP_LEADS + LEADS;
    if arrived != all {
        println!("sync: {arrived} of {all} leads arrived");
    }

    let ratio = told.calls_per_lead / (delivered.calls_per_lead + received.calls_per_lead);
    println!(
        "sync per_s={:.1} calls_per_lead={:.2} ratio={ratio:.3} (delivered {:.2}, received {:.2})",
        told.per_s, told.calls_per_lead, delivered.calls_per_lead, received.calls_per_lead
    );
    Ok(ratio <= RATIO_GOAL && arrived == all)
}

struct Bench<'a> {
    stack: &'a Stack,
    meter: &'a Meter,
}

/// What leads of one kind took.
struct Measured {
    per_s: f64,
    calls_per_lead: f64,
}

impl<'a> Bench<'a> {
    async fn open(&self, account: &str, config: &str) -> Result<(Api<'a>, crate::client::Published), StackError> {
        let api = Api::of(self.stack, account).await?;
        api.set_secret("hmac", HMAC_SECRET).await?;
        api.set_secret("signing", SIGNING_SECRET).await?;
        let published = api.publish(config).await?;
        Ok((api, published))
    }

    /// Sends leads until nothing is under way any more.
    async fn measure(&self, kind: &str, url: &str) -> Result<Measured, StackError> {
        eprintln!("{kind}: {WARM_UP_LEADS} leads to start the functions, then {LEADS} ...");
        self.run(url, 0..WARM_UP_LEADS).await?;
        *self.meter.lock() = Usage::default();
        let began = Timestamp::now();
        self.run(url, WARM_UP_LEADS..WARM_UP_LEADS + LEADS).await?;
        let seconds = Timestamp::now().duration_since(began).as_secs_f64();
        let calls: u64 = self.meter.lock().calls().map(|(_, _, count)| count).sum();
        for (service, operation, count) in self.meter.lock().calls() {
            println!("call kind={kind} service={service} operation={operation} count={count}");
        }
        let leads = number(LEADS.try_into().unwrap_or(u64::MAX));
        Ok(Measured { per_s: leads / seconds, calls_per_lead: number(calls) / leads })
    }

    async fn run(&self, url: &str, numbers: Range<usize>) -> Result<(), StackError> {
        load::send(self.stack, url, numbers).await?;
        // What one account is told is in a queue again before its delivery ends, so three rounds see the last of it.
        wait_until("everything has arrived", LIMIT, async || {
            for _ in 0..3 {
                for queue in Queue::LIVE {
                    self.stack.drained(queue, LIMIT).await?;
                }
            }
            Ok(Some(()))
        })
        .await
    }
}
