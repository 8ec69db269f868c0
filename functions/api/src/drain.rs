//! Asking that leads which wait are tried again, because somebody may be able to take them now.

use leadyard_domain::id::{AccountId, QueueId};
use leadyard_domain::message::{Drain, LeadsMessage};
use leadyard_runtime::{Outgoing, SendError};

use crate::app::{App, send};
use crate::problem::Problem;

/// Until then whoever decides has seen a version that was just published: they look every two seconds.
const AFTER_PUBLISH_S: u16 = 5;

/// Asks for it because somebody was freed.
///
/// # Errors
/// The queue did not take it: what freed them stands, and the same request asks again.
pub(crate) async fn ask(app: &App, account: &AccountId) -> Result<(), Problem> {
    send(&app.queues.leads, message(account, Drain::default())).await
}

/// Asks for it because another config is in force: of parked leads, when any waits, and of those in queues that are not in it
/// any more. The config stands when this fails: the next time that somebody is freed finds the parked leads.
pub(crate) async fn after_publish(app: &App, account: &AccountId, queues_removed: Vec<QueueId>) {
    let anything_parked = app.store.parked_leads(account, 1, None).await.map(|page| !page.rows.is_empty());
    let anything_parked = anything_parked.unwrap_or_else(|error| {
        tracing::warn!(%account, %error, "it is not known whether leads wait: they are tried again anyway");
        true
    });
    let walk = |queue| Drain { rules_changed: true, queue, ..Drain::default() };
    let parked = anything_parked.then(|| walk(None));
    for drain in parked.into_iter().chain(queues_removed.into_iter().map(|queue| walk(Some(queue)))) {
        let sent = match message(account, drain).map(|message| message.delayed(AFTER_PUBLISH_S)) {
            Ok(message) => app.queues.leads.send_one(message).await,
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            tracing::error!(%account, %error, "waiting leads are not tried by the config that was published");
        }
    }
}

fn message(account: &AccountId, drain: Drain) -> Result<Outgoing, SendError> {
    let message = LeadsMessage::Drain { account: account.clone(), drain };
    Outgoing::json(format!("drain-{account}"), account.as_str(), &message)
}
