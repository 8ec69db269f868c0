//! An empty table.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use leadyard_domain::id::{AccountId, EventId};
use leadyard_runtime::Aws;
use leadyard_store::{Store, table};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{mutation, timing};

/// A table in an emulator on a thread of its own: when it stops, all of its connections end.
pub struct Table {
    /// The store over it.
    pub store: Store,
    aws: Aws,
    endpoint: String,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Table {
    /// Its name.
    pub const NAME: &'static str = "leadyard-test";

    /// Clients of the emulator.
    #[must_use]
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Starts an emulator with one empty table.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let aws = crate::clients(&listener);
        let client = aws.dynamodb();
        let running = Some(serve(listener.into_std().unwrap()));
        table::create(&client, Self::NAME).await.unwrap();
        Self { store: Store::new(client, Self::NAME.to_owned()), aws, endpoint, running }
    }

    /// Takes an event out of the log, as the table does when its time has come.
    pub async fn forget_event(&self, account: &AccountId, event: &EventId) {
        let text = |text: String| AttributeValue::S(text);
        let delete = self.aws.dynamodb().delete_item().table_name(Self::NAME);
        let delete = delete.key("pk", text(format!("A#{account}#EVENT#{event}"))).key("sk", text("EVENT".to_owned()));
        let old = delete.return_values(ReturnValue::AllOld).send().await.unwrap();
        assert!(old.attributes.is_some(), "it was there");
    }

    /// A store over the same table whose transactions leave out the conditions on some items, by their keys: what a
    /// program does that forgot them.
    #[must_use]
    pub fn store_without_conditions(&self, on: fn(pk: &str, sk: &str) -> bool) -> Store {
        Store::new(mutation::client(&self.aws, on), Self::NAME.to_owned())
    }

    /// Where the emulator listens, for another process.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A store over the table of another process, and how long its requests have been on their way, in nanoseconds.
    pub fn timed_store_at(endpoint: &str) -> (Store, Arc<AtomicU64>) {
        let spent = Arc::default();
        let client = timing::client(&crate::clients_of(endpoint), Arc::clone(&spent));
        (Store::new(client, Self::NAME.to_owned()), spent)
    }

    /// Ends the emulator: from now on nobody answers.
    pub fn stop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            thread.join().unwrap();
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(listener: std::net::TcpListener) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let serve = async move {
        let listener = TcpListener::from_std(listener).unwrap();
        tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
        // Told to stop, or forgotten: either way it is over.
        stopped.await.ok();
    };
    (stop, std::thread::spawn(move || runtime.block_on(serve)))
}
