//! A message of the email queue over a real table, with SES answering by a script.
#![cfg(test)] // clippy takes helper functions for test code only so

use deliver_email::event::Incoming;
use deliver_email::handler::{DeliverEmail, DeliverError};
use deliver_email::post::Post;
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::decision::State;
use leadyard_domain::delivery::alert::{Loss, Subject};
use leadyard_domain::delivery::{Attempt, DeliveryStatus};
use leadyard_domain::id::{AccountId, DeliveryId};
use leadyard_domain::message::DeliveryMessage;
use leadyard_domain::suppression::{AddressHash, Suppression, SuppressionReason};
use leadyard_fakes::{Asked, Queue, Service, Table, sold_lead};
use leadyard_runtime::{FollowUps, Metrics, Record, Scheduler, now};
use leadyard_store::{Claim, ClaimRequest, Commit, ConfigCache, PublishConfig, Replay, ReplayRequest, Settled};
use serde_json::{Value, json};

const BOUNCED: &str = include_str!("../../../events/ses_bounce_permanent.json");
const CAME_BACK: &str = include_str!("../../../events/ses_bounce_transient.json");
const COMPLAINED: &str = include_str!("../../../events/ses_complaint.json");
const ENVELOPED: &str = include_str!("../../../events/ses_sns_envelope.json");
const ARRIVED: &str = include_str!("../../../events/ses_delivery.json");
const SAMPLE_DELIVERY: &str = "dlv_0123456789abcdefghjkmnpqrs_1_mail";

struct Setting {
    table: Table,
    queue: Queue,
    ses: Service,
    delivery: DeliveryId,
}

fn account() -> AccountId {
    AccountId::new("main").unwrap()
}

fn took(_: &Asked) -> (u16, Value) {
    (200, json!({ "MessageId": "m-1" }))
}

/// Publishes a config with a destination of this channel, and what else it has.
async fn publish(table: &Table, email: Value, more: Value, version: u64) {
    let mut destination = json!({ "id": "mail", "channel": { "email": email }, "retry": ["2s", "1h"] });
    destination.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let config = json!({
        "account": { "name": "Demo", "notify": { "emails": ["ops@example.com", "gone@example.com"] } },
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": [{ "id": "anna", "name": "Anna", "email": "anna@example.com", "destinations": ["mail"] }],
        "destinations": [destination],
    });
    let publish = PublishConfig::new(account(), config.to_string(), version, "test", now());
    table.store.publish_config(&publish).await.unwrap();
}

impl Setting {
    /// A lead of Anna's that is to be mailed to her, and an SES that answers so.
    async fn start(email: Value, ses: impl FnMut(&Asked) -> (u16, Value) + Send + 'static) -> Self {
        let table = Table::start().await;
        publish(&table, email, json!({}), 0).await;
        let delivery = sold_lead(&table.store, &account(), 1, "anna", &["mail"], Some("42.5"), now()).await.remove(0);
        Self { table, queue: Queue::start().await, ses: Service::start(ses).await, delivery }
    }

    /// Handles the message that asks for a try.
    async fn handle(&self, number: u32) -> Result<(), DeliverError> {
        let message = DeliveryMessage::try_number(&account(), &self.delivery, number);
        self.receive(&serde_json::to_string(&message).unwrap()).await
    }

    /// Handles one of the sample events of SES, made one about this delivery.
    async fn hear(&self, sample: &str) -> Result<(), DeliverError> {
        assert!(sample.contains(SAMPLE_DELIVERY));
        self.receive(&sample.replace(SAMPLE_DELIVERY, self.delivery.as_str())).await
    }

    /// Handles what a queue hands out, in a fresh execution environment.
    async fn receive(&self, body: &str) -> Result<(), DeliverError> {
        let aws = self.ses.aws();
        let deliver = DeliverEmail {
            store: self.table.store.clone(),
            configs: ConfigCache::new(self.table.store.clone()),
            follow_ups: FollowUps::new(
                self.queue.sender(),
                Scheduler::new(aws.scheduler(), "group", "role", "queue"),
                self.queue.sender(),
            )
            .with_alerts(self.queue.sender()),
            post: Post::new(aws.config(), Some("leads@example.com".to_owned()), Some("leadyard".to_owned())),
            metrics: Metrics::new("deliver-email"),
            now,
        };
        let message: Incoming = serde_json::from_str(body).unwrap();
        let record =
            Record { message_id: "m".into(), receive_count: 1, sent_at: None, deadline: Timestamp::MAX, message };
        deliver.handle(record).await
    }

    /// Publishes a config as it is, over the given version.
    async fn publish_whole(&self, config: &Value, version: u64) {
        let publish = PublishConfig::new(account(), config.to_string(), version, "test", now());
        self.table.store.publish_config(&publish).await.unwrap();
    }

    async fn publish(&self, email: Value, more: Value, version: u64) {
        publish(&self.table, email, more, version).await;
    }

    /// A function died while it was sending the mail, a minute ago.
    async fn died(&self) {
        self.claim(now() - SignedDuration::from_secs(60)).await;
    }

    /// The lead is erased.
    async fn erase(&self) {
        let (store, now, id) = (&self.table.store, now(), self.delivery.lead());
        let mut lead = store.leads(&account(), &[id.clone()].into(), true).await.unwrap().remove(&id).unwrap();
        let standing = lead.standing.clone();
        lead.erased_at = Some(now);
        let settled = vec![Settled::known(lead, standing, Vec::new(), now)];
        let (before, after) = (State::default(), State::default());
        let commit = Commit { account: account(), now, log_days: 30, had_days: 0, settled, before, after };
        store.commit(&commit).await.unwrap();
    }

    async fn status(&self) -> DeliveryStatus {
        self.table.store.delivery(&account(), &self.delivery).await.unwrap().unwrap().status
    }

    /// A person asks for it again.
    async fn replay(&self) {
        let by = "ops".to_owned();
        let request =
            ReplayRequest { account: account(), delivery: self.delivery.clone(), force: false, by, now: now() };
        assert!(matches!(self.table.store.request_replay(&request).await.unwrap(), Replay::Send { .. }));
    }

    /// Another function is sending the mail right now.
    async fn claim_only(&self) {
        self.claim(now()).await;
    }

    async fn claim(&self, now: Timestamp) {
        let request = ClaimRequest {
            account: account(),
            delivery: self.delivery.clone(),
            number: 1,
            source: "web".parse().unwrap(),
            channel: "email".to_owned(),
            lease_until: now + SignedDuration::from_secs(30),
            now,
            at_most_once: false,
        };
        assert!(matches!(self.table.store.claim_delivery(&request).await.unwrap(), Claim::Claimed(_)));
    }

    async fn suppressed(&self, address: &str) -> Option<SuppressionReason> {
        let hash = AddressHash::of(address).unwrap();
        self.table.store.suppression(&account(), &hash).await.unwrap().map(|suppression| suppression.reason)
    }

    async fn attempts(&self) -> Vec<Attempt> {
        self.table.store.attempts(&account(), &self.delivery).await.unwrap()
    }
}

#[tokio::test]
async fn a_mail_goes_out_once_with_its_file_and_tag() {
    let email = json!({ "to": ["{{ assignee.email }}"], "attachment": "csv", "reply_to_lead": true });
    let setting = Setting::start(email, took).await;
    setting.handle(1).await.unwrap();
    setting.handle(1).await.unwrap();
    let asked = setting.ses.asked();
    assert_eq!(asked.len(), 1, "the same message twice sends one mail");
    let Asked { what, body } = &asked[0];
    assert_eq!(what, "POST /v2/email/outbound-emails");
    assert_eq!(body["FromEmailAddress"], "leads@example.com");
    assert_eq!(body["Destination"]["ToAddresses"], json!(["anna@example.com"]));
    assert_eq!(body["ReplyToAddresses"], json!(["jane@example.com"]));
    let tags = json!([
        { "Name": "account", "Value": "main" },
        { "Name": "delivery", "Value": setting.delivery.as_str() },
        { "Name": "try", "Value": "1" },
    ]);
    assert_eq!((&body["EmailTags"], &body["ConfigurationSetName"]), (&tags, &json!("leadyard")));
    let message = &body["Content"]["Simple"];
    assert_eq!(message["Subject"]["Data"], "New lead: Jane Doe");
    assert!(message["Body"]["Text"]["Data"].as_str().unwrap().contains("full_name: Jane Doe"));
    assert!(message["Body"]["Html"]["Data"].as_str().unwrap().contains("<td>Jane Doe</td>"));
    assert_eq!(message["Attachments"][0]["FileName"], "lead.csv");
    assert_eq!(setting.status().await, DeliveryStatus::Delivered);
    assert_eq!(setting.attempts().await.len(), 1);
}

#[tokio::test]
async fn who_sent_the_lead_is_answered_whoever_has_it() {
    let email = json!({ "to": ["{{ lead.fields.email }}"], "subject": "Thank you, {{ lead.fields.full_name }}\n" });
    let mut setting = Setting::start(email, took).await;
    setting.delivery = DeliveryId::of_reply(&setting.delivery.lead(), &"mail".parse().unwrap());
    setting.handle(1).await.unwrap();
    setting.handle(1).await.unwrap();
    let asked = setting.ses.asked();
    assert_eq!(asked.len(), 1, "the same message twice sends one mail");
    assert_eq!(asked[0].body["Destination"]["ToAddresses"], json!(["jane@example.com"]));
    let subject = asked[0].body["Content"]["Simple"]["Subject"]["Data"].as_str().unwrap();
    assert_eq!(subject, "Thank you, Jane Doe");
    assert_eq!(setting.status().await, DeliveryStatus::Delivered);
    // Nobody pays for it: the price is of what the assignee gets.
    let lead = setting.delivery.lead();
    let file = setting.table.store.lead_file(&account(), &lead).await.unwrap().unwrap();
    assert!(file.deliveries.iter().any(|delivery| delivery.id == setting.delivery));
    let month = leadyard_domain::ledger::Month::of(now(), &jiff::tz::TimeZone::UTC);
    let partner = "anna".parse().unwrap();
    let statement = setting.table.store.ledger(&account(), &partner, month, 10, None).await;
    assert!(statement.unwrap().rows.is_empty());
}

#[tokio::test]
async fn a_busy_ses_is_asked_again_and_a_long_wait_is_a_schedule() {
    let email = json!({ "to": ["anna@example.com"] });
    let answers = |asked: &Asked| match asked.what.as_str() {
        "POST /v2/email/outbound-emails" => {
            (429, json!({ "__type": "TooManyRequestsException", "message": "slow down" }))
        }
        _ => (200, json!({ "ScheduleArn": "arn" })),
    };
    let setting = Setting::start(email, answers).await;
    setting.handle(1).await.unwrap();
    assert_eq!(setting.status().await, DeliveryStatus::Retry);
    let [entry] = setting.queue.entries().try_into().unwrap();
    let message: DeliveryMessage = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(message.number, 2);
    let delay_s = entry["DelaySeconds"].as_u64().unwrap();
    assert!((1..=3).contains(&delay_s), "{delay_s}");
    // The process may have died before it asked for the next try: the message comes again and asks.
    setting.handle(1).await.unwrap();
    assert_eq!(setting.queue.entries().len(), 2);

    setting.handle(2).await.unwrap();
    let scheduled: Vec<_> =
        setting.ses.asked().into_iter().filter(|asked| asked.what.starts_with("POST /schedules/")).collect();
    assert_eq!(scheduled.len(), 1, "an hour is longer than a queue can wait");
    setting.handle(3).await.unwrap();
    assert_eq!(setting.status().await, DeliveryStatus::Dead);
    let numbers: Vec<u32> = setting.attempts().await.iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_final_and_says_so() {
    let refuses =
        |_: &Asked| (400, json!({ "__type": "MessageRejected", "message": "Email address is not verified." }));
    let setting = Setting::start(json!({ "to": ["anna@example.com"] }), refuses).await;
    setting.handle(1).await.unwrap();
    let attempt = setting.attempts().await.remove(0);
    assert_eq!((attempt.status, attempt.code.as_deref()), (DeliveryStatus::Dead, Some("E_REFUSED")));
    assert!(attempt.reason.unwrap().contains("not verified"));

    let setting = Setting::start(json!({ "to": ["{{ assignee.nothing }}"] }), took).await;
    setting.handle(1).await.unwrap();
    assert!(setting.ses.asked().is_empty());
    let attempt = setting.attempts().await.remove(0);
    assert_eq!((attempt.status, attempt.code.as_deref()), (DeliveryStatus::Dead, Some("E_TEMPLATE")));
}

#[tokio::test]
async fn a_mail_that_bounced_is_dead_and_no_further_one_goes_there() {
    let setting = Setting::start(json!({ "to": ["anna@example.com"] }), took).await;
    setting.handle(1).await.unwrap();
    setting.hear(ARRIVED).await.unwrap();
    assert_eq!(setting.status().await, DeliveryStatus::Delivered);
    for _ in 0..2 {
        setting.hear(BOUNCED).await.unwrap();
        let [attempt] = setting.attempts().await.try_into().unwrap();
        assert_eq!((attempt.status, attempt.code.as_deref()), (DeliveryStatus::Dead, Some("E_BOUNCED")));
        let reason = attempt.reason.unwrap();
        assert!(reason.contains("bounced at 1 of 1 recipients (General)"), "{reason}");
        assert!(reason.contains("/v1/suppressions") && !reason.contains("@"), "{reason}");
        assert!(attempt.exchange.response_body.contains("m-1"), "what SES said at first stays on record");
        assert_eq!(setting.status().await, DeliveryStatus::Dead);
    }
    // What comes late changes nothing.
    setting.hear(ARRIVED).await.unwrap();
    setting.hear(COMPLAINED).await.unwrap();
    assert_eq!(setting.status().await, DeliveryStatus::Dead);
    assert_eq!(setting.suppressed("anna@example.com").await, Some(SuppressionReason::Bounce));

    setting.replay().await;
    setting.handle(2).await.unwrap();
    assert_eq!(setting.ses.asked().len(), 1, "nothing was sent to a suppressed address");
    let attempt = setting.attempts().await.remove(1);
    assert_eq!((attempt.status, attempt.code.as_deref()), (DeliveryStatus::Dead, Some("E_SUPPRESSED")));
    assert!(attempt.reason.unwrap().contains("/v1/suppressions"));

    let hash = AddressHash::of("anna@example.com").unwrap();
    assert!(setting.table.store.lift_suppression(&account(), &hash, "ops", now()).await.unwrap());
    setting.replay().await;
    setting.handle(3).await.unwrap();
    assert_eq!((setting.status().await, setting.ses.asked().len()), (DeliveryStatus::Delivered, 2));
    // The bounce of the first mail, once more: it says nothing of the one that went through.
    setting.hear(BOUNCED).await.unwrap();
    assert_eq!(setting.status().await, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn a_complaint_is_heard_raw_and_in_the_envelope_of_sns() {
    for sample in [COMPLAINED, ENVELOPED] {
        let setting = Setting::start(json!({ "to": ["anna@example.com"] }), took).await;
        setting.handle(1).await.unwrap();
        setting.hear(sample).await.unwrap();
        let [attempt] = setting.attempts().await.try_into().unwrap();
        assert_eq!((attempt.status, attempt.code.as_deref()), (DeliveryStatus::Dead, Some("E_COMPLAINT")));
        assert_eq!(setting.suppressed("anna@example.com").await, Some(SuppressionReason::Complaint));
    }
}

#[tokio::test]
async fn a_mail_that_came_back_for_now_is_only_noted() {
    let setting = Setting::start(json!({ "to": ["anna@example.com"] }), took).await;
    setting.handle(1).await.unwrap();
    setting.hear(CAME_BACK).await.unwrap();
    let [attempt] = setting.attempts().await.try_into().unwrap();
    assert_eq!((attempt.status, attempt.code.as_deref()), (DeliveryStatus::Delivered, Some("E_SOFT_BOUNCE")));
    assert!(attempt.reason.unwrap().contains("MailboxFull"));
    assert_eq!(setting.suppressed("anna@example.com").await, None);
}

#[tokio::test]
async fn suppressed_recipients_are_left_out_and_the_others_get_the_mail() {
    let setting = Setting::start(json!({ "to": ["ANNA@example.com", "ben@example.com"] }), took).await;
    let suppression =
        Suppression { reason: SuppressionReason::Bounce, at: now(), delivery: Some(setting.delivery.clone()) };
    let hash = AddressHash::of("anna@example.com").unwrap();
    setting.table.store.suppress(&account(), &hash, &suppression).await.unwrap();
    setting.handle(1).await.unwrap();
    let [asked] = setting.ses.asked().try_into().unwrap();
    assert_eq!(asked.body["Destination"]["ToAddresses"], json!(["ben@example.com"]));
    let [attempt] = setting.attempts().await.try_into().unwrap();
    assert_eq!((attempt.status, attempt.exchange.to.as_str()), (DeliveryStatus::Delivered, "ben@example.com"));
    assert!(attempt.reason.unwrap().contains("1 of 2 recipients"));
}

#[tokio::test]
async fn an_event_that_is_faster_than_the_record_comes_again() {
    let setting = Setting::start(json!({ "to": ["anna@example.com"] }), took).await;
    setting.claim_only().await;
    assert!(matches!(setting.hear(BOUNCED).await, Err(DeliverError::Busy { .. })));
    assert_eq!(setting.status().await, DeliveryStatus::Sending);
    // What concerns the address holds already.
    assert_eq!(setting.suppressed("anna@example.com").await, Some(SuppressionReason::Bounce));
}

#[tokio::test]
async fn what_concerns_no_delivery_is_dropped() {
    let setting = Setting::start(json!({ "to": ["anna@example.com"] }), took).await;
    // Nothing was sent yet: a mail of another stack, say.
    setting.hear(ARRIVED).await.unwrap();
    setting.handle(1).await.unwrap();
    let untagged = BOUNCED.replace("\"delivery\"", "\"other\"");
    setting.receive(&untagged).await.unwrap();
    let not_spam = COMPLAINED.replace("\"abuse\"", "\"not-spam\"");
    setting.hear(&not_spam).await.unwrap();
    setting.hear(&COMPLAINED.replace("[\n        \"main\"", "[\n        \"nobody\"")).await.unwrap();
    let tried = json!({ "Type": "Notification", "Message": "Successfully validated SNS topic." });
    setting.receive(&tried.to_string()).await.unwrap();
    assert_eq!(setting.status().await, DeliveryStatus::Delivered);
    assert_eq!(setting.suppressed("anna@example.com").await, None);
}

#[tokio::test]
async fn what_a_partner_accepted_is_charged_once_however_often_the_message_comes() {
    let setting = Setting::start(json!({ "to": ["anna@example.com"] }), took).await;
    for _ in 0..3 {
        setting.handle(1).await.unwrap();
    }
    let delivery = setting.table.store.delivery(&account(), &setting.delivery).await.unwrap().unwrap();
    let month = delivery.updated_at.to_string()[..7].parse().unwrap();
    let page = setting.table.store.ledger(&account(), &"anna".parse().unwrap(), month, 10, None).await.unwrap();
    let [charge] = page.rows.try_into().unwrap();
    assert_eq!(
        (charge.kind.name(), charge.amount.to_string(), &charge.delivery),
        ("charge", "42.5".to_owned(), &setting.delivery)
    );

    let refuses =
        |_: &Asked| (400, json!({ "__type": "MessageRejected", "message": "Email address is not verified." }));
    let setting = Setting::start(json!({ "to": ["anna@example.com"] }), refuses).await;
    setting.handle(1).await.unwrap();
    let page = setting.table.store.ledger(&account(), &"anna".parse().unwrap(), month, 10, None).await.unwrap();
    assert_eq!(page.rows, [], "what did not arrive is not charged");
}

fn given_up() -> String {
    json!({ "account": "main", "destination": "mail", "alert": { "about": "given_up" } }).to_string()
}

#[tokio::test]
async fn who_is_to_be_told_is_told_once_with_a_count_and_nothing_of_a_lead() {
    let setting = Setting::start(json!({ "to": ["{{ assignee.email }}"] }), |mail| {
        // The lead's mail is refused for good.
        match mail.body["Destination"]["ToAddresses"] == json!(["anna@example.com"]) {
            true => (400, json!({ "__type": "MessageRejected", "message": "no" })),
            false => took(mail),
        }
    })
    .await;
    let suppression =
        Suppression { reason: SuppressionReason::Bounce, at: now(), delivery: Some(setting.delivery.clone()) };
    let gone = AddressHash::of("gone@example.com").unwrap();
    setting.table.store.suppress(&account(), &gone, &suppression).await.unwrap();
    setting.handle(1).await.unwrap();
    setting.handle(1).await.unwrap();
    assert_eq!(setting.status().await, DeliveryStatus::Dead);
    let sent: Vec<Value> = setting.queue.sent();
    assert_eq!(sent, [serde_json::from_str::<Value>(&given_up()).unwrap()], "it is asked for once");
    setting.receive(&given_up()).await.unwrap();
    setting.receive(&given_up()).await.unwrap();
    let mails = setting.ses.asked();
    assert_eq!(mails.len(), 2, "the lead's, and one of it");
    let body = &mails[1].body;
    assert_eq!(body["Destination"]["ToAddresses"], json!(["ops@example.com"]), "who is suppressed is left out");
    let message = &body["Content"]["Simple"];
    assert_eq!(message["Subject"]["Data"], "1 delivery given up: mail (Demo)");
    let text = message["Body"]["Text"]["Data"].as_str().unwrap();
    assert!(text.contains("GET /v1/deliveries?status=dead&destination=mail"), "{text}");
    for word in ["Jane", "jane@example.com", "anna", setting.delivery.as_str()] {
        assert!(!body.to_string().contains(word), "{word}: {body}");
    }
    let tag = json!({ "Name": "alert", "Value": "given_up" });
    assert!(body["EmailTags"].as_array().unwrap().contains(&tag), "{body}");
}

#[tokio::test]
async fn of_a_suspension_why_since_and_what_to_do_are_told() {
    let setting = Setting::start(json!({ "to": ["a@example.com"] }), took).await;
    let alert = |why: &str, since: &str| {
        let alert = json!({ "about": "suspended", "why": why, "since": since });
        json!({ "account": "main", "destination": "mail", "alert": alert }).to_string()
    };
    for _ in 0..2 {
        setting.receive(&alert("gone", "2026-07-21T10:00:00.5Z")).await.unwrap();
    }
    setting.receive(&alert("silent", "2026-07-29T10:00:00Z")).await.unwrap();
    let mails = setting.ses.asked();
    assert_eq!(mails.len(), 2, "each suspension once");
    let text =
        |index: usize| mails[index].body["Content"]["Simple"]["Body"]["Text"]["Data"].as_str().unwrap().to_owned();
    for piece in ["answered 410", "since 2026-07-21 10:00 UTC", "POST /v1/destinations/mail/resume"] {
        assert!(text(0).contains(piece), "{piece}: {}", text(0));
    }
    assert!(text(1).contains("has not answered for five days"), "{}", text(1));
    assert_eq!(mails[0].body["Content"]["Simple"]["Subject"]["Data"], "Suspended: mail (Demo)");
}

#[tokio::test]
async fn of_a_source_the_number_of_failed_events_is_told_once_an_hour() {
    let setting = Setting::start(json!({ "to": ["a@example.com"] }), took).await;
    let source = |notify: Value| json!({ "id": "web", "name": "The <site>", "format": "json", "notify": notify });
    let config = |notify: Value| {
        json!({
            "account": { "name": "Demo" },
            "assignees": [{ "id": "kim", "name": "Kim", "email": "kim@example.com" }],
            "sources": [source(notify)],
        })
    };
    let told = json!({ "emails": ["ops@example.com", "kim@example.com"], "assignees": ["kim"] });
    setting.publish_whole(&config(told), 1).await;
    let subject = Subject::Source("web".parse().unwrap());
    let since = now() - SignedDuration::from_mins(2);
    let count = async |how_many| {
        setting.table.store.count_loss(&account(), &subject, Loss::GivenUp, how_many, since).await.unwrap();
    };
    count(2).await;
    let message = json!({ "account": "main", "source": "web", "alert": { "about": "failed" } }).to_string();
    for _ in 0..2 {
        setting.receive(&message).await.unwrap();
    }
    // More of them wait for their hour.
    count(1).await;
    setting.receive(&message).await.unwrap();
    let mails = setting.ses.asked();
    assert_eq!(mails.len(), 1);
    let body = &mails[0].body;
    assert_eq!(body["Destination"]["ToAddresses"], json!(["ops@example.com", "kim@example.com"]), "each once");
    let said = &body["Content"]["Simple"];
    assert_eq!(said["Subject"]["Data"], "2 events failed: The <site> (Demo)");
    let text = said["Body"]["Text"]["Data"].as_str().unwrap();
    let since = since.strftime("%Y-%m-%d %H:%M UTC").to_string();
    for piece in
        [since.as_str(), "GET /v1/sources/web/log?tab=failed", "POST /v1/sources/web/log/retry", "once an hour at most"]
    {
        assert!(text.contains(piece), "{piece}: {text}");
    }
    let html = said["Body"]["Html"]["Data"].as_str().unwrap();
    assert!(html.contains("2 events of the source <b>The &lt;site&gt;</b> failed"), "{html}");
    let tags = body["EmailTags"].as_array().unwrap();
    for (name, value) in [("alert", "failed"), ("source", "web"), ("account", "main")] {
        assert!(tags.contains(&json!({ "Name": name, "Value": value })), "{body}");
    }
    assert_eq!(setting.queue.sent::<Value>().len(), 1, "the rest is asked for when its time has come");

    // Where nobody is to be told any more, nothing is sent.
    setting.publish_whole(&config(json!({})), 2).await;
    setting.receive(&message).await.unwrap();
    assert_eq!(setting.ses.asked().len(), 1);
}

#[tokio::test]
async fn a_mail_that_ses_does_not_take_for_now_comes_again() {
    let mut busy = true;
    let setting = Setting::start(json!({ "to": ["a@example.com"] }), move |mail| {
        if std::mem::take(&mut busy) { (429, json!({ "__type": "TooManyRequestsException" })) } else { took(mail) }
    })
    .await;
    let alert = json!({ "about": "suspended", "why": "gone", "since": "2026-07-21T10:00:00Z" });
    let message = json!({ "account": "main", "destination": "mail", "alert": alert }).to_string();
    assert!(matches!(setting.receive(&message).await, Err(DeliverError::Alert { why: "E_SES", .. })));
    // It is nobody else's until the lease has run out, which is before the queue hands the message out again.
    assert!(matches!(setting.receive(&message).await, Err(DeliverError::AlertBusy { .. })));
}

#[tokio::test]
async fn of_a_mail_that_may_have_gone_people_are_told_in_other_words() {
    let email = json!({ "to": ["{{ assignee.email }}"] });
    let setting = Setting::start(email.clone(), took).await;
    setting.publish(email, json!({ "at_most_once": true }), 1).await;
    setting.died().await;
    setting.handle(1).await.unwrap();
    assert_eq!(setting.status().await, DeliveryStatus::Unknown);
    assert_eq!(setting.queue.sent::<Value>(), [serde_json::from_str::<Value>(&given_up()).unwrap()]);
    setting.receive(&given_up()).await.unwrap();
    let [mail] = setting.ses.asked().try_into().unwrap();
    let message = &mail.body["Content"]["Simple"];
    assert_eq!(message["Subject"]["Data"], "1 delivery that may not have arrived: mail (Demo)");
    for part in ["Text", "Html"] {
        let text = message["Body"][part]["Data"].as_str().unwrap();
        assert!(text.contains("nobody knows whether it arrived") && text.contains("status=unknown"), "{text}");
        assert!(!text.contains("given up"), "{text}");
    }
    // What SES hears later is the outcome; it is no loss.
    setting.hear(ARRIVED).await.unwrap();
    assert_eq!(setting.status().await, DeliveryStatus::Delivered);
    assert_eq!(setting.queue.sent::<Value>().len(), 1);
}

#[tokio::test]
async fn of_a_mail_that_was_not_to_be_sent_any_more_nobody_is_told() {
    let setting = Setting::start(json!({ "to": ["{{ assignee.email }}"] }), took).await;
    setting.erase().await;
    setting.handle(1).await.unwrap();
    let attempt = setting.attempts().await.remove(0);
    assert_eq!((attempt.status, attempt.code.as_deref()), (DeliveryStatus::Dead, Some("E_ENDED")));
    assert_eq!(setting.queue.sent::<Value>(), [] as [Value; 0]);
}

#[tokio::test]
async fn who_does_not_want_to_be_told_is_told_no_more() {
    let setting = Setting::start(json!({ "to": ["a@example.com"] }), took).await;
    let alert = |sample: &str| {
        let mut event: Value = serde_json::from_str(sample).unwrap();
        let tags = event["mail"]["tags"].as_object_mut().unwrap();
        tags.retain(|name, _| name == "account");
        tags.extend([("destination".into(), json!(["mail"])), ("alert".into(), json!(["suspended"]))]);
        event.to_string()
    };
    for sample in [ARRIVED, CAME_BACK] {
        setting.receive(&alert(sample)).await.unwrap();
        assert_eq!(setting.suppressed("anna@example.com").await, None);
    }
    setting.receive(&alert(&COMPLAINED.replace("\"main\"", "\"nobody\""))).await.unwrap();
    assert_eq!(setting.suppressed("anna@example.com").await, None);
    setting.receive(&alert(COMPLAINED)).await.unwrap();
    assert_eq!(setting.suppressed("anna@example.com").await, Some(SuppressionReason::Complaint));
    setting.receive(&alert(&BOUNCED.replace("Anna@Example.com", "Ops@Example.com"))).await.unwrap();
    assert_eq!(setting.suppressed("ops@example.com").await, Some(SuppressionReason::Bounce));
    let suspended = json!({ "about": "suspended", "why": "gone", "since": "2026-07-21T10:00:00Z" });
    let message = json!({ "account": "main", "destination": "mail", "alert": suspended }).to_string();
    setting.receive(&message).await.unwrap();
    let [mail] = setting.ses.asked().try_into().unwrap();
    assert_eq!(mail.body["Destination"]["ToAddresses"], json!(["gone@example.com"]), "the others hear of it");
}

#[tokio::test]
async fn that_a_sender_can_not_be_answered_is_nobody_s_concern() {
    let mut setting = Setting::start(json!({ "to": ["anna@example.com"] }), took).await;
    setting.handle(1).await.unwrap();
    let (lead, reply) = (setting.delivery.lead(), &"mail".parse().unwrap());
    setting.delivery = DeliveryId::of_reply(&lead, reply);
    setting.handle(1).await.unwrap();
    setting.hear(BOUNCED).await.unwrap();
    assert_eq!(setting.status().await, DeliveryStatus::Dead);
    assert_eq!(setting.suppressed("anna@example.com").await, Some(SuppressionReason::Bounce));
    // Nor is the next one, which is not even sent.
    setting.replay().await;
    setting.handle(2).await.unwrap();
    assert_eq!(setting.attempts().await.pop().unwrap().code.as_deref(), Some("E_SUPPRESSED"));
    assert_eq!((setting.queue.sent::<Value>(), setting.ses.asked().len()), (Vec::new(), 2));
    // That an assignee's mail bounces is.
    setting.delivery = DeliveryId::of(&lead, 1, reply);
    setting.hear(BOUNCED).await.unwrap();
    assert_eq!(setting.queue.sent::<Value>().len(), 1);
}
