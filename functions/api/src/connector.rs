//! A source that a request is about, and whether its caller may see or change it.
//!
//! A handler that takes one of the three cannot be reached without that. Whether the config has the source is another
//! question: the log of a source that was removed stays.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, Path};
use axum::http::request::Parts;
use leadyard_domain::config::{Access, Checked, Source};
use leadyard_domain::id::SourceId;
use leadyard_runtime::now;
use leadyard_store::{Published, Role};

use crate::app::App;
use crate::auth::{Caller, authenticate, authorize};
use crate::body::{read_id, unreadable_path};
use crate::problem::{Kind, Problem};

/// The source that a path names by its `id`.
#[derive(Debug)]
pub struct Connector {
    /// Who asks.
    pub caller: Caller,
    /// The source's id.
    pub id: SourceId,
    /// The config in force; `None` before the first one.
    pub published: Option<Arc<Published>>,
}

/// A source, of a caller that may see it.
pub struct SeenConnector(pub Connector);

/// A source, of a caller that may try its events again.
pub struct OperatedConnector(pub Connector);

/// A source, of a caller that may change it.
pub struct ChangedConnector(pub Connector);

/// Whether the caller may see a source at all.
pub(crate) fn sees(caller: &Caller, config: &Checked, source: &Source) -> bool {
    allowed(caller, config, source, Role::Viewer).is_ok()
}

/// Holds that the caller may do with a source what needs the role where the source says nothing.
pub(crate) fn allowed(caller: &Caller, config: &Checked, source: &Source, needed: Role) -> Result<(), Problem> {
    let Some(access) = &source.access else { return authorize(caller, needed) };
    let user = caller.user.as_ref().and_then(|user| config.assignee(user));
    if access.allows(caller.role, user, needed) {
        return Ok(());
    }
    Err(Problem::new(Kind::Forbidden, refusal(caller, source, access, needed)))
}

fn refusal(caller: &Caller, source: &Source, access: &Access, needed: Role) -> String {
    let roles: Vec<&str> = match access.roles.as_slice() {
        [] => vec![needed.name()],
        roles => roles.iter().map(|role| role.name()).collect(),
    };
    let users = access.user_field.as_ref().map(|field| format!(", or of a user with the attribute '{field}'"));
    format!(
        "The source '{}' is for API keys of the role {} at least{}. The key '{}' has the role {}{}: use another, or let an \
         admin change the source's 'access'.",
        source.id,
        roles.join(" or "),
        users.unwrap_or_default(),
        caller.name,
        caller.role.name(),
        if access.user_field.is_some() { " and no such user" } else { "" }
    )
}

macro_rules! at_least {
    ($connector:ident, $role:expr) => {
        impl<S> FromRequestParts<S> for $connector
        where
            S: Send + Sync,
            App: FromRef<S>,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                Connector::read(parts, &App::from_ref(state), $role).await.map(Self)
            }
        }
    };
}

at_least!(SeenConnector, Role::Viewer);
at_least!(OperatedConnector, Role::Operator);
at_least!(ChangedConnector, Role::Admin);

/// As [`allowed`], for a source that may have left the config: who might see it is gone with it, and its log is still there, so
/// admins alone see that.
///
/// # Errors
/// The caller may not, or the table.
pub(crate) async fn allowed_of(
    app: &App,
    caller: &Caller,
    config: Option<&Checked>,
    id: &SourceId,
    needed: Role,
) -> Result<(), Problem> {
    match config.and_then(|config| Some((config, config.source(id)?))) {
        Some((config, source)) => allowed(caller, config, source, needed),
        None if caller.role != Role::Admin && app.store.endpoint_sources(&caller.account).await?.contains(id) => {
            authorize(caller, Role::Admin)
        }
        None => authorize(caller, needed),
    }
}

impl Connector {
    async fn read(parts: &mut Parts, app: &App, needed: Role) -> Result<Self, Problem> {
        let caller = authenticate(app, &parts.headers).await?;
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, &()).await;
        let Path(names) = path.map_err(|rejection| unreadable_path(&rejection.body_text()))?;
        let id = match read_id(names.get("id").map_or("", String::as_str)) {
            Ok(id) => id,
            Err(problem) => {
                authorize(&caller, needed)?;
                return Err(problem);
            }
        };
        let published = app.configs.get(&caller.account, now()).await?;
        let connector = Self { caller, id, published };
        connector.authorize(app, needed).await?;
        Ok(connector)
    }

    async fn authorize(&self, app: &App, needed: Role) -> Result<(), Problem> {
        let config = self.published.as_ref().map(|published| &published.checked);
        allowed_of(app, &self.caller, config, &self.id, needed).await
    }

    /// The source as the config in force has it.
    #[must_use]
    pub fn source(&self) -> Option<&Source> {
        self.published.as_ref()?.checked.source(&self.id)
    }

    /// Whether there is such a source, or was one.
    ///
    /// # Errors
    /// The table.
    pub async fn is_known(&self, app: &App) -> Result<bool, Problem> {
        Ok(self.source().is_some() || app.store.endpoint_sources(&self.caller.account).await?.contains(&self.id))
    }
}
