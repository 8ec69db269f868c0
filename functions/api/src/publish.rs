//! Putting a config in force: the one way there is, whether a document was sent, a version is rolled back to, or a list
//! changed that the rules look in.

use axum::http::HeaderMap;
use leadyard_domain::config::{self, Checked, Config, Problems};
use leadyard_domain::id::{AccountId, QueueId};
use leadyard_runtime::now;
use leadyard_store::{Cause, Endpoint, ListIndex, Pins, PublishConfig, PublishError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::drain;
use crate::etag::IfMatch;
use crate::fits;
use crate::problem::{Finding, Kind, Problem};
use crate::prove::{WarningView, prove};
use crate::reach;
use crate::routes::sources::EndpointView;

/// Most characters of a note.
const NOTE_CHARS_MAX: usize = 200;

/// A config that is in force now.
#[derive(Serialize, ToSchema)]
pub struct PublishedConfig {
    /// Its version; every decision names the one that it used.
    pub(crate) version: u64,
    /// The URLs of sources that had none. Each is shown this once.
    pub(crate) endpoints: Vec<EndpointView>,
    /// What is allowed and most likely not meant.
    pub(crate) warnings: Vec<WarningView>,
}

/// The version that a publisher starts from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Base {
    /// The version in force; 0 for none.
    pub(crate) version: u64,
    /// Whether `If-Match` asked for it.
    pub(crate) asked: bool,
}

impl Base {
    /// Sees which version is in force, and whether it is one that `If-Match` allows.
    ///
    /// # Errors
    /// It is not, or the header cannot be read.
    pub(crate) async fn read(app: &App, account: &AccountId, headers: &HeaderMap) -> Result<Self, Problem> {
        let if_match = IfMatch::read(headers)?;
        let version = app.store.config_pointer(account).await?.map_or(0, |pointer| pointer.version);
        if if_match.as_ref().is_some_and(|asked| !asked.allows(version)) {
            return Err(other_version(version));
        }
        Ok(Self { version, asked: if_match.is_some() })
    }
}

/// What is to be put in force.
pub(crate) struct Draft {
    /// The config, proved sound.
    pub(crate) checked: Checked,
    /// What each list is to hold that it names.
    pub(crate) pins: Pins,
    /// The lists as they were read.
    pub(crate) lists: ListIndex,
    /// Endpoints of the sources that have none yet, each with its URL.
    pub(crate) endpoints: Vec<(Endpoint, EndpointView)>,
    /// What makes it.
    pub(crate) cause: Cause,
    /// What the publisher says about it.
    pub(crate) note: Option<String>,
}

/// Runs the config's routing tests and puts it in force.
///
/// # Errors
/// Lists that are too large together, a test that fails, or someone else who was first.
pub(crate) async fn put_in_force(
    app: &App,
    caller: Caller,
    base: Base,
    draft: Draft,
) -> Result<PublishedConfig, Problem> {
    let Draft { checked, pins, lists, endpoints, cause, note } = draft;
    // A list that changes leaves the sources and the destinations as they are: a deployment that allows less than it did must not keep
    // anybody from taking a value off a list.
    if !matches!(cause, Cause::List { .. }) {
        let problems = unworkable(app, checked.config());
        if !problems.is_empty() {
            return Err(Problem::config(Finding::all(Problems(problems))));
        }
    }
    let names = lists.lists.keys().chain(pins.keys()).cloned().collect();
    let proved = prove(app, &caller.account, &checked, &pins, &names).await?;
    let warnings = proved.map_err(|problems| Problem::config(Finding::all(problems)))?;
    let queues_removed = queues_removed(app, &caller.account, base.version, &checked).await;
    let document = serde_json::to_string(checked.config()).map_err(|error| Problem::behind(false, &error))?;
    let (endpoints, views) = endpoints.into_iter().unzip();
    let publish = PublishConfig {
        endpoints,
        note,
        cause,
        pins,
        lists,
        ..PublishConfig::new(caller.account, document, base.version, caller.name, now())
    };
    let version = app.store.publish_config(&publish).await.map_err(|error| overtaken(error, base))?;
    app.forget_config(&publish.account);
    drain::after_publish(app, &publish.account, queues_removed).await;
    Ok(PublishedConfig { version, endpoints: views, warnings })
}

/// What would keep a config's sources and destinations from ever working.
pub(crate) fn unworkable(app: &App, config: &Config) -> Vec<config::Problem> {
    let mut problems = fits::problems(config);
    problems.extend(reach::problems(config, app.outbound.policy()));
    problems
}

/// The queues of the version in force that another does not have.
async fn queues_removed(app: &App, account: &AccountId, version: u64, checked: &Checked) -> Vec<QueueId> {
    if version == 0 {
        return Vec::new();
    }
    match app.store.published_config(account, version).await {
        Ok(before) => {
            let queues = before.config().queues.iter().map(|queue| queue.id.clone());
            queues.filter(|id| checked.queue(id).is_none()).collect()
        }
        // A version that can't be read is no reason not to replace it.
        Err(error) => {
            tracing::warn!(%account, version, %error, "the version before can't be read: its queues are not looked at");
            Vec::new()
        }
    }
}

fn overtaken(error: PublishError, base: Base) -> Problem {
    match error {
        PublishError::Superseded { current } if base.asked => other_version(current),
        PublishError::Superseded { current } => Problem::new(
            Kind::Superseded,
            format!("Version {current} was published while this one was being checked. Look at it and publish again."),
        ),
        PublishError::ListsChanged => Problem::new(
            Kind::Superseded,
            "A list was changed while the config was being checked. Send the request again.",
        ),
        error @ PublishError::TooLarge { .. } => Problem::new(Kind::TooLarge, format!("{error}.")),
        PublishError::Store(error) => error.into(),
    }
}

/// A note as it is kept: without surrounding white space; none where nothing is left.
///
/// # Errors
/// It is too long.
pub(crate) fn note(text: Option<String>) -> Result<Option<String>, Problem> {
    let note = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    match note.as_ref().map_or(0, |note| note.chars().count()) {
        0..=NOTE_CHARS_MAX => Ok(note),
        chars => Err(Problem::new(
            Kind::BadRequest,
            format!("'note' has {chars} characters; say it in {NOTE_CHARS_MAX} at most."),
        )),
    }
}

fn other_version(in_force: u64) -> Problem {
    let detail = match in_force {
        0 => "No config is in force yet: publish the first one without If-Match.".to_owned(),
        version => format!(
            "Version {version} is in force, another than If-Match names. GET /v1/config, merge your change, and publish \
             with If-Match: \"{version}\"."
        ),
    };
    Problem::new(Kind::PreconditionFailed, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes() {
        let kept = |text: &str| note(Some(text.to_owned())).map_err(|problem| problem.kind());
        assert_eq!(kept(" new prices\n"), Ok(Some("new prices".to_owned())));
        assert_eq!(kept("  "), Ok(None));
        assert!(matches!(note(None), Ok(None)));
        let long = "ü".repeat(NOTE_CHARS_MAX);
        assert_eq!(kept(&long), Ok(Some(long.clone())));
        assert_eq!(kept(&format!("{long}x")), Err(Kind::BadRequest));
    }
}
