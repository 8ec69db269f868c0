//! What intake needs around it: a table in an emulator inside the process, and a queue that keeps what it is sent.

use std::sync::{Arc, Mutex};

use intake::Intake;
use jiff::Timestamp;
use leadyard_domain::message::LeadsMessage;
use leadyard_fakes::{Queue, Table};
use leadyard_runtime::Metrics;
use leadyard_store::{Endpoint, PublishConfig, Secret, SetSecret, Store, endpoint_key_hash};
use serde_json::{Value, json};

/// The services; they end with the test.
pub struct Services {
    pub store: Store,
    /// Shared, so that a test can end it while a request is under way.
    pub table: Arc<Mutex<Table>>,
    queue: Queue,
}

impl Services {
    /// An empty table and an empty queue.
    pub async fn start() -> Self {
        let table = Table::start().await;
        Self { store: table.store.clone(), table: Arc::new(Mutex::new(table)), queue: Queue::start().await }
    }

    /// The function over these services, its clock standing at `now`.
    pub fn intake(&self, now: fn() -> Timestamp) -> Intake {
        Intake::new(self.store.clone(), self.queue.sender(), Metrics::new("intake"), now)
    }

    /// Puts sources in force; each has its id and `-key` as its key.
    pub async fn publish(&self, sources: Value) {
        self.publish_with(json!({ "sources": sources })).await;
    }

    /// The same for a whole config.
    pub async fn publish_with(&self, config: Value) {
        let sources = &config["sources"];
        let now = Timestamp::UNIX_EPOCH;
        let account: leadyard_domain::id::AccountId = "main".parse().unwrap();
        for value in ["old-token", "new-token"] {
            let set = SetSecret {
                account: account.clone(),
                name: "token".parse().unwrap(),
                value: Secret::new(value),
                keep_previous: true,
                by: "test".to_owned(),
                now,
            };
            self.store.set_secret(&set).await.unwrap();
        }
        let endpoint = |source: &Value| {
            let id = source["id"].as_str().unwrap();
            Endpoint { source: id.parse().unwrap(), key_hash: endpoint_key_hash(&format!("{id}-key")) }
        };
        let publish = PublishConfig {
            endpoints: sources.as_array().unwrap().iter().map(endpoint).collect(),
            ..PublishConfig::new(account, config.to_string(), 0, "test", now)
        };
        self.store.publish_config(&publish).await.unwrap();
    }

    /// What the queue has taken so far.
    pub fn sent(&self) -> Vec<LeadsMessage> {
        for entry in self.queue.entries() {
            assert_eq!(entry["MessageGroupId"], "main", "a busy account must not hold up the others");
        }
        self.queue.sent()
    }

    /// Ends the table with all of its connections.
    pub fn stop_table(&mut self) {
        self.table.lock().unwrap().stop();
    }

    /// From now on the queue takes nothing, or takes again.
    pub fn set_queue_down(&self, down: bool) {
        self.queue.set_down(down);
    }
}
