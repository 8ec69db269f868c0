//! The record of an account on the stack, held against what Leadyard promises.

use std::collections::BTreeSet;

use leadyard_history::History;
use leadyard_runtime::{Aws, Settings};
use leadyard_store::Store;
use leadyard_tests::stack::{REGION, Stack};

/// Proves that the history of some events, which is over, holds together.
pub async fn prove(stack: &Stack, account: &str, events: &BTreeSet<String>) {
    let settings = Settings::from_map([
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", stack.endpoint()),
    ]);
    let aws = Aws::from_settings(&settings).unwrap();
    let store = Store::new(aws.dynamodb(), stack.table_name().unwrap().to_owned());
    let account = account.parse().unwrap();
    let version = store.config_pointer(&account).await.unwrap().unwrap().version;
    let config = store.published_config(&account, version).await.unwrap();
    let events = events.iter().map(|event| event.parse().unwrap()).collect();
    let history = History::read(&store, &account, &events, &config).await.unwrap();
    let wrong = history.check(&events, &config);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
